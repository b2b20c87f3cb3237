#!/usr/bin/env python3
"""What an account may and a link does, setting by setting, seen from outside: statuses and
receipts as a client gets them, binds and submit_sm as an operator gets them, in octets.
"""

import re
import time
import urllib.parse

from datetime import datetime, timedelta, timezone

from lab import Lab, check, equal, free_ports, request, scenario, until
from smpp_client import (BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER, DATA, OK,
                         RESPONSE, SUBMIT, SUBMIT_MULTI, TAG_PAYLOAD, Session, data_body,
                         frame, multi_body, relative_time, sar, tlv, udh16)
from strangers import Operator, Submit

PASSWORD_64 = "correct-horse-battery-staple-" * 2 + "01234-"[:6]

LINKS = {
    "old": 'interface_version = "3.3"  bind = "pair"  split = "sar"',
    "new": 'interface_version = "5.0"  system_type = "VMA"  address_range = "^447"'
           '  address_ton = 1  address_npi = 1',
    "blind": 'receipts = false',
    "german": 'country_code = "49"  national_prefix = "0"  service_type = "CMT"'
              '  protocol_id = 65  priority = 2'
              '  source "alphanumeric" { ton = 5 npi = 1 }'
              '  source "short" { ton = 3 npi = 9 }'
              '  source "international" { ton = 1 npi = 1 write = "plus" }'
              '  destination "international" { ton = 1 npi = 1 write = "plus" }'
              '  destination "national" { ton = 2 npi = 1 write = "national" }',
    "hours": 'validity = "absolute"  validity_min = "2h"  validity_step = "1h"',
    "minutes": 'validity_min = "5m"  validity_step = "1m"',
    "timeless": 'validity = "none"',
    "refusing": "",
    "sender": 'bind = "transmitter"',
    "hearer": 'bind = "receiver"  reports_of = "sender"',
    "plain": '  sender { name = "ACME" becomes = "1234" }'
             '  sender { name = "Line" becomes = "4930123456" }'
             '  sender { name = "Bank" becomes = "BankDE" }'
             '  sender { name = "447900123" becomes = "Number" }',
    "udh16": 'split = "udh16"',
    "sar": 'split = "sar"',
    "payload": 'split = "payload"',
}

PLANS = '''
network "26201" { prefixes = {"49151", "49170"} }
network "26202" { prefixes = {"491515"} }
price { side = "buy"  channel = "plain"  network = "262"    price = "0.04" }
price { side = "buy"  channel = "plain"  network = "26201"  price = "0.06" }
price { side = "buy"  channel = "udh16"  prefix = "49"      price = "0.05" }
plan "cheapest" { step "sms" { channels = {"plain", "udh16"}  choose = "cheapest" } }
rule { account = "german-only"  network = "26202"  plan = "plain" }
plan "two-ways" {
  step "one" { channels = {"refusing"}  within = "1m" }
  step "two" { channels = {"udh16"} }
}
plan "either-way" { step "sms" { channels = {"refusing", "udh16"} } }
plan "either" { step "sms" { channels = {"refusing", "plain"} } }
plan "one-by-one" {
  step "one" { channels = {"refusing"}  within = "1m" }
  step "two" { channels = {"plain"} }
}
'''

