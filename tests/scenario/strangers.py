#!/usr/bin/env python3
"""What ESMEs and operators of others do, said octet by octet to sluiced with the lab's
configuration; the answers are those of SMPP 3.4 and 5.0, and tshark finds them well formed.
"""

import socket
import struct
import threading
import time

from capture import Capture
from lab import Lab, check, equal, scenario, until
from smpp_client import (BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER, CANCEL, DATA,
                         ENQUIRE, NACK, OK, QUERY, RESPONSE, SUBMIT, SUBMIT_MULTI,
                         TAG_PAYLOAD, UNBIND, Pdu, Session, address, cancel_body, data_body,
                         frame, multi_body, query_body, relative_time, sar, tlv)

TAG_VERSION = 0x0210


# What stands behind the system_id of a bind_resp: nothing, as of an operator of 3.3, a
# vendor's, a version of two octets, one that goes on past the end.
BEHIND_THE_BIND = (b"", tlv(0x1400, b"vendor") + tlv(0x3FFF, b""),
                   tlv(TAG_VERSION, b"\x34\0") + tlv(0x1401, b"x" * 100),
                   tlv(0x2150, b"one") + b"\x14\x02\0\x50cut")


class Operator:
    """An SMSC on the port of the link, with the habits of several: bind_resp without a
    parameter, ids of 64 characters, parameters behind them, and reports in many forms.
    """

    def __init__(self, port):
        self.submits = []
        self.answers = []
        self.lock = threading.Lock()
        self.sessions = []
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            one, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, line):
        buffered = b""
        try:
            while more := line.recv(65536):
                buffered += more
                while len(buffered) >= 4 and len(buffered) >= (
                        size := struct.unpack(">I", buffered[:4])[0]):
                    self._take(line, Pdu(buffered[:size]))
                    buffered = buffered[size:]
        except OSError:
            pass

    def _take(self, line, pdu):
        if pdu.command == BIND_TRANSCEIVER:
            # An enquire_link before anything else.
            with self.lock:
                behind = BEHIND_THE_BIND[len(self.sessions) % len(BEHIND_THE_BIND)]
                line.sendall(frame(RESPONSE | pdu.command, b"SMSC\0" + behind, 0,
                                   pdu.sequence) + frame(ENQUIRE, sequence=0x7FFFFFFF))
                self.sessions.append(line)
        elif pdu.command == SUBMIT:
            with self.lock:
                self.submits.append(Submit(pdu))
                number = len(self.submits)
            message_id = b"%064d" % number
            # 5.0 has parameters behind the id (4.2.5).
            line.sendall(frame(RESPONSE | SUBMIT, message_id + b"\0"
                               + tlv(0x0425, b"\0") + tlv(0x1400, b"vendor"), 0,
                               pdu.sequence))
            if self.submits[-1].registered & 1:
                self._report(line, self.submits[-1], message_id, number)
        elif pdu.command in (ENQUIRE, UNBIND):
            line.sendall(frame(RESPONSE | pdu.command, b"", 0, pdu.sequence))
        else:
            with self.lock:
                self.answers.append(pdu)

    def _report(self, line, submit, message_id, number):
        text = (b"id:%s sub:001 dlvrd:001 submit date:2607311430 done date:2607311431 "
                b"stat:DELIVRD err:000 text:" % message_id)
        tlvs = tlv(0x001E, message_id + b"\0") + tlv(0x0427, b"\2")
        head = b"\0\1\1" + submit.to + b"\0" + submit.source_form + submit.source + b"\0"

        def deliver(text, tlvs, esm_class=4):
            return (0x5, head + bytes([esm_class, 0, 0, 0, 0, 0, 0, 0, 0, len(text)]) + text
                    + tlvs)
        forms = (deliver(text, b""), deliver(text, tlvs), deliver(b"", tlvs),
                 deliver(b"", tlv(TAG_PAYLOAD, text)),
                 (DATA, head + b"\4\0\0" + tlvs),
                 deliver(text, tlv(0x1400, b"") + tlv(0x0424, b"") + tlvs),
                 deliver(text, tlvs, 0x07))
        command, body = forms[number % len(forms)]
        # Octets behind an enquire_link, an alert_notification and a command of a vendor.
        line.sendall(frame(command, body, 0, number * 0x1000)
                     + (frame(ENQUIRE, b"\0\0\0\0", 0, 0)
                        + frame(0x102, b"\1\1" + submit.to + b"\0\0\0\0"
                                + tlv(0x0422, b"\0"), 0, 5)
                        + frame(0x10200, b"?", 0, 0xFFFFFFFF) if number % 5 == 0 else b""))

    def sms(self, to):
        to = to.encode() if isinstance(to, str) else to
        with self.lock:
            return [one for one in self.submits if one.to == to]


