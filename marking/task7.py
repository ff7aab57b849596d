"""Task 7: the linear system, the fit, the approximation and the experiment.

`fit` may follow from the student's own `relu_system`, `errors` from the student's own `fit` and `approx`. An earlier
function is handed over as a function that returns it, so that one that was never defined costs nothing here.
"""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from sealgrade.testing import Array, any_of, call, call_and_keep, compare, follows, lost, numbers, show, unchanged
from solution import relu_approximation as right

Function = Callable[[Any], Any]
Interval = tuple[float, float, int]

BUILT_ON = ("task7-system", "task7-fit", "task7-approx")  # the experiment
OWN_SYSTEM = "Accepted as what follows from your own relu_system, or from your own biases."


def see_matrix(student: Any) -> None:
    """Have a system computed that the visible check does not ask for: by what comes of it mistakes are told apart.

    That check ends the test of a wrong system, and several are alike on it.
    """
    with contextlib.suppress(Exception):
        student(np.exp, 1.0, 3.0, 5)


def check_matrix(student: Any, functions: Sequence[Function], intervals: Sequence[Interval]) -> None:
    """Check the matrix A of `relu_system(f, a, b, n)`."""
    for f, interval in product(functions, intervals):
        expected = right.relu_system(f, *interval)[0]
        what = f"A of {_text('relu_system', interval)}"
        compare(what, numbers(what, _pair("relu_system", student, f, interval)[0], shape=expected.shape), expected)


def check_right_hand_side(student: Any, functions: Sequence[Function], intervals: Sequence[Interval]) -> None:
    """Check the right-hand side f_ of `relu_system(f, a, b, n)`."""
    for f, interval in product(functions, intervals):
        expected = right.relu_system(f, *interval)[1]
        what = f"f_ of {_text('relu_system', interval)}"
        compare(what, numbers(what, _pair("relu_system", student, f, interval)[1], count=expected.size), expected)


def check_weights(
    student: Any, system: Callable[[], Any], functions: Sequence[Function], intervals: Sequence[Interval]
) -> None:
    """Check the weights that `fit(f, a, b, n)` returns.

    They may solve the student's own system, in any way that would solve a right one, or go with the student's biases.
    """

    def with_system(solve: Callable[[Array, Array], Array]) -> Callable[[Function, Interval], Array]:
        return lambda f, interval: solve(*_own_system(system, f, interval))

    def with_own_biases(f: Function, interval: Interval) -> Array:
        return _weights_for(np.linspace(*interval), f, numbers("b_", _pair("fit", student, f, interval)[1]).ravel())

    solutions = [
        with_system(np.linalg.solve),
        with_system(lambda A, f_: np.linalg.lstsq(A, f_)[0]),
        with_system(lambda A, f_: np.linalg.solve(np.tril(A), f_)),
        with_own_biases,
    ]
    for f, interval in product(functions, intervals):
        _check_fit(0, student, system, f, interval, solutions)


def check_biases(
    student: Any, system: Callable[[], Any], functions: Sequence[Function], intervals: Sequence[Interval]
) -> None:
    """Check the biases that `fit(f, a, b, n)` returns; they may be those of the grid of the student's own system."""

    def own_biases(f: Function, interval: Interval) -> Array:
        A, f_ = _own_system(system, f, interval)
        biases: Array = interval[0] + A[0, 0] * (np.arange(f_.size) - 1)
        return biases

    for f, interval in product(functions, intervals):
        _check_fit(1, student, system, f, interval, [own_biases])


def _check_fit(
    which: int,
    student: Any,
    system: Callable[[], Any],
    f: Function,
    interval: Interval,
    carried: Sequence[Callable[[Function, Interval], Array]],
) -> None:
    """Check the weights (`which` = 0) or biases (1) of a fit: the right ones, or what is carried forward."""
    what = f"{('lambda_', 'b_')[which]} of {_text('fit', interval)}"

    def follows_from_own() -> None:
        expected = right.fit(f, *interval)[which]
        own = (partial(one, f, interval) for one in carried)
        follows(what, _pair("fit", student, f, interval)[which], expected, *own, reason=OWN_SYSTEM)

    any_of([follows_from_own, lambda: _fails_like_its_system(student, system, f, interval)], OWN_SYSTEM)


def check_approx(student: Any, inputs: Sequence[Any], lambda_: Array, b_: Array) -> None:
    """Check `approx(x, lambda_, b_)` with weights and biases handed in, for scalars and 1-D arrays x."""
    for x in inputs:
        what = f"approx(x, lambda_, b_) for x = {show(x) if isinstance(x, np.ndarray) else x} and {len(b_)} neurons"
        expected = np.ravel(right.approx(x, lambda_, b_))

        def returns(*arguments: Any, what: str = what, expected: Array = expected) -> None:
            result, kept = call_and_keep(what, student, *arguments)
            compare(what, numbers(what, result, count=expected.size), expected, atol=1e-6)
            for name, now, before in zip(("x", "lambda_", "b_"), kept, arguments, strict=True):
                unchanged(f"{name}, an argument of {what},", now, before)

        # A `fit` may return columns, and `approx` be made for them.
        shapes = (lambda_, b_), (lambda_.reshape(-1, 1), b_.reshape(-1, 1))
        any_of((lambda r=returns, x=x, pair=pair: r(x, *pair) for pair in shapes), reason="")  # type: ignore[misc]


