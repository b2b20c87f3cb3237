"""What bench.py and growth.py measure with: the lab under load, and what it cost.

Numbers are what was seen: the kernel's count of each thread, the daemon's own counters,
and the clock of sluice-bench, which also judges: a run that is not exact, or a ledger that
does not verify, raises Failure.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/scenario"))

from lab import BUILD, Failure, Lab, check, end_process  # noqa: E402

WARM_UP = 5000
# So many that the buffers of the journal have reached their size, and that few were alive.
WARM_UP_OF_MEMORY = 20000
VERIFY_S = 3600
# Threads of sluiced whose time a message costs; the reader's is the verification's.
THREADS = {"sluiced": "core_us", "store": "journal_us", "tables": "tables_us"}


class Usage:
    """Processor time of each thread of a process, in nanoseconds, by thread name."""

    def __init__(self, pid):
        self.by_name = {}
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                name = (task / "comm").read_text().strip()
                spent = int((task / "schedstat").read_text().split()[0])
                self.by_name[name] = self.by_name.get(name, 0) + spent

    def since(self, before):
        return {name: spent - before.by_name.get(name, 0)
                for name, spent in self.by_name.items()}


def own_memory(pid):
    """Octets that are the process's alone: heap and stacks, and no page of a file."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) * 1024


class Page:
    """The metrics of sluiced at one moment."""

    def __init__(self, text):
        self.values = {name: float(value) for name, value in
                       re.findall(r"^sluice_(\S+) (\S+)$", text, re.MULTILINE)}

    def __getitem__(self, name):
        return self.values[name]

    def quantile_ms(self, name, before, share):
        """The upper bound of the bucket that holds this share of what came since."""
        rows = []
        for key, value in self.values.items():
            found = re.fullmatch(rf'{name}_bucket{{le="([^"]+)"}}', key)
            if found:
                rows.append((float(found.group(1)), value - before[key]))
        rows.sort()
        if not rows or rows[-1][1] <= 0:
            return None
        return 1000 * next(bound for bound, count in rows if count >= share * rows[-1][1])


class BenchLab(Lab):
    """The lab, quiet: nothing is logged per message, and its accounts can pay for any
    number of them.  `settings` go before the rest."""

    OPENING = "1000000.00"  # of the lab's: twenty million messages
    ENDLESS = "1000000000.00"

    def __init__(self, smsc="", messenger=False, fsync_us=0, settings="", edit=None,
                 **more):
        def change(text):
            check(self.OPENING in text, f"conf/lab.conf has no opening of {self.OPENING}")
            text = text.replace(self.OPENING, self.ENDLESS)
            return settings + (edit(text) if edit else text)

        super().__init__(smsc=smsc, messenger=messenger, edit=change, sim_logs=False,
                         **more)
        self.fsync_us = fsync_us

    def _write_config(self):
        self.fsyncs_path = self.folder / "fsyncs"
        self.preload = {"SLUICE_FSYNC_DELAY_US": str(self.fsync_us),
                        "SLUICE_FSYNC_COUNT": str(self.fsyncs_path)}
        return super()._write_config()

    def page(self):
        return Page(self.http("GET", "/metrics", timeout_s=60).body.decode())

    def settle(self):
        """All that was decided is in the tables, and is right."""
        return self.verify(VERIFY_S)

    def fsyncs(self):
        """Of the whole life of a daemon that has been stopped."""
        return sum(int(line.split()[1])
                   for line in self.fsyncs_path.read_text().splitlines())


def load_numbers(report):
    """What sluice-bench saw."""
    numbers = {"accepted_per_s": report["accepted_per_s"],
               "completed_per_s": report["completed_per_s"]}
    for what in ("response", "receipt"):
        for quantile in ("p50", "p99", "p999"):
            numbers[f"{what}_{quantile}_ms"] = \
                report["latency"][what][f"{quantile}_us"] / 1000
    numbers["bench_cpu_us"] = report["own"]["cpu_us_per_submit"]
    return numbers


def cost_numbers(after, before, messages):
    """Processor time per message, all of it and thread by thread."""
    spent = after.since(before)
    numbers = {name: spent.get(thread, 0) / 1000 / messages
               for thread, name in THREADS.items()}
    total = sum(value for thread, value in spent.items() if thread != "books")
    return {"cpu_us": total / 1000 / messages, **numbers,
            "durable_us": numbers["journal_us"] + numbers["tables_us"]}