COMMON = 'password = "secret08"  plans = {"*"}  opening = "1000.00"'
ACCOUNTS = f"""
account "acceptd" {{ {COMMON}  plan = "blind" }}
account "delivrd" {{ {COMMON}  plan = "blind"  accepted_as = "DELIVRD" }}
account "unknown" {{ {COMMON}  plan = "blind"  accepted_as = "UNKNOWN" }}
account "near" {{ {COMMON}  plan = "sms"  allow_from = {{"127.0.0.2/32"}} }}
account "choosy" {{ {COMMON}  plan = "sms"  sources = {{"Shop", "+4479*", "1234"}}
  data_codings = {{"0", "8"}}  esm_classes = {{"0x00", "0x40"}}  protocol_ids = {{"0"}} }}
account "safe" {{ {COMMON}  plan = "sms" }}
account "hourly" {{ {COMMON}  plan = "sms"  parts_per_hour = 10 }}
account "spender" {{ {COMMON}  plan = "sms"  spend_per_hour = "0.50" }}
account "repeater" {{ {COMMON}  plan = "sms"  recipient_max = 2 }}
account "owing" {{ {COMMON.replace("1000.00", "0.05")}  plan = "sms"  credit = "0.10" }}
account "homely" {{ {COMMON}  plan = "sms"  country = "DE"  destinations = {{"home"}}
  parts_per_day = 1 }}
account "spent" {{ {COMMON}  plan = "sms"  spend_per_day = "0.04" }}
account "often" {{ {COMMON}  plan = "sms"  recipient_max = 1 }}
account "pusher" {{ {COMMON}  plan = "plain"  ports = {{"safe", "2948"}} }}
account "push-plain" {{ {COMMON}  plan = "plain"  ports = {{"*"}} }}
account "push-udh16" {{ {COMMON}  plan = "udh16"  ports = {{"*"}} }}
account "push-sar" {{ {COMMON}  plan = "sar"  ports = {{"*"}} }}
account "push-old" {{ {COMMON}  plan = "old"  ports = {{"*"}} }}
account "push-payload" {{ {COMMON}  plan = "payload"  ports = {{"*"}} }}
account "to-plain" {{ {COMMON}  plan = "plain" }}
account "to-sar" {{ {COMMON}  plan = "sar" }}
account "to-old" {{ {COMMON}  plan = "old" }}
account "german-only" {{ {COMMON}  plan = "udh16"
  destinations = {{"network:262"}} }}
account "older" {{ {COMMON}  plan = "old" }}
account "club" {{ {COMMON}  plan = "sms"  class = "service" }}
inbound "play" {{
  to = "700*"  keyword = "play"  account = "club"  reply = "Welcome"  reply_every = "1s"
  stop_words = {{""}}
}}
inbound "club" {{
  to = "700*"  account = "club"  opt_out = "sender"  stop_words = {{"NOMORE", "basta"}}
  start_words = {{"AGAIN"}}  stop_reply = "Bye"  start_reply = "Back"
}}
account "two" {{ {COMMON}  plan = "sms"  binds = 2 }}
"""


REFUSED = "7906660"  # numbers that begin so are refused with the status behind it


def refusal_of(to):
    return int(to[len(REFUSED):]) if to.startswith(REFUSED) else OK


class Centre(Operator):
    """An operator that keeps the binds too; reports nothing."""

    def __init__(self, port, refuses):
        self.binds, self.refuses = [], refuses
        super().__init__(port)

    def _take(self, line, pdu):
        if pdu.command in (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER):
            with self.lock:
                self.binds.append(Bind(pdu))
                self.sessions.append(line)
            line.sendall(frame(RESPONSE | pdu.command, b"SMSC\0" + tlv(0x0210, b"\x34"), 0,
                               pdu.sequence))
        elif pdu.command == SUBMIT:
            with self.lock:
                self.submits.append(Submit(pdu))
                number = len(self.submits)
            status = refusal_of(self.submits[-1].to.decode()) if self.refuses else OK
            line.sendall(frame(RESPONSE | SUBMIT, b"%d\0" % number if status == OK else b"",
                               status, pdu.sequence))
        else:
            super()._take(line, pdu)


class Bind:
    """The fields of a bind (4.1.1)."""

    def __init__(self, pdu):
        self.command = pdu.command
        self.system_id, self.password, self.system_type, rest = pdu.body.split(b"\0", 3)
        self.version, self.ton, self.npi = rest[:3]
        self.range = rest[3:].rstrip(b"\0")


class SettingsLab(Lab):
    def __init__(self):
        super().__init__(edit=self._add, smsc="rule=*1:delivered")

    def _add(self, text):
        sections = []
        text = text.replace('premium_ranges = {"none"}', 'premium_ranges = {"+49190"}')
        for name, more in LINKS.items():
            port, = free_ports(1)
            setattr(self, name, Centre(port, name == "refusing"))
            password = PASSWORD_64 if name == "new" else "p"
            until_word = '  until = "accepted"' if name == "blind" else ""
            sections.append(
                f'link "{name}" {{ host = "127.0.0.1"  port = {port}  system_id = "{name}"'
                f'  password = "{password}"  {more} }}\n'
                f'plan "{name}" {{ deadline = "1h"  step "sms" {{ channels = {{"{name}"}}'
                f'{until_word} }} }}\n'
                f'price {{ side = "sell"  channel = "{name}"  price = "0.05" }}\n')
        return text + "".join(sections) + PLANS + ACCOUNTS

    def wait_bound(self, binds=4, timeout_s=10):
        super().wait_bound(binds, timeout_s)
        for name in LINKS:
            until(lambda: getattr(self, name).binds, 5, f"link {name} is not bound")

    def over(self, name, to, count=1):
        """The submit_sm to this number that link `name` was sent."""
        return until(lambda: len(got := getattr(self, name).sms(to)) >= count and got, 5,
                     f"not {count} to {to} over {name}")

    def sent_over(self, name, to, text="hello", source="Shop", count=1, wire=None, **more):
        """The `count` submit_sm that the link was sent for a message of the API, to the
        number as it is written there."""
        answer = self.http("POST", "/v1/messages", {
            "account": "sms", "from": source, "to": to, "text": text, "plan": name, **more})
        equal(answer.status, 202, f"{answer!r}")
        self.last_id = answer.json["id"]
        found = self.over(name, wire or to, count)
        return found if count > 1 else found[0]


