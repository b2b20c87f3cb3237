#!/usr/bin/env python3
"""What is refused at the door, what an operator refuses, and what each costs."""

import time

from decimal import Decimal

from lab import Lab, check, equal, run_together, scenario, until
from smpp_client import (
    ALREADY_BOUND, INVALID_PASSWORD, OK, QUEUE_FULL, THROTTLED, Session, relative_time)

SMS = Decimal("0.05")


def uncharged(lab, message_id, end, timeout_s=10):
    """It has ended so, and nothing was paid for it."""
    row = lab.ended(message_id, timeout_s)
    equal((row["end"], row["charged"]), (end, "0.000000"), "end, charged")
    return row


# ---- The door ----


def wrong_names_and_passwords_look_alike_and_close(lab):
    for system_id, password in (("sms", "wrong"), ("nobody", "secret08"), ("sms", ""),
                                ("nobody", "wrong")):
        with Session(lab.ports["smpp"], system_id, password) as esme:
            equal(esme.bind_status, INVALID_PASSWORD, f"bind of {system_id}")
            check(esme.wait(lambda: esme.closed, 2), "the connection stays open")
    with Session(lab.ports["smpp"]) as esme:
        equal(esme.bind_status, OK, "the right password, afterwards")


def over_its_rate_it_is_throttled_and_stays_bound(lab):
    before = lab.balance("slow")
    with Session(lab.ports["smpp"], "slow") as esme:
        begin = time.monotonic()
        sequences = [esme.submit(f"7904000{i:04}") for i in range(40)]
        statuses = [esme.response(one).status for one in sequences]
        took_s = time.monotonic() - begin
        taken = statuses.count(OK)
        equal(statuses.count(THROTTLED), 40 - taken, "those refused with 0x58")
        check(10 <= taken <= 10 + took_s * 10 + 1, f"{taken} taken in {took_s:.2f} s")
        equal(statuses[:10], [OK] * 10, "the first ten")
        after = lab.balance("slow")
        equal(before["available"] - after["available"], taken * SMS, "held or charged")
        check(not esme.closed, "the bind was closed")
        equal(lab.send("slow", "79040009999", "x" * 2000).status, 429, "the API, 14 parts")
        time.sleep(1.2)
        statuses = [esme.response(esme.submit(f"7904001{i:04}")).status for i in range(10)]
        equal(statuses, [OK] * 10, "ten more, a second later")
    return f"{taken} of 40 in {took_s:.2f} s"


def the_seventeenth_bind_is_refused_while_all_are_alive(lab):
    binds = [Session(lab.ports["smpp"]) for _ in range(16)]
    equal([one.bind_status for one in binds], [OK] * 16, "sixteen binds")
    begin = time.monotonic()
    with Session(lab.ports["smpp"]) as late:
        took_s = time.monotonic() - begin
        equal(late.bind_status, ALREADY_BOUND, "the seventeenth")
        check(took_s < 4, f"answered after {took_s:.1f} s")
        check(late.wait(lambda: late.closed, 2), "its connection stays open")
    check(all(one.enquiries >= 1 and not one.closed for one in binds),
          "not all were asked, or one was closed")
    for one in binds:
        one.close()
    return f"after {took_s:.2f} s"


def the_seventeenth_bind_takes_the_place_of_a_dead_one(lab):
    until(lambda: bind_is_free(lab), 5, "the sixteen of before are still bound")
    binds = [Session(lab.ports["smpp"], answer_enquire=number != 7) for number in range(16)]
    equal([one.bind_status for one in binds], [OK] * 16, "sixteen binds")
    begin = time.monotonic()
    with Session(lab.ports["smpp"]) as late:
        took_s = time.monotonic() - begin
        equal(late.bind_status, OK, "the seventeenth")
        check(took_s < 4, f"answered after {took_s:.1f} s")
        check(binds[7].wait(lambda: binds[7].closed, 2), "the dead one was not closed")
        check(not any(one.closed for one in binds if one is not binds[7]),
              "a living one was closed")
        equal(late.receipt(late.submitted("79040020000")).stat, "DELIVRD", "stat")
    for one in binds:
        one.close()
    return f"after {took_s:.2f} s"


def bind_is_free(lab):
    with Session(lab.ports["smpp"]) as esme:
        return esme.bind_status == OK


