#!/usr/bin/env python3
"""Who may be told as the sender, and what may be said: the sender tables of links, content
rules, and messages kept for review."""

import re

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from cli import sluice
from lab import Lab, check, equal, scenario, until
from smpp_client import CANCEL, OK, REPLACE, Session, cancel_body, replace_body, udh8

SMS, MESSAGE = Decimal("0.05"), Decimal("0.01")
REJECTED, REPLACE_FAIL = 0x66, 0x13  # ESME_RX_R_APPN, ESME_RREPLACEFAIL

SENDERS = """
  sender { name = "ACME" }
  sender { name = "ACME"   prefix = "44"                        becomes = "ACME-UK" }
  sender { name = "ACME"   prefix = "44"  class = "advertising" refuse = true }
  sender { name = "Short"  becomes = "1234" }
  sender { name = "Number" becomes = "4930123456" }
  sender { name = "Shop" }
  sender { name = "Net"    network = "262"                      becomes = "Net-DE" }
  sender { name = "Net"    network = {"26201", "22801"}         becomes = "Net-One" }
  sender { name = "Net"    network = "26201" class = "advertising" refuse = true }
  sender { name = "Net" }
  sender { name = "*"      prefix = "7" }
  sender { name = "*"      refuse = true }
"""

MORE = """
network "26201" { name = "One"  prefixes = {"49151", "49160"} }
network "26202" { prefixes = {"491515"} }
network "22801" { prefixes = {"4179"} }
price { side = "sell"  channel = "smsc"  network = "26202"  price = "0.070000"  on = "accepted" }

link "second" {
  host = "127.0.0.1"  port = PORT  system_id = "sluice"  password = "sluice"
  reconnect_min = "200ms"  reconnect_max = "1s"
}
price { side = "sell"  channel = "second"  price = "0.050000"  on = "accepted" }

plan "first-then-second" {
  step "first"  { channels = {"smsc"}  within = "5s" }
  step "second" { channels = {"second"} }
}
plan "either" { step "sms" { channels = {"smsc", "second"} } }
plan "adverts" { class = "advertising"  step "sms" { channels = {"smsc"} } }

account "small" {
  password = "secret08"  plan = "sms"  plans = {"messenger-then-sms"}  opening = "10.00"
}
account "granted" {
  password = "secret08"  plan = "sms"  classes = {"advertising"}  opening = "10.00"
}

content "own-links" {
  text = {"newsletter"}  domains = {"shop.example"}
}
content "lottery" { text = {"you have won", "выиграл*приз"}  action = "deny" }
content "phishing" { domains = {"evil.example", "xn--e1a.test"}  action = "deny" }
content "sale" { text = {"% off"}  class = "advertising" }
content "alert" { text = {"alert:"}  plan = "messenger-then-sms" }
content "strange-links" { domains_not = {"shop.example"}  action = "review" }
content "look-at-this" { text = {"look at this"}  action = "review" }
"""


def edit(text):
    port = text.split("port = ", 1)[1].split("\n", 1)[0]
    head, tail = text.split('link "smsc" {', 1)
    return head + 'link "smsc" {' + SENDERS + tail + MORE.replace("PORT", port)


class ContentLab(Lab):
    def __init__(self):
        super().__init__(messenger="rule=*1:delivered,rule=*2:failed", edit=edit)

    def wait_bound(self, binds=5, timeout_s=10):
        super().wait_bound(binds, timeout_s)

    def __enter__(self):
        super().__enter__()
        self.esmes = {name: Session(self.ports["smpp"], name)
                      for name in ("sms", "cascade", "small", "granted")}
        return self

    def __exit__(self, *error):
        for esme in getattr(self, "esmes", {}).values():
            esme.close()
        super().__exit__(*error)

    def trace(self, message_id):
        return self.get(f"/v1/messages/{message_id}/trace")

    def kept(self):
        return {row["id"]: row for row in self.get("/v1/review")["messages"]}

    def decide(self, message_id, decision):
        return self.http("POST", f"/v1/review/{message_id}/{decision}", {})


def status_of(esme, to, text, **fields):
    return esme.response(esme.submit(to, text, **fields)).status


