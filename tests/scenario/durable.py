#!/usr/bin/env python3
"""Acknowledged means durable: shown with a disk on which every sync takes 50 ms."""

import bisect
import pathlib
import re
import struct
import time

from collections import defaultdict

from lab import Lab, check, equal, scenario, until
from smpp_client import OK, RESPONSE, SUBMIT, Session

DELAY_S = 0.050
TOKEN = re.compile(rb"Tok\d{4}[a-z]+")


class SlowDisk(Lab):
    """Every fdatasync and fsync takes longer; a log of them and of all writes is kept."""

    def __init__(self):
        super().__init__(messenger=False, preload={
            "SLUICE_FSYNC_DELAY_US": str(int(DELAY_S * 1e6)),
            "SLUICE_FSYNC_DATA": "1048576"})
        self.acknowledged = []  # (token, id) of each

    def start(self, *arguments):
        self.calls_path = self.folder / "calls"
        self.preload["SLUICE_FSYNC_LOG"] = str(self.calls_path)
        super().start(*arguments)

    def keep(self, token, message_id):
        self.acknowledged.append((token, message_id))


def no_submit_is_answered_earlier(lab):
    times = []
    with Session(lab.ports["smpp"]) as esme:
        for number in range(20):
            token = f"Tok{number:04}alone".encode()
            begin = time.time()
            answer = esme.response(esme.submit(f"7903000{number:04}", token))
            equal(answer.status, OK, "status")
            times.append(answer.at - begin)
            lab.keep(token, answer.message_id)
    check(min(times) >= DELAY_S, f"answered after {min(times) * 1000:.1f} ms")
    return f"{min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms"


def nor_is_one_of_many_at_once(lab):
    times = []
    with Session(lab.ports["smpp"]) as esme:
        begun = {}
        for number in range(300):
            token = f"Tok{number:04}crowd".encode()
            begin = time.time()
            begun[esme.submit(f"7903001{number:04}", token)] = begin, token
            time.sleep(0.001)
        for sequence, (begin, token) in begun.items():
            answer = esme.response(sequence)
            equal(answer.status, OK, "status")
            times.append(answer.at - begin)
            lab.keep(token, answer.message_id)
    check(min(times) >= DELAY_S, f"answered after {min(times) * 1000:.1f} ms")
    return f"{len(times)}, {min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms"


def nor_is_a_message_of_the_api(lab):
    times = []
    for number in range(20):
        token = f"Tok{number:04}http"
        begin = time.time()
        answer = lab.send("sms", f"7903002{number:04}", token)
        equal(answer.status, 202, f"answer {answer!r}")
        times.append(answer.at - begin)
        lab.keep(token.encode(), answer.json["id"])
    check(min(times) >= DELAY_S, f"answered after {min(times) * 1000:.1f} ms")
    return f"{min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms"


def nor_is_a_report_acknowledged_earlier(lab):
    reports = until(lambda: len(lab.events("acknowledged")) >= len(lab.acknowledged)
                    and lab.events("report"), 20, "reports are not acknowledged")
    sent = {(one["bind"], one["sequence"]): one["at"] for one in reports}
    times = [one["at"] - sent[one["bind"], one["sequence"]]
             for one in lab.events("acknowledged")]
    check(min(times) >= DELAY_S, f"acknowledged after {min(times) * 1000:.1f} ms")
    return f"{len(times)}, from {min(times) * 1000:.1f} ms"


def nor_is_a_hook(lab):
    times = []
    for number in range(10):
        begin = time.time()
        answer = lab.hook({"id": f"m-nobodys-{number}", "status": "delivered"})
        equal(answer.status, 200, f"answer {answer!r}")
        times.append(answer.at - begin)
    check(min(times) >= DELAY_S, f"answered after {min(times) * 1000:.1f} ms")
    return f"{min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms"


def is_journal(path):
    return pathlib.Path(path).name.startswith("journal-")


