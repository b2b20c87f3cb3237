#!/usr/bin/env python3
"""Long messages of an SMS-only client: collected for a messenger, never for SMS alone."""

import time

from datetime import datetime
from decimal import Decimal

from lab import Lab, check, equal, scenario, until
from smpp_client import Session, relative_time, sar, udh8, udh16

# The last digit of the number says what the messenger does.
MESSENGER = "rule=*1:delivered,rule=*2:failed,rule=*3:404,rule=*4:silent"
SMS, MESSAGE = Decimal("0.05"), Decimal("0.01")


class LongLab(Lab):
    def __init__(self):
        super().__init__(messenger=MESSENGER)

    def __enter__(self):
        super().__enter__()
        self.esme = Session(self.ports["smpp"], "cascade")
        return self

    def __exit__(self, *error):
        if hasattr(self, "esme"):
            self.esme.close()
        super().__exit__(*error)

    def part(self, to, text, udh=b"", tlvs=b"", esme=None, **fields):
        """A part, acknowledged at once, with an id of its own."""
        begin = time.monotonic()
        message_id = (esme or self.esme).submitted(to, text, udh=udh, tlvs=tlvs, **fields)
        took_s = time.monotonic() - begin
        check(took_s < 1, f"a part was acknowledged after {took_s:.1f} s")
        return message_id

    def outcome(self, ids, stat="DELIVRD", timeout_s=10):
        check(len(set(ids)) == len(ids), f"ids are not distinct: {ids}")
        for message_id in ids:
            equal(self.esme.receipt(message_id, timeout_s).stat, stat, "stat")
            equal(len(self.esme.receipts_of(message_id)), 1, f"receipts of {message_id}")

    def posted(self, to):
        return [bytes.fromhex(post["text"]).decode() for post in self.posts(to)]

    def texts(self, to):
        return [bytes.fromhex(one["text"]) for one in self.sms(to)]

    def charged(self, ids):
        rows = [self.ended(message_id) for message_id in ids]
        for row in rows:
            equal(sorted(row["submissions"]), sorted(ids), "submissions of the message")
        equal(len({row["charged"] for row in rows}), 1, "amounts")
        return Decimal(rows[0]["charged"])


def parts_become_one_text_for_the_messenger(lab):
    kinds = (
        ("79030001001", lambda n: {"udh": udh8(7, 3, n)}),
        ("79030001011", lambda n: {"udh": udh16(0x1234, 3, n)}),
        ("79030001021", lambda n: {"tlvs": sar(0x4321, 3, n)}),
    )
    for to, kind in kinds:
        ids = [lab.part(to, b"part %d, " % n, **kind(n)) for n in (1, 2, 3)]
        lab.outcome(ids)
        equal(lab.posted(to), ["part 1, part 2, part 3, "], f"posts to {to}")
        equal(lab.sms(to), [], "SMS")
        equal(lab.charged(ids), MESSAGE, "charged")


def parts_may_come_in_any_order(lab):
    to = "79030001031"
    ids = [lab.part(to, b"<%d>" % n, udh=udh8(8, 3, n)) for n in (3, 1, 2)]
    lab.outcome(ids)
    equal(lab.posted(to), ["<1><2><3>"], "posts")


def the_first_part_holds_the_worst_case_of_all(lab):
    to = "79030001041"
    before = lab.balance("cascade")["held"]
    with Session(lab.ports["smpp"], "cascade") as other:
        lab.part(to, b"one ", udh=udh8(9, 3, 1), esme=other)
        held = Decimal(lab.message(last_id(other))["charged"])
        equal(held, 0, "charged before it went out")
        first = lab.balance("cascade")["held"] - before
        lab.part(to, b"two ", udh=udh8(9, 3, 2), esme=other)
        equal(lab.balance("cascade")["held"] - before, first, "held after the second part")
        equal(first, MESSAGE + 3 * SMS, "held by the first part")
        lab.part(to, b"three", udh=udh8(9, 3, 3), esme=other)
        check(other.wait(lambda: len(other.receipts) == 3, 5), "three receipts")
    until(lambda: lab.balance("cascade")["held"] == before, 5, "it still holds")