# ---- Sender tables ----------------------------------------------------------------


def a_link_is_told_the_name_it_takes(lab):
    rows = (
        ("ACME",   "33612345001",   "ACME",       "5", "0", None),
        ("acme",   "447700900001",  "ACME-UK",    "5", "0", "ACME-UK"),
        ("Short",  "33612345011",   "1234",       "3", "0", "1234"),
        ("Number", "33612345021",   "4930123456", "1", "1", "4930123456"),
        ("Nobody", "79001230001",   "Nobody",     "5", "0", None),
    )
    for name, to, told, ton, npi, replaced in rows:
        message_id = lab.esmes["sms"].submitted(to, b"hello", source=name.encode())
        one, = until(lambda: lab.sms(to), 5, f"no SMS to {to}")
        equal(one["source"], told, f"source of {name} to {to}")
        row = lab.ended(message_id)
        equal((row["end"], row["from"]), ("delivered", name), f"end of {name}")
        equal(lab.trace(message_id)["tries"][0]["sender"], replaced, f"trace of {name}")
        said = sluice(lab, "trace", message_id)
        equal(f"as from {told}" in said, replaced is not None, f"sluice trace of {name}")


def a_long_text_goes_under_the_name_too(lab):
    to = "447700900011"
    answer = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "ACME", "to": to, "text": "long " * 80})
    lab.ended(answer.json["id"])
    equal([one["source"] for one in lab.sms(to)], ["ACME-UK"] * 3, "sources")


def a_name_that_is_refused_takes_the_next_step(lab):
    to = "33612345031"
    answer = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "Nobody", "to": to, "text": "hello",
        "plan": "first-then-second"})
    row = lab.ended(answer.json["id"])
    equal([(one["step"], one["channel"], one["reason"]) for one in row["attempts"]],
          [("first", "smsc", "sender"), ("second", "second", None)], "attempts")
    equal((row["end"], Decimal(row["charged"])), ("delivered", SMS), "end, charged")
    equal(len(lab.sms(to)), 1, "SMS")


def a_name_that_is_refused_takes_another_link_of_the_step(lab):
    answer = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "Nobody", "to": "33612345041", "text": "hello",
        "plan": "either"})
    row = lab.ended(answer.json["id"])
    equal([(one["channel"], one["reason"]) for one in row["attempts"]],
          [("smsc", "sender"), ("second", None)], "attempts")
    equal(row["end"], "delivered", "end")


def where_no_link_takes_it_the_message_is_rejected(lab):
    to = "33612345051"
    esme = lab.esmes["sms"]
    message_id = esme.submitted(to, b"hello", source=b"Nobody")
    row = lab.ended(message_id)
    equal((row["end"], row["charged"]), ("rejected", "0.000000"), "end, charged")
    equal(esme.receipt(message_id).stat, "REJECTD", "receipt")
    equal(lab.sms(to), [], "SMS")


def the_class_decides_with_the_name(lab):
    to = "447700900021"
    answer = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "ACME", "to": to, "text": "hello", "plan": "adverts"})
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["attempts"][0]["reason"]), ("rejected", "sender"), "end")
    equal(lab.trace(row["id"])["class"], "advertising", "class")


def networks_decide_who_is_told_and_what_it_costs(lab):
    rows = (
        ("491511230001", "Net-One", "0.050000", {"code": "26201", "name": "One"}),
        ("491515230001", "Net-DE",  "0.070000", {"code": "26202", "name": ""}),
        ("417912300001", "Net-One", "0.050000", {"code": "22801", "name": ""}),
        ("491701230001", "Net",     "0.050000", None),
    )
    for to, told, price, network in rows:
        message_id = lab.esmes["sms"].submitted(to, b"hello", source=b"Net")
        one, = until(lambda: lab.sms(to), 5, f"no SMS to {to}")
        equal(one["source"], told, f"source to {to}")
        equal(lab.ended(message_id)["charged"], price, f"charge of {to}")
        trace = lab.trace(message_id)
        equal(trace["network"], network, f"network of {to}")
        equal(trace["tries"][0]["sender"], told if told != "Net" else None, f"trace of {to}")
        equal(trace["steps"][0]["price"]["amount"], price, f"price of {to}")
        said = sluice(lab, "trace", message_id)
        equal(" in network " in said, network is not None, f"sluice trace of {to}")
    answer = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "Net", "to": "491601230001", "text": "hello",
        "plan": "adverts"})
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["attempts"][0]["reason"]), ("rejected", "sender"), "adverts")