def the_api_refuses_with_the_status_of_the_contract(lab):
    good = {"account": "sms", "from": "Shop", "to": "79040030000", "text": "hello"}
    rows = (
        ("unknown account", {**good, "account": "nobody"}, 404),
        ("no recipient", {key: good[key] for key in ("account", "from", "text")}, 400),
        ("a recipient with letters", {**good, "to": "7904abc"}, 400),
        ("an empty recipient", {**good, "to": ""}, 400),
        ("a number for a recipient", {**good, "to": 79040030000}, 400),
        ("unknown plan", {**good, "plan": "nowhere"}, 400),
        ("a validity that is over", {**good, "validity": 0}, 400),
        ("a list", [good], 400),
        ("no JSON", b"{", 400),
    )
    for name, body, status in rows:
        answer = lab.http("POST", "/v1/messages", body)
        equal(answer.status, status, f"{name}: {answer!r}")
        found = answer.json
        check("json" in answer.headers["Content-Type"] and found.get("status") == status
              and found.get("title"), f"{name}: no problem of RFC 9457: {answer!r}")
    equal(lab.http("GET", "/v1/messages/1").status, 404, "an id that never was")
    equal(lab.http("GET", "/v1/messages/x").status, 404, "no id at all")
    equal(lab.http("POST", "/v1/messages", good, token="wrong").status, 401, "wrong token")


# ---- What the operator refuses ----

OPERATOR = ("rule=7905*0020:full,rule=7905*0011:0x0B,rule=7905*0045:0x45,rule=7905*0008:error,"
            "rule=7905*0100:never,rule=7905*0101:delivered+after:5000,"
            "rule=7905*0201:delivered+twice,rule=7905*0202:undelivered+then-delivered,"
            "rule=7905*0203:delivered+then-undelivered,rule=7905*0204:delivered+early,"
            "rule=7905*0205:late,rule=7905*0206:enroute+then-delivered,"
            "rule=7905*0207:accepted+then-delivered,"
            "rule=7905*0208:unknown+then-delivered,rule=7905*0209:rejected,rule=7905*0210:expired,"
            "rule=7905*0211:deleted,late=3000")


def a_permanent_refusal_fails_at_once_and_costs_nothing(lab):
    with Session(lab.ports["smpp"]) as esme:
        for to in ("79050000011", "79050000045", "79050000008"):
            begin = time.monotonic()
            message_id = esme.submitted(to)
            equal(esme.receipt(message_id).stat, "UNDELIV", "stat")
            check(time.monotonic() - begin < 1, "it took longer than a second")
            row = uncharged(lab, message_id, "undeliverable")
            equal([(one["try"], one["state"]) for one in row["attempts"]], [(1, "failed")],
                  "attempts")
            equal(len(lab.sms(to)), 1, "submits")


def a_full_queue_is_tried_again_after_1_2_and_4_seconds(lab):
    to = "79050000020"
    with Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted(to)
        equal(esme.receipt(message_id, 12).stat, "UNDELIV", "stat")
        row = uncharged(lab, message_id, "undeliverable")
    at = [one["at"] for one in lab.sms(to)]
    waits = [after - before for before, after in zip(at, at[1:])]
    equal(len(at), 4, "tries")
    check(all(wanted - 0.1 <= got <= wanted + 0.6 for got, wanted in zip(waits, (1, 2, 4))),
          f"waits {waits}, not 1, 2, 4")
    equal([one["try"] for one in row["attempts"]][-1], 4, "try of the last attempt")
    return "tries after " + ", ".join(f"{wait:.2f}" for wait in waits) + " s"


def without_a_report_it_expires_by_its_validity(lab):
    to = "79050000100"
    with Session(lab.ports["smpp"]) as esme:
        begin = time.time()
        message_id = esme.submitted(to, validity=relative_time(3))
        answer = lab.send("sms", to, validity=3)
        equal(answer.status, 202, f"the API: {answer!r}")
        receipt = esme.receipt(message_id)
        equal(receipt.stat, "EXPIRED", "stat")
        took_s = receipt.at - begin
        check(3 <= took_s <= 6.2, f"EXPIRED {took_s:.2f} s after it was sent, not 3 to 6")
        for one in (message_id, answer.json["id"]):
            row = lab.ended(one)
            equal((row["end"], row["charged"]), ("expired", "0.050000"),
                  "what the operator had accepted stays charged")
    return f"after {took_s:.2f} s of validity 3"


