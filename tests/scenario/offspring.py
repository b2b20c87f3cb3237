"""What this process has started, and what that has started: all of it ends with it.

An orphan comes to this process (prctl(2), PR_SET_CHILD_SUBREAPER), so that none is lost: a
tshark that is killed leaves its dumpcap.  And the id of a child is nobody else's before it
was waited for.
"""

import ctypes
import os
import pathlib
import signal
import time

PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 2


def adopt():
    """From now on the orphans among its offspring are its children."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid):
    """Process ids; none if there is no such process."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            pass  # it has ended
    return found


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _living():
    """Those of our children that have not ended; the others are waited for."""
    living = []
    for pid in children(os.getpid()):
        try:
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                living.append(pid)
        except ChildProcessError:
            pass  # somebody else has waited for it
    return living


def _name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def end():
    """They have a moment to end, then they are killed; the names of those."""
    killed = {}
    until = time.monotonic() + GRACE_S
    while living := _living():
        if time.monotonic() >= until:
            killed.update((pid, _name(pid)) for pid in living)
            kill(living)
        time.sleep(0.02)
    return sorted(killed.values())
