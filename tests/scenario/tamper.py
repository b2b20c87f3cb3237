#!/usr/bin/env python3
"""Verification that can fail: one row is changed in a store at rest, and each check of it
must say so: the start-up check, GET /v1/ledger/verify and, for a receipt, the client.
"""

import json
import shutil
import signal
import sqlite3
import subprocess

from lab import Failure, Lab, check, equal, scenario, until
from smpp_client import Session


# After which who waits for a receipt takes it for lost; more is given to a busy machine.
SILENCE_S = 8


class Tampered(Lab):
    """A lab whose store has a history, stopped, kept as a folder to copy from."""

    def __init__(self):
        super().__init__(smsc="rule=*9:undelivered", messenger=False)

    def __enter__(self):
        super().__enter__()
        try:
            self.bench("-n", 200, "-d", "7903#######")
            # A transmitter: its receipts stay in the outbox.
            with Session(self.ports["smpp"], command=0x2) as esme:
                for number in range(5):
                    self.ended(esme.submitted(f"7904000000{number}"))
            self.verify()
            self.stop()
            self.clean = self.folder / "clean"
            shutil.copytree(self.state, self.clean,
                            ignore=shutil.ignore_patterns("*.sock"))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def with_change(self, statement, *values):
        """Starts it on a copy of the clean store in which one row was changed."""
        if self.sluiced.poll() is None:
            self.kill()
        shutil.rmtree(self.state)
        shutil.copytree(self.clean, self.state)
        if statement:
            change(self.state, statement, *values)
        self.log_path.unlink()
        self.start()

    def start_check(self):
        """The result of the check of the last start, and what it found."""
        starts = len(self.log_lines("gateway.ready"))
        until(lambda: len(self.log_lines("store.check")) == starts, 30,
              lambda: "there is no start-up check in the log:\n" + self.log_tail())
        return (self.log_lines("store.check")[-1]["ok"],
                [one["what"] for one in self.log_lines("store.mismatch")])


def change(state, statement, *values):
    """Exactly one row."""
    database = sqlite3.connect(state / "live.db")
    try:
        cursor = database.execute(statement, values)
        equal(cursor.rowcount, 1, "rows changed")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def is_named(lab, what):
    ok, sentences = lab.start_check()
    check(ok == "no" and sentences, f"the start-up check does not name {what}:\n"
          + lab.log_tail())
    found = lab.get("/v1/ledger/verify")
    check(found["ok"] is False and found["mismatches"], f"verify does not name {what}: {found}")
    return found["mismatches"][0]


def an_untouched_store_is_right(lab):
    lab.with_change(None)
    found = lab.verify()
    equal(lab.start_check(), ("yes", []), "the start-up check")
    return f"{found['postings']} postings of {found['accounts']} accounts"


def a_changed_posting_is_found(lab):
    lab.with_change("UPDATE posting SET amount = amount + 1 WHERE id ="
                    " (SELECT id FROM posting ORDER BY id LIMIT 1 OFFSET 100)")
    return is_named(lab, "a posting of one unit more")


def a_posting_that_is_gone_is_found(lab):
    lab.with_change("DELETE FROM posting WHERE id ="
                    " (SELECT id FROM posting ORDER BY id LIMIT 1 OFFSET 150)")
    return is_named(lab, "a posting that is gone")


def a_changed_balance_is_found(lab):
    lab.with_change("UPDATE balance SET amount = amount - 1 WHERE ledger ="
                    " (SELECT ledger FROM balance WHERE amount > 0 LIMIT 1)")
    return is_named(lab, "a balance of one unit less")


def a_lost_receipt_is_found(lab):
    lab.with_change("DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)")
    return is_named(lab, "a receipt that is gone")


def a_receipt_under_another_id_is_found(lab):
    lab.with_change("UPDATE outbox SET id = id + 1 WHERE id = (SELECT max(id) FROM outbox)")
    return is_named(lab, "a receipt under another id")


def the_client_misses_the_lost_receipt(lab):
    lab.with_change(None)
    lab.restart_sim(smsc="report_delay=1500")
    bench = lab.bench_start("-n", 2000, "-w", 200, "--reconnect", "--wait", SILENCE_S)
    until(lambda: lab.sim_stats("smsc")["taken"] >= 2000, 60, "2000 SMS")
    # It reads no more, so most of its receipts never leave the outbox.
    bench.send_signal(signal.SIGSTOP)
    until(lambda: lab.sim_stats("smsc")["reports_acknowledged"] >= 2000, 60, "2000 reports")
    lab.verify(60)  # who asks sees everything: all of the journal is in the tables
    lab.kill()
    change(lab.state, "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)")
    lab.start()
    is_named(lab, "a receipt that is gone")
    bench.send_signal(signal.SIGCONT)
    try:
        _, said = bench.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        raise Failure("sluice-bench waits for ever") from None
    equal(bench.returncode, 1, f"status of sluice-bench:\n{said}")
    receipts = json.loads(bench.json_path.read_text())["receipts"]
    equal(receipts["missing"], 1, f"missing receipts; it said:\n{said}")
    return said.splitlines()[0]


if __name__ == "__main__":
    scenario(90, Tampered, an_untouched_store_is_right, a_changed_posting_is_found,
             a_posting_that_is_gone_is_found, a_changed_balance_is_found,
             a_lost_receipt_is_found, a_receipt_under_another_id_is_found,
             the_client_misses_the_lost_receipt)
