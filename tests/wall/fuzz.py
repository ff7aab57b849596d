"""Throws bytes at the decoder and at a conversation; anything but a value, or a refusal, is a finding.

    python tests/wall/fuzz.py [folder of inputs] [options of libFuzzer]

With atheris (not a dependency; it guides the bytes by coverage) this is libFuzzer and takes its options, such as
`-max_total_time=600`. Without, valid messages are changed at random for a minute.
"""

import contextlib
import random
import socket
import sys
import time
from collections import deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

try:
    import atheris
except ImportError:
    atheris = None

import numpy as np

if atheris is not None:
    with atheris.instrument_imports(include=["sealgrade.wall"]):
        from sealgrade.wall.channel import Channel, Closed, OutOfTime
        from sealgrade.wall.conversation import Breach, Conversation, ToldError
        from sealgrade.wall.decoder import Decoder
        from sealgrade.wall.encoder import Encoder, mine, yours
        from sealgrade.wall.exceptions import describe, rebuild
        from sealgrade.wall.format import NotPlain, TooLarge, WallError
else:
    from sealgrade.wall.channel import Channel, Closed, OutOfTime
    from sealgrade.wall.conversation import Breach, Conversation, ToldError
    from sealgrade.wall.decoder import Decoder
    from sealgrade.wall.encoder import Encoder, mine, yours
    from sealgrade.wall.exceptions import describe, rebuild
    from sealgrade.wall.format import NotPlain, TooLarge, WallError

SECONDS = 60


class Thing:
    """An object of the one side or the other; nothing may look into it."""

    def __getattr__(self, name: str) -> Any:
        if name == "dtype" or name.startswith("_abc"):
            raise AttributeError(name)
        raise SystemExit(f"the decoder asked an object for its {name}")

    def __index__(self) -> int:
        raise SystemExit("the decoder took an object for a number")

    def __hash__(self) -> int:
        raise SystemExit("the decoder took an object for a key")

    __eq__ = __len__ = __iter__ = __bool__ = __index__  # type: ignore[assignment]


def own(number: int) -> Thing:
    if not 0 < number < 10:
        raise WallError("an object that was never handed out")
    return Thing()


STRICT, FREE = Decoder(), Decoder(lambda reference: Thing(), own)
WRITABLE = Decoder(writable=True)


def decode(data: bytes) -> None:
    """Decode in three ways; what is a value must be one that can be sent again, and be the same then."""
    for decoder in (FREE, WRITABLE, STRICT):
        try:
            value = decoder.decode(data)
        except WallError:
            continue
        if decoder is not FREE:
            try:
                again = Encoder().encode(value)
            except (TooLarge, NotPlain):
                continue
            assert Encoder().encode(STRICT.decode(again)) == again or _has_sets(data)
            _look_at(value)


def _has_sets(data: bytes) -> bool:
    return b"S" in data or b"Z" in data  # whose order is nobody's


def _look_at(value: Any) -> None:
    """Do what a test does first with what it gets."""
    repr(value)
    if isinstance(value, np.ndarray) and value.size < 1000:
        value.copy()
        if value.dtype.kind in "SU":
            value.ravel().tolist()


def converse(data: bytes) -> None:
    """Hear arbitrary bytes as the answer to a question."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours)
        conversation = Conversation(
            channel,
            Encoder(),
            FREE,
            lambda question: Encoder().encode(None),
            describe,
            lambda output: None,
            STRICT,
        )
        theirs.setblocking(False)
        theirs.send(data[:100_000])
        theirs.shutdown(socket.SHUT_WR)
        try:
            conversation.ask(None, time.monotonic() + 10)
        except ToldError as error:
            with contextlib.suppress(ValueError):
                str(rebuild(error.told))
        except (Breach, Closed, OutOfTime):
            pass


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


def valid() -> list[bytes]:
    """One message of each kind."""
    values: list[Any] = [
        None, True, 7, -(2**70), 0.5, 1j, deque([1]), 2**61 - 1,
        "aé\ud800", b"ab", bytearray(b"x"), (1, "a"), [1, [2]], {"a": 1, (2, 3): None},
        {1, 2}, frozenset("ab"), {frozenset({1})}, Fraction(1, 3), Decimal("-1.5E-7"), range(3), slice(1, None), ...,
        np.arange(6.0).reshape(2, 3), np.zeros((0, 3), "f4"), np.array(3, ">i2"),
        np.array(["ab", ""]), np.array([b"x"]),
        np.array(["2020-01-01"], "M8[D]"), np.array([5], "m8[25s]"), np.array([True, False]), np.array([1j], "c8"),
        np.array([Fraction(1, 2), 3, 0.5], object), np.float32(2), np.str_("x"), np.str_(""), np.bool_(True),
        np.longdouble(1) / 3, np.datetime64("2020", "Y"),
    ]  # fmt: skip
    bodies = [Encoder().encode(value) for value in values]
    bodies += [b"t\2\0\0\0" + mine(1, 3, "Thing") + yours(2), Encoder().encode(describe(ValueError("no", 1), "there"))]
    head = [(kind + (1).to_bytes(4, "little")) for kind in (b"V", b"E", b"O", b"Q")]
    frames = [frame(h + body) for h in head for body in bodies[::3]]
    return [b"\0" + body for body in bodies] + [b"\1" + f for f in frames] + [b"\1" + b"".join(frames[-4:])]


def one_input(data: bytes) -> None:
    """The first byte says which of the two."""
    (converse if data[:1] == b"\1" else decode)(data[1:])


def changed(data: bytes, luck: random.Random) -> bytes:
    """Change, cut, double or join."""
    result = bytearray(data)
    for _ in range(luck.randint(1, 6)):
        at = luck.randrange(1, len(result) + 1)
        match luck.randrange(6):
            case 0 if at < len(result):
                result[at] = luck.randrange(256)
            case 1 if at < len(result):
                result[at] ^= 1 << luck.randrange(8)
            case 2:
                del result[at : at + luck.randint(1, 8)]
            case 3:
                result[at:at] = result[at : at + luck.randint(1, 16)]
            case 4:
                result[at:at] = luck.choice(_PIECES)
            case _:
                result[at : at + 4] = luck.choice(_PIECES)
    return bytes(result)


_PIECES = [
    b"\xff\xff\xff\xff",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"\1\0\0\0",
    *(bytes([c]) for c in b"afilstdSZQDOnXrMYbcIENTF"),
]


def main() -> None:
    if atheris is not None:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else None
        if folder is not None:
            for i, data in enumerate(valid()):
                (folder / f"valid-{i}").write_bytes(data)
        atheris.Setup([*sys.argv], one_input)
        atheris.Fuzz()
        return
    luck, messages, runs, end = random.Random(1), valid(), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        data = changed(luck.choice(messages), luck)
        runs += 1
        try:
            one_input(data)
        except BaseException:
            print(f"finding: {data!r}")
            raise
    print(f"{runs} messages, nothing found")


if __name__ == "__main__":
    main()
