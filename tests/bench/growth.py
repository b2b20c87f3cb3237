#!/usr/bin/env python3
"""What `make growth` runs: does a message cost the same when there is more of everything?

    growth.py [--rate R] [--rate-of-binds R] [--seconds S] [--history N] [ROW...]

ROW is the name of one, with any N, or how several of the usual begin; without any, the
usual ones: binds-10, -1000, -10000, alive-10000, -1000000, history, start-250000, -1000000.

    binds-N     messages at a fixed rate over N binds
    alive-N     N messages alive at a time, their reports in random order
    history     --history messages in ten pieces, the store keeping them all, and then some
                beside a store that has had one piece
    start-N     the time from a start after kill -9 to /readyz with N messages alive

Every accepted message must get its receipt and the ledger must verify, else the status is
1.  The numbers are kept in BUILD/bench/growth-COMMIT.json for tests/bench/compare.
"""

import argparse
import re
import statistics
import time

from measure import (
    VERIFY_S, WARM_UP_OF_MEMORY, AliveWatch, BenchLab, Goal, Results, Stretch, check,
    choose, medians, now, number, own_memory, run_load, run_program, tell_goals, tell_row)
from crowd import raise_open_files
from lab import until

LOAD = ("--binds", 4, "--window", 256)
STEADY = 400000  # of few alive, so many in all
SETTLED_S = 2  # after the first of the slowest reports, and before the end
PIECES = 10
PAIRS = 3
# The memory of fewer is lost in that of buffers.
WEIGHED_FROM = 100000
WEIGHED_BINDS_FROM = 10000


def room_for(alive):
    return f"max_messages = {2 * alive + 1000000}\n"


class Growth:
    def __init__(self, options):
        self.options = options

    def binds(self, count):
        def edit(text):
            text = re.sub(r'(listen "smpp" \{)', r"\1\n  max_connections = 14000", text)
            return text.replace("binds = 16", "binds = 10000", 1)

        with BenchLab(edit=edit) as lab:
            lab.bench("--messages", WARM_UP_OF_MEMORY, *LOAD)
            with AliveWatch(lab, "smpp_sessions", every_s=1) as watch:
                numbers = run_load(
                    lab, int(self.options.rate_of_binds * self.options.seconds), "--binds",
                    count, "--window", 10, "--rate", self.options.rate_of_binds)
            # Binding and unbinding is not what a message costs.
            found = {"binds": watch.most(), **numbers, "cpu_us": numbers["cpu_bound_us"]}
            if count >= WEIGHED_BINDS_FROM:
                found["bytes_each"] = watch.bytes_each()
            return found

    def alive(self, count):
        """They come at a fixed rate and their reports after half to one and a half times
        as long as it takes that many to come.  What a message costs is looked at while as
        many end as come: before and after, fewer share a beat of the loop.  Of all of the
        load it is `whole_cpu_us`."""
        rate = self.options.rate
        wait_ms = 1000 * count / rate
        smsc = (f"rule=7901*:after:{int(wait_ms / 2)}-{int(wait_ms * 1.5)},"
                f"default=delivered,capacity={count * 3 // 2 + 1000000}")
        messages = max(2 * count, STEADY)
        with BenchLab(smsc=smsc, settings=room_for(count)) as lab:
            lab.bench("--messages", WARM_UP_OF_MEMORY, *LOAD)
            stretch = Stretch(lab, 1.5 * count / rate + SETTLED_S,
                              messages / rate - SETTLED_S)
            with AliveWatch(lab) as watch:
                numbers = run_load(
                    lab, messages, "--destinations", "7901#######", "--rate", rate, *LOAD,
                    timeout_s=7200, during=stretch)
            found = {"alive": watch.most(), "whole_cpu_us": numbers["cpu_us"], **numbers,
                     **stretch.costs()}
            if count >= WEIGHED_FROM:
                found["bytes_each"] = watch.bytes_each()
            return found

    def history(self):
        """Pieces that the store keeps all of, and what they left on the disk; then some
        more, each beside one of a store that has had one piece only: what else the machine
        does falls on both alike."""
        piece = self.options.history // PIECES
        with BenchLab() as lab:
            lab.bench("--messages", WARM_UP_OF_MEMORY, *LOAD)
            costs = [self.cost_of_piece(lab, piece) for _ in range(PIECES)]
            kept = sum(path.stat().st_size for path in lab.state.rglob("*")
                       if path.is_file())
            pairs = []
            for _ in range(PAIRS):
                with BenchLab() as fresh:
                    fresh.bench("--messages", piece, *LOAD)
                    pairs.append((self.cost_of_piece(lab, piece),
                                  self.cost_of_piece(fresh, piece)))
                    fresh.verify(VERIFY_S)
            lab.verify(VERIFY_S)
            found = {f"piece_{i + 1}_cpu_us": cost for i, cost in enumerate(costs)}
            with_it, with_little = (statistics.median(side) for side in zip(*pairs))
            return {**found, "with_history_cpu_us": with_it,
                    "with_little_cpu_us": with_little, "with_to_little": with_it / with_little,
                    "disk_bytes_each": kept / (WARM_UP_OF_MEMORY + PIECES * piece)}

    @staticmethod
    def cost_of_piece(lab, messages):
        numbers = run_load(lab, messages, *LOAD, timeout_s=3600, settled=False)
        print(f" {number(numbers['cpu_us'])}", end="", flush=True)
        return numbers["cpu_us"]

    def start(self, count):
        with BenchLab(smsc="default=never", settings=room_for(count), start=False) as lab:
            empty_s = self.time_start(lab)
            lab.start_sim()
            lab.wait_bound()
            before = own_memory(lab.sluiced.pid)
            lab.bench("--messages", count, "--registered-delivery", 0, *LOAD,
                      timeout_s=3600)
            until(lambda: lab.page()['channel_queued{channel="smsc"}'] == 0
                  and lab.page()['channel_open{channel="smsc"}'] == 0, 60,
                  "not all were handed to the operator")
            lab.kill()
            full_s = self.time_start(lab)
            alive = lab.page()["messages_live"]
            check(alive == count, f"{alive:.0f} messages are alive after the start")
            found = {"alive": count, "start_s": full_s,
                     "s_per_million": (full_s - empty_s) / count * 1e6,
                     "lines_of_progress": len(lab.log_lines("store.loading")),
                     "bytes_each": (own_memory(lab.sluiced.pid) - before) / count}
            lab.verify(VERIFY_S)
            return found

    @staticmethod
    def time_start(lab):
        """To /readyz."""
        begin = time.monotonic()
        lab.start(ready_s=1800)
        return time.monotonic() - begin


