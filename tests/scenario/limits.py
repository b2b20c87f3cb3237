#!/usr/bin/env python3
"""What an account may send and how much, with the real programs: refusals, limits that are
exact over a race and over kill -9, repetitions, and `sluice account`.
"""

import threading
import time

from collections import Counter
from decimal import Decimal

from lab import Lab, check, equal, scenario, until
from smpp_client import OK, SUBMIT_MULTI, Multi, Session, multi_body, udh8

BIND_FAILED, BAD_SOURCE, BAD_DESTINATION = 0x0D, 0x0A, 0x0B
SUSPENDED, DATA_CODING, PROTOCOL_ID, PORT, PREMIUM = 0x400, 0x401, 0x402, 0x403, 0x404
PARTS, SPEND = 0x405, 0x406
RACE, CRASH = 100, 400
OPERATOR = "report_delay=50,rule=*666:0x0B"

COMMON = 'password = "secret08" plan = "sms" opening = "1000.00" window = 1000'
ACCOUNTS = f"""
account "new" {{ {COMMON} country = "DE" destinations = {{"home"}} }}
account "racer" {{ {COMMON} binds = 64 parts_per_day = {RACE} }}
account "crasher" {{ {COMMON} binds = 8 parts_per_day = {CRASH} }}
account "spender" {{ {COMMON} spend_per_day = "1.00" }}
account "once" {{ {COMMON} dedupe_within = "1h" }}
account "many" {{ {COMMON} dedupe_within = "1h" }}
account "stopped" {{ {COMMON} }}
"""


def make_lab():
    return Lab(smsc=OPERATOR, edit=lambda text: text.replace(
        'premium_ranges = {"none"}', "") + ACCOUNTS)


def operator_returns(lab):
    """Its ids begin with the second of its start: not the one of the operator before."""
    second = int(time.time())
    until(lambda: int(time.time()) > second, 2, "the time stands still")
    lab.start_sim()
    lab.wait_bound()


def status_of(esme, *arguments, **fields):
    return esme.response(esme.submit(*arguments, **fields)).status


def metric(lab, line):
    page = lab.http("GET", "/metrics").body.decode()
    found = [one for one in page.splitlines() if one.startswith(line + " ")]
    check(found, f"no metric {line}")
    return found[0].rsplit(" ", 1)[1]


# ---- What --------------------------------------------------------------------------


def a_new_account_reaches_its_home_and_programs_no_phones(lab):
    home = "4917012345678"
    wap_push = bytes([6, 5, 4, 0x0B, 0x84, 0x23, 0xF0])
    with Session(lab.ports["smpp"], "new") as esme:
        equal(status_of(esme, home), OK, "at home")
        equal(status_of(esme, "447400123456"), BAD_DESTINATION, "another country")
        equal(status_of(esme, "499001234567"), PREMIUM, "a premium number")
        equal(status_of(esme, home, data_coding=0xF2), DATA_CODING, "class 2")
        equal(status_of(esme, home, protocol_id=0x7F), PROTOCOL_ID, "SIM data download")
        equal(status_of(esme, home, udh=wap_push, data_coding=4), PORT, "WAP push")
        equal(lab.send("new", "+447400123456").json["code"], "denied_destination", "HTTP")
        equal(metric(lab, 'sluice_refused_total{cause="destination"}'), "2", "counted")
        check(not esme.closed, "the bind was closed")


def the_accounts_of_the_lab_send_all_of_that(lab):
    wap_push = bytes([6, 5, 4, 0x0B, 0x84, 0x23, 0xF0])
    with Session(lab.ports["smpp"], "sms") as esme:
        for fields in ({}, {"data_coding": 0xF2}, {"protocol_id": 0x7F},
                       {"udh": wap_push, "data_coding": 4}):
            equal(status_of(esme, "447400123456", **fields), OK, f"{fields}")


# ---- How much ----------------------------------------------------------------------


