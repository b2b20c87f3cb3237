#!/usr/bin/env python3
"""query_sm, cancel_sm, replace_sm, submit_multi, data_sm, schedules and ids of all forms,
as SMPP 3.4 chapter 4 and 5.2 have them; and what of them survives kill -9.
"""

import re
import subprocess
import time

from decimal import Decimal

from lab import BUILD, Lab, check, equal, scenario, until
from smpp_client import (
    BIND_RECEIVER, CANCEL, DATA, OK, QUERY, REPLACE, SUBMIT_FAILED, SUBMIT_MULTI, Multi,
    Query, Session, cancel_body, data_body, multi_body, query_body, relative_time,
    replace_body, tlv)

SMS = Decimal("0.05")
INVALID_ID, CANCEL_FAIL, REPLACE_FAIL, NO_LISTS = 0x0C, 0x11, 0x13, 0x44
INVALID_DESTINATION, INVALID_SCHEDULE, INVALID_EXPIRY = 0x0B, 0x61, 0x62
ENROUTE, DELIVERED, DELETED = 1, 2, 4
LATER = relative_time(3600)

ACCOUNTS = "".join(f'''
account "{name}" {{
  password = "secret08"
  plan = "sms"
  plans = {{"*"}}
  currency = "EUR"
  opening = "1000.00"
  {setting}
  window = 1000
  binds = 16
  allow_from = {{"127.0.0.0/8", "::1/128"}}
}}
''' for name, setting in (("hex", 'message_id = "hex"'), ("uuid", 'message_id = "uuid"'),
                          ("alias", 'message_id = "alias"'), ("old", "short_ids = true")))


def with_accounts(text):
    return text + ACCOUNTS


def query(esme, message_id, **fields):
    answer = esme.ask(QUERY, query_body(message_id, **fields))
    return answer.status, Query(answer) if answer.status == OK else None


def status_of(esme, command, body):
    answer = esme.ask(command, body)
    equal(answer.body, b"", "the body of the answer")
    return answer.status


def texts(lab, to):
    """What the operator was sent for the number."""
    return [bytes.fromhex(row["text"]).decode() for row in lab.sms(to)]


def held(lab, account="sms"):
    return lab.balance(account)["held"]


# ---- query_sm ----


def query_tells_what_became_of_a_message(lab):
    with Session(lab.ports["smpp"]) as esme:
        waiting = esme.submitted("79060000001", schedule=LATER)
        status, told = query(esme, waiting)
        equal((status, told.id.decode(), told.final_date, told.state, told.error),
              (OK, waiting, b"", ENROUTE, 0), "of one that waits")
        done = esme.submitted("79060000002")
        esme.receipt(done)
        told = query(esme, done)[1]
        equal((told.state, told.error), (DELIVERED, 0), "of one that was delivered")
        check(re.fullmatch(rb"\d{15}\+", told.final_date), f"date {told.final_date}")
        failed = esme.submitted("79060002003")
        equal(esme.receipt(failed).stat, "UNDELIV", "the receipt")
        told = query(esme, failed)[1]
        equal(told.state, 5, "of one that was not")
        check(told.error != 0, "no error code")
        # After it has left the memory, the reader answers.
        time.sleep(2.5)
        equal(query(esme, done)[1].state, DELIVERED, "long after the end")
        again = query(esme, failed)[1]
        equal((again.state, again.error, again.final_date),
              (told.state, told.error, told.final_date), "the other one, long after")
        sequences = [esme.send(QUERY, query_body(done)) for _ in range(900)]
        equal({Query(esme.response(one)).state for one in sequences}, {DELIVERED},
              "nine hundred at once")
        equal(status_of(esme, CANCEL, cancel_body(waiting)), OK, "cancel_sm")


