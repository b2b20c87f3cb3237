#!/usr/bin/env python3
"""Addresses inside, in every spelling, as places the real program is told to call: refused
by the configuration, or never connected to.  Names that lead inside sometimes, too.

In a network and mount namespace of its own, with a name server of its own, and with an
address of the internet that is really here: that one is called.  Needs root."""

import http.server
import os
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

from lab import BUILD, SOURCE, Lab, bounded, check, equal, free_ports, run_rows, until
from tls import Authority

OUTSIDE = "8.8.4.4"
INSIDE = ["127.0.0.1", "10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254",
          "100.64.0.1", "198.18.0.1"]
INSIDE_6 = ["::1", "fd00::1", "fd00:ec2::254"]

# Where a port is, P stands.  https unless a scheme is told.
SPELLINGS = """
127.0.0.1:P 127.1:P 127.0.1:P 0x7f.1:P 0x7f000001:P 0X7F.0.0.1:P 2130706433:P 017700000001:P
0177.0.0.1:P 0177.0.01:P 0x7f.0x0.0x0.0x1:P 127.000.000.001:P 127.0.0.1.:P 00000177.1:P
4294967295:P 0:P 0.0.0.0:P 0x0:P [::1]:P [::]:P [0:0:0:0:0:0:0:1]:P [::ffff:127.0.0.1]:P
[::ffff:7f00:1]:P [0:0:0:0:0:ffff:127.0.0.1]:P [::127.0.0.1]:P [64:ff9b::127.0.0.1]:P
[64:ff9b:1::7f00:1]:P [2002:7f00:1::]:P [fe80::1%25lo]:P [fd00::1]:P [fd00:ec2::254]:P
[fc00::1]:P [ff02::1]:P [::ffff:169.254.169.254]:P [::ffff:a9fe:a9fe]:P 169.254.169.254:P
0xa9fea9fe:P 2852039166:P 169.254.43518:P 0251.0376.0251.0376:P 10.0.0.1:P 10.1:P
0xa000001:P 167772161:P 012.0.0.1:P 192.168.0.1:P 192.168.1:P 0xc0a80001:P 172.16.0.1:P
172.1048577:P 100.64.0.1:P 198.18.0.1:P 224.0.0.1:P 255.255.255.255:P localhost:P LOCALHOST:P
localhost.:P user@127.0.0.1:P user:word@127.0.0.1:P 8.8.4.4@127.0.0.1:P 8.8.4.4:P@127.0.0.1:P
127.0.0.1:P?@8.8.4.4 127.0.0.1:P#@8.8.4.4 127.0.0.1:P\\@8.8.4.4 8.8.4.4\\@127.0.0.1:P
%31%32%37.0.0.1:P 127%2e0%2e0%2e1:P \u2460\u2461\u2466.\u24ea.\u24ea.\u2460:P 127\u30020\u30020\u30021:P
\uff11\uff12\uff17.0.0.1:P inside.example:P inside6.example:P metadata.example:P alias.example:P
mapped.example:P http://127.0.0.1:P http://[::1]:P HTTP://127.0.0.1:P https:127.0.0.1:P
https:///127.0.0.1:P //127.0.0.1:P file:///etc/passwd file://127.0.0.1/etc/passwd
gopher://127.0.0.1:P/_x ftp://127.0.0.1:P/ dict://127.0.0.1:P/x ldap://127.0.0.1:P/
smb://127.0.0.1/x telnet://127.0.0.1:P jar:http://127.0.0.1:P/ 127.0.0.1
""".split()

CONFIG = """{ours}
destinations = {{"*"}}
premium_ranges = {{"none"}}
providers = "{providers}"
http {{ address = "127.0.0.1:{http}"
        token "t" {{ value = "lab-token" scope = "admin" accounts = {{"*"}} }} }}
account "a" {{ password_hash = "{hash}" plans = {{"*"}} plan = "p0" opening = "1000.00" }}
"""
WAY = """
channel "c{n}" {{ profile = "lab" url = "{url}" token = "t" key = "k" timeout = "1s" }}
plan "p{n}" {{ deadline = "20s"
  step "s" {{ channels = {{"c{n}"}} until = "accepted" within = "3s" }} }}
price {{ side = "sell" channel = "c{n}" unit = "message" on = "accepted" price = "0.01" }}
"""


