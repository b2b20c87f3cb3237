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

from collections import Counter

lock = threading.Lock()
tries, violations = Counter(), Counter()
by_row = []  # (sentence, whether it holds)


def tried(fault, times=1):
    with lock:
        tries[fault] += times


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
