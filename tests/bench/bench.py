#!/usr/bin/env python3
"""What `make bench` runs: sluiced in the lab, and the relay that does nothing beside it.

    bench.py [--rounds N] [--messages N] [--seconds S] [ROW...]

Each round runs every row once, so that what else the machine does falls on all of them
alike; what is told is the median of the rounds.  ROW is the name of one, or how several
begin.  Every accepted message must get exactly one receipt and the ledger must verify:
else the status is 1.  For being slow nothing fails.

The numbers are kept in BUILD/bench/bench-COMMIT.json; tests/bench/compare holds two such
files against each other.
"""

import argparse
import contextlib
import pathlib
import subprocess
import tempfile

from measure import (
    BUILD, WARM_UP, AliveWatch, BenchLab, Goal, Relay, Results, check, choose, highest,
    medians, now, number, run_load, run_program, tell_goals, tell_row)
import stages

BINDS = 4
WINDOW = 256  # of each bind: 1,024 in flight
SLOW_US = 1000
# A disk that takes SLOW_US for each fsync, and never longer: the disks of many machines
# stall, by themselves or for others, and then p99 tells of nothing else.
EVEN_DISK = pathlib.Path("/dev/shm")
CASCADE_PER_S = 6000
# Without a default it refuses by the last digits of some numbers; and a report is answered
# when it is durable, so that sixteen at a time are not enough.
MESSENGER = "default=delivered,callback_connections=128"
ALIVE = 500000
# At full speed it is another measurement: of the two seconds in which nothing is packed yet.
ALIVE_PER_S = 20000
ALIVE_WAIT_MS = 30000  # longer than it takes to submit them
# A rate is kept up if so long a run of it, in one of so many tries, is accepted at that
# rate but for so much, and half of it within so long.
PEAK_S = 3
PEAK_TRIES = 2
PEAK_SHORT = 0.01
PEAK_P50_US = 100000
PEAK_WITHIN = 0.04  # how well the highest is known
SAMPLES_PER_S = 499
STACK_BYTES = 8192

LOAD = ("--binds", BINDS, "--window", WINDOW)


def warm_up(lab, account="sms"):
    lab.bench("--account", account, "--messages", WARM_UP, "--expect-stat", "DELIVRD",
              *LOAD)


