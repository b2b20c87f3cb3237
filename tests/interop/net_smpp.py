#!/usr/bin/env python3
"""Net::SMPP, of Perl, as the ESME: it binds, submits, takes receipts and unbinds, while the
lines break and sluiced is killed.
"""

import re
import subprocess

from strangers import (HERE, Stranger, program, whole_text,
                       wireshark_finds_nothing_malformed)

from lab import check, equal, scenario, until

MESSAGES = 1000
LONG = ("abcdefghijklmnopqrstuvwxyz" * 20)[:400]


def start(lab, script, *arguments):
    perl = program("perl", "perl")
    there = subprocess.run([perl, "-MNet::SMPP", "-e", "1"], stderr=subprocess.PIPE, text=True)
    check(there.returncode == 0, "Net::SMPP is not there: install libnet-smpp-perl")
    process = subprocess.Popen([perl, str(HERE / script), *map(str, arguments)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    lab.others.append(process)
    return process


def end(process):
    """(status, what it said)"""
    said, _ = process.communicate(timeout=50)
    return process.returncode, said


def it_submits_and_takes_its_receipts_though_everything_breaks(lab):
    process = start(lab, "net_smpp.pl", lab.relay.port, MESSAGES)
    equal(process.stdout.readline(), "bound\n", "first line of net_smpp.pl")
    for share, break_it in enumerate((lab.relay.cut, lab.restart, lab.operator.cut), 1):
        until(lambda: len(lab.operator.taken()) >= MESSAGES * share / 5, 10,
              lambda: f"{len(lab.operator.taken())} are at the operator")
        break_it()
    status, said = end(process)
    all_of_them = MESSAGES + 7
    # In front of it Net::SMPP says of each broken line that it broke.
    found = re.search(rf"accepted {all_of_them} receipts {all_of_them} delivered "
                         rf"{all_of_them} (binds (\d+) again \d+)\n$", said)
    check(status == 0 and found and int(found[2]) >= 3, f"status {status}: {said}")
    got = {one["text"] for one in lab.operator.taken() if one["to"] < "79055000000"}
    equal(got, {f"from perl {number}" for number in range(MESSAGES)}, "texts")
    lab.nothing_held("sms")
    lab.verify()
    return found[1]


def long_ones_arrive_whole(lab):
    sent = {to: [one for one in lab.operator.taken() if one["to"] == to]
            for to in ("79055000001", "79055000002", "79055000003")}
    # Element 0, three octets: reference, total, number (3GPP TS 23.040, 9.2.3.24.1).
    for to in ("79055000001", "79055000003"):
        equal({(one["udh"][:4], one["udh"][6:8]) for one in sent[to]}, {("0003", "03")},
              f"header for {to}")
        equal(whole_text([(int(one["udh"][8:], 16), one["text"]) for one in sent[to]]), LONG,
              f"text for {to}")
    equal({tuple(one["sar"][:2]) for one in sent["79055000002"]}, {(777, 3)},
          "SAR parameters")
    equal(whole_text([(one["sar"][2], one["text"]) for one in sent["79055000002"]]), LONG,
          "text of the SAR parts")


OPERATIONS = """\
query_sm: state 1 error 0
replace_sm: status 0
cancel_sm: status 0
query_sm: state 4 error 0 with a date
submit_multi: status 0, 1 refused: nobody with 0xb
query_sm: state 1 error 0
cancel_sm: status 0
query_sm: state 4 error 0 with a date
query_sm: status 12
"""


def it_asks_changes_and_cancels(lab):
    equal(end(start(lab, "net_smpp_operations.pl", lab.ports["smpp"])), (0, OPERATIONS),
          "status and words of the script")
    lab.nothing_held("sms")
    lab.verify()


if __name__ == "__main__":
    scenario(60, Stranger, it_submits_and_takes_its_receipts_though_everything_breaks,
             long_ones_arrive_whole, it_asks_changes_and_cancels,
             wireshark_finds_nothing_malformed)