def sixty_four_sessions_race_for_a_hundred_parts(lab):
    sessions = [Session(lab.ports["smpp"], "racer") for _ in range(64)]
    together = threading.Barrier(64)
    statuses, lock = Counter(), threading.Lock()

    def race(esme, index):
        together.wait(10)
        sequences = [esme.submit(f"4917{index:03}{i:04}") for i in range(4)]
        for sequence in sequences:
            status = esme.response(sequence).status
            with lock:
                statuses[status] += 1

    threads = [threading.Thread(target=race, args=(esme, index), daemon=True)
               for index, esme in enumerate(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for esme in sessions:
        esme.close()
    equal(statuses, Counter({OK: RACE, PARTS: 256 - RACE}), "statuses")
    equal(len(lab.log_lines("limit.alarm")), 1, "alarms")
    equal(len(lab.log_lines("limit.reached")), 1, "refusals told")
    return f"{RACE} of 256"


def a_killed_gateway_never_takes_one_part_more(lab):
    acknowledged, refused, kills = 0, 0, 0
    number = 0
    while refused == 0:
        sessions = [Session(lab.ports["smpp"], "crasher") for _ in range(4)]
        sequences = []
        for esme in sessions:
            for _ in range(60):
                number += 1
                sequences.append((esme, esme.submit(f"49171{number:06}")))
        killed = kills < 3
        if killed:  # in the middle of the answers
            sessions[0].response(sequences[5][1], lost_ok=True)
            lab.kill()
        for esme, sequence in sequences:
            answer = esme.response(sequence, 5, lost_ok=True)
            acknowledged += bool(answer and answer.status == OK)
            # What was refused before a kill may have been so for what the kill undid.
            refused += bool(answer and answer.status == PARTS and not killed)
        for esme in sessions:
            esme.close()
        if killed:
            kills += 1
            lab.start()
            lab.wait_bound()
    equal(lab.get("/v1/accounts/crasher/limits")["parts_per_day"]["used"], CRASH, "used")
    taken = lab.get("/v1/accounts/crasher/statement")["parts"]
    equal(taken, CRASH, "parts taken, acknowledged or not")
    check(acknowledged <= CRASH, f"{acknowledged} were acknowledged")
    lab.verify()
    return f"{kills} kills, {acknowledged} of {taken} acknowledged"


def what_the_operator_refuses_is_not_spent(lab):
    lab.stop_sim()
    with Session(lab.ports["smpp"], "spender") as esme:
        for _ in range(19):
            equal(status_of(esme, "4917012345678"), OK, "good ones")
        refused = esme.submitted("4917012345666")
        equal(status_of(esme, "4917012345678"), SPEND, "one too many")
        operator_returns(lab)
        equal(esme.receipt(refused).stat, "UNDELIV", "the operator's refusal")
        until(lambda: lab.get("/v1/accounts/spender/limits")["spend_per_day"]["used"]
              == "0.950000", 5, "what was held is still spent")
        equal(status_of(esme, "4917012345678"), OK, "one in its place")
        equal(status_of(esme, "4917012345678"), SPEND, "and no more")


# ---- Repetitions -------------------------------------------------------------------


def a_repetition_gets_the_first_id_before_and_after_a_crash(lab):
    to = "4917200000001"
    with Session(lab.ports["smpp"], "once") as esme:
        first = esme.submitted(to)
        equal(esme.submitted(to), first, "at once")
        part = esme.submitted(to, udh=udh8(7, 2, 1))
        check(part != first, "a part is not the whole")
        lab.kill()
    lab.start()
    lab.wait_bound()
    with Session(lab.ports["smpp"], "once") as esme:
        equal(esme.submitted(to), first, "after the crash")
        equal(esme.submitted(to, udh=udh8(8, 2, 1)), part, "another reference")
        lab.ended(first)
        equal(esme.submitted(to), first, "after its end")
        equal(metric(lab, 'sluice_account_repeated_total{account="once"}'), "3", "counted")
    answers = [lab.send("once", to, text="over HTTP") for _ in range(2)]
    equal([one.status for one in answers], [202, 202], "over HTTP")
    equal(answers[0].json["id"], answers[1].json["id"], "over HTTP")
    for message_id in (part, answers[0].json["id"]):
        lab.ended(message_id)
    # What the crash put in doubt may have been sent twice; the repetitions never were.
    texts = Counter(one["text"] for one in lab.sms(to))
    check(len(texts) == 3 and sum(texts.values()) <= 5, f"SMS: {texts}")
    lab.nothing_held("once")
    equal(lab.balance("once")["charged"], Decimal("0.15"), "charged")


def a_request_with_the_same_key_gets_the_same_answer_after_a_crash(lab):
    body = {"account": "once", "from": "Shop", "to": "4917200000002", "text": "one"}
    key = {"Idempotency-Key": "order 17"}

    def post(text="one"):
        return lab.http("POST", "/v1/messages", dict(body, text=text), headers=key)

    first = post()
    equal(first.status, 202, "the first")
    lab.kill()
    lab.start()
    lab.wait_bound()
    equal((post().status, post().json), (202, first.json), "after the crash")
    equal(post("two").status, 422, "another text")
    lab.ended(first.json["id"])
    equal(post().json, first.json, "after its end")
    lab.stop()
    lab.start()
    lab.wait_bound()
    equal(post().json, first.json, "after another start")
    check(len({one["text"] for one in lab.sms("4917200000002")}) == 1, "one text was sent")
    lab.nothing_held("once")


def a_repeated_submit_multi_sends_nothing_twice(lab):
    numbers = [b"4917200001%03d" % i for i in range(4)]

    def to_many(esme, *places):
        answer = esme.ask(SUBMIT_MULTI, multi_body([numbers[i] for i in places], b"to many"))
        equal(answer.status, OK, "status")
        return Multi(answer).id

    with Session(lab.ports["smpp"], "many") as esme:
        first = to_many(esme, 0, 1, 2)
        equal(to_many(esme, 0, 1, 2), first, "all of it again")
        equal(to_many(esme, 2), first, "one of it again")
        equal(esme.submitted(numbers[1].decode(), b"to many"), first, "alone")
        lab.kill()
    lab.start()
    lab.wait_bound()
    with Session(lab.ports["smpp"], "many") as esme:
        equal(to_many(esme, 2, 1, 0), first, "after a crash")
        second = to_many(esme, 0, 3)
        check(second != first, "what is new has the first one's id")
        for number in numbers:
            until(lambda: lab.sms(number.decode()), 10, f"nothing to {number}")
        lab.nothing_held("many", 10)
    equal(lab.balance("many")["charged"], Decimal("0.20"), "charged")
    equal(metric(lab, 'sluice_account_repeated_total{account="many"}'), "4", "counted")


# ---- Suspending --------------------------------------------------------------------


def a_suspended_account_is_stopped_and_its_holds_come_back(lab):
    lab.stop_sim()
    with Session(lab.ports["smpp"], "stopped") as esme:
        ids = [esme.submitted(f"49173{i:06}") for i in range(50)]
        equal(lab.balance("stopped")["held"], Decimal("2.5"), "held")
        said = lab.sluice("account", "suspend", "stopped", "--drop-queued")
        check("50 messages cancelled, 2.500000 EUR returned" in said, said)
        check(esme.wait(lambda: bool(esme.others), 5), "no unbind came")
    lab.nothing_held("stopped")
    equal({lab.ended(one)["end"] for one in ids}, {"cancelled"}, "ends")
    equal(lab.send("stopped", "4917012345678").json["code"], "suspended", "HTTP")
    for restarted in (False, True):
        with Session(lab.ports["smpp"], "stopped") as esme:
            equal(esme.bind_status, BIND_FAILED, "a bind")
        if not restarted:
            lab.kill()
            lab.start()
    check("suspended since" in lab.sluice("account", "limits", "stopped"), "limits")
    lab.sluice("account", "resume", "stopped")
    operator_returns(lab)
    with Session(lab.ports["smpp"], "stopped") as esme:
        equal({esme.receipt(one).stat for one in ids}, {"DELETED"}, "receipts")
        equal(esme.receipt(esme.submitted("4917012345678")).stat, "DELIVRD", "a new one")
        equal(len(esme.receipts), 51, "receipts")
    lab.verify()


if __name__ == "__main__":
    scenario(60, make_lab,
             a_new_account_reaches_its_home_and_programs_no_phones,
             the_accounts_of_the_lab_send_all_of_that,
             sixty_four_sessions_race_for_a_hundred_parts,
             a_killed_gateway_never_takes_one_part_more,
             what_the_operator_refuses_is_not_spent,
             a_repetition_gets_the_first_id_before_and_after_a_crash,
             a_request_with_the_same_key_gets_the_same_answer_after_a_crash,
             a_repeated_submit_multi_sends_nothing_twice,
             a_suspended_account_is_stopped_and_its_holds_come_back)
