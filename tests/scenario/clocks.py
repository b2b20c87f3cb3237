#!/usr/bin/env python3
"""The clock of the machine is set, an hour and a day, forward and back, under load: nothing
ends early, no id is there twice, nothing is lost.  A gateway frozen for ten minutes, and an
operator that is stopped for ten seconds."""

import glob
import pathlib
import signal
import threading
import time

from collections import Counter

from lab import Lab, check, equal, run_together, scenario, until
from smpp_client import BIND_TRANSMITTER, OK, Session, relative_time

HOUR_S, DAY_S = 3600, 86400
KEEP_S = 7 * DAY_S  # receipt_keep, unless told
STEPS_S = (HOUR_S, 0, -HOUR_S, 0, DAY_S, 0, -DAY_S, 0)
STEP_TAKES_S = 1
FROZEN_S, STOPPED_S = 600, 4


class SetClock(Lab):
    """What sluiced takes for the time is ours plus what stands in a file."""

    smsc_rules = "report_delay=200-2500"
    only_the_wall = True

    def __init__(self):
        super().__init__(smsc=self.smsc_rules, messenger=False, start=False,
                         edit=self._patient)

    def _patient(self, text):
        """A deadline is a time of the clock on the wall: all are further off than a step."""
        check("24h" in text, "conf/lab.conf has no 24h")
        return text.replace("24h", "72h")

    def __enter__(self):
        super().__enter__()
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        check(found, "libfaketime is not here: install the package faketime")
        self.preload_so = pathlib.Path(found[0])
        self.offset = self.folder / "offset"
        self.preload = {"FAKETIME_TIMESTAMP_FILE": str(self.offset),
                        "FAKETIME_NO_CACHE": "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC": "1" if self.only_the_wall else "0"}
        self.set_clock(0)
        self.start()
        self.start_sim()
        self.wait_bound()
        return self

    def set_clock(self, offset_s):
        new = self.folder / "offset.new"
        new.write_text(f"{offset_s:+d}\n")
        new.rename(self.offset)


class Freezer(SetClock):
    """All its clocks go on while it is stopped: it has slept for longer than we have."""

    smsc_rules = "answer_delay=20-200,report_delay=200-2500,rule=*777:never"
    only_the_wall = False

    def freeze(self, seconds, meanwhile):
        """So much passes for it; `meanwhile` is done while it is stopped."""
        self.sluiced.send_signal(signal.SIGSTOP)
        self.set_clock(seconds)
        begin = time.monotonic()
        meanwhile()
        # Every answer and report of the operator waits in a socket by now.
        time.sleep(max(0, STOPPED_S - (time.monotonic() - begin)))
        self.sluiced.send_signal(signal.SIGCONT)

    def metrics(self, *names):
        page = self.http("GET", "/metrics").body.decode().split("\n")
        return {name: next(float(line.split(" ")[1]) for line in page
                           if line.startswith(f"sluice_{name} ")) for name in names}


class Load:
    """A session that submits until told to stop."""

    def __init__(self, lab, prefix, pause_s=0.01):
        self.session = Session(lab.ports["smpp"])
        equal(self.session.bind_status, OK, "bind")
        self.prefix, self.pause_s = prefix, pause_s
        self.sequences, self.done = [], False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.done:
            number = len(self.sequences)
            self.sequences.append(self.session.submit(f"{self.prefix}{number:05}",
                                                      b"load %d" % number))
            time.sleep(self.pause_s)

    def stop(self):
        """The ids of all that was submitted; all of it was accepted."""
        self.done = True
        self.thread.join(10)
        answers = [self.session.response(one, 15) for one in self.sequences]
        equal(Counter(one.status for one in answers), Counter({OK: len(answers)}), "statuses")
        return [one.message_id for one in answers]

    def are_delivered(self, ids, timeout_s=20):
        heard = lambda: Counter(one.id for one in list(self.session.receipts))
        until(lambda: set(heard()) >= set(ids), timeout_s,
              lambda: f"{len(set(ids) - set(heard()))} of {len(ids)} receipts are missing")
        wrong = [one.text for one in self.session.receipts if one.stat != "DELIVRD"]
        equal(wrong[:2], [], "receipts that are not DELIVRD")
        again = sum(heard().values()) - len(heard())
        equal(again, 0, "receipts that came again")


def now_of(lab, step):
    """What it takes for the time, from a message of its own."""
    sent = lab.send("sms", f"7905100000{step}").json["id"]
    return lab.message(sent)["accepted_at"]


def the_clock_is_set_forward_and_back(_):
    with SetClock() as lab:
        load = Load(lab, "790520")
        days = set()
        for step, offset_s in enumerate(STEPS_S):
            time.sleep(0.3)
            lab.set_clock(offset_s)
            time.sleep(STEP_TAKES_S)
            days.add(now_of(lab, step)[:13])
        ids = load.stop()
        check(len(days) >= 5, f"the clock was never elsewhere: {sorted(days)}")
        equal(len(set(ids)), len(ids), "different ids")
        load.are_delivered(ids)
        load.session.unbind()
        lab.nothing_held("sms")
        lab.verify()
        equal(lab.sim_stats("smsc")["duplicates"], 0, "SMS sent twice")
        return f"{len(ids)} messages over {len(STEPS_S)} steps; hours seen: {len(days)}"