def store_numbers(after, before, messages):
    def growth(name):
        return after[name] - before[name]

    numbers = {
        "operations": growth("store_operations_total") / messages,
        "rows": growth("store_rows_total") / messages,
        "journal_bytes": growth("store_written_bytes_total") / messages,
        "commits": growth("store_commits_total") / messages,
        "folds_in_run": growth("store_folds_total"),
        "checkpoints_in_run": growth("store_checkpoints_total"),
        "longest_commit_ms": 1000 * after["store_longest_commit_seconds"],
    }
    for name, share in (("commit_p50_ms", 0.5), ("commit_p99_ms", 0.99),
                        ("commit_p999_ms", 0.999)):
        quantile = after.quantile_ms("store_commit_seconds", before, share)
        if quantile is not None:
            numbers[name] = quantile
    return numbers


def run_load(lab, messages, *arguments, account="sms", timeout_s=600, during=None,
             settled=True):
    """One measured load on a lab.  Everything that came of it is in the tables before the
    first and before the last look, so that no work is left out or counted twice; without
    `settled` up to a journal's length is, and the ledger is for the caller to verify."""
    if settled:
        lab.settle()
    page, usage = lab.page(), Usage(lab.sluiced.pid)
    with during or contextlib.nullcontext():
        report = lab.bench("--account", account, "--messages", messages, "--pid",
                           lab.sluiced.pid, "--expect-stat", "DELIVRD", "--wait", 60,
                           *arguments, timeout_s=timeout_s)
    if settled:
        lab.settle()
    usage_after, page_after = Usage(lab.sluiced.pid), lab.page()
    accepted = report["submits"]["accepted"]
    sms = 'channel_verdicts_total{channel="smsc",verdict="ok"}'
    return {**load_numbers(report), **cost_numbers(usage_after, usage, accepted),
            **store_numbers(page_after, page, accepted),
            "sms_share": (page_after[sms] - page[sms]) / accepted,
            "cpu_bound_us": report["processes"][0]["cpu_us_per_submit"]}


def highest(holds, most, within):
    """The highest rate below `most` that holds, by halves; it is known as well as `within`
    of it.  0 when none does that is worth the name."""
    least = 0
    while most - least > within * most and most >= 100:
        rate = round((least + most) / 2 if least else 0.85 * most)
        if holds(rate):
            least = rate
        else:
            most = rate
    return least


