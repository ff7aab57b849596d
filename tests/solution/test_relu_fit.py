"""The ReLU weights: the system of the sheet, its closed form, and points at any distance."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from solution.relu_approximation import approx, fit, fit_by_system, fit_points, relu_system
from tests.solution.oracles import TARGETS, Array, Target, sheet_system

SIZES = [2, 3, 4, 17, 60]


def assert_same_weights(got: Array, expected: Array) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * np.max(np.abs(expected)))


def irregular_points(n: int, seed: int) -> Array:
    """Increasing points whose distances differ by a factor of up to 100."""
    random = np.random.default_rng(seed)
    return random.uniform(-5, 5) + np.cumsum(random.uniform(0.01, 1, n))


def peak_memory(work: Callable[[], object]) -> int:
    """Return the largest number of bytes that `work` held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_system_is_the_one_of_the_sheet_with_h_in_the_matrix(target: Target, n: int) -> None:
    x, _, expected = sheet_system(target.a, target.b, n)

    A, f_ = relu_system(target.f, target.a, target.b, n)

    assert A.shape == (n, n)
    assert f_.shape == (n,)
    np.testing.assert_allclose(A, expected, rtol=1e-12)
    np.testing.assert_allclose(f_, [target.f(point) for point in x], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("function", [fit, fit_by_system])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_weights_and_biases_solve_the_system_of_the_sheet(
    target: Target, n: int, function: Callable[..., tuple[Array, Array]]
) -> None:
    x, biases, A = sheet_system(target.a, target.b, n)

    lambda_, b_ = function(target.f, target.a, target.b, n)

    assert_same_weights(lambda_, np.linalg.solve(A, target.f(x)))
    np.testing.assert_allclose(b_, biases, rtol=1e-12, atol=1e-12 * (target.b - target.a))


@pytest.mark.parametrize("n", [2, 5, 100, 400])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_closed_form_agrees_with_the_dense_solve(target: Target, n: int) -> None:
    (direct, b_direct), (solved, b_solved) = (
        method(target.f, target.a, target.b, n) for method in (fit, fit_by_system)
    )

    assert_same_weights(direct, solved)
    assert np.array_equal(b_direct, b_solved)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_equidistant_points_are_a_special_case_of_any_points(target: Target, n: int) -> None:
    x, biases, _ = sheet_system(target.a, target.b, n)

    lambda_, b_ = fit_points(x, target.f(x))

    assert_same_weights(lambda_, fit(target.f, target.a, target.b, n)[0])
    np.testing.assert_allclose(b_, biases, rtol=1e-12, atol=1e-12 * (target.b - target.a))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", SIZES)
def test_any_points_are_fitted_as_the_dense_solve_does(n: int, seed: int) -> None:
    x = irregular_points(n, seed)
    f_ = np.random.default_rng(seed).normal(size=n)
    biases = np.array([x[0] - (x[1] - x[0]), *x[:-1]])
    A = np.array([[max(0.0, point - bias) for bias in biases] for point in x])

    lambda_, b_ = fit_points(x, f_)

    np.testing.assert_allclose(b_, biases, rtol=1e-14)
    assert_same_weights(lambda_, np.linalg.solve(A, f_))
    np.testing.assert_allclose(approx(x, lambda_, b_), f_, rtol=0, atol=1e-11)


def test_points_may_be_lists_of_integers_and_come_back_unchanged() -> None:
    x, f_ = [1, 2, 4, 9], [3, -1, 0, 5]

    lambda_, b_ = fit_points(x, f_)

    assert (x, f_) == ([1, 2, 4, 9], [3, -1, 0, 5])
    np.testing.assert_allclose(approx(np.array(x), lambda_, b_), f_, atol=1e-13)
    arrays = np.array(x, dtype=float), np.array(f_, dtype=float)
    fit_points(*arrays)
    assert [a.tolist() for a in arrays] == [x, f_]


def test_an_interval_with_integer_ends_is_taken() -> None:
    for got, expected in zip(fit(np.cos, 1, 4, 7), fit(np.cos, 1.0, 4.0, 7), strict=True):
        assert np.array_equal(got, expected)


@pytest.mark.parametrize(
    "work",
    [
        lambda n: fit(np.sin, 0.0, 6.0, n),
        lambda n: fit_points(np.linspace(0, 6, n) ** 2, np.sin(np.linspace(0, 6, n))),
    ],
    ids=["fit", "fit_points"],
)
def test_memory_grows_no_faster_than_the_number_of_points(work: Callable[[int], object]) -> None:
    work(10)  # what the first call loads is not counted
    one, two = peak_memory(lambda: work(10_000)), peak_memory(lambda: work(20_000))

    assert one < 20 * 10_000 * 8  # twenty vectors; a matrix would be ten thousand
    assert two < 2.2 * one