# ---- Content rules ----------------------------------------------------------------


def what_is_denied_is_refused_and_nothing_held(lab):
    before = lab.balance("small")
    esme = lab.esmes["small"]
    for text, fields in ((b"YOU  HAVE won 100$", {}),
                         ("Вы ВЫИГРАЛИ главный ПРИЗ!".encode("utf-16-be"), {"data_coding": 8}),
                         (b"you have won", {"data_coding": 0x10}),
                         (b"see http://login.evil.example/x", {}),
                         (b"you have won", {"udh": udh8(3, 2, 1)})):
        equal(status_of(esme, "79010000001", text, **fields), REJECTED, f"status of {text}")
    answer = lab.send("small", "79010000001", "you have w\u200bon")
    equal((answer.status, answer.json["code"]), (403, "denied"), f"{answer!r}")
    equal(lab.balance("small"), before, "balance")
    equal(lab.sms("79010000001"), [], "SMS")


def the_first_rule_that_fits_counts(lab):
    # "newsletter" and an own link pass before what they say besides is looked at.
    message_id = lab.esmes["sms"].submitted(
        "79010000011", b"newsletter: you have won, www.shop.example")
    equal(lab.ended(message_id)["end"], "delivered", "end")
    equal(status_of(lab.esmes["sms"], "79010000011",
                    b"newsletter: you have won, myshop.example"), REJECTED, "status")


def a_rule_gives_class_and_plan(lab):
    answer = lab.send("granted", "79010000021", "everything 50% off today")
    equal(answer.status, 202, f"{answer!r}")
    equal(lab.trace(answer.json["id"])["class"], "advertising", "class by its text")
    answer = lab.send("granted", "79010000031", "everything at its price")
    equal(lab.trace(answer.json["id"])["class"], "transactional", "class without")
    answer = lab.send("sms", "79010000041", "ALERT: water in the cellar")
    equal(lab.ended(answer.json["id"])["attempts"][0]["channel"], "messenger", "channel")


def a_class_that_is_not_granted_is_refused(lab):
    answer = lab.send("small", "79010000051", "everything 50% off today")
    equal((answer.status, answer.json["code"]), (403, "no_class"), f"{answer!r}")
    equal(status_of(lab.esmes["small"], "79010000051", b"50% off"), REJECTED, "status")


# ---- Review -----------------------------------------------------------------------


def what_is_kept_waits_and_is_sent_when_released(lab):
    to = "79020000001"
    esme = lab.esmes["small"]
    before = lab.balance("small")
    message_id = esme.submitted(to, b"see bit.ly/abc")
    row = lab.message(message_id)
    equal((row["state"], row["end"], row["attempts"]), ("waiting", None, []), "while kept")
    equal(lab.balance("small")["held"] - before["held"], SMS, "held")
    kept = lab.kept()[message_id]
    equal((kept["rule"], kept["account"], kept["to"], kept["text"], Decimal(kept["held"])),
          ("strange-links", "small", to, "see bit.ly/abc", SMS), "in the list")
    equal(lab.trace(message_id)["review"], "kept", "trace")
    said = sluice(lab, "review", "list")
    check(message_id in said and "strange-links" in said and "see bit.ly/abc" in said, said)
    check("released" in sluice(lab, "review", "release", message_id), "sluice review")
    equal(lab.ended(message_id)["end"], "delivered", "end")
    equal(esme.receipt(message_id).stat, "DELIVRD", "receipt")
    equal(lab.trace(message_id)["review"], "released", "trace")
    check("released" in sluice(lab, "trace", message_id), "sluice trace")
    equal(len(lab.sms(to)), 1, "SMS")
    equal(lab.decide(message_id, "release").status, 404, "a second release")
    equal(lab.decide(message_id, "drop").status, 404, "a drop after it")
    equal(len(lab.sms(to)), 1, "SMS")


