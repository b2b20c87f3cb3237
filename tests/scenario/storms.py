#!/usr/bin/env python3
"""Crowds: idle ones, deaf ones, greedy ones, and all coming back at once.

In full with SLUICE_STORMS=full (`make storms`) or SLUICE_DEEP=1; else a tenth of it.
"""

import json
import os
import random
import re
import socket
import subprocess
import time

from crowd import Crowd, raise_open_files
from lab import BUILD, DEEP, Lab, check, equal, free_ports, scenario, until
from smpp_client import (
    BIND_RECEIVER, BIND_TRANSMITTER, INVALID_PASSWORD, OK, Session, frame, submit_body)

FULL = DEEP or os.environ.get("SLUICE_STORMS") == "full"
FIRST = 50
IDLE = (10000 if FULL else 1000) - FIRST
IDLE_MAX_BYTES = 200 * 1024 * 1024 / 10000
HONEST = 2000 if FULL else 400
WRONG_PER_S = 1000 if FULL else 200
HOUSES = 20
BACK_WITHIN_S = 5
TURN_MAX_S = 0.020
UNREAD_MAX_BYTES = 256 * 1024
GREEDY_TPS = 50


def hash_of(password):
    done = subprocess.run([str(BUILD / "sluice"), "hash-password"], input=password + "\n",
                          stdout=subprocess.PIPE, text=True)
    found = re.search(r"\$argon2id\$\S+", done.stdout)
    check(found, f"sluice hash-password said {done.stdout!r}")
    return found.group()


class StormLab(Lab):
    def __init__(self):
        super().__init__(edit=self._edit, messenger=False)

    def _edit(self, text):
        self.crowded, = free_ports(1)
        password = hash_of("secret08")
        account = 'account "%s" { %s plan = "sms" opening = "100000" %s }\n'
        plain = 'password = "secret08"'
        return "".join(
            [text, f"""
listen "crowded" {{
  address = "127.0.0.1:{self.crowded}"
  max_connections = 14000
  enquire_link = "60s"
}}
""",
             account % ("idle", plain, "binds = 10000 window = 1000"),
             account % ("deaf", plain, "binds = 4 window = 20000"),
             account % ("calm", plain, "binds = 4 window = 1000"),
             account % ("greedy", plain, f"binds = 4 window = 1000 tps = {GREEDY_TPS}")]
            + [account % (f"house{i}", f"password_hash = '{password}'",
                          f"binds = {HONEST // HOUSES} window = 1000")
               for i in range(HOUSES)])

    def metric(self, name):
        page = self.http("GET", "/metrics", timeout_s=20).body.decode()
        found = re.search(rf"^sluice_{re.escape(name)} (\S+)$", page, re.MULTILINE)
        check(found, f"no metric {name}")
        return float(found.group(1))

    def turns(self):
        """Turns of the loop up to each length in seconds."""
        page = self.http("GET", "/metrics", timeout_s=20).body.decode()
        return [(float("inf") if bound == "+Inf" else float(bound), int(count))
                for bound, count in re.findall(
                    r'sluice_loop_turn_seconds_bucket\{le="([^"]+)"\} (\d+)', page)]


def percentile(before, after, part):
    """The shortest length that this part of the turns between two readings kept to."""
    counts = [(bound, count - before[i][1]) for i, (bound, count) in enumerate(after)]
    return next(bound for bound, count in counts if count >= part * counts[-1][1])


# ---- Memory ----