class Bench:
    def __init__(self, options):
        self.options = options
        self.runs = {}

    @contextlib.contextmanager
    def lab(self, even=False, **more):
        """A fresh daemon, warmed up."""
        with contextlib.ExitStack() as stack:
            if even:
                more.update(fsync_us=SLOW_US, state=stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="sluice-lab-", dir=EVEN_DISK)))
            lab = stack.enter_context(BenchLab(**more))
            warm_up(lab)
            yield lab

    def sms(self, messages, *arguments, **more):
        """One load, and a clean end."""
        with self.lab(**more) as lab:
            numbers = run_load(lab, messages, *LOAD, *arguments)
            lab.stop()
            numbers["fsyncs"] = lab.fsyncs() / (messages + WARM_UP)
            return numbers

    def at_rate(self, per_s, **more):
        return self.sms(int(per_s * self.options.seconds), "--rate", per_s, **more)

    # ---- Rows: each runs once a round and gives its numbers ----

    def saturated(self):
        return self.sms(self.options.messages)

    @staticmethod
    def through_relay(messages, *arguments, codec="library"):
        with Relay(codec) as relay:
            relay.bench("--messages", WARM_UP, *LOAD)
            return relay.run_load(messages, *LOAD, *arguments)

    def relay(self):
        return self.through_relay(self.options.messages)

    def relay_wire(self):
        return self.through_relay(self.options.messages, codec="wire")

    def relay_1000(self):
        return self.through_relay(int(1000 * self.options.seconds), "--rate", 1000)

    def slow_disk(self):
        return self.sms(self.options.messages, fsync_us=SLOW_US)

    def rate_1000(self):
        return self.at_rate(1000)

    def rate_5000(self):
        return self.at_rate(5000)

    def rate_5000_even(self):
        return self.at_rate(5000, even=True)

    def peak_80(self, even=False):
        """At four fifths of the highest fixed rate that is accepted in time.  Each round finds
        it anew: the machine is not the same for long."""
        peak = self.find_peak(even)
        rate = round(0.8 * peak)
        return {"peak_per_s": peak, "rate_per_s": rate, **self.at_rate(rate, even=even)}

    def peak_80_even(self):
        return self.peak_80(even=True)

    def find_peak(self, even):
        """By halves, from what comes when clients wait for their answers downward: then
        the rate adapts to the machine, and is higher than any that is kept up."""
        most = (self.runs.get("saturated") or [self.saturated()])[-1]["accepted_per_s"]
        with self.lab(even=even) as lab:
            peak = highest(lambda rate: any(self.keeps_up(lab, rate)
                                            for _ in range(PEAK_TRIES)),
                           most, PEAK_WITHIN)
            lab.settle()
        check(peak, "no fixed rate is accepted in time")
        return peak

    @staticmethod
    def keeps_up(lab, rate):
        report = lab.bench("--messages", int(rate * PEAK_S), "--rate", rate,
                           "--expect-stat", "DELIVRD", "--wait", 60, *LOAD)
        kept = (report["accepted_per_s"] >= (1 - PEAK_SHORT) * rate
                and report["latency"]["response"]["p50_us"] < PEAK_P50_US)
        print(f" {rate}/s {'kept' if kept else 'not kept'}", end="", flush=True)
        return kept

    def cascade(self):
        """Each message goes to the messenger first, over HTTP, which takes and delivers
        all; one it could not have in time goes on as an SMS."""
        messages = int(CASCADE_PER_S * self.options.seconds)
        with BenchLab(messenger=MESSENGER) as lab:
            lab.bench("--account", "cascade", "--messages", 1000, "--rate", 1000, *LOAD)
            before = lab.sim_stats("messenger")["accepted"]
            numbers = run_load(lab, messages, *LOAD, "--rate", CASCADE_PER_S,
                               account="cascade")
            taken = lab.sim_stats("messenger")["accepted"] - before
            http = 1 - numbers["sms_share"]
            return {"http_per_s": numbers["completed_per_s"] * http,
                    "vain_share": taken / messages - http, **numbers}

    def alive(self):
        """Octets of memory of a message whose report has not come, beyond what as many take
        that come as fast and are reported at once."""
        wait = f"rule=7901*:after:{ALIVE_WAIT_MS}-{ALIVE_WAIT_MS + 2000},default=delivered"
        with BenchLab(smsc=wait) as lab:
            load = ("--messages", ALIVE, "--rate", ALIVE_PER_S, *LOAD)
            lab.bench(*load)
            with AliveWatch(lab) as watch:
                lab.bench(*load, "--destinations", "7901#######", "--wait", 120)
            lab.settle()
            return {"alive": watch.most(), "bytes_each": watch.bytes_each()}

    def stages_saturated(self):
        return self.stages(self.options.messages)

    def stages_1000(self):
        return self.stages(int(1000 * self.options.seconds), "--rate", 1000)

    def stages_cascade(self):
        return self.stages(int(CASCADE_PER_S * self.options.seconds), "--rate",
                           CASCADE_PER_S, account="cascade")

    def stages(self, messages, *arguments, account="sms"):
        """The same load under perf, folded: microseconds of each stage per message."""
        with BenchLab(messenger=MESSENGER) as lab:
            warm_up(lab)
            recording = lab.folder / "perf.data"
            with Recording(lab.sluiced.pid, recording):
                numbers = run_load(lab, messages, *LOAD, *arguments, account=account)
            text = lab.folder / "perf.txt"
            with open(text, "wb") as file:
                subprocess.run(["perf", "script", "-i", str(recording), "--no-inline", "-F",
                                "comm,tid,time,ip,sym,dso"], stdout=file,
                               stderr=subprocess.DEVNULL, check=True)
            folder = stages.fold(str(BUILD / "sluiced"), text)
            folder.leave_out("books")
            found = {"samples": folder.total(), "cpu_us": numbers["cpu_us"]}
            for stage, share in folder.shares().items():
                found[f"{stage}_us"] = share["share"] * numbers["cpu_us"]
                found[f"{stage}_kernel_us"] = share["kernel_share"] * numbers["cpu_us"]
            return found