def what_is_dropped_is_rejected_and_its_money_goes_back(lab):
    to = "79020000011"
    esme = lab.esmes["sms"]
    message_id = esme.submitted(to, b"Look at THIS")
    answer = lab.decide(message_id, "drop")
    equal((answer.status, answer.json), (200, {"id": message_id, "review": "dropped"}),
          "answer")
    row = lab.ended(message_id)
    equal((row["end"], row["charged"]), ("rejected", "0.000000"), "end")
    equal(esme.receipt(message_id).stat, "REJECTD", "receipt")
    equal(lab.trace(message_id)["review"], "dropped", "trace")
    equal(lab.sms(to), [], "SMS")


def a_deadline_ends_what_nobody_looked_at(lab):
    answer = lab.send("sms", "79020000021", "see bit.ly/def", validity=2)
    row = lab.ended(answer.json["id"], timeout_s=5)
    equal((row["end"], row["attempts"], row["charged"]), ("expired", [], "0.000000"), "end")
    check(answer.json["id"] not in lab.kept(), "it is in the list still")


def a_long_message_is_judged_when_it_is_whole(lab):
    esme = lab.esmes["cascade"]
    to = "79020000031"
    ids = [esme.submitted(to, b"look at", udh=udh8(1, 2, 1)),
           esme.submitted(to, b" this", udh=udh8(1, 2, 2))]
    kept = until(lambda: lab.kept().get(ids[0]), 5, "it is not kept")
    equal((kept["rule"], kept["text"]), ("look-at-this", "look at this"), "kept")
    equal(lab.posts(to), [], "posts while kept")
    equal(lab.decide(ids[0], "release").status, 200, "release")
    equal(lab.ended(ids[1])["end"], "delivered", "end")
    equal([bytes.fromhex(post["text"]).decode() for post in lab.posts(to)],
          ["look at this"], "posts")
    to = "79020000041"
    ids = [esme.submitted(to, b"you have ", udh=udh8(2, 2, 1)),
           esme.submitted(to, b"won!", udh=udh8(2, 2, 2))]
    for message_id in ids:
        equal(esme.receipt(message_id).stat, "REJECTD", "receipt of a part")
    equal((lab.posts(to), lab.sms(to)), ([], []), "sent")
    to = "79020000051"  # a part that would be kept by itself is collected first
    ids = [esme.submitted(to, b"bit.ly/x ", udh=udh8(3, 2, 1)),
           esme.submitted(to, b"and more", udh=udh8(3, 2, 2))]
    kept = until(lambda: lab.kept().get(ids[0]), 5, "it is not kept")
    equal(kept["text"], "bit.ly/x and more", "text")
    equal(lab.decide(ids[0], "drop").status, 200, "drop")
    equal({lab.ended(one)["end"] for one in ids}, {"rejected"}, "ends")


def what_replaces_a_text_is_judged_too(lab):
    esme = lab.esmes["sms"]
    to = "79020000091"
    message_id = esme.submitted(to, b"look at this")
    for text, status in ((b"you have won", REJECTED), (b"now 50% off", REPLACE_FAIL),
                         (b"ALERT: water", REPLACE_FAIL), (b"look at that", OK)):
        answer = esme.response(esme.send(REPLACE, replace_body(message_id, text)))
        equal(answer.status, status, f"status of {text}")
    equal(lab.kept()[message_id]["text"], "look at that", "it waits for somebody still")
    equal(lab.decide(message_id, "release").status, 200, "release")
    equal(lab.ended(message_id)["end"], "delivered", "end")

    # One that was none of ours to look at, and becomes it.
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%y%m%d%H%M%S000+")
    message_id = esme.submitted("79020000101", b"harmless", schedule=later.encode())
    check(message_id not in lab.kept(), "it is kept")
    answer = esme.response(esme.send(REPLACE, replace_body(message_id, b"see bit.ly/xyz")))
    equal(answer.status, OK, "status")
    equal(lab.kept()[message_id]["rule"], "strange-links", "kept")
    equal(lab.message(message_id)["state"], "scheduled", "state")
    answer = esme.response(esme.send(CANCEL, cancel_body(message_id, to=b"79020000101")))
    equal(answer.status, OK, "cancel")
    equal(lab.ended(message_id)["end"], "cancelled", "end")
    check(message_id not in lab.kept(), "it is kept still")


