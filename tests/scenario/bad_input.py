#!/usr/bin/env python3
"""Wrong files, wrong requests, a full disk, a stop under load: clear answers, no loss."""

import json
import os
import re
import socket
import subprocess
import time

from collections import Counter

from lab import BUILD, SOURCE, Lab, check, equal, scenario, until
from smpp_client import (
    CANCEL, OK, QUEUE_FULL, SUBMIT_MULTI, Multi, Session, cancel_body, multi_body,
    relative_time, udh8)


class RefusalLab(Lab):
    """Nothing is started; the rows start what they need."""

    def __init__(self):
        super().__init__(start=False, messenger=False)


def run(lab, *arguments, environment=None, timeout_s=10):
    """(status, all it said) of a sluiced that is expected to end."""
    variables = {key: value for key, value in os.environ.items()
                 if key != "SLUICE_STATE_DIR"}
    variables.update(environment or {})
    done = subprocess.run([str(BUILD / "sluiced"), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=variables, timeout=timeout_s)
    return done.returncode, done.stdout.decode(errors="replace")


def refuses(lab, arguments, *words, status=1, environment=None):
    got, said = run(lab, *arguments, environment=environment)
    equal(got, status, f"status of sluiced {' '.join(map(str, arguments))} ({said})")
    for word in words:
        check(re.search(word, said), f"it does not say {word!r}: {said}")


def write(lab, name, text):
    path = lab.folder / name
    path.write_text(text)
    return path


# ---- Files ----


def a_wrong_file_is_named_with_line_and_reason(lab):
    good = lab.config_path.read_text().splitlines()
    rows = (
        ("an unknown setting", "pasword = \"x\"", r"pasword.*password|password.*pasword",
         'account "sms" {'),
        ("a number that is none", "tps = lots", "tps", 'account "sms" {'),
        ("a negative number", "window = -1", "window", 'account "sms" {'),
        ("an absurd number", "window = 99999999999999999999", "window", 'account "sms" {'),
        ("an amount of seven places", 'opening = "1.0000001"', "opening", 'account "poor" {'),
        ("a missing plan", 'plan = "nowhere"', "nowhere", 'account "poor" {'),
        ("a channel that is not there", 'step "x" { channels = {"nowhere"} }', "nowhere",
         'plan "sms" {'),
        ("a brace too many", "}", "", None),
    )
    for name, line, word, behind in rows:
        number = good.index(behind) + 1 if behind else len(good)
        lines = [old for old in good[number:] if behind is None or True]
        key = line.split(" ")[0]
        # The setting replaces the one of that section, if it has one.
        for at, old in enumerate(lines):
            if old.startswith("}"):
                break
            if old.strip().startswith(key + " "):
                lines[at] = "#"
                break
        path = write(lab, "wrong.conf", "\n".join(good[:number] + [line] + lines) + "\n")
        for arguments in (("-t", "-c", path), ("-c", path, "--state-dir", lab.state)):
            got, said = run(lab, *arguments)
            equal(got, 1, f"{name}: status ({said})")
            named = re.search(r"wrong\.conf:(\d+)", said)
            check(named, f"{name}: no file:line in {said!r}")
            check(abs(int(named.group(1)) - (number + 1)) <= 1,
                  f"{name}: line {named.group(1)}, not {number + 1}: {said!r}")
            check(re.search(word, said), f"{name}: {word!r} is not in {said!r}")


def a_file_that_cannot_be_read_is_said_so(lab):
    refuses(lab, ("-c", lab.folder / "nothing.conf", "--state-dir", lab.state),
            r"nothing\.conf", r"(?i)no such file")
    refuses(lab, ("-c", lab.folder, "--state-dir", lab.state), re.escape(str(lab.folder)))
    secret = lab.config_path.read_text().replace('password = "secret08"',
                                                 'password_file = "no-such-secret"', 1)
    path = write(lab, "secret.conf", secret)
    refuses(lab, ("-c", path, "--state-dir", lab.state), r"secret\.conf:\d+",
            "no-such-secret")
    if os.geteuid() != 0:
        locked = write(lab, "locked.conf", "")
        locked.chmod(0)
        refuses(lab, ("-c", locked, "--state-dir", lab.state), r"(?i)permission")


def without_a_state_folder_it_does_not_start(lab):
    refuses(lab, ("-c", lab.config_path), r"state.dir|SLUICE_STATE_DIR")
    refuses(lab, ("-t",), r"-c FILE", status=64)
    refuses(lab, ("--nonsense",), "nonsense", status=64)


def without_an_http_section_the_socket_answers(lab):
    path = write(lab, "no-http.conf", 'listen "smpp" { address = "127.0.0.1:0" }\n')
    state = lab.folder / "no-http"
    state.mkdir()
    state.chmod(0o755)
    process = subprocess.Popen([str(BUILD / "sluiced"), "-c", str(path), "--state-dir",
                                str(state)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.others.append(process)

    def answers():
        done = subprocess.run([str(BUILD / "sluice"), "status", "--state-dir", str(state)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode == 0
    until(answers, 10, "sluice status does not find it")
    process.terminate()
    equal(process.wait(10), 0, "status after SIGTERM")
    # In a folder that was there, and that others may look into.
    equal([one.name for one in state.rglob("*") if one.stat().st_mode & 0o077], [],
          "files of the state that others may read")


def is_ready(lab):
    try:
        return lab.http("GET", "/readyz", token=None).status == 200
    except OSError:
        return False


def the_environment_may_name_the_state_folder(lab):
    folder = lab.folder / "from-the-environment"
    process = subprocess.Popen([str(BUILD / "sluiced"), "-c", str(lab.config_path)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "SLUICE_STATE_DIR": str(folder)})
    lab.others.append(process)
    until(lambda: is_ready(lab), 10, "it does not start")
    check((folder / "live.db").exists() and (folder / "sluice.sock").exists(),
          "no state folder was made")
    process.terminate()
    equal(process.wait(10), 0, "status")


def a_good_file_is_checked_and_printed_without_its_secrets(lab):
    for path in (SOURCE / "conf/lab.conf", SOURCE / "conf/demo.conf",
                 SOURCE / "conf/sluice.conf"):
        got, said = run(lab, "-t", "-c", path)
        equal(got, 0, f"-t {path.name} ({said})")
    got, said = run(lab, "-T", "-c", SOURCE / "conf/lab.conf")
    equal(got, 0, "-T")
    for secret in ("secret08", "lab-token", "lab-hook"):
        check(secret not in said, f"-T prints {secret}")
    for word in ("messenger-then-sms", "0.050000", "in_doubt_wait"):
        check(word in said, f"-T does not print {word}")
    check(not lab.state.exists(), "-t or -T made a state folder")


def practice_never_listens_beyond_loopback(lab):
    text = lab.config_path.read_text()
    for port in ("smpp", "http"):
        path = write(lab, "open.conf", text.replace(
            f"127.0.0.1:{lab.ports[port]}", f"0.0.0.0:{lab.ports[port]}"))
        refuses(lab, ("-t", "-c", path), r"open\.conf:\d+", "(?i)loopback")
    path = write(lab, "plain.conf", text.replace("practice = true", "practice = false"))
    refuses(lab, ("-t", "-c", path), r"plain\.conf:\d+", "(?i)password")


def a_taken_port_is_named(lab):
    for name in ("smpp", "http"):
        with socket.socket() as other:
            other.bind(("127.0.0.1", lab.ports[name]))
            other.listen()
            refuses(lab, ("-c", lab.config_path, "--state-dir", lab.folder / "unused"),
                    f"127\\.0\\.0\\.1.*{lab.ports[name]}", "(?i)in use")


def a_state_folder_in_use_is_named(lab):
    lab.start()
    with Lab(start=False) as second:
        refuses(second, ("-c", second.config_path, "--state-dir", lab.state),
                re.escape(str(lab.state)), "(?i)in use|another")
    equal(lab.http("GET", "/readyz").status, 200, "/readyz of the first")
    lab.stop()


def a_store_of_nonsense_is_refused_and_left_alone(lab):
    folder = lab.folder / "nonsense"
    folder.mkdir()
    (folder / "live.db").write_bytes(b"this is not a database, whatever its name says" * 99)
    before = (folder / "live.db").read_bytes()
    refuses(lab, ("-c", lab.config_path, "--state-dir", folder), r"live\.db|database")
    equal((folder / "live.db").read_bytes(), before, "the file")


# ---- Requests ----


def absurd_requests_get_clear_answers(lab):
    lab.start()
    lab.start_sim()
    lab.wait_bound()
    good = {"account": "sms", "from": "Shop", "to": "79030000001", "text": "hello"}
    before = lab.verify()["postings"]
    rows = [(f"{key} = {str(value)[:40]!r}", {**good, key: value}) for key, value in (
        ("validity", 10**18), ("validity", -1), ("validity", 10**30), ("validity", 1.5),
        ("validity", "soon"), ("text", "x" * 70 * 1024), ("text", ""), ("text", None),
        ("text", 7), ("to", "abc"), ("to", "+"), ("to", "7" * 40), ("to", "7903\r\n00"),
        ("to", ["79030000001"]), ("from", "x" * 100), ("from", 7), ("account", 7),
        ("plan", 7), ("plan", "x" * 5000), ("text", "\ud800"))]
    rows += [("a body of nothing", b""), ("a body of NUL", b"\0" * 100),
             ("depth", b"[" * 100000), ("a long number", b'{"validity":' + b"9" * 5000 + b"}"),
             ("UTF-8 that is none", b'{"account":"sms","text":"\xff\xfe"}'),
             ("a key twice", b'{"account":"sms","account":"poor"}')]
    for name, body in rows:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = lab.http("POST", "/v1/messages", octets,
                          headers={"Content-Type": "application/json"})
        check(answer.status in (400, 413), f"{name}: {answer!r}")
        check(answer.json.get("status") == answer.status, f"{name}: {answer!r}")
    try:
        answer = lab.http("POST", "/v1/messages", b" " * (1 << 20))
        equal(answer.status, 413, "a body of 1 MiB")
    except (ConnectionError, BrokenPipeError):
        pass  # closed while we were still sending: as clear
    for path in ("/v1/messages/99999999999999999999999999", "/v1/messages/-1",
                 "/v1/messages/1e3", "/v1/nothing", "/v1/messages/..%2f..%2fetc"):
        check(lab.http("GET", path).status in (400, 404), path)
    check(lab.http("GET", "/v1/accounts/sms/statement?from=x").status == 400, "from=x")
    check(lab.http("PUT", "/v1/messages", good).status in (404, 405), "PUT")
    equal(lab.http("GET", "/metrics", token=None).status in (200, 401), True, "/metrics")
    equal(lab.verify()["postings"], before, "postings")
    equal(lab.sim_stats("smsc")["submits"], 0, "SMS")


def raw_octets_on_the_http_port_harm_nobody(lab):
    for octets in (b"\0" * 64, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n",
                   b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n"
                   b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   b"POST /v1/messages HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                   b"GET / HTTP/1.1\r\nA" + b"a" * 100000 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", lab.ports["http"]), 5) as raw:
            try:
                raw.sendall(octets)
                raw.shutdown(socket.SHUT_WR)
                raw.settimeout(5)
                said = raw.recv(65536)
            except ConnectionError:
                continue
            check(said == b"" or re.match(rb"HTTP/1\.[01] (4|5)\d\d ", said),
                  f"{octets[:30]!r} was answered {said[:60]!r}")
    equal(lab.http("GET", "/readyz").status, 200, "/readyz")


def absurd_pdus_cost_only_their_sender(lab):
    with Session(lab.ports["smpp"]) as good:
        equal(good.bind_status, OK, "bind")
        for octets in (b"\0" * 16, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64,
                       b"\0\0\0\x0f" + b"\0" * 12, b"\x7f\xff\xff\xff" + b"\0" * 12,
                       b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 16):
            with Session(lab.ports["smpp"], bind=False) as bad:
                bad.raw(octets)
                check(bad.wait(lambda: bad.closed, 5), f"{octets[:8].hex()}: not closed")
        rows = (("no recipient", b""), ("letters", b"abc"), ("too long", b"7" * 30))
        for name, to in rows:
            check(good.response(good.submit(to)).status != OK, f"{name}: accepted")
        check(good.response(good.submit("79030000001", validity=b"soon")).status != OK,
              "a validity that is none: accepted")
        check(good.response(good.submit("79030000001", validity=b"200101000000000+")).status
              != OK, "a validity that is over: accepted")
        good.receipt(good.submitted("79030000002"))
    lab.verify()
    lab.stop()


# ---- A stop under load, a full disk ----


def a_stop_under_load_ends_with_0_and_loses_nothing(lab):
    lab.stop_sim()
    lab.start_sim(smsc="report_delay=100-1500")
    lab.start()
    lab.wait_bound()
    bench = lab.bench_start("-r", 800, "-s", 8, "-b", 2, "--reconnect", "--wait", 20,
                            "--allow-status", "0x08")
    took = []
    for _ in range(2):
        begun = lab.sim_stats("smsc")["taken"]
        until(lambda: lab.sim_stats("smsc")["taken"] >= begun + 1000, 10, "no load")
        took.append(lab.stop(10))
        lab.start()
    _, said = bench.communicate(timeout=60)
    numbers = json.loads(bench.json_path.read_text())
    equal(bench.returncode, 0, f"status of sluice-bench: {said}")
    lab.nothing_held("sms")
    lab.verify()
    equal(lab.sim_stats("smsc")["duplicates"], 0, "SMS sent twice")
    return (f"{numbers['submits']['accepted']} accepted, all with their receipt; stopped in "
            + ", ".join(f"{one:.1f}" for one in took) + " s")


class FullDisk:
    """A file system of 64 MiB.  A context manager; its path is `path`."""

    def __init__(self, lab):
        self.path = lab.folder / "disk"

    def __enter__(self):
        check(os.geteuid() == 0, "a full disk needs root, to mount a tmpfs of its own")
        self.path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs",
                               str(self.path)], stderr=subprocess.PIPE, text=True)
        check(done.returncode == 0, f"no tmpfs can be mounted: {done.stderr}")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", str(self.path)], check=False)

    def fill(self, leave):
        found = os.statvfs(self.path)
        size = found.f_bavail * found.f_frsize - leave
        with open(self.path / "filler", "wb") as file:
            while size > 0:
                size -= file.write(b"\0" * min(size, 1 << 20))

    def empty(self):
        (self.path / "filler").unlink()


def a_full_disk_stops_the_intake_and_nothing_else(lab):
    lab.stop_sim()
    small = lambda text: text.replace("practice = true",
                                      'practice = true\ndisk_reserve = "16MiB"', 1)
    with FullDisk(lab) as disk, \
            Lab(smsc="report_delay=4000", messenger=False, edit=small,
                state=disk.path / "state") as full, \
            Session(full.ports["smpp"]) as esme:
        ids = [esme.submitted(f"7903100{number:04}") for number in range(300)]
        disk.fill(leave=8 << 20)
        began = time.monotonic()
        refused = until(lambda: (answer := esme.response(esme.submit("79031009999"))).status
                        and answer, 5, "submits are still taken on a full disk")
        stopped_s = time.monotonic() - began
        equal(refused.status, QUEUE_FULL, "status of a submit")
        answer = full.send("sms", "79031009999")
        equal(answer.status, 503, f"the API: {answer!r}")
        check(answer.json.get("status") == 503, f"no problem of RFC 9457: {answer!r}")
        # What was taken goes on: reports are stored, receipts are made.
        for message_id in ids:
            equal(esme.receipt(message_id, 15).stat, "DELIVRD", "stat on a full disk")
        check(full.sluiced.poll() is None, "sluiced ended")
        disk.empty()
        began = time.monotonic()
        until(lambda: esme.response(esme.submit("79031008888")).status == OK, 5,
              "submits are still refused")
        back_s = time.monotonic() - began
        until(lambda: full.balance("sms")["held"] == 0, 10, "something is held")
        full.verify()
        full.stop()
    return f"refused after {stopped_s:.1f} s, taken again after {back_s:.1f} s"


# ---- Very much at once ----


BOTH = '''
plan "both" {
  deadline = "24h"
  collect_within = "30s"
  step "sms"       { channels = {"smsc"}       until = "delivered"  within = "24h" }
  step "messenger" { channels = {"messenger"}  until = "delivered"  within = "2s" }
}
'''


def one_pdu_that_completes_very_many_long_messages_harms_nobody(lab):
    def edit(text):
        return BOTH + text.replace("window = 256", "window = 1000").replace(
            "connections = 4", "connections = 8").replace('plan = "sms"', 'plan = "both"', 1)

    total, numbers = 64, [b"7906%07d" % number for number in range(60)]
    with Lab(smsc="answer_delay=300", messenger=False, edit=edit) as wide:
        wide.wait_bound(8)
        with Session(wide.ports["smpp"]) as esme:
            answers = [Multi(esme.ask(SUBMIT_MULTI, multi_body(
                numbers, udh8(7, total, number) + b"part", esm_class=0x40)))
                for number in range(1, total + 1)]
            for answer in answers:
                equal((answer.refused, bool(answer.id)), ({}, True), "an answer")
            check(esme.wait(lambda: len(esme.receipts) == total * len(numbers), 30),
                  f"{len(esme.receipts)} receipts")
        wide.nothing_held("sms")
        wide.verify()


def parts_beyond_what_fits_are_refused(lab):
    """Long messages that never become whole, each of very many parts."""
    with Lab(messenger=False,
             edit=lambda text: "max_messages = 1000\n" + text) as wide:
        with Session(wide.ports["smpp"], "cascade") as esme:
            statuses = Counter()
            for reference in range(10):
                sequences = [esme.submit("79062000002", b"part", udh=udh8(reference, 255, part))
                             for part in range(1, 255)]
                statuses.update(esme.response(one).status for one in sequences)
            equal(set(statuses), {OK, QUEUE_FULL}, "the answers")
            check(statuses[OK] >= 2000, f"{statuses} fit")
        check(wide.sluiced.poll() is None, "it has ended")
        wide.verify()


def a_bound_that_was_lowered_is_no_reason_not_to_start(lab):
    with Lab(messenger=False) as wide:
        with Session(wide.ports["smpp"]) as esme:
            later = relative_time(3600)
            sequences = [esme.submit("79062000000", schedule=later) for _ in range(2100)]
            equal({esme.response(one).status for one in sequences}, {OK}, "the answers")
        wide.stop()
        wide.config_path.write_text("max_messages = 1000\n" + wide.config_path.read_text())
        wide.start()
        with Session(wide.ports["smpp"]) as esme:
            equal(esme.response(esme.submit("79062000001")).status, QUEUE_FULL, "one more")
            equal(esme.ask(CANCEL, cancel_body(to=b"79062000000")).status, OK, "cancel_sm")
            until(lambda: esme.response(esme.submit("79062000001")).status == OK, 5,
                  "it stays full")
        wide.verify()


if __name__ == "__main__":
    scenario(110, RefusalLab, a_wrong_file_is_named_with_line_and_reason,
             a_file_that_cannot_be_read_is_said_so, without_a_state_folder_it_does_not_start,
             the_environment_may_name_the_state_folder,
             without_an_http_section_the_socket_answers,
             a_good_file_is_checked_and_printed_without_its_secrets,
             practice_never_listens_beyond_loopback, a_taken_port_is_named,
             a_state_folder_in_use_is_named, a_store_of_nonsense_is_refused_and_left_alone,
             absurd_requests_get_clear_answers, raw_octets_on_the_http_port_harm_nobody,
             absurd_pdus_cost_only_their_sender,
             one_pdu_that_completes_very_many_long_messages_harms_nobody,
             parts_beyond_what_fits_are_refused,
             a_bound_that_was_lowered_is_no_reason_not_to_start,
             a_stop_under_load_ends_with_0_and_loses_nothing,
             a_full_disk_stops_the_intake_and_nothing_else)
