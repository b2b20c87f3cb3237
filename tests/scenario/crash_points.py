#!/usr/bin/env python3
"""usage: crash_points.py [TIMES]

The daemon dies, or its disk, its memory or its descriptors fail, at a chosen call: before
and after each kind of write and sync of the journal, the tables and the history, each send
to a client and an operator, while it recovers, and at the n-th allocation.  Each row is run
TIMES times with another n, in labs of two times each, side by side (fleet.py); one that
never came to its call does not count.  Then the journal fails at its n-th write and sync
for each n from 1 to 200 (else one in ten of them, by chance).  Whatever happens, it ends or
goes on, it starts again, the ledger is right, and in the end nothing acknowledged is lost.
"""

import random
import signal
import sys
import time

from collections import Counter

import fleet

from kill9 import KillLab
from lab import BUILD, DEEP, Failure, check, equal, scenario, until
from tally import tried

TIMES = int(sys.argv[1]) if len(sys.argv) > 1 else 40 if DEEP else 1
FAULTS = BUILD / "tests/scenario/faults.so"
CONFIG_ERROR, NO_STORE = 1, 75
EVERY = 200  # the journal fails at each call up to this one
STEP = 1 if DEEP else 10  # or one of so many
FAILING = ("write", "sync")
LABS = max(1, TIMES // 2)
MEET_S = 10    # it comes to its call, or it was too far off
LINGER_S = 0.5  # and goes on for so long, or ends

# name, call, part of the path, the range of n, action.  `starts`: it dies while it starts.
ROWS = (
    ("before the journal is written", "write", "journal-", (5, 150), "kill"),
    ("after the journal is written", "write", "journal-", (5, 150), "kill-after"),
    ("half a frame is written", "write", "journal-", (5, 150), "half"),
    ("before the journal is synced", "sync", "journal-", (5, 150), "kill"),
    ("after the journal is synced", "sync", "journal-", (5, 150), "kill-after"),
    ("the journal is not synced", "sync", "journal-", (5, 150), "EIO"),
    ("the journal is not written", "write", "journal-", (5, 150), "EIO"),
    ("no space for the journal, once", "write", "journal-", (5, 150), "ENOSPC"),
    ("no space for the journal", "write", "journal-", (5, 150), "ENOSPC+"),
    ("before the tables' log is written", "write", "live.db-wal", (3, 900), "kill"),
    ("after the tables' log is written", "write", "live.db-wal", (3, 900), "kill-after"),
    ("before the tables' log is synced", "sync", "live.db-wal", (1, 4), "kill"),
    ("after the tables' log is synced", "sync", "live.db-wal", (1, 4), "kill-after"),
    ("the tables' log is not synced", "sync", "live.db-wal", (1, 4), "EIO"),
    ("the tables' log is not written", "write", "live.db-wal", (3, 900), "EIO"),
    ("half a page of the log is written", "write", "live.db-wal", (3, 900), "half"),
    ("no space for the tables' log", "write", "live.db-wal", (3, 900), "ENOSPC"),
    ("before a page of the tables is written", "write", "live.db$", (1, 40), "kill"),
    ("the tables cannot be read", "read", "live.db$", (3, 40), "EIO"),
    ("the journal cannot be read", "read", "journal-", (1, 6), "EIO"),
    ("before a send", "send", "-", (20, 1500), "kill"),
    ("after a send", "send", "-", (20, 1500), "kill-after"),
    ("no memory, once", "malloc", "-", (20000, 120000), "ENOMEM"),
    ("no memory any more", "malloc", "-", (20000, 120000), "ENOMEM+"),
    ("no descriptor for a while", "accept", "-", (1, 3), "EMFILE"),
)


class CrashLab(KillLab):
    """A lab whose daemon is told where to die."""

    def __init__(self):
        super().__init__()
        self.preload = {}
        self.random = random.Random(time.time_ns())
        self.counts = Counter()

    def start_faulty(self, fault):
        self.met = self.folder / "met"
        self.met.unlink(missing_ok=True)
        self.preload = {"SLUICE_FAULT": fault, "SLUICE_FAULT_MET": str(self.met)}
        self.preload_so = FAULTS
        try:
            self.start(ready_s=0)
        finally:
            self.preload = {}

    def run_faulty(self, fault, timeout_s, linger_s):
        """Under load until it ends, or a little longer than it takes to come to its call;
        its status, None if it goes on.
        """
        self.start_faulty(fault)
        for client in self.clients:
            client.submitting = True
        end = time.monotonic() + timeout_s
        came = False
        while self.sluiced.poll() is None:
            if not came and self.met.exists():
                came, end = True, time.monotonic() + linger_s
            elif time.monotonic() >= end:
                break
            time.sleep(0.005)
        for client in self.clients:
            client.submitting = False
        return self.sluiced.poll()


def run_row(lab, row, most):
    """The fault is met, or was too far off; then it runs again without it.  Its status, and
    the number of the call; 0: it never came to it.
    """
    _, call, path, (least, _), action = row
    nth = lab.random.randint(least, most)
    fault = f"{call} {path} {nth}{'+' if action.endswith('+') else ''} {action.rstrip('+')}"
    status = lab.run_faulty(fault, MEET_S, LINGER_S)
    if status is None:
        lab.kill()
    else:
        check(status in (-signal.SIGKILL, -signal.SIGABRT, CONFIG_ERROR, NO_STORE),
              f"{fault}: it ended with {status}:\n{lab.log_tail()}")
    if lab.met.exists():
        lab.counts["went on" if status is None else "ended" if status >= 0 else "died"] += 1
        tried(row[0])
    else:
        lab.counts["too far off"] += 1
        check(status is None, f"{fault}: it ended before with {status}:\n{lab.log_tail()}")
    lab.start()
    found = lab.get("/v1/ledger/verify", 60)
    check(found["ok"], f"{fault}: the ledger: {found}")
    lab.kill()
    return status, nth if lab.met.exists() else 0


def run_until_met(lab, row):
    """Nearer each time that it was too far off."""
    least, most = row[3]
    for _ in range(8):
        status, nth = run_row(lab, row, most)
        if nth > 0:
            check(status is not None or not row[4].startswith("kill"),
                  f"{row[0]}: it was to die at call {nth}, and went on")
            return
        most = max(least, most // 3)
    raise Failure(f"{row[0]}: it never comes to call {least}")


def it_dies_at_every_point(lab):
    lab.stop()
    begin = time.monotonic()
    for turn in range(TIMES // LABS):
        for row in ROWS:
            run_until_met(lab, row)
        print(f"        {turn + 1}: {dict(lab.counts)}, {time.monotonic() - begin:.0f} s",
              flush=True)
    return f"{len(ROWS) * (TIMES // LABS)} times: {dict(lab.counts)}"


def it_ends_when_the_journal_fails_at_any_call(lab):
    """Each lab has its share of them."""
    times = 0
    for start in range(fleet.turn * STEP, EVERY, LABS * STEP):
        nth = start + lab.random.randint(1, STEP)
        for call in FAILING if DEEP else (lab.random.choice(FAILING),):
            status = lab.run_faulty(f"{call} journal- {nth} EIO", 60, 60)
            check(status in (CONFIG_ERROR, NO_STORE),
                  f"EIO at {call} {nth}: it ended with {status}:\n{lab.log_tail()}")
            times += 1
            tried(f"the n-th {call} of the journal gives EIO, n from 1 to {EVERY}")
        if times % 20 == 0:
            lab.start()
            found = lab.get("/v1/ledger/verify", 60)
            check(found["ok"], f"after EIO at {nth}: the ledger: {found}")
            lab.kill()
    lab.start()
    return f"{times} times"


def nothing_acknowledged_is_lost_and_no_receipt_is_missing(lab):
    def missing():
        return sum(len(account.waiting) for account in lab.accounts)

    until(lambda: missing() == 0, 120, lambda: f"{missing()} receipts are missing")
    unknown = sum(len(set(account.receipts) - account.given) for account in lab.accounts)
    lost = sum(client.lost for client in lab.clients)
    check(unknown <= lost, f"{unknown} receipts of ids nobody was given, {lost} unanswered")
    return f"{sum(len(account.given) for account in lab.accounts)} acknowledged"


def no_messenger_was_asked_twice(lab):
    equal(lab.sim_stats("messenger")["duplicate_refs"], 0, "posts with a ref that was there")


def the_money_is_right_and_nothing_is_held(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account, 60)
    return f"{lab.verify(60)['postings']} postings"


if __name__ == "__main__":
    scenario(400 + 12 * len(ROWS) * TIMES, CrashLab, it_dies_at_every_point,
             it_ends_when_the_journal_fails_at_any_call,
             nothing_acknowledged_is_lost_and_no_receipt_is_missing,
             no_messenger_was_asked_twice, the_money_is_right_and_nothing_is_held, labs=LABS,
             wanted=len(ROWS) * LABS * (TIMES // LABS)
             + EVERY // STEP * (len(FAILING) if DEEP else 1))
