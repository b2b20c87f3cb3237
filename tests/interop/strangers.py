"""Programs that others wrote, found and started.  What is missing is a failure that says so."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))

from capture import Capture  # noqa: E402
from lab import BUILD, SOURCE, Lab, check, equal  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def program(name, package):
    """Its path; a program for root may not be on the path of others."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    check(path, f"{name} is not there: install {package} (./autogen.sh deps --test)")
    return path


def node_environment():
    """An environment in which node finds npm's `smpp`."""
    folders = [pathlib.Path(one) for one in os.environ.get("NODE_PATH", "").split(":") if one]
    folders += [BUILD / "npm/node_modules", SOURCE / "build/npm/node_modules"]
    found = next((one for one in folders if (one / "smpp").is_dir()), None)
    check(found, "npm's smpp is not there: ./autogen.sh deps --test installs it; looked in "
          + ", ".join(map(str, folders)))
    return {**os.environ, "NODE_PATH": str(found)}


class Operator:
    """npm's smpp as the operator on the port of the link.  It keeps its reports until they
    are answered, as an operator does.
    """

    def __init__(self, lab):
        self.lab = lab
        self.log = lab.folder / "operator.log"
        self.process = subprocess.Popen(
            [program("node", "nodejs"), str(HERE / "operator.js"), str(lab.ports["smsc"]),
             str(self.log)],
            env=node_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True)
        lab.others.append(self.process)
        line = self.process.stdout.readline()
        check(line == "ready\n", f"the operator of npm's smpp did not start: {line!r}")

    def cut(self):
        """All its connections break."""
        self.process.send_signal(signal.SIGUSR2)

    def taken(self):
        """A dictionary of each submit_sm it was sent: `to`, `udh`, `sar`, `text`, `payload`
        (it came in message_payload), `coding`, `registered`.
        """
        if not self.log.exists():
            return []
        lines = self.log.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]


class Relay:
    """Stands between a stranger and sluiced, so that the line between them can break."""

    def __init__(self, port):
        self.to = port
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.to), 2)
            except OSError:
                near.close()  # nobody is there
                continue
            far.settimeout(None)
            with self.lock:
                self.pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        try:
            while octets := one.recv(65536):
                other.sendall(octets)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Both ends see it break; what is under way is lost.  How many there were."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        return len(pairs)


class Stranger(Lab):
    """sluiced and the operator of npm's smpp, watched by tshark, with a Relay to bind to."""

    def __init__(self, **options):
        super().__init__(start=False, **options)

    def __enter__(self):
        super().__enter__()
        try:
            self.capture = Capture(self)
            self.operator = Operator(self)
            self.start()
            self.relay = Relay(self.ports["smpp"])
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def restart(self):
        """kill -9, and it is there again."""
        self.kill()
        self.start()


def wireshark_finds_nothing_malformed(lab):
    """On either side, from either end."""
    lab.stop()
    lab.capture.end()
    lab.capture.nothing_is_malformed()
    commands = lab.capture.commands("tcp")
    return f"{sum(commands.values())} PDUs of {len(commands)} kinds"


def whole_text(parts):
    """The text of (number, text) parts, each once or more, all the same if more."""
    found = {}
    for number, text in parts:
        equal(found.setdefault(number, text), text, f"part {number}")
    equal(sorted(found), list(range(1, len(found) + 1)), "numbers of the parts")
    return "".join(found[number] for number in sorted(found))