def a_report_after_the_end_changes_no_end(lab):
    to = "79050000101"
    with Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted(to, validity=relative_time(2))
        equal(esme.receipt(message_id).stat, "EXPIRED", "stat")
        until(lambda: lab.message(message_id)["attempts"][0]["state"] == "delivered", 6,
              "the late report was not recorded")
        row = lab.ended(message_id)
        equal((row["end"], row["charged"]), ("expired", "0.050000"), "end, charged")
        equal(len(esme.receipts_of(message_id)), 1, "receipts")


def reports_may_come_twice_early_late_or_against_each_other(lab):
    rows = (("79050000201", "DELIVRD", "delivered"), ("79050000202", "UNDELIV", None),
            ("79050000203", "DELIVRD", "delivered"), ("79050000204", "DELIVRD", "delivered"),
            ("79050000205", "DELIVRD", "delivered"), ("79050000206", "DELIVRD", "delivered"),
            ("79050000207", "DELIVRD", "delivered"), ("79050000208", "DELIVRD", "delivered"),
            ("79050000209", "UNDELIV", "undeliverable"), ("79050000210", None, None),
            ("79050000211", None, None))
    with Session(lab.ports["smpp"]) as esme:
        ids = [esme.submitted(to) for to, _, _ in rows]
        for message_id, (to, stat, end) in zip(ids, rows):
            receipt = esme.receipt(message_id)
            check(stat is None or receipt.stat == stat, f"{to}: {receipt.stat}, not {stat}")
            row = lab.ended(message_id)
            check(end is None or row["end"] == end, f"{to}: {row['end']}, not {end}")
            equal(row["charged"], "0.050000", f"charged for {to}")
        time.sleep(1)
        for message_id, (to, _, _) in zip(ids, rows):
            equal(len(esme.receipts_of(message_id)), 1, f"receipts for {to}")
            equal(len(lab.sms(to)), 1, f"SMS to {to}")


# ---- Operators of another kind: a lab of its own for each ----


def a_throttling_operator_makes_the_link_pause(_):
    with Lab(smsc="rule=*0058:throttled") as lab, Session(lab.ports["smpp"]) as esme:
        begin = time.time()
        message_id = esme.submitted("79060000058", validity=relative_time(4))
        until(lambda: lab.sms("79060000058"), 2, "no submit")
        other = esme.submitted("79060000001")
        equal(esme.receipt(other, 3).stat, "DELIVRD", "stat of another message")
        waited_s = lab.sms("79060000001")[0]["at"] - lab.sms("79060000058")[0]["at"]
        check(waited_s >= 0.8, f"the link did not pause: {waited_s:.2f} s")
        receipt = esme.receipt(message_id, 10)
        equal(receipt.stat, "EXPIRED", "stat: 0x58 alone never fails a segment")
        check(4 <= receipt.at - begin <= 7.2, f"EXPIRED after {receipt.at - begin:.1f} s")
        uncharged(lab, message_id, "expired")
        at = [one["at"] for one in lab.sms("79060000058")]
        waits = [after - before for before, after in zip(at, at[1:])]
        check(len(at) >= 3 and all(0.9 <= wait <= 1.6 for wait in waits),
              f"waits between its tries: {waits}, not 1")
        lab.nothing_held("sms")
        lab.verify()
        return f"{len(at)} tries, a second apart"


def a_swallowed_answer_is_sent_once_more_and_charged_once(_):
    # The first is taken and never answered or reported, the second is as it should be.
    with Lab(smsc="every=2:delivered,default=swallow+never") as lab, \
            Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted("79070000001")
        until(lambda: lab.sms("79070000001"), 2, "no submit")
        receipt = esme.receipt(message_id, 12)
        equal(receipt.stat, "DELIVRD", "stat")
        at = [one["at"] for one in lab.sms("79070000001")]
        equal(len(at), 2, "submits")
        check(6.5 <= at[1] - at[0] <= 8.5, f"sent again after {at[1] - at[0]:.1f} s, not 7")
        row = lab.ended(message_id)
        equal((row["end"], row["charged"]), ("delivered", "0.050000"), "end, charged")
        equal([one["try"] for one in row["attempts"]], [1, 2], "tries")
        lab.nothing_held("sms")
        lab.verify()
        return f"again after {at[1] - at[0]:.2f} s"