def statuses(lab, account, *submits, **session):
    with Session(lab.ports["smpp"], account, **session) as esme:
        return [esme.response(esme.submit(to, **fields)).status for to, fields in submits]


# ---- Northbound --------------------------------------------------------------------


def what_proves_no_delivery_is_told_in_the_accounts_word(lab):
    for account, word, state in (("acceptd", "ACCEPTD", 6), ("delivrd", "DELIVRD", 2),
                                 ("unknown", "UNKNOWN", 7)):
        with Session(lab.ports["smpp"], account) as esme:
            message_id = esme.submitted("79050000001", b"hello")
            receipt = esme.receipt(message_id)
            equal(receipt.stat, word, f"stat of {account}")
            equal(dict(receipt.tlvs)[0x0427], bytes([state]), f"message_state of {account}")
            equal(lab.ended(message_id)["end"], "accepted", f"end of {account}")


def who_comes_from_elsewhere_is_not_let_in(lab):
    equal(Session(lab.ports["smpp"], "near").bind_status, 0x0E, "from 127.0.0.1")
    with Session(lab.ports["smpp"], "near", source="127.0.0.2") as esme:
        equal(esme.bind_status, OK, "from 127.0.0.2")


def an_account_sends_only_what_it_may(lab):
    to = "79050000011"
    rows = (
        ("Shop", {}, OK), ("Shop2", {}, 0x0A), ("shop", {}, 0x0A), ("447900123", {}, OK),
        ("447800123", {}, 0x0A), ("1234", {}, OK),
        ("Shop", {"data_coding": 8, "text": b"\4\x10"}, OK),
        ("Shop", {"data_coding": 4}, 0x401), ("Shop", {"data_coding": 3}, 0x401),
        ("Shop", {"esm_class": 3}, 0x43), ("Shop", {"esm_class": 0x80}, 0x43),
        ("Shop", {"udh": udh16(1, 2, 1)}, OK),
        ("Shop", {"protocol_id": 1}, 0x402),
    )
    got = statuses(lab, "choosy", *[(to, {"source": source.encode(), **fields})
                                    for source, fields, _ in rows])
    wrong = [f"{source} {fields}: 0x{status:x}, not 0x{wanted:x}"
             for (source, fields, wanted), status in zip(rows, got) if status != wanted]
    check(not wrong, "\n        ".join(wrong))


def what_programs_phones_is_not_sent_unless_it_is_granted(lab):
    rows = (
        ({"data_coding": 0xF2}, 0x401), ({"data_coding": 0x12}, 0x401),
        ({"data_coding": 0xF6, "text": b"\0"}, 0x401), ({"data_coding": 0xF0}, OK),
        ({"data_coding": 0xF1}, OK), ({"protocol_id": 0x7F}, 0x402),
        ({"protocol_id": 0x7D}, 0x402), ({"protocol_id": 0x40}, 0x402),
        ({"protocol_id": 0x41}, OK),
        ({"udh": bytes([6, 5, 4, 0x0B, 0x84, 0x23, 0xF0]), "data_coding": 4}, 0x403),
        ({"udh": bytes([2, 0x70, 0]), "data_coding": 4}, 0x402),
        ({"tlvs": tlv(0x020B, b"\x0b\x84") + tlv(0x020A, b"\x23\xf0")}, 0x403),
        ({"tlvs": tlv(0x0005, b"\3")}, 0x402),
    )
    got = statuses(lab, "safe", *[("79050000012", fields) for fields, _ in rows])
    wrong = [f"{fields}: 0x{status:x}, not 0x{wanted:x}"
             for (fields, wanted), status in zip(rows, got) if status != wanted]
    check(not wrong, "\n        ".join(wrong))


