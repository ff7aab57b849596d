"""Task 5: numbers typed in or computed, held against the truth and against what follows from the student's own."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from sealgrade.testing import Array, lost, note_carried, numbers, show
from solution import by_hand

X0 = np.array([[1.0], [2.0]])
Y = np.array([[0.0], [1.0]])
W1 = np.array([[0.2, -0.3], [0.1, -1.2], [0.4, 0.3]])
B1 = np.array([[0.3], [-0.1], [1.2]])
W2 = np.array([[0.4, 0.2, 0.2], [0.1, 0.3, 0.5]])
B2 = np.array([[-0.6], [0.5]])

S1, X1, S2, X2 = by_hand.forward(X0, W1, B1, W2, B2)
DW2, DB2, DW1, DB1 = by_hand.gradients(X0, Y, W2, X1, X2)


WRONG_ACTIVATIONS: tuple[Callable[[Array], Array], ...] = (
    lambda s: s,
    lambda s: np.maximum(0, s),
    lambda s: np.where(s > 0, s, 0.01 * s),
    np.tanh,
    np.exp,
    lambda s: 1 + np.exp(-s),
    lambda s: by_hand.sigma(-s),
    lambda s: by_hand.sigma(s) * (1 - by_hand.sigma(s)),
)

# A student's earlier value is handed over as a function, so that a name that was never defined costs nothing here.
Earlier = Callable[[], Any]


def hidden_state(s1: Any) -> None:
    """Check s1, 3 values."""
    _check("s1", s1, S1)


def hidden_output(x1: Any, s1: Earlier) -> None:
    """Check x1, 3 values; it may follow from the student's s1."""
    _check("x1", x1, X1, lambda: (by_hand.sigma(s) for s in _own(S1, s1)))


def output_state(s2: Any, x1: Earlier) -> None:
    """Check s2, 2 values; it may follow from the student's x1."""
    _check("s2", s2, S2, lambda: (W2 @ x + B2 for x in _own(X1, x1)))


def output(x2: Any, s2: Earlier) -> None:
    """Check x2, 2 values; it may follow from the student's s2."""
    _check("x2", x2, X2, lambda: (by_hand.sigma(s) for s in _own(S2, s2)))


def output_bias_gradient(dE_db2: Any, s2: Earlier, x2: Earlier) -> None:
    """Check dE/db2, 2 values; it may follow from the student's s2 and x2."""
    _check("dE_db2", dE_db2, DB2, lambda: _output_deltas(s2, x2))


def output_weight_gradient(dE_dW2: Any, dE_db2: Earlier, x1: Earlier, s2: Earlier, x2: Earlier) -> None:
    """Check dE/dW2, shape (2, 3); it may follow from the student's forward values and from dE/db2."""

    def carried() -> Iterator[Array]:
        deltas = [*_output_deltas(s2, x2), *_own_wrong(DB2, dE_db2, 2)]
        return (delta @ x.T for delta in deltas for x in _own(X1, x1))

    _check("dE_dW2", dE_dW2, DW2, carried, shape=(2, 3))


def hidden_bias_gradient(dE_db1: Any, dE_db2: Earlier, s1: Earlier, x1: Earlier, s2: Earlier, x2: Earlier) -> None:
    """Check dE/db1, 3 values; it may follow from the student's forward values and from dE/db2."""
    _check("dE_db1", dE_db1, DB1, lambda: _hidden_deltas(dE_db2, s1, x1, s2, x2), decimals=3)


def hidden_weight_gradient(
    dE_dW1: Any, dE_db1: Earlier, dE_db2: Earlier, s1: Earlier, x1: Earlier, s2: Earlier, x2: Earlier
) -> None:
    """Check dE/dW1, shape (3, 2); it may follow from the student's forward values, from dE/db2 and from dE/db1."""

    def carried() -> Iterator[Array]:
        deltas = [*_hidden_deltas(dE_db2, s1, x1, s2, x2), *_own_wrong(DB1, dE_db1, 3)]
        return (delta @ x.T for x in [X0, *_own_inputs(s1)] for delta in deltas)

    _check("dE_dW1", dE_dW1, DW1, carried, shape=(3, 2), decimals=3)


def _own_inputs(s1: Earlier) -> Iterator[Array]:
    """Yield the data point that the student has taken in place of x0, where a wrong s1 tells that."""
    for own in _own(S1, s1)[1:]:
        x = np.linalg.lstsq(W1, own - B1)[0]
        if _is_wrong(own, S1, 2) and np.allclose(W1 @ x + B1, own, rtol=0, atol=1e-3):
            yield np.asarray(np.round(x, 2))


