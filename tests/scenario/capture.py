"""All that passes on both SMPP sides of a lab, written to a file, and read by Wireshark's
decoder, which neither we nor any stranger here has a share in.
"""

import shutil
import signal
import subprocess
import time

from collections import Counter

from lab import check, equal, until

# Malformed, or a warning of the decoder of SMPP; notes of TCP's are no concern of ours.
WRONG = ("(_ws.malformed || _ws.unreassembled || smpp.command_id && _ws.expert.severity >= 0x00600000"
         " && !tcp.analysis.flags)")


class Capture:
    """Begun before the first bind; what it left unread ends with the lab."""

    def __init__(self, lab):
        self.ports = lab.ports
        self.tshark = shutil.which("tshark")
        check(self.tshark, "tshark is not there: install tshark (./autogen.sh deps --test)")
        self.file = lab.folder / "traffic.pcap"
        said = lab.folder / "tshark.log"
        with open(said, "ab") as log:
            self.process = subprocess.Popen(
                [self.tshark, "-q", "-i", "lo", "-B", "64", "-w", str(self.file), "-f",
                 f"tcp port {self.ports['smpp']} or tcp port {self.ports['smsc']}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        lab.others.append(self.process)
        until(lambda: self.process.poll() is not None
              or b"Capturing on" in said.read_bytes(), 10, "tshark does not start")
        check(self.process.poll() is None,
              f"tshark cannot capture on lo: {said.read_text()}")
        time.sleep(1)  # from its word to its first packet nothing tells

    def end(self):
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)

    def read(self, *arguments):
        """What tshark prints of the capture, with both ports decoded as SMPP."""
        done = subprocess.run(
            [self.tshark, "-r", str(self.file), "-2",
             "-d", f"tcp.port=={self.ports['smpp']},smpp",
             "-d", f"tcp.port=={self.ports['smsc']},smpp", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        equal(done.returncode, 0, f"status of tshark ({done.stderr})")
        return done.stdout

    def commands(self, frames):
        """How many PDUs of each command_id are in these frames."""
        return Counter(int(one, 0) for line in
                       self.read("-Y", f"{frames} && smpp", "-T", "fields", "-e",
                                 "smpp.command_id").splitlines()
                       for one in line.split(",") if one)

    def nothing_is_malformed(self, frames="tcp"):
        """In `frames`, a display filter."""
        bad = self.read("-Y", f"{frames} && {WRONG}", "-V")
        equal(bad[:3000], "", "frames that are malformed or of which Wireshark warns")

    def ours(self):
        """The frames that sluiced sent."""
        return f"(tcp.srcport == {self.ports['smpp']} || tcp.dstport == {self.ports['smsc']})"
