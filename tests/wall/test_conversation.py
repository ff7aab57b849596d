"""Who speaks out of turn, too much or too slowly ends the conversation, and nothing else."""

import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sealgrade.wall.channel import MAX_FRAME, Channel, Closed, FrameError, OutOfTime
from sealgrade.wall.conversation import MAX_NESTING, Breach, Conversation, ToldError
from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder, mine
from sealgrade.wall.exceptions import describe


def said(kind: bytes, number: int, value: Any = None) -> bytes:
    return framed(kind + number.to_bytes(4, "little") + Encoder().encode(value))


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


class Sides:
    """The examiner's side, and the bare end of a candidate's that may say anything."""

    def __init__(self) -> None:
        ours, self.peer = socket.socketpair()
        self.channel = Channel(ours)
        self.heard: list[Any] = []
        self.serve: Callable[[Any], bytes] = lambda question: Encoder().encode(question)
        self.side = Conversation(
            self.channel,
            Encoder(),
            Decoder(lambda reference: reference),
            lambda question: self.serve(question),
            describe,
            self.heard.append,
            Decoder(),
        )

    def ask_after(self, *messages: bytes, seconds: float = 5) -> Any:
        self.peer.sendall(b"".join(messages))
        return self.side.ask("?", time.monotonic() + seconds)

    def in_background(self, action: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=action, daemon=True)
        thread.start()
        return thread


@pytest.fixture
def sides() -> Iterator[Sides]:
    found = Sides()
    yield found
    found.peer.close()
    found.channel.socket.close()


def test_the_answer_to_a_question_is_its_value(sides: Sides) -> None:
    assert sides.ask_after(said(b"V", 1, [3])) == [3]


def test_an_error_is_told(sides: Sides) -> None:
    with pytest.raises(ToldError) as told:
        sides.ask_after(said(b"E", 1, "why"))
    assert told.value.told == "why"


def test_outputs_may_come_before_an_answer(sides: Sides) -> None:
    assert sides.ask_after(said(b"O", 0, "a"), said(b"O", 7, "b"), said(b"V", 1, 3)) == 3
    assert sides.heard == ["a", "b"]


def test_a_question_may_come_before_an_answer(sides: Sides) -> None:
    assert sides.ask_after(said(b"Q", 9, "theirs"), said(b"V", 1, 3)) == 3
    sides.peer.recv(len(said(b"Q", 1, "?")))
    assert sides.peer.recv(100) == said(b"V", 9, "theirs")


@pytest.mark.parametrize(
    "message",
    [
        said(b"V", 2),
        said(b"V", 0),
        said(b"E", 2),
        said(b"?", 1),
        framed(b""),
        framed(b"V"),
        framed(b"V\1\0\0\0"),
        framed(b"V\1\0\0\0NN"),
        framed(b"V\1\0\0\0?"),
        framed(b"Q\1\0\0\0" + mine(1, 0, "Thing")),
        framed(b"O\1\0\0\0" + mine(1, 0, "Thing")),
        framed(b"E\1\0\0\0" + mine(1, 0, "Thing")),
    ],
)
def test_what_is_out_of_turn_or_no_message_is_a_breach(sides: Sides, message: bytes) -> None:
    with pytest.raises(Breach):
        sides.ask_after(message)


def test_an_answer_that_was_given_once_is_not_taken_for_the_next(sides: Sides) -> None:
    assert sides.ask_after(said(b"V", 1, 3), said(b"V", 1, 4)) == 3
    with pytest.raises(Breach):
        sides.ask_after()


def test_an_answer_that_waits_before_the_question_is_not_taken(sides: Sides) -> None:
    with pytest.raises(Breach):
        sides.ask_after(said(b"V", 5, 3))


def test_an_answer_where_a_question_is_due_is_a_breach(sides: Sides) -> None:
    sides.peer.sendall(said(b"V", 1))
    with pytest.raises(Breach):
        sides.side.answer_next()


def test_questions_nest_to_a_limit(sides: Sides) -> None:
    """Each question is answered by a question, which is answered by a question."""
    numbers = itertools.count(2)
    depth = 0

    def serve(question: Any) -> bytes:
        nonlocal depth
        depth += 1
        sides.peer.sendall(said(b"Q", 100))
        return Encoder().encode(sides.side.ask(next(numbers)))

    sides.serve = serve
    with pytest.raises(Breach):
        sides.ask_after(said(b"Q", 100))
    assert depth == MAX_NESTING


