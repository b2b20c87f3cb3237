#!/usr/bin/env python3
"""Wireshark's decoder reads all that passes on both sides of sluiced, and finds nothing
malformed in what sluiced sent.
"""

import signal
import subprocess
import time

from collections import Counter

from strangers import program

from lab import Lab, check, equal, scenario, until
from smpp_client import QUERY, Session, relative_time, sar, udh8, udh16

SMSC = "rule=790*0042:undelivered+err:042,rule=790*0058:throttled,rule=790*0011:0x0B,format=all"


class Captured(Lab):
    """A lab whose traffic is written to a file from before the first bind."""

    def __init__(self):
        super().__init__(smsc=SMSC, start=False)

    def __enter__(self):
        tshark = program("tshark", "tshark")
        super().__enter__()
        self.tshark = tshark
        self.capture = self.folder / "traffic.pcap"
        log = open(self.folder / "tshark.log", "ab")
        self.capturing = subprocess.Popen(
            [tshark, "-q", "-i", "lo", "-B", "64", "-w", str(self.capture), "-f",
             f"tcp port {self.ports['smpp']} or tcp port {self.ports['smsc']}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.others.append(self.capturing)
        try:
            until(lambda: self.capturing.poll() is not None or
                  b"Capturing on" in (self.folder / "tshark.log").read_bytes(), 10,
                  "tshark does not start")
            check(self.capturing.poll() is None, "tshark cannot capture on lo: "
                  + (self.folder / "tshark.log").read_text())
            time.sleep(1)  # from its word to its first packet nothing tells
            self.start()
            self.start_sim()
            self.wait_bound()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def read(self, *arguments):
        """What tshark prints of the capture, with both ports decoded as SMPP."""
        done = subprocess.run(
            [self.tshark, "-r", str(self.capture), "-2",
             "-d", f"tcp.port=={self.ports['smpp']},smpp",
             "-d", f"tcp.port=={self.ports['smsc']},smpp", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        equal(done.returncode, 0, f"status of tshark ({done.stderr})")
        return done.stdout


def traffic_of_every_kind_passes(lab):
    lab.bench("-n", 1000, "-b", 2, "-w", 64, "--expect-stat", "DELIVRD", "-d", "79161######")
    lab.bench("-n", 60, "--account", "cascade", "--expect-stat", "DELIVRD", "-d",
              "7916200####")
    with Session(lab.ports["smpp"]) as esme:
        ids = [esme.submitted("79030000042"), esme.submitted("79030000011"),
               esme.submitted("79030000058", validity=relative_time(2)),
               esme.submitted("79030000001", "Привет".encode("utf-16-be"), data_coding=8),
               esme.submitted("79030000002", bytes(140), data_coding=4)]
        for number in (1, 2):
            ids += [esme.submitted("79030000003", b"8", udh=udh8(1, 2, number)),
                    esme.submitted("79030000004", b"16", udh=udh16(1, 2, number)),
                    esme.submitted("79030000005", b"sar", tlvs=sar(1, 2, number))]
        lab.send("sms", "79030000006", "long " * 100)
        for message_id in ids:
            esme.receipt(message_id, 15)
        esme.response(esme.send(QUERY, ids[0].encode() + b"\0\5\0Shop\0"))
        esme.response(esme.submit(""))
        esme.response(esme.send(0x15))
        esme.response(esme.send(0x00000FFF))
        esme.unbind()
    with Session(lab.ports["smpp"], password="wrong"):
        pass
    with Session(lab.ports["smpp"], version=0x33) as old:
        old.submitted("79030000007")
        check(old.wait(lambda: old.receipts, 5), "no receipt for the client of version 3.3")
    lab.stop()
    time.sleep(0.5)
    lab.capturing.send_signal(signal.SIGINT)
    lab.capturing.wait(10)


def it_is_decoded_without_one_malformed_frame(lab):
    """Only what sluiced sent is judged."""
    ours = f"(tcp.srcport == {lab.ports['smpp']} || tcp.dstport == {lab.ports['smsc']})"
    bad = lab.read("-Y", f"{ours} && (_ws.malformed || _ws.unreassembled ||"
                   " (smpp && _ws.expert.severity >= 0x00600000))", "-V")
    equal(bad[:3000], "", "frames that are malformed or of which Wireshark warns")
    commands = Counter(
        int(one, 0) for line in lab.read("-Y", f"{ours} && smpp", "-T", "fields", "-e",
                                         "smpp.command_id").splitlines()
        for one in line.split(",") if one)
    wanted = {0x80000009: 5, 0x80000004: 1070, 0x00000005: 1070, 0x00000004: 1010,
              0x00000009: 4, 0x80000005: 1010, 0x80000015: 1, 0x80000006: 1, 0x80000000: 1,
              0x80000003: 1}
    for command, least in wanted.items():
        check(commands[command] >= least,
              f"only {commands[command]} PDUs 0x{command:08x} were seen, not {least}")
    return f"{sum(commands.values())} PDUs of {len(commands)} kinds"


if __name__ == "__main__":
    scenario(80, Captured, traffic_of_every_kind_passes,
             it_is_decoded_without_one_malformed_frame)