def four_fifths_of_a_limit_are_an_alarm_and_all_of_it_the_end(lab):
    for account, status in (("hourly", 0x405), ("spender", 0x406)):
        def alarms():
            return [one for one in lab.log_lines("limit.alarm") if one["account"] == account]

        with Session(lab.ports["smpp"], account) as esme:
            for number in range(1, 8):
                esme.submitted(f"7905000{number:04}1")
            equal(alarms(), [], f"alarms of {account} after seven of ten")
            esme.submitted("79050008881")
            equal(len(alarms()), 1, f"alarms of {account} after eight of ten")
            esme.submitted("79050008882")
            esme.submitted("79050008883")
            equal(esme.response(esme.submit("79050008884")).status, status, account)
            equal(len(alarms()), 1, f"alarms of {account} in the end")


# Account, what is submitted, status, cause of the counter, status and code over HTTP.
REFUSALS = (
    ("choosy", {"source": b"Evil"}, 0x0A, "source", 403, "denied_source"),
    ("choosy", {"data_coding": 4}, 0x401, "data_coding", None, None),
    ("choosy", {"esm_class": 1}, 0x43, "esm_class", None, None),
    ("choosy", {"protocol_id": 65}, 0x402, "protocol_id", None, None),
    ("safe", {"tlvs": tlv(0x020B, b"\x0b\x84")}, 0x403, "port", None, None),
    ("homely", {"to": b"447900123456"}, 0x0B, "destination", 403, "denied_destination"),
    ("homely", {"to": b"491901234567"}, 0x404, "premium", 403, "denied_premium"),
    ("homely", {"to": b"4917012345"}, 0x405, "parts_per_day", 429, "parts_limit"),
    ("spent", {}, 0x406, "spend_per_day", 429, "spend_limit"),
    ("often", {}, 0x407, "recipient", 429, "recipient_limit"),
)


def each_refusal_has_its_status_its_code_and_its_counter(lab):
    def counted(cause):
        page = lab.http("GET", "/metrics").body.decode()
        found = re.search(rf'^sluice_refused_total{{cause="{cause}"}} (\d+)$', page, re.M)
        return int(found.group(1)) if found else 0

    wrong = []
    for account, to in (("homely", "4917012345"), ("often", "79050000071")):
        equal(statuses(lab, account, (to, {})), [OK], f"the first of {account}")
    for account, fields, status, cause, http_status, code in REFUSALS:
        before = counted(cause)
        to = fields.get("to", b"79050000071")
        more = {key: value for key, value in fields.items() if key != "to"}
        got = statuses(lab, account, (to, more))
        by_http = None, None
        if http_status:
            answer = lab.http("POST", "/v1/messages", {
                "account": account, "from": fields.get("source", b"Shop").decode(),
                "to": to.decode(), "text": "hello"})
            by_http = answer.status, answer.json.get("code")
        row = got, counted(cause) - before, by_http
        if row != ([status], 2 if http_status else 1, (http_status, code)):
            wrong.append(f"{account} {fields}: {row}")
    check(not wrong, "\n        ".join(wrong))


def what_is_not_allowed_enters_by_no_other_command(lab):
    to = b"79050000072"
    with Session(lab.ports["smpp"], "choosy") as esme:
        rows = (
            ("submit_multi", SUBMIT_MULTI, multi_body([to], source=b"Evil"), 0x0A),
            ("submit_multi", SUBMIT_MULTI, multi_body([to], esm_class=1), 0x43),
            ("data_sm", DATA, data_body(to, b"x", source=b"Evil"), 0x0A),
            ("data_sm", DATA, data_body(to, b"x", esm_class=1), 0x43),
            ("data_sm", DATA, data_body(to, b"x", tlvs=tlv(0x020B, b"\x0b\x84")), 0x403),
        )
        for name, command, body, status in rows:
            equal(esme.ask(command, body).status, status, f"status of {name}")
    with Session(lab.ports["smpp"], "homely") as esme:
        answer = esme.ask(SUBMIT_MULTI, multi_body([b"447900123456", b"491901234567"]))
        equal(answer.status, 0x45, "two refused for different reasons")
        equal(esme.ask(DATA, data_body(b"447900123456", b"x")).status, 0x0B, "data_sm")
    equal(lab.sms("79050000072"), [], "SMS")


