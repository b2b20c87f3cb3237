#!/usr/bin/env python3
"""Long messages of an SMS-only client: collected for a messenger, never for SMS alone."""

import time

from decimal import Decimal

from lab import Lab, check, equal, scenario, until
from smpp_client import Session, sar, udh8, udh16

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
    for to, header in (("79030003061", udh8(0x44, 1, 1)), ("79030003071", udh8(0x44, 0, 1)),
                       ("79030003081", udh8(0x44, 2, 3)), ("79030003091", udh8(0x44, 2, 0))):
        begin = time.monotonic()
        lab.outcome([lab.part(to, b"alone", udh=header)])
        check(time.monotonic() - begin < 2.5, f"{header.hex()} was waited for")


def registered_delivery_is_each_parts(lab):
    to = "79030003101"
    ids = [lab.part(to, b"quiet ", udh=udh8(0x45, 2, 1), registered=0),
           lab.part(to, b"loud", udh=udh8(0x45, 2, 2), registered=1)]
    lab.outcome(ids[1:])
    time.sleep(0.5)
    equal(lab.esme.receipts_of(ids[0]), [], "receipts of the quiet part")


def for_sms_alone_each_part_leaves_at_once(lab):
    to = "79030004001"
    with Session(lab.ports["smpp"], "sms") as esme:
        for number in (1, 2, 3):
            message_id = esme.submitted(to, b"part %d" % number, udh=udh8(5, 4, number))
            until(lambda: len(lab.sms(to)) == number, 1, f"part {number} waits")
            equal(esme.receipt(message_id).stat, "DELIVRD", "stat")
            row = lab.ended(message_id)
            equal((row["submissions"], row["charged"]), ([message_id], "0.050000"),
                  "a message of its own")
    equal(lab.texts(to), [udh8(5, 4, n) + b"part %d" % n for n in (1, 2, 3)], "octets")


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


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account)
    lab.verify()


if __name__ == "__main__":
    scenario(60, LongLab, the_first_part_holds_the_worst_case_of_all,
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
                 references_may_interleave_and_binds_may_differ,
                 each_part_has_its_own_alphabet,
                 what_is_not_a_part_is_not_collected,
                 registered_delivery_is_each_parts,
                 for_sms_alone_each_part_leaves_at_once,
                 a_long_text_of_the_api_is_split,
                 a_long_text_of_the_api_is_one_for_the_messenger,
             ))
