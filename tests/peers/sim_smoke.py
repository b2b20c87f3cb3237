#!/usr/bin/env python3
"""sluice-sim as a user meets it: real sockets, octets written here by hand.

SLUICE_BUILD names the folder with the programs (default: the current one).
"""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

PROGRAM = os.path.join(os.environ.get("SLUICE_BUILD", "."), "sluice-sim")

BIND_TRANSCEIVER, SUBMIT, DELIVER, UNBIND, ENQUIRE = 0x9, 0x4, 0x5, 0x6, 0x15
RESPONSE = 0x80000000


class Sim:
    """One sluice-sim with its log and its statistics."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        self.log_path = os.path.join(self.folder.name, "log")
        self.stats_path = os.path.join(self.folder.name, "stats")
        self.process = subprocess.Popen(
            [PROGRAM, "--log", self.log_path, "--stats", self.stats_path, *arguments],
            stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().split()
        assert ready and ready[0] == "ready", ready
        self.ports = {k: int(v) for k, v in (word.split("=") for word in ready[1:])}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.folder.cleanup()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(10)
        self.process.stdout.close()
        assert status == 0, status
        with open(self.stats_path) as file:
            return {role["name"]: role for role in json.load(file)["roles"]}

    def events(self, name):
        """Of the whole log: the end of it is written when the program ends."""
        if self.process.poll() is None:
            self.stop()
        with open(self.log_path) as file:
            lines = [line.split() for line in file]
        return [dict(word.split("=", 1) for word in line[1:])
                for line in lines if line[0] == name]


class Esme:
    """A client that knows no more than the octets of the PDUs below."""

    def __init__(self, port, password=b"sluice", command=BIND_TRANSCEIVER, version=0x34):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(5)
        self.sequence = 0
        self.send(command, b"sluice\0" + password + b"\0\0" + bytes([version]) + b"\0\0\0")
        _, self.bind_status, _, self.bind_body = self.receive()

    def close(self):
        self.socket.close()

    def send(self, command, body=b"", status=0, sequence=None):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.socket.sendall(
            struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)
        return sequence

    def octets(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def receive(self):
        length, command, status, sequence = struct.unpack(">IIII", self.octets(16))
        return command, status, sequence, self.octets(length - 16)

    def submit(self, to, text=b"hello", registered=1, source=b"Shop"):
        body = (b"\0" + b"\5\0" + source + b"\0" + b"\1\1" + to + b"\0"
                + b"\0\0\0" + b"\0" + b"\0" + bytes([registered]) + b"\0\0\0"
                + bytes([len(text)]) + text)
        return self.send(SUBMIT, body)

    def acknowledge(self, sequence, status=0):
        self.send(DELIVER | RESPONSE, b"\0", status, sequence)


def read_deliver(body):
    """The fields of a deliver_sm that the tests look at."""
    fields = {}
    _, body = body.split(b"\0", 1)
    fields["source"], body = body[2:].split(b"\0", 1)
    fields["destination"], body = body[2:].split(b"\0", 1)
    fields["esm_class"] = body[0]
    fields["data_coding"] = body[7]  # two times of one NUL each lie before
    length = body[9]
    fields["text"] = body[10:10 + length]
    body = body[10 + length:]
    fields["tlvs"] = {}
    while body:
        tag, size = struct.unpack(">HH", body[:4])
        fields["tlvs"][tag] = body[4:4 + size]
        body = body[4 + size:]
    return fields


class Smsc(unittest.TestCase):
    def test_a_submit_is_answered_and_then_reported(self):
        with Sim("--smsc", "port=0,system_id=sluice,password=sluice") as sim:
            esme = Esme(sim.ports["smsc"])
            self.assertEqual(esme.bind_status, 0)
            self.assertTrue(esme.bind_body.endswith(b"\x02\x10\x00\x01\x34"))
            sequence = esme.submit(b"79035550142")
            command, status, answered, body = esme.receive()
            self.assertEqual((command, status, answered), (SUBMIT | RESPONSE, 0, sequence))
            command, status, report, body_2 = esme.receive()
            self.assertEqual((command, status), (DELIVER, 0))
            fields = read_deliver(body_2)
            message_id = body.rstrip(b"\0")
            self.assertEqual(fields["source"], b"79035550142")
            self.assertEqual(fields["destination"], b"Shop")
            self.assertEqual(fields["esm_class"], 4)
            self.assertTrue(fields["text"].startswith(
                b"id:" + message_id + b" sub:001 dlvrd:001 submit date:"))
            self.assertTrue(fields["text"].endswith(b" stat:DELIVRD err:000 text:hello"))
            self.assertEqual(fields["tlvs"], {0x001E: message_id + b"\0", 0x0427: b"\2"})
            esme.acknowledge(report)
            esme.send(UNBIND)
            self.assertEqual(esme.receive()[0], UNBIND | RESPONSE)
            esme.close()
            stats = sim.stop()["smsc"]
            self.assertEqual(
                [stats[k] for k in ("binds", "submits", "taken", "distinct", "duplicates",
                                    "answers", "reports", "reports_acknowledged", "pending")],
                [1, 1, 1, 1, 0, 1, 1, 1, 0])
            submit, = sim.events("submit")
            self.assertEqual(submit["id"].encode(), message_id)
            self.assertEqual(bytes.fromhex(submit["text"]), b"hello")

    def test_a_wrong_password_is_refused_and_the_link_closed(self):
        with Sim("--smsc", "port=0,system_id=sluice,password=sluice") as sim:
            esme = Esme(sim.ports["smsc"], password=b"wrong")
            self.assertEqual(esme.bind_status, 0x0E)
            with self.assertRaises(EOFError):
                esme.receive()
            esme.close()

    def test_each_number_is_treated_by_its_rule(self):
        rules = ("rule=*0001:undelivered,rule=*0002:0x58,rule=*0003:never,"
                 "rule=*0004:early,rule=*0005:undelivered+then-delivered,rule=*0006:swallow,"
                 "rule=*0007:drop,gap=10,early=50")
        with Sim("--smsc", "port=0," + rules) as sim:
            esme = Esme(sim.ports["smsc"])

            def exchange(number, count):
                esme.submit(number)
                got = []
                for _ in range(count):
                    command, status, sequence, body = esme.receive()
                    if command == DELIVER:
                        esme.acknowledge(sequence)
                        text = read_deliver(body)["text"]
                        got.append(text.split(b"stat:")[1][:7])
                    else:
                        got.append(status)
                return got

            self.assertEqual(exchange(b"70000000001", 2), [0, b"UNDELIV"])
            self.assertEqual(exchange(b"70000000002", 1), [0x58])
            self.assertEqual(exchange(b"70000000003", 1), [0])
            self.assertEqual(exchange(b"70000000004", 2), [b"DELIVRD", 0])
            self.assertEqual(exchange(b"70000000005", 3), [0, b"UNDELIV", b"DELIVRD"])
            self.assertEqual(exchange(b"70000000006", 1), [b"DELIVRD"])
            with self.assertRaises(EOFError):
                exchange(b"70000000007", 1)
            esme.close()
            again = Esme(sim.ports["smsc"])
            command, _, sequence, _ = again.receive()
            self.assertEqual(command, DELIVER)
            again.acknowledge(sequence)
            again.send(ENQUIRE)
            self.assertEqual(again.receive()[0], ENQUIRE | RESPONSE)
            again.close()
            stats = sim.stop()["smsc"]
            self.assertEqual((stats["taken"], stats["scripted_refusals"], stats["pending"]),
                             (6, 1, 0))

    def test_a_report_comes_again_until_it_is_acknowledged(self):
        with Sim("--smsc", "port=0,report_retry=100") as sim:
            esme = Esme(sim.ports["smsc"])
            esme.submit(b"79035550142")
            esme.receive()
            texts = []
            for _ in range(2):
                command, _, sequence, body = esme.receive()
                self.assertEqual(command, DELIVER)
                texts.append(body)
            # Each tells when it was made, which may be another minute.
            self.assertEqual(*(re.sub(rb"date:\d+", b"date:", text) for text in texts))
            esme.close()
            esme = Esme(sim.ports["smsc"])
            command, _, sequence, body = esme.receive()
            self.assertEqual((command, body), (DELIVER, texts[0]))
            esme.acknowledge(sequence)
            time.sleep(0.3)
            esme.close()
            stats = sim.stop()["smsc"]
            self.assertGreaterEqual(stats["reports_retried"], 2)
            self.assertEqual((stats["reports"], stats["reports_acknowledged"]), (1, 1))

    def test_every_format_and_form_of_id_can_be_had(self):
        with Sim("--smsc", "port=0,format=all,ids=hex-decimal") as sim:
            esme = Esme(sim.ports["smsc"])
            seen = set()
            for i in range(19):
                esme.submit(b"79035550142", b"text %d" % i)
                message_id = int(esme.receive()[3].rstrip(b"\0"), 16)
                _, _, sequence, body = esme.receive()
                esme.acknowledge(sequence)
                fields = read_deliver(body)
                if fields["data_coding"] == 8:
                    fields["text"] = fields["text"].decode("utf-16-be").encode()
                text = fields["tlvs"].get(0x0424, fields["text"])
                self.assertEqual(int(fields["tlvs"][0x001E].rstrip(b"\0"), 16), message_id)
                if b"id:" in text:
                    self.assertIn(b"%d" % message_id, text)
                seen.add(text.split(b"%d" % message_id)[-1])
            esme.close()
            self.assertEqual(len({e["format"] for e in sim.events("report")}), 19)

    def test_above_its_rate_and_its_window_a_submit_is_refused(self):
        with Sim("--smsc", "port=0,tps=5", "--smsc",
                 "port=0,name=slow,window=3,over_window=0x14,answer_delay=200") as sim:
            for name, good, bad in (("smsc", 5, 0x58), ("slow", 3, 0x14)):
                esme = Esme(sim.ports[name])
                for _ in range(8):
                    esme.submit(b"79035550142", registered=0)
                statuses = [esme.receive()[1] for _ in range(8)]
                self.assertEqual(sorted(statuses), good * [0] + (8 - good) * [bad], name)
                esme.close()
            stats = sim.stop()
            self.assertEqual((stats["smsc"]["throttled"], stats["slow"]["over_window"],
                              stats["slow"]["outstanding_max"]), (3, 5, 3))

    def test_every_nth_submit_ends_the_link_after_its_answer(self):
        with Sim("--smsc", "port=0,every=3:drop-after") as sim:
            esme = Esme(sim.ports["smsc"])
            for _ in range(5):
                esme.submit(b"79035550142", registered=0)
            self.assertEqual([esme.receive()[1] for _ in range(3)], [0, 0, 0])
            with self.assertRaises(EOFError):
                esme.receive()
            esme.close()
            self.assertEqual(sim.stop()["smsc"]["taken"], 3)

    def test_registered_delivery_says_which_reports_are_wanted(self):
        with Sim("--smsc", "port=0,rule=*1:undelivered") as sim:
            esme = Esme(sim.ports["smsc"])
            reports = 0
            for registered, number in ((0, b"71"), (0, b"72"), (2, b"72"), (3, b"71"),
                                       (1, b"71"), (1, b"72"), (2, b"71"), (3, b"72")):
                esme.submit(number, registered=registered)
            for _ in range(12):
                command, _, sequence, _ = esme.receive()
                if command == DELIVER:
                    reports += 1
                    esme.acknowledge(sequence)
            self.assertEqual(reports, 4)
            esme.close()
            self.assertEqual(sim.stop()["smsc"]["reports"], 4)

    def test_an_old_client_gets_short_ids_and_no_optional_parameters(self):
        with Sim("--smsc", "port=0,ids=uuid") as sim:
            esme = Esme(sim.ports["smsc"], version=0x33)
            self.assertEqual(esme.bind_body, b"sluice-sim\0")
            esme.submit(b"79035550142")
            message_id = esme.receive()[3].rstrip(b"\0")
            # SMPP 3.3: hexadecimal, of at most eight digits; zeros before it are not written.
            self.assertRegex(message_id, rb"^[1-9A-Fa-f][0-9A-Fa-f]{0,7}$")
            fields = read_deliver(esme.receive()[3])
            self.assertTrue(fields["text"].startswith(b"id:" + message_id + b" "))
            self.assertEqual(fields["tlvs"], {})
            esme.close()

    def test_a_broken_frame_is_refused_and_the_link_closed(self):
        with Sim("--smsc", "port=0") as sim:
            for octets in (b"\0\0\0\x0f" + 12 * b"\0", b"\x7f\xff\xff\xff" + 12 * b"\0",
                           b"GET / HTTP/1.1\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", sim.ports["smsc"]), 5) as peer:
                    peer.sendall(octets)
                    peer.settimeout(5)
                    nack = peer.recv(100)
                    self.assertEqual(nack[:12], struct.pack(">III", 16, 0x80000000, 2))
                    self.assertEqual(peer.recv(100), b"")

    def test_the_control_door_sends_a_subscribers_message(self):
        with Sim("--smsc", "port=0", "--control", "port=0") as sim:
            esme = Esme(sim.ports["smsc"])
            door = http.client.HTTPConnection("127.0.0.1", sim.ports["control"], timeout=5)
            door.request("POST", "/message?from=79035550142&to=1234&text=STOP%20it")
            self.assertEqual(door.getresponse().read(), b"")
            command, _, sequence, body = esme.receive()
            fields = read_deliver(body)
            self.assertEqual((command, fields["source"], fields["text"], fields["esm_class"]),
                             (DELIVER, b"79035550142", b"STOP it", 0))
            esme.acknowledge(sequence)
            door.request("GET", "/stats")
            stats = json.load(door.getresponse())["roles"][0]
            self.assertEqual(stats["messages"], 1)
            door.request("POST", "/drop")
            self.assertEqual(door.getresponse().status, 200)
            with self.assertRaises(EOFError):
                esme.receive()
            esme.close()
            door.close()


    def test_subscribers_write_long_texts_at_a_rate(self):
        text = "".join(chr(ord("a") + i % 26) for i in range(200)).encode()
        description = "port=0,mo_rate=50,mo_count=2,mo_to=1234,mo_text=" + text.decode()
        for cut, head in (("udh8", 6), ("udh16", 7), ("sar", 0), ("payload", 0)):
            with Sim("--smsc", f"{description},mo_cut={cut}") as sim:
                esme = Esme(sim.ports["smsc"])
                whole = {}
                while sum(map(len, whole.values())) < 2 * len(text):
                    command, _, sequence, body = esme.receive()
                    fields = read_deliver(body)
                    self.assertEqual(fields["esm_class"], 0x40 if head else 0)
                    octets = fields["tlvs"].get(0x0424, fields["text"])
                    self.assertLessEqual(len(octets), 200 if cut == "payload" else 160)
                    writer = fields["source"]
                    whole[writer] = whole.get(writer, b"") + octets[head:]
                    esme.acknowledge(sequence)
                self.assertEqual(whole, {b"79160000000": text, b"79160000001": text})
                esme.close()


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = hmac.compare_digest(
            self.headers["X-Signature"],
            "sha256=" + hmac.new(b"lab-hook", body, hashlib.sha256).hexdigest())
        self.server.got.append((good, json.loads(body)))
        # The first one is refused, so that it has to come again.
        self.send_response(200 if good and len(self.server.got) > 1 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Messenger(unittest.TestCase):
    def setUp(self):
        self.hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
        self.hooks.got = []
        threading.Thread(target=self.hooks.serve_forever, daemon=True).start()

    def tearDown(self):
        self.hooks.shutdown()
        self.hooks.server_close()

    def sim(self, more=""):
        port = self.hooks.server_address[1]
        return Sim("--messenger", "port=0,profile=lab,key=lab-hook,token=lab,callback="
                   "http://127.0.0.1:%d/v1/hooks/messenger%s" % (port, more))

    def post(self, sim, to, ref="r1", token="lab"):
        client = http.client.HTTPConnection("127.0.0.1", sim.ports["messenger"], timeout=1)
        try:
            client.request("POST", "/send",
                           json.dumps({"to": to, "text": "Привет", "ref": ref, "ttl": 2}),
                           {"Authorization": "Bearer " + token})
            answer = client.getresponse()
            return answer.status, answer.getheader("Retry-After"), json.load(answer)
        finally:
            client.close()

    def wait_for_hooks(self, count):
        deadline = time.monotonic() + 5
        while len(self.hooks.got) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.hooks.got

    def test_a_post_is_answered_and_reported_until_it_is_heard(self):
        with self.sim() as sim:
            status, _, body = self.post(sim, "79035550142")
            self.assertEqual(status, 200)
            first, second = self.wait_for_hooks(2)
            self.assertEqual(first, second)
            self.assertEqual(second, (True, {"id": body["id"], "ref": "r1",
                                             "status": "delivered", "reason": ""}))
            self.post(sim, "79035550142")
            self.wait_for_hooks(3)
            time.sleep(0.5)
            stats = sim.stop()["messenger"]
            self.assertEqual((stats["posts"], stats["accepted"], stats["duplicate_refs"],
                              stats["callbacks"], stats["callbacks_retried"]),
                             (2, 2, 1, 2, 1))
            self.assertEqual(bytes.fromhex(sim.events("post")[0]["text"]).decode(), "Привет")

    def test_the_last_four_digits_choose_the_outcome(self):
        with self.sim(",early=50") as sim:
            self.hooks.got.append(None)
            self.assertEqual(self.post(sim, "79035559903")[0], 404)
            self.assertEqual(self.post(sim, "79035559905")[:2], (429, "1"))
            self.assertEqual(self.post(sim, "79035559908")[0], 500)
            self.assertEqual(self.post(sim, "79035559913")[::2], (200, {}))
            self.assertEqual(self.post(sim, "79035550142", token="no")[0], 401)
            with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
                self.post(sim, "79035559910")
            with self.assertRaises(TimeoutError):
                self.post(sim, "79035559909")
            self.assertEqual(len(self.hooks.got), 1)
            self.assertEqual(self.post(sim, "79035559901")[0], 200)
            self.assertEqual(self.wait_for_hooks(2)[-1][1]["status"], "failed")
            self.assertEqual(self.post(sim, "79035559911")[0], 200)
            self.assertEqual(len(self.hooks.got), 3)


class Sink(unittest.TestCase):
    def test_what_it_gets_is_logged_and_the_first_is_refused(self):
        with Sim("--sink", "port=0,refuse_first=1") as sim:
            client = http.client.HTTPConnection("127.0.0.1", sim.ports["sink"], timeout=5)
            statuses = []
            for _ in range(2):
                client.request("POST", "/hook?a=1", b'{"x": 1}', {"Webhook-Id": "w 1"})
                answer = client.getresponse()
                answer.read()
                statuses.append(answer.status)
            client.close()
            self.assertEqual(statuses, [503, 200])
            hooks = sim.events("hook")
            self.assertEqual([hook["http"] for hook in hooks], ["503", "200"])
            self.assertEqual(urllib.parse.unquote(hooks[0]["body"]), '{"x": 1}')
            self.assertEqual(urllib.parse.unquote(hooks[0]["header.Webhook-Id"]), "w 1")
            self.assertEqual(sim.stop()["sink"]["duplicates"], 1)


class CommandLine(unittest.TestCase):
    def test_roles_may_come_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# two operators\nsmsc port=0,name=one\n\nsmsc port=0,name=two,\n")
            file.flush()
            with Sim("--config", file.name) as sim:
                self.assertEqual(sorted(sim.ports), ["one", "two"])


    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                              timeout=10)

    def test_help_names_every_role(self):
        got = self.run_program("--help")
        self.assertEqual(got.returncode, 0)
        for word in ("--smsc", "--messenger", "--sink", "report_delay", "then-delivered"):
            self.assertIn(word, got.stdout)

    def test_what_is_wrong_is_said_and_ends_with_one(self):
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        rows = (
            ((), "no role"),
            (("--smsc", "prot=1"), "no key 'prot'"),
            (("--smsc", "port=70000"), "65535"),
            (("--smsc", "port=0,rule=*1:nonsense"), "'nonsense' is no word"),
            (("--smsc", "port=0,format=fancy"), "no such format"),
            (("--smsc", "port=%d" % taken.getsockname()[1]), "in use"),
            (("--messenger", "port=0,callback=ftp://x"), "http://HOST"),
            (("--messenger", "port=0,default=999"), "'999'"),
            (("--sink", "port=0,status=abc"), "number"),
            (("--config", "/nonexistent"), "/nonexistent"),
            (("--nonsense",), "nonsense"),
        )
        for arguments, sentence in rows:
            with self.subTest(arguments=arguments):
                got = self.run_program(*arguments)
                self.assertEqual(got.returncode, 1)
                self.assertIn(sentence, got.stderr)
        taken.close()


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        sys.exit("%s is not there; SLUICE_BUILD names its folder" % PROGRAM)
    unittest.main()
