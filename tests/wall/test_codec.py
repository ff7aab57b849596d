"""What is plain arrives as it was; what is not a message is refused, cheaply."""

import math
import random
import time
import tracemalloc
from array import array
from collections import OrderedDict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sealgrade.wall import format as wire
from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder, mine, yours
from sealgrade.wall.format import NotPlain, TooLarge, WallError

from . import fuzz

few = settings(max_examples=60, deadline=None, derandomize=True, database=None)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.integers() | st.integers(-(2**4000), 2**4000)
decimals = st.decimals(-(10**50), 10**50, places=5) | st.sampled_from([Decimal("Infinity"), Decimal("1E-30")])
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False) | text | st.binary(max_size=8)
numbers = scalars | st.complex_numbers(allow_nan=False) | st.fractions() | decimals
keys = st.recursive(numbers, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=2), max_leaves=3)
steps = st.none() | st.integers(-5, 5)
odd = (
    st.just(...)
    | st.builds(slice, steps, steps, steps)
    | st.builds(range, st.integers(-5, 5), st.integers(-9, 9), st.integers(1, 3))
)
values = st.recursive(
    numbers | odd | st.sets(keys, max_size=3) | st.frozensets(keys, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)
dtypes = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="?"),
    npst.unsigned_integer_dtypes(endianness="?"),
    npst.floating_dtypes(endianness="?"),
    npst.complex_number_dtypes(endianness="?"),
    npst.datetime64_dtypes(endianness="?"),
    npst.timedelta64_dtypes(endianness="?"),
    npst.byte_string_dtypes(max_len=5),
)
shapes = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def there_and_back(value: Any) -> Any:
    return Decoder().decode(Encoder().encode(value))


def frame_of(shape: tuple[int, ...], dtype: bytes = b"<f8", tag: bytes = b"a") -> bytes:
    sizes = b"".join(n.to_bytes(8, "little", signed=True) for n in shape)
    kind = bytes([len(dtype)]) + dtype if tag == b"a" else b""
    return tag + kind + bytes([len(shape)]) + sizes


def counted(tag: bytes, length: int) -> bytes:
    return tag + length.to_bytes(4, "little")


@few
@given(values)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


@few
@given(st.lists(values, max_size=3))
def test_the_kinds_of_nested_values_come_back_too(value: Any) -> None:
    assert repr(there_and_back(value)) == repr(value) or "{" in repr(value)  # the order in a set is nobody's


@few
@given(npst.arrays(dtypes, shapes))
def test_arrays_of_every_kind_shape_and_byte_order_come_back(value: Any) -> None:
    back = there_and_back(value)
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    assert back.tobytes() == value.tobytes()


@few
@given(dtypes.flatmap(lambda dtype: npst.arrays(dtype, ())))
def test_scalars_of_numpy_come_back(value: Any) -> None:
    back = there_and_back(value[()])
    assert type(back) is type(value[()])
    assert back.tobytes() == value[()].tobytes()


@pytest.mark.parametrize(
    "value",
    [
        np.array(["ab", "", "é"]),
        np.array(["x"], ">U3"),
        np.array(["a" * 20_000]),
        np.array([Fraction(1, 2), 3, 0.5, Decimal(2), 1j], object),
        np.array(Fraction(1, 2), object),
        np.zeros((0, 2), object),
        np.zeros((2, 0, 3)),
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12)[::-2],
        np.longdouble(1) / 3,
        np.array([1], "m8[25s]"),
    ],
)
def test_rare_arrays_come_back(value: Any) -> None:
    back = there_and_back(value)
    assert back.dtype == value.dtype
    assert np.array_equal(back, value)


@pytest.mark.parametrize(
    "value", [np.str_(""), np.bytes_(b""), np.str_("ab"), np.array(["", ""], "U0"), np.zeros(2, "S0")]
)
def test_empty_texts_of_numpy_come_back(value: Any) -> None:
    assert np.array_equal(there_and_back(value), value)


