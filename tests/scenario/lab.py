"""The real programs, started, watched, killed and cleaned up after.

A Lab is a sluiced with a state folder of its own, and a sluice-sim beside it.  By default
it runs conf/lab.conf with free ports put in the place of the fixed ones; `fixed=True`
takes the fixed ones, and waits for whoever has them.

    def row(lab):
        check(lab.http("GET", "/readyz").status == 200, "it is not ready")

    if __name__ == "__main__":
        scenario(60, lambda: Lab(), row)

prints a line for each row and ends with 0 when all hold.
"""

import contextlib
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

from decimal import Decimal

import fleet
import offspring
import tally

SOURCE = pathlib.Path(os.environ.get("SLUICE_SOURCE")
                      or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD") or SOURCE / "build")
DEEP = os.environ.get("SLUICE_DEEP") == "1"
PRELOAD = BUILD / "tests/bench/slow_fsync.so"

TOKEN = "lab-token"
HOOK_KEY = b"lab-hook"
FIXED_PORTS = {"smpp": 2775, "http": 8775, "smsc": 2785, "messenger": 9785}
# The lab's ports are fixed: one lab at a time in a network namespace.
LOCK_PATH = "/tmp/sluice-lab.%d.lock" % os.stat("/proc/self/ns/net").st_ino


class Failure(Exception):
    """What was promised does not hold."""


class TimeOver(SystemExit):
    """The time of the whole program: no row takes it for a failure of its own and goes on."""


def check(holds, sentence):
    if not holds:
        raise Failure(sentence)


def equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: {got!r}, not {wanted!r}")


def until(holds, timeout_s, sentence, every_s=0.02):
    """Waits for `holds()` to be true, and returns what it returned."""
    end = time.monotonic() + timeout_s
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{sentence() if callable(sentence) else sentence} "
                          f"(waited {timeout_s} s)")
        time.sleep(every_s)


def money(text):
    """A decimal string of six places, as the API writes it."""
    check(isinstance(text, str) and re.fullmatch(r"-?\d+\.\d{6}", text),
          f"{text!r} is not an amount with six places")
    return Decimal(text)


def free_ports(count, taken=set()):
    """Never the same one twice, none of another lab's."""
    ports = []
    while len(ports) < count:
        port = random.randrange(*fleet.ports)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in taken:
            taken.add(port)
            ports.append(port)
    return ports


