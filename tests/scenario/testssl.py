#!/usr/bin/env python3
"""What testssl.sh finds in a listener for SMPP over TLS: nothing of severity MEDIUM or worse
but what is named here, with its reason.  In `check` it looks at protocols, at the kinds of
ciphers and at what the server is by default; in `make deep` at all it knows.
"""

import json
import shutil
import subprocess
import sys

from lab import DEEP, check, scenario
from tls import TlsLab

BAD = ("MEDIUM", "HIGH", "CRITICAL", "FATAL")
# What is said of the certificate is said of the one that this test has made.
EXCUSED = {
    "cert_revocation": "the authority of the test publishes no list: its file is for `crl`",
}
WITHIN_S = 240
PARTS = ["--protocols", "--std", "--server-defaults"] if not DEEP else [
    "--protocols", "--std", "--server-defaults", "--fs", "--server-preference",
    "--vulnerable", "--each-cipher", "--client-simulation"]


PROGRAM = shutil.which("testssl") or shutil.which("testssl.sh")


def make_lab():
    return TlsLab(days=200)


def no_finding_is_medium_or_worse(lab):
    found = lab.folder / "testssl.json"
    done = subprocess.run(
        [PROGRAM, "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip",
         "127.0.0.1", "--add-ca", str(lab.authority.path), "--jsonfile", str(found), *PARTS,
         f"sluice.example:{lab.smpps}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=WITHIN_S * (20 if DEEP else 1))
    rows = json.loads(found.read_text())
    checks = {row["id"]: row for row in rows}
    bad = {row["id"].split(" ")[0]: f"{row['severity']} {row['id']}: {row['finding']}"
           for row in rows if row["severity"] in BAD}
    check(not bad.keys() - EXCUSED.keys(), f"{list(bad.values())}")
    # That it looked at all.
    for name, word in (("TLS1_2", "offered"), ("TLS1_3", "offered"), ("TLS1", "not offered"),
                       ("TLS1_1", "not offered"), ("cipherlist_NULL", "not offered"),
                       ("cert_signatureAlgorithm", "ECDSA")):
        check(name in checks and checks[name]["finding"].startswith(word),
              f"{name}: {checks.get(name)}\n{done.stdout[-2000:]}")
    return f"{len(rows)} findings; of the test's own making: {', '.join(bad) or 'none'}"


if __name__ == "__main__":
    if PROGRAM is None:
        print("testssl.sh is not there (Debian package testssl.sh)")
        sys.exit(77)
    scenario(WITHIN_S + 30, make_lab, no_finding_is_medium_or_worse)