def a_granted_wap_push_goes_out_octet_for_octet(lab):
    to, header = "79050000073", bytes([11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 9, 2, 1])
    push = bytes(range(128))
    with Session(lab.ports["smpp"], "pusher") as esme:
        esme.submitted(to, push, udh=header, data_coding=0xF5)
        esme.submitted(to, push, data_coding=4, tlvs=tlv(0x020A, b"\x23\xf0")
                       + tlv(0x020B, b"\x0b\x84"))
    headed, told = lab.over("plain", to, 2)
    equal((headed.esm_class, headed.data_coding, headed.text), (0x40, 0xF5, header + push),
          "behind a header")
    equal((told.data_coding, told.text, told.tlvs.get(0x020A), told.tlvs.get(0x020B)),
          (4, push, b"\x23\xf0", b"\x0b\x84"), "with parameters")


def one_recipient_gets_no_more_than_it_says(lab):
    equal(statuses(lab, "repeater", *[("79050000021", {"text": b"%d" % i})
                                      for i in range(3)], ("79050000022", {})),
          [OK, OK, 0x407, OK], "statuses")


def a_credit_is_used_to_its_end_and_not_further(lab):
    equal(statuses(lab, "owing", *[(f"7905000003{i}", {}) for i in range(4)]),
          [OK, OK, OK, 0x45], "statuses")


def no_more_binds_than_it_says(lab):
    with Session(lab.ports["smpp"], "two"), Session(lab.ports["smpp"], "two"):
        equal(Session(lab.ports["smpp"], "two").bind_status, 0x05, "the third")


# ---- Southbound --------------------------------------------------------------------


def a_bind_says_what_the_link_says(lab):
    rows = (
        ("new", [(BIND_TRANSCEIVER, PASSWORD_64.encode(), b"VMA", 0x50, 1, 1, b"^447")]),
        ("old", [(BIND_RECEIVER, b"p", b"", 0x33, 0, 0, b""),
                 (BIND_TRANSMITTER, b"p", b"", 0x33, 0, 0, b"")]),
    )
    for name, wanted in rows:
        got = until(lambda: len(getattr(lab, name).binds) >= len(wanted)
                    and getattr(lab, name).binds, 5, f"{name} is not bound")
        equal(sorted((one.command, one.password, one.system_type, one.version, one.ton,
                      one.npi, one.range) for one in got), wanted, f"binds of {name}")


def below_34_no_parameter_is_sent_and_parts_have_headers(lab):
    with Session(lab.ports["smpp"], "older") as esme:
        esme.submitted("79050000041", b"one", tlvs=tlv(0x0204, b"\0\1"))
        for number in (1, 2):
            esme.submitted("79050000042", b"part", tlvs=sar(0x0107, 2, number))
        esme.submitted("79050000043", b"x" * 160, tlvs=sar(9, 2, 1))
        lab.http("POST", "/v1/messages", {
            "account": "older", "from": "Shop", "to": "79050000044", "text": "a" * 300})
        one, = lab.over("old", "79050000041")
        equal(one.tlvs, {}, "parameters")
        for to in ("79050000042", "79050000044"):
            parts = lab.over("old", to, 2)
            equal([(part.esm_class, part.tlvs, part.text[:3], part.text[4:6])
                   for part in parts],
                  [(0x40, {}, b"\5\0\3", bytes([2, number])) for number in (1, 2)],
                  f"parts to {to}")
            equal(parts[0].text[3], parts[1].text[3], "their reference")


def addresses_are_written_by_their_form(lab):
    rows = (
        ("Shop", "4915112345", b"\5\1Shop", b"\2\1" + b"015112345"),
        ("1234", "447700900123", b"\3\x091234", b"\1\1" + b"+447700900123"),
        ("447700900999", "4915112346", b"\1\1+447700900999", b"\2\1" + b"015112346"),
    )
    for source, to, source_wanted, wanted in rows:
        one = lab.sent_over("german", to, source=source, wire=wanted[2:])
        equal(one.source_form + one.source, source_wanted, f"source {source}")
        equal(one.form + one.to, wanted, f"destination {to}")
        equal((one.service_type, one.protocol_id, one.priority), (b"CMT", 65, 2), "fields")


def what_replaces_a_sender_has_the_form_it_looks_like(lab):
    for number, (source, wanted) in enumerate((("ACME", b"\3\x001234"),
                                               ("Line", b"\1\x014930123456"),
                                               ("Bank", b"\5\0BankDE"),
                                               ("+447900123", b"\5\0Number"),
                                               ("Shop", b"\5\0Shop"))):
        one = lab.sent_over("plain", f"7905000008{number}", source=source)
        equal(one.source_form + one.source, wanted, f"source {source}")