def _weights_for(x: Array, f: Function, b_: Array) -> Array:
    """Return the weights with which NN with these biases passes through f at the points x, one for each bias."""
    weights: Array = np.linalg.solve(np.maximum(0, np.subtract.outer(x, b_)), f(x))
    return weights


def check_errors(errors: Any, fit: Callable[[], Any], approx: Callable[[], Any], sizes: Sequence[int]) -> None:
    """Check the largest errors on sin, [0, 6], to 0.1 %; they may follow from the student's own `fit` and `approx`."""
    assert hasattr(errors, "keys"), f"errors should be a dict from n to the error, but is a {type(errors).__name__}."
    for n in sizes:
        _check_error(errors, n, fit, approx)


def _check_error(errors: Any, n: int, fit: Callable[[], Any], approx: Callable[[], Any]) -> None:
    what = f"errors[{n}]"
    assert n in list(errors.keys()), f"{what} is missing: errors has the keys {list(errors.keys())}."
    got = numbers(what, errors[n], count=1)[0]

    def is_within(expected: float) -> None:
        assert abs(got - expected) <= 1e-3 * expected, (
            f"{what} is not right{', and is not what your fit and approx give' if lost(*BUILT_ON) else ''}: "
            f"got {got:.6g}."
        )

    def own_error() -> float:
        assert lost(*BUILT_ON), "a right fit and a right approx carry no error on"
        x = np.linspace(0, 6, 1000)
        parameters = fit()(np.sin, 0, 6, n)
        try:
            values = numbers("", approx()(x, *parameters), count=x.size)
        except Exception:  # that it takes numbers only has cost its points
            values = np.array([numbers("", approx()(float(one), *parameters), count=1)[0] for one in x])
        error = float(np.max(np.abs(values - np.sin(x))))
        assert error > 1e-6, "a sum of ReLUs is not the sine"
        return error

    any_of(
        [
            lambda: is_within(right.largest_error(np.sin, 0, 6, n)),
            lambda: is_within(own_error()),
        ],
        "Accepted as the errors of your own fit and approx.",
    )


def check_points(student: Any, grids: Sequence[tuple[Array, Array]], which: int) -> None:
    """Check the weights (`which` = 0) or the biases (`which` = 1) that `fit_points(x, f_)` returns."""
    for x, f_ in grids:
        what = f"{('lambda_', 'b_')[which]} of fit_points(x, f_) for x = {show(x)}"
        result, kept = call_and_keep(what, student, x, f_)
        assert _length(result) == 2, f"{what}: it should return lambda_, b_."
        expected = right.fit_points(x, f_)[which]
        compare(what, numbers(what, result[which], count=expected.size), expected)
        unchanged(f"x, an argument of {what},", kept[0], x)
        unchanged(f"f_, an argument of {what},", kept[1], f_)


def _text(name: str, interval: Interval) -> str:
    a, b, n = interval
    return f"{name}(f, {a}, {b}, {n})"


def _pair(name: str, student: Any, f: Function, interval: Interval) -> tuple[Any, Any]:
    what = _text(name, interval)
    result = call(what, student, f, *interval)
    assert _length(result) >= 2, f"{what} should return two things, but returns a {type(result).__name__}."
    return result[0], result[1]


def _length(result: Any) -> int:
    return 0 if isinstance(result, str | dict) or not hasattr(result, "__len__") else len(result)


def _own_system(system: Callable[[], Any], f: Function, interval: Interval) -> tuple[Array, Array]:
    assert lost("task7-system"), "a right system carries no error on"
    A, f_ = _pair("relu_system", system(), f, interval)
    f_ = numbers("f_", f_).ravel()
    return numbers("A", A, shape=(f_.size, f_.size)), f_


def _fails_like_its_system(student: Any, system: Callable[[], Any], f: Function, interval: Interval) -> None:
    """Pass where the student's system cannot be solved, so that `fit` can only fail: that is not its fault."""
    A, f_ = _own_system(system, f, interval)
    assert np.any(A) and np.allclose(f_, right.relu_system(f, *interval)[1]), "there is no work in this system"
    try:
        np.linalg.solve(A, f_)
    except np.linalg.LinAlgError:
        try:
            lambda_ = student(f, *interval)[0]
        except (ArithmeticError, ValueError):  # LinAlgError is a ValueError
            return
        if not np.all(np.isfinite(lambda_)):
            return
    raise AssertionError("fit does not fail for want of a regular system")