class Submit:
    """The fields of a submit_sm (4.4.1)."""

    def __init__(self, pdu):
        self.service_type, body = pdu.body.split(b"\0", 1)
        self.source_form, (self.source, body) = body[:2], body[2:].split(b"\0", 1)
        self.form, (self.to, body) = body[:2], body[2:].split(b"\0", 1)
        self.esm_class, self.protocol_id, self.priority = body[:3]
        self.schedule, body = body[3:].split(b"\0", 1)
        self.validity, body = body.split(b"\0", 1)
        self.registered, self.replace, self.data_coding, _, size = body[:5]
        self.text, body = body[5:5 + size], body[5 + size:]
        self.tlvs = {}
        while body:
            tag, size = struct.unpack(">HH", body[:4])
            self.tlvs[tag], body = body[4:4 + size], body[4 + size:]


class StrangersLab(Lab):
    """The lab, its operator, and tshark that listens."""

    def __init__(self):
        super().__init__(start=False, with_sim=False)

    def __enter__(self):
        super().__enter__()
        try:
            self.capture = Capture(self)
            self.operator = Operator(self.ports["smsc"])
            self.start()
            until(lambda: len(self.operator.sessions) >= 4, 10, "the link is not bound")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self


def bind_body(version=b"\x34", system_id=b"sms", password=b"secret08", system_type=b"",
              forms=b"\0\0", address_range=b"", tlvs=b""):
    return (system_id + b"\0" + password + b"\0" + system_type + b"\0" + version + forms
            + address_range + b"\0" + tlvs)


def submit_body(to=b"79040000000", to_form=b"\1\1", source=b"Shop", source_form=b"\5\0",
                esm_class=0, protocol_id=0, priority=0, schedule=b"", validity=b"",
                registered=1, replace=0, data_coding=0, default_msg=0, text=b"hello",
                length=None, tlvs=b"", service_type=b""):
    return (service_type + b"\0" + source_form + source + b"\0" + to_form + to + b"\0"
            + bytes([esm_class, protocol_id, priority]) + schedule + b"\0" + validity + b"\0"
            + bytes([registered, replace, data_coding, default_msg,
                     len(text) if length is None else length]) + text + tlvs)


def unbound(lab):
    return Session(lab.ports["smpp"], bind=False)


# ---- Sessions --------------------------------------------------------------------


def binds_of_every_kind_and_version(lab):
    """The parameter only to who takes parameters (3.4 "backward compatibility", 5.0 2.11.2)."""
    for command in (BIND_TRANSMITTER, BIND_RECEIVER, BIND_TRANSCEIVER):
        for version, tells in ((0x00, False), (0x03, False), (0x33, False), (0x34, True),
                               (0x50, True)):
            with unbound(lab) as esme:
                answer = esme.ask(command, bind_body(bytes([version])))
                equal((answer.command, answer.status), (RESPONSE | command, OK),
                      f"bind 0x{command:x} of version 0x{version:x}")
                told = answer.body.split(b"\0", 1)[1]
                equal(told, tlv(TAG_VERSION, b"\x34") if tells else b"",
                      f"behind the system_id of 0x{version:x}")
                esme.bind_status = OK


