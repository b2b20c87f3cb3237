#!/usr/bin/env python3
"""usage: kill9.py [KILLS]

Kills sluiced under load, again and again, each time with at least 100 messages
acknowledged and unfinished and some submit unanswered.  First there is SMS alone, then
also a messenger, then also long messages that are being collected.  In the end nothing
acknowledged is lost, no receipt is missing, the operator saw no more duplicates than the
windows hold, the ledger is right and nothing stays held.  Many kills are shared out over
labs side by side (fleet.py), so that reading the ledger after each takes no longer and longer.
"""

import random
import sys
import threading
import time

from collections import Counter, deque
from decimal import Decimal

from lab import DEEP, Failure, Lab, check, equal, scenario, until
from smpp_client import DELIVER, OK, RESPONSE, SUBMIT, Session, udh8
from tally import tried

WANTED = int(sys.argv[1]) if len(sys.argv) > 1 else 1000 if DEEP else 50
LABS = -(-WANTED // 100)
KILLS = -(-WANTED // LABS)  # in each of them
LINK_WINDOWS, MESSENGER_WINDOW = 4 * 256, 256
UNFINISHED_LEAST = 100
WINDOW = 24
ACKNOWLEDGE_S = 0.05

SMSC = "report_delay=200-900"
# The last digit but two says what the messenger does.
MESSENGER = ("rule=*1??:delivered,rule=*2??:failed,rule=*3??:silent,rule=*4??:404,"
             "rule=*5??:500,default=delivered,report_delay=100-700")


class Account:
    """What its clients were told; a receipt may come over any bind of the account."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.given, self.receipts, self.stats = set(), Counter(), Counter()
        self.failed = []   # of those, what was not delivered
        self.waiting = {}  # given, and without a receipt: the client that was told

    def give(self, message_id, client):
        with self.lock:
            self.given.add(message_id)
            if message_id not in self.receipts and message_id not in self.waiting:
                self.waiting[message_id] = client
                client.unfinished += 1

    def hear(self, receipt):
        with self.lock:
            self.receipts[receipt.id] += 1
            self.stats[receipt.stat] += 1
            if receipt.stat != "DELIVRD":
                self.failed.append(receipt.id)
            client = self.waiting.pop(receipt.id, None)
            if client:
                client.unfinished -= 1


class Client:
    """An ESME that submits while told to, and binds again when it is cut off.  It takes a
    moment to acknowledge a receipt, so that some are on their way at any time.
    """

    def __init__(self, lab, name, account, parts, seed):
        self.lab, self.name, self.account, self.parts = lab, name, account, parts
        self.random = random.Random(seed)
        self.lock = threading.Condition()
        self.given = []
        self.unfinished = 0       # of those, without a receipt
        self.open = set()         # unanswered sequence_numbers of the connection that is up
        self.lost = 0             # submits whose answer never came
        self.refused = Counter()
        self.submits = 0
        self.session = None
        self.to_acknowledge = deque()  # (when, sequence_number)
        self.submitting = False
        self.done = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def on_event(self, pdu):
        if hasattr(pdu, "tlvs"):
            self.account.hear(pdu)
            self.to_acknowledge.append((pdu.at + ACKNOWLEDGE_S, pdu.sequence))
        elif pdu.command == RESPONSE | SUBMIT:
            if pdu.status == OK:
                self.account.give(pdu.message_id, self)
            with self.lock:
                self.open.discard(pdu.sequence)
                if pdu.status == OK:
                    self.given.append(pdu.message_id)
                else:
                    self.refused[pdu.status] += 1
                self.lock.notify_all()

    def connect(self):
        try:
            session = Session(self.lab.ports["smpp"], self.account.name,
                              on_event=self.on_event, acknowledge=False)
        except OSError:
            return False
        if session.bind_status != OK:
            session.close()
            return False
        self.session = session
        return True

    def run(self):
        while not self.done:
            if not self.connect():
                time.sleep(0.02)
                continue
            while not self.session.closed and not self.done:
                self.acknowledge()
                if self.submitting:
                    self.submit()
                else:
                    time.sleep(0.005)
            self.session.close()
            self.to_acknowledge.clear()
            with self.lock:
                self.lost += len(self.open)
                self.open.clear()

    def acknowledge(self):
        while self.to_acknowledge and self.to_acknowledge[0][0] <= time.time():
            try:
                self.session.send(RESPONSE | DELIVER, b"\0", OK, self.to_acknowledge[0][1])
            except OSError:
                return
            self.to_acknowledge.popleft()

    def submit(self):
        """The parts of one message; each text is there once."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self.open) + self.parts <= WINDOW, 0.05):
                return
            self.submits += 1
            turn = self.submits
        number = f"79{self.parts}{turn % 10**5:05}{self.random.randint(1, 6)}{turn % 100:02}"
        text = f"{self.name} {turn}".encode()
        try:
            for part in range(1, self.parts + 1):
                udh = udh8(turn % 256, self.parts, part) if self.parts > 1 else b""
                with self.lock:
                    # The answer may come before send() has returned.
                    self.open.add(self.session.sequence + 1)
                self.session.submit(number, text + b".%d " % part, udh=udh)
            time.sleep(0.002)
        except OSError:
            time.sleep(0.01)


def kinds_of(kill):
    """SMS alone, then with a messenger, then with parts too."""
    return 1 + 3 * kill // KILLS


def patient(text):
    """An operator that has no processor for seconds, on a busy machine, is none that does
    not answer: what he never read because of a kill may be sent to him again.
    """
    text = text.replace('response_timeout = "5s"', 'response_timeout = "60s"', 1)
    return text.replace("in_doubt_resends = 1", "in_doubt_resends = 9", 1)


class KillLab(Lab):
    def __init__(self):
        super().__init__(smsc=SMSC, messenger=MESSENGER, sim_logs=False, edit=patient,
                         preload={"SLUICE_FSYNC_DELAY_US": "3000"})
        self.accounts = [Account("sms"), Account("cascade")]
        self.clients = []
        self.in_doubt = 0

    def __enter__(self):
        super().__enter__()
        sms, cascade = self.accounts
        self.clients = [Client(self, "sms", sms, 1, 1), Client(self, "single", cascade, 1, 2),
                        Client(self, "parts", cascade, 3, 3)]
        return self

    def __exit__(self, *error):
        for client in self.clients:
            client.done = True
        for client in self.clients:
            client.thread.join(5)
        super().__exit__(*error)

    def told(self):
        """(acknowledged and unfinished, unanswered) of each client, as they know it now."""
        return [(client.unfinished, len(client.open)) for client in self.clients]


def kill_once(lab, kill):
    """True: enough was on its way for it to count."""
    clients = lab.clients[:kinds_of(kill)]
    for client in clients:
        client.submitting = True

    def is_time():
        if not all(client.open for client in clients):
            return False
        told = lab.told()[:len(clients)]
        return (all(unfinished >= UNFINISHED_LEAST // len(clients) for unfinished, _ in told)
                and sum(unfinished for unfinished, _ in told) >= UNFINISHED_LEAST)

    time.sleep(lab.clients[0].random.uniform(0.3, 0.8))
    until(is_time, 60, lambda: f"never enough was open: {lab.told()}", every_s=0.001)
    before = sum(client.lost for client in clients)
    lab.kill()
    # What was on its way to the clients when it died is theirs: they read to the end.
    until(lambda: all(client.session.closed for client in clients), 30, "a client is bound")
    told = lab.told()
    until(lambda: not any(client.open for client in clients), 30, "a client hangs")
    unanswered = sum(client.lost for client in clients) - before
    sim = lab.sim_stats("smsc")
    lab.start()
    recovered = lab.log_lines("store.recovered")
    check(recovered, "there is no line store.recovered in the log")
    in_doubt = int(recovered[-1]["in_doubt"])
    lab.in_doubt += in_doubt
    unfinished = [count for count, _ in told[:len(clients)]]
    print(f"        kill {kill + 1}: client: {sum(unfinished)} acknowledged and unfinished "
          f"({' + '.join(map(str, unfinished))}), {unanswered} unanswered; operator: "
          f"{sim['taken']} taken, {sim['taken'] - sim['reports_acknowledged']} unfinished; "
          f"recovered: {recovered[-1]['messages']} messages, {in_doubt} in doubt", flush=True)
    # The ledger is read at rest: else there is more to be read each time.
    for client in clients:
        client.submitting = False
    limit = LINK_WINDOWS + (MESSENGER_WINDOW if len(clients) > 1 else 0)
    check(in_doubt <= limit, f"{in_doubt} permits in doubt, the windows hold {limit}")
    found = lab.get("/v1/ledger/verify", 60)
    check(found["ok"], f"the ledger after kill {kill + 1}: {found}")
    return sum(unfinished) >= UNFINISHED_LEAST and unanswered > 0


def it_is_killed_and_started(lab):
    """Some answers come between the look and the kill: then it is one more, not counted."""
    counted = more = 0
    try:
        while counted < KILLS:
            if kill_once(lab, counted):
                counted += 1
                tried(f"kill -9, at least {UNFINISHED_LEAST} acknowledged and unfinished")
            else:
                more += 1
                check(more <= 2 + KILLS // 10, f"{more} of {counted + more} were too early")
    finally:
        for client in lab.clients:
            client.submitting = False
    return f"{counted} times, and {more} with less on its way"


def nothing_acknowledged_is_lost_and_no_receipt_is_missing(lab):
    until(lambda: not any(client.open for client in lab.clients), 60, "answers are missing")

    def missing():
        return sum(len(account.waiting) for account in lab.accounts)

    def worst():
        some = [(one, lab.http("GET", f"/v1/messages/{one}"))
                for account in lab.accounts for one in list(account.waiting)[:2]]
        return f"{missing()} receipts are missing, such as {some}"

    until(lambda: missing() == 0, 120, worst)
    time.sleep(1)
    refused = sum((client.refused for client in lab.clients), Counter())
    equal(refused, Counter(), "submits that were refused")
    lost = sum(client.lost for client in lab.clients)
    given = unknown = again = 0
    for account in lab.accounts:
        if account.failed:
            raise Failure(f"{account.name}: {account.stats}, such as "
                          f"{lab.message(account.failed[0])}")
        given += len(account.given)
        unknown += len(set(account.receipts) - account.given)
        again += sum(account.receipts.values()) - len(account.receipts)
    check(unknown <= lost, f"{unknown} receipts of ids nobody was given, {lost} unanswered")
    return (f"{given} acknowledged, all with their receipt; {again} of them again; "
            f"{lost} submits unanswered, {unknown} of them were stored")


def the_operator_saw_few_of_them_twice(lab):
    sim, messenger = lab.sim_stats("smsc"), lab.sim_stats("messenger")
    check(sim["duplicates"] <= KILLS * LINK_WINDOWS,
          f"{sim['duplicates']} duplicates, the windows hold {LINK_WINDOWS}")
    check(sim["duplicates"] <= lab.in_doubt,
          f"{sim['duplicates']} duplicates, but {lab.in_doubt} permits were in doubt")
    equal(messenger["duplicate_refs"], 0, "posts with a ref that was there before")
    return (f"{sim['duplicates']} of {sim['taken']} SMS, for {lab.in_doubt} permits in doubt; "
            f"none of {messenger['posts']} posts")


def the_money_is_right_and_nothing_is_held(lab):
    for account in ("sms", "cascade"):
        lab.nothing_held(account, 60)
    found = lab.verify(60)
    # Every message of `sms` ended delivered: one part, charged once, whoever was told.
    charged = lab.balance("sms")["charged"]
    equal(charged, len(lab.accounts[0].receipts) * Decimal("0.05"), "charged to sms")
    # Of the others none costs more than both steps.
    for client, worst in ((lab.clients[1], Decimal("0.06")),
                          (lab.clients[2], Decimal("0.16"))):
        for one in client.random.sample(client.given, 100):
            row = lab.ended(one)
            check(0 < Decimal(row["charged"]) <= worst, f"{one} was charged {row['charged']}")
    return f"{charged} charged to sms, {found['postings']} postings"


if __name__ == "__main__":
    scenario(60 + 12 * WANTED, KillLab, it_is_killed_and_started,
             nothing_acknowledged_is_lost_and_no_receipt_is_missing,
             the_operator_saw_few_of_them_twice, the_money_is_right_and_nothing_is_held,
             labs=LABS, wanted=LABS * KILLS)
