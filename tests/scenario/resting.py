#!/usr/bin/env python3
"""Messages that only wait: their long texts are in the database, not in memory, and are read
from there when a step is to send them.
"""

import pathlib
import re

from lab import Lab, check, equal, scenario, until
from smpp_client import Session, TAG_PAYLOAD, tlv, udh8

STEP_S = 5           # of the messenger: longer than a message that only waits stays whole
MANY, LENGTH = 40000, 1500
WINDOW = 500
CACHE = 64 << 20     # the store's, of rows that it has read
OCTETS_EACH = 800    # of memory at most, beyond that


def edit(text):
    """A longer step, and an operator who takes long texts uncut."""
    text = re.sub(r'within = "2s"', f'within = "{STEP_S}s"', text)
    return re.sub(r'(link "smsc" \{)', r'\1\n  split = "payload"', text)


class RestingLab(Lab):
    def __init__(self):
        super().__init__(smsc="rule=7909*:never,default=delivered,capacity=200000",
                         messenger="default=silent", edit=edit)

    def without_text(self):
        return int(self.metric("messages_without_text"))


def long_text(number):
    """No two places of it are alike."""
    return b"".join(b"%03d %04d," % (number, at) for at in range(0, 1600, 9))[:1600]


def payload(text):
    return tlv(TAG_PAYLOAD, text)


def texts(lab, to):
    return [bytes.fromhex(one["text"]) for one in lab.sms(to)]


def submits(esme):
    ids = [esme.submitted(f"7904000000{n}", b"", tlvs=payload(long_text(n)))
           for n in range(5)]
    ids += [esme.submitted("79040000009", long_text(90 + n)[:150], udh=udh8(7, 3, n))
            for n in (1, 2, 3)]
    return ids


def all_came(lab, esme, ids):
    for message_id in ids:
        receipt = esme.receipt(message_id, 2 * STEP_S)
        equal(receipt.stat, "DELIVRD", "stat")
        equal(len(esme.receipts_of(message_id)), 1, "receipts")
    for n in range(5):
        equal(texts(lab, f"7904000000{n}"), [long_text(n)], f"text {n}")
    equal(texts(lab, "79040000009"),
          [udh8(7, 3, n) + long_text(90 + n)[:150] for n in (1, 2, 3)], "parts")
    lab.nothing_held("cascade")


def long_texts_that_rested_fall_back_to_sms_whole(lab):
    with Session(lab.ports["smpp"], "cascade") as esme:
        ids = submits(esme)
        until(lambda: lab.without_text() == 6, STEP_S, "the texts are still in memory")
        all_came(lab, esme, ids)
        first = esme.receipts_of(ids[3])[0]
        equal(first.text.split(b"text:")[1][:20], long_text(3)[:20], "text of the receipt")
    equal(lab.metric("texts_read_total"), 6, "texts read")
    equal(lab.metric("texts_lost_total"), 0, "texts lost")
    equal(lab.without_text(), 0, "without a text")
    lab.verify()
    return "five of 1,600 octets and one of three parts"


def they_do_so_after_a_kill(lab):
    with Session(lab.ports["smpp"], "cascade") as esme:
        ids = submits(esme)
        until(lambda: lab.without_text() == 6, STEP_S, "the texts are still in memory")
        lab.kill()
    lab.start()
    check(lab.without_text() > 0, "the start has loaded the texts")
    with Session(lab.ports["smpp"], "cascade") as esme:
        for message_id in ids:
            equal(esme.receipt(message_id, 3 * STEP_S).stat, "DELIVRD", "stat")
    equal(texts(lab, "79040000000"), 2 * [long_text(0)], "texts of both rows")
    lab.verify()


def own_memory(lab):
    status = pathlib.Path(f"/proc/{lab.sluiced.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) * 1024


def send_many(esme, count, prefix):
    text = payload(b"x" * LENGTH)
    for at in range(0, count, WINDOW):
        last = [esme.submit(f"{prefix}{number:07d}", b"", tlvs=text, registered=0)
                for number in range(at, at + WINDOW)][-1]
        equal(esme.response(last).status, 0, "status of a submit")


def restarted(lab):
    """Its memory, without what a load leaves behind."""
    lab.stop()
    lab.start()
    return own_memory(lab)


def many_that_wait_take_little_memory(lab):
    before = restarted(lab)
    with Session(lab.ports["smpp"], "sms") as esme:
        send_many(esme, MANY, "7909")
        until(lambda: lab.without_text() == MANY, 60,
              lambda: f"{lab.without_text()} without a text")
    each = (restarted(lab) - before - CACHE) / MANY
    equal(lab.without_text(), MANY, "without a text after the start")
    check(each < OCTETS_EACH, f"{each:.0f} octets each")
    return f"{MANY} of {LENGTH} octets: {each:.0f} octets of memory each beyond the cache"


if __name__ == "__main__":
    scenario(120, RestingLab, long_texts_that_rested_fall_back_to_sms_whole,
             they_do_so_after_a_kill, many_that_wait_take_little_memory)