def binds_with_much_in_them(lab):
    rows = (
        ("parameters", bind_body(tlvs=tlv(TAG_VERSION, b"\x34") + tlv(0x1400, b"python"))),
        ("a system_type", bind_body(system_type=b"SMPP")),
        ("12 characters of it", bind_body(system_type=b"123456789012")),
        ("an address range", bind_body(forms=b"\1\1", address_range=b"^7904[0-9]*$")),
        ("one that is no expression", bind_body(forms=b"\5\0", address_range=b"([")),
        ("a TON and an NPI that are none", bind_body(forms=b"\xff\xff")),
    )
    for name, body in rows:
        with unbound(lab) as esme:
            equal(esme.ask(BIND_TRANSCEIVER, body).status, OK, f"bind with {name}")
            esme.bind_status = OK


def sequence_numbers_come_back_as_they_were(lab):
    """Also those out of range (5.1.4): 0, the last one, and what wraps past it."""
    for first in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        with unbound(lab) as esme:
            esme.send(BIND_TRANSCEIVER, bind_body(), sequence=first)
            equal(esme.response(first).status, OK, f"bind #{first}")
            for sequence in (0x7FFFFFFE, 0x7FFFFFFF, 1, 0, 7, 7):
                esme.responses.clear()
                esme.send(ENQUIRE, sequence=sequence)
                equal(esme.response(sequence).command, RESPONSE | ENQUIRE, f"#{sequence}")
            esme.bind_status = OK


def before_the_bind_only_questions_are_answered(lab):
    rows = ((ENQUIRE, b"", RESPONSE | ENQUIRE, OK), (SUBMIT, submit_body(), 0x80000004, 4),
            (QUERY, query_body("1"), 0x80000003, 4), (UNBIND, b"", 0x80000006, 4),
            (SUBMIT_MULTI, multi_body([b"79040000000"]), 0x80000021, 4),
            (DATA, data_body(b"79040000000", b"x"), 0x80000103, 4),
            (0x10200, b"", NACK, 3), (0x22, b"", NACK, 3))
    with unbound(lab) as esme:
        for command, body, wanted, status in rows:
            answer = esme.ask(command, body)
            equal((answer.command, answer.status), (wanted, status), f"0x{command:x}")
        equal(esme.ask(BIND_TRANSCEIVER, bind_body()).status, OK, "the bind after all that")
        equal(esme.ask(BIND_TRANSCEIVER, bind_body()).status, 5, "a second bind")
        equal(esme.ask(ENQUIRE).status, OK, "enquire_link after it")
        esme.bind_status = OK


def commands_nobody_knows_get_a_nack_and_the_bind_stays(lab):
    with Session(lab.ports["smpp"]) as esme:
        for command in (0x0, 0xA, 0xC, 0x14, 0x16, 0x22, 0x23, 0x24, 0xFF, 0x100, 0x101, 0x104,
                        0x111, 0x112, 0x113, 0x1FF, 0x10200, 0x102FF, 0x7FFFFFFF):
            answer = esme.ask(command, b"what is this")
            equal((answer.command, answer.status, answer.body), (NACK, 3, b""),
                  f"0x{command:x}")
        # Answers that nobody awaits, and those of commands that are none.
        for command in (0x80000000, 0x80000004, 0x80000005, 0x80000015, 0x80010200,
                        0x80000102, 0xFFFFFFFF):
            esme.send(command, b"", sequence=0x70000000)
        time.sleep(0.3)
        check(0x70000000 not in esme.responses, "an answer was answered")
        esme.submitted("79040000001")


def alert_and_outbind_are_not_for_an_esme_to_send(lab):
    with Session(lab.ports["smpp"]) as esme:
        esme.send(0x102, b"\1\1" + b"7904\0" + b"\0\0\0")
        esme.send(0xB, b"SMSC\0pw\0")
        equal(esme.ask(0x5, submit_body()).status, 4, "deliver_sm")
        equal(esme.ask(ENQUIRE).status, OK, "enquire_link after it")


