#!/usr/bin/env python3
"""SMPP over TLS, both sides: versions, certificates, reloads, and who speaks the wrong thing."""

import asyncio
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

from lab import BUILD, Lab, check, equal, free_ports, run_together, scenario, until
from smpp_client import (
    BIND_TRANSCEIVER, ENQUIRE, INVALID_PASSWORD, OK, RESPONSE, UNBIND, Session, frame,
    submit_body)

BIND_WITHIN_S = 2
BIND = frame(BIND_TRANSCEIVER, b"sms\0secret08\0\0\x34\0\0\0")


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.path = folder / f"{name}.crt"
        self._openssl("-keyout", folder / f"{name}.key", "-out", self.path, "-days", "300",
                      "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:true")

    def _openssl(self, *arguments):
        done = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        check(done.returncode == 0, f"openssl: {done.stdout}")

    def issue(self, file, name, days=10):
        """FILE.crt and FILE.key for this name."""
        alternative = ("IP:" if re.fullmatch(r"[\d.]+", name) else "DNS:") + name
        self._openssl("-keyout", self.folder / f"{file}.key", "-out",
                      self.folder / f"{file}.crt", "-days", days, "-subj", f"/CN={name}",
                      "-addext", f"subjectAltName={alternative}",
                      "-addext", "basicConstraints=critical,CA:false", "-CA", self.path,
                      "-CAkey", self.folder / f"{self.name}.key")

    def list_revoked(self, file, *certificates, until="20491231000000Z"):
        """FILE.crl, which names these certificates."""
        database, settings = self.folder / "index.txt", self.folder / "list.conf"
        database.write_text("".join(
            "R\t491231000000Z\t260101000000Z\t%s\tunknown\t/CN=%s\n"
            % (self._serial(one), one) for one in certificates))
        settings.write_text(f"[ca]\ndefault_ca = it\n[it]\ndatabase = {database}\n"
                            "default_md = sha256\n")
        done = subprocess.run(
            ["openssl", "ca", "-gencrl", "-config", settings, "-cert", self.path, "-keyfile",
             self.folder / f"{self.name}.key", "-crl_lastupdate", "20260101000000Z",
             "-crl_nextupdate", until, "-out", self.folder / f"{file}.crl"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        check(done.returncode == 0, f"openssl ca: {done.stdout}")

    def _serial(self, certificate):
        said = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in",
                               self.folder / f"{certificate}.crt"],
                              stdout=subprocess.PIPE, text=True)
        return said.stdout.strip().split("=")[1]


class TlsSocket:
    """A client's socket that one thread reads while another writes."""

    def __init__(self, context, raw, name="sluice.example"):
        self.raw, self.lock = raw, threading.Lock()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.said_goodbye = False
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                if not self._feed():
                    raise ConnectionResetError("closed in the handshake") from None
            except ssl.SSLError:
                self._flush()
                raise
        self._flush()

    def _flush(self):
        if self.outgoing.pending:
            self.raw.sendall(self.outgoing.read())

    def _feed(self):
        octets = self.raw.recv(65536)
        with self.lock:
            self.incoming.write(octets)
        return octets

    def sendall(self, octets):
        with self.lock:
            self.tls.write(octets)
            self._flush()

    def recv(self, size):
        while True:
            with self.lock:
                try:
                    octets = self.tls.read(size)
                    self.said_goodbye = octets == b""
                    return octets
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError as error:
                    raise OSError(str(error)) from None
            if not self._feed():
                return b""

    def shutdown(self, how):
        self.raw.shutdown(how)

    def close(self):
        self.raw.close()


