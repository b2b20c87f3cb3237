#!/usr/bin/env python3
"""`sluice demo`, as a stranger runs it: without a terminal, on one, and interrupted."""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from decimal import Decimal

from lab import BUILD, SOURCE, bounded, check, equal, request, run_rows, until

COMMAND = [str(BUILD / "sluice"), "demo", "--conf", str(SOURCE / "conf/demo.conf")]

# The same people, and so the same story, every time: asked, reached, refused, silent.
STORY = {
    "Push (free)": (400, 160, 140, 100),
    "Messenger (cheap)": (240, 100, 120, 20),
    "Messenger (dear)": (140, 80, 40, 20),
    "SMS (operator)": (60, 56, 4, 0),
}


def children_of(pid):
    try:
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(one) for one in listed.split()]


class Demo:
    """One run, in a TMPDIR of its own.  A context manager."""

    def __init__(self, terminal=False):
        self.terminal = terminal
        self.said = ""
        self.seen = set()

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
        environment = dict(os.environ, TMPDIR=str(self.folder), TERM="xterm", NO_COLOR="1",
                           LC_ALL="C")
        if self.terminal:
            ours, theirs = pty.openpty()
        else:
            ours, theirs = os.pipe()
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=theirs,
                                        stderr=theirs, env=environment,
                                        start_new_session=True)
        os.close(theirs)
        self.reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, fd):
        while True:
            try:
                octets = os.read(fd, 65536)
            except OSError:
                break
            if not octets:
                break
            self.said += octets.decode().replace("\r\n", "\n")
        os.close(fd)

    def watch(self):
        """Remembers the children there are now."""
        self.seen.update(children_of(self.process.pid))
        return self.seen

    def wait_for(self, sentence, timeout_s=60):
        until(lambda: self.watch() and sentence in self.said, timeout_s,
              lambda: f"{sentence!r} was not said, but:\n{self.said}")

    def ended(self, timeout_s=60):
        """Its status, once it has ended by itself; and nothing of it is there any more."""
        until(lambda: (self.watch(), self.process.poll() is not None)[1], timeout_s,
              lambda: f"it has not ended:\n{self.said}")
        self.reader.join(5)
        equal([one for one in self.seen if pathlib.Path(f"/proc/{one}").exists()], [],
              "processes left behind")
        equal(list(self.folder.iterdir()), [], "left in the temporary folder")
        return self.process.returncode


# ---- What was said, read again ----------------------------------------------------