def may_record():
    with tempfile.NamedTemporaryFile() as file, contextlib.suppress(OSError):
        return subprocess.run(
            ["perf", "record", "-q", "-e", "cpu-clock", "-o", file.name, "true"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    return False


class Recording:
    """perf, watching one process while this is entered."""

    def __init__(self, pid, path):
        self.command = ["perf", "record", "-q", "-e", "cpu-clock", "-F",
                        str(SAMPLES_PER_S), "--call-graph", f"dwarf,{STACK_BYTES}", "-p",
                        str(pid), "-o", str(path)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


ROWS = {
    "saturated": Bench.saturated,
    "relay": Bench.relay,
    "relay-wire": Bench.relay_wire,
    "relay-1000": Bench.relay_1000,
    "slow-disk": Bench.slow_disk,
    "rate-1000": Bench.rate_1000,
    "rate-5000": Bench.rate_5000,
    "peak-80": Bench.peak_80,
    "rate-5000-even": Bench.rate_5000_even,
    "peak-80-even": Bench.peak_80_even,
    "cascade": Bench.cascade,
    "alive": Bench.alive,
    "stages-saturated": Bench.stages_saturated,
    "stages-1000": Bench.stages_1000,
    "stages-cascade": Bench.stages_cascade,
}

# A profile is one run, not a race.
ONCE = ("alive", "stages-saturated", "stages-1000", "stages-cascade")

GOALS = (
    Goal("saturated", "completed_per_s", 50000, True, "messages a second"),
    Goal("saturated", "cpu_us", 15, False, "us of processor per message, all threads"),
    Goal("saturated", "durable_us", 8, False, "us of these for the journal and the tables"),
    Goal("ratios", "cpu_to_relay", 1, False, "processor per message, relay = 1"),
    Goal("slow-disk", "completed_per_s", 30000, True,
         "messages a second with fsync + 1 ms, 1,024 in flight"),
    Goal("rate-5000", "response_p99_ms", 5, False, "ms to the response at 5,000/s, p99"),
    Goal("peak-80", "response_p99_ms", 20, False,
         "ms to the response at four fifths of the peak, p99"),
    Goal("peak-80", "response_p999_ms", 50, False, "the same through checkpoints, p99.9"),
    Goal("rate-5000-even", "response_p99_ms", 5, False,
         "the first of these on a disk that never stalls"),
    Goal("peak-80-even", "response_p99_ms", 20, False, "the second"),
    Goal("peak-80-even", "response_p999_ms", 50, False, "the third"),
    Goal("cascade", "http_per_s", 5000, True,
         "messages a second that the messenger delivered, over HTTP"),
    Goal("cascade", "completed_per_s", 5000, True, "messages a second of a cascade"),
    Goal("alive", "bytes_each", 600, False, "octets of memory of a message alive"),
    Goal("ratios", "cpu_1000_to_saturated", 3, False,
         "processor per message at 1,000/s, saturated = 1"),
)


def ratios(runs):
    """Between rows of the same round."""
    pairs = {"cpu_to_relay": ("saturated", "relay"),
             "cpu_1000_to_saturated": ("rate-1000", "saturated"),
             "cpu_1000_to_relay": ("rate-1000", "relay-1000")}
    found = {}
    for name, (above, below) in pairs.items():
        both = list(zip(runs.get(above, ()), runs.get(below, ())))
        if both:
            found[name] = [one["cpu_us"] / other["cpu_us"] for one, other in both]
    return {name: medians([{name: value} for value in values])[name]
            for name, values in found.items()}


def tell_stages(results):
    """Side by side: a message among many, one among few, one over HTTP."""
    names = [name for name in ROWS if name.startswith("stages-")
             and name in results.content["rows"]]
    if not names:
        return
    print("\nus per message  "
          + "".join(f"{name[7:]:>12}{'(kernel)':>10}" for name in names))
    for stage in stages.STAGES:
        cells = [results.content["rows"][name].get(f"{stage}{part}", {}).get("median", 0)
                 for name in names for part in ("_us", "_kernel_us")]
        if any(cells):
            print(f"    {stage:12}" + "".join(
                f"{cell:{10 if i % 2 else 12}.2f}" for i, cell in enumerate(cells)))


def main():
    parser = argparse.ArgumentParser(description="Measures sluiced in the lab.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=200000)
    parser.add_argument("--seconds", type=float, default=10, help="of rows with a rate")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    names = choose(list(ROWS), options.rows)
    if not may_record():
        print("no stages: perf (Debian package linux-perf) is not here, or may not record")
        names = [name for name in names if not name.startswith("stages")]

    results, bench = Results("bench"), Bench(options)
    for turn in range(options.rounds):
        for name in names:
            if turn > 0 and name in ONCE:
                continue
            print(f"{now()} round {turn + 1} of {options.rounds}: {name}", end="",
                  flush=True)
            numbers = ROWS[name](bench)
            bench.runs.setdefault(name, []).append(numbers)
            print("".join(f", {key} {number(numbers[key])}" for key in
                          ("completed_per_s", "cpu_us", "response_p99_ms", "bytes_each")
                          if key in numbers), flush=True)
    for name, runs in bench.runs.items():
        results.put(name, medians(runs))
        tell_row(name, results.content["rows"][name])
    found = ratios(bench.runs)
    if found:
        results.put("ratios", found)
        tell_row("ratios", found)
    tell_stages(results)
    print()
    tell_goals(GOALS, results)
    print(f"numbers: {results.path}")


if __name__ == "__main__":
    run_program("bench", main)