def the_time_is_told_as_the_operator_takes_it(lab):
    one = lab.sent_over("timeless", "79050000051", validity=60)
    equal(one.validity, b"", "none")
    one = lab.sent_over("minutes", "79050000052", validity=61)
    equal(one.validity, relative_time(300), "less than the least")
    one = lab.sent_over("minutes", "79050000053", validity=601)
    equal(one.validity, relative_time(660), "rounded up")
    now = datetime.now(timezone.utc)
    one = lab.sent_over("hours", "79050000054", validity=600)
    check(one.validity.endswith(b"000+"), f"absolute: {one.validity}")
    told = datetime.strptime(one.validity[:12].decode(), "%y%m%d%H%M%S")
    over = told.replace(tzinfo=timezone.utc) - now
    check(timedelta(hours=2) - timedelta(seconds=5) <= over <= timedelta(hours=3),
          f"{over} from now")


def long_ones_are_cut_as_the_link_says(lab):
    text = "0123456789" * 20
    parts = lab.sent_over("udh16", "79050000061", text=text, count=2)
    for number, part in enumerate(parts, 1):
        equal((part.esm_class & 0x40, part.text[:3], part.text[5:7]),
              (0x40, b"\6\x08\4", bytes([2, number])), f"udh16, part {number}")
    equal(parts[0].text[3:5], parts[1].text[3:5], "one reference")
    equal(b"".join(part.text[7:] for part in parts), text.encode(), "text")
    parts = lab.sent_over("sar", "79050000062", text=text, count=2)
    equal([(part.tlvs[0x020E], part.tlvs[0x020F]) for part in parts],
          [(b"\2", b"\1"), (b"\2", b"\2")], "sar")
    text = "0123456789" * 26
    one = lab.sent_over("payload", "79050000063", text=text)
    equal((one.text, one.tlvs.get(0x0424), one.esm_class & 0x40), (b"", text.encode(), 0),
          "payload")


def a_link_alone_in_its_step_cuts_its_own_way(lab):
    """Where that makes as many parts; else as the first link of the last step does."""
    udh8, udh16 = (b"\5\0\3", 6), (b"\6\x08\4", 7)
    rows = ((300, "two-ways", 2, udh8, udh16), (306, "two-ways", 3, udh16, udh16),
            (300, "either-way", 2, udh8, udh8))
    for number, (size, plan, count, *ways) in enumerate(rows):
        # Refused with 0x0A: it goes on to the next link, and to the next step.
        text, to = ("0123456789" * 31)[:size], f"{REFUSED}{10:0{5 + number}}"
        lab.send("sms", to, text=text, plan=plan)
        for link, (head, header_size) in zip(("refusing", "udh16"), ways):
            parts = lab.over(link, to, count if link == "udh16" or plan == "two-ways" else 1)
            equal([one.text[:3] for one in parts], [head] * len(parts), f"{plan} over {link}")
            joined = b"".join(one.text[header_size:] for one in parts).decode()
            check(joined == text or len(parts) < count, f"{plan} over {link}: {joined}")


def ports_stand_where_the_parts_do(lab):
    """A header has them beside its concatenation; as parameters they go where the parts do."""
    text, ports = b"0123456789" * 30, {0x020A: b"\x23\xF0", 0x020B: b"\x0B\x84"}
    tlvs = b"".join(tlv(*one) for one in ports.items()) + tlv(TAG_PAYLOAD, text)
    element = b"\5\4\x0B\x84\x23\xF0"  # 3GPP TS 23.040 9.2.3.24.4: destination, originator
    # What stands before the reference, the size of that, the parameters.
    rows = (("plain", 3, b"\x0B\0\3", 1, {}), ("udh16", 3, b"\x0C\x08\4", 2, {}),
            ("old", 3, b"\x0B\0\3", 1, {}), ("sar", 3, b"", 0, ports),
            ("payload", 1, b"", 0, ports))
    for link, count, before, reference_size, left in rows:
        to, joined = f"7905000009{len(link)}", b""
        with Session(lab.ports["smpp"], f"push-{link}") as esme:
            esme.submitted(to, b"", tlvs=tlvs)
        for number, part in enumerate(lab.over(link, to, count), 1):
            octets = part.text or part.tlvs[TAG_PAYLOAD]
            behind = len(before) + reference_size
            header = bytes([count, number]) + element if before else b""
            equal((part.esm_class & 0x40 != 0, octets[:len(before)]), (before != b"", before),
                  f"the header of part {number} over {link}")
            equal(octets[behind:behind + len(header)], header, f"part {number} over {link}")
            equal({tag: value for tag, value in part.tlvs.items() if tag in ports}, left,
                  f"the parameters of part {number} over {link}")
            joined += octets[behind + len(header):]
        equal(joined, text, f"the text over {link}")
    # What is no part keeps them as they came, where there are parameters.
    for link, header, left in (("plain", b"", ports), ("old", b"\6" + element, {})):
        with Session(lab.ports["smpp"], f"push-{link}") as esme:
            esme.submitted("79050000099", b"short", tlvs=tlvs[:-len(text) - 4])
        one, = lab.over(link, "79050000099")
        equal((one.text, {tag: one.tlvs[tag] for tag in ports if tag in one.tlvs}),
              (header + b"short", left), f"a short one over {link}")