def last_id(session):
    return session.responses[session.sequence].message_id


def failed_parts_go_as_sms_in_order_on_one_bind(lab):
    for to in ("79030002002", "79030002013", "79030002024"):
        texts = [b"first ", b"second ", b"third"]
        ids = [lab.part(to, text, udh=udh8(0x21, 3, n))
               for n, text in enumerate(texts, 1)]
        lab.outcome(ids)
        sent = lab.sms(to)
        equal([bytes.fromhex(one["text"]) for one in sent],
              [udh8(0x21, 3, n) + text for n, text in enumerate(texts, 1)], "octets sent")
        equal({one["esm_class"] for one in sent}, {str(0x40)}, "esm_class")
        equal(len({one["bind"] for one in sent}), 1, "binds")
        equal(len(lab.posts(to)), 1, "posts")
        equal(lab.charged(ids), 3 * SMS, "charged")


def sar_parts_keep_their_tlvs_as_sms(lab):
    to = "79030002032"
    ids = [lab.part(to, b"sar %d" % n, tlvs=sar(0x0102, 2, n)) for n in (1, 2)]
    lab.outcome(ids)
    sent = lab.sms(to)
    joined = b"".join(bytes.fromhex(one["text"]).split(b"sar ")[1] for one in sent)
    equal(joined, b"12", "order")
    for number, one in enumerate(sent, 1):
        whole = bytes.fromhex(one["tlvs"]) + bytes.fromhex(one["text"])
        check(sar(0x0102, 2, number) in whole or bytes([2, number]) in whole,
              f"part {number} is not marked as one of two: {one}")


def each_part_hears_of_its_own_sms(lab):
    # The parts of one SMS text fail and succeed one by one at the operator.
    to = "79030002042"
    ids = [lab.part(to, b"p%d" % n, udh=udh8(0x22, 2, n)) for n in (1, 2)]
    lab.outcome(ids)
    equal(len({one["id"] for one in lab.sms(to)}), 2, "SMS with ids of their own")


def a_set_that_stays_incomplete_goes_as_sms_after_three_seconds(lab):
    to = "79030003001"
    lab.part(to, b"one ", udh=udh8(0x31, 3, 1))
    time.sleep(1.5)
    last = time.time()
    ids = [lab.part(to, b"three", udh=udh8(0x31, 3, 3))]
    sent = until(lambda: len(lab.sms(to)) == 2 and lab.sms(to), 6, "two SMS")
    waited_s = sent[0]["at"] - last
    check(2.8 <= waited_s <= 4, f"sent {waited_s:.2f} s after the last part, not 3")
    equal(lab.texts(to), [udh8(0x31, 3, 1) + b"one ", udh8(0x31, 3, 3) + b"three"], "octets")
    equal(lab.posts(to), [], "posts")
    row = lab.ended(ids[0])
    equal((row["end"], row["charged"]), ("delivered", "0.100000"), "end, charged")
    lab.outcome(row["submissions"])
    return f"{waited_s:.2f} s after the last part"


def a_part_that_comes_twice_shares_the_outcome(lab):
    to = "79030003011"
    ids = [lab.part(to, b"one ", udh=udh8(0x32, 2, 1)),
           lab.part(to, b"one ", udh=udh8(0x32, 2, 1)),
           lab.part(to, b"two", udh=udh8(0x32, 2, 2))]
    lab.outcome(ids)
    equal(lab.posted(to), ["one two"], "posts")
    equal(lab.charged(ids), MESSAGE, "charged")


def a_reference_that_is_used_again_is_a_new_message(lab):
    to = "79030003021"
    first = [lab.part(to, b"old %d " % n, udh=udh8(0x33, 2, n)) for n in (1, 2)]
    second = [lab.part(to, b"new %d " % n, udh=udh8(0x33, 2, n)) for n in (1, 2)]
    lab.outcome(first + second)
    equal(sorted(lab.posted(to)), ["new 1 new 2 ", "old 1 old 2 "], "posts")