def ids_of_others_and_wrong_sources_are_unknown(lab):
    with Session(lab.ports["smpp"]) as esme, Session(lab.ports["smpp"], "cascade") as other:
        mine = esme.submitted("79060000004", schedule=LATER)
        for command, body in (
                (QUERY, query_body(mine)), (CANCEL, cancel_body(mine)),
                (REPLACE, replace_body(mine, b"theirs"))):
            equal(status_of(other, command, body), INVALID_ID, f"another's 0x{command:x}")
        for command, body in (
                (QUERY, query_body(mine, source=b"Other")),
                (CANCEL, cancel_body(mine, source=b"Other")),
                (REPLACE, replace_body(mine, b"x", source=b"")),
                (CANCEL, cancel_body(mine, to=b"79060000099")),
                (QUERY, query_body("no such id")), (QUERY, query_body("")),
                (CANCEL, cancel_body("117786605908918273"))):
            equal(status_of(esme, command, body), INVALID_ID, f"0x{command:x} {body!r}")
        equal(query(esme, mine)[1].state, ENROUTE, "it is still there")
        equal(status_of(esme, CANCEL, cancel_body(mine)), OK, "cancel_sm")
        esme.receipt(mine)


# ---- cancel_sm ----


def cancelled_it_is_told_deleted_and_the_hold_comes_back(lab):
    with Session(lab.ports["smpp"]) as esme:
        before = held(lab)
        waiting = esme.submitted("79060000005", schedule=LATER)
        equal(held(lab) - before, SMS, "held")
        equal(status_of(esme, CANCEL, cancel_body(waiting)), OK, "cancel_sm")
        equal(held(lab), before, "held after it")
        equal(esme.receipt(waiting).stat, "DELETED", "the receipt")
        equal(query(esme, waiting)[1].state, DELETED, "its state")
        equal(status_of(esme, CANCEL, cancel_body(waiting)), CANCEL_FAIL, "twice")
        done = esme.submitted("79060000006")
        esme.receipt(done)
        equal(status_of(esme, CANCEL, cancel_body(done)), CANCEL_FAIL, "a delivered one")
        open_one = esme.submitted("79060001007")  # the operator never reports it
        until(lambda: lab.sms("79060001007"), 5, "it was not submitted")
        equal(status_of(esme, CANCEL, cancel_body(open_one)), CANCEL_FAIL, "a submitted one")
        equal(len(esme.receipts_of(waiting)), 1, "receipts")


def by_addresses_all_that_waits_is_cancelled(lab):
    with Session(lab.ports["smpp"]) as esme:
        to = "79060000008"
        plain = [esme.submitted(to, schedule=LATER) for _ in range(300)]
        other = esme.submitted(to, schedule=LATER, service_type=b"CMT")
        elsewhere = esme.submitted("79060000009", schedule=LATER)
        begin = time.monotonic()
        equal(status_of(esme, CANCEL, cancel_body(to=to.encode(), service_type=b"CMT")), OK,
              "those of a service")
        esme.receipt(other)
        equal(query(esme, plain[0])[1].state, ENROUTE, "the others")
        equal(status_of(esme, CANCEL, cancel_body(to=to.encode())), OK, "all of them")
        for one in plain:
            equal(esme.receipt(one).stat, "DELETED", "a receipt")
        took_s = time.monotonic() - begin
        equal(status_of(esme, CANCEL, cancel_body(to=to.encode())), CANCEL_FAIL, "none left")
        equal(query(esme, elsewhere)[1].state, ENROUTE, "another number")
        later = esme.submitted(to, schedule=LATER)
        for source, wanted in ((b"Other", CANCEL_FAIL), (b"Shop", OK)):
            equal(status_of(esme, CANCEL, cancel_body(to=to.encode(), source=source)),
                  wanted, f"from {source}")
        esme.receipt(later)
        equal(status_of(esme, CANCEL, cancel_body(to=b"")), INVALID_DESTINATION, "nobody")
        equal(status_of(esme, CANCEL, cancel_body(elsewhere, to=b"79060000009")), OK,
              "by both")
    return f"301 in {took_s:.2f} s"