class Calls:
    """The log of the preload."""

    def __init__(self, path):
        self.journal = []   # (returned, octets) of each write to the journal
        self.syncs = []     # (entered, returned) of each sync of it, by when it returned
        self.sockets = defaultdict(list)  # descriptor: [(entered, octets)]
        with open(path) as file:
            for line in file:
                words = line.split()
                entered, returned, result = int(words[0]), int(words[1]), int(words[6])
                call, kind, name = words[3], words[5], words[8]
                if call in ("fdatasync", "fsync") and is_journal(name):
                    equal(result, 0, call)
                    self.syncs.append((entered, returned))
                elif kind == "file" and is_journal(name) and result > 0:
                    self.journal.append((returned, bytes.fromhex(words[9])))
                elif kind == "socket" and result > 0:
                    self.sockets[words[4]].append((entered, bytes.fromhex(words[9])))
        self.syncs.sort(key=lambda sync: sync[1])

    def written(self, token):
        """When the first write that holds it had returned."""
        return min((returned for returned, octets in self.journal if token in octets),
                   default=None)

    def synced_between(self, after, before):
        """A sync that began after the one and had returned before the other."""
        last = bisect.bisect_left([returned for _, returned in self.syncs], before)
        return any(entered >= after for entered, _ in self.syncs[:last])

    def leavings(self):
        """When each id was first handed to a socket, in a submit_sm_resp or a 202, and
        each token, in a submit_sm to the operator.
        """
        found = {}

        def note(what, entered):
            found[what] = min(entered, found.get(what, entered))

        for writes in self.sockets.values():
            for entered, octets in writes:
                for at in frames(octets):
                    size, command, status = struct.unpack(">III", octets[at:at + 12])
                    if command == RESPONSE | SUBMIT and status == 0:
                        note(octets[at + 16:at + size - 1].decode(), entered)
                    elif command == SUBMIT:
                        for token in TOKEN.findall(octets[at:at + size]):
                            note(token, entered)
                if octets.startswith(b"HTTP/1.1 202"):
                    for text in re.findall(rb'"id": ?"(\d+)"', octets):
                        note(text.decode(), entered)
        return found


def frames(octets):
    """Where the PDUs of a write begin; nothing if it is none."""
    at = 0
    while at + 16 <= len(octets):
        size, command = struct.unpack(">II", octets[at:at + 8])
        if not 16 <= size <= len(octets) - at or command & 0x7fffff00:
            return
        yield at
        at += size


def each_answer_and_each_sms_followed_a_sync_that_followed_its_write(lab):
    lab.stop()
    calls = Calls(lab.calls_path)
    check(len(calls.syncs) >= 20, f"only {len(calls.syncs)} syncs were seen")
    slow = sum(1 for entered, returned in calls.syncs if returned - entered >= DELAY_S * 1e9)
    equal(slow, len(calls.syncs), "syncs that took their 50 ms")
    left = calls.leavings()
    for token, message_id in lab.acknowledged:
        written = calls.written(token)
        check(written is not None, f"{token}: no write to the journal holds it")
        for name, what in (("answer", message_id), ("submit_sm", token)):
            check(what in left, f"{token}: its {name} is not in the log")
            check(written < left[what], f"{token}: its {name} left before it was written")
            check(calls.synced_between(written, left[what]),
                  f"{token}: no sync returned between its write and its {name}")
    return (f"{len(lab.acknowledged)} answers and SMS, {len(calls.syncs)} syncs, "
            f"{len(calls.journal)} writes")


def and_all_of_it_is_there_afterwards(lab):
    lab.preload = {}
    Lab.start(lab)
    for _, message_id in lab.acknowledged:
        lab.message(message_id)
    lab.verify()


if __name__ == "__main__":
    scenario(60, SlowDisk, no_submit_is_answered_earlier, nor_is_one_of_many_at_once,
             nor_is_a_message_of_the_api, nor_is_a_report_acknowledged_earlier, nor_is_a_hook,
             each_answer_and_each_sms_followed_a_sync_that_followed_its_write,
             and_all_of_it_is_there_afterwards)
