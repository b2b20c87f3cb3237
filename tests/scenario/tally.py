"""What was tried, how often, and how often a promise did not hold: the rows that
tests/faults.sh joins to one table.

A script that says `tried(fault)` each time it does something has a row for each fault; the
rows of its scenario that try nothing look at all that was tried before them.  Of a script
that never says so, each row of the scenario is a fault that was tried once.
"""

import os
import pathlib
import sys
import threading
import time

from collections import Counter

SAY_EVERY_S = 15

lock = threading.Lock()
tries, violations = Counter(), Counter()
by_row = []  # (sentence, whether it holds)
told = None  # of each try, who wants to know


class Progress:
    """Says from time to time how far it is, when it is known how often will be tried."""

    def __init__(self, wanted):
        self.wanted, self.count = wanted, 0
        self.begin = self.said = time.monotonic()

    def add(self, times):
        self.count += times
        now = time.monotonic()
        if self.wanted and now >= self.said + SAY_EVERY_S:
            self.said = now
            left_s = (now - self.begin) / self.count * (self.wanted - self.count)
            print(f"        {self.count:,} of {self.wanted:,} tried, "
                  f"{max(0, left_s) / 60:.1f} minutes left", flush=True)


def begin(on_tried):
    """Nothing was tried yet."""
    global told
    told = on_tried
    tries.clear()
    violations.clear()
    by_row.clear()


def all_of_it():
    return tries, violations, by_row


def add(more_tries, more_violations, more_rows):
    tries.update(more_tries)
    violations.update(more_violations)
    by_row.extend(more_rows)


def tried(fault, times=1):
    with lock:
        tries[fault] += times
        if told:
            told(times)


def note_row(sentence, before, holds):
    """`before` is what tries were when the row began."""
    with lock:
        by_row.append((sentence, holds))
        if not holds:
            here = [fault for fault in tries if tries[fault] > before.get(fault, 0)]
            violations.update(here or list(tries))


def path():
    """In the build folder, under the name of the script; None when it is not known."""
    build = os.environ.get("SLUICE_BUILD")
    return build and pathlib.Path(build) / "tests/faults" / pathlib.Path(sys.argv[0]).stem


def forget():
    """What an earlier run has left says nothing of this one."""
    if path():
        path().unlink(missing_ok=True)


def write():
    if not path() or not by_row:
        return
    rows = [(fault, count, violations[fault]) for fault, count in tries.items()]
    if not rows:
        rows = [(sentence, 1, int(not holds)) for sentence, holds in by_row]
    path().parent.mkdir(parents=True, exist_ok=True)
    path().write_text("".join(f"{fault}\t{count}\t{broken}\n" for fault, count, broken in rows))