def idle_binds_cost_little_memory(lab):
    with Crowd(lab.crowded) as crowd:
        for _ in range(FIRST):
            crowd.add("idle")
        check(crowd.run(lambda: all(one.bound for one in crowd.members.values()), 10),
              "the first ones are not bound")
        before = lab.metric("process_resident_bytes")
        begin = time.monotonic()
        while len(crowd.members) < IDLE + FIRST:
            for _ in range(50):
                crowd.add("idle")
            crowd.turn(0)
        check(crowd.run(lambda: all(one.bound for one in crowd.members.values()), 60),
              "not all are bound")
        took_s = time.monotonic() - begin
        after = lab.metric("process_resident_bytes")
        equal(lab.metric('account_sessions{account="idle"}'), IDLE + FIRST, "sessions")
    until(lambda: lab.metric('account_sessions{account="idle"}') == 0, 20, "they stay")
    each = (after - before) / IDLE
    check(each < IDLE_MAX_BYTES, f"{each / 1024:.1f} KiB for each of {IDLE}")
    return (f"{(after - before) / 1048576:.1f} MiB for {IDLE}, {each / 1024:.1f} KiB each; "
            f"bound in {took_s:.1f} s")


# ---- Who does not read ----


def deaf_socket(port, command, system_id="deaf"):
    """Bound, with a small receive buffer that nobody empties."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.sendall(frame(command, system_id.encode() + b"\0secret08\0\0\x34\0\0\0"))
    raw.settimeout(5)
    check(raw.recv(16)[8:12] == b"\0\0\0\0", "the bind was refused")
    return raw


def buffered(lab):
    largest = lab.metric("smpp_buffered_largest_bytes")
    check(largest <= UNREAD_MAX_BYTES, f"{largest:.0f} octets are buffered")
    return largest


def who_never_reads_its_answers_is_not_read_either(lab):
    with deaf_socket(lab.crowded, BIND_TRANSMITTER) as raw, \
            Session(lab.ports["smpp"]) as other:
        raw.settimeout(1)
        sent, highest = 0, 0
        octets = b"".join(frame(4, submit_body(b"abc"), 0, 1 + i) for i in range(500))
        try:
            while sent < 400 * len(octets):
                sent += raw.send(octets[sent % len(octets):])
                highest = max(highest, buffered(lab))
        except (socket.timeout, BlockingIOError):
            pass
        check(sent < 400 * len(octets), "everything was read")
        until(lambda: buffered(lab) > 65536, 5, "nothing was ever buffered")
        equal(other.receipt(other.submitted("79061000001")).stat, "DELIVRD", "another's stat")
    return f"{max(highest, UNREAD_MAX_BYTES // 4) / 1024:.0f} KiB buffered, {sent / 1024:.0f} KiB sent"


def receipts_of_who_never_reads_wait_and_none_is_lost(lab):
    count = 3000
    with deaf_socket(lab.crowded, BIND_RECEIVER) as raw, \
            Session(lab.crowded, "deaf", command=BIND_TRANSMITTER) as esme:
        sequences = [esme.submit(f"7906200{i:04}") for i in range(count)]
        ids = [esme.response(one, 20).message_id for one in sequences]
        until(lambda: lab.metric("receipts_waiting") == count, 10, "receipts do not wait")
        time.sleep(0.5)
        highest = buffered(lab)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with Session(lab.crowded, "deaf", command=BIND_RECEIVER) as esme:
        check(esme.told_of(ids, 20),
              lambda: f"{len(esme.receipts)} of {count} receipts")
    return f"{highest / 1024:.0f} KiB buffered for {count} receipts"


# ---- Who wants too much ----


def a_flood_at_twenty_times_its_rate_leaves_the_others_alone(lab):
    seconds = 10 if FULL else 3
    calm = ("--account", "calm", "-r", 100, "-s", seconds, "--wait", 10)

    def measure():
        numbers = lab.bench(*calm)
        return numbers["latency"]["response"]["p99_us"] / 1000

    alone = measure()
    begin = time.monotonic()
    flood = lab.bench_start("--account", "greedy", "-r", 1000, "-s", seconds + 2, "-w", 1000,
                            "--allow-status", "0x58", json_name="flood.json")
    time.sleep(1)
    before = lab.turns()
    beside = measure()
    turn = percentile(before, lab.turns(), 0.99)
    flood.communicate(timeout=60)
    equal(flood.returncode, 0, "status of the flood")
    taken = json.loads(flood.json_path.read_text())["submits"]["accepted"]
    most = GREEDY_TPS * (1 + time.monotonic() - begin)  # a second's worth at once, then the rate
    check(taken <= most, f"{taken} of the flood were taken, {most:.0f} are its rate")
    return (f"p99 of its answers {alone:.1f} ms alone, {beside:.1f} ms beside "
            f"({beside / alone:.1f} times); p99 turn {turn * 1000:.0f} ms")


# ---- All come back at once ----


def after_a_break_all_honest_ones_are_back_in_time(lab):
    """Half of them are known to be gone, half are half-open; and there are wrong ones."""
    chance = random.Random(7)
    with Crowd(lab.crowded) as crowd, Session(lab.ports["smpp"]) as other:
        house = lambda i: (f"house{i % HOUSES}", "secret08", f"127.0.2.{1 + i % HOUSES}")
        for i in range(HONEST):
            crowd.add(*house(i))
            if i == HOUSES - 1: # The first of each house is hashed.
                check(crowd.run(lambda: all(one.bound for one in crowd.members.values()), 20),
                      "the first of each house are not bound")
        check(crowd.run(lambda: all(one.bound for one in crowd.members.values()), 30),
              "not all are bound before the break")
        hashed = lab.metric("passwords_hashed_total")
        before = lab.turns()

        for i, one in enumerate(list(crowd.members.values())):
            one.answers = False
            if i % 2:
                crowd.close(one, reset=True)
        begin = time.monotonic()
        wrong = []

        def bring_wrong_ones():
            due = int((time.monotonic() - begin) * WRONG_PER_S)
            while len(wrong) < due:
                i = len(wrong)
                # Every other one from an address that was never seen.
                source = (f"127.0.3.{1 + i % 20}" if i % 2 else
                          f"127.{chance.randint(16, 250)}.{chance.randint(1, 250)}."
                          f"{chance.randint(1, 250)}")
                wrong.append(crowd.add(f"house{i % HOUSES}", "wrong", source))

        back = []
        while len(back) < HONEST:
            for i in range(len(back), min(len(back) + 50, HONEST)):
                back.append(crowd.add(*house(i)))
            bring_wrong_ones()
            crowd.turn(0)
        all_back = lambda: all(one.status is not None or one.state == "closed" for one in back)
        crowd.run(all_back, 15, bring_wrong_ones)
        equal({one.status for one in back}, {OK}, "answers to the honest")
        took_s = max(one.answered for one in back) - begin
        turn = percentile(before, lab.turns(), 0.99)
        hashed = lab.metric("passwords_hashed_total") - hashed
        crowd.run(lambda: time.monotonic() > begin + 6 and
                  all(one.answered for one in wrong), 15)
        answers = {one.status for one in wrong}
        check(OK not in answers and INVALID_PASSWORD in answers, f"wrong ones: {answers}")
        check(took_s < BACK_WITHIN_S, f"the last is back after {took_s:.1f} s")
        check(turn <= TURN_MAX_S, f"p99 of a turn of the loop is {turn * 1000:.0f} ms")
        equal(other.receipt(other.submitted("79063000001")).stat, "DELIVRD", "another's stat")
    return (f"{HONEST} back in {took_s:.1f} s beside {len(wrong)} wrong ones ({hashed:.0f} "
            f"hashed); p99 of a turn {turn * 1000:.0f} ms")


if __name__ == "__main__":
    raise_open_files()
    scenario(300 if FULL else 100, StormLab,
             idle_binds_cost_little_memory,
             who_never_reads_its_answers_is_not_read_either,
             receipts_of_who_never_reads_wait_and_none_is_lost,
             a_flood_at_twenty_times_its_rate_leaves_the_others_alone,
             after_a_break_all_honest_ones_are_back_in_time)
