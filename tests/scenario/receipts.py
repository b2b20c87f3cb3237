#!/usr/bin/env python3
"""Receipts as clients want them, and as bad clients take them."""

import re
import time

from datetime import datetime, timedelta, timezone

from lab import Lab, check, equal, scenario, until
from smpp_client import (
    BIND_RECEIVER, BIND_TRANSMITTER, OK, QUEUE_FULL, TAG_STATE, Session, tlv, udh8)

SMSC = "report_delay=50,rule=7911*0042:undelivered+err:042"
MESSENGER = "report_delay=100,rule=79112*:failed,rule=7911*:delivered"
PLAN, CHANNEL, STEP, CHARGED, CURRENCY, ORDER, REFERENCE = (
    0x3D01, 0x3D02, 0x3D03, 0x3D04, 0x3D05, 0x1444, 0x1400)
INVALID_VALUE, REJECTED = 0xC4, 0x66

ACCOUNT = """
account "%s" {
  password = "secret08"
  plan = "%s"
  opening = "1000.00"
  window = %d
  binds = 8
  allow_from = {"127.0.0.0/8"}
  %s
}
"""
DICTIONARY = """
  plans = {"sms"}
  tlv "0x3D01" { where = "both" }
  tlv "0x3D02" { }
  tlv "0x3D03" { }
  tlv "0x3D04" { form = "int8" }
  tlv "0x3D05" { form = "cstring" }
  tlv "0x1400" { means = "reference" }
  tlv "0x1444" { means = "plan" where = "submit"
                 values = {"M,S = messenger-then-sms", "S = sms"} }
"""
ORDERS = """
  plans = {"messenger-then-sms"}
  tlv "0x3D01" { }
  tlv "0x1444" { means = "plan" where = "submit"
                 values = {"M,S = messenger-then-sms", "S = sms"} }
"""
FORM = """
  receipt_date_digits = 14
  receipt_zone = "+05:45"
  receipt_text_length = 7
  receipt_err_digits = 4
  receipt_tlvs = false
"""


def edit(text):
    """Clients with 2 s for an answer, and further accounts."""
    text = text.replace('listen "smpp" {', 'listen "smpp" {\n  response_timeout = "2s"', 1)
    return text + "".join(ACCOUNT % row for row in (
        ("words", "messenger-then-sms", 100, DICTIONARY),
        ("orders", "sms", 100, ORDERS),
        ("form", "sms", 100, FORM),
        ("stuck", "sms", 100, ""),
        ("later", "sms", 100, ""),
        ("final", "sms", 100, ""),
        ("mute", "sms", 100, ""),
        ("sends", "sms", 100, "")))


def finals(esme, message_id):
    return [one for one in esme.receipts_of(message_id) if one.esm_class == 0x04]


def news(esme, message_id):
    return [one for one in esme.receipts_of(message_id) if one.esm_class == 0x20]


def metric(lab, name, account):
    page = lab.http("GET", "/metrics").body.decode()
    found = re.search(rf'^sluice_{name}{{account="{account}"}} (\S+)$', page, re.M)
    check(found, f"there is no sluice_{name} of {account}")
    return float(found.group(1))


# ---- What is asked for -------------------------------------------------------------


def bits_decide_what_a_cascade_tells(lab):
    rows = (  # registered_delivery, number, finals, notifications
        (0x00, "79111000001", 0, 0),
        (0x01, "79111000002", 1, 0),
        (0x02, "79111000003", 0, 0),
        (0x03, "79111000004", 1, 0),
        (0xE1, "79111000005", 1, 0),
        (0x11, "79111000006", 1, 1),
        (0x10, "79111000007", 0, 1),
        (0x11, "79112000008", 1, 2),
        (0x02, "79112000042", 1, 0),
        (0x03, "79112010042", 0, 0),
    )
    with Session(lab.ports["smpp"], "words") as esme:
        ids = [esme.submitted(to, registered=asked) for asked, to, *_ in rows]
        for message_id in ids:
            lab.ended(message_id)
        esme.receipt(esme.submitted("79111000009"))
        for (asked, to, receipts, notifications), message_id in zip(rows, ids):
            what = f"registered_delivery 0x{asked:02x} to {to}"
            equal(len(finals(esme, message_id)), receipts, f"{what}: receipts")
            equal(len(news(esme, message_id)), notifications, f"{what}: notifications")
            last = esme.receipts_of(message_id)[-1:]
            check(not receipts or last == finals(esme, message_id),
                  f"{what}: the receipt is not the last")
        told = news(esme, ids[7])
        equal([(one.stat, dict(one.tlvs)[TAG_STATE], dict(one.tlvs)[CHANNEL])
               for one in told], [("ENROUTE", b"\1", b"messenger"),
                                  ("ENROUTE", b"\1", b"smsc")], "the steps, on the way")


