#!/usr/bin/env python3
"""What a service manager hears of the real program, over a socket as systemd's: that it is
ready, reads its configuration anew, ends, and is alive, and that it is not when its loop or
its disk stands still.
"""

import os
import signal
import socket
import time

from lab import BUILD, Lab, check, equal, scenario, until
from smpp_client import OK, Session

WATCHDOG_S = 2
EACH_S = WATCHDOG_S / 2


class ServiceLab(Lab):
    """Is the manager, too: what was told is in `heard`, each with its time."""

    def __init__(self, name="path", own_watchdog=True):
        super().__init__(messenger=False)
        self.name, self.own_watchdog = name, own_watchdog
        self.preload_so = BUILD / "tests/scenario/faults.so"
        self.heard, self.socket = [], None

    def start(self, ready_s=20):
        self.hang = self.folder / "hang"
        self.preload = {"SLUICE_FAULT": "sync journal 1+ hang",
                        "SLUICE_FAULT_FILE": str(self.hang)}
        if self.socket is None:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.setblocking(False)
            address = str(self.folder / "notify")
            if self.name == "abstract":
                address = f"@sluice-{os.getpid()}"
            self.socket.bind(address.replace("@", "\0", 1))
            # exec keeps the process id, which the watchdog is for.
            pid = "$$" if self.own_watchdog else "1"
            self.wrapper = ["sh", "-c", f'NOTIFY_SOCKET={address} WATCHDOG_PID={pid} '
                            f'WATCHDOG_USEC={WATCHDOG_S}000000 exec "$@"', "sh"]
        super().start(ready_s)

    def __exit__(self, *error):
        super().__exit__(*error)
        if self.socket:
            self.socket.close()

    def listen(self):
        """All that was told so far, line by line."""
        while True:
            try:
                text = self.socket.recv(4096).decode()
            except BlockingIOError:
                return [line for _, line in self.heard]
            self.heard += [(time.monotonic(), line) for line in text.split("\n")]

    def hears(self, line, timeout_s=5):
        until(lambda: line in self.listen(), timeout_s, lambda: f"no {line}: {self.heard}")

    def forget(self):
        self.listen()
        self.heard = []


def at_each_start_and_end(lab):
    lab.hears("READY=1")
    first = lab.heard[0][1]
    check(first.startswith("EXTEND_TIMEOUT_USEC="), f"the first word is {first}")
    lab.forget()
    before_us = time.monotonic_ns() // 1000
    lab.sluiced.send_signal(signal.SIGHUP)
    lab.hears("READY=1")
    lines = lab.listen()
    check(lines.index("RELOADING=1") < lines.index("READY=1"), f"the order: {lines}")
    said_us = next(int(line.split("=")[1]) for line in lines
                   if line.startswith("MONOTONIC_USEC="))
    check(before_us <= said_us <= time.monotonic_ns() // 1000, "the time of the reading")
    lab.forget()
    lab.stop()
    lab.hears("STOPPING=1")
    lab.forget()


def it_tells_that_it_takes_messages_reads_anew_and_ends(lab):
    at_each_start_and_end(lab)
    lab.start()
    lab.wait_bound()
    lab.hears("READY=1")


def pings(lab, seconds):
    """How many come in this time."""
    lab.forget()
    time.sleep(seconds)
    return lab.listen().count("WATCHDOG=1")


def the_watchdog_hears_of_a_loop_that_turns_and_not_of_one_that_is_stopped(lab):
    lab.hears("WATCHDOG=1")
    found = pings(lab, 5 * EACH_S)
    check(4 <= found <= 6, f"{found} times in {5 * EACH_S} s")
    lab.sluiced.send_signal(signal.SIGSTOP)
    equal(pings(lab, 3 * EACH_S), 0, "while it is stopped")
    lab.sluiced.send_signal(signal.SIGCONT)
    lab.forget()
    lab.hears("WATCHDOG=1", EACH_S)
    return f"{found} in {5 * EACH_S:.0f} s"


def nor_of_one_whose_disk_hangs_though_it_turns(lab):
    with Session(lab.ports["smpp"]) as esme:
        lab.hang.touch()
        waits = esme.submit("79010000001")
        until(lambda: lab.log_lines("service.stalled"), 3 * EACH_S, "it does not notice")
        equal(pings(lab, 2.5 * EACH_S), 0, "while the disk hangs")
        equal(lab.http("GET", "/livez", token=None).status, 200, "the loop turns")
        check(not esme.responses.get(waits), "it was answered before it was on the disk")
        lab.hang.unlink()
        lab.hears("WATCHDOG=1", EACH_S)
        equal(esme.response(waits).status, OK, "the submit, when the disk goes on")
    check(lab.log_lines("service.resumed"), "the log does not say that it goes on")
    lab.verify()


def an_abstract_name_will_do_and_another_process_has_its_own_watchdog(_):
    with ServiceLab("abstract", own_watchdog=False) as lab:
        equal(pings(lab, 1.5 * EACH_S), 0, "for a watchdog of another process")
        lab.stop()
        lab.hears("STOPPING=1")
        lab.forget()
        lab.start()
        at_each_start_and_end(lab)


if __name__ == "__main__":
    scenario(90, ServiceLab,
             it_tells_that_it_takes_messages_reads_anew_and_ends,
             the_watchdog_hears_of_a_loop_that_turns_and_not_of_one_that_is_stopped,
             nor_of_one_whose_disk_hangs_though_it_turns,
             an_abstract_name_will_do_and_another_process_has_its_own_watchdog)