class TlsLab(Lab):
    """More listeners: "smpps" for all, "mutual" that wants certificates of clients, and
    "listed" that looks whether they are revoked."""

    def __init__(self, days=10, **more):
        super().__init__(edit=self._edit, messenger=False, **more)
        self.days = days

    def _edit(self, text):
        self.smpps, self.mutual, self.optional, self.listed, self.operator = free_ports(5)
        self.authority = Authority(self.folder, "authority")
        self.stranger = Authority(self.folder, "stranger")
        self.authority.issue("server", "sluice.example", self.days)
        self.authority.issue("acme", "acme.example")
        self.authority.issue("other", "other.example")
        self.authority.issue("operator", "127.0.0.1")
        self.authority.issue("gateway", "gateway.example")
        self.stranger.issue("forged", "acme.example")
        self.authority.list_revoked("clients")
        self.authority.list_revoked("operators", "operator")
        listen = """
listen "%s" {
  address = "127.0.0.1:%d"
  bind_within = "%ds"
  enquire_link = "1s"
  response_timeout = "1s"
  tls { certificate = "server.crt" key = "server.key" %s }
}
"""
        text = "".join([text,
            listen % ("smpps", self.smpps, BIND_WITHIN_S, ""),
            listen % ("mutual", self.mutual, BIND_WITHIN_S, 'client_ca = "authority.crt"'),
            listen % ("optional", self.optional, BIND_WITHIN_S,
                      'client_ca = "authority.crt" verify = "optional"'),
            listen % ("listed", self.listed, BIND_WITHIN_S,
                      'client_ca = "authority.crt" crl = "clients.crl"')])
        text += """
account "acme" {
  password = "secret08"
  plan = "sms"
  opening = "10"
  client_certificate = "acme.example"
  allow_from = {"127.0.0.0/8"}
}
"""
        link = """
link "%s" {
  host = "%s" port = %d system_id = "sluice" password = "sluice"
  reconnect_min = "200ms" reconnect_max = "400ms" bind_timeout = "5s"
  tls { ca = "%s" %s }
}
"""
        own = 'certificate = "gateway.crt" key = "gateway.key"'
        return text + "".join([
            link % ("secure", "127.0.0.1", self.operator, "authority.crt", own),
            link % ("misnamed", "127.0.0.1", self.operator, "authority.crt",
                    own + ' name = "smsc.example"'),
            link % ("forged", "127.0.0.1", self.operator, "stranger.crt", own),
            link % ("revoked", "127.0.0.1", self.operator, "authority.crt",
                    own + ' crl = "operators.crl"'),
            link % ("nameless", "127.0.0.1", self.operator, "authority.crt", "")])

    def client(self, certificate=None, **settings):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.authority.path)
        if certificate:
            context.load_cert_chain(self.folder / f"{certificate}.crt",
                                    self.folder / f"{certificate}.key")
        for name, value in settings.items():
            setattr(context, name, value)
        return context

    def bind(self, port, context, system_id="sms", **more):
        return Session(port, system_id,
                       wrap=lambda raw: TlsSocket(context, raw), **more)

    def metric(self, name):
        page = self.http("GET", "/metrics").body.decode()
        found = re.search(rf"^sluice_{re.escape(name)} (\S+)$", page, re.MULTILINE)
        check(found, f"no metric {name}")
        return float(found.group(1))

    def counted(self, name, more_than):
        until(lambda: self.metric(name) > more_than, 5, f"{name} does not pass {more_than}")


# ---- Clients ----


