"""An ESME written from the text of SMPP 3.4, octet by octet.

It shares nothing with the product.  A Session reads on a thread of its own, answers
enquire_link and deliver_sm unless told not to, and keeps all it was sent, with the time.
`acknowledge` is also a function of the Deliver: the status of its answer, None for none.
"""

import socket
import struct
import threading
import time

BIND_RECEIVER, BIND_TRANSMITTER, QUERY, SUBMIT, DELIVER = 0x1, 0x2, 0x3, 0x4, 0x5
UNBIND, BIND_TRANSCEIVER, ENQUIRE = 0x6, 0x9, 0x15
REPLACE, CANCEL, SUBMIT_MULTI, DATA = 0x7, 0x8, 0x21, 0x103
NACK, RESPONSE = 0x80000000, 0x80000000

OK, INVALID_PASSWORD, ALREADY_BOUND = 0x00, 0x0E, 0x05
QUEUE_FULL, SUBMIT_FAILED, THROTTLED = 0x14, 0x45, 0x58

TAG_RECEIPTED_ID, TAG_NETWORK_ERROR, TAG_STATE = 0x001E, 0x0423, 0x0427
TAG_PAYLOAD, TAG_SAR_REFERENCE, TAG_SAR_TOTAL, TAG_SAR_NUMBER = (
    0x0424, 0x020C, 0x020E, 0x020F)


class Pdu:
    """One frame: its header, its body, and when it was here."""

    def __init__(self, octets):
        _, self.command, self.status, self.sequence = struct.unpack(">IIII", octets[:16])
        self.body = octets[16:]
        self.at = time.time()

    @property
    def message_id(self):
        """Of a submit_sm_resp."""
        return self.body.split(b"\0", 1)[0].decode("ascii")

    def __repr__(self):
        return f"<0x{self.command:08x} status 0x{self.status:x} #{self.sequence}>"


class Deliver:
    """The fields of a deliver_sm (SMPP 3.4, 4.6.1)."""

    def __init__(self, pdu):
        body = pdu.body
        self.at = pdu.at
        self.sequence = pdu.sequence
        self.service_type, body = body.split(b"\0", 1)
        self.source_form, (self.source, body) = body[:2], body[2:].split(b"\0", 1)
        self.destination_form, (self.destination, body) = body[:2], body[2:].split(b"\0", 1)
        self.esm_class, self.protocol_id, self.priority = body[:3]
        self.schedule, body = body[3:].split(b"\0", 1)
        self.validity, body = body.split(b"\0", 1)
        self.registered, _, self.data_coding, _, size = body[:5]
        self.text, body = body[5:5 + size], body[5 + size:]
        self.tlvs = []
        while body:
            tag, size = struct.unpack(">HH", body[:4])
            assert len(body) >= 4 + size, "a TLV is longer than its PDU"
            self.tlvs.append((tag, body[4:4 + size]))
            body = body[4 + size:]

    @property
    def id(self):
        return dict(self.tlvs)[TAG_RECEIPTED_ID].rstrip(b"\0").decode("ascii")

    @property
    def stat(self):
        return self.text.split(b"stat:", 1)[1].split(b" ", 1)[0].decode("ascii")


def frame(command, body=b"", status=0, sequence=1):
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def udh8(reference, total, number):
    return bytes([5, 0, 3, reference, total, number])


def udh16(reference, total, number):
    return bytes([6, 8, 4, reference >> 8, reference & 255, total, number])


def sar(reference, total, number):
    return (tlv(TAG_SAR_REFERENCE, struct.pack(">H", reference))
            + tlv(TAG_SAR_TOTAL, bytes([total])) + tlv(TAG_SAR_NUMBER, bytes([number])))


