#!/usr/bin/env python3
"""A messenger that answers, or reports, long after the message has ended."""

import time

from lab import Lab, check, equal, scenario


def patient(text):
    return text.replace('  timeout = "1s"', '  timeout = "6s"')


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
    scenario(60, lambda: Lab(messenger="default=early+answer:4000+delivered,"
                                       "rule=*0002:silent,rule=*0003:timeout", edit=patient),
             an_answer_may_come_long_after_the_end,
             a_report_by_our_ref_alone_finds_what_ended_before_a_crash)