def it_is_started_again_when_the_clock_was_set_back_a_day(_):
    """Ids do not come again, and what is alive lives on."""
    with SetClock() as lab:
        lab.restart_sim(smsc="report_delay=6000")
        with Session(lab.ports["smpp"]) as esme:
            before = [esme.submitted(f"790530{i:05}") for i in range(100)]
            esme.close()
        lab.kill()
        lab.set_clock(-DAY_S)
        lab.start()
        with Session(lab.ports["smpp"]) as esme:
            after = [esme.submitted(f"790531{i:05}") for i in range(100)]
            equal(len(set(before + after)), 200, "different ids")
            check(max(map(int, before)) < min(map(int, after)), "the ids went back")
            for one in before + after:
                equal(esme.receipt(one, 20).stat, "DELIVRD", f"receipt of {one}")
        lab.verify()


def ten_minutes_of_a_frozen_gateway_end_what_they_must_and_nothing_else(_):
    """What was answered meanwhile is heard before any time that is over."""
    names = ("in_doubt_total", "resends_total")
    with Freezer() as lab, Session(lab.ports["smpp"]) as esme:
        before, closed = lab.metrics(*names), len(lab.log_lines("link.closed"))
        whole = [esme.submit(f"790560{i:05}") for i in range(200)]
        late = [esme.submit(f"790561{i:02}777", validity=relative_time(120)) for i in range(20)]
        esme.response(late[-1])
        lab.freeze(FROZEN_S, lambda: whole.extend(
            esme.submit(f"790562{i:05}") for i in range(50)))
        whole = [esme.response(one) for one in whole]
        late = [esme.response(one) for one in late]
        equal({one.status for one in whole + late}, {OK}, "statuses")
        expected = Counter({(one.message_id, "DELIVRD"): 1 for one in whole})
        expected.update({(one.message_id, "EXPIRED"): 1 for one in late})
        told = lambda: Counter((one.id, one.stat) for one in list(esme.receipts))
        until(lambda: told() == expected, 15,
              lambda: f"{dict(told() - expected)} is too much, {len(expected - told())} are missing")
        check(not esme.closed, "the bind was closed")
        slept = lab.message(late[0].message_id)
        equal(slept["end"], "expired", "end")
        equal(lab.metrics(*names), before, "doubts")
        equal(len(lab.log_lines("link.closed")), closed, "links closed")
        equal(lab.sim_stats("smsc")["duplicates"], 0, "SMS sent twice")
        lab.nothing_held("sms")
        lab.verify()
        return f"{len(whole)} delivered, {len(late)} expired, all once"


def receipts_wait(lab, begin, count):
    """Ids of messages that have ended, and whose sender hears nothing."""
    with Session(lab.ports["smpp"], command=BIND_TRANSMITTER) as esme:
        ids = [esme.submitted(f"{begin}{i:04}") for i in range(count)]
        for one in ids:
            equal(lab.ended(one)["end"], "delivered", "end")
    return ids


def receipts_of_who_is_away_are_kept_for_seven_days(_):
    with Freezer() as lab:
        ids = receipts_wait(lab, "7907010", 20)
        away_s = KEEP_S - HOUR_S
        lab.freeze(away_s, lambda: None)
        with Session(lab.ports["smpp"]) as esme:
            check(esme.wait(lambda: len(esme.receipts) >= 20, 15),
                  lambda: f"{len(esme.receipts)} receipts after {away_s / DAY_S:.1f} days")
            equal(sorted(one.id for one in esme.receipts), sorted(ids), "their ids")
            equal({one.stat for one in esme.receipts}, {"DELIVRD"}, "what they say")
        lab.wait_bound()
        equal(lab.metrics("receipts_dropped_total"), {"receipts_dropped_total": 0}, "dropped")
        receipts_wait(lab, "7907020", 20)
        lab.freeze(away_s + KEEP_S + HOUR_S, lambda: None)
        until(lambda: lab.metrics("receipts_dropped_total")["receipts_dropped_total"] == 20, 10,
              "they are kept for more than seven days")
        with Session(lab.ports["smpp"]) as esme:
            check(not esme.wait(lambda: esme.receipts, 1), "one came all the same")
        lab.nothing_held("sms")
        lab.verify()


def an_operator_stopped_for_ten_seconds_costs_nothing(_):
    with Lab(smsc="report_delay=50-300,report_retry=1000", messenger=False) as lab:
        load = Load(lab, "790540", 0.02)
        time.sleep(0.5)
        lab.sim.send_signal(signal.SIGSTOP)
        time.sleep(10)
        lab.sim.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        ids = load.stop()
        load.are_delivered(ids, 25)
        load.session.unbind()
        page = lab.http("GET", "/metrics").body.decode().split("\n")
        doubts = next(float(line.split(" ")[1]) for line in page
                      if line.startswith("sluice_in_doubt_total "))
        sim = lab.sim_stats("smsc")
        check(sim["duplicates"] <= doubts, f"{sim['duplicates']} duplicates, {doubts} doubts")
        lab.nothing_held("sms")
        lab.verify()
        return f"{len(ids)} messages, {doubts:.0f} in doubt, {sim['duplicates']} twice"


def at_once(lab):
    check(run_together([the_clock_is_set_forward_and_back,
                        it_is_started_again_when_the_clock_was_set_back_a_day,
                        ten_minutes_of_a_frozen_gateway_end_what_they_must_and_nothing_else,
                        receipts_of_who_is_away_are_kept_for_seven_days,
                        an_operator_stopped_for_ten_seconds_costs_nothing], lab), "see above")


if __name__ == "__main__":
    scenario(90, lambda: Lab(start=False), at_once)
