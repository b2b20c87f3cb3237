#!/usr/bin/env python3
"""Kannel's bearerbox and smsbox as the ESME, npm's smpp as the operator: 1,000 messages
by Kannel's HTTP, and a delivery report for each.
"""

import http.server
import subprocess
import threading
import time
import urllib.parse

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from strangers import program, start_operator

from lab import Lab, equal, free_ports, request, scenario, until

MESSAGES = 1000

KANNEL = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = kannel
admin-allow-ip = "127.0.0.1"
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
log-level = 1
store-type = file
store-location = {folder}/kannel.store

group = smsc
smsc = smpp
smsc-id = sluice
host = 127.0.0.1
port = {smpp}
smsc-username = sms
smsc-password = secret08
system-type = ""
transceiver-mode = true
max-pending-submits = 50
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
global-sender = 12345
log-level = 1

group = sendsms-user
username = tester
password = foobar
max-messages = 10
concatenation = true
"""


class Reports:
    """Takes Kannel's delivery reports: `types` by the number we named them with."""

    def __init__(self):
        self.types = {}
        reports = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                reports.types.setdefault(query["n"][0], []).append(query["type"][0])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def final(self):
        """Numbers with a report of delivery (1)."""
        return [number for number, types in list(self.types.items()) if "1" in types]


class KannelLab(Lab):
    def __init__(self):
        super().__init__(start=False)

    def __enter__(self):
        bearerbox, smsbox = program("bearerbox", "kannel"), program("smsbox", "kannel")
        super().__enter__()
        try:
            self.operator_log = self.folder / "operator.log"
            start_operator(self, self.operator_log)
            self.start()
            self.admin, self.box, self.sendsms = free_ports(3)
            conf = self.folder / "kannel.conf"
            conf.write_text(KANNEL.format(
                admin=self.admin, box=self.box, sendsms=self.sendsms, folder=self.folder,
                smpp=self.ports["smpp"]))
            self.reports = Reports()
            for name, path in (("bearerbox", bearerbox), ("smsbox", smsbox)):
                log = open(self.folder / f"{name}.log", "ab")
                self.others.append(subprocess.Popen([path, str(conf)], stdout=log, stderr=log,
                                                    stdin=subprocess.DEVNULL))
                log.close()
                time.sleep(0.5)
            until(self.is_online, 15, "bearerbox is not online", every_s=0.2)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def is_online(self):
        try:
            page = request(self.admin, "GET", "/status.txt?password=kannel")
            request(self.sendsms, "GET", "/")
        except OSError:
            return False
        return b"online" in page.body

    def send_by_kannel(self, number, text):
        query = urllib.parse.urlencode({
            "username": "tester", "password": "foobar", "to": f"7903{number:07}",
            "text": text, "dlr-mask": 31,
            "dlr-url": f"http://127.0.0.1:{self.reports.port}/dlr?n={number}&type=%d"})
        return request(self.sendsms, "GET", f"/cgi-bin/sendsms?{query}", timeout_s=20).status

    def taken(self):
        """(destination, header, text) of all the operator got."""
        rows = [line.split() for line in self.operator_log.read_text().splitlines()]
        return [(to, *(b"" if one == "-" else bytes.fromhex(one) for one in octets))
                for to, *octets in rows]


def a_thousand_messages_arrive_and_are_reported(lab):
    before = lab.balance("sms")
    begin = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(
            lambda number: lab.send_by_kannel(number, f"message {number}"), range(MESSAGES)))
    equal(dict(statuses), {202: MESSAGES}, "answers of Kannel's sendsms")
    until(lambda: len(lab.reports.final()) == MESSAGES, 60,
          lambda: f"{len(lab.reports.final())} of {MESSAGES} are reported delivered",
          every_s=0.2)
    took_s = time.monotonic() - begin
    got = lab.taken()
    equal(sorted(text for _, _, text in got),
          sorted(f"message {number}".encode() for number in range(MESSAGES)), "texts")
    equal(len({to for to, _, _ in got}), MESSAGES, "recipients")
    twice = [number for number, types in lab.reports.types.items() if types.count("1") != 1]
    equal(twice, [], "messages whose delivery was reported more than once")
    lab.nothing_held("sms")
    equal(lab.balance("sms")["charged"] - before["charged"], MESSAGES * Decimal("0.05"),
          "charged")
    lab.verify()
    return f"in {took_s:.1f} s"


def a_long_message_keeps_its_parts(lab):
    text = "".join(chr(97 + number % 26) for number in range(400))
    equal(lab.send_by_kannel(5000, text), 202, "answer of Kannel's sendsms")
    until(lambda: lab.reports.types.get("5000", []).count("1") >= 1, 20, "no report")
    parts = sorted((header, text) for to, header, text in lab.taken()
                   if to.endswith("0005000"))
    # Element 0, three octets: reference, total, number.
    equal([(header[:2], header[3:]) for header, _ in parts],
          [(b"\0\3", bytes([3, number])) for number in (1, 2, 3)], "headers")
    equal(b"".join(text for _, text in parts).decode(), text, "text")


if __name__ == "__main__":
    scenario(110, KannelLab, a_thousand_messages_arrive_and_are_reported,
             a_long_message_keeps_its_parts)