def only_an_admin_decides(lab):
    equal(lab.http("GET", "/v1/review", token=None).status, 401, "without a token")
    equal(lab.decide("1", "release").status, 404, "an id nobody has")
    equal(lab.decide("x", "drop").status, 404, "no id")
    said = sluice(lab, "review", "drop", "17", status=1)
    check("kept" in said, said)
    sluice(lab, "review", "forget", "17", status=64)


def decisions_are_counted(lab):
    page = lab.http("GET", "/metrics").body.decode()
    for name, least in (('review_decided_total{decision="release"}', 2),
                        ('review_decided_total{decision="drop"}', 2),
                        ('refused_total{cause="content"}', 7),
                        ('refused_total{cause="class"}', 1),
                        ("senders_replaced_total", 4), ("senders_refused_total", 4)):
        value = int(re.search(rf"^sluice_{re.escape(name)} (\d+)$", page, re.M).group(1))
        check(value >= least, f"{name} is {value}")


def what_is_kept_survives_kill_9(lab):
    first = lab.esmes["sms"].submitted("79020000061", b"see bit.ly/ghi")
    second = lab.esmes["sms"].submitted("79020000071", b"see bit.ly/jkl")
    third = lab.send("small", "79020000081", "see bit.ly/mno", validity=5).json["id"]
    told = lab.trace(lab.esmes["sms"].submitted("447700900031", b"hi", source=b"ACME"))["id"]
    lab.ended(told)
    lab.kill()
    # What the link was told then stays in the trace when the table is another now.
    lab.config_path.write_text(
        lab.config_path.read_text().replace('becomes = "ACME-UK"', 'becomes = "ACME-GB"'))
    lab.start()
    lab.wait_bound()
    equal(sorted(lab.kept()), sorted([first, second, third]), "kept")
    equal(lab.kept()[first]["rule"], "strange-links", "rule")
    equal(lab.balance("sms")["held"], 2 * SMS, "held by those of sms")
    equal((lab.sms("79020000061"), lab.sms("79020000071")), ([], []), "sent")
    equal(lab.decide(first, "release").status, 200, "release")
    equal(lab.decide(second, "drop").status, 200, "drop")
    equal((lab.ended(first)["end"], lab.ended(second)["end"]), ("delivered", "rejected"),
          "ends")
    equal(lab.ended(third)["end"], "expired", "the deadline")
    equal(lab.trace(told)["tries"][0]["sender"], "ACME-UK", "the trace of before")
    after = lab.http("POST", "/v1/messages", {
        "account": "sms", "from": "ACME", "to": "447700900041", "text": "hi"}).json["id"]
    lab.ended(after)
    equal(lab.trace(after)["tries"][0]["sender"], "ACME-GB", "the trace of now")
    equal(lab.kept(), {}, "kept")


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    for name in ("sms", "cascade", "small", "granted"):
        lab.nothing_held(name)
    lab.verify()


if __name__ == "__main__":
    scenario(
        60, ContentLab, what_is_denied_is_refused_and_nothing_held,
        what_is_kept_waits_and_is_sent_when_released, decisions_are_counted,
        what_is_kept_survives_kill_9, in_the_end_nothing_is_held_and_the_ledger_is_right,
        together=(
            a_link_is_told_the_name_it_takes,
            a_long_text_goes_under_the_name_too,
            a_name_that_is_refused_takes_the_next_step,
            a_name_that_is_refused_takes_another_link_of_the_step,
            where_no_link_takes_it_the_message_is_rejected,
            the_class_decides_with_the_name,
            networks_decide_who_is_told_and_what_it_costs,
            the_first_rule_that_fits_counts,
            a_rule_gives_class_and_plan,
            a_class_that_is_not_granted_is_refused,
            what_is_dropped_is_rejected_and_its_money_goes_back,
            a_deadline_ends_what_nobody_looked_at,
            a_long_message_is_judged_when_it_is_whole,
            what_replaces_a_text_is_judged_too,
            only_an_admin_decides,
        ))