class Names(threading.Thread):
    """A name server: each name has its answers, in turn; what was asked is counted."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.turn = {}
        self.answers = {
            "inside.example": [["127.0.0.1"]], "inside6.example": [["::1"]],
            "metadata.example": [["169.254.169.254"]], "mapped.example": [["::ffff:127.0.0.1"]],
            "alias.example": [["10.0.0.1"]],
            # First what may be called, then what may not, and both at once.
            "turning.example": [[OUTSIDE], ["127.0.0.1"]],
            "both.example": [["127.0.0.1", OUTSIDE]], "closed.example": [["8.8.4.5", "127.0.0.1"]]}

    def answer(self, question):
        at, labels = 12, []
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode().lower())
            at += 1 + question[at]
        name, kind = ".".join(labels), struct.unpack(">H", question[at + 1:at + 3])[0]
        rows = self.answers.get(name, [[]])
        turn = self.turn.setdefault((name, kind), 0)
        self.turn[name, kind] += 1
        records = []
        for address in rows[min(turn, len(rows) - 1)]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if kind == (28 if ":" in address else 1):
                octets = socket.inet_pton(family, address)
                records.append(struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(octets)) + octets)
        return (question[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0)
                + question[12:at + 5] + b"".join(records))

    def run(self):
        while True:
            question, whose = self.socket.recvfrom(512)
            self.socket.sendto(self.answer(question), whose)


class Doors(threading.Thread):
    """Listens on the port at every address that is here, and on 80 and 443 inside; keeps to
    which address each connection came."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.reached = []
        self.sockets = []
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for number in (port, 80, 443):
                one = socket.socket(family)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind((host, number))
                one.listen(64)
                self.sockets.append(one)

    def run(self):
        while True:
            for one in select.select(self.sockets, [], [])[0]:
                met, _ = one.accept()
                self.reached.append(met.getsockname()[0])
                met.close()


def url_of(spelling, port):
    spelling = re.sub(r"\bP\b", str(port), spelling)
    if re.match(r"(?i)[a-z]+:[^0-9]|//", spelling) and not spelling.startswith("user:"):
        return spelling
    return f"https://{spelling}/send"


class Inside(Lab):
    def __init__(self, urls, ours=""):
        super().__init__(start=False, with_sim=False)
        self.urls = urls
        self.ours = ours

    def _write_config(self):
        self.hash = subprocess.run([str(BUILD / "sluice"), "hash-password"],
                                   input="secret08\n", capture_output=True, text=True,
                                   check=True).stdout.strip().split()[-1].strip('"')
        path = self.folder / "inside.conf"
        path.write_text(self.config_of(self.urls))
        return path

    def config_of(self, urls):
        text = CONFIG.format(providers=SOURCE / "conf/providers", http=self.ports["http"],
                             hash=self.hash, ours=self.ours)
        for n, url in enumerate(urls):
            quoted = url.replace("\\", "\\\\").replace('"', '\\"')
            text += WAY.format(n=n, url=quoted)
        return text

    def is_taken(self, url):
        path = self.folder / "one.conf"
        path.write_text(self.config_of([url]))
        done = subprocess.run([str(BUILD / "sluiced"), "-t", "-c", str(path)],
                              capture_output=True, text=True)
        check(done.returncode in (0, 1), f"sluiced -t with {url}: {done}")
        return done.returncode == 0

    def send_over(self, n):
        answer = self.send("a", f"7903000{n:04}", plan=f"p{n}")
        equal(answer.status, 202, f"{self.urls[n]}: {answer!r}")
        return answer.json["id"]


def sixty_spellings_of_inside_are_never_connected_to(port, doors):
    urls = [url_of(spelling, port) for spelling in SPELLINGS]
    check(len(urls) >= 60, f"{len(urls)} spellings")
    with Inside([]) as lab:
        taken = [url for url in urls if lab.is_taken(url)]
    with Inside(taken + [f"https://{OUTSIDE}:{port}/send"]) as lab:
        lab.start()
        ids = [lab.send_over(n) for n in range(len(lab.urls))]
        for url, one in zip(lab.urls, ids):
            end = lab.ended(one, 30)["end"]
            check(end in ("undeliverable", "expired", "unknown"), f"{url}: {end}")
        lab.verify()
        lab.stop()
    until(lambda: OUTSIDE in doors.reached, 2, "what may be called was not")
    equal(sorted(set(doors.reached)), [OUTSIDE], "addresses that were connected to")
    return (f"{len(urls)} spellings, {len(urls) - len(taken)} refused by the configuration, "
            "none connected")