def a_cascade_is_stopped_before_its_last_step(lab):
    with Session(lab.ports["smpp"], "cascade") as esme:
        before = held(lab, "cascade")
        to = "79060003010"  # the messenger never reports it
        message = esme.submitted(to)
        until(lambda: lab.posts(to), 5, "the messenger has it not")
        equal(status_of(esme, CANCEL, cancel_body(message)), OK, "cancel_sm")
        equal(esme.receipt(message).stat, "DELETED", "the receipt")
        equal(held(lab, "cascade"), before, "held after it")
        time.sleep(2.5)
        equal(lab.sms(to), [], "what went by SMS")
        to = "79060004011"  # no such user there: SMS at once
        message = esme.submitted(to)
        until(lambda: lab.sms(to), 5, "it was not submitted")
        check(status_of(esme, CANCEL, cancel_body(message)) == CANCEL_FAIL, "too late")


# ---- replace_sm ----


def replaced_it_goes_out_with_the_new_text(lab):
    with Session(lab.ports["smpp"], "uuid") as esme:
        before = held(lab, "uuid")
        to = "79060000012"
        message = esme.submitted(to, b"the first text", schedule=relative_time(4))
        long = b"the second text, which takes two parts " * 5
        equal(status_of(esme, REPLACE, replace_body(message, long)), OK, "a longer one")
        equal(held(lab, "uuid") - before, 2 * SMS, "held for two parts")
        equal(lab.message(message)["parts"], 2, "parts")
        equal(status_of(esme, REPLACE, replace_body(message, b"the third", registered=1)), OK,
              "a shorter one")
        equal(held(lab, "uuid") - before, SMS, "held for one part")
        lab.verify()
        receipt = esme.receipt(message)
        equal(receipt.stat, "DELIVRD", "the receipt")
        equal(texts(lab, to), ["the third"], "what went out")
        equal(status_of(esme, REPLACE, replace_body(message, b"late")), REPLACE_FAIL,
              "a delivered one")
        equal(held(lab, "uuid"), before, "held at the end")
        equal(lab.message(message)["charged"], "0.050000", "charged")


def replaced_times_and_receipts_hold(lab):
    with Session(lab.ports["smpp"]) as esme:
        to = "79060000013"
        message = esme.submitted(to, b"one", schedule=LATER)
        equal(status_of(esme, REPLACE, replace_body(
            message, b"two", schedule=relative_time(1), registered=0)), OK, "sooner")
        until(lambda: lab.sms(to), 5, "it did not go out")
        equal(lab.ended(message)["end"], "delivered", "end")
        equal(esme.receipts_of(message), [], "receipts")
        message = esme.submitted("79060000014", b"one", schedule=LATER)
        for body, wanted in (
                (replace_body(message, b"x", schedule=b"261301000000000+"), INVALID_SCHEDULE),
                (replace_body(message, b"x", validity=relative_time(60)), INVALID_EXPIRY),
                (replace_body(message, b"x", schedule=relative_time(30),
                              validity=relative_time(60)), OK),
                # Its validity was asked for: a later start does not move it.
                (replace_body(message, b"x", schedule=LATER), INVALID_SCHEDULE)):
            equal(status_of(esme, REPLACE, body), wanted, f"replace_sm {body!r}")
        equal(status_of(esme, CANCEL, cancel_body(message)), OK, "cancel_sm")


def what_the_balance_does_not_cover_is_not_replaced(lab):
    with Session(lab.ports["smpp"], "poor") as esme:
        has = lab.balance("poor")["available"]
        messages = [esme.submitted(f"7906000{i:04}", schedule=LATER)
                    for i in range(int(has / SMS))]
        equal(status_of(esme, REPLACE, replace_body(messages[0], b"two parts " * 20)),
              SUBMIT_FAILED, "the longer text")
        equal(lab.message(messages[0])["parts"], 1, "parts")
        equal(status_of(esme, CANCEL, cancel_body(messages[1])), OK, "another one")
        equal(status_of(esme, REPLACE, replace_body(messages[0], b"two parts " * 20)), OK,
              "now it fits")
        equal(lab.balance("poor")["available"], 0, "available")
        for one in messages[:1] + messages[2:]:
            equal(status_of(esme, CANCEL, cancel_body(one)), OK, "cancel_sm")
        equal(lab.balance("poor")["available"], has, "all of it came back")
        lab.verify()