def is_listening(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def sign(body):
    return "sha256=" + hmac.new(HOOK_KEY, body, hashlib.sha256).hexdigest()


class Answer:
    """An HTTP answer, read whole."""

    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()
        self.at = time.time()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def request(port, method, path, body=None, headers=None, timeout_s=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def end_process(process, timeout_s=10):
    """SIGTERM, then its status; None if it had to be killed."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def unquote(value):
    return urllib.parse.unquote_to_bytes(value).decode("utf-8", "replace")


def read_events(path, name=None, **wanted):
    """Lines of a sluice-sim log as dictionaries, in order, whole lines only."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        lines = file.read().decode().split("\n")[:-1]
    events = []
    for line in lines:
        words = line.split(" ")
        if name is not None and words[0] != name:
            continue
        event = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        event = {key: value if key in ("text", "tlvs") else unquote(value)
                 for key, value in event.items()}
        event["event"] = words[0]
        event["at"] = float(event["at"])
        if all(event.get(key) == str(value) for key, value in wanted.items()):
            events.append(event)
    return events


class Lab:
    """sluiced, sluice-sim and a folder.  A context manager; nothing survives it."""

    def __init__(self, smsc="", messenger="", fixed=False, edit=None, preload=None,
                 wrapper=(), state=None, start=True, with_sim=True, sim_logs=True):
        self.smsc, self.messenger, self.with_sim = smsc, messenger, with_sim
        self.sim_logs = sim_logs
        self.fixed, self.edit, self.preload = fixed, edit, dict(preload or {})
        self.preload_so = PRELOAD
        self.wrapper = list(wrapper)
        self.start_at_once = start
        self.sluiced = self.sim = None
        self.lock = None
        self.others = []
        self.given_state = state

    # ---- Set-up ----

    def __enter__(self):
        for program in ("sluiced", "sluice-sim", "sluice-bench"):
            check(os.access(BUILD / program, os.X_OK),
                  f"{BUILD / program} is not there: build first, or set SLUICE_BUILD")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-lab-"))
        try:
            self.state = pathlib.Path(self.given_state or self.folder / "state")
            self.log_path = self.folder / "sluiced.log"
            self.sim_log = self.folder / "sim.log"
            self._choose_ports()
            self.config_path = self._write_config()
            if self.start_at_once:
                self.start()
                if self.with_sim:
                    self.start_sim()
                    self.wait_bound()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and os.environ.get("SLUICE_KEEP") == "1":
            print(f"kept: {self.folder}")
        for process in self.others + [self.sluiced, self.sim]:
            if process and process.poll() is None:
                started = offspring.children(process.pid)
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
                offspring.kill(started)
        if self.lock:
            self.lock.close()
        if not (kind is not None and os.environ.get("SLUICE_KEEP") == "1"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _choose_ports(self):
        self.control_port, = free_ports(1)
        if self.fixed:
            self.lock = open(LOCK_PATH, "a")
            fcntl.flock(self.lock, fcntl.LOCK_EX)
            self.ports = dict(FIXED_PORTS)
            until(lambda: not any(map(is_listening, self.ports.values())), 30,
                  f"another program listens on one of {sorted(self.ports.values())}", 0.5)
        else:
            self.ports = dict(zip(FIXED_PORTS, free_ports(len(FIXED_PORTS))))

    def _write_config(self):
        lab = SOURCE / "conf/lab.conf"
        if self.fixed and not self.edit:
            return lab
        text = lab.read_text()
        for name, port in FIXED_PORTS.items():
            check(str(port) in text, f"conf/lab.conf does not name port {port}")
            text = re.sub(rf"\b{port}\b", str(self.ports[name]), text)
        text = text.replace("practice = true",
                            f'practice = true\nproviders = "{SOURCE}/conf/providers"', 1)
        if self.edit:
            text = self.edit(text)
        path = self.folder / "lab.conf"
        path.write_text(text)
        return path

    # ---- sluiced ----

    def start(self, ready_s=20):
        """Starts it and waits for /readyz."""
        environment = dict(os.environ)
        if self.preload:
            check(self.preload_so.exists(), f"{self.preload_so} is not built")
            environment.update(self.preload)
            environment["LD_PRELOAD"] = str(self.preload_so)
        log = open(self.log_path, "ab")
        self.sluiced = subprocess.Popen(
            [*self.wrapper, str(BUILD / "sluiced"), "-c", str(self.config_path),
             "--state-dir", str(self.state)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        log.close()
        if ready_s:
            self.wait_ready(ready_s)

    def wait_ready(self, timeout_s=20):
        def ready():
            if self.sluiced.poll() is not None:
                raise Failure(f"sluiced ended with status {self.sluiced.returncode}:\n"
                              + self.log_tail())
            try:
                return self.http("GET", "/readyz", token=None).status == 200
            except OSError:
                return False
        until(ready, timeout_s, lambda: "sluiced is not ready:\n" + self.log_tail())

    def wait_bound(self, binds=4, timeout_s=10):
        until(lambda: self.sim_stats("smsc")["binds_open"] >= binds, timeout_s,
              f"the link has not {binds} binds")

    def stop(self, timeout_s=10):
        """SIGTERM; the seconds it took.  It must end in time, with status 0."""
        begin = time.monotonic()
        status = end_process(self.sluiced, timeout_s)
        took_s = time.monotonic() - begin
        check(status == 0, f"SIGTERM: status {status} after {took_s:.1f} s, not 0:\n"
              + self.log_tail())
        return took_s

    def kill(self):
        self.sluiced.kill()
        self.sluiced.wait()

    def log_tail(self, lines=12):
        if not self.log_path.exists():
            return ""
        text = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join("    " + line for line in text[-lines:])

    def log_lines(self, event):
        """The fields of each line of this event in sluiced's log."""
        found = []
        for line in self.log_path.read_text(errors="replace").splitlines():
            words = line.split(" ")
            if len(words) > 2 and words[2] == event:
                found.append(dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', line)))
        return found

    # ---- sluice-sim ----

    def start_sim(self, smsc=None, messenger=None):
        if smsc is not None:
            self.smsc = smsc
        if messenger is not None:
            self.messenger = messenger
        arguments = [
            str(BUILD / "sluice-sim"), *(["--log", str(self.sim_log)] * self.sim_logs),
            "--control", f"port={self.control_port}",
            "--smsc", ",".join(filter(None, [
                f"port={self.ports['smsc']},system_id=sluice,password=sluice", self.smsc]))]
        if self.messenger is not False:
            arguments += ["--messenger", ",".join(filter(None, [
                f"port={self.ports['messenger']}",
                f"callback=http://127.0.0.1:{self.ports['http']}/v1/hooks/messenger",
                self.messenger]))]
        self.sim = subprocess.Popen(arguments, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, text=True)
        line = self.sim.stdout.readline()
        self.sim.stdout.close()
        check(line.startswith("ready"), f"sluice-sim did not start: {line!r}")

    def stop_sim(self):
        check(end_process(self.sim) == 0, "sluice-sim did not end with 0")

    def restart_sim(self, **roles):
        self.stop_sim()
        self.start_sim(**roles)
        self.wait_bound()

    def sim_stats(self, role):
        try:
            roles = request(self.control_port, "GET", "/stats").json["roles"]
        except OSError:
            raise Failure("sluice-sim does not answer") from None
        return next(one for one in roles if one["name"] == role)

    def events(self, name, **wanted):
        return read_events(self.sim_log, name, **wanted)

    def sms(self, to):
        """What the SMSC was sent for this number, in order."""
        return self.events("submit", destination=to)

    def posts(self, to):
        """What the messenger was sent for this number, in order."""
        return self.events("post", to=to)

    # ---- Its API ----

    def http(self, method, path, body=None, token=TOKEN, headers=None, timeout_s=10):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        return request(self.ports["http"], method, path, body, headers, timeout_s)

    def get(self, path, timeout_s=10):
        answer = self.http("GET", path, timeout_s=timeout_s)
        check(answer.status == 200, f"GET {path}: {answer!r}")
        return answer.json

    def send(self, account, to, text="hello", **more):
        return self.http("POST", "/v1/messages", {
            "account": account, "from": "Shop", "to": to, "text": text, **more})

    def message(self, message_id):
        return self.get(f"/v1/messages/{message_id}")

    def ended(self, message_id, timeout_s=10):
        """The message, once it has ended."""
        return until(lambda: (found := self.message(message_id))["state"] == "ended"
                     and found, timeout_s, f"message {message_id} has not ended")

    def metric(self, name, **labels):
        """The sum of its lines that carry these labels; there may be none, of a metric that
        there is."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = self.http("GET", "/metrics").body.decode().split("\n")
        known = f"# TYPE sluice_{name.partition('{')[0]} "
        check(any(line.startswith(known) for line in lines), f"there is no metric {name}")
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith((f"sluice_{name} ", f"sluice_{name}{{"))
                   and all(one in line for one in wanted))

    def sluice(self, *words):
        """What the operator's command says; it must succeed."""
        done = subprocess.run([str(BUILD / "sluice"), *words, "--state-dir", str(self.state)],
                              capture_output=True, text=True, timeout=20)
        equal(done.returncode, 0, f"sluice {' '.join(words)}: {done.stderr}")
        return done.stdout

    def balance(self, account):
        """As decimals; that they add up is checked."""
        row = self.get(f"/v1/accounts/{account}/balance")
        equal((row["account"], row["currency"]), (account, "EUR"), "balance")
        sums = {key: money(row[key]) for key in ("opening", "available", "held", "charged")}
        equal(sums["available"] + sums["held"] + sums["charged"], sums["opening"],
              f"available + held + charged of {account} ({row})")
        return sums

    def verify(self, timeout_s=10):
        """The ledger must be right; what the verification says is returned."""
        found = self.get("/v1/ledger/verify", timeout_s)
        check(found["ok"] is True and found["mismatches"] == [], f"ledger verify: {found}")
        equal(found["sums"], {"EUR": "0.000000"}, "sums of the ledger")
        equal(found["ended_with_hold"], 0, "ended messages with a hold")
        equal(found["attempts_without_posting"], 0, "attempts without a posting")
        return found

    def nothing_held(self, account, timeout_s=5):
        until(lambda: self.balance(account)["held"] == 0, timeout_s,
              lambda: f"{account} still holds {self.balance(account)['held']}")

    def hook(self, body, signature=None, headers=None):
        """A report of the messenger; signed as it must be unless told otherwise."""
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = dict(headers or {})
        if signature is not False:
            headers["X-Signature"] = signature or sign(octets)
        headers.setdefault("Content-Type", "application/json")
        return self.http("POST", "/v1/hooks/messenger", octets, token=None, headers=headers)

    # ---- sluice-bench ----

    def bench_start(self, *arguments, json_name="bench.json"):
        path = self.folder / json_name
        process = subprocess.Popen(
            [str(BUILD / "sluice-bench"), "--port", str(self.ports["smpp"]),
             "--quiet", "--json", str(path), *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        process.json_path = path
        self.others.append(process)
        return process

    def bench(self, *arguments, timeout_s=120):
        """Runs it; it must find everything exact.  Its numbers are returned."""
        process = self.bench_start(*arguments)
        try:
            _, said = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise Failure(f"sluice-bench was not done in {timeout_s} s") from None
        check(process.returncode == 0,
              f"sluice-bench ended with {process.returncode}:\n{said}{self.log_tail(4)}")
        return json.loads(process.json_path.read_text())

    # ---- sluiced, by its process id ----

    def children(self):
        """Process ids that sluiced has started."""
        listed = pathlib.Path(f"/proc/{self.sluiced.pid}/task/{self.sluiced.pid}/children")
        return [int(one) for one in listed.read_text().split()]


# ---- Running rows ----------------------------------------------------------------


@contextlib.contextmanager
def bounded(seconds):
    """Ends the program, cleanly, after so long, and when it is told to end."""
    limit_s = seconds * 20 if DEEP else seconds

    def on_alarm(*_):
        raise TimeOver(f"took longer than {limit_s} s")

    def on_term(*_):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # what it leaves is cleaned up first
        raise SystemExit(1)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGHUP, on_term)
    signal.alarm(limit_s)
    try:
        yield
    finally:
        signal.alarm(0)


def run_row(row, *arguments):
    """True when it holds.  The name of a row is a sentence."""
    name = row.__name__.replace("_", " ")
    begin = time.monotonic()
    before = dict(tally.tries)
    try:
        measured = row(*arguments)
    except (Exception, TimeOver) as error:
        tally.note_row(name, before, False)
        where = traceback.extract_tb(error.__traceback__)
        place = next((f"{os.path.basename(one.filename)}:{one.lineno}" for one in where[1:]
                      if not one.filename.endswith("lab.py")), "")
        ours = isinstance(error, (Failure, TimeOver))
        reason = error if ours else f"{type(error).__name__}: {error}"
        print(f"FAILED  {name}  ({time.monotonic() - begin:.1f} s)\n        {place}: {reason}",
              flush=True)
        if isinstance(error, TimeOver):
            raise
        return False
    tally.note_row(name, before, True)
    said = f": {measured}" if measured is not None else ""
    print(f"ok      {name}{said}  ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def run_rows(rows, *arguments):
    """All of them one after the other; true when all hold."""
    return all([run_row(row, *arguments) for row in rows])


def run_together(rows, *arguments):
    """The same, all at once; for rows that mostly wait and do not touch each other."""
    results = {}
    threads = [threading.Thread(
        target=lambda row=row: results.__setitem__(row, run_row(row, *arguments)),
        daemon=True) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return all(results.get(row) for row in rows)


def run_lab(make_lab, together, rows):
    try:
        with make_lab() as lab:
            good = False
            try:
                good = all([run_together(together, lab), run_rows(rows, lab)])
            finally:
                if not good:
                    print("the end of sluiced's log:\n" + lab.log_tail())
            return good
    except (Failure, OSError) as error:
        print(f"FAILED  {error}")
        return False


def scenario(seconds, make_lab, *rows, alone=(), together=(), labs=1, wanted=0):
    """The whole program, and its status: the rows `alone`, which have no lab, then a lab,
    `together` at once and `rows` in turn; that in so many labs, some of them side by side.
    `wanted` is how often something will be tried in all, for who waits for it.  Whatever way
    it goes out, nothing that it has started goes on.
    """
    offspring.adopt()
    tally.forget()
    progress = tally.Progress(wanted)
    tally.begin(progress.add)
    try:
        with bounded(seconds):
            good = run_rows(alone, None)
            if labs == 1:
                good = run_lab(make_lab, together, rows) and good
            else:
                good = fleet.run(labs, lambda: run_lab(make_lab, together, rows),
                                 progress.add) and good
    except (TimeOver, OSError) as error:
        print(f"FAILED  {error}")
        good = False
    finally:
        left = offspring.end()
    if left:
        print(f"FAILED  left behind: {', '.join(left)}")
        good = False
    tally.write()
    sys.exit(0 if good else 1)
