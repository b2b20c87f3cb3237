#!/usr/bin/env python3
"""What a message costs, stage by stage: samples of a running sluiced, folded.

    stages.py [--functions] PROGRAM SAMPLES

SAMPLES is what `perf script -F comm,tid,time,ip,sym,dso` printed of a recording with call
chains (bench.py makes one).  Each sample belongs to the stage of the innermost function of
a chain that a row below names, so memcpy, malloc, SQLite and the kernel count where they
were called from.  Nothing is compiled in and nothing runs in production for this.

Which function an address is of, and of which file, is read from the debugging information
of PROGRAM: so those that were inlined are told, too.
"""

import collections
import fnmatch
import os
import re
import subprocess
import sys

# The order a message meets them in.
STAGES = ("read", "frame", "decode", "session", "intake", "store", "response", "dispatch",
          "encode", "report", "receipt", "write", "http", "timers", "loop", "other",
          "journal", "tables", "reader", "books", "unknown")

# Threads that do one thing, by name.
THREADS = {"store": "journal", "tables": "tables", "reader": "reader", "books": "books",
           "pool": "other"}

# The core thread: a stage, and which FILE:FUNCTION it is.  The first row that fits wins;
# one without a stage counts where it was called from.
ROWS = (
    (None, "gateway/table.c:* gateway/live.c:* gateway/body.c:* gateway/log.c:*"),
    ("write", "smpp/conn_output.c:* smpp/conn.c:finish_output smpp/conn.c:finish_writing"
              " smpp/conn.c:settle smpp/conn.c:on_turn smpp/conn.c:wake*"),
    ("read", "smpp/conn*.c:* smpp/transport.c:*"),
    ("frame", "smpp/frame.c:*"),
    ("encode", "smpp/pdu.c:smpp_pdu_encode* smpp/pdu.c:write_* smpp/pdu.c:list_is_sound"
               " smpp/pdu.c:smpp_pdu_add_tlv"),
    ("decode", "smpp/pdu.c:* smpp/field.c:* smpp/tlv.c:* smpp/command.c:*"
               " smpp/library.c:* smpp/operation.c:* smpp/destination.c:*"),
    ("session", "smpp/session*.c:* smpp/window.c:* smpp/pulse.c:* smpp/client.c:*"
                " smpp/listener.c:*"),
    ("receipt", "smpp/receipt.c:smpp_receipt_write smpp/receipt.c:put*"
                " smpp/receipt.c:octet_of smpp/timestamp.c:*"),
    ("report", "smpp/receipt.c:*"),
    ("dispatch", "smpp/text.c:* smpp/gsm.c:* smpp/parts.c:*"),
    ("response", "gateway/esme.c:esmes_answer* gateway/intake*.c:*answer*"),
    ("receipt", "gateway/esme.c:esmes_deliver gateway/esme.c:deliver_*"
                " gateway/esme.c:is_silent gateway/esme.c:on_response"
                " gateway/esme.c:on_no_response"),
    ("session", "gateway/esme*.c:*"),
    ("intake", "gateway/intake*.c:* gateway/limits.c:* gateway/repeats.c:*"
               " gateway/duplicates.c:* gateway/content.c:* gateway/senders.c:*"
               " gateway/review.c:* gateway/collector.c:* gateway/accounts.c:*"
               " gateway/catalog.c:* gateway/aliases.c:* gateway/optouts.c:*"
               " gateway/public_id.c:* gateway/ids.c:* gateway/marks.c:*"
               " gateway/operations.c:* gateway/cancel.c:* gateway/replace.c:*"
               " gateway/suspension.c:*"),
    ("report", "gateway/reports*.c:* gateway/pairs.c:* gateway/link_reports.c:*"
               " gateway/link_receipt.c:*"),
    ("receipt", "gateway/receipts*.c:* gateway/outbox.c:* gateway/dictionary.c:*"
                " gateway/tlv_form.c:*"),
    ("store", "gateway/store*.c:* gateway/packed.c:* gateway/executor.c:*"
              " gateway/money_moves.c:*"
              " gateway/recovery.c:* routing/ledger.c:* routing/money.c:*"),
    ("http", "gateway/http*.c:* gateway/webhooks.c:* gateway/json.c:* gateway/api*.c:*"
             " gateway/profile*.c:* gateway/signature.c:* gateway/tls.c:*"
             " gateway/metrics.c:* libcurl.*:* libssl.*:* libcrypto.*:* libjansson.*:*"),
    ("dispatch", "gateway/dispatch*.c:* gateway/queue.c:* gateway/translate.c:*"
                 " gateway/transliterate.c:* gateway/link*.c:* gateway/pace.c:*"
                 " gateway/bucket.c:* routing/delivery.c:* routing/step.c:*"
                 " routing/message.c:* routing/gate.c:* routing/group.c:*"
                 " routing/sender.c:*"),
    ("intake", "routing/*"),
    ("timers", "gateway/clock.c:*"),
    ("read", "lib*:evbuffer_read lib*:*recv lib*:*readv"),
    ("write", "lib*:evbuffer_write* lib*:*send lib*:*sendmsg lib*:*writev"),
    ("loop", "gateway/main.c:*"),
    ("other", "gateway/* smpp/*"),
)