def replace_if_present_changes_the_one_that_waits(lab):
    with Session(lab.ports["smpp"]) as esme:
        to = "79060000015"
        first = esme.submitted(to, b"one", schedule=LATER, replace=1)
        other = esme.submitted(to, b"of another service", schedule=LATER, replace=1,
                               service_type=b"CMT")
        check(first != other, "another service_type is another message")
        again = esme.submitted(to, b"two", schedule=relative_time(1), replace=1)
        equal(again, first, "the id")
        esme.receipt(first)
        equal(texts(lab, to), ["two"], "what went out")
        equal(status_of(esme, CANCEL, cancel_body(other)), OK, "the other one")
        new = esme.submitted(to, b"three", replace=1)
        check(new not in (first, other), "nothing waited, and it was not new")
        esme.receipt(new)
        equal(len(esme.receipts_of(first)), 1, "receipts")
        equal(status_of(esme, SUBMIT_MULTI, multi_body([to.encode()])[:-11]
                        + b"\0\0\1\1\0\0\5hello"), 0x54, "not in submit_multi")


# ---- submit_multi ----


def many_destinations_share_one_id(lab):
    with Session(lab.ports["smpp"], "hex") as esme:
        before = lab.balance("hex")
        numbers = [b"7906001%04d" % i for i in range(251)]
        answer = esme.ask(SUBMIT_MULTI, multi_body(
            numbers + [b"not a number", "friends", numbers[7]]))
        equal(answer.status, OK, "submit_multi")
        multi = Multi(answer)
        equal(multi.refused, {b"not a number": INVALID_DESTINATION, b"friends": NO_LISTS,
                              numbers[7]: INVALID_DESTINATION}, "those refused")
        check(esme.wait(lambda: len(esme.receipts) == len(numbers), 10),
              f"{len(esme.receipts)} receipts")
        equal({one.id for one in esme.receipts}, {multi.id}, "ids of the receipts")
        equal(sorted(one.source for one in esme.receipts), sorted(numbers), "numbers")
        first_receipt = min(one.at for one in esme.receipts)
        check(answer.at <= first_receipt, "a receipt came before the answer")
        charged = lab.balance("hex")["charged"] - before["charged"]
        equal(charged, len(numbers) * SMS, "charged")
        equal(query(esme, multi.id)[1].state, DELIVERED, "what query_sm tells")
        row = lab.get(f"/v1/messages/{multi.id}?to={numbers[200].decode()}")
        equal((row["id"], row["to"], row["end"]),
              (multi.id, numbers[200].decode(), "delivered"), "one of them")
        time.sleep(2.5)
        equal(query(esme, multi.id)[1].state, DELIVERED, "long after the end")
        row = lab.get(f"/v1/messages/{multi.id}/trace?to={numbers[199].decode()}")
        equal(row["to"], numbers[199].decode(), "one of them, long after")
        equal(lab.http("GET", f"/v1/messages/{multi.id}?to=79069999999").status, 404,
              "a number that was not among them")


def of_many_one_can_be_cancelled_and_all_replaced(lab):
    with Session(lab.ports["smpp"]) as esme:
        before = held(lab)
        numbers = [b"7906002%04d" % i for i in range(3)]
        multi = Multi(esme.ask(SUBMIT_MULTI, multi_body(numbers, schedule=LATER)))
        equal(held(lab) - before, 3 * SMS, "held")
        equal(query(esme, multi.id)[1].state, ENROUTE, "before")
        equal(status_of(esme, REPLACE, replace_body(multi.id, b"two parts " * 20)), OK,
              "all of them")
        equal(held(lab) - before, 6 * SMS, "held for six parts")
        equal(status_of(esme, CANCEL, cancel_body(multi.id, to=numbers[1])), OK, "one")
        ours = lambda: [one for one in esme.receipts if one.id == multi.id]
        check(esme.wait(ours, 5), "no receipt")
        equal([(one.source, one.stat) for one in ours()], [(numbers[1], "DELETED")],
              "its receipt")
        equal(status_of(esme, CANCEL, cancel_body(multi.id, to=numbers[1])), CANCEL_FAIL,
              "the same again")
        equal(status_of(esme, REPLACE, replace_body(multi.id, b"x")), REPLACE_FAIL,
              "one of them has ended")
        equal(query(esme, multi.id)[1].state, ENROUTE, "while two wait")
        equal(status_of(esme, CANCEL, cancel_body(multi.id)), OK, "the rest")
        check(esme.wait(lambda: len(ours()) == 3, 5), "not all have a receipt")
        equal(query(esme, multi.id)[1].state, DELETED, "after")
        equal(held(lab), before, "held at the end")