def a_name_that_changes_its_address_is_never_followed_inside(port, doors):
    names = ["turning.example", "both.example", "closed.example"]
    del doors.reached[:]
    with Inside([f"https://{name}:{port}/send" for name in names]) as lab:
        lab.start()
        for turn in range(6):
            for n in range(len(names)):
                lab.ended(lab.send_over(n), 20)
        lab.stop()
    inside = [one for one in doors.reached if one != OUTSIDE]
    check(OUTSIDE in doors.reached, "what may be called was not")
    equal(inside, [], "addresses inside that were connected to")
    return f"6 turns of {len(names)} names, {len(doors.reached)} connections, all outside"


def what_is_said_to_be_ours_is_called_and_nothing_beside_it(port, doors):
    del doors.reached[:]
    with Inside([url_of(one, port) for one in ("10.0.0.1:P", "inside.example:P",
                                               "169.254.169.254:P", "192.168.0.1:P")],
                'private_networks = {"10.0.0.0/8", "192.168.1.0/24"}') as lab:
        lab.start()
        for n in range(len(lab.urls)):
            lab.ended(lab.send_over(n), 20)
        lab.stop()
    equal(sorted(set(doors.reached)), ["10.0.0.1"], "addresses that were connected to")
    return "one of four"


class Messenger(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id":"1"}')

    def log_message(self, *_):
        pass


def messenger_with(lab, authority, port):
    """Answers over TLS, with a certificate of this authority."""
    Authority(lab.folder, authority).issue(f"of-{authority}", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.folder / f"of-{authority}.crt",
                            lab.folder / f"of-{authority}.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Messenger)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def a_certificate_is_taken_from_the_authority_of_ours_and_no_other(_port, _doors):
    ports = free_ports(2)
    with Inside([f"https://127.0.0.1:{one}/send" for one in ports],
                'private_networks = {"127.0.0.0/8"}\nprivate_ca = "house.crt"') as lab:
        for authority, one in zip(("house", "stranger"), ports):
            messenger_with(lab, authority, one)
        lab.start()
        ends = [lab.ended(lab.send_over(n), 20)["end"] for n in range(len(ports))]
        lab.verify()
        lab.stop()
    equal(ends, ["accepted", "undeliverable"], "ends")
    return "one of two"


def alone():
    """Again, where nothing is but what is made here."""
    if os.geteuid() != 0:
        print("this needs root, for a namespace of its own")
        sys.exit(77)
    if os.environ.get("SLUICE_INSIDE") == "1":
        return
    done = subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True)
    if done.returncode != 0:
        print("no namespace can be made here")
        sys.exit(77)
    os.environ["SLUICE_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-n", "-m", "--propagation", "private",
                          sys.executable, *sys.argv])


def furnish(folder):
    resolv = os.path.join(folder, "resolv.conf")
    with open(resolv, "w") as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    for command in ([["ip", "link", "set", "lo", "up"],
                     ["mount", "--bind", resolv, "/etc/resolv.conf"]]
                    + [["ip", "addr", "add", f"{one}/32", "dev", "lo"]
                       for one in INSIDE[1:] + [OUTSIDE]]
                    + [["ip", "addr", "add", f"{one}/128", "dev", "lo"]
                       for one in INSIDE_6[1:]]):
        subprocess.run(command, check=True)


if __name__ == "__main__":
    alone()
    with tempfile.TemporaryDirectory() as folder, bounded(60):
        furnish(folder)
        Names().start()
        the_port = 9999
        the_doors = Doors(the_port)
        the_doors.start()
        good = run_rows((sixty_spellings_of_inside_are_never_connected_to,
                         a_name_that_changes_its_address_is_never_followed_inside,
                         what_is_said_to_be_ours_is_called_and_nothing_beside_it,
                         a_certificate_is_taken_from_the_authority_of_ours_and_no_other),
                        the_port, the_doors)
    sys.exit(0 if good else 1)
