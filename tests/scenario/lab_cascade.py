#!/usr/bin/env python3
"""Account `cascade` of the lab, on its fixed ports: a messenger first, SMS when it fails."""

from decimal import Decimal

from lab import Lab, equal, scenario
from smpp_client import Session
from starved import Starved

# A quarter each: delivered, failed, silent, not known there.
MESSENGER = "rule=79001*:delivered,rule=79002*:failed,rule=79003*:silent,rule=79004*:404"
STARVED_S = 0.5  # of the two seconds that the messenger has
TRIES = 5


def one_round(lab):
    """A quarter each; what came of it, and how long they were not let run."""
    before, starved = lab.balance("cascade"), Starved(lab)
    sms, posts = lab.sim_stats("smsc"), lab.sim_stats("messenger")
    numbers = lab.bench("--account", "cascade", "-b", 2, "-w", 64, "-n", 400, "-d",
                        "79001####,79002####,79003####,79004####", "--expect-stat",
                        "DELIVRD", "--linger", 1)
    equal(numbers["submits"]["accepted"], 400, "accepted")
    equal(numbers["receipts"]["completed"], 400, "receipts DELIVRD")
    lab.nothing_held("cascade", 20)
    after = lab.balance("cascade")
    equal(after["held"], 0, "held")
    lab.verify(60)
    sms_now, posts_now = lab.sim_stats("smsc"), lab.sim_stats("messenger")
    equal((sms_now["duplicates"], posts_now["duplicate_refs"]), (0, 0), "twice")
    equal(posts_now["posts"] - posts["posts"], 400, "posts")
    return (sms_now["taken"] - sms["taken"], after["charged"] - before["charged"],
            starved.worst_s)


def four_hundred_a_quarter_each(lab):
    """Whose report does not come within two seconds gets an SMS too: so it is no matter of
    ours on a machine that lets nobody run.
    """
    for _ in range(TRIES):
        sms, charged, starved_s = one_round(lab)
        if sms == 300 or starved_s < STARVED_S:
            break
    equal(sms, 300, f"SMS at the operator, after {starved_s:.1f} s without a processor")
    equal(charged, 100 * Decimal("0.01") + 300 * Decimal("0.05"), "charged")
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
    scenario(120, lambda: Lab(messenger=MESSENGER, fixed=True),
             four_hundred_a_quarter_each, the_trace_shows_both_steps,
             the_api_takes_the_same_way)
