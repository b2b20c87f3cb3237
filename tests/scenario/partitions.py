#!/usr/bin/env python3
"""An operator, and clients, at the other end of a cable that is cut: nothing comes through,
and nobody is told.  Binds are freed in time, others are let in, and when the cable is mended
all that was accepted is delivered."""

import contextlib
import subprocess
import time

from collections import Counter

from islands import Island
from lab import BUILD, Lab, check, equal, free_ports, read_events, scenario, until
from smpp_client import OK, Session
from starved import Starved

CUT_S = 4
LONGEST_CUT_S = 20 # on a machine that lets nobody run


class CableLab(Lab):
    """sluiced here; its operator on one island, clients on another."""

    def __init__(self):
        super().__init__(start=False, with_sim=False, edit=self._edit)

    def _edit(self, text):
        hashed = subprocess.run([str(BUILD / "sluice"), "hash-password"], input="secret08\n",
                                stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        for name, word in (("sluice", "sluice"), ("token", "lab"), ("key", "lab-hook"),
                           ("api", "lab-token")):
            path = self.folder / name
            path.touch(0o600)
            path.write_text(word + "\n")
        self.away, self.quick = free_ports(2)
        for old, new in (
                ("practice = true\n", ""),
                ('password = "secret08"', f'password_hash = "{hashed}"'),
                ('password = "sluice"', f'password_file = "{self.folder}/sluice"'),
                ('token = "lab"', f'token_file = "{self.folder}/token"'),
                ('key = "lab-hook"', f'key_file = "{self.folder}/key"'),
                ('value = "lab-token"', f'value_file = "{self.folder}/api"'),
                ('host = "127.0.0.1"', f'host = "{self.sea.there}"'),
                ('bind_timeout = "5s"', 'bind_timeout = "1s"'),
                ('response_timeout = "5s"', 'response_timeout = "1s"'),
                ('enquire_link = "10s"', 'enquire_link = "1s"'),
                ('"127.0.0.0/8"', '"127.0.0.0/8", "10.77.0.0/16"')):
            check(old in text, f"conf/lab.conf has no {old}")
            text = text.replace(old, new)
        return text + f"""
listen "away" {{ address = "{self.shore.here}:{self.away}" }}
listen "quick" {{
  address = "{self.shore.here}:{self.quick}" enquire_link = "1s" response_timeout = "1s"
}}
account "few" {{
  password_hash = "{hashed}" plan = "sms" opening = "10" binds = 2
  allow_from = {{"10.77.0.0/16"}}
}}
"""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        try:
            self.sea, self.shore = (self.stack.enter_context(Island(number))
                                    for number in (1, 2))
            super().__enter__()
            operator = self.sea.start(
                [BUILD / "sluice-sim", "--log", self.sim_log, "--smsc",
                 f"host={self.sea.there},port={self.ports['smsc']},system_id=sluice,"
                 "password=sluice,report_delay=50-300,report_retry=500"],
                stdout=subprocess.PIPE, text=True)
            line = operator.stdout.readline()
            operator.stdout.close()
            check(line.startswith("ready"), f"the operator did not start: {line!r}")
            self.start()
            self.are_bound(4)
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *error):
        super().__exit__(*error)
        self.stack.close()

    def are_bound(self, count, timeout_s=8):
        until(lambda: self.metric("link_binds") == count, timeout_s,
              lambda: f"{self.metric('link_binds')} binds of the link, not {count}")


def an_operator_out_of_reach_is_noticed_and_nothing_is_lost(lab):
    ids, noticed_s = [], None
    begin = time.monotonic()
    with Session(lab.ports["smpp"]) as esme:
        number, cut_at, mended_at = 0, None, None
        while not mended_at or time.monotonic() < mended_at + 2:
            number += 1
            ids.append(esme.submitted(f"7904000{number:04}", b"through %d" % number))
            now = time.monotonic()
            if cut_at is None and now > begin + 1:
                starved = Starved(lab)
                lab.sea.cut()
                cut_at = now
            elif cut_at and noticed_s is None and number % 10 == 0:
                if lab.metric("link_binds") == 0:
                    noticed_s = time.monotonic() - cut_at
                    held_up_s = starved.all_s
            if cut_at and not mended_at and now > cut_at + (CUT_S if noticed_s else
                                                            LONGEST_CUT_S):
                lab.sea.mend()
                mended_at = now
            time.sleep(0.01)
        check(noticed_s is not None and noticed_s < 3 + held_up_s,
              f"noticed after {noticed_s} s")
        for one in ids:
            equal(esme.receipt(one, 40).stat, "DELIVRD", f"receipt of {one}")
        time.sleep(0.5)
        counts = Counter(one.id for one in esme.receipts)
        equal(set(counts.values()), {1}, "receipts of each")
        equal(set(counts), set(ids), "receipts")
    taken = Counter(one["destination"]
                    for one in read_events(lab.sim_log, "submit", status=0))
    doubts = lab.metric("in_doubt_total")
    twice = sum(taken.values()) - len(taken)
    check(twice <= doubts, f"{twice} duplicates, {doubts} in doubt")
    equal(len(taken), len(ids), "messages the operator took")
    lab.are_bound(4)
    lab.nothing_held("sms")
    lab.verify()
    return (f"noticed after {noticed_s:.1f} s; {len(ids)} messages, {doubts:.0f} in doubt, "
            f"{twice} twice")


def gone_client(lab, port, account):
    return lab.shore.inside(lambda: Session(port, account, host=lab.shore.here))


def a_client_that_is_gone_is_unbound_in_time(lab):
    before = lab.metric("smpp_sessions")
    client = gone_client(lab, lab.quick, "slow")
    equal(client.bind_status, OK, "bind")
    equal(lab.metric("smpp_sessions"), before + 1, "sessions")
    lab.shore.cut()
    starved, begin = Starved(lab), time.monotonic()
    client.close()
    until(lambda: lab.metric("smpp_sessions") == before, 30, "it is bound still")
    took_s = time.monotonic() - begin
    lab.shore.mend()
    check(took_s < 5 + starved.all_s, f"it took {took_s:.1f} s")
    return f"after {took_s:.1f} s"


def who_comes_when_the_binds_are_held_by_the_gone_is_let_in(lab):
    clients = [gone_client(lab, lab.away, "few") for _ in range(2)]
    equal([one.bind_status for one in clients], [OK, OK], "binds")
    # What they were owed goes to who comes.
    message = clients[0].submitted("79040009999")
    lab.shore.cut()
    starved, begin = Starved(lab), time.monotonic()
    with Session(lab.away, "few", host=lab.shore.here) as newcomer:
        took_s = time.monotonic() - begin
        equal(newcomer.bind_status, OK, "the third bind of two")
        check(took_s < 4 + starved.all_s, f"it took {took_s:.1f} s")
        if not clients[0].receipts_of(message):
            equal(newcomer.receipt(message, 10).stat, "DELIVRD", "the receipt of the gone")
    for one in clients:
        one.close()
    lab.shore.mend()
    return f"after {took_s:.1f} s"


if __name__ == "__main__":
    scenario(120, CableLab, an_operator_out_of_reach_is_noticed_and_nothing_is_lost,
             a_client_that_is_gone_is_unbound_in_time,
             who_comes_when_the_binds_are_held_by_the_gone_is_let_in)