def an_unbind_behind_the_last_submit_comes_after_all_answers(lab):
    with unbound(lab) as esme:
        order = []
        esme.on_event = order.append
        esme.raw(frame(BIND_TRANSCEIVER, bind_body(), 0, 1)
                 + b"".join(frame(SUBMIT, submit_body(b"790400001%02d" % number,
                                                      registered=0), 0, number)
                            for number in range(2, 52))
                 + frame(UNBIND, b"", 0, 52))
        check(esme.wait(lambda: esme.closed, 5), "it is not closed after the unbind")
    answers = [(one.command, one.status) for one in order]
    equal(answers, [(0x80000009, 0)] + [(0x80000004, 0)] * 50 + [(0x80000006, 0)], "answers")


def what_was_said_before_the_line_was_closed_is_done_once(lab):
    """It says all it has to say, and closes its direction without an unbind."""
    numbers = [b"790400002%02d" % number for number in range(20)]
    with Session(lab.ports["smpp"]) as esme:
        for number in numbers:
            esme.submit(number, registered=0)
        esme.socket.shutdown(socket.SHUT_WR)
        check(esme.wait(lambda: esme.closed, 5), "it is not closed from the other end")
    until(lambda: all(map(lab.operator.sms, numbers)), 5, "some were not sent")
    equal([len(lab.operator.sms(number)) for number in numbers], [1] * 20, "times sent")


# ---- Messages --------------------------------------------------------------------

