"""Values as bytes; see `format`."""

from array import array
from collections import deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, ValuesView
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from sealgrade.wall.arrays import dtype_bytes, head_of, shape_bytes
from sealgrade.wall.format import (
    C128,
    DECIMAL,
    F64,
    I64,
    KINDS,
    MAX_DEPTH,
    MAX_INT_BYTES,
    MAX_NAME,
    MAX_NODES,
    MAX_REFERENCES,
    NODES_AROUND,
    NUMBERS,
    REFERENCE,
    U32,
    Keys,
    NotPlain,
    TooLarge,
)

_OBJECTS: set[type] = set()  # types whose objects are no data, as has been found out before
_MOST_OBJECTS = 1000
_SEQUENCES = (deque, KeysView, ValuesView, ItemsView, array)
_SHORT = 30  # characters of a text that is kept as bytes: names of attributes and the like come again and again


def _refuse(value: Any) -> bytes:
    raise NotPlain(type(value).__name__)


class Encoder:
    """Turns values into bytes.

    Args:
        refer: what to do with a value that is not plain: return the bytes of `mine` or `yours`, or raise `NotPlain`.
        limit: the most bytes that one value may take.
    """

    def __init__(self, refer: Callable[[Any], bytes] = _refuse, limit: int = 1 << 25) -> None:
        self._refer = refer
        self._limit = limit

    def encode(self, value: Any) -> bytes:
        """Return the bytes of a value.

        Raises:
            NotPlain: it is not plain data, and `refer` does not take it.
            TooLarge: it is too large or too deep.
        """
        self._size = 0
        self._nodes, self._references = 1, 0
        self._keys = Keys()
        out: list[bytes] = []
        self._write(value, out, 0)
        # The bytes of numbers and the like are not counted one by one while they are written.
        if self._nodes > MAX_NODES - NODES_AROUND or sum(map(len, out)) > 3 * self._limit // 2:
            raise TooLarge
        return b"".join(out)

    def share(self) -> float:
        """Return how much of what one message may hold the value took that was encoded last, its bytes aside."""
        return max(self._nodes / MAX_NODES, self._references / MAX_REFERENCES)

    def _write(self, value: Any, out: list[bytes], depth: int) -> None:
        self._write_items((value,), out, depth)

    def _write_items(self, items: Iterable[Any], out: list[bytes], depth: int) -> None:
        """Write values; what there is most often is written here, without a call for each, which takes longer."""
        for value in items:
            kind = type(value)
            simple = _SIMPLE.get(kind)
            if simple is not None:
                out.append(simple(value))
            elif kind is str:
                self._write_text(value, out)
            elif kind is np.ndarray:
                self._write_array(value, out, depth)
            elif kind is tuple or kind is list:
                self._count(depth, len(value))
                out.append((b"t" if kind is tuple else b"l") + U32.pack(len(value)))
                self._write_items(value, out, depth + 1)
            elif kind is dict and self._has_plain_keys(value):
                self._count(depth, 2 * len(value))
                out.append(b"d" + U32.pack(len(value)))
                self._write_items(chain.from_iterable(value.items()), out, depth + 1)
            else:
                self._write_rare(value, out, depth)

    def _write_text(self, text: str, out: list[bytes]) -> None:
        data = _short_text(text) if len(text) <= _SHORT else _text(text)
        self._grow(len(data) - 5)  # without its head
        out.append(data)

    def _write_rare(self, value: Any, out: list[bytes], depth: int) -> None:
        """Write what is seldom sent: numpy's scalars, bytes, sets, and subclasses of plain types as their base."""
        if type(value) in _OBJECTS:
            out.append(self._refer_to(value))
        elif isinstance(value, np.generic):
            if value.dtype.kind not in KINDS:
                out.append(self._refer_to(value))
                return
            value = np.asarray(value)  # the empty text as a scalar has no width, as an array it has
            self._grow(value.itemsize)
            out.append(b"n" + dtype_bytes(value.dtype) + value.tobytes())
        elif isinstance(value, np.ndarray):
            self._write_array(np.asarray(value).view(np.ndarray), out, depth)
        elif isinstance(value, bytes | bytearray):
            self._grow(len(value))
            out.append(b"b" + U32.pack(len(value)) + bytes(value))
        elif isinstance(value, complex):
            out.append(b"c" + C128.pack(value.real, value.imag))
        elif isinstance(value, Decimal):
            text = str(value).encode()
            if not DECIMAL.fullmatch(text):
                raise TooLarge
            out.append(b"D" + U32.pack(len(text)) + text)
        elif isinstance(value, Fraction):
            self._count(depth, 2)
            out.append(b"Q" + _integer(int(value.numerator)) + _integer(int(value.denominator)))
        elif type(value) is range and not value[MAX_NODES:]:
            self._count(depth, 3)
            out.append(b"r")
            self._write_items((value.start, value.stop, value.step), out, depth + 1)
        elif isinstance(value, _SEQUENCES):
            self._write(list(value), out, depth)
        elif type(value) is slice:
            self._count(depth, 3)
            out.append(b"X")
            self._write_items((value.start, value.stop, value.step), out, depth + 1)
        elif value is Ellipsis:
            out.append(b"E")
        elif isinstance(value, set | frozenset) and self._has_plain_keys(value):
            self._count(depth, len(value))
            tag = b"S" if isinstance(value, set) else b"Z"
            out.append(tag + U32.pack(len(value)))
            self._write_items(value, out, depth + 1)
        else:
            for base in (float, int, str, tuple, list, dict):
                if isinstance(value, base) and type(value) is not base:
                    self._write(_as_base(base, value), out, depth)
                    return
            if len(_OBJECTS) < _MOST_OBJECTS and not isinstance(value, set | frozenset | range):
                _OBJECTS.add(type(value))
            out.append(self._refer_to(value))

    def _write_array(self, value: Any, out: list[bytes], depth: int) -> None:
        kind = value.dtype.kind
        if kind in KINDS:
            # The size of a strided view can be anything, whatever memory is behind it.
            self._grow(value.size * max(4, value.itemsize))
            if not value.itemsize:
                value = value.astype(f"{kind}1")
            out.append(head_of(value.dtype, value.shape) + value.tobytes())
        elif kind == "O" and _holds_scalars(value):
            self._count(depth, value.size)
            out.append(b"O" + shape_bytes(value.shape))
            self._write_items(value.flat, out, depth + 1)
        else:
            out.append(self._refer_to(value))

    def _refer_to(self, value: Any) -> bytes:
        self._references += 1
        if self._references > MAX_REFERENCES:
            raise TooLarge
        return self._refer(value)

    def _has_plain_keys(self, keys: Any) -> bool:
        return all(type(key) is str or self._keys.take(key) for key in keys)

    def _count(self, depth: int, length: int) -> None:
        """Take note of so many values in another one."""
        self._nodes += length
        if depth >= MAX_DEPTH or self._nodes > MAX_NODES:
            raise TooLarge
        self._grow(5 + length)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise TooLarge


