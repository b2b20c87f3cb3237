"""One who stands between two speakers of SMPP and passes on what he likes of it.

    proxy = Proxy(port)            # connects to `port` for each who connects to proxy.port
    proxy.there.lose = 0.01        # from who connected to who was connected to
    proxy.back.scatter_s = 0.03    # and the other way
    proxy.cut_all()

It knows of SMPP only the header (SMPP 3.4, 3.2): where a PDU ends, and its command.
"""

import asyncio
import random
import socket
import struct
import threading

from collections import Counter

from lab import free_ports

BINDS = {0x1, 0x2, 0x9, 0x80000001, 0x80000002, 0x80000009}


class Way:
    """What becomes of the PDUs that go one way; it may be changed at any time."""

    def __init__(self):
        self.calm()
        self.counts = Counter()

    def calm(self):
        self.delay_s = 0       # each waits up to so long; the order stays
        self.scatter_s = 0     # each waits up to so long on its own; the order is lost
        self.octets = 0        # so many at a time, 0: as they come
        self.lose = 0.0        # the share of `losing` that is swallowed
        self.losing = ()
        self.twice = 0.0       # the share of `doubling` that goes twice
        self.doubling = ()
        self.cut = 0.0         # the share after some octets of which both sides are closed
        self.cut_next = None   # (command, octets): the next of these is cut there


class Line:
    """Two connections that belong together."""

    def __init__(self, writers):
        self.writers = writers
        self.is_cut = False
        self.writing = [asyncio.Lock(), asyncio.Lock()]

    def close(self):
        self.is_cut = True
        for writer in self.writers:
            writer.close()


class Proxy:
    def __init__(self, to_port, seed=1):
        self.port, = free_ports(1)
        self.to_port = to_port
        self.there, self.back = Way(), Way()
        self.stalled = False
        self.random = random.Random(seed)
        self.lines = set()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(5)

    # ---- From outside ----

    def calm(self):
        self.stalled = False
        self.there.calm()
        self.back.calm()

    def cut_all(self):
        """Closes every connection, in whatever it is saying."""
        def close():
            for line in list(self.lines):
                line.close()
        self.loop.call_soon_threadsafe(close)

    def counts(self):
        return self.there.counts + self.back.counts

    def close(self):
        self.cut_all()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    # ---- Inside ----

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", self.port))
        ready.set()
        self.loop.run_forever()

    async def _accept(self, near_reader, near_writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            near_writer.close()
            return
        for writer in (near_writer, far_writer):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP,
                                                       socket.TCP_NODELAY, 1)
        line = Line((far_writer, near_writer))
        self.lines.add(line)
        await asyncio.gather(self._pass(line, 0, self.there, near_reader),
                             self._pass(line, 1, self.back, far_reader))
        self.lines.discard(line)

    async def _pass(self, line, side, way, reader):
        try:
            while True:
                header = await reader.readexactly(16)
                size, command = struct.unpack(">II", header[:8])
                pdu = header + await reader.readexactly(size - 16)
                while self.stalled:
                    await asyncio.sleep(0.01)
                if self._draw(way.lose) and command in way.losing:
                    way.counts["swallowed"] += 1
                    continue
                times = 2 if self._draw(way.twice) and command in way.doubling else 1
                way.counts["twice"] += times - 1
                for _ in range(times):
                    await self._send(line, side, way, command, pdu)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            line.close()

    def _draw(self, share):
        return share > 0 and self.random.random() < share

    async def _send(self, line, side, way, command, pdu):
        if way.scatter_s and command not in BINDS:
            way.counts["scattered"] += 1
            asyncio.ensure_future(self._later(line, side, way, command, pdu))
            return
        if way.delay_s:
            await asyncio.sleep(self.random.random() * way.delay_s)
        await self._write(line, side, way, command, pdu)

    async def _later(self, line, side, way, command, pdu):
        await asyncio.sleep(self.random.random() * way.scatter_s)
        try:
            await self._write(line, side, way, command, pdu)
        except OSError:
            line.close()

    def _cut_at(self, way, command, pdu):
        """After how many octets of it the line is cut; None: not in this one."""
        if way.cut_next and way.cut_next[0] == command:
            at = way.cut_next[1]
            way.cut_next = None
            return at
        if command not in BINDS and self._draw(way.cut):
            return self.random.randint(0, len(pdu))
        return None

    async def _write(self, line, side, way, command, pdu):
        async with line.writing[side]:
            if line.is_cut:
                return
            at = self._cut_at(way, command, pdu)
            writer = line.writers[side]
            if at is not None:
                way.counts["cut"] += 1
                pdu = pdu[:at]
            step = way.octets or len(pdu) or 1
            for begin in range(0, len(pdu), step):
                if writer.is_closing():
                    return
                writer.write(pdu[begin:begin + step])
                if way.octets:
                    way.counts["slices"] += 1
                    await asyncio.sleep(0)
            await writer.drain()
            if at is not None:
                # What was written before is still sent.
                line.close()
