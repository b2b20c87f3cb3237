#!/usr/bin/env python3
"""What a disk or a slip does to the files of the store: bits flipped at random places in
postings, of a month that is over too, and in a closed day of the history; a log and a journal
that were shortened.  Each is found, and what was not touched is right."""

import os
import random
import shutil
import sqlite3

from clocks import DAY_S, SetClock
from lab import check, equal, scenario, until
from tally import tried
from smpp_client import Session

FLIPS = 60 if os.environ.get("SLUICE_DEEP") == "1" else 6
SEED = 20261122


class Flipped(SetClock):
    """A store with a closed day and one that is not, at rest, as a folder to copy from."""

    def __enter__(self):
        super().__enter__()
        try:
            # All that ended on a day is in its file before anything of another one comes, and
            # no late report is expected.  The first makes more than a link of 1,024 postings,
            # which goes to its month.
            for days, messages in ((40, 400), (5, 100), (0, 100)):
                self.restart_at(-days * DAY_S)
                self.bench("-n", messages, "-d", f"7903{days:02}#####")
                self.settle()
            until(lambda: len(self.log_lines("store.closed")) == 2, 10,
                  lambda: "two days are not closed:\n" + self.log_tail())
            self.closed = max(one["name"] for one in self.log_lines("store.closed"))
            until(lambda: list(self.state.glob("ledger/*.db")), 10, "no month of the ledger")
            self.ledger, = (path.relative_to(self.state)
                            for path in self.state.glob("ledger/*.db"))
            self.stop()
            self.clean = self.folder / "clean"
            self.keep(self.clean)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.random = random.Random(SEED)
        return self

    def settle(self):
        """All has ended and moved."""
        until(lambda: self.moved_all(), 15, "messages stay in live.db")
        self.verify()

    def moved_all(self):
        database = sqlite3.connect(f"file:{self.state}/live.db?mode=ro", uri=True)
        try:
            return database.execute("SELECT count(*) FROM known").fetchone()[0] == 0
        finally:
            database.close()

    def restart_at(self, offset_s):
        self.stop()
        self.set_clock(offset_s)
        self.start()
        self.wait_bound()

    def keep(self, place):
        shutil.copytree(self.state, place, ignore=shutil.ignore_patterns("*.sock"))

    def put_back(self, place):
        if self.sluiced.poll() is None:
            self.kill()
        shutil.rmtree(self.state)
        shutil.copytree(place, self.state)
        self.log_path.unlink(missing_ok=True)

    def checked(self):
        """What the check of the start says: whether all is right, and its sentences."""
        self.start()
        until(lambda: self.log_lines("store.check"), 10,
              lambda: "there is no start-up check in the log:\n" + self.log_tail())
        return (self.log_lines("store.check")[-1],
                [one["what"] for one in self.log_lines("store.mismatch")])

    def refused(self):
        """The reason it gives for not starting."""
        self.start(ready_s=0)
        until(lambda: self.sluiced.poll() is not None, 10,
              lambda: "it was not refused:\n" + self.log_tail())
        check(self.sluiced.returncode != 0, "it ended with status 0:\n" + self.log_tail())
        return self.log_tail(3)


def an_untouched_store_is_right_and_its_closed_day_was_read(lab):
    lab.put_back(lab.clean)
    said, sentences = lab.checked()
    equal(sentences, [], "mismatches")
    equal(said["ok"], "yes", "the start-up check")
    check(int(said["closed"]) >= 1, f"no closed database was read: {said}")
    return f"{said['postings']} postings, {lab.closed}"


def bits_of_a_closed_day(lab):
    size = (lab.clean / lab.closed).stat().st_size
    for _ in range(FLIPS):
        at, bit = lab.random.randrange(size), lab.random.randrange(8)
        lab.put_back(lab.clean)
        with open(lab.state / lab.closed, "r+b") as file:
            file.seek(at)
            octet = file.read(1)[0]
            file.seek(at)
            file.write(bytes([octet ^ 1 << bit]))
        said, sentences = lab.checked()
        tried("a bit is flipped in a closed day of the history")
        check(said["ok"] == "no" and any(lab.closed in one for one in sentences),
              f"bit {bit} of octet {at} of {size} is not found: {said} {sentences}")
    return f"{FLIPS} of {FLIPS} in {size} octets: {sentences[0]}"


