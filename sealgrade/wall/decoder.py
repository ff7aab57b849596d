"""Bytes as values, without trusting the bytes; see `format`."""

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from sealgrade.wall.arrays import mended, read_dtype, read_head, read_shape
from sealgrade.wall.format import (
    C128,
    DECIMAL,
    F64,
    I64,
    MAX_DEPTH,
    MAX_INT_BYTES,
    MAX_NAME,
    MAX_NODES,
    MAX_REFERENCES,
    NUMBERS,
    REFERENCE,
    U32,
    Keys,
    Reference,
    WallError,
)


class Decoder:
    """Turns bytes into values.

    Args:
        refer: makes something of a `Reference`, an object of the sender's.
        own: finds the receiver's own object of a number; raises `WallError` for a number that is none.
        writable: whether arrays can be written to.
    """

    def __init__(
        self,
        refer: Callable[[Reference], Any] | None = None,
        own: Callable[[int], Any] | None = None,
        writable: bool = False,
    ) -> None:
        self._refer = refer
        self._own = own
        self._writable = writable

    def decode(self, data: bytes, start: int = 0) -> Any:
        """Return the value that the bytes from `start` to the end say.

        Raises:
            WallError: they are not one value.
        """
        self._data = data
        self._at = start
        self._left = MAX_NODES
        self._references = 0
        self._keys = Keys()
        try:
            value = self._read(0)
        except (struct.error, ValueError, IndexError, UnicodeDecodeError, OverflowError, TypeError) as error:
            raise WallError(f"not a value: {error}") from None
        if self._at != len(data):
            raise WallError("there is more after the value")
        return value

    def _read(self, depth: int) -> Any:
        return self._read_items(1, depth)[0]

    def _read_items(self, count: int, depth: int) -> list[Any]:
        """Read so many values; what is there most often is read here, without a call for each, which takes longer."""
        self._left -= count
        if depth > MAX_DEPTH or self._left < 0:
            raise WallError("too deep, or too many values")
        data, at = self._data, self._at
        items: list[Any] = []
        for _ in range(count):
            tag = data[at]
            if tag == 102:  # f
                items.append(F64.unpack_from(data, at + 1)[0])
                at += 9
            elif tag == 105:  # i
                items.append(I64.unpack_from(data, at + 1)[0])
                at += 9
            elif tag == 115:  # s
                start = at + 5
                at = start + U32.unpack_from(data, at + 1)[0]
                if at > len(data):
                    raise WallError("a length reaches beyond the message")
                items.append(str(data[start:at], "utf-8", "replace"))  # half a surrogate pair fits into no file
            elif tag == 78:  # N
                items.append(None)
                at += 1
            else:
                self._at = at + 1
                read = _READ.get(tag)
                if read is None:
                    raise WallError(f"unknown tag {tag}")
                items.append(read(self, depth))
                at = self._at
        self._at = at
        return items

    def _read_true(self, depth: int) -> bool:
        return True

    def _read_false(self, depth: int) -> bool:
        return False

    def _read_tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self._read_items(self._length(), depth + 1))

    def _read_list(self, depth: int) -> list[Any]:
        return self._read_items(self._length(), depth + 1)

    def _length(self) -> int:
        """Read a length, of bytes or of values; every value takes at least one byte."""
        length: int = U32.unpack_from(self._data, self._at)[0]
        self._at += 4
        if length > len(self._data) - self._at:
            raise WallError("a length reaches beyond the message")
        return length

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise WallError("the message ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _read_dict(self, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        items = iter(self._read_items(2 * self._length(), depth + 1))
        for key, value in zip(items, items, strict=True):
            if type(key) is not str:
                self._check_key(key)
            if key in found:
                raise WallError("a key comes twice")
            found[key] = value
        return found

    def _read_set(self, depth: int) -> set[Any]:
        found: set[Any] = set()
        items = self._read_items(self._length(), depth + 1)
        for item in items:
            if type(item) is not str:
                self._check_key(item)
            found.add(item)
        if len(found) != len(items):
            raise WallError("an element of a set comes twice")
        return found

    def _check_key(self, key: Any) -> None:
        if not self._keys.take(key):
            raise WallError("not a key, or too many")

    def _read_frozenset(self, depth: int) -> frozenset[Any]:
        return frozenset(self._read_set(depth))

    def _read_bytes(self, depth: int) -> bytes:
        return bytes(self._take(self._length()))

    def _read_complex(self, depth: int) -> complex:
        return complex(*C128.unpack(self._take(16)))

    def _read_big_integer(self, depth: int) -> int:
        size = self._length()
        if size > MAX_INT_BYTES:
            raise WallError("an integer is too large")
        return int.from_bytes(self._take(size), "little", signed=True)

    def _read_decimal(self, depth: int) -> Decimal:
        text = self._take(self._length())
        if not DECIMAL.fullmatch(text):
            raise WallError("not a decimal number")
        return Decimal(text.decode())

    def _read_fraction(self, depth: int) -> Fraction:
        numerator, denominator = self._read_items(2, depth + 1)
        if type(numerator) is not int or type(denominator) is not int or denominator <= 0:
            raise WallError("not a fraction")
        return Fraction(numerator, denominator)

    def _read_slice(self, depth: int) -> slice:
        return slice(*self._read_items(3, depth + 1))

    def _read_range(self, depth: int) -> range:
        start, stop, step = self._read_items(3, depth + 1)
        if not type(start) is type(stop) is type(step) is int:
            raise WallError("not a range")
        found = range(start, stop, step)
        if len(found) > MAX_NODES:
            raise WallError("a range is too long")
        return found

    def _read_ellipsis(self, depth: int) -> Any:
        return Ellipsis

    def _read_scalar(self, depth: int) -> Any:
        dtype = read_dtype(self._take(1 + self._data[self._at])[1:])
        data = self._take(dtype.itemsize)
        if dtype.kind == "b":
            return np.bool_(data[0] != 0)
        return np.frombuffer(mended(data, dtype) if dtype.kind == "U" else data, dtype, 1)[0]

    def _read_array(self, depth: int) -> Any:
        data, at = self._data, self._at
        shape_at = at + 1 + data[at]
        start = shape_at + 1 + 8 * data[shape_at]
        dtype, shape, size = read_head(data[at:start])
        if size > len(data) - start:
            raise WallError("the message ends too early")
        self._at = start + size
        if dtype.kind == "U" and size:
            values = np.ndarray(shape, dtype, mended(data[start : start + size], dtype)).copy()
        elif dtype.kind == "b":
            # A byte other than 0 and 1 in an array of bools is true and false at once.
            values = np.ndarray(shape, np.uint8, data, start).astype(bool)
        elif size:
            values = np.ndarray(shape, dtype, data, start).copy()
        else:
            values = np.zeros(shape, dtype)
        if not self._writable:
            values.flags.writeable = False
        return values

    def _read_objects(self, depth: int) -> Any:
        start = self._at + 1 + 8 * self._data[self._at]
        shape = read_shape(self._data[self._at : start])
        self._at = start
        size = math.prod(shape)
        if size > len(self._data) - start:
            raise WallError("an array reaches beyond the message")
        items = self._read_items(size, depth + 1)
        values = np.empty(size, object)
        for index, item in enumerate(items):
            if not isinstance(item, NUMBERS):
                raise WallError("an array holds what is no number")
            values[index] = item
        values = values.reshape(shape)
        if not self._writable:
            values.flags.writeable = False
        return values

    def _read_mine(self, depth: int) -> Any:
        number, abilities = REFERENCE.unpack(self._take(16))
        name = str(self._take(self._length()), "utf-8", "replace")[:MAX_NAME]
        if self._refer is None:
            raise WallError("an object where data are asked for")
        self._references += 1
        if number >> 63 or self._references > MAX_REFERENCES:
            raise WallError("a number that no object has, or too many")
        return self._refer(Reference(number, abilities, name))

    def _read_yours(self, depth: int) -> Any:
        (number,) = I64.unpack(self._take(8))
        if self._own is None:
            raise WallError("an object where data are asked for")
        return self._own(number)


_READ: dict[int, Callable[[Decoder, int], Any]] = {
    ord("T"): Decoder._read_true,
    ord("F"): Decoder._read_false,
    ord("t"): Decoder._read_tuple,
    ord("l"): Decoder._read_list,
    ord("d"): Decoder._read_dict,
    ord("a"): Decoder._read_array,
    ord("n"): Decoder._read_scalar,
    ord("b"): Decoder._read_bytes,
    ord("c"): Decoder._read_complex,
    ord("I"): Decoder._read_big_integer,
    ord("D"): Decoder._read_decimal,
    ord("Q"): Decoder._read_fraction,
    ord("S"): Decoder._read_set,
    ord("Z"): Decoder._read_frozenset,
    ord("O"): Decoder._read_objects,
    ord("X"): Decoder._read_slice,
    ord("r"): Decoder._read_range,
    ord("E"): Decoder._read_ellipsis,
    ord("M"): Decoder._read_mine,
    ord("Y"): Decoder._read_yours,
}
