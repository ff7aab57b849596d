"""The methods of a right network, and of right activation functions, for objects of a student's.

They are called from the student's process and answer with values; see `sealgrade.testing.stand_in`.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from sealgrade.testing import look_up, lost, numbers, read, update
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

    def forward(net: Any, x: Array) -> Any:
        right = _right_copy(net)
        return _leave_states(net, right, right.forward(x))

    def loss(net: Any, y_prediction: Array, y: Array) -> float:
        return NeuralNetwork.loss(net, y_prediction, y)

    def backprop(net: Any, x: Array, y: Array) -> Any:
        right = _right_copy(net)
        return _leave_states(net, right, right.backprop(x, y))

    def train(net: Any, x: Array, y: Array, eta: float = 0.01, iterations: int = 100) -> Any:
        right = _right_copy(net)
        losses = right.train(x, y, eta, iterations)
        update(net, weight=right.weight, bias=right.bias)
        return _leave_states(net, right, losses)

    return {"__init__": init, "forward": forward, "loss": loss, "backprop": backprop, "train": train}


def _right_copy(net: Any) -> NeuralNetwork:
    """Return the reference network with the parameters of a student's, and with the student's activations."""
    weight, bias, activation = read(net, "weight", "bias", "activation")
    right = NeuralNetwork([1], [])
    right.weight, right.bias = [numbers("", W) for W in weight], [numbers("", b) for b in bias]
    right.activation = [_right_activation(one) for one in activation]
    return right


def _right_activation(own: Any) -> Any:
    """Return a right activation in place of one of the student's class of that name, if that class has lost nothing.

    It gives the same values, and need not be asked through the wall, layer by layer.
    """
    for name in ("ReLU", "sigmoid"):
        if f" {name} " in repr(own) and not lost("task6-activations"):
            return getattr(activations, name)()
    return own


def _leave_states(net: Any, right: NeuralNetwork, result: Any) -> Any:
    update(net, _s=right._s, _x=right._x)
    return result


def _default_activation() -> Any:
    return look_up("sigmoid")()


def activation_methods(right: Any) -> dict[str, Callable[..., Any]]:
    """Return the methods of a right activation, given as an object of the reference's."""
    return {"evaluate": lambda _, z: right.evaluate(z), "gradient": lambda _, z: right.gradient(z)}