def other_content_under_the_same_number_opens_a_new_set(lab):
    to = "79030003031"
    left = [lab.part(to, b"left ", udh=udh8(0x34, 2, 1))]
    right = [lab.part(to, b"right ", udh=udh8(0x34, 2, 1)),
             lab.part(to, b"hand", udh=udh8(0x34, 2, 2))]
    lab.outcome(left + right, timeout_s=12)
    # The second part completes one of the two; the other goes as SMS.
    equal(len(lab.posted(to)), 1, "posts")
    equal(len(lab.sms(to)), 1, "SMS")


# Each way of telling parts, by (reference, total, number).
KINDS = (("8", lambda *part: {"udh": udh8(*part)}),
         ("16", lambda *part: {"udh": udh16(*part)}),
         ("sar", lambda *part: {"tlvs": sar(*part)}))


def every_kind_is_repeated_interleaved_and_used_again_alike(lab):
    for row, (name, kind) in enumerate(KINDS):
        to = f"7903000312{row}1"
        ids = [lab.part(to, b"a1 ", **kind(0x51, 2, 1)),
               lab.part(to, b"b1 ", **kind(0x52, 2, 1)),
               lab.part(to, b"a1 ", **kind(0x51, 2, 1)),
               lab.part(to, b"b2", **kind(0x52, 2, 2)),
               lab.part(to, b"a2", **kind(0x51, 2, 2)),
               lab.part(to, b"c1 ", **kind(0x51, 2, 1)),
               lab.part(to, b"c2", **kind(0x51, 2, 2))]
        lab.outcome(ids)
        equal(sorted(lab.posted(to)), ["a1 a2", "b1 b2", "c1 c2"], f"posts, {name}")
        equal(lab.sms(to), [], f"SMS, {name}")


def one_reference_in_three_kinds_is_three_messages(lab):
    to = "79030003131"
    ids = [lab.part(to, b"%s %d " % (name.encode(), number), **kind(0x53, 2, number))
           for number in (1, 2) for name, kind in KINDS]
    ids += [lab.part(to, b"of three %d " % number, udh=udh8(0x53, 3, number))
            for number in (1, 2, 3)]
    ids += [lab.part(to, b"else %d " % number, udh=udh8(0x53, 2, number), source=b"Else")
            for number in (1, 2)]
    lab.outcome(ids)
    equal(sorted(lab.posted(to)), ["16 1 16 2 ", "8 1 8 2 ", "else 1 else 2 ",
                                   "of three 1 of three 2 of three 3 ", "sar 1 sar 2 "],
          "posts")


def a_part_of_a_complete_set_opens_a_new_one(lab):
    to = "79030003141"
    first = [lab.part(to, b"p%d " % n, udh=udh8(0x54, 2, n)) for n in (1, 2)]
    lab.outcome(first)
    # The client had not heard of its second part, and says it again.
    again = lab.part(to, b"p2 ", udh=udh8(0x54, 2, 2))
    equal(lab.message(again)["state"], "collecting", "state of the part that came again")
    row = lab.ended(again)
    equal((row["submissions"], row["charged"]), ([again], "0.050000"), "of its own")
    equal(lab.posted(to), ["p1 p2 "], "posts")
    equal(lab.texts(to), [udh8(0x54, 2, 2) + b"p2 "], "SMS")


def missing_parts_leave_the_others_in_order_with_their_headers(lab):
    for row, (name, kind) in enumerate(KINDS):
        to = f"7903000315{row}2"
        ids = [lab.part(to, b"<%d>" % n, **kind(0x55, 5, n)) for n in (4, 1, 2)]
        sent = until(lambda: len(lab.sms(to)) == 3 and lab.sms(to), 8, "three SMS")
        texts = [bytes.fromhex(one["text"])[-3:] for one in sent]
        equal(texts, [b"<1>", b"<2>", b"<4>"], f"order, {name}")
        lab.outcome(ids)
        equal(lab.charged(ids), 3 * SMS, f"charged, {name}")
        equal(lab.posts(to), [], f"posts, {name}")