@pytest.mark.parametrize("value", [math.nan, Decimal("NaN"), np.float32("nan"), complex(math.nan, 1)])
def test_not_a_number_stays_not_a_number(value: Any) -> None:
    back = there_and_back(value)
    assert type(back) is type(value)
    assert back != back


class _Float(float):
    def __float__(self) -> float:
        return 4.0

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


class _Int(int):
    def __int__(self) -> int:
        return 4

    __index__ = __int__


class _Str(str):
    def __str__(self) -> str:
        return "lie"


class _List(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter([4])


class _Array(np.ndarray):
    def __eq__(self, other: object) -> Any:
        return True


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (_Float(3), 3.0),
        (_Int(3), 3),
        (_Str("a"), "a"),
        (_List([3]), [3]),
        (OrderedDict(a=1), {"a": 1}),
        (namedtuple("P", "x y")(1, 2), (1, 2)),
        (bytearray(b"x"), b"x"),
        (deque([1]), [1]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.items(), [("a", 1)]),
        (array("d", [0.5]), [0.5]),
    ],
)
def test_a_subclass_arrives_as_the_plain_value_whatever_its_methods_say(value: Any, plain: Any) -> None:
    back = there_and_back(value)
    assert type(back) is type(plain)
    assert back == plain


def test_a_subclass_of_an_array_arrives_as_an_array() -> None:
    for value in (np.zeros(2).view(_Array), np.ma.array([0.0, 1.0])):
        assert type(there_and_back(value)) is np.ndarray


@pytest.mark.parametrize("value", [np.arange(3.0), np.array(1), np.zeros(0), np.array([1, Fraction(1)], object)])
def test_arrays_are_read_only_unless_they_are_to_be_written(value: Any) -> None:
    body = Encoder().encode(value)
    assert not Decoder().decode(body).flags.writeable
    assert Decoder(writable=True).decode(body).flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        *(print, object(), {1: print}, np.array([None]), np.zeros(1, "V3"), np.zeros(1, "i4,f8")),
        np.array(["a"], np.dtypes.StringDType(na_object=[])),  # a dtype without a hash
    ],
)
def test_what_is_not_plain_does_not_cross(value: Any) -> None:
    with pytest.raises(NotPlain):
        Encoder().encode(value)


def _nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = [leaf]
    return leaf


