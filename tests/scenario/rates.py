#!/usr/bin/env python3
"""What must be the case however slow the machine: a thousand messages in each second that
it lets us run and more, receipts that come while submits come as fast as they can, and no work for an operator that
is not there."""

import os
import threading
import time

from lab import Lab, check, equal, scenario, until
from smpp_client import OK, SUBMIT, Session, frame, submit_body
from starved import Starved

COUNT = 20_000
LEAST_PER_S = 1000 # complaints begin at 20 and end at 140
FLOOD = 20_000
LEAST_RECEIPTS_PER_S = 200
QUEUED, DOWN_S = 5000, 5
# Of one processor, and lines: four binds that try to come back.
LARGEST_SHARE, MOST_LINES = 0.1, 12
LINES_PER_S = 20 # of what one cause brings by the thousand
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def they_go_through_by_the_thousand(lab):
    starved = Starved(lab)
    found = lab.bench("-b", 4, "-w", 256, "-n", COUNT)
    took_s = COUNT / found["completed_per_s"]
    said = (f"{found['completed_per_s']:.0f} messages/s with their receipts, "
            f"{starved.worst_s:.1f} of {took_s:.1f} s without a processor")
    check(COUNT >= LEAST_PER_S * (took_s - starved.worst_s), said)
    return said


def receipts_come_while_submits_come_as_fast_as_they_can(lab):
    """One transceiver that always has more to send than it is answered."""
    with Session(lab.ports["smpp"]) as esme:
        octets = b"".join(frame(SUBMIT, submit_body(b"7908%07d" % number), 0, 100 + number)
                          for number in range(FLOOD))
        starved, begin = Starved(lab), time.time()
        threading.Thread(target=esme.raw, args=(octets,), daemon=True).start()
        check(esme.wait(lambda: 99 + FLOOD in esme.responses, 100), "not all are answered")
        held_up_s = starved.worst_s
        answered_at = esme.responses[99 + FLOOD].at
        equal({esme.responses[100 + number].status for number in range(FLOOD)}, {OK},
              "statuses")
        check(esme.wait(lambda: len(esme.receipts) == FLOOD, 100), "receipts are missing")
    took_s = answered_at - begin
    meanwhile = sum(one.at < answered_at for one in esme.receipts)
    check(meanwhile >= LEAST_RECEIPTS_PER_S * (took_s - held_up_s),
          f"{meanwhile} receipts in {took_s:.1f} s of submits, {held_up_s:.1f} s of them "
          "without a processor")
    return f"{FLOOD / took_s:.0f} submits/s and {meanwhile / took_s:.0f} receipts/s on one bind"


def processor_s(lab):
    with open(f"/proc/{lab.sluiced.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def lines_of(lab):
    return len(lab.log_path.read_text().splitlines())


def an_operator_that_is_not_there_costs_neither_time_nor_lines(lab):
    lab.stop_sim()
    until(lambda: lab.metric("link_binds") == 0, 20, "the link is bound still")
    lab.bench("-b", 2, "-w", 500, "-n", QUEUED, "--registered-delivery", 0)
    equal(lab.metric("channel_queued", channel="smsc"), QUEUED, "messages that wait")
    time.sleep(1)
    permits, used_s, written = lab.metric("permits_total"), processor_s(lab), lines_of(lab)
    time.sleep(DOWN_S)
    share, lines = (processor_s(lab) - used_s) / DOWN_S, lines_of(lab) - written
    check(share <= LARGEST_SHARE, f"{share:.0%} of a processor")
    check(lines <= MOST_LINES, f"{lines} lines in the log")
    equal(lab.metric("permits_total"), permits, "tries of what cannot be sent")
    lab.start_sim()
    until(lambda: lab.metric("channel_queued", channel="smsc") == 0, 60, "they wait still")
    return f"{share:.1%} of a processor, {lines} lines in {DOWN_S} s, {QUEUED} waiting"


def a_messenger_that_is_not_there_costs_few_lines(lab):
    """Each message is refused there, and goes as SMS."""
    count, begin = 3000, time.monotonic()
    written = len(lab.log_lines("channel.unanswered"))
    lab.bench("--account", "cascade", "-b", 2, "-w", 64, "-n", count)
    until(lambda: lab.metric("channel_verdicts_total", channel="messenger", verdict="next") >= count,
          10, "the messenger was not tried")
    lines = len(lab.log_lines("channel.unanswered")) - written
    most = LINES_PER_S * (2 + time.monotonic() - begin)
    check(lines <= most, f"{lines} lines of {count} messages, {most:.0f} are the share")
    return f"{lines} lines of {count} messages"


def it_all_adds_up(lab):
    lab.nothing_held("sms", 60)
    lab.verify(60)


if __name__ == "__main__":
    scenario(300, lambda: Lab(smsc="report_delay=10-50", messenger=False),
             they_go_through_by_the_thousand,
             receipts_come_while_submits_come_as_fast_as_they_can,
             a_messenger_that_is_not_there_costs_few_lines,
             an_operator_that_is_not_there_costs_neither_time_nor_lines, it_all_adds_up)