def _own(right: Array, earlier: Earlier) -> list[Array]:
    """Return the right column and, where it may be carried forward, the student's.

    A wrong value that has lost no points has been changed after its test, to match something else that is wrong.
    """
    own = _read(right, earlier)
    return [right, *(value for value in own if lost("task5-forward") or not _is_wrong(value, right, 2))]


def _own_wrong(right: Array, earlier: Earlier, decimals: int) -> list[Array]:
    """Return the student's value where it is wrong: a right one, rounded, is no excuse for what is computed from it.

    Its own test is in the same group: no cell of the student's runs between them, so that it is the same there.
    """
    return [own for own in _read(right, earlier) if _is_wrong(own, right, decimals)]


def _read(right: Array, earlier: Earlier) -> list[Array]:
    """Return the student's value as a column, if it can be read as one and is not nothing."""
    try:
        own = numbers("", earlier(), count=right.size).reshape(-1, 1)
    except (AssertionError, NameError):
        return []
    return [own] if np.any(own) else []


def _is_wrong(own: Array, right: Array, decimals: int) -> bool:
    return bool(np.any(np.abs(own - right) > _tolerance(own, decimals)))


def _slopes(s: Array, x: Array) -> Iterator[Array]:
    """Yield the derivatives of the activation that a student with s and x can have used.

    That is sigma' from s and from x. Who took another activation in the forward pass (and lost points there) may have
    its derivative.
    """
    sigma = by_hand.sigma(s)
    yield sigma * (1 - sigma)
    yield x * (1 - x)
    for g in WRONG_ACTIVATIONS:
        if np.all(np.abs(x - g(s)) <= 5e-3):
            yield (g(s + 1e-5) - g(s - 1e-5)) / 2e-5


def _output_deltas(s2: Earlier, x2: Earlier) -> list[Array]:
    pairs = [(s, x) for x in _own(X2, x2) for s in _own(S2, s2)]
    deltas = [(x - Y) * slope for s, x in pairs for slope in _slopes(s, x)]
    # Who took a softmax for the output (and lost points there) may have its derivative, which is a full matrix.
    softmax = [x for s, x in pairs if np.allclose(x, np.exp(s) / np.sum(np.exp(s)), rtol=0, atol=5e-3)]
    return deltas + [(np.diagflat(x) - x @ x.T) @ (x - Y) for x in softmax]


def _hidden_deltas(dE_db2: Earlier, s1: Earlier, x1: Earlier, s2: Earlier, x2: Earlier) -> list[Array]:
    slopes = [slope for s in _own(S1, s1) for x in _own(X1, x1) for slope in _slopes(s, x)]
    deltas = [*_output_deltas(s2, x2), *_own_wrong(DB2, dE_db2, 2)]
    return [(W2.T @ delta) * slope for delta in deltas for slope in slopes]


def _check(
    what: str,
    value: Any,
    right: Array,
    carried: Callable[[], Iterable[Array]] | None = None,
    *,
    shape: tuple[int, int] | None = None,
    decimals: int = 2,
) -> None:
    """Hold a value against what is right, and else what is carried forward; `decimals` is what the sheet prints."""
    got = numbers(what, value, shape=shape, count=None if shape else right.size)
    assert np.any(got), f"{what} is all zeros."
    tolerance = _tolerance(got, decimals)

    def off(expected: Array) -> int:
        return int(np.count_nonzero(np.abs(got - expected.reshape(got.shape)) > tolerance))

    wrong = off(right)
    if not wrong:
        return
    # From values so wrong that next to nothing is left of the gradients, next to nothing would follow.
    if carried and any(np.max(np.abs(e)) > 2e-3 and not off(e) for e in carried()):
        note_carried("Accepted as what follows from your own earlier values.")
        return
    raise AssertionError(
        f"{what} is not right in {wrong} of {got.size} entries"
        f"{', and does not follow from your earlier values' if carried else ''}: got {show(got)}."
    )


def _tolerance(got: Array, decimals: int) -> Array:
    """Return what each value may be off, in view of the decimals that it was given with.

    With no more decimals than the sheet prints: a unit in its last place, roughly; with four or more: 5e-4.
    A 0 tells no decimals; it was given with as many as the finest of the others.
    """

    def given_with(places: int) -> Any:
        return np.abs(got - np.round(got, places)) < 1e-7  # float32 has 7 digits

    three = np.where(given_with(3), 6e-4, 5e-4)
    tolerance = np.where(given_with(2), 6e-3, three) if decimals == 2 else three
    tolerance[got == 0] = np.min(tolerance)
    return tolerance
