#!/usr/bin/env python3
"""The `sluice` command, as an operator uses it against a gateway that runs."""

import json
import os
import re
import sqlite3
import subprocess

from lab import BUILD, TOKEN, Lab, check, equal, scenario


def sluice(lab, *arguments, status=0, stdin=None, environment=None, local=True):
    """Its standard output; it must end with `status`."""
    variables = {key: value for key, value in os.environ.items()
                 if not key.startswith("SLUICE_")}
    if local:
        variables["SLUICE_STATE_DIR"] = str(lab.state)
    variables.update(environment or {})
    done = subprocess.run([str(BUILD / "sluice"), *map(str, arguments)], input=stdin or "",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables,
                          text=True, timeout=20)
    equal(done.returncode, status, f"status of sluice {' '.join(map(str, arguments))} "
          f"({done.stdout}{done.stderr})")
    return done.stdout if status == 0 else done.stdout + done.stderr


def a_message_is_sent_and_its_story_told(lab):
    said = sluice(lab, "send", "-a", "cascade", "-f", "Shop", "-r", "+79030009901", "Hello")
    found = re.match(r"(\d+) ", said)
    check(found, f"no id in {said!r}")
    check("0.060000" in said, f"what is held is not in {said!r}")
    equal(lab.ended(found.group(1))["end"], "delivered", "end")
    story = sluice(lab, "trace", found.group(1))
    for word in ("messenger", "sms", "delivered", "charged 0.050000"):
        check(word in story, f"{word!r} is not in the story:\n{story}")
    row = json.loads(sluice(lab, "trace", "--json", found.group(1)))
    equal(row["id"], found.group(1), "id in the JSON")


def a_text_may_come_from_standard_input(lab):
    said = sluice(lab, "send", "-a", "sms", "-f", "Shop", "-r", "79030000001", "-",
                  stdin="Привет\n")
    lab.ended(said.split()[0])
    sent, = lab.sms("79030000001")
    check(bytes.fromhex(sent["text"]).decode("utf-16-be").startswith("Привет"), "text")


def a_balance_a_status_and_the_ledger_are_told(lab):
    balance = lab.balance("sms")
    check(f"{balance['available']:.6f}" in sluice(lab, "balance", "sms"), "available")
    check("smsc" in sluice(lab, "status"), "the link is not in the status")
    check("messenger" in sluice(lab, "channels"), "the messenger is not in the channels")
    sluice(lab, "ledger", "verify")


def a_remote_gateway_is_asked_with_a_token(lab):
    url = f"http://127.0.0.1:{lab.ports['http']}"
    remote = {"SLUICE_URL": url, "SLUICE_TOKEN": TOKEN}
    sluice(lab, "balance", "sms", environment=remote, local=False)
    sluice(lab, "balance", "sms", status=1, local=False,
           environment={"SLUICE_URL": url, "SLUICE_TOKEN": "wrong"})


def what_is_wrong_is_said(lab):
    check("nobody" in sluice(lab, "balance", "nobody", status=1), "the account is not named")
    sluice(lab, "trace", "1", status=1)
    sluice(lab, "send", "-a", "poor", "-f", "Shop", "-r", "79030000001", "x" * 4000, status=1)
    sluice(lab, "dance", status=64)
    sluice(lab, "send", status=64)


def a_wrong_ledger_ends_with_1(lab):
    lab.stop()
    database = sqlite3.connect(lab.state / "live.db")
    database.execute("UPDATE balance SET amount = amount + 1 WHERE amount > 0")
    database.commit()
    database.close()
    lab.start()
    said = sluice(lab, "ledger", "verify", status=1)
    check("sms" in said, f"the account is not named: {said}")
    lab.stop()
    check("sluice.sock" in sluice(lab, "status", status=2), "the socket is not named")


if __name__ == "__main__":
    scenario(40, Lab, a_message_is_sent_and_its_story_told,
             a_text_may_come_from_standard_input,
             a_balance_a_status_and_the_ledger_are_told,
             a_remote_gateway_is_asked_with_a_token, what_is_wrong_is_said,
             a_wrong_ledger_ends_with_1)
