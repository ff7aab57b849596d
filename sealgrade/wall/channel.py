"""Messages on a socket: a length, then that many bytes, and never more than agreed."""

import math
import select
import socket
import struct
from time import monotonic

MAX_FRAME = 1 << 26
_HEADER = struct.Struct("<I")
_CHUNK = 1 << 16


class Closed(Exception):  # noqa: N818 - the ordinary end of a process
    """The other side has gone."""


class OutOfTime(Exception):  # noqa: N818
    """The other side did not answer in time."""


class FrameError(Exception):
    """The other side announced a message that is too long."""


class Channel:
    """One end of the connection.

    Args:
        sock: a connected stream socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        sock.setblocking(False)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._buffer = bytearray()
        self._unsent = b""  # of a message that was cut short by the deadline: the rest must follow before all else
        self.received = 0  # bytes, in all

    def send(self, body: bytes, deadline: float | None = None) -> None:
        """Send one message.

        Args:
            body: what to send.
            deadline: when to give up, by `time.monotonic`.

        Raises:
            Closed, OutOfTime: what was not sent by the deadline is sent before the next message is sent or received.
        """
        self._unsent += _HEADER.pack(len(body)) + body
        self._flush(deadline)

    def _flush(self, deadline: float | None) -> None:
        rest: bytes | memoryview = self._unsent
        try:
            sent = self._send_some(rest)
            rest = memoryview(rest)[sent:] if sent < len(rest) else b""  # all of it goes at once, most often
            while rest:
                self._wait_for_room(deadline)
                rest = rest[self._send_some(rest) :]
        except OSError:
            raise Closed from None
        finally:
            self._unsent = bytes(rest)

    def _send_some(self, data: bytes | memoryview) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    def _wait_for_room(self, deadline: float | None) -> None:
        writable = select.poll()
        writable.register(self.socket, select.POLLOUT)
        if not writable.poll(_milliseconds(deadline)):
            raise OutOfTime

    def receive(self, deadline: float | None = None) -> bytes:
        """Return the next message; memory grows with what has come, not with what is announced.

        Args:
            deadline: when to give up, by `time.monotonic`; what has come by then is kept for the next call.

        Raises:
            Closed, OutOfTime, FrameError
        """
        if self._unsent:
            self._flush(deadline)
        buffer = self._buffer
        late = False
        while True:
            if len(buffer) >= 4:
                (length,) = _HEADER.unpack_from(buffer)
                if length > MAX_FRAME:
                    raise FrameError(f"a message of {length:,} bytes is announced")
                if len(buffer) >= 4 + length:
                    body = bytes(memoryview(buffer)[4 : 4 + length])
                    del buffer[: 4 + length]
                    return body
            if late:  # who sends byte by byte is never waited for, and would never be late
                raise OutOfTime
            self._wait(deadline)
            data = self._read_some()
            if not buffer and len(data) >= 4 and _HEADER.unpack_from(data)[0] == len(data) - 4:
                return data[4:]  # it is the message, most often
            buffer += data
            late = deadline is not None and monotonic() >= deadline

    def _wait(self, deadline: float | None) -> None:
        # Asleep, not asking again and again: that gains microseconds on an idle machine, and where there are more
        # processes than cores it takes the core from the very process that is waited for.
        if not self._poll.poll(_milliseconds(deadline)):
            raise OutOfTime

    def _read_some(self) -> bytes:
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            raise Closed from None
        if not data:
            raise Closed
        self.received += len(data)
        return data


def _milliseconds(deadline: float | None) -> int | None:
    return None if deadline is None else max(0, math.ceil((deadline - monotonic()) * 1000))
