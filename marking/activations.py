"""Task 6, the activation functions: `evaluate` and `gradient` on scalars and on arrays of every shape."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sealgrade.testing import Array, Result, Steps, any_of, call, call_methods, compare, lost, numbers, unchanged
from solution import activations

ORDINARY: list[Any] = [
    2.25,
    -1.5,
    3,
    -2,
    np.float64(0.5),
    np.array([-3.0, -0.75, -0.01, 0.01, 0.5, 0.75, 2.0, 6.0]),
    np.array([[-1.0, 2.0, -0.25], [3.0, -4.0, 0.125]]),
    np.array([[0.7], [-0.3]]),
    np.array([3, -1, 2, -5]),
    np.linspace(-2.9, 3.1, 24).reshape(2, 3, 4),
]
ZERO: list[Any] = [0.0, np.zeros((1, 2))]
LARGE: list[Any] = [1000.0, -1000.0, np.array([-1e4, -800.0, -30.0, -12.0, -8.5, -7.0, 7.0, 8.5, 30.0, 800.0, 1e4])]
_PAIR = np.array([[0.3, -1.2, 2.0]]), np.array([[-0.6, 1.7, 0.4]])
# sigma' is at most 1/4, and it is compared absolutely: 1 - sigma(z) loses its digits where it no longer matters.
SLOPE_ATOL = 2.5e-5


def check_evaluate(name: str, student: Any) -> None:
    """Check `evaluate` of the student's class `name` ("ReLU" or "sigmoid")."""
    right, steps = getattr(activations, name)(), Steps()
    own = steps.call(f"{name}()", student)  # one object for all: one may serve several layers
    calls = [(z, steps.keep(_what(name, "evaluate", z), own, "evaluate", z)) for z in [*ORDINARY, *LARGE, *ZERO]]
    kept = _note_earlier(steps, own, name, "evaluate")
    done = steps.take()
    for z, step in calls:
        _check_call(_what(name, "evaluate", z), done[step], z, right.evaluate(z), atol=1e-7)
    _check_earlier(name, "evaluate", done[kept], right.evaluate(_PAIR[0]), atol=1e-7)


def check_gradient(name: str, student: Any) -> None:
    """Check `gradient` of the student's class; it may follow from the student's own `evaluate`."""
    right = getattr(activations, name)()
    own = call(f"{name}()", student)

    def gradient_is(expected: Callable[[Any], Array], carried: bool = True) -> Callable[[], None]:
        def holds() -> None:
            values = [(z, expected(z)) for z in [*ORDINARY, *LARGE]]
            if carried:
                z = ORDINARY[5]
                assert np.any(expected(z)), "an evaluate without slope carries nothing on"
                assert not np.allclose(own.evaluate(z.copy()), z), "an evaluate that was left out carries nothing on"
            steps = Steps()
            calls = [steps.keep(_what(name, "gradient", z), own, "gradient", z) for z, _ in values]
            at_zero = [steps.method(_what(name, "gradient", 0.0), own, "gradient", z) for z in ZERO]
            kept = _note_earlier(steps, own, name, "gradient")
            steps.method(_what(name, "evaluate", _PAIR[1]), own, "evaluate", _PAIR[1])
            after = steps.method(_what(name, "gradient", _PAIR[0]), own, "gradient", _PAIR[0])
            done = steps.take()
            for (z, value), step in zip(values, calls, strict=True):
                _check_call(_what(name, "gradient", z), done[step], z, value, atol=SLOPE_ATOL)
            _check_earlier(name, "gradient", done[kept], expected(_PAIR[0]), atol=SLOPE_ATOL)
            if not carried:
                least, most = (0.0, 1.0) if name == "ReLU" else (0.25 - SLOPE_ATOL, 0.25 + SLOPE_ATOL)
                for z, step in zip(ZERO, at_zero, strict=True):
                    got = numbers(_what(name, "gradient", 0.0), done[step], count=np.size(z))
                    right_there = np.all((got >= least) & (got <= most))
                    assert right_there, f"{_what(name, 'gradient', 0.0)} is not right: got {got[0]:.4g}."
            if not lost(f"task6-activations-test-{name.lower()}"):
                what = f"{_what(name, 'gradient', _PAIR[0])}, after a call of evaluate with another z,"
                compare(what, numbers(what, done[after], count=3), np.ravel(expected(_PAIR[0])), SLOPE_ATOL)

        return holds

    def sigma_rule(z: Any) -> Array:
        own_value = numbers("", own.evaluate(z), count=np.size(z))
        product: Array = own_value * (1 - own_value)
        return product

    def slope(z: Any) -> Array:
        z = np.asarray(z, dtype=np.float64)
        step = 8e-3 * np.maximum(1, np.abs(z))  # so large that float32 work is differentiated well enough too
        both = call_methods(own, ("evaluate", z + step), ("evaluate", z - step))
        above, below = (numbers("", values, count=z.size) for values in both)
        difference: Array = (above - below) / (2 * np.ravel(step))
        return difference

    claims = [gradient_is(right.gradient, carried=False)]
    if lost(f"task6-activations-test-{name.lower()}"):
        claims.append(gradient_is(slope))
        if name == "sigmoid":
            claims.append(gradient_is(sigma_rule))
    any_of(claims, "Accepted as the derivative of your own evaluate.")


def _note_earlier(steps: Steps, own: Any, name: str, method: str) -> Result:
    """Note two calls, and a look at what the first has returned: of layers of one size, each keeps its own."""
    first, _ = (steps.method(_what(name, method, z), own, method, z) for z in _PAIR)
    return steps.keep("", own, method, first)


def _check_earlier(name: str, method: str, came: Sequence[Any], expected: Array, atol: float) -> None:
    what = f"What {name}().{method}(z) returned, after another call,"
    compare(what, numbers(what, came[1][0], count=expected.size), np.ravel(expected), atol)


def _check_call(what: str, came: Sequence[Any], z: Any, expected: Any, atol: float) -> None:
    result, (kept,) = came
    got = numbers(what, result, count=np.size(z))
    compare(what, got, np.ravel(expected), atol)
    unchanged(f"The argument of {what}", kept, np.asarray(z))


def _what(name: str, method: str, z: Any) -> str:
    return f"{name}().{method}({_text(z)})"


def _text(z: Any) -> str:
    if not isinstance(z, np.ndarray):
        return f"{z!s}"
    if z.size <= 8:
        return f"np.array({z.tolist()})"
    return f"<array of shape {z.shape} from {z.min():.3g} to {z.max():.3g}>"
