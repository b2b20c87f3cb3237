#!/usr/bin/env python3
"""What subscribers write: from the operator to the account, whatever happens between."""

import base64
import hashlib
import hmac
import json
import subprocess
import threading
import time
import urllib.parse

from http.server import BaseHTTPRequestHandler, HTTPServer

from lab import Lab, check, equal, money, request, scenario, until
from cli import sluice
from smpp_client import TAG_PAYLOAD, Session

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()

SECTIONS = """
inbound_unroutable = "keep"
inbound_collect_within = "1s"

account "whole" {{
  password = "secret08"
  plan = "sms"
  class = "advertising"
  opening = "10"
  inbound_as = "payload"
  allow_from = {{"127.0.0.0/8"}}
}}

inbound "join"  {{ to = "12345" keyword = "JOIN"  account = "sms" reply = "Welcome" }}
inbound "vote"  {{ to = "12345" keyword = "ГОЛОС" account = "whole" }}
inbound "shop"  {{ to = "77777" account = "whole" stop_reply = "Bye" }}
inbound "hook"  {{ to = "88*"   account = "poor"
                  webhook = "http://127.0.0.1:{hook}/in" webhook_secret = "{secret}" }}
"""


class Hook(HTTPServer):
    """The account's own server: refuses so many posts, then takes them."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.refuse, self.posts = 0, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused, self.server.refuse = self.server.refuse > 0, max(0, self.server.refuse - 1)
        self.server.posts.append((dict(self.headers), body, refused))
        self.send_response(503 if refused else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


class InboundLab(Lab):
    def __init__(self):
        self.server = Hook()
        super().__init__(messenger=False, edit=self.add)

    def add(self, text):
        return text + SECTIONS.format(hook=self.server.server_port, secret=SECRET)

    def write(self, to, text, writer="79161234567", cut="udh8"):
        """A subscriber writes; the door of sluice-sim takes it."""
        query = urllib.parse.urlencode(
            {"from": writer, "to": to, "text": text, "cut": cut})
        answer = request(self.control_port, "POST", "/message?" + query)
        equal(answer.status, 200, "sluice-sim takes it")

    def waiting(self):
        return self.get("/v1/status")["inbound"]["waiting"]

    def acknowledged(self):
        return self.sim_stats("smsc")["messages_acknowledged"]


def delivered(esme, count, timeout_s=10):
    check(esme.wait(lambda: len(esme.receipts) >= count, timeout_s),
          f"{len(esme.receipts)} came, not {count}")
    return [one for one in esme.receipts]


def the_first_word_leads_to_the_account_in_any_alphabet(lab):
    with Session(lab.ports["smpp"], "sms") as sms, Session(lab.ports["smpp"], "whole") as whole:
        lab.write("12345", "join me", "79160000001")
        one = delivered(sms, 1)[0]
        equal((one.text, one.source, one.destination, one.esm_class, one.data_coding),
              (b"join me", b"79160000001", b"12345", 0, 0), "in ASCII")
        lab.write("12345", "«Голос» 7", "79160000002")
        one = delivered(whole, 1)[0]
        equal((one.text.decode("utf-16-be"), one.data_coding), ("«Голос» 7", 8), "in UCS-2")
        equal(len(sms.receipts), 1, "of the other account")
    until(lambda: lab.waiting() == 0, 5, "something still waits")


def a_keyword_is_answered_once_and_paid_for(lab):
    reply = until(lambda: lab.sms("79160000001"), 5, "no reply was sent")[0]
    equal((reply["source"], bytes.fromhex(reply["text"])), ("12345", b"Welcome"), "the reply")
    with Session(lab.ports["smpp"], "sms") as esme:
        lab.write("12345", "join again", "79160000001")
        delivered(esme, 1)
        time.sleep(0.3)
    equal(len(lab.sms("79160000001")), 1, "replies")
    until(lambda: lab.balance("sms")["charged"] == money("0.050000"), 5, "it is not charged")


def a_long_one_comes_as_its_parts_or_whole_as_the_account_wishes(lab):
    text = "join " + "0123456789" * 29
    russian = "Голос " + "ждём " * 60
    with Session(lab.ports["smpp"], "sms") as sms, Session(lab.ports["smpp"], "whole") as whole:
        for cut in ("udh8", "udh16", "sar"):
            del sms.receipts[:]
            lab.write("12345", text, "79160000003", cut)
            parts = delivered(sms, 2)
            head = {"udh8": 6, "udh16": 7, "sar": 0}[cut]
            equal(b"".join(one.text[head:] for one in parts), text.encode(), cut)
            del whole.receipts[:]
            lab.write("12345", russian, "79160000003", cut)
            one = delivered(whole, 1)[0]
            equal((dict(one.tlvs).get(TAG_PAYLOAD) or one.text).decode("utf-16-be"), russian, cut)
            equal(one.esm_class, 0, "esm_class of a whole one")


def what_is_nobodys_is_kept_for_people(lab):
    lab.write("55555", "Is anybody there?", "79160000004")
    found = until(lambda: lab.get("/v1/inbound")["messages"], 5, "it is not listed")[0]
    equal((found["from"], found["to"], found["text"], found["link"]),
          ("79160000004", "55555", "Is anybody there?", "smsc"), "what is listed")
    told = sluice(lab, "inbound", "list")
    check("Is anybody there?" in told, f"sluice inbound list: {told}")
    sluice(lab, "inbound", "drop", found["id"])
    equal(lab.get("/v1/inbound")["unrouted"], 0, "left")


def a_stop_ends_adverts_and_a_start_brings_them_back(lab):
    number = "79160000005"
    with Session(lab.ports["smpp"], "whole") as esme:
        esme.submitted(number, b"Buy", registered=0)
        lab.write("77777", "Stop!", number)
        delivered(esme, 1)
        equal(esme.response(esme.submit(number, b"Buy")).status, 0x410, "after a STOP")
        equal(lab.send("whole", number).json["code"], "opted_out", "over HTTP")
        told = sluice(lab, "optout", "list", "whole")
        check(number in told, f"sluice optout list: {told}")
        reply = until(lambda: [one for one in lab.sms(number)
                               if bytes.fromhex(one["text"]) == b"Bye"], 5, "no reply to a STOP")
        equal(reply[0]["source"], "77777", "who replied")
        lab.stop()
        lab.start()
        lab.wait_bound()
        equal(lab.waiting(), 0, "rows left behind")
    with Session(lab.ports["smpp"], "whole") as esme:
        equal(esme.response(esme.submit(number, b"Buy")).status, 0x410, "after a restart")
        lab.write("77777", "старт", number)
        delivered(esme, 1)
        esme.submitted(number, b"Buy", registered=0)
        sluice(lab, "optout", "add", "whole", number)
        equal(esme.response(esme.submit(number, b"Buy")).status, 0x410, "by hand")
        sluice(lab, "optout", "remove", "whole", number)
        esme.submitted(number, b"Buy", registered=0)


def signed(headers, body):
    octets = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(KEY, octets, hashlib.sha256).digest()).decode()


def a_webhook_gets_it_signed_and_again_until_it_takes_it(lab):
    lab.server.refuse = 1
    del lab.server.posts[:]
    lab.write("8800", "Привет " + "мир! " * 40, "79160000006")
    until(lambda: len(lab.server.posts) >= 2, 10, "it was not posted again")
    (first, body, refused), (second, again, _) = lab.server.posts[:2]
    check(refused, "the first was taken")
    equal((again, second["webhook-id"]), (body, first["webhook-id"]), "the second post")
    for headers in (first, second):
        equal(headers["webhook-signature"], signed(headers, body), "signature")
    data = json.loads(body)
    equal(data["type"], "message.received", "type")
    data = data["data"]
    equal((data["account"], data["from"], data["to"], data["keyword"], data["parts"]),
          ("poor", "79160000006", "8800", "привет", 4), f"data of {data}")
    equal(data["text"], "Привет " + "мир! " * 40, "text")
    until(lambda: lab.waiting() == 0, 5, "something still waits")
    equal(len(lab.server.posts), 2, "posts")


def who_is_away_finds_it_when_he_comes_back_also_after_a_restart(lab):
    lab.write("77777", "first", "79160000007")
    lab.write("77777", "second", "79160000008")
    until(lambda: lab.waiting() == 2, 5, "it is not kept")
    lab.stop()
    lab.start()
    equal(lab.waiting(), 2, "what is kept")
    esme = Session(lab.ports["smpp"], "whole", acknowledge=False)
    equal([one.text for one in delivered(esme, 2)], [b"first", b"second"], "what came")
    esme.close()
    with Session(lab.ports["smpp"], "whole") as esme:
        equal([one.text for one in delivered(esme, 2)], [b"first", b"second"], "again")
    until(lambda: lab.waiting() == 0, 5, "something still waits")
    lab.wait_bound()


def nothing_that_was_acknowledged_is_lost_by_kill_9(lab):
    """Subscribers write at a rate; sluiced is killed again and again meanwhile."""
    lab.restart_sim(smsc="mo_rate=400,mo_count=2400,mo_to=77777,mo_text=hello,"
                         "mo_from=79170000000,report_retry=1000")
    texts = []
    for _ in range(4):
        time.sleep(0.8)
        lab.kill()
        lab.start()
        with Session(lab.ports["smpp"], "whole") as esme:
            time.sleep(0.4)
        texts += [one.source for one in esme.receipts]
    until(lambda: lab.acknowledged() >= 2400, 30,
          lambda: f"the operator was told {lab.acknowledged()} of 2400")
    with Session(lab.ports["smpp"], "whole") as esme:
        until(lambda: lab.waiting() == 0, 20, lambda: f"{lab.waiting()} wait")
    texts += [one.source for one in esme.receipts]
    wanted = {b"%d" % (79170000000 + i) for i in range(2400)}
    equal(sorted(wanted - set(texts))[:9], [], "lost")
    return f"2400 written, {lab.sim_stats('smsc')['messages']} told, {len(texts)} delivered"


NET_SMPP = r'''
use strict; use warnings; use Net::SMPP;
my $smpp = Net::SMPP->new_transceiver('127.0.0.1', port => $ARGV[0], system_id => 'whole',
                                      password => 'secret08') or die "no bind: $!";
alarm 8;
my $pdu = $smpp->read_pdu() or die "nothing came";
die "no deliver_sm: $pdu->{cmd}" unless $pdu->{cmd} == 5;
$smpp->deliver_sm_resp(message_id => '', seq => $pdu->{seq}) or die;
$| = 1;
print join('|', $pdu->{source_addr}, $pdu->{destination_addr}, $pdu->{data_coding},
           unpack('H*', $pdu->{short_message})), "\n";
'''


def net_smpp_as_the_receiver_understands_it(lab):
    if subprocess.run(["perl", "-MNet::SMPP", "-e1"], capture_output=True).returncode != 0:
        return "Net::SMPP is not here"
    receiver = subprocess.Popen(["perl", "-e", NET_SMPP, str(lab.ports["smpp"])],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lab.others.append(receiver)
    lab.write("77777", "Grüße", "79160000009")
    told, _ = receiver.communicate(timeout=10)
    check(f"79160000009|77777|8|{'Grüße'.encode('utf-16-be').hex()}" in told,
          f"it told {told!r}")
    until(lambda: lab.waiting() == 0, 5, "something still waits")
    return told.strip()


def the_money_is_right_in_the_end(lab):
    for account in ("sms", "whole"):
        lab.nothing_held(account)
    lab.verify()


if __name__ == "__main__":
    scenario(90, InboundLab, the_first_word_leads_to_the_account_in_any_alphabet,
             a_keyword_is_answered_once_and_paid_for,
             a_long_one_comes_as_its_parts_or_whole_as_the_account_wishes,
             what_is_nobodys_is_kept_for_people,
             a_stop_ends_adverts_and_a_start_brings_them_back,
             a_webhook_gets_it_signed_and_again_until_it_takes_it,
             who_is_away_finds_it_when_he_comes_back_also_after_a_restart,
             net_smpp_as_the_receiver_understands_it,
             nothing_that_was_acknowledged_is_lost_by_kill_9,
             the_money_is_right_in_the_end)
