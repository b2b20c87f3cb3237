#!/usr/bin/env python3
"""A link of 100 a second with 500,000 adverts of one account in its queue (20,000 unless
SLUICE_DEEP=1): a one-time password of another leaves at once, and who has ten adverts is
not behind who has many."""

import time

from lab import DEEP, Lab, check, equal, scenario, until
from smpp_client import Session
from starved import Starved

ADVERTS = 500_000 if DEEP else 20_000
PER_S = 100
# Of a message that waits: itself, its body, its place in the tables.
BYTES_PER_ADVERT = 4096
BYTES_BESIDES = 300 * 1024 * 1024

ACCOUNTS = """
account "a" { password = "secret08" plan = "sms" class = "advertising" opening = "1000000"
  window = 1000 allow_from = {"127.0.0.0/8"} }
account "b" { password = "secret08" plan = "sms" class = "transactional" opening = "1000"
  allow_from = {"127.0.0.0/8"} }
account "c" { password = "secret08" plan = "sms" class = "advertising" opening = "1000"
  allow_from = {"127.0.0.0/8"} }
"""


def make():
    return Lab(edit=lambda text: text.replace(
        "  window = 256\n", f"  window = 256\n  tps = {PER_S}\n", 1) + ACCOUNTS)


def queued(lab):
    stats = lab.get("/v1/stats/channels")["channels"]
    return next(one["queued"] for one in stats if one["channel"] == "smsc")


def resident_bytes(lab):
    with open(f"/proc/{lab.sluiced.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file
                    if line.startswith("VmRSS"))


def the_queue_is_full_of_adverts(lab):
    begin = time.monotonic()
    left = lab.sim_stats("smsc")["taken"]
    lab.bench("--account", "a", "-b", 2, "-w", 500, "-n", ADVERTS, "-d", "7916#######",
              "--registered-delivery", 0, timeout_s=1200)
    waiting = queued(lab)
    took_s = time.monotonic() - begin
    left = lab.sim_stats("smsc")["taken"] - left
    check(waiting >= ADVERTS - left - 3 * PER_S, f"only {waiting} wait, {left} have left")
    used = resident_bytes(lab)
    check(used < BYTES_BESIDES + BYTES_PER_ADVERT * ADVERTS, f"{used >> 20} MiB are used")
    lab.full_at, lab.starved = time.time(), Starved(lab)
    return f"{waiting} wait after {took_s:.1f} s, {used >> 20} MiB resident"


def a_one_time_password_leaves_at_once(lab):
    """While it waits others leave, a hundred a second: they are counted."""
    before, waits_s = [], []
    with Session(lab.ports["smpp"], "b") as esme:
        for number in range(79030000100, 79030000120):
            to = str(number)
            starved, sent_at = Starved(lab), time.time()
            esme.submitted(to, registered=0)
            event = until(lambda: lab.sms(to), 30, f"{to} did not leave", 0.005)[0]
            waits_s.append(event["at"] - sent_at)
            # Of 0.1 s, and what a machine that did not let them run has held up.
            most = PER_S * (0.1 + starved.all_s)
            before.append(sum(sent_at < one["at"] < event["at"]
                              for one in lab.events("submit")))
            check(before[-1] <= most, f"{before[-1]} of the others left before it")
    return (f"at most {max(before)} of the others before it, at most "
            f"{max(waits_s) * 1000:.0f} ms from submit_sm to the operator")


def ten_adverts_are_not_behind_the_many(lab):
    with Session(lab.ports["smpp"], "c") as esme:
        ours = [str(number) for number in range(79030000200, 79030000210)]
        for sequence in [esme.submit(to, registered=0) for to in ours]:
            equal(esme.response(sequence).status, 0, "submit_sm")
        asked_at = time.time()
        until(lambda: lab.sms(ours[-1]), 60, "they are behind")
    events = lab.events("submit")
    places = [place for place, event in enumerate(events) if event["destination"] in ours]
    equal(len(places), 10, "of ten")
    others = places[-1] - places[0] + 1 - 10
    check(others <= 11, f"{others} adverts of the other account went between the ten")
    return f"{events[places[-1]]['at'] - asked_at:.2f} s, {others} of the other between"


def the_rate_was_kept(lab):
    """Since there are so many."""
    time.sleep(max(0, lab.full_at + 5 - time.time()))
    at = [event["at"] for event in lab.events("submit") if event["at"] >= lab.full_at]
    # Over three seconds, with what was saved up: an operator that had no processor for a
    # moment sees more at once.
    held_up_s = lab.starved.worst_s
    most = max(sum(1 for one in at[place:] if one < start + 3)
               for place, start in enumerate(at))
    check(most <= PER_S * (4.5 + held_up_s), f"{most} in three seconds")
    took_s = at[-1] - at[0]
    check(len(at) <= PER_S * (took_s + 1.5 + held_up_s), f"{len(at)} in {took_s:.1f} s")
    lab.verify(60)
    return f"{len(at)} in {took_s:.1f} s, {most} at most in three"


if __name__ == "__main__":
    scenario(240, make, the_queue_is_full_of_adverts, a_one_time_password_leaves_at_once,
             ten_adverts_are_not_behind_the_many, the_rate_was_kept)
