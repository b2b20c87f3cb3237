#!/usr/bin/env python3
"""Over HTTP, from outside: sockets that are open, callbacks that are forged, and connections
that are slow on purpose."""

import contextlib
import os
import pathlib
import random
import selectors
import socket
import subprocess
import sys
import threading
import time

from lab import DEEP, SOURCE, Failure, Lab, check, equal, scenario, sign, until
from provider import Provider, reply

FORGERIES = 100_000 if DEEP else 5_000
MAX_AGE_S = 60
SLOW = 600
GREEDY, PIPELINED = 200, 40


class AttackedLab(Lab):
    """Its messenger is a Provider."""

    def __init__(self):
        super().__init__(messenger=False)

    def __enter__(self):
        super().__enter__()
        self.provider = Provider(self.ports["messenger"])
        return self

    def __exit__(self, *error):
        if hasattr(self, "provider"):
            self.provider.close()
        super().__exit__(*error)


def nothing_listens_but_what_the_file_says(lab):
    """Every socket of the process, and not only on loopback."""
    mine = {os.readlink(one) for one in pathlib.Path(f"/proc/{lab.sluiced.pid}/fd").iterdir()
            if one.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in open(f"/proc/{lab.sluiced.pid}/net/{table}").readlines()[1:]:
            words = line.split()
            listens = words[3] == "0A" if table.startswith("tcp") else words[2][-4:] == "0000"
            if listens and f"socket:[{words[9]}]" in mine:
                address, port = words[1].split(":")
                found.add((table, address, int(port, 16)))
    equal(found, {("tcp", "0100007F", lab.ports[name]) for name in ("smpp", "http")},
          "sockets that listen")


def no_forged_callback_is_believed(lab):
    """The right body under a signature that is wrong in one digit, cut, or of another."""
    lab.provider.script["79030000101"] = [reply(200)]
    message = lab.send("cascade", "79030000101").json["id"]
    until(lambda: lab.provider.to("79030000101"), 5, "the messenger was not asked")
    post = lab.provider.to("79030000101")[0]
    body = b'{"id": "%s", "status": "delivered"}' % post.id.encode()
    right = sign(body)
    seed = random.Random(7)

    def forged():
        kind = seed.randrange(4)
        if kind == 0:
            at = seed.randrange(len("sha256="), len(right))
            return right[:at] + seed.choice([one for one in "0123456789abcdef"
                                             if one != right[at]]) + right[at + 1:]
        if kind == 1:
            return right[:seed.randrange(len(right))]
        if kind == 2:
            return sign(body + b" ")
        return "sha256=" + "%064x" % seed.getrandbits(256)

    with socket.create_connection(("127.0.0.1", lab.ports["http"])) as line:
        answers = line.makefile("rb")
        for begin in range(0, FORGERIES, 50):
            line.sendall(b"".join(
                b"POST /v1/hooks/messenger HTTP/1.1\r\nHost: lab\r\nX-Signature: %s\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (forged().encode(), len(body), body) for _ in range(50)))
            for _ in range(50):
                status = int(answers.readline().split()[1])
                equal(status, 401, "a forged callback")
                size = 0
                while (head := answers.readline()) != b"\r\n":
                    if head.lower().startswith(b"content-length:"):
                        size = int(head.split(b":")[1])
                answers.read(size)
    row = lab.ended(message)
    check(all(one["state"] != "delivered" for one in row["attempts"]
              if one["channel"] == "messenger"), f"it was believed: {row}")
    return f"{FORGERIES} of them"


class TimedLab(AttackedLab):
    """Its messenger signs the time before the body."""

    def _write_config(self):
        self.edit = self._time
        return super()._write_config()

    def _time(self, text):
        profiles = self.folder / "providers"
        profiles.mkdir()
        (profiles / "timed.conf").write_text(
            (SOURCE / "conf/providers/lab.conf").read_text()
            + 'signature_time_header = "X-Time"\nsignature_time_separator = ":"\n'
              f'signature_max_age = "{MAX_AGE_S}s"\n')
        return text.replace(f'providers = "{SOURCE}/conf/providers"',
                            f'providers = "{profiles}"', 1).replace(
                                'profile = "lab"', 'profile = "timed"', 1)

    def report(self, body, time_s, told=None, signed=None):
        """Its status; `told` stands in the header, the time unless told otherwise."""
        told = str(int(time_s)) if told is None else told
        octets = told.encode() + b":" + body if signed is None else signed
        return self.hook(body, sign(octets), {"X-Time": told} if told else {}).status


def an_old_callback_is_not_believed_and_a_new_one_counts_once(_):
    with TimedLab() as lab:
        lab.provider.script["79030000102"] = [reply(200)]
        message = lab.send("cascade", "79030000102").json["id"]
        until(lambda: lab.provider.to("79030000102"), 5, "the messenger was not asked")
        body = b'{"id": "%s", "status": "delivered"}' % (
            lab.provider.to("79030000102")[0].id.encode())
        now = time.time()
        for name, wanted, status in (
                ("old", 401, lab.report(body, now - MAX_AGE_S - 2)),
                ("of a time to come", 401, lab.report(body, now + MAX_AGE_S + 60)),
                ("without a time", 401, lab.report(body, now, "")),
                ("signed without it", 401, lab.report(body, now, None, body)),
                ("with another time than is signed", 401,
                 lab.report(body, now, str(int(now)), b"%d:" % (now - 1) + body)),
                ("no number", 401, lab.report(body, now, "now"))):
            equal(status, wanted, name)
        equal(lab.message(message)["attempts"][0]["state"], "accepted", "after these")
        for i in range(10):
            equal(lab.report(body, now - i), 200, "again and again")
        row = lab.ended(message)
        equal((row["end"], row["charged"]), ("delivered", "0.010000"), "end and money")
        lab.nothing_held("cascade")
        lab.verify()


class Slow:
    """Connections of an address of their own that give an octet now and then: a head that
    never ends, a body that never does, an answer that is not read.
    """

    BEGINNINGS = (b"GET /livez HTTP/1.1\r\nX-Header: ",
                  b"POST /v1/messages HTTP/1.1\r\nHost: lab\r\nAuthorization: Bearer lab-token"
                  b"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
                  b"GET /metrics HTTP/1.1\r\nHost: lab\r\n\r\n" * 3)

    def __init__(self, port, count):
        self.port, self.count, self.done, self.cut = port, count, False, 0
        self.lines = []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        for i in range(self.count):
            self.lines.append(self._open(i))
        self.thread.start()
        return self

    def _open(self, i):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        line.bind(("127.0.0.2", 0))
        line.connect(("127.0.0.1", self.port))
        line.sendall(self.BEGINNINGS[i % len(self.BEGINNINGS)])
        line.setblocking(False)
        return line

    def _run(self):
        while not self.done:
            for i, line in enumerate(self.lines):
                try:
                    line.send(b"x")
                except BlockingIOError:
                    pass
                except OSError:
                    self.cut += 1
                    line.close()
                    with contextlib.suppress(OSError):
                        self.lines[i] = self._open(i)
                time.sleep(1 / self.count)

    def __exit__(self, *_):
        self.done = True
        self.thread.join()
        for line in self.lines:
            line.close()


def be_greedy(port):
    """Asks for /metrics over many connections, many at once on each, until it is killed."""
    asked = b"GET /metrics HTTP/1.1\r\nHost: lab\r\n\r\n" * PIPELINED
    looked_at = selectors.DefaultSelector()

    def begin():
        line = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.3", 0))
        line.sendall(asked)
        looked_at.register(line, selectors.EVENT_READ, [0])

    for _ in range(GREEDY):
        begin()
    print("greedy", flush=True)
    while True:
        for key, _ in looked_at.select():
            line, pages = key.fileobj, key.data
            octets = line.recv(1 << 18)
            pages[0] += octets.count(b"HTTP/1.1 200")
            if not octets:
                looked_at.unregister(line)
                line.close()
                begin()
            elif pages[0] >= PIPELINED:
                pages[0] -= PIPELINED
                line.sendall(asked)


@contextlib.contextmanager
def greedy(port):
    process = subprocess.Popen([sys.executable, __file__, "greedy", str(port)],
                               stdout=subprocess.PIPE)
    try:
        equal(process.stdout.readline(), b"greedy\n", "the greedy ones")
        yield
        equal(process.poll(), None, "the greedy ones ended")
    finally:
        process.kill()
        process.wait()


def p99_ms(lab, seconds):
    """Of honest requests, one after the other."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        equal(lab.http("GET", "/v1/accounts/sms/balance").status, 200, "an honest request")
        times.append((time.monotonic() - begin) * 1000)
        time.sleep(0.005)
    return sorted(times)[len(times) * 99 // 100]


def slow_ones_do_not_slow_the_others(lab):
    """A machine that is busy with other things gets three tries."""
    for _ in range(3):
        quiet_ms = p99_ms(lab, 2)
        with Slow(lab.ports["http"], SLOW) as slow:
            meanwhile_ms = p99_ms(lab, 30 if DEEP else 4)
            cut = slow.cut
        said = (f"p99 {quiet_ms:.1f} ms, beside {SLOW} slow connections {meanwhile_ms:.1f} ms; "
                f"{cut} of these were cut")
        if meanwhile_ms < 2 * quiet_ms + 25:
            return said
        time.sleep(1)
    raise Failure(said)


def greedy_ones_do_not_slow_the_others(lab):
    """The dearest page, as often as it can be had."""
    for _ in range(3):
        quiet_ms = p99_ms(lab, 1)
        before = lab.metric("http_requests_total")
        with greedy(lab.ports["http"]):
            meanwhile_ms = p99_ms(lab, 20 if DEEP else 4)
        pages = lab.metric("http_requests_total") - before
        said = (f"p99 {quiet_ms:.1f} ms, beside {GREEDY} connections that took {pages:.0f} "
                f"pages {meanwhile_ms:.1f} ms")
        if meanwhile_ms < 2 * quiet_ms + 50:
            return said
        time.sleep(1)
    raise Failure(said)


def the_money_is_right_in_the_end(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account, 15)
    lab.verify()


if __name__ == "__main__":
    if sys.argv[1:2] == ["greedy"]:
        be_greedy(int(sys.argv[2]))
    scenario(90, AttackedLab, nothing_listens_but_what_the_file_says,
             no_forged_callback_is_believed,
             an_old_callback_is_not_believed_and_a_new_one_counts_once, slow_ones_do_not_slow_the_others,
             greedy_ones_do_not_slow_the_others, the_money_is_right_in_the_end)
