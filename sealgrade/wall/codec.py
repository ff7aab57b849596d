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

import math
import re
import struct
from array import array
from collections import deque
from collections.abc import Callable, ItemsView, KeysView, ValuesView
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

MAX_NODES = 1_000_000
_NODES_AROUND = 1000  # of these, for what is put around values that are encoded already
MAX_DEPTH = 100
MAX_INT_BYTES = 1700  # 4094 digits: Python does not print more than 4300
MAX_ODD_KEYS = 100_000  # keys that are not texts, and all that is in them
MAX_COLLISIONS = 1_000_000  # pairs of keys with one hash: a power of two has that of each 61st other one
MAX_ELEMENTS = 1 << 40  # of an array without any: its shape can claim everything else
MAX_NDIM = 32
MAX_NAME = 1000
MAX_REFERENCES = 100_000  # each becomes an object of half a kilobyte

_DTYPE = re.compile(rb"[<>|=]([biufcmM]\d{1,2}(\[\d{0,6}[a-zA-Z]{1,2}\])?|[SU][1-9]\d{0,7})")
_DECIMAL = re.compile(rb"-?(\d{1,200}(\.\d{1,200})?(E[+-]?\d{1,3})?|NaN|Infinity)")
_KINDS = "biufcSUmM"
_SEQUENCES = (deque, KeysView, ValuesView, ItemsView, array)
_NUMBERS = (int, float, complex, Fraction, Decimal, np.number)
_KEYS = (int, float, complex, str, bytes, Fraction, Decimal, np.generic, type(None))

_u32 = struct.Struct("<I")
_i64 = struct.Struct("<q")
_f64 = struct.Struct("<d")
_c128 = struct.Struct("<dd")
_reference = struct.Struct("<QQ")
_dimensions = [struct.Struct(f"<{n}q") for n in range(MAX_NDIM + 1)]


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
        self._nodes = self._references = 0
        self._keys = _Keys()
        out: list[bytes] = []
        self._write(value, out, 0)
        # The values of a dict, numbers and the like are not counted one by one while they are written.
        if self._nodes > MAX_NODES - _NODES_AROUND or sum(map(len, out)) > 3 * self._limit // 2:
            raise TooLarge
        return b"".join(out)

    def _write(self, value: Any, out: list[bytes], depth: int) -> None:
        kind = type(value)
        self._nodes += 1
        if kind is np.ndarray:
            self._write_array(value, out)
        elif kind is float:
            out.append(b"f" + _f64.pack(value))
        elif kind is int:
            out.append(_integer(value))
        elif kind is str:
            data = value.encode("utf-8", "surrogatepass")
            self._grow(len(data))
            out.append(b"s" + _u32.pack(len(data)) + data)
        elif value is None:
            out.append(b"N")
        elif kind is bool:
            out.append(b"T" if value else b"F")
        elif kind is tuple or kind is list:
            self._check(depth, len(value))
            out.append((b"t" if kind is tuple else b"l") + _u32.pack(len(value)))
            for item in value:
                self._write(item, out, depth + 1)
        elif kind is dict and self._has_plain_keys(value):
            self._check(depth, len(value))
            out.append(b"d" + _u32.pack(len(value)))
            for key, item in value.items():
                self._write(key, out, depth + 1)
                self._write(item, out, depth + 1)
        else:
            self._write_rare(value, out, depth)

    def _write_rare(self, value: Any, out: list[bytes], depth: int) -> None:
        """Write what is seldom sent: numpy's scalars, bytes, sets, and subclasses of plain types as their base."""
        if isinstance(value, np.generic):
            if value.dtype.kind not in _KINDS:
                out.append(self._refer_to(value))
                return
            value = np.asarray(value)  # the empty text as a scalar has no width, as an array it has
            self._grow(value.itemsize)
            out.append(b"n" + _dtype_bytes(value.dtype) + value.tobytes())
        elif isinstance(value, np.ndarray):
            self._write_array(np.asarray(value).view(np.ndarray), out)
        elif isinstance(value, bytes | bytearray):
            self._grow(len(value))
            out.append(b"b" + _u32.pack(len(value)) + bytes(value))
        elif isinstance(value, complex):
            out.append(b"c" + _c128.pack(value.real, value.imag))
        elif isinstance(value, Decimal):
            text = str(value).encode()
            if not _DECIMAL.fullmatch(text):
                raise TooLarge
            out.append(b"D" + _u32.pack(len(text)) + text)
        elif isinstance(value, Fraction):
            self._check(depth, 2)
            out.append(b"Q" + _integer(int(value.numerator)) + _integer(int(value.denominator)))
        elif type(value) is range and not value[MAX_NODES:]:
            self._check(depth, 3)
            out.append(b"r")
            for part in (value.start, value.stop, value.step):
                self._write(part, out, depth + 1)
        elif isinstance(value, _SEQUENCES):
            self._write(list(value), out, depth)
        elif type(value) is slice:
            self._check(depth, 3)
            out.append(b"X")
            for part in (value.start, value.stop, value.step):
                self._write(part, out, depth + 1)
        elif value is Ellipsis:
            out.append(b"E")
        elif isinstance(value, set | frozenset) and self._has_plain_keys(value):
            self._check(depth, len(value))
            tag = b"S" if isinstance(value, set) else b"Z"
            out.append(tag + _u32.pack(len(value)))
            for item in value:
                self._write(item, out, depth + 1)
        else:
            for base in (float, int, str, tuple, list, dict):
                if isinstance(value, base) and type(value) is not base:
                    self._write(_as_base(base, value), out, depth)
                    return
            out.append(self._refer_to(value))

    def _write_array(self, value: Any, out: list[bytes]) -> None:
        if value.dtype.kind == "O" and _holds_scalars(value):
            self._check(0, value.size)
            out.append(b"O" + _shape_bytes(value.shape))
            for item in value.flat:
                self._write(item, out, MAX_DEPTH - 1)
        elif value.dtype.kind not in _KINDS:
            out.append(self._refer_to(value))
        else:
            # The size of a strided view can be anything, whatever memory is behind it.
            self._grow(value.size * max(4, value.itemsize))
            if not value.itemsize:
                value = value.astype(f"{value.dtype.kind}1")
            out.append(b"a" + _dtype_bytes(value.dtype) + _shape_bytes(value.shape) + value.tobytes())

    def _refer_to(self, value: Any) -> bytes:
        self._references += 1
        if self._references > MAX_REFERENCES:
            raise TooLarge
        return self._refer(value)

    def _has_plain_keys(self, keys: Any) -> bool:
        return all(type(key) is str or self._keys.take(key) for key in keys)

    def _check(self, depth: int, length: int) -> None:
        if depth >= MAX_DEPTH or self._nodes + length > MAX_NODES:
            raise TooLarge
        self._grow(5 + length)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise TooLarge


