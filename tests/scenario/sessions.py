#!/usr/bin/env python3
"""What ends a session and what does not: time, frames, passwords, a stopped daemon, a start."""

import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

from lab import BUILD, Lab, check, equal, free_ports, run_together, scenario, until
from smpp_client import (
    BIND_TRANSCEIVER, BIND_TRANSMITTER, ENQUIRE, INVALID_PASSWORD, NACK, OK, RESPONSE, SUBMIT,
    UNBIND, Session, frame, submit_body)

BIND_WITHIN_S = 1
INACTIVE_S = 2
BINDS_PER_ADDRESS = 5
SYSTEM_ERROR, INVALID_LENGTH, WRONG_STATE, THROTTLED = 0x08, 0x02, 0x04, 0x58


class QuickLab(Lab):
    """More listeners: "quick" has little patience, "brisk" none for who only asks."""

    def __init__(self, **more):
        super().__init__(edit=self._edit, messenger=False, **more)

    def _edit(self, text):
        self.quick, self.six, self.brisk = free_ports(3)
        return text + f"""
listen "quick" {{
  address = "127.0.0.1:{self.quick}"
  bind_within = "{BIND_WITHIN_S}s"
  enquire_link = "1s"
  response_timeout = "1s"
}}
listen "six" {{ address = "[::1]:{self.six}" }}
listen "brisk" {{
  address = "127.0.0.1:{self.brisk}"
  enquire_link = "1s"
  inactive_after = "{INACTIVE_S}s"
  binds_per_address = {BINDS_PER_ADDRESS}
}}
account "open" {{ password = "secret08" plan = "sms" opening = "10" }}
account "home" {{
  password = "secret08" plan = "sms" opening = "10"
  allow_from = {{"127.0.7.0/25", "::1"}}
}}
"""


# ---- Before the bind ----


def ends_after(raw, begin):
    """Seconds until the server closes, and what it said before."""
    said = b""
    raw.settimeout(BIND_WITHIN_S + 4)
    try:
        while octets := raw.recv(65536):
            said += octets
    except ConnectionResetError:
        pass
    return time.monotonic() - begin, said