def a_swallowed_answer_whose_report_comes_is_not_sent_again(_):
    with Lab(smsc="default=swallow+delivered+after:500") as lab, \
            Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted("79070000002")
        equal(esme.receipt(message_id, 12).stat, "DELIVRD", "stat")
        time.sleep(2.5)
        equal(len(lab.sms("79070000002")), 1, "submits")
        equal(lab.ended(message_id)["charged"], "0.050000", "charged")
        lab.nothing_held("sms")
        lab.verify()


def what_is_never_answered_ends_unknown_and_costs_nothing(_):
    with Lab(smsc="default=lose") as lab, Session(lab.ports["smpp"]) as esme:
        begin = time.time()
        message_id = esme.submitted("79070000003")
        receipt = esme.receipt(message_id, 20)
        equal(receipt.stat, "UNKNOWN", "stat")
        uncharged(lab, message_id, "unknown")
        equal(len(lab.sms("79070000003")), 2, "submits")
        lab.nothing_held("sms")
        lab.verify()
        return f"after {receipt.at - begin:.1f} s"


def a_full_gateway_refuses_and_recovers(_):
    small = lambda text: text.replace("practice = true",
                                      "practice = true\nmax_messages = 1000", 1)
    with Lab(edit=small, start=False) as lab:
        lab.start()
        with Session(lab.ports["smpp"]) as esme:
            statuses = []
            for begin in range(0, 1200, 100):
                sequences = [esme.submit(f"7908000{i:04}") for i in range(begin, begin + 100)]
                statuses += [esme.response(one).status for one in sequences]
            taken = statuses.count(OK)
            equal((taken, statuses.count(QUEUE_FULL)), (1000, 200), "ESME_ROK, 0x14")
            equal(lab.send("sms", "79080009999").status, 503, "the API")
            check(not esme.closed, "the bind was closed")
            equal(lab.balance("sms")["held"], 1000 * SMS, "held")
            lab.start_sim()
            check(esme.wait(lambda: len(esme.receipts) == 1000, 20), "1000 receipts")
            began = time.monotonic()
            until(lambda: esme.response(esme.submit("79080009998")).status == OK, 5,
                  "submits are still refused")
            took_s = time.monotonic() - began
        lab.nothing_held("sms")
        lab.verify()
        return f"taken again {took_s:.2f} s after the last receipt"


def every_format_of_a_receipt_is_understood(_):
    with Lab(smsc="format=all") as lab:
        lab.bench("-n", 380, "--expect-stat", "DELIVRD", "-d", "79091######")
        lab.verify()
    for ids in ("hex", "uuid", "padded"):
        with Lab(smsc=f"ids={ids}") as lab:
            lab.bench("-n", 50, "--expect-stat", "DELIVRD", "-d", "79092######")
    return "19 formats, 4 forms of ids"


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    for account in ("sms", "slow"):
        lab.nothing_held(account)
    lab.verify()


def operators_of_other_kinds(lab):
    check(run_together((
        a_throttling_operator_makes_the_link_pause,
        a_swallowed_answer_is_sent_once_more_and_charged_once,
        a_swallowed_answer_whose_report_comes_is_not_sent_again,
        what_is_never_answered_ends_unknown_and_costs_nothing,
        a_full_gateway_refuses_and_recovers,
        every_format_of_a_receipt_is_understood), lab), "one of them is not met")


if __name__ == "__main__":
    scenario(90, lambda: Lab(smsc=OPERATOR, messenger=False),
             the_seventeenth_bind_is_refused_while_all_are_alive,
             the_seventeenth_bind_takes_the_place_of_a_dead_one,
             in_the_end_nothing_is_held_and_the_ledger_is_right,
             together=(
                 wrong_names_and_passwords_look_alike_and_close,
                 over_its_rate_it_is_throttled_and_stays_bound,
                 the_api_refuses_with_the_status_of_the_contract,
                 a_permanent_refusal_fails_at_once_and_costs_nothing,
                 a_full_queue_is_tried_again_after_1_2_and_4_seconds,
                 without_a_report_it_expires_by_its_validity,
                 a_report_after_the_end_changes_no_end,
                 reports_may_come_twice_early_late_or_against_each_other,
                 operators_of_other_kinds,
             ))