# What is done with a status where nothing is said: the first wait, or None: it fails at once;
# whether it is an alarm.
STATUSES = (
    (0x08, 30, False), (0x14, 5, False), (0x45, 60, False), (0x64, 30, False),
    (0x67, 60, False), (0xFE, 60, False), (0xFF, 60, False),
    (0x0A, None, False), (0x0B, None, False), (0x65, None, False), (0x66, None, False),
    (0x94, None, False), (0x401, None, False), (0x15, None, True), (0x43, None, True),
    (0x48, None, True), (0x49, None, True), (0x50, None, True), (0x51, None, True),
    (0x61, None, True), (0xC3, None, True), (0xC4, None, True),
)


def a_part_longer_than_an_sms_is_refused(lab):
    to, text = "79050000065", b"0123456789" * 20
    for link in ("plain", "sar", "old"):
        with Session(lab.ports["smpp"], f"to-{link}") as esme:
            answer = esme.response(esme.submit(to, text, tlvs=sar(0x0109, 3, 2)))
            equal(answer.status, 0x01, f"status over {link}")
        equal(getattr(lab, link).sms(to), [], f"sent over {link}")


def a_status_does_what_the_manual_says(lab):
    def alarms():
        page = lab.http("GET", "/metrics").body.decode()
        return int(re.search(r'^sluice_link_alarms_total{[^}]*"refusing"} (\d+)$', page,
                             re.M).group(1))

    def seen(status):
        """The wait before the next try in seconds, the end, and how many alarms."""
        before = alarms()
        lab.sent_over("refusing", f"{REFUSED}{status:04}")
        story = until(lambda: (got := lab.get(f"/v1/messages/{lab.last_id}/trace"))
                      ["attempts"][0]["state"] == "failed" and got, 5, f"0x{status:x}")
        again, at = story["tries"][0]["again_at"], story["attempts"][0]["updated_at"]
        wait_s = again and round((datetime.fromisoformat(again[:-1])
                                  - datetime.fromisoformat(at[:-1])).total_seconds())
        return wait_s, story["end"], alarms() - before

    got = {status: seen(status) for status, _, _ in STATUSES}
    wanted = {status: (wait_s, None if wait_s else "undeliverable", int(is_alarm))
              for status, wait_s, is_alarm in STATUSES}
    wrong = [f"0x{status:x}: {got[status]}, not {wanted[status]}" for status in got
             if got[status] != wanted[status]]
    check(not wrong, "\n        ".join(wrong))


def a_receiver_elsewhere_hears_the_reports(lab):
    one = lab.sent_over("sender", "79050000091")
    lab.hearer._report(lab.hearer.sessions[0], one, b"%d" % len(lab.sender.submits), 7)
    row = lab.ended(lab.last_id)
    equal((row["end"], row["attempts"][0]["channel"]), ("delivered", "sender"), "end")
    equal([one.command for one in lab.hearer.binds], [BIND_RECEIVER], "binds")


def a_refusal_goes_to_the_next_link_the_next_step_or_nowhere(lab):
    rows = (
        (0x0A, "either", ["refusing", "plain"]),
        (0x0B, "either", ["refusing", "plain"]),
        (0x66, "either", ["refusing"]),
        (0x0A, "one-by-one", ["refusing", "plain"]),
        (0x0B, "one-by-one", ["refusing"]),
        (0x66, "one-by-one", ["refusing", "plain"]),
    )
    for status, plan, channels in rows:
        message_id = lab.send("sms", f"{REFUSED}{status:04}", plan=plan).json["id"]

        def tried():
            return [one["channel"] for one in lab.message(message_id)["attempts"]
                    if one["sent_at"]]

        if len(channels) == 1:
            lab.ended(message_id)
        until(lambda: tried() == channels, 5,
              lambda: f"0x{status:x} by {plan}: {tried()}, not {channels}")


