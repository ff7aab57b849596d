"""NN(x), and how far it is from the function."""

import math

import numpy as np
import pytest

from solution.relu_approximation import approx, fit, fit_points, largest_error
from tests.solution.oracles import TARGETS, Target


def error(target: Target, n: int) -> float:
    """Return the largest error, over points that include the middles of the grid's intervals."""
    x = np.linspace(target.a, target.b, 8 * (n - 1) + 1)
    return float(np.max(np.abs(approx(x, *fit(target.f, target.a, target.b, n)) - target.f(x))))


@pytest.mark.parametrize("n", [2, 3, 16, 65, 300])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_network_is_the_linear_interpolant_and_exact_at_the_knots(target: Target, n: int) -> None:
    knots, x = np.linspace(target.a, target.b, n), np.linspace(target.a, target.b, 777)
    lambda_, b_ = fit(target.f, target.a, target.b, n)

    scale = np.max(np.abs(target.f(knots)))
    np.testing.assert_allclose(approx(knots, lambda_, b_), target.f(knots), rtol=0, atol=1e-10 * scale)
    expected = np.interp(x, knots, target.f(knots))
    np.testing.assert_allclose(approx(x, lambda_, b_), expected, rtol=0, atol=1e-10 * scale)


def test_outside_the_interval_the_network_is_zero_then_linear() -> None:
    lambda_, b_ = fit(lambda x: 2 + x**2, 1.0, 3.0, 5)  # h = 1/2, f(1) = 3, last slope 5.5

    x = np.array([-10.0, 0.5, 0.75, 1.0, 3.0, 5.0])
    np.testing.assert_allclose(approx(x, lambda_, b_), [0, 0, 1.5, 3, 11, 22], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_network_through_any_points_is_their_linear_interpolant(seed: int) -> None:
    random = np.random.default_rng(seed)
    knots, values = np.cumsum(random.uniform(0.01, 1, 40)), random.normal(size=40)
    x = np.linspace(knots[0], knots[-1], 500)

    np.testing.assert_allclose(approx(x, *fit_points(knots, values)), np.interp(x, knots, values), atol=1e-10)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (5, 1), (1, 5), (2, 3)])
def test_the_result_has_the_shape_of_x_and_the_double_sum_as_value(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    x, lambda_, b_ = random.normal(size=shape), random.normal(size=6), random.normal(size=6)

    value = approx(x, lambda_, b_)

    assert np.shape(value) == shape
    for index in np.ndindex(shape):
        total = sum(weight * max(0.0, x[index] - bias) for weight, bias in zip(lambda_, b_, strict=True))
        assert value[index] == pytest.approx(total, abs=1e-13)


@pytest.mark.parametrize("x", [2, 2.0, np.float32(2), np.int64(2)])
def test_a_scalar_gives_a_number(x: float) -> None:
    value = approx(x, np.array([1.0, -3.0]), np.array([0.5, 1.0]))

    assert np.ndim(value) == 0
    assert float(value) == -1.5


def test_arguments_come_back_unchanged() -> None:
    arrays = [np.linspace(-1, 1, 9), np.arange(4.0), np.arange(4.0) - 2]
    before = [a.copy() for a in arrays]

    approx(*arrays)

    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_error_is_of_order_two_in_h(target: Target) -> None:
    errors = [error(target, n) for n in (65, 129, 257, 513)]

    orders = [math.log2(coarse / fine) for coarse, fine in zip(errors, errors[1:], strict=False)]

    assert orders == pytest.approx([2, 2, 2], abs=0.1)


@pytest.mark.parametrize("n", [2, 4, 8, 16, 32, 64, 500])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_error_keeps_the_bound_of_linear_interpolation(target: Target, n: int) -> None:
    h = (target.b - target.a) / (n - 1)

    assert error(target, n) <= h**2 / 8 * target.bend * (1 + 1e-6)


@pytest.mark.parametrize("n", [2, 5, 50])
def test_the_bound_is_reached_by_a_parabola(n: int) -> None:
    square = next(target for target in TARGETS if target.name == "square")
    h = (square.b - square.a) / (n - 1)

    assert error(square, n) == pytest.approx(h**2 / 8 * square.bend, rel=1e-8)


@pytest.mark.parametrize("n", [4, 8, 16, 32, 64])
def test_the_largest_error_is_taken_over_a_thousand_equidistant_points(n: int) -> None:
    x, knots = np.linspace(0, 6, 1000), np.linspace(0, 6, n)

    expected = np.max(np.abs(np.interp(x, knots, np.sin(knots)) - np.sin(x)))

    assert largest_error(np.sin, 0.0, 6.0, n) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_ten_thousand_neurons_match_the_function(target: Target) -> None:
    n = 10_000
    lambda_, b_ = fit(target.f, target.a, target.b, n)
    x = np.random.default_rng(0).uniform(target.a, target.b, 200)

    bound = ((target.b - target.a) / (n - 1)) ** 2 / 8 * target.bend
    rounding = 1e-8 * np.max(np.abs(target.f(x)))
    assert np.max(np.abs(approx(x, lambda_, b_) - target.f(x))) <= bound + rounding
