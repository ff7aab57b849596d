"""The sigmoid at every kind of float: right to the last digits, and silent."""

import math
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from solution.activations import sigmoid
from tests.solution.oracles import Array, exact_sigmoid, exact_slope, ulps

METHODS = ["evaluate", "gradient"]
EXTREMES = [
    0.0,
    5e-324,
    sys.float_info.min,
    sys.float_info.epsilon,
    36.7,
    37.5,
    709.78,
    709.79,
    744.4,
    745.2,
    1e4,
    sys.float_info.max,
    math.inf,
]


@pytest.fixture(autouse=True)
def every_floating_point_error_but_underflow_raises() -> Iterator[None]:
    with np.errstate(all="raise", under="ignore"):  # numpy, too, ignores it unless it is told otherwise
        yield


def method(name: str) -> Callable[[Any], Array]:
    function: Callable[[Any], Array] = getattr(sigmoid(), name)
    return function


@pytest.mark.parametrize("z", EXTREMES)
@pytest.mark.parametrize("name", METHODS)
def test_float_extremes_are_silent_as_scalars_and_in_arrays(name: str, z: float) -> None:
    single = [method(name)(z), method(name)(-z)]

    assert np.array_equal(method(name)(np.array([z, -z])), single)
    assert all(0 <= value <= 1 for value in single)


def test_the_limits_at_infinity_are_reached() -> None:
    assert sigmoid().evaluate(math.inf) == 1
    assert sigmoid().evaluate(-math.inf) == 0
    assert sigmoid().gradient(math.inf) == sigmoid().gradient(-math.inf) == 0


@pytest.mark.parametrize("name", METHODS)
def test_nan_stays_nan_without_a_warning_and_spoils_no_neighbour(name: str) -> None:
    value = method(name)(np.array([math.nan, 0.0]))

    assert np.isnan(value[0])
    assert value[1] == {"evaluate": 0.5, "gradient": 0.25}[name]
    assert np.isnan(method(name)(math.nan))


@pytest.mark.parametrize("name", METHODS)
def test_any_bit_pattern_of_a_float_is_silent(name: str) -> None:
    bits = np.random.default_rng(0).integers(0, 2**64, size=200_000, dtype=np.uint64)
    bits[np.isnan(bits.view(np.float64))] |= np.uint64(1 << 51)  # NaNs that arithmetic makes are quiet ones
    z: Array = bits.view(np.float64)

    value = method(name)(z)

    assert np.array_equal(np.isnan(value), np.isnan(z))
    assert np.all((value >= 0) & (value <= 1) | np.isnan(z))


@pytest.mark.parametrize(("name", "oracle"), [("evaluate", exact_sigmoid), ("gradient", exact_slope)])
def test_values_are_right_to_a_few_units_in_the_last_place(name: str, oracle: Callable[[float], Decimal]) -> None:
    random = np.random.default_rng(1)
    magnitudes = np.concatenate(
        [np.array(EXTREMES[:-1]), random.uniform(0, 1, 100), random.uniform(0, 40, 200), random.uniform(0, 760, 300)]
    )
    z = np.concatenate([magnitudes, -magnitudes])

    value = method(name)(z)

    assert max(ulps(v, oracle(float(at))) for v, at in zip(value, z, strict=True)) < 6


def test_the_slope_keeps_its_digits_where_the_value_is_almost_one() -> None:
    assert ulps(float(sigmoid().gradient(40.0)), exact_slope(40.0)) < 6
    assert sigmoid().gradient(700.0) == sigmoid().gradient(-700.0) > 0


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("z", [3, -2, [0, 1, -7], np.arange(-4, 5), np.array([[-1000, 1000]], dtype=np.int16)])
def test_integers_are_taken_as_the_floats_they_stand_for(name: str, z: Any) -> None:
    assert np.array_equal(method(name)(z), method(name)(np.asarray(z, dtype=np.float64)))


@pytest.mark.parametrize(
    "z", [np.array([0, 1, 200], dtype=np.uint8), np.array([-128], dtype=np.int8), np.array([True, False])]
)
def test_the_slope_is_right_for_integers_that_cannot_be_negated(z: Array) -> None:
    assert np.array_equal(sigmoid().gradient(z), sigmoid().gradient(z.astype(np.float64)))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (3, 1), (1, 3), (2, 3, 4), (0, 5)])
def test_the_result_has_the_shape_of_the_argument_and_leaves_it_alone(name: str, shape: tuple[int, ...]) -> None:
    z = np.full(shape, -1.5)

    value = method(name)(z)

    assert np.shape(value) == shape
    assert np.array_equal(value, np.full(shape, float(method(name)(-1.5))))
    assert np.array_equal(z, np.full(shape, -1.5))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", METHODS)
def test_short_floats_neither_overflow_nor_lose_accuracy(name: str, dtype: type[np.floating[Any]]) -> None:
    z: Array = np.array([-60000.0, -100.0, -11.5, 0.5, 11.5, 100.0, 60000.0], dtype=dtype)

    assert np.array_equal(method(name)(z), method(name)(z.astype(np.float64)))