def relative_time(seconds):
    """YYMMDDhhmmsstnnR (SMPP 3.4, 7.1.1)."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return b"0000%02d%02d%02d%02d000R" % (day, hour, minute, second)


def submit_body(to, text=b"hello", source=b"Shop", registered=1, data_coding=0, udh=b"",
                esm_class=0, validity=b"", tlvs=b"", protocol_id=0, service_type=b"",
                schedule=b"", replace=0):
    text = udh + text
    return (service_type + b"\0"
            + (b"\1\1" if source.isdigit() else b"\5\0") + source + b"\0"
            + b"\1\1" + to + b"\0"
            + bytes([esm_class | (0x40 if udh else 0), protocol_id, 0])
            + schedule + b"\0" + validity + b"\0"
            + bytes([registered, replace, data_coding, 0, len(text)]) + text + tlvs)


def address(text):
    """TON, NPI and the address, as they stand in a PDU."""
    return ((b"\1\1" if text.isdigit() else b"\5\0") if text else b"\0\0") + text + b"\0"


def query_body(message_id, source=b"Shop"):
    """4.8.1"""
    return message_id.encode() + b"\0" + address(source)


def cancel_body(message_id="", source=b"Shop", to=b"", service_type=b""):
    """4.9.1"""
    return (service_type + b"\0" + message_id.encode() + b"\0" + address(source)
            + address(to))


def replace_body(message_id, text, source=b"Shop", schedule=b"", validity=b"",
                 registered=1):
    """4.10.1"""
    return (message_id.encode() + b"\0" + address(source) + schedule + b"\0" + validity
            + b"\0" + bytes([registered, 0, len(text)]) + text)


def multi_body(destinations, text=b"hello", source=b"Shop", registered=1, schedule=b"",
               esm_class=0):
    """4.5.1; a destination that is a string is the name of a distribution list."""
    listed = b"".join(b"\2" + one.encode() + b"\0" if isinstance(one, str)
                      else b"\1" + address(one) for one in destinations)
    return (b"\0" + address(source) + bytes([len(destinations)]) + listed
            + bytes([esm_class, 0, 0]) + schedule + b"\0\0"
            + bytes([registered, 0, 0, 0, len(text)]) + text)


def data_body(to, text, source=b"Shop", registered=1, esm_class=0, tlvs=b""):
    """4.7.1"""
    payload = b"" if text is None else tlv(TAG_PAYLOAD, text)
    return (b"\0" + address(source) + address(to) + bytes([esm_class, registered, 0])
            + payload + tlvs)


class Query:
    """The fields of a query_sm_resp (4.8.2)."""

    def __init__(self, pdu):
        self.id, rest = pdu.body.split(b"\0", 1)
        self.final_date, rest = rest.split(b"\0", 1)
        self.state, self.error = rest


class Multi:
    """The fields of a submit_multi_resp (4.5.2)."""

    def __init__(self, pdu):
        message_id, rest = pdu.body.split(b"\0", 1)
        self.id = message_id.decode("ascii")
        count, rest = rest[0], rest[1:]
        self.refused = {}
        for _ in range(count):
            name, rest = rest[2:].split(b"\0", 1)
            self.refused[name] = struct.unpack(">I", rest[:4])[0]
            rest = rest[4:]
        assert not rest, "octets after the list"


class Session:
    """One connection and its bind.  `bind_status` is None when the server just closed.

    `source` is the address we come from, `wrap` makes another socket of ours.
    """

    def __init__(self, port, system_id="sms", password="secret08",
                 command=BIND_TRANSCEIVER, version=0x34, acknowledge=True,
                 answer_enquire=True, bind=True, timeout_s=10, on_event=None, source=None,
                 wrap=None, host="127.0.0.1"):
        self.acknowledge = acknowledge
        self.answer_enquire = answer_enquire
        self.on_event = on_event
        self.changed = threading.Condition()
        self.sequence = 0
        self.responses = {}
        self.receipts = []
        self.answering = False
        self.enquiries = 0
        self.others = []
        self.closed = False
        self.closed_at = None
        self.bind_status = None
        self.writing = threading.Lock()
        self.socket = socket.create_connection((host, port), timeout_s,
                                               (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(None)
        if wrap:
            self.socket = wrap(self.socket)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        if bind:
            sequence = self.send(command, system_id.encode() + b"\0" + password.encode()
                                 + b"\0\0" + bytes([version]) + b"\0\0\0")
            answer = self.response(sequence, timeout_s, lost_ok=True)
            self.bind_status = answer.status if answer else None

    # ---- Out ----

    def raw(self, octets):
        with self.writing:
            self.socket.sendall(octets)

    def send(self, command, body=b"", status=0, sequence=None):
        with self.writing:
            if sequence is None:
                self.sequence += 1
                sequence = self.sequence
            self.socket.sendall(frame(command, body, status, sequence))
        return sequence

    def ask(self, command, body=b"", timeout_s=10):
        """Sends any request, waits, and returns the answer."""
        return self.response(self.send(command, body), timeout_s)

    def submit(self, to, *arguments, **fields):
        """Sends; the sequence_number is returned."""
        to = to.encode() if isinstance(to, str) else to
        return self.send(SUBMIT, submit_body(to, *arguments, **fields))

    def submitted(self, to, *arguments, **fields):
        """Sends, waits, and returns the id; anything but ESME_ROK is an error."""
        answer = self.response(self.submit(to, *arguments, **fields))
        if answer.status != OK:
            raise AssertionError(f"submit_sm to {to} answered 0x{answer.status:x}")
        return answer.message_id

    # ---- In ----

    def _read(self):
        buffered = b""
        try:
            while True:
                more = self.socket.recv(65536)
                if not more:
                    break
                buffered += more
                while len(buffered) >= 4:
                    size = struct.unpack(">I", buffered[:4])[0]
                    if size < 16 or size > 1 << 20:
                        raise AssertionError(f"a frame of {size} octets from the server")
                    if len(buffered) < size:
                        break
                    octets, buffered = buffered[:size], buffered[size:]
                    self._take(Pdu(octets))
        except OSError:
            pass
        finally:
            with self.changed:
                self.closed = True
                self.closed_at = time.time()
                self.changed.notify_all()

    def _take(self, pdu):
        # Kept before it is answered: what we say we have, we have.
        reply, status = None, OK
        with self.changed:
            if pdu.command == DELIVER:
                pdu = Deliver(pdu)
                self.receipts.append(pdu)
                status = (self.acknowledge(pdu) if callable(self.acknowledge)
                          else OK if self.acknowledge else None)
                reply = DELIVER if status is not None else None
                self.answering = reply is not None
            elif pdu.command == ENQUIRE:
                self.enquiries += 1
                reply = ENQUIRE if self.answer_enquire else None
            elif pdu.command & RESPONSE:
                self.responses[pdu.sequence] = pdu
            else:
                self.others.append(pdu)
            self.changed.notify_all()
        if self.on_event:
            self.on_event(pdu)
        if reply:
            body = b"\0" if reply == DELIVER and status == OK else b""
            try:
                self.send(RESPONSE | reply, body, status, pdu.sequence)
            except OSError:
                pass
            with self.changed:
                self.answering = False
                self.changed.notify_all()

    def wait(self, holds, timeout_s):
        """True when `holds()` came true in time; it is called with the lock held."""
        with self.changed:
            return self.changed.wait_for(holds, timeout_s)

    def told_of(self, ids, timeout_s):
        """True when each of these messages has its receipt in time; those of other sessions
        may come here too."""
        return self.wait(lambda: set(ids) <= {one.id for one in self.receipts}, timeout_s)

    def response(self, sequence, timeout_s=10, lost_ok=False):
        self.wait(lambda: sequence in self.responses or self.closed, timeout_s)
        answer = self.responses.get(sequence)
        if answer is None and not lost_ok:
            raise AssertionError(f"no answer to #{sequence} in {timeout_s} s"
                                 + (": the connection was closed" if self.closed else ""))
        return answer

    def receipts_of(self, message_id):
        with self.changed:
            return [one for one in self.receipts if one.id == message_id]

    def receipt(self, message_id, timeout_s=10):
        """The first receipt of this id."""
        if not self.wait(lambda: any(one.id == message_id for one in self.receipts),
                         timeout_s):
            raise AssertionError(f"no receipt for {message_id} in {timeout_s} s")
        return self.receipts_of(message_id)[0]

    # ---- The end ----

    def unbind(self):
        """What it has received is acknowledged: nobody else is told it again."""
        self.wait(lambda: not self.answering, 2)
        try:
            self.response(self.send(UNBIND), 5, lost_ok=True)
        except OSError:
            pass
        self.close()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        if threading.current_thread() is not self.thread:
            self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bind_status == OK and not self.closed:
            self.unbind()
        else:
            self.close()
