#!/usr/bin/env python3
"""What must not be told: texts, whole numbers and secrets, sought in the log, the metrics, the
public answers, the process list and the printed configuration, after a day's worth of what
goes well and what goes wrong."""

import base64
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

from lab import BUILD, Failure, Lab, check, equal, request, scenario, until
from provider import Provider, reply, silence
from smpp_client import Session, submit_body, udh8

WORD = "Zebra7Qkanari"
RUSSIAN = "Канарейка7Щ"
BINARY = bytes(range(0x80, 0x98))
RECIPIENT, WRITER = "790312347", "791698765"  # how all of these numbers begin
SENDER = "4670911223344"
SECRETS = ["secret08", "lab-token", "lab-hook", "Wr0ngPassw0rd", "wr0ng-bearer", "whsec_" + "A" * 43]

SECTIONS = f"""
inbound_unroutable = "keep"
content "kept" {{ text = {{"{WORD} kept"}} action = "review" }}
content "denied" {{ text = {{"{WORD} denied"}} action = "deny" }}
inbound "hook" {{ to = "88*" account = "poor" webhook = "http://127.0.0.1:9/in"
                  webhook_secret = "{SECRETS[-1]}=" }}
inbound "sms" {{ to = "12345" account = "sms" }}
"""


def configure(text):
    return text.replace("practice = true", 'practice = true\nlog_level = "debug"', 1) + SECTIONS


class Canary(Lab):
    def __init__(self):
        super().__init__(messenger=False, edit=configure, smsc=(
            "rule=*01:never,rule=*02:0x0B,rule=*03:undelivered,rule=*04:full,"
            "rule=*05:swallow,rule=*06:delivered+early"))
        self.count = 0

    def __enter__(self):
        super().__enter__()
        self.provider = Provider(self.ports["messenger"])
        return self

    def __exit__(self, *error):
        if hasattr(self, "provider"):
            self.provider.close()
        super().__exit__(*error)

    def number(self, ending=0):
        self.count += 1
        return f"{RECIPIENT}{self.count % 100:02}{ending:02}"[:13]


def needles():
    """What is sought, in the forms in which it could be told."""
    for word in (WORD.encode(), RUSSIAN.encode(), RUSSIAN.encode("utf-16-be"), BINARY,
                 *(one.encode() for one in SECRETS)):
        yield word
        yield word.hex().encode()
        yield word.hex().upper().encode()
        yield base64.b64encode(word)[:len(word)]
        yield urllib.parse.quote(word).encode() if len(word) < 20 else word
    for begin in (RECIPIENT, WRITER):
        yield begin.encode()
    yield SENDER.encode()


def seek(place, octets):
    for needle in needles():
        at = octets.find(needle)
        if at >= 0:
            begin = octets.rfind(b"\n", 0, at) + 1
            raise Failure(f"{place} tells {needle!r}: {octets[begin:at + 80]!r}")


# ---- A day ----


def texts_go_well_and_badly_over_smpp(lab):
    with Session(lab.ports["smpp"], "sms") as esme:
        for ending in range(7):
            number = lab.number(ending)
            esme.submit(number, f"{WORD} {ending}".encode(), source=SENDER.encode())
            esme.submit(number, RUSSIAN.encode("utf-16-be"), data_coding=8)
            esme.submit(number, BINARY, data_coding=4)
        for part in (1, 2, 1):
            esme.submit(lab.number(), f"{WORD} part".encode(), udh=udh8(7, 3, part))
        for text in ("kept", "denied"):
            esme.submit(lab.number(), f"{WORD} {text}".encode())
        # What is refused: no number, a text that is too long, a time that is over.
        esme.submit(RECIPIENT + "x" * 9, WORD.encode())
        esme.ask(4, submit_body(lab.number().encode(), WORD.encode())[:-4])
        esme.ask(0x103, WORD.encode() + RECIPIENT.encode())
        first = esme.submitted(lab.number(1), WORD.encode())
        esme.ask(3, first.encode() + b"\0\1\1" + SENDER.encode() + b"\0")
        esme.ask(8, b"\0" + first.encode() + b"\0\1\1Shop\0\1\1" + RECIPIENT.encode() + b"0001\0")
        esme.wait(lambda: len(esme.receipts) > 5, 3)
    with Session(lab.ports["smpp"], "poor") as esme:
        for _ in range(25):
            esme.submit(lab.number(1), WORD.encode())
        esme.wait(lambda: False, 0.3)


def messengers_answer_with_what_they_were_told(lab):
    echo = f'{{"error":"{WORD} for {RECIPIENT}0001: {RUSSIAN}"}}'.encode()
    acts = [reply(200), reply(404, body=echo), reply(400, body=echo), reply(500, body=echo),
            reply(403, body=echo), reply(200, body=echo), reply(302, headers={
                "Location": f"http://127.0.0.1/{RECIPIENT}0001/{WORD}"}), silence]
    with Session(lab.ports["smpp"], "cascade") as esme:
        for act in acts:
            number = lab.number()
            lab.provider.script[number] = [act]
            esme.submit(number, RUSSIAN.encode("utf-16-be"), data_coding=8)
        until(lambda: len(lab.provider.posts) >= 4, 10, "the messenger had too few")
    bodies = [echo, echo + b"{", f'{{"id":"{RECIPIENT}0001","status":"{WORD}"}}'.encode(),
              f'{{"id":"{RECIPIENT}0001","status":"delivered","reason":"{WORD}"}}'.encode()]
    for body in bodies:
        lab.hook(body)
        lab.hook(body, signature="sha256=" + SECRETS[2])


