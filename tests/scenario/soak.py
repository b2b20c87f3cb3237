#!/usr/bin/env python3
"""The hours of `make soak`: SOAK_MINUTES (120) at 60 % of what there is room for, with faults
all the time: binds that are cut, an operator that stops for seconds, one that loses answers,
one that throttles, clients that leave.  Once a quarter of a minute it is written down how
much memory, how many descriptors and how much disk is in use, and how long an answer takes;
none of it may grow.  What is three times too much is overload.py's.

The operator takes SOAK_TPS (4,000) messages a second and no more: that is the capacity of
which 60 % is offered.  With 0 it is what the machine can do.  Hours of that need much disk: a
message takes about 0.7 KB of history.

An ended message is remembered for `late_window`, days in real life: here it is seconds, or
the memory would still be filling at the end.
"""

import json
import os
import random
import signal
import statistics
import threading
import time

from lab import check, request, scenario
from overload import BINDS, LoadLab, p99_ms
from smpp_client import Session

MINUTES = float(os.environ.get("SOAK_MINUTES", "120"))
TPS = int(os.environ.get("SOAK_TPS", "4000"))
SAMPLE_S = min(15, MINUTES * 60 / 20)
PEAK_S = 15
SHARE = 0.6
SMSC = "report_delay=50-300,report_retry=2000,every=20011:swallow,every=50021:throttled"
# What may not grow: by a tenth, and by so much that comes and goes.
FLAT = {"RSS MiB": 16, "descriptors": 8, "journal MiB": 32, "WAL MiB": 64}


class SoakLab(LoadLab):
    def __init__(self):
        super().__init__(smsc=SMSC, tps=TPS)
        self.peak = 0
        self.samples = []


def the_peak_is_measured(lab):
    """What waits for the operator is not refused: he is offered little more than he takes."""
    lab.restart_sim(smsc="report_delay=50-300")
    lab.peak = lab.bench("-b", BINDS, "-w", 256, "-s", PEAK_S, "--allow-status", "0x14",
                         "--retry", *(["-r", TPS * 21 // 20] if TPS else []))["completed_per_s"]
    lab.restart_sim(smsc=SMSC)
    said = f"{lab.peak:.0f} messages/s with their receipts"
    if TPS:
        check(lab.peak >= 0.9 * TPS, f"{said}: not the {TPS} that the operator takes")
        lab.peak = TPS
    return said


def bench_completed(found):
    return found["receipts"]["completed"]


def tree_size(path, *ends):
    return sum(one.stat().st_size for one in path.rglob("*")
               if one.is_file() and one.name.startswith(ends))


def sample(lab, begin):
    pid = lab.sluiced.pid
    status = open(f"/proc/{pid}/status").read()
    rss = int(next(line.split()[1] for line in status.split("\n") if line.startswith("VmRSS")))
    found = {
        "minutes": (time.monotonic() - begin) / 60,
        "RSS MiB": rss / 1024,
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "journal MiB": tree_size(lab.state, "journal-") / 2**20,
        "WAL MiB": sum(one.stat().st_size for one in lab.state.rglob("*-wal")) / 2**20,
        "p99 ms": p99_ms(lab, "cascade", "7907000"),
    }
    lab.samples.append(found)
    print("        " + ", ".join(f"{value:.1f} {name}" for name, value in found.items()),
          flush=True)


def slope(samples, name):
    """Per hour, by least squares."""
    hours = [one["minutes"] / 60 for one in samples]
    values = [one[name] for one in samples]
    middle, mean = sum(hours) / len(hours), sum(values) / len(values)
    spread = sum((hour - middle)**2 for hour in hours)
    return sum((hour - middle) * (value - mean)
               for hour, value in zip(hours, values)) / spread if spread else 0.0


def is_flat(samples, name):
    """The last quarter against the second; the first fills tables and caches."""
    values = [one[name] for one in samples]
    quarter = len(values) // 4
    before, after = (statistics.median(values[at * quarter:(at + 1) * quarter])
                     for at in (1, 3))
    return after <= before * 1.1 + FLAT[name]


class Faults:
    """One after the other, a few seconds apart, until told to stop."""

    def __init__(self, lab):
        self.lab, self.done, self.count = lab, False, 0
        self.random = random.Random(1)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.done:
            self.random.choice((self.drop_links, self.stop_operator, self.leave))()
            self.count += 1
            time.sleep(self.random.uniform(2, 8))

    def drop_links(self):
        request(self.lab.control_port, "POST", "/drop")

    def stop_operator(self):
        self.lab.sim.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.5, 7))
        self.lab.sim.send_signal(signal.SIGCONT)

    def leave(self):
        for _ in range(8):
            esme = Session(self.lab.ports["smpp"], "cascade")
            esme.submit("79070010000", registered=0)
            esme.close()

    def stop(self):
        self.done = True
        self.thread.join(30)


def it_runs_with_faults_and_stays_as_it_is(lab):
    check(lab.peak > 0, "no peak was measured")
    rate = SHARE * lab.peak
    bench = lab.bench_start("-b", BINDS, "-w", 256, "-r", int(rate), "-s", int(MINUTES * 60),
                            "--reconnect", "--retry", "--wait", 60, "--allow-status", "any",
                            json_name="soak.json")
    time.sleep(2)
    faults, begin = Faults(lab), time.monotonic()
    while time.monotonic() < begin + MINUTES * 60 - SAMPLE_S and bench.poll() is None:
        sample(lab, begin)
        time.sleep(SAMPLE_S)
    faults.stop()
    _, said = bench.communicate(timeout=600)
    check(bench.returncode == 0, f"sluice-bench ended with {bench.returncode}:\n{said}")
    late = lab.samples[len(lab.samples) // 4:]
    for name in (*FLAT, "p99 ms"):
        values = [one[name] for one in late]
        print(f"        {name}: {min(values):.1f} to {max(values):.1f}, "
              f"{slope(late, name):+.2f} an hour", flush=True)
    found = json.loads(bench.json_path.read_text())
    for account in ("sms", "cascade"):
        lab.nothing_held(account, 30)
    lab.verify()
    sim = lab.sim_stats("smsc")
    doubts = lab.metric("in_doubt_total")
    growing = [name for name in FLAT if not is_flat(lab.samples, name)]
    check(not growing, f"it grows: {growing}")
    return (f"{int(rate)}/s for {MINUTES:g} minutes, {faults.count} faults: "
            f"{bench_completed(found)} with their receipt; {doubts:.0f} in doubt, "
            f"{sim['duplicates']} seen twice")


if __name__ == "__main__":
    scenario(int(MINUTES * 60 + 1800), SoakLab, the_peak_is_measured,
             it_runs_with_faults_and_stays_as_it_is)
