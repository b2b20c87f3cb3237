#!/usr/bin/env python3
"""Over HTTP, from outside and from a provider: ports that are open, tokens that are wrong,
callbacks that are forged, answers without end, and connections that are slow on purpose."""

import contextlib
import os
import pathlib
import random
import re
import socket
import threading
import time

from lab import DEEP, SOURCE, Lab, check, equal, scenario, sign, until
from provider import Provider, reply

FORGERIES = 100_000 if DEEP else 5_000
SLOW = 600
MIB = 2**20

# Scope and accounts of each token; "lab" is the lab's own.
TOKENS = {
    None: (None, ()),
    "wrong-token": (None, ()),
    "reads-sms": ("read", ("sms",)),
    "sends-sms": ("send", ("sms",)),
    "reads-all": ("read", ("*",)),
    "lab-token": ("admin", ("*",)),
}
LADDER = (None, "read", "send", "admin")
# What each route asks for; those that name an account, or something of one, say so.
ROUTES = {
    "POST /v1/messages": ("send", "account"),
    "GET /v1/messages/{id}": ("read", "account"),
    "DELETE /v1/messages/{id}": ("send", "account"),
    "GET /v1/messages/{id}/trace": ("read", "account"),
    "GET /v1/accounts/{name}/balance": ("read", "account"),
    "GET /v1/accounts/{name}/statement": ("read", "account"),
    "GET /v1/accounts/{name}/limits": ("read", "account"),
    "POST /v1/accounts/{name}/suspend": ("admin", "account"),
    "POST /v1/accounts/{name}/resume": ("admin", "account"),
    "GET /v1/accounts/{name}/optouts": ("read", "account"),
    "GET /v1/accounts/{name}/optouts/{number}": ("read", "account"),
    "PUT /v1/accounts/{name}/optouts/{number}": ("send", "account"),
    "DELETE /v1/accounts/{name}/optouts/{number}": ("send", "account"),
    "GET /v1/inbound": ("admin", None),
    "DELETE /v1/inbound/{id}": ("admin", None),
    "GET /v1/stats/channels": ("admin", None),
    "GET /v1/ledger/verify": ("admin", None),
    "GET /v1/status": ("admin", None),
    "GET /v1/review": ("admin", None),
    "POST /v1/review/{id}/release": ("admin", None),
    "POST /v1/review/{id}/drop": ("admin", None),
    "POST /v1/hooks/{channel}": (None, None),
    "GET /livez": (None, None),
    "GET /readyz": (None, None),
    "GET /metrics": (None, None),
}


class AttackedLab(Lab):
    """Its messenger is a Provider, and it has more tokens."""

    def __init__(self):
        super().__init__(messenger=False, edit=self.more_tokens)

    def more_tokens(self, text):
        for name, (scope, accounts) in TOKENS.items():
            if scope and name != "lab-token":
                names = ", ".join(f'"{one}"' for one in accounts)
                text = text.replace("http {", f'http {{\n  token "{name}" {{\n'
                                    f'    value = "{name}"\n    scope = "{scope}"\n'
                                    f'    accounts = {{{names}}}\n  }}', 1)
        return text

    def __enter__(self):
        super().__enter__()
        self.provider = Provider(self.ports["messenger"])
        return self

    def __exit__(self, *error):
        if hasattr(self, "provider"):
            self.provider.close()
        super().__exit__(*error)

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.sluiced.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024


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


def all_routes_are_in_the_matrix(lab):
    page = (SOURCE / "gateway/openapi.yaml").read_text()
    path, told = None, set()
    for line in page.split("\n"):
        if found := re.fullmatch(r"  (/\S+):", line):
            path = found.group(1)
        elif found := re.fullmatch(r"    (get|post|put|delete):", line):
            told.add(f"{found.group(1).upper()} {path}")
    equal(told, set(ROUTES), "routes of openapi.yaml")
    return f"{len(told)} routes"


