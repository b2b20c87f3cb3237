#!/usr/bin/env python3
"""Kannel's bearerbox and smsbox as the ESME, npm's smpp as the operator: messages by Kannel's
HTTP, and a delivery report for each, also when the lines break and sluiced is killed.
"""

import http.server
import subprocess
import threading
import time
import urllib.parse

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from strangers import (Stranger, program, whole_text, wireshark_finds_nothing_malformed)

from lab import check, equal, free_ports, request, scenario, until

MESSAGES = 500
DROPPED_MOST = 10

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


class KannelLab(Stranger):
    def __enter__(self):
        bearerbox, smsbox = program("bearerbox", "kannel"), program("smsbox", "kannel")
        super().__enter__()
        try:
            self.admin, self.box, self.sendsms = free_ports(3)
            conf = self.folder / "kannel.conf"
            conf.write_text(KANNEL.format(
                admin=self.admin, box=self.box, sendsms=self.sendsms, folder=self.folder,
                smpp=self.relay.port))
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

    def send_many(self, first):
        """MESSAGES of them, twenty at a time, in a thread; its end gives the statuses."""
        with ThreadPoolExecutor(20) as pool:
            return Counter(pool.map(
                lambda number: self.send_by_kannel(number, f"message {number}"),
                range(first, first + MESSAGES)))

    def unreported(self, first, dropped_most):
        """Those that are missing, unless so few are that never came to the operator."""
        missing = {number for number in range(first, first + MESSAGES)
                   if "1" not in self.reports.types.get(str(number), [])}
        came = {int(one["to"][4:]) for one in self.operator.taken()} if missing else set()
        return missing if missing & came or len(missing) > dropped_most else set()

    def reported(self, first):
        """How many of them, and those that were reported otherwise than once."""
        times = {number: self.reports.types.get(str(number), []).count("1")
                 for number in range(first, first + MESSAGES)}
        return (sum(count > 0 for count in times.values()),
                [number for number, count in times.items() if count != 1])


def texts(lab, first):
    wanted = range(first, first + MESSAGES)
    return [one["text"] for one in lab.operator.taken() if int(one["to"][4:]) in wanted]


def all_arrive_and_are_reported_once(lab):
    before = lab.balance("sms")
    begin = time.monotonic()
    equal(dict(lab.send_many(0)), {202: MESSAGES}, "answers of Kannel's sendsms")
    until(lambda: lab.reported(0)[0] == MESSAGES, 20,
          lambda: f"{lab.reported(0)[0]} of {MESSAGES} are reported delivered", every_s=0.1)
    took_s = time.monotonic() - begin
    equal(sorted(texts(lab, 0)), sorted(f"message {number}" for number in range(MESSAGES)),
          "texts")
    equal(lab.reported(0)[1], [], "messages not reported exactly once")
    lab.nothing_held("sms")
    equal(lab.balance("sms")["charged"] - before["charged"], MESSAGES * Decimal("0.05"),
          "charged")
    return f"in {took_s:.1f} s"


def so_they_are_when_the_lines_break_and_sluiced_is_killed(lab):
    """What was under way may arrive twice; nothing is lost."""
    first = 10000
    ends = []
    sending = threading.Thread(target=lambda: ends.append(lab.send_many(first)), daemon=True)
    sending.start()
    for share, break_it in enumerate((lab.relay.cut, lab.operator.cut, lab.restart), 1):
        until(lambda: len(texts(lab, first)) >= MESSAGES * share / 5, 10,
              lambda: f"{len(texts(lab, first))} are at the operator")
        break_it()
    sending.join(20)
    # What Kannel was writing when the line broke it may lose itself: then nobody else had it.
    until(lambda: not lab.unreported(first, DROPPED_MOST), 20,
          lambda: f"{lab.reported(first)[0]} of {MESSAGES} are reported", every_s=0.1)
    dropped = MESSAGES - lab.reported(first)[0]
    equal([dict(one) for one in ends], [{202: MESSAGES}], "answers of Kannel's sendsms")
    got = Counter(texts(lab, first))
    equal(len(got), MESSAGES - dropped, "texts")
    twice = sum(got.values()) - len(got)
    check(twice <= MESSAGES / 3, f"{twice} arrived twice")
    lab.nothing_held("sms")
    return (f"{twice} twice at the operator, {len(lab.reported(first)[1]) - dropped} told "
            f"otherwise, {dropped} lost by Kannel")


def a_long_message_keeps_its_parts(lab):
    text = "".join(chr(97 + number % 26) for number in range(400))
    equal(lab.send_by_kannel(5000, text), 202, "answer of Kannel's sendsms")
    until(lambda: lab.reports.types.get("5000", []).count("1") >= 1, 20, "no report")
    parts = [one for one in lab.operator.taken() if one["to"].endswith("0005000")]
    # Element 0, three octets: reference, total, number.
    equal([(one["udh"][:4], one["udh"][6:]) for one in parts],
          [("0003", f"03{number:02}") for number in (1, 2, 3)], "headers")
    equal(whole_text([(int(one["udh"][8:], 16), one["text"]) for one in parts]), text, "text")
    lab.nothing_held("sms")
    lab.verify()


if __name__ == "__main__":
    scenario(60, KannelLab, all_arrive_and_are_reported_once,
             so_they_are_when_the_lines_break_and_sluiced_is_killed,
             a_long_message_keeps_its_parts, wireshark_finds_nothing_malformed)