def joined(parts: list[bytes]) -> bytes:
    """Return the bytes of a list of values that are encoded already."""
    return b"l" + _u32.pack(len(parts)) + b"".join(parts)


def mine(number: int, abilities: int, type_name: str) -> bytes:
    """Return the bytes that refer to an object of the sender's."""
    name = type_name.encode("utf-8", "replace")[:MAX_NAME]
    return b"M" + _reference.pack(number, abilities) + _u32.pack(len(name)) + name


def yours(number: int) -> bytes:
    """Return the bytes that refer to an object of the receiver's."""
    return b"Y" + _i64.pack(number)


def _integer(value: int) -> bytes:
    if -(1 << 63) <= value < 1 << 63:
        return b"i" + _i64.pack(value)
    size = value.bit_length() // 8 + 1
    if size > MAX_INT_BYTES:
        raise TooLarge
    return b"I" + _u32.pack(size) + value.to_bytes(size, "little", signed=True)


class _Keys:
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
    return int(isinstance(key, _KEYS) and getattr(getattr(key, "dtype", None), "kind", "b") in _KINDS)


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
    return all(isinstance(item, _NUMBERS) for item in values.flat)


def _dtype_bytes(dtype: Any) -> bytes:
    text = str(dtype.str).encode()
    if dtype.itemsize and not _DTYPE.fullmatch(text):
        raise TooLarge
    return bytes([len(text)]) + text