COLUMNS = ("at", "kind", "source", "target", "amount", "currency", "message", "attempt")


def bits_of_postings_of_this_month_and_of_one_that_is_over(lab):
    for number in range(FLIPS):
        lab.put_back(lab.clean)
        name = ("live.db", lab.ledger)[number % 2]
        database = sqlite3.connect(lab.state / name)
        first, last = database.execute("SELECT min(id), max(id) FROM posting").fetchone()
        posting, bit = lab.random.randint(first, last), 1 << lab.random.randrange(63)
        column = lab.random.choice(COLUMNS)
        database.execute(f"UPDATE posting SET {column} = ({column} | ?1) - ({column} & ?1)"
                         " WHERE id = ?2", (bit, posting))
        database.commit()
        database.close()
        said, sentences = lab.checked()
        tried("a bit is flipped in a posting")
        check(said["ok"] == "no" and any("not what was posted" in one for one in sentences),
              f"bit {bit} of {column} of posting {posting} is not found: {said} {sentences}")
    return f"{FLIPS} of {FLIPS} in live.db and {lab.ledger}"


def killed_with_much_in_log_and_journal(lab):
    """A store that was killed, of which much is in live.db-wal and the journal only."""
    place = lab.folder / "killed"
    if not place.exists():
        lab.put_back(lab.clean)
        lab.start()
        lab.wait_bound()
        lab.bench("-n", 200, "-d", "7905#######")
        lab.verify()
        # What came last is not in the tables yet: they follow after 200 ms.
        with Session(lab.ports["smpp"]) as esme:
            for number in range(30):
                esme.submitted(f"790600000{number:02}")
            lab.kill()
        lab.keep(place)
    return place


def shorten(path, size):
    if size is None:
        path.unlink()
    else:
        os.truncate(path, size)


def is_refused(lab, name):
    """It says which file is wrong, and what to do."""
    why = lab.refused()
    check(name in why and "away" in why, f"{name}: {why}")
    return why.split("reason=")[-1].strip()[:160]


def as_it_was_killed_it_is_right(lab):
    lab.put_back(killed_with_much_in_log_and_journal(lab))
    said, sentences = lab.checked()
    equal(sentences, [], "mismatches")
    return f"{said['postings']} postings"


def last_batch(state):
    """Of the journal, in the tables."""
    database = sqlite3.connect(state / "live.db")
    try:
        return int(database.execute("SELECT value FROM meta WHERE key='journal'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


def a_shortened_log_is_refused_if_a_batch_was_lost_with_it(lab):
    place = killed_with_much_in_log_and_journal(lab)
    size = (place / "live.db-wal").stat().st_size
    looked_at = lab.folder / "looked-at"
    refused = 0
    for octets in [size * part // 100 for part in (97, 75, 50, 25, 5, 0)] + [None]:
        batches = []
        for cut in (False, True):
            shutil.copytree(place, looked_at)
            if cut:
                shorten(looked_at / "live.db-wal", octets)
            batches.append(last_batch(looked_at))
            shutil.rmtree(looked_at)
        lab.put_back(place)
        shorten(lab.state / "live.db-wal", octets)
        tried("the log of the tables is shortened")
        if batches[1] < batches[0]:
            why = is_refused(lab, "live.db-wal")
            refused += 1
        else:  # what was lost is a move to the history, which is made again
            equal(lab.checked()[1], [], f"mismatches with {octets} octets of the log")
    check(refused >= 3, f"only {refused} cuts have lost a batch")
    return f"{refused} refused: {why}"


def a_shortened_journal_is_refused(lab):
    for octets in (2000, 0, None):
        lab.put_back(killed_with_much_in_log_and_journal(lab))
        shorten(lab.state / "journal-1", octets)
        tried("the journal is shortened")
        why = is_refused(lab, "journal-1")
    return why


if __name__ == "__main__":
    scenario(300 if FLIPS > 10 else 90, Flipped,
             an_untouched_store_is_right_and_its_closed_day_was_read, bits_of_a_closed_day,
             bits_of_postings_of_this_month_and_of_one_that_is_over,
             as_it_was_killed_it_is_right, a_shortened_log_is_refused_if_a_batch_was_lost_with_it,
             a_shortened_journal_is_refused)