class Relay:
    """sluice-sim and the relay in front of it, with one of its codecs."""

    def __init__(self, codec="library"):
        self.codec = codec

    def __enter__(self):
        self.sim = self.relay = None
        self.sim, operator = self._start("smsc", BUILD / "sluice-sim", "--smsc", "port=0")
        self.relay, self.port = self._start("relay", BUILD / "tests/bench/relay", "0",
                                            str(operator), self.codec)
        return self

    def __exit__(self, *_):
        for process in (self.relay, self.sim):
            if process:
                end_process(process)

    @staticmethod
    def _start(name, *command):
        process = subprocess.Popen([str(word) for word in command], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        found = re.search(rf"\b{name}=(\d+)", process.stdout.readline())
        check(found, f"{command[0]} did not start")
        return process, int(found.group(1))

    def bench(self, *arguments):
        done = subprocess.run(
            [str(BUILD / "sluice-bench"), "--port", str(self.port), "--quiet", "--json",
             "-", *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
        check(done.returncode == 0, f"sluice-bench through the relay:\n{done.stderr}")
        return json.loads(done.stdout)

    def run_load(self, messages, *arguments):
        usage = Usage(self.relay.pid)
        report = self.bench("--messages", messages, "--expect-stat", "DELIVRD", *arguments)
        spent = Usage(self.relay.pid).since(usage)
        return {**load_numbers(report),
                "cpu_us": sum(spent.values()) / 1000 / report["submits"]["accepted"]}


class Watch:
    """A thread that looks on while this is entered, until `ended` is set."""

    def __init__(self):
        self.ended = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class AliveWatch(Watch):
    """How many there are of something, as a metric counts them, and the memory of the
    daemon."""

    def __init__(self, lab, metric="messages_live", every_s=0.25):
        super().__init__()
        self.lab, self.metric, self.every_s = lab, metric, every_s
        self.seen = []
        self.before = own_memory(lab.sluiced.pid)

    def _watch(self):
        while not self.ended.wait(self.every_s):
            with contextlib.suppress(OSError):
                alive = self.lab.page()[self.metric]
                self.seen.append((alive, own_memory(self.lab.sluiced.pid)))

    def most(self):
        return max(alive for alive, _ in self.seen)

    def bytes_each(self):
        """What is there for any load was there before, if that load was of the same kind;
        of the moments when nearly all are alive, that with the least beside them."""
        most = self.most()
        return (min(memory for alive, memory in self.seen if alive >= 0.99 * most)
                - self.before) / most


class Stretch(Watch):
    """What a message costs from one moment to another after this is entered, when as much
    comes as ends."""

    def __init__(self, lab, from_s, to_s):
        super().__init__()
        self.lab, self.moments_s = lab, (from_s, to_s)
        self.looks = []

    def _watch(self):
        began = time.monotonic()
        for moment_s in self.moments_s:
            if self.ended.wait(began + moment_s - time.monotonic()):
                return
            self.looks.append((Usage(self.lab.sluiced.pid),
                               self.lab.page()["accepted_total"]))

    def costs(self):
        check(len(self.looks) == 2, "the load was over too early")
        (before, came_before), (after, came_after) = self.looks
        check(came_after > came_before, "nothing came")
        return cost_numbers(after, before, came_after - came_before)


# ---- Results ---------------------------------------------------------------------


def commit_name():
    done = subprocess.run(["git", "-C", str(SOURCE), "describe", "--always", "--dirty",
                           "--abbrev=12", "--exclude", "*"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() or "unknown"


def medians(runs):
    """Of each number that every run has: its median, and all it was."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    return {name: {"median": statistics.median(run[name] for run in runs),
                   "runs": [run[name] for run in runs]} for name in names}


class Results:
    """The file of a commit.  Rows that are measured again replace those before."""

    def __init__(self, kind):
        folder = BUILD / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{kind}-{commit_name()}.json"
        self.content = {}
        with contextlib.suppress(FileNotFoundError):
            self.content = json.loads(self.path.read_text())
        self.content.update({
            "commit": commit_name(),
            "processors": os.cpu_count(),
            "file_system": subprocess.run(
                ["stat", "-f", "-c", "%T", str(BUILD)], stdout=subprocess.PIPE,
                text=True).stdout.strip(),
        })
        self.content.setdefault("rows", {})

    def put(self, row, numbers):
        self.content["rows"][row] = numbers
        written = self.path.with_suffix(".tmp")
        written.write_text(json.dumps(self.content, indent=1) + "\n")
        written.rename(self.path)

    def median(self, row, name):
        """None when it was not measured."""
        found = self.content["rows"].get(row, {}).get(name)
        return found and found["median"]


class Goal:
    """A number that is aimed at.  It is told, and never fails a run."""

    def __init__(self, row, name, limit, at_least=False, sentence=""):
        self.row, self.name, self.limit, self.at_least = row, name, limit, at_least
        self.sentence = sentence

    def tell(self, results):
        value = results.median(self.row, self.name)
        if value is None:
            return None
        holds = value >= self.limit if self.at_least else value <= self.limit
        return (f"{'held  ' if holds else 'MISSED'}  {self.sentence}: {number(value)}, "
                f"{'at least' if self.at_least else 'at most'} {number(self.limit)}")


def number(value):
    """Three figures that mean something, and no exponent."""
    if value == 0 or abs(value) >= 999.5:
        return f"{value:.0f}"
    return f"{value:.3g}"


def tell_goals(goals, results):
    for line in filter(None, (goal.tell(results) for goal in goals)):
        print(line)


def tell_row(name, numbers):
    print(f"\n{name}")
    for key, value in numbers.items():
        spread = ""
        if len(value["runs"]) > 1:
            spread = f"   {number(min(value['runs']))} .. {number(max(value['runs']))}"
        print(f"    {key:22}{number(value['median']):>10}{spread}")
    sys.stdout.flush()


def choose(names, wanted):
    """The rows to run, in their own order; a word is a name or how several begin."""
    chosen = set() if wanted else set(names)
    for word in wanted:
        found = [word] if word in names else \
            [name for name in names if name.startswith(word)]
        if not found:
            sys.exit(f"there is no {word}; there are: {' '.join(names)}")
        chosen.update(found)
    return [name for name in names if name in chosen]


def now():
    return time.strftime("%H:%M:%S")


def run_program(name, main):
    """Whatever happens, what it started ends with it."""
    def on_term(*_):
        raise SystemExit(1)

    signal.signal(signal.SIGTERM, on_term)
    try:
        main()
    except (Failure, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"{name}: {error}")
