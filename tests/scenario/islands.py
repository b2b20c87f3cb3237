"""Network namespaces beside ours, each at the other end of a cable that can be cut.

    with Island(1) as island:              # 10.77.1.1 is here, 10.77.1.2 is there
        island.start(["sluice-sim", ...])  # a process there
        island.inside(lambda: socket.create_connection(("10.77.1.1", port)))
        island.cut()                       # nothing comes through, nobody is told
        island.mend()

A cut is an Ethernet address that nobody has: what is sent goes nowhere, without an error, a
RST or a link that is down.  It needs root, and `ip`, `unshare`, `nsenter`.
"""

import ctypes
import os
import shutil
import subprocess
import threading

from lab import check, until

CLONE_NEWNET = 0x40000000
NOBODY = "02:00:00:00:00:99"


def run(*words):
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    check(done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout.strip()}")


class Island:
    def __init__(self, number):
        self.here, self.there = f"10.77.{number}.1", f"10.77.{number}.2"
        self.cable = f"sl{os.getpid()}n{number}"[:15]
        self.holder = None
        self.processes = []

    def __enter__(self):
        check(os.geteuid() == 0, "network namespaces need root")
        for program in ("ip", "unshare", "nsenter"):
            check(shutil.which(program), f"no {program} here: install iproute2 and util-linux")
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        ours = os.stat("/proc/self/ns/net").st_ino
        until(lambda: os.stat(f"/proc/{self.holder.pid}/ns/net").st_ino != ours, 5,
              "there is no other network namespace")
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", "cable", "netns",
            self.holder.pid)
        run("ip", "addr", "add", f"{self.here}/24", "dev", self.cable)
        run("ip", "link", "set", self.cable, "up")
        self.run_there("ip", "addr", "add", f"{self.there}/24", "dev", "cable")
        self.run_there("ip", "link", "set", "cable", "up")
        self.run_there("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for process in self.processes + [self.holder]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        # The namespace goes when its last socket does; the cable must not outlive us.
        subprocess.run(["ip", "link", "del", self.cable], stderr=subprocess.DEVNULL,
                       check=False)

    def run_there(self, *words):
        run("nsenter", "-t", self.holder.pid, "-n", *words)

    def start(self, words, **more):
        process = subprocess.Popen(["nsenter", "-t", str(self.holder.pid), "-n",
                                    *map(str, words)], **more)
        self.processes.append(process)
        return process

    def inside(self, function):
        """What `function` returns, called by a thread that lives there: its sockets do."""
        found = []

        def visit():
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/proc/{self.holder.pid}/ns/net") as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    return
            found.append(function())

        thread = threading.Thread(target=visit)
        thread.start()
        thread.join()
        check(found, "it did not come back from the other namespace")
        return found[0]

    def cut(self):
        run("ip", "neigh", "replace", self.there, "lladdr", NOBODY, "dev", self.cable, "nud",
            "permanent")
        self.run_there("ip", "neigh", "replace", self.here, "lladdr", NOBODY, "dev", "cable",
                       "nud", "permanent")

    def mend(self):
        run("ip", "neigh", "del", self.there, "dev", self.cable)
        self.run_there("ip", "neigh", "del", self.here, "dev", "cable")
