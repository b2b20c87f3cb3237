#!/usr/bin/env python3
"""Account `cascade` of the lab, on its fixed ports: a messenger first, SMS when it fails."""

from decimal import Decimal

from lab import Lab, equal, scenario
from smpp_client import Session

# A quarter each: delivered, failed, silent, not known there.
MESSENGER = "rule=79001*:delivered,rule=79002*:failed,rule=79003*:silent,rule=79004*:404"


def four_hundred_a_quarter_each(lab):
    before = lab.balance("cascade")
    numbers = lab.bench("--account", "cascade", "-b", 2, "-w", 64, "-n", 400, "-d",
                        "79001####,79002####,79003####,79004####", "--expect-stat",
                        "DELIVRD", "--linger", 1)
    equal(numbers["submits"]["accepted"], 400, "accepted")
    equal(numbers["receipts"]["completed"], 400, "receipts DELIVRD")
    lab.nothing_held("cascade")
    after = lab.balance("cascade")
    sms = lab.sim_stats("smsc")
    posts = lab.sim_stats("messenger")
    equal((sms["taken"], sms["duplicates"]), (300, 0), "SMS at the operator, twice")
    equal((posts["posts"], posts["duplicate_refs"]), (400, 0), "posts, twice")
    equal(after["charged"] - before["charged"], 100 * Decimal("0.01") + 300 * Decimal("0.05"),
          "charged")
    equal(after["held"], 0, "held")
    lab.verify()
    equal(lab.sms("790010000"), [], "SMS to who has the messenger")
    return "400 DELIVRD, 300 SMS, 16.000000 charged, nothing held"


def the_trace_shows_both_steps(lab):
    with Session(lab.ports["smpp"], "cascade") as esme:
        message_id = esme.submitted("790020777", b"two steps")
        equal(esme.receipt(message_id).stat, "DELIVRD", "stat")
    row = lab.ended(message_id)
    equal((row["end"], row["charged"], row["cost"], row["parts"]),
          ("delivered", "0.050000", "0.030000", 1), "end and money")
    shown = [(one["step"], one["channel"], one["segment"], one["try"], one["state"],
              one["charged"]) for one in row["attempts"]]
    equal(shown, [("messenger", "messenger", 1, 1, "failed", "0.000000"),
                  ("sms", "smsc", 1, 1, "delivered", "0.050000")], "attempts")
    post, = lab.posts("790020777")
    equal(row["attempts"][0]["provider_id"], post["id"], "the messenger's id")


def the_api_takes_the_same_way(lab):
    answer = lab.send("cascade", "+790010888", "Привет")
    equal(answer.status, 202, f"answer {answer!r}")
    equal({key: answer.json[key] for key in ("parts", "held", "currency")},
          {"parts": 1, "held": "0.060000", "currency": "EUR"}, "202")
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["charged"]), ("delivered", "0.010000"), "end and money")
    post, = lab.posts("790010888")
    equal(bytes.fromhex(post["text"]).decode(), "Привет", "text")
    # A plan of the request's own.
    answer = lab.send("cascade", "790010889", plan="sms")
    equal((answer.status, answer.json.get("held")), (202, "0.050000"), "plan sms")
    equal(lab.ended(answer.json["id"])["end"], "delivered", "end")
    equal(lab.posts("790010889"), [], "posts under plan sms")


if __name__ == "__main__":
    scenario(60, lambda: Lab(messenger=MESSENGER, fixed=True),
             four_hundred_a_quarter_each, the_trace_shows_both_steps,
             the_api_takes_the_same_way)