def joined(parts: list[bytes]) -> bytes:
    """Return the bytes of a list of values that are encoded already."""
    return b"l" + U32.pack(len(parts)) + b"".join(parts)


def mine(number: int, abilities: int, type_name: str) -> bytes:
    """Return the bytes that refer to an object of the sender's."""
    name = type_name.encode("utf-8", "replace")[:MAX_NAME]
    return b"M" + REFERENCE.pack(number, abilities) + U32.pack(len(name)) + name


def yours(number: int) -> bytes:
    """Return the bytes that refer to an object of the receiver's."""
    return b"Y" + I64.pack(number)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"s" + U32.pack(len(data)) + data


_short_text = lru_cache(1000)(_text)


def _integer(value: int) -> bytes:
    if -(1 << 63) <= value < 1 << 63:
        return b"i" + I64.pack(value)
    size = value.bit_length() // 8 + 1
    if size > MAX_INT_BYTES:
        raise TooLarge
    return b"I" + U32.pack(size) + value.to_bytes(size, "little", signed=True)


# What is written without a look at anything else.
_SIMPLE: dict[type, Callable[[Any], bytes]] = {
    float: lambda value: b"f" + F64.pack(value),
    int: _integer,
    bool: lambda value: b"T" if value else b"F",
    type(None): lambda value: b"N",
}


def _as_base(base: type, value: Any) -> Any:
    # The base's own methods, whatever the subclass makes of them.
    if base is float:
        return float.__float__(value)
    if base is int:
        return int.__int__(value)
    if base is str:
        return str.__str__(value)
    if base is dict:
        return dict(dict.items(value))
    return base(base.__iter__(value))  # type: ignore[attr-defined]


def _holds_scalars(values: Any) -> bool:
    return all(isinstance(item, NUMBERS) for item in values.flat)