def test_what_a_callback_raises_is_told_unless_it_is_the_end_of_the_examiner(sides: Sides) -> None:
    def fails(question: Any) -> bytes:
        raise question_of[0]

    sides.serve = fails
    question_of: list[BaseException] = [ValueError("no")]
    assert sides.ask_after(said(b"Q", 9), said(b"V", 1, 3)) == 3
    question_of[0] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sides.ask_after(said(b"Q", 9), said(b"V", 2, 3))


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 2**32 - 1])
def test_a_frame_that_is_too_long_is_refused_before_anything_is_allocated(sides: Sides, length: int) -> None:
    sides.peer.sendall(length.to_bytes(4, "little") + bytes(1000))
    tracemalloc.start()
    with pytest.raises(FrameError):
        sides.channel.receive(time.monotonic() + 5)
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


def test_memory_grows_with_what_has_come_and_not_with_what_is_announced(sides: Sides) -> None:
    sides.peer.sendall(MAX_FRAME.to_bytes(4, "little") + bytes(1000))
    tracemalloc.start()
    with pytest.raises(OutOfTime):
        sides.channel.receive(time.monotonic() + 0.05)
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


def test_a_message_may_come_byte_by_byte(sides: Sides) -> None:
    def send() -> None:
        for byte in said(b"V", 1, "slow"):
            sides.peer.sendall(bytes([byte]))
            time.sleep(0.002)

    thread = sides.in_background(send)
    assert sides.side.ask("?", time.monotonic() + 5) == "slow"
    thread.join()


def test_what_came_too_late_is_not_lost(sides: Sides) -> None:
    message = said(b"V", 1, "late")
    with pytest.raises(OutOfTime):
        sides.ask_after(message[:5], seconds=0.02)
    sides.peer.sendall(message[5:])
    assert sides.side.await_answer(1, time.monotonic() + 5) == "late"


def _forever(sides: Sides, piece: bytes) -> Callable[[], None]:
    def send() -> None:
        try:
            while True:
                sides.peer.sendall(piece)
        except OSError:
            pass

    return send


@pytest.mark.parametrize("piece", [said(b"O", 0, "x") * 500, said(b"O", 0)])
def test_who_never_ceases_to_speak_runs_out_of_time(sides: Sides, piece: bytes) -> None:
    sides.in_background(_forever(sides, piece))
    start = time.monotonic()
    with pytest.raises(OutOfTime):
        sides.side.ask("?", start + 0.2)
    assert time.monotonic() - start < 2


def test_who_sends_a_long_message_in_drops_runs_out_of_time(sides: Sides) -> None:
    sides.peer.sendall(MAX_FRAME.to_bytes(4, "little"))
    sides.in_background(_forever(sides, b"x"))
    start = time.monotonic()
    with pytest.raises(OutOfTime):
        sides.channel.receive(start + 0.2)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("sent", [b"", b"\5", said(b"V", 1, "cut")[:-1]])
def test_who_closes_in_the_middle_has_gone(sides: Sides, sent: bytes) -> None:
    sides.peer.sendall(sent)
    sides.peer.shutdown(socket.SHUT_WR)
    with pytest.raises(Closed):
        sides.side.ask("?", time.monotonic() + 5)


def test_nothing_can_be_said_to_who_has_gone(sides: Sides) -> None:
    sides.peer.close()
    with pytest.raises(Closed):
        sides.channel.send(bytes(10))


def test_who_does_not_read_runs_out_of_time(sides: Sides) -> None:
    with pytest.raises(OutOfTime):
        sides.channel.send(bytes(1 << 22), time.monotonic() + 0.05)


def test_a_question_cut_short_by_the_deadline_is_completed_when_the_answer_is_awaited(sides: Sides) -> None:
    question = np.zeros(10**6)
    with pytest.raises(OutOfTime):
        sides.side.ask(question, time.monotonic() - 1)

    def answer() -> None:
        left = len(said(b"Q", 1, question))
        while left:
            left -= len(sides.peer.recv(1 << 16))
        sides.peer.sendall(said(b"V", 1, 3))

    thread = sides.in_background(answer)
    assert sides.side.await_answer(1, time.monotonic() + 5) == 3
    thread.join()
