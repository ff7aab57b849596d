"""Who may say what, and when.

Theory of operation. At any time one side has the turn. The examiner asks; the candidate answers with a value or an
error, and until it has, it alone may speak: it may send outputs, and it may itself ask (a *callback*, when a student's
function calls a function that a test has handed to it), which the examiner answers before it goes on waiting. So
questions nest like calls. Each question has a number and its answer repeats it. Anything else is a breach: the
conversation is over, and whoever sees it says so.
"""

import contextlib
import struct
from collections.abc import Callable
from time import monotonic
from typing import Any

from sealgrade.wall.channel import Channel, Closed, FrameError, OutOfTime
from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder
from sealgrade.wall.format import WallError

QUESTION, VALUE, ERROR, OUTPUT = b"QVEO"
MAX_NESTING = 20
_HEAD = struct.Struct("<BI")


class Breach(Exception):  # noqa: N818 - the end of a conversation
    """The other side said what the protocol does not allow."""


class ToldError(Exception):
    """The answer to a question is an error; `told` is what was said of it."""

    def __init__(self, told: Any) -> None:
        super().__init__(told)
        self.told = told


class Conversation:
    """One side of the wall.

    Args:
        channel: the connection.
        encoder: for what is said.
        decoder: for what is heard.
        serve: answers a question of the other side, with encoded bytes; what it raises is told by `describe`.
        describe: what is said of an exception, as plain data.
        hear_output: takes what the other side puts out in between.
        question_decoder: for all but answers, if it is to be held to stricter rules.
        caught: what of the exceptions that `serve` raises is told; others end the conversation.
    """

    def __init__(
        self,
        channel: Channel,
        encoder: Encoder,
        decoder: Decoder,
        serve: Callable[[Any], bytes],
        describe: Callable[[BaseException], Any],
        hear_output: Callable[[Any], None] | None = None,
        question_decoder: Decoder | None = None,
        caught: type[BaseException] = Exception,
    ) -> None:
        self.channel = channel
        self.encoder = encoder
        self.decoder = decoder
        self._serve = serve
        self._describe = describe
        self._hear_output = hear_output
        self._question_decoder = question_decoder or decoder
        self._caught = caught
        self._number = 0
        self._nesting = 0

    def ask(self, question: Any, deadline: float | None = None) -> Any:
        """Return the answer to a question.

        Args:
            question: plain data, or what the encoder can refer to.
            deadline: when to give up, by `time.monotonic`; then the answer is still owed, see `await_answer`.

        Raises:
            ToldError: the answer is an error.
            NotPlain, TooLarge: the question cannot be put; nothing was sent.
            Breach, Closed, OutOfTime: the other side broke the protocol, has gone, or is late.
        """
        return self.await_answer(self.put(question, deadline), deadline)

    def put(self, question: Any, deadline: float | None = None, encoder: Encoder | None = None) -> int:
        """Put a question and return its number, for `await_answer`; see `ask`.

        What could not be sent by the deadline is sent while the answer is awaited.
        """
        body = (encoder or self.encoder).encode(question)
        self._number = (self._number + 1) & 0xFFFFFFFF
        number = self._number
        with contextlib.suppress(OutOfTime):
            self.channel.send(_HEAD.pack(QUESTION, number) + body, deadline)
        return number

    def await_answer(self, number: int, deadline: float | None = None) -> Any:
        """Wait for the answer to a question that was asked; see `ask`."""
        while True:
            kind, heard, value = self._hear(deadline)
            if kind == VALUE and heard == number:
                return value
            if kind == ERROR and heard == number:
                raise ToldError(value)
            if kind == OUTPUT and self._hear_output is not None:
                self._hear_output(value)
            elif kind == QUESTION:
                self._answer(heard, value, deadline)
            else:
                raise Breach("an answer that nobody asked for")
            if deadline is not None and monotonic() >= deadline:
                raise OutOfTime  # though it never ceases to speak

    def answer_next(self) -> None:
        """Wait for one question, without a limit, and answer it."""
        kind, number, value = self._hear(None)
        if kind != QUESTION:
            raise Breach("a question was to come")
        self._answer(number, value, None)

    def put_out(self, value: Any) -> None:
        """Send what is no answer."""
        # With an encoder of its own, since this may be another thread than the one that answers.
        self.channel.send(_HEAD.pack(OUTPUT, 0) + Encoder().encode(value))

    def _hear(self, deadline: float | None) -> tuple[int, int, Any]:
        try:
            body = self.channel.receive(deadline)
            kind, number = _HEAD.unpack_from(body)
            decoder = self.decoder if kind == VALUE else self._question_decoder
            return kind, number, decoder.decode(body, _HEAD.size)
        except (FrameError, WallError, struct.error) as error:
            raise Breach(str(error)) from None

    def _answer(self, number: int, question: Any, deadline: float | None) -> None:
        if self._nesting >= MAX_NESTING:
            raise Breach("questions are nested too deeply")
        self._nesting += 1
        try:
            kind, body = VALUE, self._serve(question)
        except (Breach, Closed, OutOfTime):
            raise
        except self._caught as error:
            kind, body = ERROR, self.encoder.encode(self._describe(error))
        finally:
            self._nesting -= 1
        self.channel.send(_HEAD.pack(kind, number) + body, deadline)