GOOD = (
    # name, what is said, what the operator must be sent; each has a number of its own
    ("a plain one", {}, {"text": b"hello", "registered": 1}),
    ("an alphanumeric source of 11", {"source": b"ABCDEFGHIJK"}, {"source": b"ABCDEFGHIJK"}),
    ("of 20", {"source": b"A" * 20}, {}),
    ("with a space and a dot", {"source": b"My.Shop 24"}, {"source": b"My.Shop 24"}),
    ("an empty source", {"source": b"", "source_form": b"\0\0"}, {"source": b""}),
    ("an empty source said to be a name", {"source": b""}, {"source": b""}),
    ("a short code", {"source": b"1234", "source_form": b"\3\0"}, {"source": b"1234"}),
    ("a source with a plus", {"source": b"+79991112233", "source_form": b"\1\1"}, {}),
    ("a plus", {"to": b"+79040000000"}, {"to": b"79040000000"}),
    ("a plus and TON 0", {"to": b"+79040000000", "to_form": b"\0\0"}, {"to": b"79040000000"}),
    ("TON 0 NPI 0", {"to_form": b"\0\0"}, {"to": b"79040000000"}),
    ("TON 2 NPI 0", {"to_form": b"\2\0"}, {"to": b"79040000000"}),
    ("TON and NPI that are none", {"to_form": b"\xff\x07"}, {"to": b"79040000000"}),
    ("registered_delivery 0", {"registered": 0}, {"registered": 1}),
    ("registered_delivery 0x11", {"registered": 0x11}, {}),
    ("registered_delivery 0x1f", {"registered": 0x1F}, {}),
    ("reserved bits of it", {"registered": 0xE1}, {}),
    ("esm_class 3", {"esm_class": 3}, {}),
    ("esm_class 2", {"esm_class": 2}, {}),
    ("esm_class 1", {"esm_class": 1}, {}),
    ("a header", {"esm_class": 0x40, "text": b"\5\0\3\7\2\1part"},
     {"esm_class": 0x40, "text": b"\5\0\3\7\2\1part"}),
    ("a header, store and forward", {"esm_class": 0x43, "text": b"\6\x08\4\0\7\2\1part"},
     {"text": b"\6\x08\4\0\7\2\1part"}),
    ("a reply path", {"esm_class": 0x80}, {"esm_class": 0x80}),
    ("a header and a reply path", {"esm_class": 0xC0, "text": b"\5\0\3\7\2\1part"},
     {"esm_class": 0xC0}),
    ("ports", {"esm_class": 0x40, "text": b"\6\5\4\x3e\x80\x3e\x80app", "data_coding": 4},
     {"text": b"\6\5\4\x3e\x80\x3e\x80app", "data_coding": 4}),
    ("7 days", {"validity": b"000007000000000R"}, {}),
    ("2 years and more", {"validity": b"020610233429000R"}, {}),
    ("absolute, east", {"validity": b"371231235959948+"}, {}),
    ("absolute, west", {"validity": b"371231235959048-"}, {}),
    ("absolute, UTC", {"validity": b"371231235959000+"}, {}),
    ("scheduled in the past", {"schedule": b"260101000000000+"}, {}),
    ("service_type CMT", {"service_type": b"CMT"}, {}),
    ("service_type WAP", {"service_type": b"WAP"}, {}),
    ("service_type of five", {"service_type": b"HELLO"}, {}),
    ("priority 3", {"priority": 3}, {}),
    ("protocol_id 0x41", {"protocol_id": 0x41}, {"protocol_id": 0x41}),
    ("IA5", {"data_coding": 1, "text": b"a" * 160}, {"data_coding": 1, "text": b"a" * 160}),
    ("UCS-2", {"data_coding": 8, "text": "Привет".encode("utf-16-be")},
     {"data_coding": 8, "text": "Привет".encode("utf-16-be")}),
    ("Latin-1", {"data_coding": 3, "text": "é".encode("latin-1")}, {"data_coding": 3}),
    ("binary", {"data_coding": 4, "text": bytes(range(140))}, {"text": bytes(range(140))}),
    ("octets", {"data_coding": 2, "text": b"\0\1\2"}, {"data_coding": 2}),
    ("class 0", {"data_coding": 0xF0}, {"data_coding": 0xF0}),
    ("class 1 in eight bits", {"data_coding": 0xF5, "text": b"\xff\0"},
     {"data_coding": 0xF5, "text": b"\xff\0"}),
    ("data_coding 0x11", {"data_coding": 0x11}, {"data_coding": 0x11}),
    ("an alphabet that is reserved", {"data_coding": 0x0B}, {"data_coding": 0x0B}),
    ("160 septets", {"text": b"x" * 160}, {"text": b"x" * 160}),
    ("no text at all", {"text": b""}, {"text": b""}),
    ("a payload", {"text": b"", "tlvs": tlv(TAG_PAYLOAD, b"in the payload")}, {}),
    ("an empty payload and a text", {"tlvs": tlv(TAG_PAYLOAD, b"")}, {}),
    ("SAR parameters", {"tlvs": sar(9, 2, 1)}, {"text": b"hello"}),
    ("SAR parameters of one part", {"tlvs": sar(9, 1, 1)}, {"text": b"hello"}),
    ("a reference of the user", {"tlvs": tlv(0x0204, b"\0\1")}, {}),
    ("parameters of vendors", {"tlvs": tlv(0x1400, b"") + tlv(0x3FFF, b"x" * 100)}, {}),
    ("a parameter twice", {"tlvs": tlv(0x0204, b"\0\1") * 2}, {}),
    ("what belongs to others", {"tlvs": tlv(0x0427, b"\2") + tlv(0x001E, b"1\0")}, {}),
)

BAD = (
    ("no destination", {"to": b"", "to_form": b"\0\0"}, 0x0B),
    ("a name as destination", {"to": b"nobody", "to_form": b"\5\0"}, 0x0B),
    ("a plus alone", {"to": b"+"}, 0x0B),
    ("a destination of 21", {"to": b"7" * 21}, 0x0B),
    ("a source of 21", {"source": b"7" * 21}, 0x0A),
    ("priority 4", {"priority": 4}, 0x06),
    ("a validity that is over", {"validity": b"260101000000000+"}, 0x62),
    ("a validity of 15", {"validity": b"00000700000000R"}, 0x62),
    ("a 13th month", {"validity": b"371331235959000+"}, 0x62),
    ("a zone of 49 quarters", {"validity": b"371231235959049+"}, 0x62),
    ("letters in it", {"validity": b"00000700000x000R"}, 0x62),
    ("a schedule that is none", {"schedule": b"soon"}, 0x61),
    ("replace 2", {"replace": 2}, 0x54),
    ("a canned message", {"default_msg": 1, "text": b""}, 0x63),
    ("sm_length 255", {"text": b"x" * 255}, 0x01),
    ("sm_length past the end", {"length": 100}, 0x01),
    ("a reference of one octet", {"tlvs": tlv(0x020C, b"\1")}, 0xC2),
    ("a parameter past the end", {"tlvs": b"\4\x24\0\x50abc"}, 0xC0),
    ("three octets left", {"tlvs": b"\4\x24\0"}, 0xC0),
    ("a service_type of six", {"service_type": b"LONGER"}, 0x15),
)