def networks_decide_the_link_the_plan_and_who_is_reached(lab):
    for to, link in (("491511234567", "udh16"), ("491515123456", "plain")):
        answer = lab.send("sms", to, plan="cheapest")
        equal(answer.status, 202, f"{answer!r}")
        equal(lab.over(link, to)[0].to, to.encode(), f"cheapest to {to}")
    for to, link, status in (("491701234567", "udh16", 202), ("491515123457", "plain", 202),
                             ("4916012345678", None, 403), ("447900123456", None, 403)):
        equal(lab.send("german-only", to).status, status, f"status to {to}")
        if link:
            equal(lab.over(link, to)[0].to, to.encode(), f"by rule to {to}")


# ---- What subscribers write --------------------------------------------------------


def a_subscriber_is_answered_and_stops_what_one_number_sends(lab):
    writer, texts = "4917012345678", []

    def write(to, text, *replies):
        """He writes, and has got these texts besides all before."""
        query = urllib.parse.urlencode({"from": writer, "to": to, "text": text})
        equal(request(lab.control_port, "POST", "/message?" + query).status, 200, "taken")
        texts.extend(replies)
        until(lambda: len(lab.sms(writer)) >= len(texts), 5,
              lambda: f"after {text!r}: {lab.sms(writer)}, not {texts}")
        until(lambda: lab.get("/v1/status")["inbound"]["waiting"] == 0, 5, "it waits")
        equal([(one["source"], bytes.fromhex(one["text"]).decode())
               for one in lab.sms(writer)], texts, f"texts after {text!r}")

    def news(source):
        return lab.http("POST", "/v1/messages", {
            "account": "club", "from": source, "to": writer, "text": "news"}).status

    with Session(lab.ports["smpp"], "club"):
        write("7001234", "play chess", ("7001234", "Welcome"))
        write("7001234", "play go")
        begin = time.monotonic()
        equal(news("7001234"), 202, "news")
        texts.append(("7001234", "news"))
        write("7001234", "STOP")
        equal(news("7001234"), 202, "news after a word that is none here")
        texts.append(("7001234", "news"))
        write("7001234", "Basta!", ("7001234", "Bye"))
        equal([news(source) for source in ("7001234", "+7001234", "7005678")],
              [403, 403, 202], "news after a stop word")
        texts.append(("7005678", "news"))
        write("7001234", "again", ("7001234", "Back"))
        equal(news("7001234"), 202, "news after a start word")
        texts.append(("7001234", "news"))
        time.sleep(max(0, 1.1 - (time.monotonic() - begin)))
        write("7001234", "PLAY", ("7001234", "Welcome"))


if __name__ == "__main__":
    scenario(60, SettingsLab, what_proves_no_delivery_is_told_in_the_accounts_word,
             who_comes_from_elsewhere_is_not_let_in,
             an_account_sends_only_what_it_may,
             what_programs_phones_is_not_sent_unless_it_is_granted,
             four_fifths_of_a_limit_are_an_alarm_and_all_of_it_the_end,
             each_refusal_has_its_status_its_code_and_its_counter,
             what_is_not_allowed_enters_by_no_other_command,
             a_granted_wap_push_goes_out_octet_for_octet,
             one_recipient_gets_no_more_than_it_says,
             a_credit_is_used_to_its_end_and_not_further,
             no_more_binds_than_it_says,
             a_bind_says_what_the_link_says,
             below_34_no_parameter_is_sent_and_parts_have_headers,
             addresses_are_written_by_their_form,
             what_replaces_a_sender_has_the_form_it_looks_like,
             the_time_is_told_as_the_operator_takes_it,
             long_ones_are_cut_as_the_link_says,
             a_link_alone_in_its_step_cuts_its_own_way, ports_stand_where_the_parts_do,
             a_part_longer_than_an_sms_is_refused,
             a_status_does_what_the_manual_says,
             a_receiver_elsewhere_hears_the_reports,
             a_refusal_goes_to_the_next_link_the_next_step_or_nowhere,
             networks_decide_the_link_the_plan_and_who_is_reached,
             a_subscriber_is_answered_and_stops_what_one_number_sends)
