"""Gradients and steps of gradient descent, held against the right ones or against the student's own function.

A gradient is right, too, if it is that of the student's own, wrong forward pass and loss; steps are right, too, if
they are right steps with the student's own, wrong gradient.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sealgrade.testing.carrying import Claim, any_of, compare_all, lost
from sealgrade.testing.comparing import Array, numbers

OWN_FUNCTION = "Accepted as what follows from your own forward and loss."
OWN_GRADIENT = "Accepted as right steps with your own gradient."
_DIRECTIONS = 12


Function = Callable[[Sequence[Array]], float]
Functions = Callable[[Sequence[Sequence[Array]]], Sequence[float]]


def central_differences(function: Any, at: Sequence[Array], step: float = 1e-3, *, many: bool = False) -> list[Array]:
    """Return the gradient of a scalar function of several arrays, by central differences, one array for each.

    Of order 4 in the step (weights 8/12 and -1/12; Abramowitz and Stegun 25.3.6), so that a step of 1e-3 leaves a
    relative error of about 1e-11 and keeps rounding far below that. Rounding in a float32 function of size 1 leaves
    about 1e-7 / step.

    Args:
        function: called with the arrays, returns a number.
        at: the arrays.
        step: of the differences.
        many: whether `function` takes a list of points, each with all arrays, and returns a number for each instead.
    """
    point = [np.array(a, dtype=np.float64) for a in at]
    directions = []
    for which, a in enumerate(point):
        for index in np.ndindex(a.shape):
            direction = [np.zeros_like(other) for other in point]
            direction[which][index] = 1.0
            directions.append(direction)
    slopes = np.array(_slopes(function if many else _one_by_one(function), point, directions, step))
    ends = np.cumsum([a.size for a in point])
    return [part.reshape(a.shape) for part, a in zip(np.split(slopes, ends), point, strict=False)]


def _one_by_one(function: Function) -> Functions:
    return lambda points: [function(point) for point in points]


def _slopes(
    functions: Functions, at: Sequence[Array], directions: Sequence[Sequence[Array]], step: float
) -> list[float]:
    """Return the derivatives of a function in directions."""
    offsets, weights = (-2, -1, 1, 2), np.array([1, -8, 8, -1])
    points = [
        [a + offset * step * d for a, d in zip(at, direction, strict=True)]
        for direction in directions
        for offset in offsets
    ]
    values = np.reshape(functions(points) if points else [], (-1, 4))
    return [float(slope) for slope in values @ weights / (12 * step)]


def _is_gradient(
    gradient: Sequence[Array], functions: Functions, at: Sequence[Array], step: float, atol: float
) -> bool:
    """Return whether a gradient is that of a function, by the function's derivatives in random directions.

    An entry that is off by ten times `atol` is missed with a probability of less than one in a million: in a direction
    of normal draws it shows unless the draw for it is below 0.4, and that twelve times.
    """
    rng = np.random.default_rng(0)
    directions = [[rng.normal(size=np.shape(a)) for a in at] for _ in range(_DIRECTIONS)]
    expected = [sum(float(np.sum(g * d)) for g, d in zip(gradient, one, strict=True)) for one in directions]
    # Most that are not show it in the first one.
    for some in (slice(1), slice(1, None)):
        slopes = _slopes(functions, at, directions[some], step)
        if not all(abs(slope - right) <= 4 * atol for slope, right in zip(slopes, expected[some], strict=True)):
            return False
    return True


def check_gradient(
    names: Sequence[str],
    got: Sequence[Any],
    right: Sequence[Array],
    function: Any,
    at: Sequence[Array],
    *,
    many: bool = False,
    built_on: tuple[str, ...] = (),
    also: Sequence[Callable[[], Sequence[Array]]] = (),
    zeros: bool = False,
    atol: float = 1e-9,
    slack: float = 5e-4,
    step: float = 3e-3,
    reason: str = OWN_FUNCTION,
) -> None:
    """Check a gradient: it is the right one, or the gradient of the student's own function.

    Args:
        names: how the student knows each array of the gradient, for messages; the first that is wrong is named.
        got: the student's gradient, an array of the shape of each in `at`.
        right: the right gradient.
        function: the student's own scalar function of the arrays, for example the loss of the student's forward pass.
        at: the arrays at which the gradient is taken.
        many: whether `function` takes a list of points, each with all arrays, and returns a number for each instead: in
            one step over the wall, see `Steps`, that is much quicker.
        built_on: the parts or test cells of `function`: it is asked only where one of them has failed; where none is
            named, always.
        also: functions that return further gradients which follow from the student's own results, asked before
            `function`, which is called four times for each of twelve directions.
        zeros: whether a gradient of nothing but zeros counts. It is that of a function that depends on nothing, and
            who returns zeros for it has shown nothing.
        atol: what each entry may be off: differences of a constant leave rounding errors of about 1e-13.
        slack: more of it for the differences, relative to the largest entry of all: `function` may compute in float32.
        step: of the differences.
        reason: what the student reads where the gradient is accepted as that of `function`.

    Raises:
        AssertionError: it is none of these; the message is that of the comparison with `right`.
    """
    arrays = [numbers(name, one, shape=np.shape(a)) for name, one, a in zip(names, got, at, strict=True)]

    def equals(gradient: Callable[[], Sequence[Array]]) -> None:
        expected = gradient()
        assert zeros or any(np.any(one) for one in expected), "a function that depends on nothing carries nothing on"
        compare_all(names, arrays, expected, atol)

    def is_that_of_function() -> None:
        largest = max((float(np.max(np.abs(one), initial=0.0)) for one in arrays), default=0.0)
        assert zeros or largest > atol, "nothing but zeros shows nothing"
        assert _is_gradient(arrays, functions, at, step, atol + slack * largest), "it is not that of the function"

    functions: Functions = function if many else _one_by_one(function)
    claims: list[Claim] = [lambda: compare_all(names, arrays, right, atol)]
    if not built_on or lost(*built_on):
        claims += [lambda one=one: equals(one) for one in also]  # type: ignore[misc]
        claims.append(is_that_of_function)
    any_of(claims, reason)


def gradient_descent(
    gradient: Callable[[list[Array]], Sequence[Any]], start: Sequence[Array], eta: float, steps: int
) -> list[Array]:
    """Return where gradient descent gets to from `start`, an array for each of its arrays.

    Args:
        gradient: returns the gradient, an array for each, at the arrays that it is given.
        start: the arrays to start from; they are left as they are.
        eta: the step size.
        steps: how many.
    """
    at = [np.array(a, dtype=np.float64) for a in start]
    for _ in range(steps):
        at = [a - eta * np.asarray(g) for a, g in zip(at, gradient([a.copy() for a in at]), strict=True)]
    return at


def check_steps(
    names: Sequence[str],
    got: Sequence[Any],
    right: Sequence[Array],
    start: Sequence[Array],
    gradient: Callable[[list[Array]], Sequence[Any]],
    eta: float,
    steps: int,
    *,
    built_on: tuple[str, ...] = (),
    atol: float = 3e-6,
    reason: str = OWN_GRADIENT,
) -> None:
    """Check the parameters after steps of gradient descent: right ones, or right steps with the student's gradient.

    The changes are compared, not the parameters, which hardly differ from where they started.

    Args:
        names: how the student knows each array of parameters, for messages.
        got: the student's parameters after the steps, arrays of the shapes of `start`.
        right: the right parameters after the steps.
        start: the parameters before them.
        gradient: the student's own gradient at given parameters, an array for each.
        eta: the step size.
        steps: how many.
        built_on: the parts or test cells of `gradient`: it is asked only where one of them has failed; where none is
            named, always.
        atol: what each change may be off: float32 parameters of size 1 carry steps to about 1e-7 each.
        reason: what the student reads where the steps are accepted as those with `gradient`.

    Raises:
        AssertionError: they are neither; the message is that of the comparison with `right`.
    """
    arrays = [numbers(name, one, shape=np.shape(a)) for name, one, a in zip(names, got, start, strict=True)]

    def are_at(end: Sequence[Array]) -> None:
        changes, expected = ([one - a for one, a in zip(ends, start, strict=True)] for ends in (arrays, end))
        compare_all([f"The change of {name}" for name in names], changes, expected, atol)

    def are_own_steps() -> None:
        end = gradient_descent(gradient, start, eta, steps)
        moved = any(np.any(one != a) for one, a in zip(end, start, strict=True))
        assert moved, "a gradient of zeros carries nothing on"
        are_at(end)

    claims: list[Claim] = [lambda: are_at(right)]
    if not built_on or lost(*built_on):
        claims.append(are_own_steps)
    any_of(claims, reason)
