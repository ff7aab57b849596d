"""What crossed the wall in a test cell, as a row of numbers, and whether it is what a known mistake sends.

Theory of operation. A test asks the student's code for values, in an order that only the values decide. So two pieces
of work with the same mistake send the same numbers, in whatever style they are written: shapes, lists and arrays, names
and types of objects leave no trace in the row. A known mistake is remembered by what it sends from the first number on
that is not the reference's, its *fingerprint*. A student's numbers fit it within rounding: as typed, with as many
decimals as the student gave; as computed, to about what float32 keeps.

Where a test draws at random no two rows are alike; there the test itself says what it has observed (a standard
deviation, say; `sealgrade.testing.observed`), and that is compared, more loosely.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sealgrade.plain import plain

Item = float | str  # a number; or a word for what is none, such as the name of an exception
ANY = "?"  # stands in a fingerprint for a number that is drawn at random

MOST = 5000  # items of a test that are looked at
LENGTH, BEFORE = 120, 40  # items of a fingerprint, from the first wrong one on and in front of it
LOOSE = 0.03  # relative, for what a test has observed of random draws
_DIGITS = 6  # significant ones that are kept of a number
_CLOSE, _NEAR_ZERO = 2e-5, 2e-7
_TYPED = range(2, 6)  # decimals that somebody gives who types numbers in
_MANY = 4  # different numbers of the plain kind
_TELLING = 3  # numbers that values of few decimals have to agree in


@dataclass(frozen=True)
class Transcript:
    """One test cell of one piece of work.

    Attributes:
        passed: whether the test was.
        values: what came back over the wall.
        observed: what the test has observed; empty where it says nothing.
    """

    passed: bool
    values: tuple[Item, ...]
    observed: tuple[float, ...] = ()


class Keep(Enum):
    """Which transcripts are wanted of a notebook: they are long, and often go to another process."""

    NONE = "none"
    FAILED = "failed"  # of passed tests only that they were
    ALL = "all"

    def of(self, transcripts: Mapping[str, Transcript]) -> dict[str, Transcript]:
        """Return those that are wanted."""
        if self is Keep.NONE:
            return {}
        passed = Transcript(True, ())
        return {name: passed if one.passed and self is Keep.FAILED else one for name, one in transcripts.items()}


@dataclass(frozen=True)
class Fingerprint:
    """What a known mistake sends in a test cell, from the first item that is not the reference's.

    Attributes:
        at: the number of items before it.
        values: the next items, at most LENGTH.
        before: the last items before it, at most BEFORE, which are the reference's.
        loose: whether these are what the test has observed, of random draws.
    """

    at: int
    values: tuple[Item, ...]
    before: tuple[Item, ...] = ()
    loose: bool = False


def flat(answers: Iterable[Any]) -> tuple[Item, ...]:
    """Return the numbers and words in plain data, in their order."""
    import numpy as np  # where a notebook is run; who only counts what came of it need not load it

    found: list[Item] = []

    def add(value: Any) -> None:
        if len(found) >= MOST:
            return
        if isinstance(value, float):
            found.append(float(value))
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            piece = value.ravel()[:MOST]
            found.extend((piece.real if value.dtype.kind == "c" else piece).astype(float).tolist())
        elif isinstance(value, complex | np.complexfloating):
            found.append(float(value.real))
        elif isinstance(value, bool | int | np.number | np.bool_):
            found.append(_number(value))
        elif value is None:
            found.append("None")
        elif isinstance(value, dict):
            for pair in value.items():
                add(pair)
        elif isinstance(value, Raised):
            found.append(value.name)
        elif isinstance(value, str):
            found.append(plain(value)[:40])
        elif isinstance(value, np.ndarray):
            add(value.ravel()[:MOST].tolist())
        elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
            for item in value:
                add(item)

    for answer in answers:
        add(answer)
    return tuple(found[:MOST])


def _number(value: Any) -> float:
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return math.inf


@dataclass(frozen=True)
class Raised:
    """Stands among answers for an exception of the student's code."""

    name: str


def fingerprint(work: Transcript, reference: Transcript, again: Transcript) -> Fingerprint | None:
    """Return what tells a mistake from the reference in a test cell, None where nothing does.

    Args:
        work: the mistake's.
        reference: the reference's.
        again: the reference's of a second run, with other random numbers.
    """
    if work.observed:
        seen = Fingerprint(0, _kept(work.observed), loose=True)
        return None if fits(Transcript(True, (), reference.observed[: len(work.observed)]), seen) else seen
    if len(reference.values) != len(again.values):
        return None
    random = {i for i, (a, b) in enumerate(zip(reference.values, again.values, strict=True)) if not _close(a, b)}
    pairs = enumerate(zip(work.values, reference.values, strict=False))
    at = next((i for i, (a, b) in pairs if i not in random and not _close(a, b)), None)
    if at is None:
        if len(work.values) <= len(reference.values):
            return None
        at = len(reference.values)
    first = max(0, at - BEFORE)
    kept = [ANY if first + i in random else x for i, x in enumerate(_kept(work.values[first : at + LENGTH]))]
    return Fingerprint(at, tuple(kept[at - first :]), tuple(kept[: at - first]))


def _kept(values: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(value if isinstance(value, str) else float(f"{value:.{_DIGITS}g}") for value in values)


def fits(work: Transcript, mistake: Fingerprint) -> bool:
    """Return whether a test cell of a student's says, within rounding, what it says of a known mistake."""
    if mistake.loose:
        return len(work.observed) == len(mistake.values) and all(
            _is_close(a, b, LOOSE) for a, b in zip(work.observed, mistake.values, strict=True)
        )
    wanted = (*mistake.before, *mistake.values)
    values = work.values[mistake.at - len(mistake.before) : mistake.at + len(mistake.values)]
    if len(values) < len(wanted):
        return False
    pairs = [(a, b) for a, b in zip(values, wanted, strict=True) if b != ANY]
    if all(_close(a, b) for a, b in pairs):
        return True
    decimals = _decimals(values)
    if decimals is None or len({value for value in values[len(mistake.before) :] if _tells(value)}) < _TELLING:
        return False
    room = 0.51 * 10.0**-decimals
    return all(a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) <= room for a, b in pairs)


def is_telling(mistake: Fingerprint) -> bool:
    """Return whether a fingerprint is more than a few numbers that come about by themselves, as 0, 1 or 1/2 do."""
    numbers = {value for value in mistake.values if isinstance(value, float) and math.isfinite(value)}
    return any(map(_tells, numbers)) or len(numbers) >= _MANY


def _tells(value: Item) -> bool:
    return isinstance(value, float) and math.isfinite(value) and not float(4 * value).is_integer()


def _decimals(values: Sequence[Item]) -> int | None:
    """Return how many decimals numbers were typed in with; None if they look computed."""
    most = 0
    for value in values:
        if isinstance(value, float) and math.isfinite(value):
            most = max(most, next((d for d in range(_TYPED.stop) if abs(value - round(value, d)) < 1e-9), 99))
    return most if most in _TYPED else None


def _close(a: Item, b: Item) -> bool:
    return _is_close(a, b, _CLOSE)


def _is_close(a: Item, b: Item, relative: float) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return abs(a - b) <= relative * max(abs(a), abs(b)) + _NEAR_ZERO