def each_is_taken_and_goes_on_as_it_should(lab):
    wrong = []
    with Session(lab.ports["smpp"]) as esme:
        ids = {}
        for number, (name, said, _) in enumerate(GOOD):
            to = b"7904100%04d" % number
            said = {**said, "to": said.get("to", b"").replace(b"79040000000", b"") + to}
            answer = esme.ask(SUBMIT, submit_body(**said))
            if answer.status != OK:
                wrong.append(f"{name}: 0x{answer.status:x}")
            else:
                ids[number] = answer.message_id
        for number, (name, said, wanted) in enumerate(GOOD):
            if number not in ids:
                continue
            to = b"7904100%04d" % number
            wanted = {**wanted, "to": to} if "to" in wanted else wanted
            until(lambda: lab.operator.sms(to), 5, f"{name}: not at the operator")
            got = lab.operator.sms(to)
            if len(got) != 1:
                wrong.append(f"{name}: {len(got)} SMS")
            for field, value in wanted.items():
                if getattr(got[0], field) != value:
                    wrong.append(f"{name}: {field} {getattr(got[0], field)!r}")
            if said.get("registered", 1) & 1:
                # Before it there may be a notification of the way there.
                check(esme.wait(lambda: any(one.id == ids[number] and one.stat == "DELIVRD"
                                            for one in esme.receipts), 5),
                      f"{name}: no receipt")
    equal(wrong, [], "otherwise than they should be")
    lab.nothing_held("sms")


def each_is_refused_with_its_own_status_and_the_bind_stays(lab):
    wrong = []
    before = lab.balance("sms")
    with Session(lab.ports["smpp"]) as esme:
        for name, said, status in BAD:
            answer = esme.ask(SUBMIT, submit_body(**said))
            if (answer.command, answer.status, answer.body) != (0x80000004, status, b""):
                wrong.append(f"{name}: {answer!r} {answer.body!r}, not 0x{status:x}")
        equal(esme.ask(ENQUIRE).status, OK, "enquire_link after all that")
    equal(wrong, [], "otherwise than they should be")
    equal(lab.balance("sms"), before, "balance")


def of_text_and_payload_the_payload_is_taken(lab):
    """3.4 forbids both (5.3.2.32); 5.0 (4.7.26) lets the payload win."""
    with Session(lab.ports["smpp"]) as esme:
        equal(esme.ask(SUBMIT, submit_body(b"79042000000",
                                           tlvs=tlv(TAG_PAYLOAD, b"the payload"))).status,
              OK, "submit_sm")
        until(lambda: lab.operator.sms(b"79042000000"), 5, "not at the operator")
        one, = lab.operator.sms(b"79042000000")
        equal((one.text, one.tlvs), (b"the payload", {}), "text and parameters")


def a_payload_may_be_long(lab):
    text = b"0123456789" * 61
    with Session(lab.ports["smpp"]) as esme:
        answer = esme.ask(SUBMIT, submit_body(b"79042000001", text=b"",
                                              tlvs=tlv(TAG_PAYLOAD, text)))
        equal(answer.status, OK, "submit_sm")
        until(lambda: len(lab.operator.sms(b"79042000001")) == 4, 5, "not four parts")
        parts = sorted(lab.operator.sms(b"79042000001"), key=lambda one: one.text[5])
        equal(b"".join(one.text[6:] for one in parts), text, "text")
        equal({(one.esm_class, one.text[:3], one.text[4]) for one in parts},
              {(0x40, b"\5\0\3", 4)}, "headers")
        esme.receipt(answer.message_id)


