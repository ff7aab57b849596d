"""Task 6: what `backprop` returns, checked for its form and put in order."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from marking.cases import Case
from sealgrade.testing import Array, Result, Steps, call, numbers

Gradients = tuple[list[Array], list[Array]]


def gradients_of(net: Any, x: Array, y: Array, case: Case) -> Gradients:
    """Return what the student's `backprop(x, y)` returns, checked for its form; a third returned value is ignored."""
    return checked_gradients(call(f"backprop(x, y) {case}", net.backprop, x, y), case)


def note_backprop(steps: Steps, net: Any, x: Array, y: Array, case: Case) -> Result:
    """Note a call of `backprop`."""
    return steps.method(f"backprop(x, y) {case}", net, "backprop", x, y)


def checked_gradients(result: Any, case: Case) -> Gradients:
    """Return what `backprop` has returned, checked for its form."""
    what = f"backprop(x, y) {case}"
    assert isinstance(result, tuple | list) and len(result) in (2, 3), (
        f"{what} should return weight_gradient, bias_gradient, but returns a {type(result).__name__}."
    )
    gradients: Gradients = ([], [])
    for name, got, checked, columns in (
        ("weight_gradient", result[0], gradients[0], case.layers[:-1]),
        ("bias_gradient", result[1], gradients[1], [1] * len(case.kinds)),
    ):
        length = len(got) if hasattr(got, "__len__") else None
        assert length == len(case.kinds), f"{name} of {what} should be a list with an array for each weight layer."
        for l, shape in enumerate(zip(case.layers[1:], columns, strict=True)):
            checked.append(np.array(numbers(f"{name}[{l}] of {what}", got[l], shape=shape)))
    return gradients


def flat(parameters: tuple[Sequence[Array], Sequence[Array]]) -> list[Array]:
    """Return the arrays for weights and biases from the output backwards: a mistake is named where it first shows."""
    return [array for pair in zip(*parameters, strict=True) for array in pair][::-1]


def halves(arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Return those for the weights and those for the biases again, first layer first."""
    return list(arrays[::-1][::2]), list(arrays[::-1][1::2])


def names(case: Case, which: str = "of backprop(x, y)") -> list[str]:
    """Return what a student calls each of the arrays that `flat` returns."""
    layers = reversed(range(len(case.kinds)))
    return [f"{name}[{l}] {which} {case}" for l in layers for name in ("bias_gradient", "weight_gradient")]
