#!/usr/bin/env python3
"""usage: million.py [MESSAGES]

Kills sluiced, under load, when a million messages are alive: some that the operator has
taken and not reported, a window that he never answered, and all the others waiting, for he
stands still.  It starts with every one of them, the ledger is right, and once the operator
goes on each is delivered and told exactly once.
"""

import json
import signal
import sys
import time

from decimal import Decimal

from lab import Lab, check, equal, scenario, until
from tally import tried

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
TAKEN = MESSAGES // 20  # by the operator, before he stands still
PRICE = Decimal("0.05")
HANDED_OVER = 4 * 256   # and not answered when he stops: sent once more
LONG_S = 3600           # a busy machine takes a while


class MillionLab(Lab):
    def __init__(self):
        super().__init__(
            smsc=f"report_delay=60000-90000,capacity={2 * MESSAGES}", messenger=False,
            sim_logs=False,
            edit=lambda text: f"max_messages = {MESSAGES + 200000}\n" + text)


def alive(lab):
    return int(lab.metric("messages_live"))


def load(lab):
    """Until there are so many; somebody sends all the time."""
    lab.load = lab.bench_start(
        "--messages", MESSAGES + MESSAGES // 50, "--binds", 4, "--window", 200, "--reconnect",
        "--wait", LONG_S, "--capacity", 2 * MESSAGES, "--expect-stat", "DELIVRD")
    until(lambda: alive(lab) >= TAKEN, LONG_S, lambda: f"only {alive(lab)} are alive", 0.05)
    lab.sim.send_signal(signal.SIGSTOP)
    until(lambda: alive(lab) >= MESSAGES, LONG_S, lambda: f"only {alive(lab)} are alive", 0.2)


def it_is_killed_with_so_many_and_starts_with_all(lab):
    load(lab)
    before = alive(lab)
    lab.kill()
    begin = time.monotonic()
    lab.start(ready_s=LONG_S)
    took_s = time.monotonic() - begin
    recovered = lab.log_lines("store.recovered")[-1]
    tried(f"kill -9 with {MESSAGES:,} messages alive")
    check(int(recovered["messages"]) >= before,
          f"{before} were alive, and it found {recovered['messages']}")
    check(int(recovered["in_doubt"]) <= HANDED_OVER,
          f"{recovered['in_doubt']} permits in doubt, the windows hold {HANDED_OVER}")
    return (f"{before} alive, it found {recovered['messages']} of them in {took_s:.1f} s, "
            f"{recovered['in_doubt']} in doubt")


def the_ledger_holds_what_they_cost(lab):
    """None has ended yet, and what the operator had taken is charged; the last of the sender
    are still coming.
    """
    def spent():
        balance = lab.balance("sms")
        return balance["held"] + balance["charged"]

    until(lambda: spent() == alive(lab) * PRICE, 600,
          lambda: f"{alive(lab)} are alive, {lab.balance('sms')} for them", 0.5)
    found = lab.verify(LONG_S)
    return f"{alive(lab)} alive, {found['postings']} postings"


def each_is_delivered_and_told_once(lab):
    lab.sim.send_signal(signal.SIGCONT)
    _, said = lab.load.communicate(timeout=LONG_S)
    equal(lab.load.returncode, 0, f"sluice-bench:\n{said}{lab.log_tail(4)}")
    receipts = json.loads(lab.load.json_path.read_text())["receipts"]
    until(lambda: alive(lab) == 0, LONG_S, lambda: f"{alive(lab)} are still alive", 0.5)
    sim = lab.sim_stats("smsc")
    check(sim["duplicates"] <= HANDED_OVER, f"the operator saw {sim['duplicates']} twice")
    return (f"{receipts['due']} acknowledged, {receipts['completed']} with their receipt; "
            f"{sim['duplicates']} sent twice, within the windows")


def the_money_is_right_and_nothing_is_held(lab):
    lab.nothing_held("sms", 60)
    found = lab.verify(LONG_S)
    return f"{lab.balance('sms')['charged']} charged, {found['postings']} postings"


if __name__ == "__main__":
    scenario(4 * LONG_S, MillionLab, it_is_killed_with_so_many_and_starts_with_all,
             the_ledger_holds_what_they_cost, each_is_delivered_and_told_once,
             the_money_is_right_and_nothing_is_held)
