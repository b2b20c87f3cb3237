"""Thousands of ESMEs in one thread: they bind, answer enquire_link or do not, and wait.

A Session (smpp_client.py) is for one that talks; this is for the mass.  Each member says
once what became of its bind: its command_status, or None when it was closed without one.
"""

import errno
import resource
import select
import socket
import struct
import time

from smpp_client import BIND_TRANSCEIVER, ENQUIRE, RESPONSE, frame

IP_BIND_ADDRESS_NO_PORT = 24


def raise_open_files():
    """As many sockets as the system lets this process have; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Member:
    __slots__ = ("socket", "system_id", "password", "state", "status", "inbox", "began",
                 "answered", "answers", "enquiries")

    def __init__(self, system_id, password, answers):
        self.system_id, self.password, self.answers = system_id, password, answers
        self.state, self.status, self.inbox, self.enquiries = "connecting", None, b"", 0
        self.began = time.monotonic()
        self.answered = None

    @property
    def bound(self):
        return self.state == "bound"


class Crowd:
    """A context manager; all connections are closed at its end."""

    def __init__(self, port):
        self.port = port
        self.poll = select.epoll()
        self.members = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for member in list(self.members.values()):
            self.close(member)
        self.poll.close()

    def add(self, system_id, password="secret08", source="127.0.0.1", answers=True):
        """Begins to connect; its bind follows when it is connected."""
        member = Member(system_id, password, answers)
        member.socket = socket.socket()
        member.socket.setblocking(False)
        member.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        member.socket.bind((source, 0))
        code = member.socket.connect_ex(("127.0.0.1", self.port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "connect")
        self.members[member.socket.fileno()] = member
        self.poll.register(member.socket.fileno(), select.EPOLLOUT)
        return member

    def close(self, member, reset=False):
        number = member.socket.fileno()
        if number < 0:
            return
        self.poll.unregister(number)
        del self.members[number]
        if reset:
            member.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
        member.socket.close()
        if member.state != "closed":
            member.state = "closed"

    def turn(self, wait_s=0.02):
        for number, what in self.poll.poll(wait_s):
            member = self.members.get(number)
            if member is None:
                continue
            if member.state == "connecting" and what & select.EPOLLOUT:
                self._bind(member)
            elif what & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self._read(member)

    def run(self, holds, timeout_s, tick=None):
        """Until `holds()`; false when that took too long."""
        end = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > end:
                return False
            if tick:
                tick()
            self.turn()
        return True

    def _bind(self, member):
        body = (member.system_id.encode() + b"\0" + member.password.encode()
                + b"\0\0\x34\0\0\0")
        try:
            member.socket.send(frame(BIND_TRANSCEIVER, body))
        except OSError:
            self._over(member)
            return
        member.state = "binding"
        self.poll.modify(member.socket.fileno(), select.EPOLLIN)

    def _read(self, member):
        try:
            octets = member.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self._over(member)
            return
        member.inbox += octets
        while len(member.inbox) >= 16:
            size, command, status, sequence = struct.unpack(">IIII", member.inbox[:16])
            if len(member.inbox) < size:
                return
            member.inbox = member.inbox[size:]
            self._take(member, command, status, sequence)

    def _take(self, member, command, status, sequence):
        if command == RESPONSE | BIND_TRANSCEIVER:
            member.status, member.answered = status, time.monotonic()
            member.state = "bound" if status == 0 else "refused"
        elif command == ENQUIRE:
            member.enquiries += 1
            if member.answers:
                member.socket.send(frame(RESPONSE | ENQUIRE, sequence=sequence))

    def _over(self, member):
        if member.answered is None:
            member.answered = time.monotonic()
        self.close(member)
