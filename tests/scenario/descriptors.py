#!/usr/bin/env python3
"""No descriptor is left: nobody new is let in, without spinning; who is bound goes on; and
when there are some again, the door is open."""

import contextlib
import os
import resource
import socket
import time

from lab import Lab, check, equal, request, scenario, until
from smpp_client import OK, Session

SPARE, CROWD = 8, 60
CPU_MOST = 0.2


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_s(pid):
    """User and system time of all its threads (proc(5), stat)."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def few_descriptors(pid, spare):
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE,
                     (descriptors_of(pid) + spare, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def without_descriptors(lab, port):
    """So many come to this port that none is left; what it costs meanwhile is returned."""
    pid = lab.sluiced.pid
    with Session(lab.ports["smpp"]) as esme, contextlib.ExitStack() as crowd:
        esme.submitted("79055000000")
        with few_descriptors(pid, SPARE):
            for _ in range(CROWD):
                crowd.enter_context(socket.create_connection(("127.0.0.1", port)))
            until(lambda: descriptors_of(pid) >= resource.prlimit(
                pid, resource.RLIMIT_NOFILE)[0], 5, "it has descriptors still")
            before, begin = processor_s(pid), time.monotonic()
            ids = []
            while time.monotonic() < begin + 3:
                ids.append(esme.submitted(f"7905500{len(ids):04}"))
                time.sleep(0.1)
            share = (processor_s(pid) - before) / (time.monotonic() - begin)
            check(share < CPU_MOST, f"it takes {share:.0%} of a processor")
            for one in ids:
                equal(esme.receipt(one).stat, "DELIVRD", "receipt")
        # The crowd is still there; what was waiting at the door is let in now.
        begin = time.monotonic()
        until(lambda: lets_in(lab), 5, "nobody is let in afterwards", 0.1)
        took_s = time.monotonic() - begin
    until(lambda: descriptors_of(pid) < CROWD, 10, "it keeps descriptors of who has left")
    return f"{share:.1%} of a processor; open again after {took_s:.1f} s"


def lets_in(lab):
    with Session(lab.ports["smpp"]) as esme:
        if esme.bind_status != OK:
            return False
    try:
        return request(lab.ports["http"], "GET", "/readyz", timeout_s=3).status == 200
    except OSError:
        return False


def a_crowd_at_the_smpp_port_takes_them_all(lab):
    return without_descriptors(lab, lab.ports["smpp"])


def a_crowd_at_the_http_port_takes_them_all(lab):
    return without_descriptors(lab, lab.ports["http"])


def afterwards_all_is_right(lab):
    lab.nothing_held("sms")
    lab.verify()
    check(lab.sluiced.poll() is None, "sluiced ended")


if __name__ == "__main__":
    scenario(60, lambda: Lab(messenger=False), a_crowd_at_the_smpp_port_takes_them_all,
             a_crowd_at_the_http_port_takes_them_all, afterwards_all_is_right)