def versions_1_2_and_1_3_are_spoken_and_older_ones_are_not(lab):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = lab.client(minimum_version=version, maximum_version=version)
        with lab.bind(lab.smpps, context) as esme:
            equal(esme.bind_status, OK, f"bind over {version.name}")
            equal(esme.receipt(esme.submitted("79010000001")).stat, "DELIVRD", "stat")
            esme.response(esme.send(UNBIND))
            check(esme.wait(lambda: esme.closed, 3), "not closed after unbind")
            check(esme.socket.said_goodbye, f"{version.name}: no close_notify")
    warnings.simplefilter("ignore", DeprecationWarning)
    context = lab.client(minimum_version=ssl.TLSVersion.TLSv1_1,
                         maximum_version=ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        lab.bind(lab.smpps, context).close()
    except (ssl.SSLError, ConnectionError):
        return
    check(False, "TLS 1.1 was spoken")


def openssl_s_client_hears_its_bind_answered(lab):
    client = subprocess.Popen(
        ["openssl", "s_client", "-quiet", "-verify_return_error", "-connect",
         f"127.0.0.1:{lab.smpps}", "-servername", "sluice.example", "-verify_hostname",
         "sluice.example", "-CAfile", str(lab.authority.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lab.others.append(client)
    client.stdin.write(BIND + frame(UNBIND, sequence=2))
    client.stdin.flush()
    said, _ = client.communicate(timeout=10)
    answer = frame(RESPONSE | BIND_TRANSCEIVER, b"sluice\0\x02\x10\0\x01\x34")
    equal(said, answer + frame(RESPONSE | UNBIND, sequence=2), "answers")


def a_thousand_submits_in_one_write_are_all_answered(lab):
    with lab.bind(lab.smpps, lab.client()) as esme:
        equal(esme.bind_status, OK, "bind")
        text = b"x" * 150
        octets = b"".join(frame(4, submit_body(b"7901100%04d" % i, text), 0, 1000 + i)
                          for i in range(1000))
        esme.raw(octets)
        check(esme.wait(lambda: all(1000 + i in esme.responses for i in range(1000)), 15),
              lambda: f"{len(esme.responses)} answers")
        equal({one.status for one in esme.responses.values()}, {OK}, "statuses")
        check(esme.told_of([esme.responses[1000 + i].message_id for i in range(1000)], 15),
              "not all receipts")
    return f"{len(octets) // 1024} KiB"


def a_client_that_is_read_slowly_gets_all_of_it(lab):
    """Records are cut wherever the window of the socket ends."""
    class Slow(TlsSocket):
        def _feed(self):
            time.sleep(0.0005)
            octets = self.raw.recv(700)
            with self.lock:
                self.incoming.write(octets)
            return octets

    def wrap(raw):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return Slow(lab.client(), raw)

    with Session(lab.smpps, wrap=wrap) as esme:
        sequences = [esme.submit(f"7901200{i:04}") for i in range(300)]
        ids = [esme.response(one, 15).message_id for one in sequences]
        check(esme.told_of(ids, 15), lambda: f"{len(esme.receipts)} receipts")


def a_certificate_of_ours_is_required_where_it_is_said(lab):
    rows = (
        ("mutual", "acme", "acme", OK),
        ("mutual", "other", "sms", OK),
        ("mutual", "other", "acme", INVALID_PASSWORD),
        ("mutual", None, "sms", None),
        ("mutual", "forged", "acme", None),
        ("optional", None, "sms", OK),
        ("optional", None, "acme", INVALID_PASSWORD),
        ("optional", "acme", "acme", OK),
        ("optional", "forged", "sms", None),
        ("smpps", "acme", "acme", INVALID_PASSWORD),
    )
    failed = lab.metric('tls_handshakes_total{side="listen",result="failed"}')
    for listener, certificate, account, wanted in rows:
        name = f"{account} with {certificate} on {listener}"
        try:
            with lab.bind(getattr(lab, listener), lab.client(certificate), account) as esme:
                equal(esme.bind_status, wanted, name)
        except (ssl.SSLError, OSError) as error:
            check(wanted is None, f"{name}: {error}")
    with Session(lab.ports["smpp"], "acme") as esme:
        equal(esme.bind_status, INVALID_PASSWORD, "acme without TLS")
    lab.counted('tls_handshakes_total{side="listen",result="failed"}', failed + 2)
    reasons = {one["reason"] for one in lab.log_lines("tls.failed")}
    check(any("did not return a certificate" in one for one in reasons), f"{reasons}")


# ---- The wrong language ----


def plain_text_on_the_tls_port_is_told_and_closed(lab):
    name = 'tls_handshakes_total{side="listen",result="no-tls"}'
    before = lab.metric(name)
    with Session(lab.smpps, bind=False) as esme:
        esme.raw(BIND)
        check(esme.wait(lambda: esme.closed, 1), "not closed at once")
    lab.counted(name, before)
    check(any("no TLS" in one["reason"] for one in lab.log_lines("tls.failed")),
          "the log does not say so")


def tls_on_the_plain_port_is_told_and_closed(lab):
    before = lab.metric("smpp_tls_on_plain_total")
    try:
        lab.bind(lab.ports["smpp"], lab.client()).close()
        check(False, "it was spoken")
    except (ssl.SSLError, ConnectionError):
        pass
    lab.counted("smpp_tls_on_plain_total", before)
    check(any("TLS" in one["reason"] for one in lab.log_lines("session.broken")),
          "the log does not say so")


def who_does_not_finish_his_handshake_is_closed_in_time(lab):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = lab.client().wrap_bio(incoming, outgoing, server_hostname="sluice.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    rows = [("nothing", b""), ("one octet", hello[:1]), ("half", hello[:len(hello) // 2]),
            ("a whole hello", hello)]
    begin = time.monotonic()
    sockets = []
    for name, octets in rows:
        raw = socket.create_connection(("127.0.0.1", lab.smpps))
        raw.sendall(octets)
        raw.settimeout(BIND_WITHIN_S + 3)
        sockets.append((name, raw))
    took = []
    for name, raw in sockets:
        try:
            while raw.recv(65536):
                pass
        except ConnectionResetError:
            pass
        took.append(time.monotonic() - begin)
        raw.close()
        check(BIND_WITHIN_S - 0.2 < took[-1] < BIND_WITHIN_S + 1,
              f"{name}: closed after {took[-1]:.1f} s")


def a_crowd_of_handshakes_stops_nobody(lab):
    with Session(lab.ports["smpp"]) as calm:
        turns = loop_turns(lab)
        context, clients = lab.client(), []
        results = []

        def connect():
            for _ in range(25):
                with lab.bind(lab.smpps, context, "cascade", bind=False) as one:
                    results.append(one.socket.tls.version())

        clients = [threading.Thread(target=connect) for _ in range(8)]
        for one in clients:
            one.start()
        slowest = 0
        while any(one.is_alive() for one in clients):
            begin = time.monotonic()
            calm.response(calm.submit("79010000002"))
            slowest = max(slowest, time.monotonic() - begin)
        for one in clients:
            one.join()
        equal(len(results), 200, "handshakes")
        long = loop_turns(lab)["long"] - turns["long"]
    check(long == 0, f"{long} turns of the loop took longer than 20 ms")
    return f"slowest answer {slowest * 1000:.0f} ms"


def a_stopped_daemon_blames_nobody(lab):
    """What came meanwhile is heard before any time-out is looked at."""
    clients = [lab.bind(lab.smpps, lab.client(), answer_enquire=False) for _ in range(10)]
    for one in clients:
        check(one.wait(lambda: one.enquiries == 1, 3), "not asked")
    lab.sluiced.send_signal(signal.SIGSTOP)
    for one in clients:
        one.answer_enquire = True
        one.send(RESPONSE | ENQUIRE, b"", 0, 1)
    time.sleep(2)
    lab.sluiced.send_signal(signal.SIGCONT)
    for one in clients:
        check(one.wait(lambda: one.enquiries == 2, 3), "not asked again")
        check(not one.closed, "a bind was closed")
        one.unbind()


def loop_turns(lab):
    """Turns of the loop in all, and those of more than 20 ms of work."""
    page = lab.http("GET", "/metrics").body.decode()
    rows = re.findall(r'sluice_loop_turn_seconds_bucket\{le="([^"]+)"\} (\d+)', page)
    bounded = [int(count) for bound, count in rows
               if bound != "+Inf" and float(bound) <= 0.0201]
    return {"all": int(rows[-1][1]), "long": int(rows[-1][1]) - bounded[-1]}


# ---- Certificates ----


def served(lab, port):
    """The serial number of the certificate that is shown to a newcomer."""
    with socket.create_connection(("127.0.0.1", port)) as raw:
        tls = TlsSocket(lab.client(), raw)
        pem = ssl.DER_cert_to_PEM_cert(tls.tls.getpeercert(True))
    return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, text=True,
                          stdout=subprocess.PIPE).stdout


def hang_up(lab, event):
    before = len(lab.log_lines(event))
    lab.sluiced.send_signal(signal.SIGHUP)
    until(lambda: len(lab.log_lines(event)) > before, 5, f"no {event} in the log")
    return lab.log_lines(event)[-1]


def a_reload_changes_all_certificates_or_none_and_drops_nobody(lab):
    with lab.bind(lab.smpps, lab.client()) as esme, Session(lab.ports["smpp"]) as plain:
        first = served(lab, lab.smpps)
        good = {name: (lab.folder / name).read_bytes() for name in
                ("server.crt", "server.key", "authority.crt")}
        wrong = (
            ("server.crt", b"nonsense", r"server\.crt.*no start line"),
            ("server.key", (lab.folder / "other.key").read_bytes(), r"key.*mismatch"),
            ("server.crt", None, r"server\.crt.*No such file"),
            ("authority.crt", b"", r"authority\.crt"),
        )
        for file, content, reason in wrong:
            (lab.folder / file).unlink()
            if content is not None:
                (lab.folder / file).write_bytes(content)
            said = hang_up(lab, "tls.kept")["reason"]
            check(re.search(reason, said), f"{file}: the log says {said}")
            (lab.folder / file).write_bytes(good[file])
            equal(served(lab, lab.smpps), first, f"certificate after a wrong {file}")
        lab.authority.issue("server", "sluice.example", days=100)
        equal(served(lab, lab.smpps), first, "certificate before SIGHUP")
        hang_up(lab, "tls.reloaded")
        second = served(lab, lab.smpps)
        check(second != first, "the old certificate is shown still")
        equal(served(lab, lab.optional), second, "certificate of another listener")
        for name, one in (("TLS", esme), ("plain", plain)):
            check(not one.closed, f"the {name} bind was dropped")
            equal(one.receipt(one.submitted("79010000003")).stat, "DELIVRD", f"{name}: stat")
    equal(lab.metric("tls_reloads_total"), 1, "reloads")
    equal(lab.metric("tls_reloads_refused_total"), len(wrong), "reloads refused")


def binds_with(lab, certificate, account):
    try:
        with lab.bind(lab.listed, lab.client(certificate), account) as esme:
            return esme.bind_status == OK
    except (ssl.SSLError, OSError):
        return False


def a_revoked_certificate_is_refused_once_the_list_is_read(lab):
    def binds():
        return binds_with(lab, "acme", "acme"), binds_with(lab, "other", "sms")

    def failed():
        return lab.metric('tls_handshakes_total{side="listen",result="failed"}')

    equal(binds(), (True, True), "while nobody is revoked")
    with lab.bind(lab.listed, lab.client("acme"), "acme") as esme:
        lab.authority.list_revoked("clients", "acme")
        equal(binds(), (True, True), "before SIGHUP")
        hang_up(lab, "tls.reloaded")
        before = failed()
        equal(binds(), (False, True), "after it")
        lab.counted('tls_handshakes_total{side="listen",result="failed"}', before)
        until(lambda: any("certificate revoked" in one["reason"]
                          for one in lab.log_lines("tls.failed")), 5, "the log does not say so")
        check(not esme.closed, "who was there was dropped")
    good = (lab.folder / "clients.crl").read_bytes()
    lab.authority.list_revoked("clients", until="20260201000000Z")
    over = (lab.folder / "clients.crl").read_bytes()
    for content, reason in ((over, "the list of /CN=authority is over"),
                            (b"nonsense", "there is no list in it"),
                            (good[:200], "clients.crl': "), (None, "No such file")):
        (lab.folder / "clients.crl").unlink()
        if content is not None:
            (lab.folder / "clients.crl").write_bytes(content)
        said = hang_up(lab, "tls.kept")["reason"]
        check("listen 'listed': crl '" in said and "clients.crl" in said and reason in said,
              f"{reason}: the log says {said}")
        equal(binds(), (False, True), f"{reason}: the list that was read before")
    (lab.folder / "clients.crl").write_bytes(over)
    done = subprocess.run([str(BUILD / "sluiced"), "-t", "-c", str(lab.config_path)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(done.returncode, 1, f"the configuration test with that list ({done.stdout})")
    # One of another authority says nothing of ours: nobody can be told to be good.
    lab.stranger.list_revoked("clients")
    hang_up(lab, "tls.reloaded")
    equal(binds(), (False, False), "with the list of another authority")
    lab.authority.list_revoked("clients")
    hang_up(lab, "tls.reloaded")
    equal(binds(), (True, True), "when nobody is revoked any more")
    check(lab.metric('tls_crl_seconds{side="listen",name="listed"}') > 20 * 365 * 86400,
          "seconds that are left of the list")


def the_days_that_are_left_are_a_metric_and_a_warning(lab):
    seconds = lab.metric('tls_certificate_seconds{side="link",name="secure"}')
    check(9 * 86400 < seconds <= 10 * 86400, f"{seconds} seconds left")
    warned = [one for one in lab.log_lines("tls.expires") if one.get("link") == "secure"]
    check(warned and warned[0]["days"] in ("9", "10"), f"warnings: {warned}")


def the_configuration_test_looks_into_the_files(lab):
    text = lab.config_path.read_text()
    rows = (
        (text.replace('certificate = "server.crt"', 'certificate = "none.crt"', 1),
         r"\.conf:\d+: .*certificate '.*none\.crt' cannot be read: No such file"),
        (text.replace('key = "server.key"', 'key = "other.key"', 1),
         r"listen 'smpps': .*key.*mismatch"),
        (text.replace('client_ca = "authority.crt"', 'ca = "authority.crt"', 1),
         r"\.conf:\d+: .*ca is of links; a listener has client_ca"),
    )
    for wrong, sentence in rows:
        path = lab.folder / "wrong.conf"
        path.write_text(wrong)
        done = subprocess.run([str(BUILD / "sluiced"), "-t", "-c", str(path)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        equal(done.returncode, 1, f"status ({done.stdout})")
        check(re.search(sentence, done.stdout), f"it says {done.stdout!r}")
    done = subprocess.run([str(BUILD / "sluiced"), "-t", "-c", str(lab.config_path)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(done.returncode, 0, f"status of the good one ({done.stdout})")


# ---- The operator ----


class Operator:
    """TLS in front of the simulator, which wants a certificate of its client."""

    def __init__(self, lab):
        self.lab, self.names = lab, []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(lab.folder / "operator.crt", lab.folder / "operator.key")
        context.load_verify_locations(lab.authority.path)
        context.verify_mode = ssl.CERT_REQUIRED
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)
        self.server = None
        ready = threading.Event()

        async def serve():
            self.server = await asyncio.start_server(self._accept, "127.0.0.1",
                                                     lab.operator, ssl=context)
            ready.set()

        self.loop.create_task(serve())
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        check(ready.wait(5), "the operator does not listen")

    async def _accept(self, reader, writer):
        subject = writer.get_extra_info("peercert")["subject"]
        self.names.append(dict(pair[0] for pair in subject)["commonName"])
        back_reader, back_writer = await asyncio.open_connection(
            "127.0.0.1", self.lab.ports["smsc"])
        await asyncio.gather(self._pump(reader, back_writer),
                             self._pump(back_reader, writer), return_exceptions=True)

    @staticmethod
    async def _pump(reader, writer):
        try:
            while octets := await reader.read(65536):
                writer.write(octets)
                await writer.drain()
        finally:
            writer.close()


def a_link_binds_over_tls_and_trusts_no_other_name_or_authority(lab):
    operator = Operator(lab)
    until(lambda: any(one["link"] == "secure" for one in lab.log_lines("link.bound")), 10,
          lambda: "link secure does not bind:\n" + lab.log_tail())
    bound = next(one for one in lab.log_lines("link.bound") if one["link"] == "secure")
    equal(bound["tls"], "TLSv1.3", "version of the link")
    lab.wait_bound(5)
    for link in ("misnamed", "forged", "revoked", "nameless"):
        equal(lab.metric(f'link_binds{{channel="{link}"}}'), 0, f"binds of {link}")
    equal(set(operator.names), {"gateway.example"}, "names the operator saw")


def what_goes_over_such_a_link_comes_back_reported(lab):
    lab.config_path.write_text(lab.config_path.read_text().replace(
        'channels = {"smsc"}', 'channels = {"secure"}', 1) + (
        'price { side = "sell" channel = "secure" price = "0.05" }\n'
        'price { side = "buy" channel = "secure" price = "0.03" }\n'))
    lab.stop()
    lab.start()
    until(lambda: lab.metric('link_binds{channel="secure"}') == 1, 10, "it does not bind")
    for link, reason in (("misnamed", "certificate refused: hostname mismatch"),
                         ("forged", "certificate refused: self-signed certificate in"),
                         ("revoked", "certificate refused: certificate revoked")):
        until(lambda: any(reason in one["error"] for one in lab.log_lines("link.closed")
                          if one["link"] == link), 5, f"{link}: no {reason!r} in the log")
    with lab.bind(lab.smpps, lab.client()) as esme:
        ids = [esme.submitted(f"7901300{i:04}") for i in range(100)]
        for message_id in ids:
            equal(esme.receipt(message_id).stat, "DELIVRD", "stat")
    lab.verify()
    lab.stop()


def at_once(lab):
    """None of these has more receipts than its own bind takes at once."""
    good = run_together([
        versions_1_2_and_1_3_are_spoken_and_older_ones_are_not,
        openssl_s_client_hears_its_bind_answered,
        who_does_not_finish_his_handshake_is_closed_in_time,
        the_configuration_test_looks_into_the_files], lab)
    check(good, "see above")


if __name__ == "__main__":
    scenario(90, TlsLab, at_once,
             a_thousand_submits_in_one_write_are_all_answered,
             a_client_that_is_read_slowly_gets_all_of_it,
             a_certificate_of_ours_is_required_where_it_is_said,
             plain_text_on_the_tls_port_is_told_and_closed,
             tls_on_the_plain_port_is_told_and_closed,
             a_crowd_of_handshakes_stops_nobody,
             a_stopped_daemon_blames_nobody,
             the_days_that_are_left_are_a_metric_and_a_warning,
             a_reload_changes_all_certificates_or_none_and_drops_nobody,
             a_revoked_certificate_is_refused_once_the_list_is_read,
             a_link_binds_over_tls_and_trusts_no_other_name_or_authority,
             what_goes_over_such_a_link_comes_back_reported)
