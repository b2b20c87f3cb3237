#!/usr/bin/env python3
"""Net::SMPP, of Perl, as the ESME: it binds, submits, takes receipts and unbinds."""

import subprocess

from strangers import HERE, program

from lab import Lab, check, equal, scenario

MESSAGES = 300


def it_submits_and_takes_its_receipts(lab):
    perl = program("perl", "perl")
    there = subprocess.run([perl, "-MNet::SMPP", "-e", "1"], stderr=subprocess.PIPE, text=True)
    check(there.returncode == 0, "Net::SMPP is not there: install libnet-smpp-perl")
    done = subprocess.run([perl, str(HERE / "net_smpp.pl"), str(lab.ports["smpp"]),
                           str(MESSAGES)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=50)
    equal((done.returncode, done.stdout),
          (0, f"accepted {MESSAGES} receipts {MESSAGES} delivered {MESSAGES}\n"),
          "status and words of net_smpp.pl")
    equal(lab.sim_stats("smsc")["taken"], MESSAGES, "SMS at the operator")
    lab.nothing_held("sms")
    lab.verify()
    return f"{MESSAGES} messages"


if __name__ == "__main__":
    scenario(60, Lab, it_submits_and_takes_its_receipts)