def the_api_is_asked_rightly_and_wrongly(lab):
    number = lab.number(1)
    lab.send("sms", number, text=WORD)
    for more in ({"to": RECIPIENT + "zzz"}, {"to": number, "plan": WORD}, {"to": number,
                 "validity": WORD}, {"to": number, "from": SENDER + WORD * 3}):
        answer = lab.http("POST", "/v1/messages",
                          {"account": "sms", "from": "Shop", "text": WORD, **more})
        check(answer.status in (202, 400), f"{more}: {answer!r}")
    lab.http("POST", "/v1/messages", f'{{"to":"{number}","text":"{WORD}"'.encode())
    for path in (f"/v1/messages?to={number}&text={WORD}", f"/{WORD}/{number}",
                 f"/v1/accounts/sms/optouts/{number}", f"/v1/messages/{number}?to={number}"):
        for token in (None, SECRETS[4], "lab-token"):
            lab.http("GET", path, token=token)
    lab.http("PUT", f"/v1/accounts/sms/optouts/{number}")
    lab.send("sms", number, text=WORD)


def strangers_and_subscribers_come(lab):
    for name in ("sms", WORD):
        with contextlib.suppress(Exception):
            Session(lab.ports["smpp"], name, password=SECRETS[3]).close()
    for to in ("12345", "88001", "99999"):
        for text in (WORD, f"STOP {WORD}"):
            query = urllib.parse.urlencode(
                {"from": WRITER + "0001", "to": to, "text": text, "cut": "udh8"})
            equal(request(lab.control_port, "POST", "/message?" + query).status, 200, "letter")
    until(lambda: lab.sim_stats("smsc")["messages_acknowledged"] >= 6, 10, "letters")


def it_is_killed_and_starts_again(lab):
    lab.kill()
    lab.start()
    lab.wait_bound()
    time.sleep(1)


# ---- What was told ----


def the_log_tells_no_text_number_or_secret(lab):
    octets = lab.log_path.read_bytes()
    # What names itself is told: the name is the stranger's own choice.
    octets = octets.replace(b"system_id=" + WORD.encode(), b"").replace(
        b"account=" + WORD.encode(), b"")
    check(octets.count(b"\n") > 25, "too little was logged")
    seek("the log", octets)
    return f"{octets.count(chr(10).encode())} lines"


def metrics_and_states_tell_none_either(lab):
    size = 0
    for path in ("/metrics", "/livez", "/readyz", "/v1/status", "/v1/stats/channels",
                 "/v1/ledger/verify", "/v1/accounts/sms/balance", "/v1/accounts/sms/limits",
                 "/v1/accounts/sms/statement"):
        answer = lab.http("GET", path)
        equal(answer.status, 200, path)
        seek(path, answer.body)
        size += len(answer.body)
    return f"{size} octets"


def the_process_list_and_the_printed_configuration_hold_no_secret(lab):
    place = pathlib.Path(f"/proc/{lab.sluiced.pid}")
    for name in ("cmdline", "environ", "comm"):
        seek(name, (place / name).read_bytes())
    done = subprocess.run([str(BUILD / "sluiced"), "-T", "-c", str(lab.config_path)],
                          capture_output=True)
    equal(done.returncode, 0, "sluiced -T")
    # The rules of content hold words; they are no message's.
    printed = re.sub(WORD.encode() + rb" (kept|denied)", b"", done.stdout + done.stderr)
    seek("sluiced -T", printed)
    return f"{len(printed)} octets"


class Fragile(Canary):
    """May leave core files, if it lets itself."""

    def __init__(self, settings):
        super().__init__()
        self.settings = settings
        self.wrapper = ["sh", "-c", 'ulimit -c unlimited; cd "$0"; exec "$@"']

    def _write_config(self):
        path = super()._write_config()
        path.write_text(path.read_text() + self.settings)
        return path

    def start(self, ready_s=20):
        self.wrapper = self.wrapper[:3] + [str(self.folder)]
        super().start(ready_s)

    def crash(self):
        """Whether the kernel wrote its memory down."""
        self.sluiced.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(self.sluiced.pid, 0)
        equal(os.WTERMSIG(status), signal.SIGSEGV, "what it ended by")
        self.sluiced.returncode = -signal.SIGSEGV
        return os.WCOREDUMP(status)


def a_crash_leaves_no_core_file_unless_that_is_wanted(_):
    dumped = {}
    for settings in ("", "core_dumps = true\n"):
        with Fragile(settings) as lab:
            equal(lab.send("sms", lab.number(1), f"{WORD} waits").status, 202, "it is taken")
            dumped[settings] = lab.crash()
            cores = list(lab.folder.glob("core*"))
            if not settings:
                equal(cores, [], "core files")
            for core in cores:
                check(WORD.encode() in core.read_bytes(), "a core file without the text")
    equal(dumped[""], False, "its memory was written down")
    return "where it is wanted, " + (
        "it is there, with the text" if dumped["core_dumps = true\n"] else
        "this machine writes none either")


if __name__ == "__main__":
    scenario(60, Canary, texts_go_well_and_badly_over_smpp,
             messengers_answer_with_what_they_were_told, the_api_is_asked_rightly_and_wrongly,
             strangers_and_subscribers_come, it_is_killed_and_starts_again,
             the_log_tells_no_text_number_or_secret, metrics_and_states_tell_none_either,
             the_process_list_and_the_printed_configuration_hold_no_secret,
             a_crash_leaves_no_core_file_unless_that_is_wanted)