def the_dictionary_names_channel_step_and_price(lab):
    rows = (  # number, channel, step, micro-units
        ("79111000011", b"messenger", b"messenger", 10000),
        ("79112000012", b"smsc", b"sms", 50000),
    )
    with Session(lab.ports["smpp"], "words") as esme:
        for to, channel, step, micro in rows:
            reference = b"order " + to.encode()
            receipt = esme.receipt(esme.submitted(to, tlvs=tlv(REFERENCE, reference)))
            tlvs = dict(receipt.tlvs)
            equal([tlvs[tag] for tag in (PLAN, CHANNEL, STEP, CURRENCY, REFERENCE)],
                  [b"messenger-then-sms", channel, step, b"EUR\0", reference], "TLVs")
            equal(int.from_bytes(tlvs[CHARGED], "big"), micro, "charged")
            equal(len(tlvs[CHARGED]), 8, "octets of charged")


def each_part_of_a_long_message_is_told_of_its_own_way(lab):
    rows = (  # number, channel, micro-units of the whole message
        ("79111000013", b"messenger", 10000),
        ("79112000014", b"smsc", 100000),
    )
    with Session(lab.ports["smpp"], "words") as esme:
        for reference, (to, channel, micro) in enumerate(rows):
            ids = [esme.submitted(to, b"part %d" % number, udh=udh8(reference, 2, number))
                   for number in (1, 2)]
            for message_id in ids:
                tlvs = dict(esme.receipt(message_id).tlvs)
                equal(tlvs[CHANNEL], channel, f"channel of a part to {to}")
                equal(int.from_bytes(tlvs[CHARGED], "big"), micro, "charged")


def a_plan_is_asked_for_by_parameter(lab):
    rows = (  # tag, value, status, plan
        (PLAN, b"sms", OK, b"sms"),
        (ORDER, b"S", OK, b"sms"),
        (ORDER, b"M,S", OK, b"messenger-then-sms"),
        (ORDER, b"V,S", INVALID_VALUE, None),
        (PLAN, b"nowhere", INVALID_VALUE, None),
    )
    before = lab.balance("words")
    with Session(lab.ports["smpp"], "words") as esme:
        for number, (tag, value, status, plan) in enumerate(rows):
            answer = esme.response(esme.submit(f"7911100002{number}",
                                               tlvs=tlv(tag, value)))
            equal(answer.status, status, f"a plan by 0x{tag:04x} {value!r}")
            if plan:
                equal(dict(esme.receipt(answer.message_id).tlvs)[PLAN], plan, "its plan")
    lab.nothing_held("words")
    with Session(lab.ports["smpp"], "form") as esme:
        equal(esme.response(esme.submit("79111000025", tlvs=tlv(PLAN, b"nowhere"))).status,
              OK, "an account without a dictionary")
        check(esme.wait(lambda: esme.receipts, 10), "no receipt")
    check(lab.balance("words")["charged"] > before["charged"], "nothing was charged")


def the_plan_of_a_long_message_is_the_first_parts(lab):
    """The parameter stands on all parts, on the first alone, or not the same on each."""
    cascade, alone = tlv(ORDER, b"M,S"), tlv(ORDER, b"S")
    rows = (  # parameters of the parts, texts the messenger gets, SMS
        ((cascade, cascade, cascade), ["one two three"], 0),
        ((cascade, b"", b""), ["one two three"], 0),
        ((cascade, alone, cascade), ["one two three"], 0),
        ((alone, alone, alone), [], 3),
        ((b"", alone, b""), [], 3),
    )
    with Session(lab.ports["smpp"], "orders") as esme:
        for number, (tlvs, posts, sms) in enumerate(rows):
            to = f"7911100008{number}"
            ids = [esme.submitted(to, text, udh=udh8(number, 3, place), tlvs=tlvs[place - 1])
                   for place, text in ((1, b"one "), (2, b"two "), (3, b"three"))]
            for message_id in ids:
                receipt = esme.receipt(message_id)
                equal((receipt.stat, dict(receipt.tlvs)[PLAN]),
                      ("DELIVRD", b"messenger-then-sms" if posts else b"sms"), f"row {number}")
            equal([bytes.fromhex(one["text"]).decode() for one in lab.posts(to)], posts,
                  f"texts of row {number}")
            equal(len(lab.sms(to)), sms, f"SMS of row {number}")