def parts_in_two_alphabets_go_as_sms_each_in_its_own(lab):
    to = "79030003162"
    cyrillic = "Привет".encode("utf-16-be")
    ids = [lab.part(to, cyrillic, udh=udh8(0x56, 2, 1), data_coding=8),
           lab.part(to, b"\x00 you", udh=udh8(0x56, 2, 2))]
    lab.outcome(ids)
    equal([(bytes.fromhex(one["text"]), one["data_coding"]) for one in lab.sms(to)],
          [(udh8(0x56, 2, 1) + cyrillic, "8"), (udh8(0x56, 2, 2) + b"\x00 you", "0")], "SMS")
    equal(lab.posted(to), ["Привет@ you"], "posts")


def validity_is_that_of_the_first_part(lab):
    to = "79030003171"
    ids = [lab.part(to, b"one ", udh=udh8(0x57, 2, 1), validity=relative_time(3600)),
           lab.part(to, b"two", udh=udh8(0x57, 2, 2), validity=relative_time(60))]
    lab.outcome(ids)
    trace = lab.get(f"/v1/messages/{ids[1]}/trace")
    begin, end = (datetime.fromisoformat(trace[key]) for key in ("accepted_at", "deadline"))
    check(3599 <= (end - begin).total_seconds() <= 3601, f"from {begin} to {end}")


def what_is_over_while_it_waits_expires(lab):
    to = "79030003181"
    message_id = lab.part(to, b"one ", udh=udh8(0x58, 2, 1), validity=relative_time(1))
    lab.outcome([message_id], stat="EXPIRED", timeout_s=6)
    equal((lab.posts(to), lab.sms(to)), ([], []), "sent")


def references_may_interleave_and_binds_may_differ(lab):
    to = "79030003041"
    with Session(lab.ports["smpp"], "cascade") as other:
        ids = [lab.part(to, b"a1 ", udh=udh8(0x41, 2, 1)),
               lab.part(to, b"b1 ", udh=udh8(0x42, 2, 1), esme=other),
               lab.part(to, b"a2", udh=udh8(0x41, 2, 2), esme=other),
               lab.part(to, b"b2", udh=udh8(0x42, 2, 2))]
        both = lambda: {one.id for one in lab.esme.receipts + other.receipts}
        until(lambda: set(ids) <= both(), 8, "receipts are missing")
    equal(sorted(lab.posted(to)), ["a1 a2", "b1 b2"], "posts")


def each_part_has_its_own_alphabet(lab):
    to = "79030003051"
    ids = [lab.part(to, "Привет ".encode("utf-16-be"), udh=udh8(0x43, 2, 1), data_coding=8),
           lab.part(to, b"\x00 you", udh=udh8(0x43, 2, 2))]
    lab.outcome(ids)
    equal(lab.posted(to), ["Привет @ you"], "posts")


def what_is_not_a_part_is_not_collected(lab):
    for row, (name, kind) in enumerate(KINDS):
        for column, (total, number) in enumerate(((1, 1), (0, 1), (2, 3), (2, 0), (0, 0))):
            to = f"7903000306{row}{column}1"
            begin = time.monotonic()
            message_id = lab.part(to, b"alone", **kind(0x44, total, number))
            lab.outcome([message_id])
            check(time.monotonic() - begin < 2.5,
                  f"part {number} of {total} ({name}) was waited for")
            equal(lab.posted(to), ["alone"], f"posts, {name}")
    # Two of the three parameters say nothing.
    to = "79030003301"
    lab.outcome([lab.part(to, b"alone", tlvs=sar(0x44, 2, 1)[:-5])])
    equal(lab.posted(to), ["alone"], "posts")


