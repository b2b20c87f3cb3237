"""How long programs could have run and were not let: what a bound in time gives to a machine
that is busy with other things.  On an idle one it is next to nothing.
"""

import pathlib


def delays_s(pids):
    """Of each thread, the seconds it has stood in the queue for a processor."""
    found = {}
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                found[path.parent.name] = int(path.read_text().split()[1]) / 1e9
            except (OSError, IndexError):
                pass  # it has ended
    return found


class Starved:
    """From now on, for the processes of a lab and this one."""

    def __init__(self, lab, *more):
        known = [lab.sluiced, lab.sim, *lab.others, *more]
        self.pids = ["self"] + [one.pid for one in known if one and one.poll() is None]
        self.before = delays_s(self.pids)

    def each_s(self):
        return [after - self.before.get(thread, 0)
                for thread, after in delays_s(self.pids).items()]

    @property
    def all_s(self):
        """One after the other: of who waits for each of them in turn."""
        return sum(self.each_s())

    @property
    def worst_s(self):
        """Of one thread: of who waits for the slowest of them."""
        return max(self.each_s(), default=0)