def the_form_is_the_accounts(lab):
    text = "Größe {M} 17".encode("utf-16-be")
    with Session(lab.ports["smpp"], "form", version=0x33) as esme:
        message_id = esme.submitted("79111000042", text, data_coding=8)
        check(esme.wait(lambda: esme.receipts, 10), "no receipt")
        receipt, = esme.receipts
        found = re.fullmatch(rb"id:(\d+) sub:001 dlvrd:000 submit date:(\d{14}) "
                             rb"done date:\d{14} stat:UNDELIV err:0042 text:(.*)",
                             receipt.text)
        check(found, f"not of this form: {receipt.text!r}")
        equal((found.group(1).decode(), found.group(3)), (message_id, b"Gr??e {"),
              "id, text")
        there = datetime.strptime(found.group(2).decode(), "%Y%m%d%H%M%S")
        now = (datetime.now(timezone.utc) + timedelta(hours=5, minutes=45)).replace(
            tzinfo=None)
        check(abs((now - there).total_seconds()) < 60, f"{there} is not now, there")
        equal(receipt.tlvs, [], "TLVs for version 3.3")


def it_is_told_once_more_on_demand(lab):
    """Also after a kill, and of the parts of a long message."""
    def again(message_id):
        answer = lab.http("POST", f"/v1/messages/{message_id}/receipt")
        return answer.status, answer.json.get("told", answer.json.get("code"))

    def heard(one):
        return one.text, one.tlvs

    with Session(lab.ports["smpp"], "words") as esme:
        single = esme.submitted("79112000015", tlvs=tlv(REFERENCE, b"order 15"))
        parts = [esme.submitted("79111000016", b"part %d" % number, udh=udh8(99, 2, number))
                 for number in (1, 2)]
        first = {one: heard(esme.receipt(one)) for one in (single, *parts)}
        unasked = esme.submitted("79111000017", registered=0)
        lab.ended(unasked)
        until(lambda: metric(lab, "account_receipts_waiting", "words") == 0, 5,
              "they are not acknowledged")
        for one in (single, parts[1]):
            equal(again(one), (200, 1), "once more")
            check(esme.wait(lambda: len(finals(esme, one)) == 2, 5), "it did not come")
            equal(heard(finals(esme, one)[1]), first[one], "once more")
        equal(again(unasked), (409, "nothing_to_tell"), "of what nobody wanted to hear")
        equal(again("1" + single)[0], 404, "of nothing")
    until(lambda: metric(lab, "account_receipts_waiting", "words") == 0, 5, "not answered")
    for repeat in range(2):
        equal(lab.sluice("receipt", single), f"{single} told: 1\n", "sluice receipt")
        lab.kill()
        lab.start()
    equal(again(parts[0]), (200, 1), "of a message that ended before the start")
    with Session(lab.ports["smpp"], "words") as esme:
        for one in (single, parts[0]):
            check(esme.wait(lambda: finals(esme, one), 5), "it did not come after the kill")
            equal(heard(finals(esme, one)[0]), first[one], "after a kill")
        until(lambda: metric(lab, "account_receipts_waiting", "words") == 0, 5, "not answered")
        equal(len(esme.receipts), 2, "what waited still was made twice")
    equal(lab.metric("receipts_retold_total"), 1, "counted since the start")


# ---- How they are taken ------------------------------------------------------------