class Stages:
    """The rows, and the answers they gave before."""

    def __init__(self):
        self.rows = [(stage, re.compile("|".join(map(fnmatch.translate, globs.split()))))
                     for stage, globs in ROWS]
        self.known = {}

    def of(self, name):
        """None: it counts where it was called from."""
        if name not in self.known:
            self.known[name] = next(
                (stage for stage, pattern in self.rows if pattern.match(name)), None)
        return self.known[name]


def bare(name):
    """Without what the compiler and the linker put behind it: place.isra.0, read@GLIBC."""
    return re.split(r"[.@]", name)[0]


class Symbols:
    """The functions of a program, by address."""

    def __init__(self, program):
        self.program = program
        self.known = {}

    def learn(self, addresses):
        """All at once: reading the debugging information takes a second."""
        asked = "".join(f"{address:#x}\n" for address in sorted(addresses))
        told = subprocess.run(["addr2line", "-a", "-i", "-f", "-e", self.program],
                              input=asked, stdout=subprocess.PIPE, text=True, check=True)
        lines = iter(told.stdout.splitlines())
        for line in lines:
            if line.startswith("0x"):
                chain = self.known[int(line, 16)] = []
            else:
                chain.append(self._name(line, next(lines)))

    @staticmethod
    def _name(function, place):
        """gateway/clock.c:clock_arm; folders below those three are left out."""
        path = place.split(":")[0].split("/")
        folder = next((one for one in path if one in ("smpp", "routing", "gateway")), "")
        return f"{folder}/{path[-1]}:{bare(function)}"

    def find(self, address):
        """FILE:FUNCTION, and those it is inlined in; nothing where nothing is known."""
        return self.known.get(address, [])


FRAME = re.compile(r"\s*([0-9a-f]+) (.*) \(([^()]*)\)$")


class Folder:
    """Counts samples; `stages` and `functions` are what they came to."""

    def __init__(self, program):
        self.symbols = Symbols(program)
        self.rows = Stages()
        self.program = os.path.basename(program)
        self.stages = collections.Counter()
        self.in_kernel = collections.Counter()
        self.functions = collections.Counter()

    def address_of(self, frame, is_first):
        """In the program, of a call that is to come back there; None: it is not of it."""
        address, _, place = FRAME.match(frame).groups()
        if os.path.basename(place) != self.program:
            return None
        return int(address, 16) - (not is_first)

    def names_of(self, frame, is_first):
        _, symbol, place = FRAME.match(frame).groups()
        address = self.address_of(frame, is_first)
        return (self.symbols.find(address)
                or [f"{os.path.basename(place)}:{bare(symbol)}"])

    @staticmethod
    def frames_of(sample):
        lines = sample.strip("\n").split("\n")
        return lines[0], [line for line in lines[1:] if FRAME.match(line)]

    def learn(self, samples):
        self.symbols.learn({self.address_of(frame, i == 0)
                            for one in samples
                            for i, frame in enumerate(self.frames_of(one)[1])} - {None})

    def stage_of(self, chain):
        """And the function that decided."""
        for name in chain:
            stage = self.rows.of(name)
            if stage:
                return stage, name
        return "unknown", chain[0] if chain else ""

    def add(self, sample):
        head, frames = self.frames_of(sample)
        if not frames:
            return
        chain = [name for i, frame in enumerate(frames)
                 for name in self.names_of(frame, i == 0)]
        thread = re.match(r"\s*(.*?)\s+\d+\s", head).group(1)
        stage, function = self.stage_of(chain)
        stage = THREADS.get(thread, stage)
        self.stages[stage] += 1
        self.in_kernel[stage] += "[kernel" in frames[0]
        self.functions[stage, function] += 1

    def leave_out(self, stage):
        del self.stages[stage]

    def total(self):
        return sum(self.stages.values())

    def shares(self):
        """Of all samples, by stage: the whole share, and that in the kernel."""
        total = max(self.total(), 1)
        return {stage: {"share": self.stages[stage] / total,
                        "kernel_share": self.in_kernel[stage] / total}
                for stage in STAGES if self.stages[stage]}


def fold(program, path):
    folder = Folder(program)
    with open(path, encoding="utf-8", errors="replace") as file:
        samples = [one for one in file.read().split("\n\n") if one.strip()]
    folder.learn(samples)
    for sample in samples:
        folder.add(sample)
    return folder


def main():
    arguments = [one for one in sys.argv[1:] if one != "--functions"]
    if len(arguments) != 2:
        sys.exit("usage: stages.py [--functions] PROGRAM SAMPLES")
    folder = fold(*arguments)
    for stage, row in folder.shares().items():
        print(f"{stage:10} {100 * row['share']:5.1f} %, "
              f"in the kernel {100 * row['kernel_share']:5.1f} %")
        if "--functions" not in sys.argv:
            continue
        mine = [(count, name) for (of, name), count in folder.functions.items()
                if of == stage]
        for count, name in sorted(mine, reverse=True)[:25]:
            print(f"    {count:6}  {name}")


if __name__ == "__main__":
    main()
