#!/usr/bin/env python3
"""A messenger that reports at once and answers long after the message has ended."""

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


if __name__ == "__main__":
    scenario(60, lambda: Lab(messenger="default=early+answer:4000+delivered", edit=patient),
             an_answer_may_come_long_after_the_end)
