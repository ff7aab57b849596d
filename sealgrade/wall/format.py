"""Values as bytes, and back, without trusting the bytes.

Theory of operation. What comes from the candidate was written by a student's process and may be anything. So the
format can say data only: there is no tag that names a class, a function or a module, and decoding calls nothing but
constructors of plain types. Each length is held against what is left of the message before anything is allocated, so
that memory is bounded by the size of the message (times a small factor: `MAX_NODES` bounds the number of objects).
Depth is bounded, so is the size of an integer, whose text takes quadratic time. Dictionaries and sets whose keys are
not text are bounded more closely: a student can choose numbers that all hash alike, but not texts, whose hashes are
salted with a secret. What the encoder lets through the decoder takes: both count alike.

What is not plain data does not cross. It is *referred to*, by a number: `MINE` is an object that lives with the
sender (with its type's name and what one can do with it, as bits), `YOURS` one that lives with the receiver.
"""

import re
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

MAX_NODES = 1_000_000
NODES_AROUND = 1000  # of these, for what is put around values that are encoded already
MAX_DEPTH = 100
MAX_INT_BYTES = 1700  # 4094 digits: Python does not print more than 4300
MAX_ODD_KEYS = 100_000  # keys that are not texts, and all that is in them
MAX_COLLISIONS = 1_000_000  # pairs of keys with one hash: a power of two has that of each 61st other one
MAX_ELEMENTS = 1 << 40  # of an array without any: its shape can claim everything else
MAX_NDIM = 32
MAX_NAME = 1000
MAX_REFERENCES = 100_000  # each becomes an object of half a kilobyte

DTYPE = re.compile(rb"[<>|=]([biufcmM]\d{1,2}(\[\d{0,6}[a-zA-Z]{1,2}\])?|[SU][1-9]\d{0,7})")
DECIMAL = re.compile(rb"-?(\d{1,200}(\.\d{1,200})?(E[+-]?\d{1,3})?|NaN|Infinity)")
KINDS = "biufcSUmM"
NUMBERS = (int, float, complex, Fraction, Decimal, np.number)
_KEYS = (int, float, complex, str, bytes, Fraction, Decimal, np.generic, type(None))

U32 = struct.Struct("<I")
I64 = struct.Struct("<q")
F64 = struct.Struct("<d")
C128 = struct.Struct("<dd")
REFERENCE = struct.Struct("<QQ")
DIMENSIONS = [struct.Struct(f"<{n}q") for n in range(MAX_NDIM + 1)]


class WallError(Exception):
    """The bytes are not a message."""


class TooLarge(Exception):  # noqa: N818 - not an error of the sender's: such a value is referred to instead
    """A value is plain, but too large or too deep to cross."""


class Reference(NamedTuple):
    """An object that lives with the sender of a message."""

    number: int
    abilities: int
    type_name: str


class NotPlain(Exception):  # noqa: N818
    """A value is not plain data."""


class Keys:
    """Counts the keys of one message that are not texts, and how much work it is to tell them apart."""

    def __init__(self) -> None:
        self._left = MAX_ODD_KEYS
        self._collisions = 0
        self._hashes: dict[int, int] = {}

    def take(self, key: Any) -> bool:
        """Return whether a key is plain data, and not one too many."""
        nodes = _nodes_of_key(key)
        self._left -= nodes
        if not nodes or self._left < 0:
            return False
        value = hash(key)
        alike = self._hashes.get(value, 0)
        self._hashes[value] = alike + 1
        self._collisions += alike
        return self._collisions <= MAX_COLLISIONS


def _nodes_of_key(key: Any) -> int:
    """Return how many values a key consists of; 0 if it is not plain."""
    if type(key) is tuple or type(key) is frozenset:
        parts = [_nodes_of_key(part) for part in key]
        return 1 + sum(parts) if all(parts) else 0
    return int(isinstance(key, _KEYS) and getattr(getattr(key, "dtype", None), "kind", "b") in KINDS)