def put_off_they_come_again_and_hold_nobody_back(lab):
    status = {}
    with Session(lab.ports["smpp"], "later",
                 acknowledge=lambda one: status.get(one.destination, OK)) as esme:
        status[b"Put off"] = QUEUE_FULL
        message_id = esme.submitted("79111000031", source=b"Put off")
        first = esme.receipt(message_id)
        others = [esme.submitted(f"791110003{i:02}") for i in range(50, 60)]
        for one in others:
            esme.receipt(one, 2)
        status.clear()
        check(esme.wait(lambda: len(finals(esme, message_id)) == 2, 8), "never again")
        again = finals(esme, message_id)[1]
        took_s = again.at - first.at
        check(4.9 <= took_s <= 6, f"again after {took_s:.1f} s, not 5")
        equal(again.text, first.text, "the text, again")
        until(lambda: metric(lab, "account_receipts_waiting", "later") == 0, 3,
              "it is not acknowledged")
    return f"again after {took_s:.2f} s"


def any_other_status_is_final(lab):
    with Session(lab.ports["smpp"], "final", acknowledge=lambda _: REJECTED) as esme:
        message_id = esme.submitted("79111000032")
        esme.receipt(message_id)
        until(lambda: metric(lab, "account_receipts_waiting", "final") == 0, 3,
              "it is kept")
        check(not esme.wait(lambda: len(finals(esme, message_id)) > 1, 7), "it came again")


def without_an_answer_they_come_again(lab):
    with Session(lab.ports["smpp"], "mute", acknowledge=False) as esme:
        message_id = esme.submitted("79111000033")
        first = esme.receipt(message_id)
        check(esme.wait(lambda: len(finals(esme, message_id)) == 2, 9), "never again")
        took_s = finals(esme, message_id)[1].at - first.at
        check(6.9 <= took_s <= 8.5, f"after {took_s:.1f} s, not 2 of time-out and 5")
        oldest_s = metric(lab, "account_oldest_receipt_seconds", "mute")
        check(6 <= oldest_s <= 10, f"the oldest is {oldest_s} s old")
    return f"again after {took_s:.2f} s"


def a_stuck_bind_leaves_them_to_another(lab):
    with Session(lab.ports["smpp"], "stuck", acknowledge=False) as bad, \
            Session(lab.ports["smpp"], "stuck", command=BIND_RECEIVER) as good:
        lost = bad.submitted("79111000034")
        bad.receipt(lost)
        # Its 2 s are over; from here on the other one has them.
        check(not good.wait(lambda: good.receipts, 2.5), "it went to both")
        ids = [bad.submitted(f"7911100{i:04}") for i in range(400, 440)]
        begin = time.monotonic()
        for message_id in ids:
            good.receipt(message_id, 5)
        took_s = time.monotonic() - begin
        equal(len(bad.receipts), 1, "receipts of the silent bind")
        good.receipt(lost, 8)
        until(lambda: metric(lab, "account_receipts_waiting", "stuck") == 0, 3,
              "not all are acknowledged")
    return f"40 in {took_s:.2f} s"


def a_transmitter_gets_none_and_a_receiver_not_before_the_answer(lab):
    with Session(lab.ports["smpp"], "sends", command=BIND_TRANSMITTER) as sends, \
            Session(lab.ports["smpp"], "sends", command=BIND_RECEIVER) as receives:
        for i in range(20):
            sequence = sends.submit(f"7911100006{i}"[:11])
            answer = sends.response(sequence)
            receipt = receives.receipt(answer.message_id)
            check(receipt.at > answer.at, "the receipt came before the answer")
        equal(sends.receipts, [], "receipts of the transmitter")
        equal(len(receives.receipts), 20, "receipts of the receiver")


def it_all_adds_up(lab):
    for account in ("words", "orders", "form", "stuck", "later", "final", "mute", "sends"):
        lab.nothing_held(account)
    lab.verify()


if __name__ == "__main__":
    scenario(60, lambda: Lab(smsc=SMSC, messenger=MESSENGER, edit=edit),
             bits_decide_what_a_cascade_tells, the_dictionary_names_channel_step_and_price,
             each_part_of_a_long_message_is_told_of_its_own_way,
             a_plan_is_asked_for_by_parameter, the_plan_of_a_long_message_is_the_first_parts,
             the_form_is_the_accounts,
             it_is_told_once_more_on_demand, it_all_adds_up,
             together=(put_off_they_come_again_and_hold_nobody_back,
                       any_other_status_is_final, without_an_answer_they_come_again,
                       a_stuck_bind_leaves_them_to_another,
                       a_transmitter_gets_none_and_a_receiver_not_before_the_answer))