def other_ways_to_submit(lab):
    with Session(lab.ports["smpp"]) as esme:
        answer = esme.ask(DATA, data_body(b"+79043000000", b"by data_sm"))
        equal((answer.command, answer.status), (0x80000103, OK), "data_sm")
        esme.receipt(answer.message_id)
        one, = lab.operator.sms(b"79043000000")
        equal(one.text, b"by data_sm", "text of data_sm")
        equal(esme.ask(DATA, data_body(b"79043000000", None)).status, 0xC3,
              "data_sm without a payload")
        answer = esme.ask(SUBMIT_MULTI, multi_body([b"79043%06d" % number
                                                    for number in range(1, 255)]))
        equal((answer.status, answer.body[-1]), (OK, 0), "submit_multi to 254")
        until(lambda: all(lab.operator.sms(b"79043%06d" % number)
                          for number in range(1, 255)), 10, "not all 254 were sent")
        equal(esme.ask(SUBMIT_MULTI, multi_body([])).status, 0x33, "submit_multi to nobody")


def an_id_is_asked_for_in_the_form_it_was_given(lab):
    with Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted("79044000000", schedule=relative_time(3600))
        check(len(message_id) <= 64 and message_id.isdigit(), f"id {message_id!r}")
        rows = ((query_body(message_id), OK), (query_body(message_id, b""), 0x0C),
                (query_body(message_id, b"shop"), 0x0C), (query_body("000" + message_id), 0x0C),
                (query_body(message_id + "0"), 0x0C), (query_body("0x1f"), 0x0C),
                (query_body("9" * 64), 0x0C), (query_body("9" * 65), 0x0C),
                (query_body(""), 0x0C))
        for body, status in rows:
            equal(esme.ask(QUERY, body).status, status, f"query_sm {body!r}")
        equal(esme.ask(CANCEL, cancel_body(message_id)).status, OK, "cancel_sm")
        equal(esme.ask(CANCEL, cancel_body(message_id)).status, 0x11, "cancel_sm again")
        esme.receipt(message_id)


def what_the_operator_said_was_answered(lab):
    equal((lab.metric("link_binds"), len(lab.operator.sessions)),
          (len(BEHIND_THE_BIND), len(BEHIND_THE_BIND)), "binds, each of which stayed")
    statuses = {}
    for one in lab.operator.answers:
        statuses.setdefault(one.command, set()).add(one.status)
    equal(statuses.get(0x80000005), {OK}, "answers to deliver_sm")
    equal(statuses.get(0x80000103), {OK}, "answers to data_sm")
    equal(statuses.get(NACK), {3}, "answers to what is unknown")
    check({0, 0x7FFFFFFF} <= {one.sequence for one in lab.operator.answers
                              if one.command == RESPONSE | ENQUIRE},
          "enquire_link of the operator was not answered")
    check(all(one.command & RESPONSE for one in lab.operator.answers), "requests to it")


def in_the_end_wireshark_finds_nothing_malformed(lab):
    lab.nothing_held("sms")
    lab.verify()
    lab.stop()
    lab.capture.end()
    lab.capture.nothing_is_malformed(lab.capture.ours())
    return f"{sum(lab.capture.commands(lab.capture.ours()).values())} PDUs"


if __name__ == "__main__":
    scenario(60, StrangersLab, binds_of_every_kind_and_version, binds_with_much_in_them,
             sequence_numbers_come_back_as_they_were,
             before_the_bind_only_questions_are_answered,
             commands_nobody_knows_get_a_nack_and_the_bind_stays,
             alert_and_outbind_are_not_for_an_esme_to_send,
             an_unbind_behind_the_last_submit_comes_after_all_answers,
             what_was_said_before_the_line_was_closed_is_done_once,
             each_is_taken_and_goes_on_as_it_should,
             each_is_refused_with_its_own_status_and_the_bind_stays,
             of_text_and_payload_the_payload_is_taken, a_payload_may_be_long,
             other_ways_to_submit, an_id_is_asked_for_in_the_form_it_was_given,
             what_the_operator_said_was_answered,
             in_the_end_wireshark_finds_nothing_malformed)
