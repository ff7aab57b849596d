"""The methods of a right network, and of right activation functions, for objects of a student's.

They are called from the student's process and answer with values; see `sealgrade.testing.stand_in`.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from sealgrade.testing import ValueMethod, any_of, look_up, lost, numbers, stand_in, update
from solution import activations
from solution.network import NeuralNetwork
from solution.types import Array


def network_methods() -> dict[str, Callable[..., Any]]:
    """Return the methods of a right network, for objects of the student's."""
    made = count()

    def init(net: Any, layers: Sequence[int], activations: Sequence[Any] | None = None) -> None:
        # Seeded, so that a second grading sees the same.
        rng, pairs = np.random.default_rng([6, next(made)]), list(zip(layers[:-1], layers[1:], strict=True))
        update(
            net,
            weight=[rng.normal(0, np.sqrt(2 / (d_in + d_out)), (d_out, d_in)) for d_in, d_out in pairs],
            bias=[np.zeros((d_out, 1)) for _, d_out in pairs],
            activation=[_default_activation() for _ in pairs] if activations is None else list(activations),
            _s=[None] * len(pairs),
            _x=[None] * len(layers),
        )

    def loss(*args: Array, **kwargs: Array) -> Any:
        return NeuralNetwork([1], []).loss(*args, **kwargs), {}

    return {
        "__init__": init,
        "forward": _with_parameters("forward"),
        "loss": ValueMethod(loss),
        "backprop": _with_parameters("backprop"),
        "train": _with_parameters("train", "weight", "bias"),
    }


def with_a_right_method(student: Any, method: str, marked_by: str, check: Callable[[], None]) -> None:
    """Run a check, and again with a right method in the place of the student's own, where that has lost its points."""

    def with_a_right_one() -> None:
        assert lost(marked_by), f"a right {method} excuses nothing"
        with stand_in(student, {method: network_methods()[method]}):
            check()

    any_of([check, (f"Marked with a right `{method}` in the place of yours.", with_a_right_one)])


def _with_parameters(method: str, *changed: str) -> ValueMethod:
    """Return a method of the reference network, on the parameters and activations of a student's."""

    def function(weight: Any, bias: Any, activation: Any, *args: Any, **kwargs: Any) -> Any:
        right = NeuralNetwork([1], [])
        right.weight, right.bias = [numbers("", W) for W in weight], [numbers("", b) for b in bias]
        right.activation = [_right_activation(one) for one in activation]
        result = getattr(right, method)(*args, **kwargs)
        return result, {name: getattr(right, name) for name in ("_s", "_x", *changed)}

    return ValueMethod(function, ("weight", "bias", "activation"))


def _right_activation(own: Any) -> Any:
    """Return a right activation in place of one of the student's class of that name, if that class has lost nothing.

    It gives the same values, and need not be asked through the wall, layer by layer.
    """
    for name in ("ReLU", "sigmoid"):
        if f" {name} " in repr(own) and not lost("task6-activations"):
            return getattr(activations, name)()
    return own


def _default_activation() -> Any:
    return look_up("sigmoid")()


def activation_methods(right: Any) -> dict[str, Callable[..., Any]]:
    """Return the methods of a right activation, given as an object of the reference's."""

    def method(name: str) -> ValueMethod:
        return ValueMethod(lambda z: (getattr(right, name)(z), {}))

    return {name: method(name) for name in ("evaluate", "gradient")}