def who_does_not_bind_is_closed_in_time(lab):
    bind = frame(BIND_TRANSCEIVER, b"sms\0secret08\0\0\x34\0\0\0")

    def drip(raw, octets):
        try:
            for octet in octets:
                raw.sendall(bytes([octet]))
                time.sleep(0.2)
        except OSError:
            pass

    rows = (("nothing", b"", b""), ("half a header", bind[:7], b""),
            ("half a bind", bind[:30], b""), ("an octet now and then", b"", bind),
            ("questions only", frame(ENQUIRE) * 3, b""))

    def one(name, octets, dripped):
        with socket.create_connection(("127.0.0.1", lab.quick)) as raw:
            begin = time.monotonic()
            raw.sendall(octets)
            dripping = threading.Thread(target=drip, args=(raw, dripped))
            dripping.start()
            took[name], _ = ends_after(raw, begin)
            dripping.join()

    took = {}
    threads = [threading.Thread(target=one, args=row) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, _, _ in rows:
        check(name in took and BIND_WITHIN_S - 0.1 < took[name] < BIND_WITHIN_S + 1,
              f"{name}: closed after {took.get(name)} s")


def frames_that_cannot_be_are_nacked_and_closed(lab):
    header = lambda size: struct.pack(">IIII", size, SUBMIT, 0, 9)
    rows = (
        ("a bind of 1025 octets", False, struct.pack(">IIII", 1025, BIND_TRANSCEIVER, 0, 9)),
        ("a submit of 70 KB before the bind", False, header(70000)),
        ("no octets", True, header(0)),
        ("15 octets", True, header(15)),
        ("81921 octets", True, header(80 * 1024 + 1)),
        ("2^31 octets", True, header(1 << 31)),
        ("and much behind it that nobody reads", True, header(0) + b"x" * 300000),
    )
    for name, bound, octets in rows:
        with Session(lab.ports["smpp"], bind=bound) as esme:
            threading.Thread(target=lambda: quietly(esme.raw, octets), daemon=True).start()
            check(esme.wait(lambda: 9 in esme.responses, 3), f"{name}: no answer")
            answer = esme.responses[9]
            equal((answer.command, answer.status), (NACK, INVALID_LENGTH), f"{name}: answer")
            check(esme.wait(lambda: esme.closed, 3), f"{name}: not closed")
    with Session(lab.ports["smpp"]) as esme:
        answer = esme.response(esme.submit("79070000001", tlvs=struct.pack(">HH", 0x1400, 60000)
                                           + b"x" * 60000))
        equal(answer.status, OK, "a submit of 60 KB")


def quietly(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        pass


# ---- enquire_link ----


def silent(port, **more):
    """Who is sent no receipts, not even those of other rows."""
    return Session(port, command=BIND_TRANSMITTER, **more)


def the_silent_are_asked_and_stay_if_they_answer(lab):
    with silent(lab.quick) as answers, silent(lab.quick, answer_enquire=False) as deaf, \
            silent(lab.quick, answer_enquire=False) as talks, Session(lab.quick) as busy:
        begin = time.monotonic()
        while time.monotonic() < begin + 3.5:
            talks.send(ENQUIRE)
            busy.submitted("79070000002", registered=0)
            time.sleep(0.7)
        check(deaf.closed, "who never answered is bound still")
        took_s = deaf.closed_at - time.time() + time.monotonic() - begin
        check(1.5 < took_s < 3, f"who never answered was closed after {took_s:.1f} s")
        equal(deaf.enquiries, 1, "questions to who never answered")
        check(2 <= answers.enquiries <= 4, f"{answers.enquiries} questions to the silent")
        check(not answers.closed, "who answered was closed")
        check(not talks.closed, "who did not answer but talked was closed")
        equal(busy.enquiries, 0, "questions to the busy")


def questions_are_answered_before_and_after_the_bind(lab):
    with Session(lab.ports["smpp"], bind=False) as esme:
        equal(esme.response(esme.send(ENQUIRE)).status, OK, "enquire_link before the bind")
        equal(esme.response(esme.submit("79070000003")).status, WRONG_STATE, "submit_sm")
        body = b"sms\0secret08\0\0\x34\0\0\0"
        equal(esme.response(esme.send(BIND_TRANSCEIVER, body)).status, OK, "bind")
        equal(esme.response(esme.send(ENQUIRE)).status, OK, "enquire_link after it")
        equal(esme.response(esme.send(BIND_TRANSCEIVER, body)).status, 0x05, "a second bind")
        equal(esme.response(esme.send(UNBIND)).status, OK, "unbind")
        check(esme.wait(lambda: esme.closed, 3), "not closed after unbind")


def who_only_says_that_he_lives_is_unbound(lab):
    before = lab.metric("smpp_inactive_total")
    with silent(lab.brisk) as idle, Session(lab.brisk) as busy:
        idle.on_event = lambda pdu: (pdu.command == UNBIND and
                                     quietly(idle.send, RESPONSE | UNBIND, b"", OK,
                                             pdu.sequence))
        begin = time.monotonic()
        while time.monotonic() < begin + INACTIVE_S + 2:
            if not idle.closed:
                quietly(idle.send, ENQUIRE)
            busy.submitted("79070000005", registered=0)
            time.sleep(0.4)
        check(idle.closed, "who only asked whether we live is bound still")
        equal([pdu.command for pdu in idle.others], [UNBIND], "said to it")
        took_s = idle.closed_at - time.time() + time.monotonic() - begin
        check(INACTIVE_S - 0.2 < took_s < INACTIVE_S + 1.5, f"closed after {took_s:.1f} s")
        check(not busy.closed, "who submitted was closed")
    equal(lab.metric("smpp_inactive_total"), before + 1, "counted")


# ---- Passwords and networks ----


def bind_status(port, account, password="secret08", source=None):
    with Session(port, account, password, source=source) as esme:
        return esme.bind_status


def who_fails_too_often_waits_and_nobody_else(lab):
    port, wrong, right = lab.ports["smpp"], "127.0.8.1", "127.0.8.2"
    before = lab.metric("passwords_held_off_total")
    for _ in range(6):
        equal(bind_status(port, "open", "wrong", wrong), INVALID_PASSWORD, "wrong")
    equal(bind_status(port, "open", source=wrong), INVALID_PASSWORD, "right, too soon")
    check(lab.metric("passwords_held_off_total") > before, "nobody was held off")
    equal(bind_status(port, "open", source=right), OK, "from another address")
    until(lambda: bind_status(port, "open", source=wrong) == OK, 5, "it never ends", 0.3)
    # From inside its networks an account is never locked, whatever others do there.
    for i in range(40):
        equal(bind_status(port, "home", f"wrong{i}", "127.0.7.9"), INVALID_PASSWORD, "wrong")
    equal(bind_status(port, "home", source="127.0.7.9"), OK, "at home, after 40 wrong ones")


def who_binds_for_each_message_is_slowed_and_nobody_else(lab):
    hasty, other = "127.0.10.1", "127.0.10.2"
    before = lab.metric("smpp_binds_hurried_total")
    statuses = []
    while THROTTLED not in statuses and len(statuses) < 200:
        statuses.append(bind_status(lab.brisk, "open", source=hasty))
    check(len(statuses) > BINDS_PER_ADDRESS and set(statuses) == {OK, THROTTLED},
          f"statuses of its binds: {statuses}")
    equal(bind_status(lab.brisk, "open", source=other), OK, "from another address")
    check(lab.metric("smpp_binds_hurried_total") > before, "it was not counted")
    until(lambda: bind_status(lab.brisk, "open", source=hasty) == OK, 5, "it never ends", 0.3)


def an_account_comes_from_its_networks_only(lab):
    for source, status in (("127.0.7.1", OK), ("127.0.7.127", OK),
                           ("127.0.7.128", INVALID_PASSWORD), ("127.0.9.1", INVALID_PASSWORD)):
        equal(bind_status(lab.ports["smpp"], "home", source=source), status, source)
    with socket.create_connection(("::1", lab.six), 5) as raw:
        raw.sendall(frame(BIND_TRANSCEIVER, b"home\0secret08\0\0\x34\0\0\0"))
        equal(raw.recv(16)[8:12], b"\0\0\0\0", "from ::1")


# ---- A stopped daemon ----


def ten_seconds_of_a_stopped_daemon_end_nothing():
    """All time-outs pass meanwhile: of the link (5 s), of the listener (1 s + 1 s)."""
    with QuickLab(smsc="answer_delay=20-200,report_delay=200-3000") as lab, \
            Session(lab.quick) as quick, Session(lab.ports["smpp"]) as esme:
        before = {name: lab.metric(name) for name in ("in_doubt_total", "resends_total")}
        closed = len(lab.log_lines("link.closed"))
        sequences = [esme.submit(f"7907100{i:04}") for i in range(300)]
        sequences_quick = [quick.submit(f"7907200{i:04}") for i in range(300)]
        esme.response(sequences[10])
        lab.sluiced.send_signal(signal.SIGSTOP)
        time.sleep(10)
        lab.sluiced.send_signal(signal.SIGCONT)
        ids = ([esme.response(one).message_id for one in sequences]
               + [quick.response(one).message_id for one in sequences_quick])
        receipts = lambda: sorted(one.id for one in esme.receipts + quick.receipts)
        until(lambda: receipts() == sorted(ids), 10,
              lambda: f"{len(receipts())} receipts of {len(ids)} messages")
        check(not esme.closed and not quick.closed, "a bind was closed")
        equal({name: lab.metric(name) for name in before}, before, "doubts")
        equal(len(lab.log_lines("link.closed")), closed, "links closed")
        equal(lab.sim_stats("smsc")["duplicates"], 0, "SMS sent twice")
        lab.verify()


# ---- A start ----


def while_the_store_is_loaded_they_are_told_to_come_back():
    with QuickLab(smsc="answer_delay=60000") as lab:
        with Session(lab.ports["smpp"]) as esme:
            for first in range(0, 30000, 1000):
                esme.raw(b"".join(frame(SUBMIT, submit_body(b"7907%07d" % (first + i)), 0,
                                        10 + first + i) for i in range(1000)))
                check(esme.wait(lambda: len(esme.responses) >= first + 1001, 20),
                      "not all are accepted")
        lab.kill()
        lab.start(ready_s=None)
        binds, answers, reasons = set(), set(), set()

        def ready():
            try:
                found = lab.http("GET", "/readyz", token=None)
                reasons.update(found.json["reasons"])
                if found.status != 200:
                    answers.add(lab.send("sms", "79070000004").status)
                    binds.add(bind_status(lab.ports["smpp"], "sms"))
                return found.status == 200
            except OSError:
                return False

        until(ready, 20, "it is never ready", 0.001)
        check("the store is being loaded" in reasons, f"reasons of /readyz: {reasons}")
        check(503 in answers, f"answers of the API meanwhile: {answers}")
        check(SYSTEM_ERROR in binds, f"binds meanwhile: {binds}")
        equal(bind_status(lab.ports["smpp"], "sms"), OK, "bind afterwards")
        lab.kill()
        lab.start(ready_s=None)
        until(lambda: lab.log_path.read_text().count("listener.open") == 12, 10, "no listener",
              0.001)
        began = time.monotonic()
        lab.sluiced.send_signal(signal.SIGTERM)
        equal(lab.sluiced.wait(10), 0, "status after SIGTERM")
        return f"ended in {time.monotonic() - began:.2f} s while loading"


def it_takes_all_open_files_it_may_have_and_says_when_they_are_too_few(lab):
    limits = open(f"/proc/{lab.sluiced.pid}/limits").read()
    soft, hard = re.search(r"Max open files\s+(\d+)\s+(\d+)", limits).groups()
    equal(soft, hard, "soft limit of open files")
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2000))
    done = subprocess.run([str(BUILD / "sluiced"), "-c", str(lab.config_path), "--state-dir",
                           str(lab.folder / "other")], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, preexec_fn=limit, timeout=10)
    equal(done.returncode, 1, f"status with 2000 open files ({done.stdout})")
    check(re.search(r"may need \d+ open files and sockets, and the system allows 2000",
                    done.stdout), f"it says {done.stdout!r}")


def at_once(lab):
    """Each of them mostly waits; the last two have a lab of their own."""
    def stopped(_):
        return ten_seconds_of_a_stopped_daemon_end_nothing()

    def loading(_):
        return while_the_store_is_loaded_they_are_told_to_come_back()

    stopped.__name__ = ten_seconds_of_a_stopped_daemon_end_nothing.__name__
    loading.__name__ = while_the_store_is_loaded_they_are_told_to_come_back.__name__
    check(run_together([stopped, loading, who_does_not_bind_is_closed_in_time,
                        frames_that_cannot_be_are_nacked_and_closed,
                        the_silent_are_asked_and_stay_if_they_answer,
                        who_only_says_that_he_lives_is_unbound,
                        questions_are_answered_before_and_after_the_bind,
                        who_fails_too_often_waits_and_nobody_else,
                        who_binds_for_each_message_is_slowed_and_nobody_else,
                        an_account_comes_from_its_networks_only,
                        it_takes_all_open_files_it_may_have_and_says_when_they_are_too_few],
                       lab), "see above")


if __name__ == "__main__":
    scenario(60, QuickLab, at_once)