def each_route_asks_for_its_scope_and_its_account(lab):
    """A message and an account of somebody else, asked for with each token."""
    message = lab.send("cascade", "79030000001").json["id"]
    lab.ended(message)
    equal(lab.http("PUT", "/v1/accounts/cascade/optouts/79030000009").status, 200, "opt-out")
    asked = 0
    for route, (scope, owner) in ROUTES.items():
        method, path = route.split()
        path = (path.replace("{name}", "cascade").replace("{number}", "79030000009")
                .replace("{channel}", "messenger")
                .replace("{id}", message if owner else "77"))
        body = {"account": "cascade", "from": "Shop", "to": "79030000002", "text": "x"}
        for token, (has, accounts) in TOKENS.items():
            if method != "GET" and token == "lab-token":
                continue
            answer = lab.http(method, path, body if method == "POST" else None, token=token)
            asked += 1
            if scope is None:
                check(answer.status not in (403, 404), f"{route} by {token}: {answer!r}")
            elif has is None:
                equal(answer.status, 401, f"{route} by {token}")
            elif LADDER.index(has) < LADDER.index(scope):
                equal(answer.status, 403, f"{route} by {token}")
            elif owner and "*" not in accounts:
                equal(answer.status, 404, f"{route} by {token}, of another account")
            else:
                equal(answer.status, 200, f"{route} by {token}")
    equal(lab.http("GET", "/v1/accounts/cascade/optouts/79030000009").status, 200,
          "the opt-out that nobody else may end")
    return f"{asked} requests"


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


def endless(handler, octets_each, pause_s, limit):
    """An answer of `limit` octets, so many at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(limit))
    handler.end_headers()
    sent = 0
    with contextlib.suppress(OSError):
        while sent < limit:
            handler.wfile.write(b"x" * octets_each)
            handler.wfile.flush()
            sent += octets_each
            time.sleep(pause_s)
    handler.close_connection = True
    return sent


def a_hundred_megabytes_from_a_provider_are_not_kept(lab):
    sent = []
    before = lab.rss_bytes()
    numbers = [f"7903000020{i}" for i in range(8)]
    for number in numbers:
        lab.provider.script[number] = [
            lambda post: sent.append(endless(post.handler, 64 * 1024, 0, 100 * MIB))]
    begin = time.monotonic()
    ids = [lab.send("cascade", number).json["id"] for number in numbers]
    for one in ids:
        row = lab.ended(one)
        equal(row["end"], "delivered", f"the end of {one}")
        equal(row["attempts"][-1]["channel"], "smsc", "what delivered it")
    took_s = time.monotonic() - begin
    grown = lab.rss_bytes() - before
    until(lambda: len(sent) == len(numbers), 5, "the provider still writes")
    check(max(sent) < 8 * MIB, f"{max(sent) // MIB} MiB of an answer were taken")
    check(grown < 32 * MIB, f"memory grew by {grown // MIB} MiB")
    check(took_s < 2 + 1 + 5, f"the SMS came after {took_s:.1f} s")
    return f"at most {max(sent) / MIB:.1f} MiB were taken, {grown / MIB:.1f} MiB grown"


def one_octet_a_second_does_not_hold_the_message(lab):
    lab.provider.script["79030000301"] = [
        lambda post: endless(post.handler, 1, 1, 20)]
    begin = time.monotonic()
    row = lab.ended(lab.send("cascade", "79030000301").json["id"])
    took_s = time.monotonic() - begin
    equal((row["end"], row["attempts"][-1]["channel"]), ("delivered", "smsc"), "the end")
    check(took_s < 2 + 1 + 2, f"the SMS came after {took_s:.1f} s")
    return f"by SMS after {took_s:.1f} s"


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
    quiet_ms = p99_ms(lab, 2)
    with Slow(lab.ports["http"], SLOW) as slow:
        meanwhile_ms = p99_ms(lab, 30 if DEEP else 6)
        cut = slow.cut
    said = (f"p99 {quiet_ms:.1f} ms, beside {SLOW} slow connections {meanwhile_ms:.1f} ms; "
            f"{cut} of these were cut")
    # A busy machine is forgiven what one turn more of the loop takes.
    check(meanwhile_ms < 2 * quiet_ms + 25, said)
    return said


def the_money_is_right_in_the_end(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account, 15)
    lab.verify()


if __name__ == "__main__":
    scenario(90, AttackedLab, nothing_listens_but_what_the_file_says,
             all_routes_are_in_the_matrix, each_route_asks_for_its_scope_and_its_account,
             no_forged_callback_is_believed, a_hundred_megabytes_from_a_provider_are_not_kept,
             one_octet_a_second_does_not_hold_the_message, slow_ones_do_not_slow_the_others,
             the_money_is_right_in_the_end)
