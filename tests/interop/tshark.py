#!/usr/bin/env python3
"""Wireshark's decoder reads all that passes on both sides of sluiced, and finds nothing
malformed in what sluiced sent.
"""

import strangers  # noqa: F401, where the next ones are

from capture import Capture
from lab import Lab, check, scenario
from smpp_client import QUERY, Session, relative_time, sar, udh8, udh16

SMSC = "rule=790*0042:undelivered+err:042,rule=790*0058:throttled,rule=790*0011:0x0B,format=all"


class Captured(Lab):
    """A lab whose traffic is written to a file from before the first bind."""

    def __init__(self):
        super().__init__(smsc=SMSC, start=False)

    def __enter__(self):
        super().__enter__()
        try:
            self.capture = Capture(self)
            self.start()
            self.start_sim()
            self.wait_bound()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self


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
    lab.capture.end()


def it_is_decoded_without_one_malformed_frame(lab):
    """Only what sluiced sent is judged."""
    ours = lab.capture.ours()
    lab.capture.nothing_is_malformed(ours)
    commands = lab.capture.commands(ours)
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
