#!/usr/bin/env python3
"""Three times too much, for SOAK_OVERLOAD_S (180): three times what the operator takes, then
three times what the gateway can do, OVERLOAD_RUNS (1) times.  What is accepted is delivered,
at least 90 % of the peak comes through all the while, and soon after an answer comes as
quickly as before.  `overload.py operator` and `overload.py machine` run one of them alone.

Two cores are needed.  The gateway has one of them, alone; who sends, the operator and this
program share the other.  Otherwise who sends three times too much takes the processor from
the gateway, and what is measured is how a kernel shares it out.  So the gateway's processor
is what is short, its rate follows from what a message costs it, and that is said beside it.
The peak is measured just before and once more just after, in the same lab and in the same
way, by the receipts that were acknowledged in a second: a virtual machine is not as fast in
one minute as in the next, so it is held against the mean of both.  What programs that are not ours take of the gateway's core
meanwhile is not the gateway's time; what it leaves idle is.
"""

import json
import os
import pathlib
import signal
import sys
import time

from lab import Lab, check, scenario, until
from smpp_client import Session

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
from measure import Usage  # noqa: E402

OVERLOAD_S = float(os.environ.get("SOAK_OVERLOAD_S", "180"))
RUNS = int(os.environ.get("OVERLOAD_RUNS", "1"))
TPS = int(os.environ.get("SOAK_TPS", "0"))
PEAK_S = 10
LEAD_S = 4  # before a rate is measured: connections
LATE_WINDOW_S = 20
OVERLOAD_LATE_WINDOW_S = 10  # and before the peak: until the lab's memory is full
BINDS = 4
SMSC = "report_delay=50-300"
GOODPUT_LEAST = 0.9
BACK_WITHIN_S = 30
CORES = sorted(os.sched_getaffinity(0))


class LoadLab(Lab):
    """What has ended is remembered for seconds; the link takes `tps`, 0: all it can."""

    def __init__(self, smsc=SMSC, tps=0, late_window_s=LATE_WINDOW_S):
        self.tps, self.late_window_s = tps, late_window_s
        super().__init__(smsc=smsc, messenger=False, edit=self.edit_config, sim_logs=False)

    def edit_config(self, text):
        text = f'late_window = "{self.late_window_s}s"\n{text}'
        return text.replace('link "smsc" {', f'link "smsc" {{\n  tps = {self.tps}', 1)

    def restart_with_tps(self, tps):
        self.tps = tps
        self.stop()
        self.config_path = self._write_config()
        self.start()
        self.wait_bound()

    def http(self, *arguments, **more):
        """With patience: a ledger of millions of postings is read for a while."""
        return super().http(*arguments, **{**more, "timeout_s": 3600})

    def verify(self, **more):
        print("        the ledger is read ...", end="", flush=True)
        begin = time.monotonic()
        found = super().verify(**more)
        print(f" {found['postings']} postings in {time.monotonic() - begin:.1f} s", flush=True)
        return found


class OverloadLab(LoadLab):
    """The gateway on the first core, all else on the second.  What has ended is forgotten so
    soon that the peak is measured with as much in memory as what comes after it."""

    def __init__(self):
        super().__init__(late_window_s=OVERLOAD_LATE_WINDOW_S)

    def start(self, *arguments, **more):
        os.sched_setaffinity(0, CORES[:1])
        try:
            super().start(*arguments, **more)
        finally:
            os.sched_setaffinity(0, CORES[1:2])