@pytest.mark.parametrize(
    "value",
    [
        _nested(101, 0),
        _nested(100, Fraction(1)),
        _nested(100, slice(1)),
        _nested(100, range(3)),
        1 << 8 * wire.MAX_INT_BYTES,
        dict.fromkeys(map(str, range(600_000)), 0),
        [Decimal("1." + "1" * 150)] * 400_000,
        [1 << 8000] * 60_000,
        np.broadcast_to(np.zeros(1), (10**5, 10**5)),
        np.lib.stride_tricks.as_strided(np.zeros(1), (10**5, 10**5), (0, 0)),
        np.broadcast_to(np.zeros(1, [("text", "U0"), ("number", "i4")])["text"], (1 << 40,)),
        Decimal("1E+5000"),
        np.array([0], "M8[1000000s]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_large_is_not_sent(value: Any) -> None:
    with pytest.raises(TooLarge):
        Encoder().encode(value)


@pytest.mark.parametrize(
    "value", [_nested(100, 0), _nested(99, Fraction(1)), _nested(99, slice(1)), _nested(99, range(3))]
)
def test_what_is_just_not_too_deep_comes_back(value: Any) -> None:
    assert there_and_back(value) == value


def test_a_range_without_end_is_not_plain() -> None:
    for value in (range(10**20), range(10**9)):
        with pytest.raises(NotPlain):
            Encoder().encode(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"?",
        b"N" + b"N",
        b"f123",
        counted(b"l", 3) + b"NN",
        counted(b"l", 2**32 - 1),
        counted(b"s", 5) + b"abc",
        counted(b"b", 2**31),
        counted(b"l", 1) * 102 + b"N",
        counted(b"I", wire.MAX_INT_BYTES + 1) + bytes(wire.MAX_INT_BYTES + 1),
        b"Q" + Encoder().encode(1) + Encoder().encode(0),
        b"Q" + Encoder().encode(1.5) + Encoder().encode(2),
        counted(b"D", 4) + b"sNaN",
        counted(b"D", 7) + b"1E99999",
        b"r" + Encoder().encode(0) + Encoder().encode(10**9) + Encoder().encode(1),
        b"r" + Encoder().encode(0) + Encoder().encode(5) + Encoder().encode(0),
        b"r" + Encoder().encode(True) + Encoder().encode(5) + Encoder().encode(1),
        counted(b"d", 2) + (Encoder().encode("a") + b"N") * 2,
        counted(b"d", 2) + Encoder().encode(1) + b"N" + Encoder().encode(1.0) + b"N",
        counted(b"d", 1) + counted(b"l", 0) + b"N",
        counted(b"S", 2) + Encoder().encode(1) * 2,
        counted(b"S", 1) + frame_of((1,)) + bytes(8),
        counted(b"S", 1) + counted(b"t", 1) + counted(b"l", 0),
    ],
)
def test_what_is_not_a_value_is_refused(body: bytes) -> None:
    with pytest.raises(WallError):
        Decoder().decode(body)


@pytest.mark.parametrize(
    "body",
    [
        frame_of((3,)) + bytes(23),
        frame_of((2**62, 4)),
        frame_of((-1,)) + bytes(8),
        frame_of((2**40,), b"<U0"),
        frame_of((0, 2**41)),
        frame_of((1,) * 33) + bytes(8),
        frame_of((2**32, 2**32, 0)),
        frame_of((2**30,), b"", b"O"),
        frame_of((1,), b"", b"O") + b"N",
        b"O\0" * 2000 + b"N",  # of arrays of arrays
        *(
            frame_of((1,), dtype) + bytes(64)
            for dtype in (b"|O", b"|V8", b"<i4,f8", b"O8", b"object", b"<f3", b"<M8[x]")
        ),
        *(frame_of((0,), dtype) for dtype in (b"|O", b"|O8", b"|V0", b"<U0", b"<f8[s]", b"{'names'}", b"")),
    ],
)
def test_an_array_that_lies_of_itself_is_refused(body: bytes) -> None:
    with pytest.raises(WallError):
        Decoder().decode(body)


def test_the_bytes_of_a_bool_can_say_only_true_or_false() -> None:
    values = Decoder().decode(frame_of((3,), b"|b1") + bytes([0, 2, 255]))
    assert values.tobytes() == bytes([0, 1, 1])
    assert Decoder().decode(b"n\3|b1\2") is np.True_ or Decoder().decode(b"n\3|b1\2").tobytes() == b"\1"


def test_what_is_no_character_is_replaced() -> None:
    codes = b"\0\xd8\0\0" + b"\xff\xff\xff\xff" + b"a\0\0\0"
    assert Decoder().decode(frame_of((3,), b"<U1") + codes).tolist() == ["\ufffd", "\ufffd", "a"]
    assert Decoder().decode(b"n\3<U3" + codes) == "\ufffd\ufffda"
    assert there_and_back("\ud800").encode()


def test_objects_are_refused_where_data_are_asked_for() -> None:
    for body in (mine(1, 1, "Thing"), yours(1), counted(b"l", 1) + mine(1, 1, "Thing")):
        with pytest.raises(WallError):
            Decoder().decode(body)


def test_an_object_is_never_asked_whether_it_is_a_number_or_a_key() -> None:
    """`Thing` ends everything when it is looked at."""
    decoder = Decoder(lambda reference: fuzz.Thing(), fuzz.own)
    one, number = yours(1), Encoder().encode(1)
    for body in (
        *(b"r" + one + number + number, b"Q" + one + number, counted(b"S", 1) + one, counted(b"d", 1) + one + b"N"),
        *(frame_of((1,), b"", b"O") + one, counted(b"Z", 1) + counted(b"t", 1) + one),
    ):
        with pytest.raises(WallError):
            decoder.decode(body)


def test_a_number_that_no_object_can_have_is_refused() -> None:
    with pytest.raises(WallError):
        Decoder(lambda reference: reference).decode(mine(1 << 63, 0, "x"))


def test_a_message_refers_to_a_bounded_number_of_objects() -> None:
    class Thing:
        pass

    encoder = Encoder(lambda value: mine(1, 0, "Thing"))
    Decoder(lambda reference: 0).decode(encoder.encode([Thing()] * wire.MAX_REFERENCES))
    with pytest.raises(TooLarge):
        encoder.encode([Thing()] * (wire.MAX_REFERENCES + 1))
    body = counted(b"l", wire.MAX_REFERENCES + 1) + mine(1, 0, "") * (wire.MAX_REFERENCES + 1)
    with pytest.raises(WallError):
        Decoder(lambda reference: 0).decode(body)


def _most_memory(body: bytes) -> int:
    tracemalloc.start()
    try:
        Decoder(lambda reference: reference).decode(body)
    except WallError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("tag", [b"l", b"t", b"s", b"b", b"d", b"S", b"Z", b"I", b"D"])
def test_an_announced_length_allocates_nothing(tag: bytes) -> None:
    assert _most_memory(counted(tag, 2**32 - 1) + bytes(100)) < 20_000


def test_an_announced_shape_allocates_nothing() -> None:
    for body in (
        frame_of((2**36,)),
        frame_of((2**40,), b"<U0"),
        frame_of((0,), b"<U9999"),
        frame_of((2**39,), b"", b"O"),
    ):
        assert _most_memory(body) < 20_000


def test_memory_is_a_small_multiple_of_the_message() -> None:
    million = Encoder().encode(np.zeros(10**6))
    assert _most_memory(million) < 2.5 * len(million)
    for item in (b"N", counted(b"l", 0), counted(b"S", 0), counted(b"d", 0), frame_of((0,)), b"O\0T", b"XNNN"):
        body = counted(b"l", 10_000) + item * 10_000
        assert _most_memory(body) < 300 * 10_000


def test_no_more_than_a_million_values_are_made() -> None:
    body = counted(b"l", 1_100_000) + b"N" * 1_100_000
    with pytest.raises(WallError):
        Decoder().decode(body)


def _colliding(count: int) -> list[int]:
    return [k * (2**61 - 1) for k in range(1, count)]


def test_keys_that_all_hash_alike_do_not_keep_the_examiner_busy() -> None:
    with pytest.raises((TooLarge, NotPlain)):
        Encoder().encode(dict.fromkeys(_colliding(2000)))
    parts = b"".join(Encoder().encode(k) + b"N" for k in _colliding(50_000))
    start = time.perf_counter()
    with pytest.raises(WallError):
        Decoder().decode(counted(b"d", 49_999) + parts)
    assert time.perf_counter() - start < 5


def test_many_ordinary_keys_cross() -> None:
    for value in ({2**k for k in range(5000)}, {(i, j): 0 for i in range(100) for j in range(100)}, set(range(50_000))):
        assert there_and_back(value) == value


def test_keys_that_are_sets_of_sets_do_not_keep_the_examiner_busy() -> None:
    texts = b"".join(Encoder().encode(str(i)) for i in range(300_000))
    body = counted(b"Z", 1) * 98 + counted(b"Z", 300_000) + texts
    start = time.perf_counter()
    with pytest.raises(WallError):
        Decoder().decode(body)
    assert time.perf_counter() - start < 5


@settings(few, max_examples=300)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    fuzz.decode(data)


def test_a_changed_message_is_a_value_or_refused() -> None:
    luck, messages = random.Random(7), fuzz.valid()
    for _ in range(20_000):
        fuzz.one_input(fuzz.changed(luck.choice(messages), luck))