KINDS = {"binds": Growth.binds, "alive": Growth.alive, "start": Growth.start}
USUAL = ("binds-10", "binds-1000", "binds-10000", "alive-10000", "alive-1000000",
         "history", "start-250000", "start-1000000")


def run_row(growth, name):
    kind, _, count = name.partition("-")
    return KINDS[kind](growth, int(count)) if count else growth.history()


def choose_rows(wanted):
    """Of the usual ones by name or beginning; and of any size by name."""
    sized = [word for word in wanted if re.fullmatch(rf"({'|'.join(KINDS)})-\d+", word)]
    return choose([*USUAL, *(word for word in sized if word not in USUAL)], wanted)


# What is told of a row against a smaller one of its kind.
AGAINST = {
    "binds-1000": "binds-10", "binds-10000": "binds-10",
    "alive-1000000": "alive-10000", "alive-5000000": "alive-10000",
}

GOALS = (
    Goal("binds-1000", "cpu_to_binds-10", 1.5, False,
         "processor per message with a thousand binds, ten = 1"),
    Goal("binds-10000", "cpu_to_binds-10", 2, False,
         "processor per message with ten thousand binds, ten = 1"),
    Goal("alive-1000000", "cpu_to_alive-10000", 1.5, False,
         "processor per message with a million alive, ten thousand = 1"),
    Goal("alive-5000000", "cpu_to_alive-10000", 2, False,
         "processor per message with five million alive, ten thousand = 1"),
    Goal("alive-1000000", "commit_p999_ms", 50, False,
         "ms of a commit with a million alive, p99.9"),
    Goal("alive-5000000", "commit_p999_ms", 50, False,
         "ms of a commit with five million alive, p99.9"),
    Goal("alive-1000000", "bytes_each", 600, False,
         "octets of memory of each of a million"),
    Goal("alive-5000000", "bytes_each", 600, False,
         "octets of memory of each of five million"),
    Goal("history", "with_to_little", 1.1, False,
         "processor per message after a history, after a tenth of it = 1"),
    Goal("start-250000", "s_per_million", 2, False, "s to start, per million alive"),
    Goal("start-1000000", "s_per_million", 2, False, "s to start with a million alive"),
    Goal("start-5000000", "s_per_million", 2, False,
         "s to start, per million, with five million alive"),
)


def main():
    parser = argparse.ArgumentParser(description="What more of everything costs.")
    parser.add_argument("--rate", type=int, default=20000, help="of the rows alive-N")
    parser.add_argument("--rate-of-binds", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10, help="of the rows binds-N")
    parser.add_argument("--history", type=int, default=2000000)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(USUAL))
    options = parser.parse_args()
    names = choose_rows(options.rows)

    raise_open_files()
    results, growth = Results("growth"), Growth(options)
    for name in names:
        print(f"{now()} {name}", end="", flush=True)
        numbers = run_row(growth, name)
        smaller = AGAINST.get(name)
        cost = smaller and results.median(smaller, "cpu_us")
        if cost:
            numbers[f"cpu_to_{smaller}"] = numbers["cpu_us"] / cost
        results.put(name, medians([numbers]))
        tell_row("", results.content["rows"][name])
    print()
    tell_goals(GOALS, results)
    print(f"numbers: {results.path}")


if __name__ == "__main__":
    run_program("growth", main)