def p99_ms(lab, account, prefix, count=100, pause_s=0.01):
    """Of submits beside the load, from before the send to the answer."""
    times = []
    with Session(lab.ports["smpp"], account) as esme:
        for i in range(count):
            begin = time.monotonic()
            answer = esme.response(esme.submit(f"{prefix}{i:04}", b"%.6f" % begin,
                                               registered=0), 30)
            if answer.status == 0:
                times.append((time.monotonic() - begin) * 1000)
            time.sleep(pause_s)
    check(times, "every one of these submits was refused")
    return sorted(times)[len(times) * 99 // 100]


def queued(lab):
    return sum(one["queued"] for one in lab.get("/v1/stats/channels")["channels"])


def core_s(core):
    """For how long it was used for programs, ours and others."""
    with open("/proc/stat", encoding="ascii") as file:
        line = next(one for one in file if one.startswith(f"cpu{core} "))
    user, nice, system, _, _, _, _, steal = map(int, line.split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


class Look:
    """At one moment: what has been completed, and what the gateway's core was used for."""

    def __init__(self, lab):
        self.at = time.monotonic()
        self.completed = lab.metric("receipts_acknowledged_total")
        self.usage = Usage(lab.sluiced.pid)
        self.core_s, self.other_core_s = map(core_s, CORES[:2])


def rate_of_receipts(lab, seconds, what, lead_s=LEAD_S, by_core=True):
    """A second, `by_core` of those it could have its core, from `lead_s` on; what each cost
    the gateway is told."""
    begin = time.monotonic()
    time.sleep(lead_s)
    before = Look(lab)
    time.sleep(max(0.0, begin + lead_s + seconds - time.monotonic()))
    after, waiting = Look(lab), queued(lab)
    took_s, count = after.at - before.at, after.completed - before.completed
    spent = after.usage.since(before.usage)
    own_s = sum(spent.values()) / 1e9
    others_s = max(0.0, after.core_s - before.core_s - own_s)
    check(count > 0, f"{what}: no receipt in {took_s:.1f} s")
    rate = count / (took_s - (others_s if by_core else 0))
    sending_s = after.other_core_s - before.other_core_s
    threads = ", ".join(f"{name} {ns / 1000 / count:.1f}" for name, ns in spent.items()
                        if ns / 1000 / count >= 0.1)
    print(f"        {what}: {rate:.0f}/s; {own_s / took_s:.0%} of the core, others "
          f"{others_s / took_s:.0%}, {sending_s / took_s:.0%} of the other one; "
          f"microseconds a message: {threads}; {waiting} queued", flush=True)
    return rate


def stop_sending(bench):
    """What was not sent in time would be sent later."""
    bench.send_signal(signal.SIGINT)


def ended_well(bench):
    """What sluice-bench saw, which was told to stop."""
    _, said = bench.communicate(timeout=1200)
    found = json.loads(bench.json_path.read_text())
    wrong = [one for one in found["violations"] if one != "the run was interrupted"]
    check(not wrong, f"sluice-bench found {wrong}:\n{said}")
    return found


def the_peak(lab):
    bench = lab.bench_start("-b", BINDS, "-w", 256, "-s",
                            OVERLOAD_LATE_WINDOW_S + PEAK_S + 2, "--wait", 60,
                            "--allow-status", "0x14", "--retry", json_name="peak.json")
    peak = rate_of_receipts(lab, PEAK_S, "peak", OVERLOAD_LATE_WINDOW_S)
    stop_sending(bench)
    ended_well(bench)
    return peak


def overload(lab, rate, by_core):
    """Three times `rate`; what came through in a second, and what is to be said.
    Afterwards, while what waits is still being sent, an answer comes as quickly as it did
    before."""
    quiet_ms = p99_ms(lab, "cascade", "7907002", 300)
    usual_ms = 2 * quiet_ms + 5
    bench = lab.bench_start("-b", 3 * BINDS, "-w", 1000, "-r", int(3 * rate), "-s",
                            int(LEAD_S + OVERLOAD_S) + 2, "--allow-status", "any", "--wait", 600,
                            json_name="overload.json")
    goodput = rate_of_receipts(lab, OVERLOAD_S, "overload", by_core=by_core)
    stop_sending(bench)
    ended = time.monotonic()
    after = until(lambda: (now := p99_ms(lab, "cascade", "7907003")) <= usual_ms and now,
                  BACK_WITHIN_S, f"an answer takes longer than {usual_ms:.0f} ms")
    back_s = time.monotonic() - ended
    print(f"        p99 {quiet_ms:.1f} ms before, {after:.1f} ms {back_s:.0f} s after",
          flush=True)
    found = ended_well(bench)
    drained_s = time.monotonic() - ended
    lab.nothing_held("sms", 30)
    lab.verify()
    submits = found["submits"]
    return goodput, (
        f"{int(3 * rate)}/s for {OVERLOAD_S:g} s: {submits['accepted']} accepted, all "
        f"receipted {drained_s:.0f} s after, {submits['refused']} refused")


def holds(goodput, rate, said):
    said = f"{said}; goodput {goodput / rate:.0%}"
    check(goodput >= GOODPUT_LEAST * rate, said)
    return said


def three_times_what_the_operator_takes_harms_nobody(lab):
    rate = TPS or int(the_peak(lab) / 5)
    lab.restart_with_tps(rate)
    goodput, said = overload(lab, rate, by_core=False)
    lab.restart_with_tps(0)
    return holds(goodput, rate, said)


def three_times_what_the_machine_can_do_harms_nobody(lab):
    before = the_peak(lab)
    goodput, said = overload(lab, before, by_core=True)
    return holds(goodput, (before + the_peak(lab)) / 2, said)


ROWS = {"operator": (three_times_what_the_operator_takes_harms_nobody,),
        "machine": (three_times_what_the_machine_can_do_harms_nobody,) * RUNS}

if __name__ == "__main__":
    if len(CORES) < 2:
        print("two cores are needed: the gateway has one of its own")
        sys.exit(77)
    os.sched_setaffinity(0, CORES[1:2])
    asked = sys.argv[1:] or list(ROWS)
    scenario(int(4 * RUNS * OVERLOAD_S + 1800), OverloadLab,
             *(row for name in asked for row in ROWS[name]))