def match(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    check(found, f"nothing like {pattern!r} in:\n{text}")
    return found.groups()


def funnel(said):
    """Label to (price, asked, reached, refused, silent, charged)."""
    rows = {}
    for label in STORY:
        numbers = match(rf"^  {re.escape(label)} +([\d.]+) +(\d+) +(\d+) +(\d+) +(\d+) "
                        r"+([\d.]+)$", said)
        rows[label] = (Decimal(numbers[0]), *map(int, numbers[1:5]), Decimal(numbers[5]))
    return rows


def statement(said):
    return {
        "messages": int(match(r"^  (\d+) messages by SMS alone", said)[0]),
        "baseline": Decimal(match(r"messages by SMS alone +([\d.]+) EUR", said)[0]),
        "charged": Decimal(match(r"^  charged +([\d.]+) EUR", said)[0]),
        "saved": Decimal(match(r"^  saved +([\d.]+) EUR", said)[0]),
    }


def the_arithmetic_holds(said):
    rows = funnel(said)
    sums = statement(said)
    equal({label: row[1:5] for label, row in rows.items()}, STORY, "the funnel")
    for label, (price, _, reached, _, _, charged) in rows.items():
        billed = rows[label][1] if label.startswith("SMS") else reached
        equal(charged, price * billed, f"charged for {label}")
    equal(sum(row[5] for row in rows.values()), sums["charged"], "charged by all channels")
    equal(sums["messages"], 400, "messages")
    equal(sums["baseline"], 400 * rows["SMS (operator)"][0], "the baseline")
    equal(sums["saved"], sums["baseline"] - sums["charged"], "saved")
    equal(int(match(r"\((\d+) % of the baseline\)", said)[0]),
          int(sums["saved"] * 100 / sums["baseline"]), "saved in percent")

    parts, price, alone = match(r"^    SMS alone +(\d+) part x ([\d.]+) = ([\d.]+)$", said)
    equal(int(parts) * Decimal(price), Decimal(alone), "one contact by SMS alone")
    label, charged = match(r"^    charged +1 message by (.*) = ([\d.]+)$", said)
    equal(Decimal(charged), rows[label][0], f"one message by {label}")
    equal(match(r"^    saved +([\d.]+) - ([\d.]+) = ([\d.]+) EUR$", said),
          (alone, charged, f"{Decimal(alone) - Decimal(charged):.3f}"), "saved by one contact")
    check("400 receipts for 400 contacts; the ledger verifies:" in said, said)


# ---- Rows ---------------------------------------------------------------------------


def without_a_terminal_it_tells_all_and_ends():
    begin = time.monotonic()
    with Demo() as demo:
        equal(demo.ended(), 0, f"status; it said:\n{demo.said}\n")
        took_s = time.monotonic() - begin
        check(took_s < 60, f"it took {took_s:.0f} s")
        check(len(demo.seen) >= 3, f"its children were {demo.seen}")
        check("\033" not in demo.said, "escape sequences without a terminal")
        the_arithmetic_holds(demo.said)
        # The told message: three messengers in vain, then SMS.
        trace = match(r"One message, from beginning to end\n([^$]*)\nWhat became", demo.said)[0]
        places = [trace.find(word) for word in
                  ("to free", "to cheap", "failed", "to dear", "to operator", "delivered;")]
        check(-1 not in places and places == sorted(places), f"the trace:\n{trace}")


def on_a_terminal_it_stays_and_its_lines_can_be_pasted():
    with Demo(terminal=True) as demo:
        demo.wait_for("sluice trace --state-dir")
        time.sleep(0.2)
        check(demo.process.poll() is None, f"it has ended:\n{demo.said}")
        said = demo.said
        the_arithmetic_holds(said)

        port = int(match(r"http://127\.0\.0\.1:(\d+)/v1/messages", said)[0])
        told = request(port, "GET", "/v1/accounts/shop/statement",
                       headers={"Authorization": "Bearer demo-token"}).json
        equal({key: Decimal(told[key]) for key in ("baseline", "charged", "saved")},
              {key: value for key, value in statement(said).items() if key != "messages"},
              "the statement of the API")

        lines = said[said.index("It stays up"):].replace("\\\n", " ").split("\n")
        curl, bench, trace = [next(line for line in lines if word in line)
                              for word in ("curl", "sluice-bench", "sluice trace")]
        check(json.loads(pasted(curl))["parts"] == 1, "the answer to curl")
        check("10" in pasted(bench), "the report of sluice-bench")
        check("delivered" in pasted(trace), "the trace")

        demo.watch()
        demo.process.send_signal(signal.SIGINT)
        equal(demo.ended(15), 0, "status after Ctrl-C")


def pasted(line):
    done = subprocess.run(line, shell=True, cwd=os.getcwd(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"{line}\nended with {done.returncode}: {done.stderr}")
    return done.stdout


def interrupted_it_leaves_nothing_behind():
    for number, sentence in ((signal.SIGTERM, None), (signal.SIGINT, "The mailing"),
                             (signal.SIGHUP, "  1.")):
        with Demo() as demo:
            if sentence:
                demo.wait_for(sentence)
            else:
                until(demo.watch, 10, "it has started nothing")
            demo.process.send_signal(number)
            equal(demo.ended(15), 128 + number, f"status after {number!r}")


def a_child_that_dies_is_named():
    with Demo() as demo:
        demo.wait_for("The mailing")
        victim = next(one for one in demo.watch()
                      if pathlib.Path(f"/proc/{one}/comm").read_text() == "sluiced\n")
        os.kill(victim, signal.SIGKILL)
        equal(demo.ended(15), 1, "status")
        check("sluiced has ended with signal 9" in demo.said, demo.said)


if __name__ == "__main__":
    with bounded(180):
        good = run_rows([without_a_terminal_it_tells_all_and_ends,
                         on_a_terminal_it_stays_and_its_lines_can_be_pasted,
                         interrupted_it_leaves_nothing_behind,
                         a_child_that_dies_is_named])
    sys.exit(0 if good else 1)
