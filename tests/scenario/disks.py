#!/usr/bin/env python3
"""A disk that is very slow, files that may not grow, a folder that is in use, one that is not
ours: nothing is acknowledged that is not durable, nobody else waits, and all is there again."""

import os
import re
import resource
import subprocess
import time

from lab import BUILD, Lab, check, equal, free_ports, scenario, until
from smpp_client import ENQUIRE, OK, QUEUE_FULL, Session

SYNC_S = 0.4
STORE_FAILED, SYSTEM_ERROR = 75, 0x08


def whoever_asks_nothing_of_a_slow_disk_does_not_wait_for_it(_):
    """Each sync takes as long as many answers may."""
    with Lab(messenger=False, preload={
            "SLUICE_FSYNC_DELAY_US": str(int(SYNC_S * 1e6))}) as lab, \
            Session(lab.ports["smpp"]) as esme, Session(lab.ports["smpp"]) as idle:
        waits, submits = [], []
        sequences = [esme.submit(f"790600{i:05}") for i in range(200)]
        end = time.monotonic() + 3
        while time.monotonic() < end:
            begin = time.monotonic()
            equal(idle.ask(ENQUIRE).status, OK, "enquire_link")
            equal(lab.http("GET", "/livez", token=None).status, 200, "/livez")
            waits.append(time.monotonic() - begin)
            begin = time.monotonic()
            equal(esme.response(esme.submit("79060000000")).status, OK, "submit")
            submits.append(time.monotonic() - begin)
        equal({esme.response(one).status for one in sequences}, {OK}, "statuses")
        check(min(submits) >= SYNC_S * 0.9, f"a submit was answered after {min(submits):.3f} s")
        waits.sort()
        check(waits[-1] < SYNC_S, f"an enquire_link and /livez took {waits[-1]:.3f} s")
        lab.nothing_held("sms", 20)
        return (f"enquire_link and /livez at most {waits[-1] * 1000:.0f} ms, submits from "
                f"{min(submits) * 1000:.0f} ms")


def where_no_file_may_grow_it_ends_or_refuses_and_loses_nothing(_):
    with Lab(smsc="report_delay=3000", messenger=False) as lab:
        esme = Session(lab.ports["smpp"])
        taken = [esme.submitted(f"790601{i:05}") for i in range(100)]
        largest = max(os.path.getsize(one) for one in lab.state.rglob("*")
                      if one.is_file() and one.name != "reserve")
        resource.prlimit(lab.sluiced.pid, resource.RLIMIT_FSIZE, (largest, largest))
        refused = 0
        for i in range(20000):
            if esme.closed or lab.sluiced.poll() is not None:
                break
            answer = esme.response(esme.submit(f"790602{i:05}", b"x" * 150), lost_ok=True)
            if answer is None:
                break
            if answer.status == OK:
                taken.append(answer.message_id)
                continue
            check(answer.status in (QUEUE_FULL, SYSTEM_ERROR), f"status 0x{answer.status:x}")
            refused += 1
            if refused > 100:
                break
        status = lab.sluiced.poll()
        check(refused > 0 or until(lambda: lab.sluiced.poll() is not None, 5, "it goes on"),
              "it neither refused nor ended")
        status = lab.sluiced.poll()
        check(status in (None, STORE_FAILED), f"it ended with {status}:\n{lab.log_tail()}")
        esme.close()
        lab.kill()
        lab.start()
        with Session(lab.ports["smpp"]) as again:
            for one in taken:
                equal(lab.message(one)["id"], one, "a message that was acknowledged")
            until(lambda: all(lab.message(one)["state"] == "ended" for one in taken[:100]), 20,
                  "some have not ended")
            check(not again.closed, "the bind")
        lab.nothing_held("sms", 30)
        lab.verify()
        ended = "went on" if status is None else f"ended with {status}"
        return f"{len(taken)} acknowledged, {refused} refused, {ended}"


def a_second_daemon_on_the_same_folder_is_refused(_):
    with Lab(messenger=False) as lab:
        other = lab.folder / "other.conf"
        text = lab.config_path.read_text()
        for port, new in zip((lab.ports["smpp"], lab.ports["http"]), free_ports(2)):
            text = re.sub(rf"\b{port}\b", str(new), text)
        other.write_text(text)
        begin = time.monotonic()
        done = subprocess.run([str(BUILD / "sluiced"), "-c", str(other), "--state-dir",
                               str(lab.state)], capture_output=True, text=True, timeout=10)
        took_s = time.monotonic() - begin
        check(done.returncode not in (0, STORE_FAILED) and "in use" in done.stderr,
              f"it ended with {done.returncode}: {done.stderr}")
        with Session(lab.ports["smpp"]) as esme:
            one = esme.submitted("79060300001")
            equal(esme.receipt(one).stat, "DELIVRD", "the first goes on")
        lab.kill()
        lab.start()
        equal(lab.message(one)["end"], "delivered", "end")
        lab.verify()
        return f"refused after {took_s:.2f} s"



if __name__ == "__main__":
    scenario(90, lambda: Lab(start=False),
             whoever_asks_nothing_of_a_slow_disk_does_not_wait_for_it,
             where_no_file_may_grow_it_ends_or_refuses_and_loses_nothing,
             a_second_daemon_on_the_same_folder_is_refused)
