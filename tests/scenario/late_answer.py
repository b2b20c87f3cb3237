#!/usr/bin/env python3
"""A messenger that answers, or reports, long after the message has ended, and an operator
that answers after its time.
"""

import time

from lab import Lab, check, equal, scenario, until


OPERATOR = ("rule=*0011:answer:2000,rule=*0012:answer:5000,rule=*0013:0x0B+answer:2000,"
            "rule=*0014:throttled+answer:2000")


def patient(text):
    """With the messenger, and not with the operator."""
    return (text.replace('  timeout = "1s"', '  timeout = "6s"')
            .replace('  response_timeout = "5s"', '  response_timeout = "1s"'))


def told(lab, to, **more):
    """The message to this number, once it has ended, and what the operator has of it."""
    return lab.ended(lab.send("sms", to, **more).json["id"], 20), lab.sms(to)


def an_operators_late_answer_is_heard_before_the_segment_is_sent_again(lab):
    before = {name: lab.metric(name) for name in
              ("in_doubt_total", "in_doubt_resolved_total", "answers_late_total",
               "resends_total")}
    row, sms = told(lab, "79030000011")
    equal((row["end"], row["charged"], row["cost"]), ("delivered", "0.050000", "0.030000"),
          "end, charged, cost")
    equal([one["provider_id"] for one in row["attempts"]], [one["id"] for one in sms], "ids")
    equal(len(sms), 1, "times it was sent")
    equal({name: lab.metric(name) - was for name, was in before.items()},
          {"in_doubt_total": 1, "in_doubt_resolved_total": 1, "answers_late_total": 1,
           "resends_total": 0}, "metrics")
    equal([line["id"] for line in lab.log_lines("attempt.doubt_resolved")][-1:],
          [row["id"]],
          "whose doubt the log calls resolved")


def when_it_was_sent_again_both_are_known_and_one_is_charged(lab):
    twice = lab.metric("duplicate_deliveries_total")
    row, sms = told(lab, "79030000012")
    equal((row["end"], row["charged"]), ("delivered", "0.050000"), "end, charged")
    equal(len(sms), 2, "times it was sent")
    until(lambda: lab.metric("duplicate_deliveries_total") == twice + 1, 10,
          "that it was delivered twice is not known")
    row = lab.message(row["id"])
    equal([one["provider_id"] for one in row["attempts"]], [one["id"] for one in sms], "ids")
    equal((row["end"], row["charged"], row["cost"]), ("delivered", "0.050000", "0.060000"),
          "end, charged, cost")


def a_late_refusal_is_one(lab):
    row, sms = told(lab, "79030000013")
    equal((row["end"], row["charged"], len(sms)), ("undeliverable", "0.000000", 1),
          "end, charged, times")


def what_is_throttled_late_is_sent_again(lab):
    row, sms = told(lab, "79030000014", validity=4)
    check(len(sms) > 1, f"it was sent {len(sms)} times")
    equal((row["end"], row["charged"]), ("expired", "0.000000"), "end, charged")
    equal((row["attempts"][0]["state"], row["attempts"][0]["reason"]), ("failed", "quota"),
          "the first")


def an_answer_may_come_long_after_the_end(lab):
    answer = lab.send("cascade", "79030000001")
    equal(answer.status, 202, f"answer {answer!r}")
    time.sleep(5.5)
    check(lab.sluiced.poll() is None, "sluiced has ended")
    row = lab.ended(answer.json["id"])
    equal((row["end"], row["charged"]), ("delivered", "0.010000"), "end, charged")


def a_report_by_our_ref_alone_finds_what_ended_before_a_crash(lab):
    """Of one that the messenger took, and of one that it never answered."""
    numbers = ("79030000002", "79030000003")
    made = [lab.send("cascade", to).json["id"] for to in numbers]
    for one in made:
        equal(lab.ended(one)["end"], "delivered", "end, by SMS")
    for end in (lab.kill, lab.stop):
        end()
        lab.start()
        lab.wait_bound()
        late = lab.metric("reports_late_total")
        to, one = numbers[end == lab.stop], made[end == lab.stop]
        answer = lab.hook({"ref": lab.posts(to)[0]["ref"], "status": "delivered"})
        equal(answer.status, 200, f"the report {answer!r}")
        equal(lab.metric("reports_late_total"), late + 1, "late reports")
        row = lab.message(one)
        equal((row["end"], row["charged"], row["attempts"][0]["state"]),
              ("delivered", "0.060000", "delivered"), "end, charged, what the messenger did")
    lab.nothing_held("cascade")
    lab.verify()


if __name__ == "__main__":
    scenario(60, lambda: Lab(OPERATOR, messenger="default=early+answer:4000+delivered,"
                                                 "rule=*0002:silent,rule=*0003:timeout",
                             edit=patient),
             an_operators_late_answer_is_heard_before_the_segment_is_sent_again,
             a_report_by_our_ref_alone_finds_what_ended_before_a_crash,
             together=(when_it_was_sent_again_both_are_known_and_one_is_charged,
                       a_late_refusal_is_one, what_is_throttled_late_is_sent_again,
                       an_answer_may_come_long_after_the_end))