def registered_delivery_is_each_parts(lab):
    to = "79030003101"
    ids = [lab.part(to, b"quiet ", udh=udh8(0x45, 2, 1), registered=0),
           lab.part(to, b"loud", udh=udh8(0x45, 2, 2), registered=1)]
    lab.outcome(ids[1:])
    time.sleep(0.5)
    equal(lab.esme.receipts_of(ids[0]), [], "receipts of the quiet part")


def for_sms_alone_each_part_leaves_at_once(lab):
    with Session(lab.ports["smpp"], "sms") as esme:
        for row, (name, kind) in enumerate(KINDS):
            to = f"7903000400{row}"
            for number in (1, 2, 3):
                fields = kind(5, 4, number)
                message_id = esme.submitted(to, b"part %d" % number, **fields)
                until(lambda: len(lab.sms(to)) == number, 1, f"part {number} waits, {name}")
                equal(esme.receipt(message_id).stat, "DELIVRD", "stat")
                one = lab.ended(message_id)
                equal((one["submissions"], one["charged"]), ([message_id], "0.050000"),
                      "a message of its own")
                sent = lab.sms(to)[-1]
                equal(bytes.fromhex(sent["text"]), fields.get("udh", b"") + b"part %d" % number,
                      f"octets, {name}")
                check(fields.get("tlvs", b"") in bytes.fromhex(sent["tlvs"]), f"TLVs, {name}")


def septets_and_units(lab, to, text):
    """(number, total, octets) of each SMS, by its header."""
    parts = []
    for octets in lab.texts(to):
        equal(octets[:3], b"\5\0\3", "header")
        parts.append((octets[5], octets[4], octets[6:]))
    equal([part[0] for part in parts], list(range(1, len(parts) + 1)), "numbers")
    equal({part[1] for part in parts}, {len(parts)}, "totals")
    return parts


def a_long_text_of_the_api_is_split(lab):
    text = "".join(chr(97 + i % 26) for i in range(400))
    answer = lab.send("sms", "79030005001", text)
    equal(answer.status, 202, f"answer {answer!r}")
    equal((answer.json["parts"], answer.json["held"]), (3, "0.150000"), "parts, held")
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["charged"], row["parts"]), ("delivered", "0.150000", 3), "end")
    parts = septets_and_units(lab, "79030005001", text)
    check(all(len(part[2]) <= 153 for part in parts), "a part has more than 153 septets")
    equal(b"".join(part[2] for part in parts).decode(), text, "text")

    text = "Ж" * 66 + "🙂" + "Ж" * 70  # the pair lies across the cut
    answer = lab.send("sms", "79030005002", text)
    equal((answer.status, answer.json["parts"]), (202, 3), "parts")
    lab.ended(answer.json["id"])
    parts = septets_and_units(lab, "79030005002", text)
    equal("".join(part[2].decode("utf-16-be") for part in parts), text, "text, each part whole")

    text = "a" * 152 + "€" + "b" * 20  # the escape is not parted from its character
    answer = lab.send("sms", "79030005003", text)
    equal((answer.status, answer.json["parts"]), (202, 2), "parts")
    lab.ended(answer.json["id"])
    parts = septets_and_units(lab, "79030005003", text)
    equal([part[2] for part in parts], [b"a" * 152, b"\x1b\x65" + b"b" * 20], "octets")


def a_long_text_of_the_api_is_one_for_the_messenger(lab):
    text = "long " * 80
    answer = lab.send("cascade", "79030005011", text)
    equal((answer.status, answer.json["parts"], answer.json["held"]),
          (202, 3, "0.160000"), "parts, held")
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["charged"]), ("delivered", "0.010000"), "end, charged")
    equal(lab.posted("79030005011"), [text], "posts")