def _shape_bytes(shape: tuple[int, ...]) -> bytes:
    if len(shape) > MAX_NDIM:
        raise TooLarge
    return bytes([len(shape)]) + _dimensions[len(shape)].pack(*shape)


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
        self._keys = _Keys()
        try:
            value = self._read(0)
        except (struct.error, ValueError, IndexError, UnicodeDecodeError, OverflowError, TypeError) as error:
            raise WallError(f"not a value: {error}") from None
        if self._at != len(data):
            raise WallError("there is more after the value")
        return value

    def _read(self, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise WallError("too deep, or too many values")
        data, at = self._data, self._at
        tag = data[at]
        self._at = at + 1
        if tag == 102:  # f
            self._at = at + 9
            return _f64.unpack_from(data, at + 1)[0]
        if tag == 105:  # i
            self._at = at + 9
            return _i64.unpack_from(data, at + 1)[0]
        if tag == 97:  # a
            return self._read_array()
        if tag == 115:  # s
            return str(self._take(self._length()), "utf-8", "replace")  # half a surrogate pair fits into no file
        if tag == 78:  # N
            return None
        if tag == 84:  # T
            return True
        if tag == 70:  # F
            return False
        if tag == 116:  # t
            return tuple([self._read(depth + 1) for _ in range(self._length())])
        if tag == 108:  # l
            return [self._read(depth + 1) for _ in range(self._length())]
        if tag == 100:  # d
            return self._read_dict(depth)
        rare = _RARE.get(tag)
        if rare is None:
            raise WallError(f"unknown tag {tag}")
        return rare(self, depth)

    def _length(self) -> int:
        """Read a length, of bytes or of values; every value takes at least one byte."""
        length: int = _u32.unpack_from(self._data, self._at)[0]
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
        for _ in range(self._length()):
            key = self._read(depth + 1)
            if type(key) is not str:
                self._check_key(key)
            if key in found:
                raise WallError("a key comes twice")
            found[key] = self._read(depth + 1)
        return found

    def _read_set(self, depth: int) -> set[Any]:
        found: set[Any] = set()
        length = self._length()
        for _ in range(length):
            item = self._read(depth + 1)
            if type(item) is not str:
                self._check_key(item)
            found.add(item)
        if len(found) != length:
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
        return complex(*_c128.unpack(self._take(16)))

    def _read_big_integer(self, depth: int) -> int:
        size = self._length()
        if size > MAX_INT_BYTES:
            raise WallError("an integer is too large")
        return int.from_bytes(self._take(size), "little", signed=True)

    def _read_decimal(self, depth: int) -> Decimal:
        text = self._take(self._length())
        if not _DECIMAL.fullmatch(text):
            raise WallError("not a decimal number")
        return Decimal(text.decode())

    def _read_fraction(self, depth: int) -> Fraction:
        numerator, denominator = self._read(depth + 1), self._read(depth + 1)
        if type(numerator) is not int or type(denominator) is not int or denominator <= 0:
            raise WallError("not a fraction")
        return Fraction(numerator, denominator)

    def _read_slice(self, depth: int) -> slice:
        return slice(self._read(depth + 1), self._read(depth + 1), self._read(depth + 1))

    def _read_range(self, depth: int) -> range:
        start, stop, step = self._read(depth + 1), self._read(depth + 1), self._read(depth + 1)
        if not type(start) is type(stop) is type(step) is int:
            raise WallError("not a range")
        found = range(start, stop, step)
        if len(found) > MAX_NODES:
            raise WallError("a range is too long")
        return found

    def _read_ellipsis(self, depth: int) -> Any:
        return Ellipsis

    def _read_scalar(self, depth: int) -> Any:
        dtype = self._dtype()
        data = self._take(dtype.itemsize)
        if dtype.kind == "b":
            return np.bool_(data[0] != 0)
        return np.frombuffer(_text(data, dtype) if dtype.kind == "U" else data, dtype, 1)[0]

    def _read_array(self) -> Any:
        dtype, shape = self._dtype(), self._shape()
        size = math.prod(shape) * dtype.itemsize
        if size:
            data = self._take(size)
            if dtype.kind == "U":
                data = _text(data, dtype)
            # A byte other than 0 and 1 in an array of bools is true and false at once.
            values = np.frombuffer(data, np.uint8 if dtype.kind == "b" else dtype).reshape(shape).astype(dtype)
        else:
            values = np.zeros(shape, dtype)
        if not self._writable:
            values.flags.writeable = False
        return values

    def _read_objects(self, depth: int) -> Any:
        shape = self._shape()
        size = math.prod(shape)
        if size > len(self._data) - self._at:
            raise WallError("an array reaches beyond the message")
        values = np.empty(size, object)
        for index in range(size):
            item = self._read(MAX_DEPTH - 1)
            if not isinstance(item, _NUMBERS):
                raise WallError("an array holds what is no number")
            values[index] = item
        values = values.reshape(shape)
        if not self._writable:
            values.flags.writeable = False
        return values

    def _dtype(self) -> Any:
        text = self._take(self._take(1)[0])
        known = _DTYPES.get(text)
        if known is not None:
            return known
        if not _DTYPE.fullmatch(text):
            raise WallError("not a dtype of plain data")
        dtype = np.dtype(text.decode())
        if len(_DTYPES) < 1000:
            _DTYPES[bytes(text)] = dtype
        return dtype

    def _shape(self) -> tuple[int, ...]:
        ndim = self._take(1)[0]
        if ndim > MAX_NDIM:
            raise WallError("an array has too many dimensions")
        shape = _dimensions[ndim].unpack(self._take(8 * ndim))
        if any(n < 0 for n in shape) or math.prod(n or 1 for n in shape) > MAX_ELEMENTS:
            raise WallError("an array has an impossible shape")
        return shape

    def _read_mine(self, depth: int) -> Any:
        number, abilities = _reference.unpack(self._take(16))
        name = str(self._take(self._length()), "utf-8", "replace")[:MAX_NAME]
        if self._refer is None:
            raise WallError("an object where data are asked for")
        self._references += 1
        if number >> 63 or self._references > MAX_REFERENCES:
            raise WallError("a number that no object has, or too many")
        return self._refer(Reference(number, abilities, name))

    def _read_yours(self, depth: int) -> Any:
        (number,) = _i64.unpack(self._take(8))
        if self._own is None:
            raise WallError("an object where data are asked for")
        return self._own(number)


def _text(data: bytes, dtype: Any) -> bytes:
    """Replace what is no character, as in other texts: numpy takes each number for one."""
    codes = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder))
    wrong = (codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))
    if not wrong.any():
        return data
    codes = codes.copy()
    codes[wrong] = 0xFFFD
    return codes.tobytes()


_DTYPES: dict[bytes, Any] = {}
_RARE: dict[int, Callable[[Decoder, int], Any]] = {
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
