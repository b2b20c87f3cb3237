#!/usr/bin/env python3
"""Account `poor` has 1.00: exactly twenty submits, whoever races for them."""

import threading

from decimal import Decimal

from lab import Lab, check, equal, scenario, until
from smpp_client import OK, SUBMIT_FAILED, Session


class Watcher:
    """Asks for the balance again and again; `lowest` is what was seen."""

    def __init__(self, lab):
        self.lab, self.lowest, self.asked = lab, Decimal("1"), 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.done.is_set():
            self.lowest = min(self.lowest, self.lab.balance("poor")["available"])
            self.asked += 1

    def stop(self):
        self.done.set()
        self.thread.join(10)
        check(self.asked > 0, "the balance was never asked for")
        check(self.lowest >= 0, f"available was {self.lowest}")


def is_spent(lab, ids):
    """Nothing is left, and twenty went out, not one more."""
    for message_id in ids:
        lab.ended(message_id)
    lab.nothing_held("poor")
    balance = lab.balance("poor")
    equal((balance["available"], balance["charged"]), (Decimal(0), Decimal(1)),
          "available, charged")
    equal(lab.sim_stats("smsc")["taken"], 20, "SMS at the operator")
    lab.verify()


def twenty_are_taken_and_the_next_is_refused_and_stores_nothing(lab):
    with Session(lab.ports["smpp"], "poor") as esme:
        ids = [esme.submitted(f"7903000{i:04}") for i in range(20)]
        for message_id in ids:
            equal(esme.receipt(message_id).stat, "DELIVRD", "stat")
        is_spent(lab, ids)
        postings = lab.verify()["postings"]
        for _ in range(3):
            answer = esme.response(esme.submit("79030009999"))
            equal(answer.status, SUBMIT_FAILED, "status of those after")
        equal(lab.send("poor", "79030009999").status, 402, "the API")
        equal(lab.verify()["postings"], postings, "postings")
        equal(lab.sms("79030009999"), [], "SMS")
        check(not esme.closed, "the bind was closed")


def sixty_four_sessions_race_for_the_same_twenty(lab):
    with Lab(smsc="report_delay=300,answer_delay=100") as fresh:
        watcher = Watcher(fresh)
        sessions = [Session(fresh.ports["smpp"], "poor") for _ in range(64)]
        equal([one.bind_status for one in sessions], [OK] * 64, "binds")
        together = threading.Barrier(64)
        statuses, ids, lock = [], [], threading.Lock()

        def race(esme, index):
            together.wait(10)
            sequences = [esme.submit(f"7903{index:03}{i:04}") for i in range(4)]
            for sequence in sequences:
                answer = esme.response(sequence)
                with lock:
                    statuses.append(answer.status)
                    if answer.status == OK:
                        ids.append(answer.message_id)

        threads = [threading.Thread(target=race, args=(esme, index), daemon=True)
                   for index, esme in enumerate(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        equal(len(statuses), 256, "answers")
        equal((statuses.count(OK), statuses.count(SUBMIT_FAILED)), (20, 236),
              "ESME_ROK, ESME_RSUBMITFAIL")
        check(len(set(ids)) == 20, "an id was given twice")
        is_spent(fresh, ids)
        watcher.stop()
        heard = until(lambda: sum(len(one.receipts) for one in sessions) >= 20 and
                      sum(len(one.receipts) for one in sessions), 5, "receipts are missing")
        equal(heard, 20, "receipts")
        for one in sessions:
            one.close()
        return f"20 of 256; the balance was read {watcher.asked} times, never below 0"


if __name__ == "__main__":
    scenario(60, lambda: Lab(), twenty_are_taken_and_the_next_is_refused_and_stores_nothing,
             sixty_four_sessions_race_for_the_same_twenty)