def what_is_refused_for_all_is_refused_at_once(lab):
    with Session(lab.ports["smpp"]) as esme:
        for destinations, wanted in (([b"x", b"y"], INVALID_DESTINATION),
                                     (["friends"], NO_LISTS),
                                     ([b"x", "friends"], SUBMIT_FAILED), ([], 0x33)):
            equal(status_of(esme, SUBMIT_MULTI, multi_body(destinations)), wanted,
                  f"{destinations}")
        equal(status_of(esme, SUBMIT_MULTI, multi_body([b"79060000016"], schedule=b"x" * 16)),
              INVALID_SCHEDULE, "the schedule")
    with Session(lab.ports["smpp"], "slow") as esme:
        numbers = [b"7906003%04d" % i for i in range(14)]
        multi = Multi(esme.ask(SUBMIT_MULTI, multi_body(numbers)))
        equal(multi.refused, dict.fromkeys(numbers[10:], 0x58), "over the rate")


# ---- data_sm ----


def data_sm_is_a_submission_too(lab):
    with Session(lab.ports["smpp"]) as esme:
        to = b"79060000017"
        answer = esme.ask(DATA, data_body(to, b"as data"))
        equal(answer.status, OK, "data_sm")
        equal(esme.receipt(answer.message_id).stat, "DELIVRD", "its receipt")
        equal(texts(lab, to.decode()), ["as data"], "what went out")
        equal(status_of(esme, DATA, data_body(to, None)), 0xC3, "without a payload")
        equal(status_of(esme, DATA, data_body(to, b"x", source=b"S" * 21)), 0x0A,
              "a sender that submit_sm has no room for")
        lasting = esme.ask(DATA, data_body(b"79060001018", b"x",
                                           tlvs=tlv(0x0017, b"\0\0\0\2"))).message_id
        equal(esme.receipt(lasting).stat, "EXPIRED", "after qos_time_to_live")
    with Session(lab.ports["smpp"], command=BIND_RECEIVER) as esme:
        answer = esme.ask(DATA, data_body(b"79060000019", b"from a receiver"))
        equal(answer.status, OK, "data_sm of a receiver")


# ---- Times ----


def schedules_and_validities_are_read_in_both_ways(lab):
    def absolute(in_s, quarters=0, sign=b"+"):
        local = time.time() + in_s + (1 if sign == b"+" else -1) * quarters * 900
        return time.strftime("%y%m%d%H%M%S", time.gmtime(local)).encode() + (
            b"0%02d" % quarters) + sign

    with Session(lab.ports["smpp"]) as esme:
        begin = time.time()
        rows = {"79060000020": absolute(3, 8), "79060000021": absolute(3, 20, b"-"),
                "79060000022": relative_time(3), "79060000023": absolute(-60)}
        ids = {to: esme.submitted(to, schedule=when) for to, when in rows.items()}
        equal(lab.message(ids["79060000022"])["state"], "scheduled", "state")
        for to, message in ids.items():
            esme.receipt(message)
            waited_s = lab.sms(to)[0]["at"] - begin
            least, most = (0, 1) if to == "79060000023" else (1.9, 4.5)
            check(least <= waited_s <= most, f"{rows[to]} went out after {waited_s:.1f} s")
        for schedule, validity, wanted in (
                (b"261301000000000+", b"", INVALID_SCHEDULE),
                (b"260101000000049+", b"", INVALID_SCHEDULE),
                (b"260101000000000X", b"", INVALID_SCHEDULE),
                (b"020000000000000R", b"", INVALID_SCHEDULE),
                (b"", b"ABCDEFGHIJKLMNOP", INVALID_EXPIRY),
                (b"", absolute(-60), INVALID_EXPIRY),
                (relative_time(60), relative_time(30), INVALID_EXPIRY)):
            equal(esme.response(esme.submit("79060000024", schedule=schedule,
                                            validity=validity)).status, wanted,
                  f"{schedule} {validity}")
        silent = [esme.submitted("79060001025", validity=when)
                  for when in (relative_time(2), absolute(3, 4))]
        for one in silent:
            equal(esme.receipt(one).stat, "EXPIRED", "the receipt")