def what_is_counted_as_collected_is_whole(lab):
    def collected():
        page = lab.http("GET", "/metrics").body.decode()
        return int(page.split("\nsluice_collected_total ", 1)[1].split("\n", 1)[0])

    before = collected()
    ids = [lab.part("79030006031", b"one ", udh=udh8(0x64, 2, 1))]
    equal(collected(), before, "after the first part")
    ids.append(lab.part("79030006031", b"two", udh=udh8(0x64, 2, 2)))
    equal(collected(), before + 1, "after the last")
    lab.outcome(ids)


def what_was_collecting_goes_on_after_kill_9(lab):
    to = "79030006001"
    ids = [lab.part(to, b"<%d>" % n, udh=udh8(0x61, 3, n)) for n in (1, 3)]
    held = lab.balance("cascade")["held"]
    lab.kill()
    lab.start()
    lab.wait_bound()
    equal(lab.balance("cascade")["held"], held, "held")
    with Session(lab.ports["smpp"], "cascade") as esme:
        ids.append(lab.part(to, b"<2>", udh=udh8(0x61, 3, 2), esme=esme))
        check(esme.told_of(ids, 8), "receipts are missing")
    equal(lab.posted(to), ["<1><2><3>"], "posts")
    equal(lab.charged(ids), MESSAGE, "charged")
    # And what is not completed after a restart goes as SMS.
    to = "79030006011"
    with Session(lab.ports["smpp"], "cascade") as esme:
        left = lab.part(to, b"left", udh=udh8(0x62, 3, 2), esme=esme)
    lab.kill()
    lab.start()
    lab.wait_bound()
    until(lambda: lab.texts(to) == [udh8(0x62, 3, 2) + b"left"], 6, "it was not sent")
    equal(lab.ended(left)["end"], "delivered", "end")


def each_part_is_told_what_became_of_its_own_sms(lab):
    lab.restart_sim(smsc="every=2:undelivered")
    to = "79030006022"
    with Session(lab.ports["smpp"], "cascade") as esme:
        ids = [lab.part(to, b"p%d" % n, udh=udh8(0x63, 2, n), esme=esme) for n in (1, 2)]
        equal([esme.receipt(one).stat for one in ids], ["DELIVRD", "UNDELIV"], "receipts")
    equal(lab.ended(ids[0])["end"], "undeliverable", "end of the whole")
    equal(lab.charged(ids), 2 * SMS, "charged")


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account)
    lab.verify()


if __name__ == "__main__":
    scenario(60, LongLab, the_first_part_holds_the_worst_case_of_all,
             what_is_counted_as_collected_is_whole,
             what_was_collecting_goes_on_after_kill_9,
             each_part_is_told_what_became_of_its_own_sms,
             in_the_end_nothing_is_held_and_the_ledger_is_right,
             together=(
                 parts_become_one_text_for_the_messenger,
                 parts_may_come_in_any_order,
                 failed_parts_go_as_sms_in_order_on_one_bind,
                 sar_parts_keep_their_tlvs_as_sms,
                 each_part_hears_of_its_own_sms,
                 a_set_that_stays_incomplete_goes_as_sms_after_three_seconds,
                 a_part_that_comes_twice_shares_the_outcome,
                 a_reference_that_is_used_again_is_a_new_message,
                 other_content_under_the_same_number_opens_a_new_set,
                 every_kind_is_repeated_interleaved_and_used_again_alike,
                 one_reference_in_three_kinds_is_three_messages,
                 a_part_of_a_complete_set_opens_a_new_one,
                 missing_parts_leave_the_others_in_order_with_their_headers,
                 parts_in_two_alphabets_go_as_sms_each_in_its_own,
                 validity_is_that_of_the_first_part,
                 what_is_over_while_it_waits_expires,
                 references_may_interleave_and_binds_may_differ,
                 each_part_has_its_own_alphabet,
                 what_is_not_a_part_is_not_collected,
                 registered_delivery_is_each_parts,
                 for_sms_alone_each_part_leaves_at_once,
                 a_long_text_of_the_api_is_split,
                 a_long_text_of_the_api_is_one_for_the_messenger,
             ))
