"""ReLU and its derivative, value by value."""

import math
from typing import Any

import numpy as np
import pytest

from solution.activations import ReLU

TABLE = [(-math.inf, 0, 0), (-2.5, 0, 0), (-5e-324, 0, 0), (5e-324, 5e-324, 1), (3.0, 3, 1), (math.inf, math.inf, 1)]


@pytest.mark.parametrize(("z", "value", "slope"), TABLE)
def test_the_value_is_the_positive_part_and_the_slope_its_step(z: float, value: float, slope: float) -> None:
    with np.errstate(all="raise"):
        assert ReLU().evaluate(z) == value
        assert ReLU().gradient(z) == slope


def test_the_kink_has_the_value_zero_and_a_slope_between_those_of_its_sides() -> None:
    assert ReLU().evaluate(0.0) == 0
    assert 0 <= ReLU().gradient(0.0) <= 1
    assert ReLU().gradient(0.0) == ReLU().gradient(-0.0)


@pytest.mark.parametrize("z", [2, [-1, 0, 2], np.array([[-3, 4]]), np.array([0, 200], dtype=np.uint8)])
def test_integers_are_taken_as_the_floats_they_stand_for(z: Any) -> None:
    z_float = np.asarray(z, dtype=np.float64)

    assert np.array_equal(ReLU().evaluate(z), ReLU().evaluate(z_float))
    assert np.array_equal(ReLU().gradient(z), ReLU().gradient(z_float))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 1), (1, 3), (2, 3, 4)])
def test_results_have_the_shape_of_the_argument_and_leave_it_alone(shape: tuple[int, ...]) -> None:
    z = np.full(shape, -1.5)

    assert np.shape(ReLU().evaluate(z)) == np.shape(ReLU().gradient(z)) == shape
    assert np.array_equal(z, np.full(shape, -1.5))