# ---- The API and the command ----


def the_api_schedules_and_cancels(lab):
    before = held(lab, "old")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    answer = lab.send("old", "79060000026", schedule=when)
    equal(answer.status, 202, f"{answer}")
    message = answer.json["id"]
    equal(lab.message(message)["state"], "scheduled", "state")
    answer = lab.http("DELETE", f"/v1/messages/{message}")
    equal((answer.status, answer.json), (200, {"id": message, "cancelled": 1}), "cancelled")
    equal(lab.message(message)["end"], "cancelled", "end")
    equal(held(lab, "old"), before, "held")
    equal(lab.http("DELETE", f"/v1/messages/{message}").status, 409, "twice")
    equal(lab.http("DELETE", "/v1/messages/117786605908918273").status, 404, "unknown")
    equal(lab.send("sms", "79060000027", schedule="soon").status, 400, "no time")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    message = lab.send("sms", "79060000028", schedule=soon).json["id"]
    equal(lab.ended(message)["end"], "delivered", "end")


def the_command_schedules_and_cancels(lab):
    def sluice(*arguments):
        done = subprocess.run([str(BUILD / "sluice"), *arguments, "-s", str(lab.state)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=10)
        return done.returncode, done.stdout

    status, said = sluice("send", "-a", "old", "-f", "Shop", "-r", "79060000034",
                          "--schedule", time.strftime(
                              "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)), "later")
    equal(status, 0, "sluice send")
    message = said.split(" ", 1)[0]
    equal(sluice("cancel", message), (0, f"{message} cancelled: 1\n"), "sluice cancel")
    equal(sluice("cancel", message)[0], 1, "twice")
    check("ended: cancelled" in sluice("trace", message)[1], "what sluice trace says")
    with Session(lab.ports["smpp"], "old") as esme:
        numbers = [b"79060000035", b"79060000036"]
        multi = Multi(esme.ask(SUBMIT_MULTI, multi_body(numbers, schedule=LATER)))
        said = sluice("trace", multi.id, "--to", "79060000036")[1]
        check("from Shop to 79060000036" in said, f"sluice trace --to said {said}")
        equal(sluice("cancel", multi.id, "--to", "79060000036"),
              (0, f"{multi.id} cancelled: 1\n"), "one of two")
        equal(sluice("cancel", multi.id), (0, f"{multi.id} cancelled: 1\n"), "the other")


# ---- Forms of ids ----


FORMS = {"hex": r"[0-9A-F]{16}", "alias": r"[0-9A-F]{8}", "old": r"[0-9A-F]{8}",
         "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"}


def an_id_is_the_same_everywhere_in_the_accounts_form(lab):
    for account, form in FORMS.items():
        version = 0x33 if account == "old" else 0x34
        with Session(lab.ports["smpp"], account, version=version) as esme:
            message = esme.submitted("79060000029")
            check(re.fullmatch(form, message), f"{account}: {message}")
            check(esme.wait(lambda: esme.receipts, 10), f"no receipt for {message}")
            receipt = esme.receipts[0]
            check(receipt.text.startswith(b"id:" + message.encode() + b" "),
                  f"{receipt.text}")
            if version == 0x33:
                equal(receipt.tlvs, [], "TLVs to a session of 3.3")
            else:
                equal(receipt.id, message, "the TLV")
            equal(query(esme, message)[1].state, DELIVERED, f"query_sm of {message}")
            equal(query(esme, message.swapcase())[1].state, DELIVERED, "in the other case")
            row = lab.message(message)
            equal((row["id"], row["submissions"]), (message, [message]), "the API")
            numbers = [b"79060000030", b"79060000031"]
            multi = Multi(esme.ask(SUBMIT_MULTI, multi_body(numbers, schedule=LATER)))
            check(re.fullmatch(form, multi.id), f"{account}: {multi.id}")
            equal(status_of(esme, CANCEL, cancel_body(multi.id)), OK, "cancel_sm")
    with Session(lab.ports["smpp"], "old") as esme:
        check(re.fullmatch(r"\d{15,19}", esme.submitted("79060000032")), "a session of 3.4")
    sent = lab.send("hex", "79060000033").json["id"]
    check(re.fullmatch(FORMS["hex"], sent), f"the API: {sent}")


# ---- kill -9 ----


def all_of_it_survives_a_kill(lab):
    to, soon = "79060000040", "79060000041"
    numbers = [b"79060000042", b"79060000043"]
    with Session(lab.ports["smpp"], "alias") as esme:
        waiting = esme.submitted(to, b"one", schedule=LATER)
        equal(status_of(esme, REPLACE, replace_body(waiting, b"two parts " * 20)), OK,
              "replace_sm")
        gone = esme.submitted(to, schedule=LATER)
        equal(status_of(esme, CANCEL, cancel_body(gone)), OK, "cancel_sm")
        scheduled = esme.submitted(soon, b"on time", schedule=relative_time(4))
        multi = Multi(esme.ask(SUBMIT_MULTI, multi_body(numbers, schedule=relative_time(4))))
        done = esme.submitted("79060000044")
        esme.receipt(done)
        before = held(lab, "alias")
        lab.kill()
        esme.close()
    lab.start()
    lab.wait_bound()
    equal(held(lab, "alias"), before, "held")
    lab.verify()
    with Session(lab.ports["smpp"], "alias") as esme:
        equal(lab.message(waiting)["parts"], 2, "parts of the one that was replaced")
        for one, state in ((waiting, ENROUTE), (gone, DELETED), (done, DELIVERED)):
            equal(query(esme, one)[1].state, state, f"of {one}")
        for one in (scheduled, multi.id):
            esme.receipt(one)
        check(esme.wait(lambda: len(esme.receipts_of(multi.id)) == 2, 10), "one receipt only")
        equal(sorted(one.source for one in esme.receipts_of(multi.id)), numbers, "numbers")
        equal(texts(lab, soon), ["on time"], "what went out")
        equal(status_of(esme, REPLACE, replace_body(waiting, b"three",
                                                    schedule=relative_time(1))), OK,
              "replaced again")
        esme.receipt(waiting)
        equal(texts(lab, to), ["three"], "what went out")
        new = esme.submitted(to)
        check(new not in (waiting, gone, scheduled, multi.id, done), "an alias came again")
        esme.receipt(new)
    lab.nothing_held("alias")
    lab.verify()


def nothing_is_left_held(lab):
    for account in ("sms", "cascade", "poor", "hex", "uuid", "alias", "old"):
        lab.nothing_held(account, 30)
    lab.verify()


if __name__ == "__main__":
    scenario(
        90, lambda: Lab(edit=with_accounts, smsc="rule=*1???:never,rule=*2???:undelivered",
                        messenger="rule=*3???:silent,rule=*4???:404"),
        ids_of_others_and_wrong_sources_are_unknown,
        cancelled_it_is_told_deleted_and_the_hold_comes_back,
        by_addresses_all_that_waits_is_cancelled,
        replaced_times_and_receipts_hold,
        what_the_balance_does_not_cover_is_not_replaced,
        replace_if_present_changes_the_one_that_waits,
        of_many_one_can_be_cancelled_and_all_replaced,
        what_is_refused_for_all_is_refused_at_once,
        the_command_schedules_and_cancels,
        an_id_is_the_same_everywhere_in_the_accounts_form,
        all_of_it_survives_a_kill,
        nothing_is_left_held,
        together=(
            query_tells_what_became_of_a_message,
            a_cascade_is_stopped_before_its_last_step,
            replaced_it_goes_out_with_the_new_text,
            many_destinations_share_one_id,
            data_sm_is_a_submission_too,
            schedules_and_validities_are_read_in_both_ways,
            the_api_schedules_and_cancels))
