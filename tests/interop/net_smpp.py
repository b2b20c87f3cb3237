#!/usr/bin/env python3
"""Net::SMPP, of Perl, as the ESME: it binds, submits, takes receipts and unbinds."""

import subprocess

from strangers import HERE, program

from lab import Lab, check, equal, scenario

MESSAGES = 300


def run(script, *arguments):
    perl = program("perl", "perl")
    there = subprocess.run([perl, "-MNet::SMPP", "-e", "1"], stderr=subprocess.PIPE, text=True)
    check(there.returncode == 0, "Net::SMPP is not there: install libnet-smpp-perl")
    return subprocess.run([perl, str(HERE / script), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=50)


def it_submits_and_takes_its_receipts(lab):
    done = run("net_smpp.pl", lab.ports["smpp"], MESSAGES)
    equal((done.returncode, done.stdout),
          (0, f"accepted {MESSAGES} receipts {MESSAGES} delivered {MESSAGES}\n"),
          "status and words of net_smpp.pl")
    equal(lab.sim_stats("smsc")["taken"], MESSAGES, "SMS at the operator")
    lab.nothing_held("sms")
    lab.verify()
    return f"{MESSAGES} messages"


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
    done = run("net_smpp_operations.pl", lab.ports["smpp"])
    equal((done.returncode, done.stdout), (0, OPERATIONS), "status and words of the script")
    lab.nothing_held("sms")
    lab.verify()


if __name__ == "__main__":
    scenario(60, Lab, it_submits_and_takes_its_receipts, it_asks_changes_and_cancels)
