"""Task 6, the constructor of `NeuralNetwork`: the law of the weights, the biases, the activations."""

from typing import Any

import numpy as np

from marking.network import OwnActivations
from sealgrade.testing import any_of, call, compare, follows_normal_law, numbers
from solution import activations

# On 400 -> 300 the sample's standard deviation is right to 0.2 %; the nearest other law, 1/sqrt(d_in), is 7 % off.
WIDE = ([400, 300], [500, 200, 350])
NARROW = ([2, 3, 2], [4, 1], [3, 5, 2, 1])
# Three layers are tested, so a right initialisation fails with a probability of less than one in a million.
FALSE_ALARM = 3e-7


def check_weights(student: Any) -> None:
    """Check shapes and law of the weights: independent draws from N(0, 2 / (d_in + d_out))."""
    for layers in (*NARROW, *WIDE):
        first, second = (call(f"NeuralNetwork({layers})", student, list(layers)) for _ in range(2))
        assert len(first.weight) == len(layers) - 1, (
            f"weight of NeuralNetwork({layers}) should hold {len(layers) - 1} arrays, but holds {len(first.weight)}."
        )
        for l, (d_in, d_out) in enumerate(zip(layers[:-1], layers[1:], strict=True)):
            what = f"weight[{l}] of NeuralNetwork({layers})"
            W = numbers(what, first.weight[l], shape=(d_out, d_in))
            if layers not in WIDE:
                continue
            sigma = np.sqrt(2 / (d_in + d_out))
            assert follows_normal_law(W, sigma, FALSE_ALARM), (
                f"{what} does not look like draws from the normal distribution asked for: "
                f"mean {W.mean():.4g}, standard deviation {W.std():.4g}, largest {np.abs(W).max():.4g}."
            )
            assert np.unique(W).size > 0.99 * W.size, f"{what} repeats values: the draws are not independent."
            other = numbers(what, second.weight[l], shape=(d_out, d_in))
            assert not np.array_equal(W, other), (
                f"{what} is the same in two networks: something in the constructor makes the draws repeat."
            )


def check_biases(student: Any) -> None:
    """Check that each bias is a column of zeros."""
    for layers in (*NARROW, WIDE[0]):
        net = call(f"NeuralNetwork({layers})", student, list(layers))
        assert len(net.bias) == len(layers) - 1, (
            f"bias of NeuralNetwork({layers}) should hold {len(layers) - 1} arrays, but holds {len(net.bias)}."
        )
        for l, d_out in enumerate(layers[1:]):
            what = f"bias[{l}] of NeuralNetwork({layers})"
            compare(what, numbers(what, net.bias[l], shape=(d_out, 1)), np.zeros((d_out, 1)))


def check_activations(student: Any, own: OwnActivations) -> None:
    """Check that the given activations are used in their order, and `sigmoid()` everywhere where none are given."""

    def values(activation: Any, what: str = "") -> Any:
        return np.array([numbers(what, activation.evaluate(z), count=1)[0] for z in (-2.0, -0.5, 0.75, 3.0)])

    right_sigmoid, right_relu = activations.sigmoid(), activations.ReLU()

    def has(layers: list[int], given: list[Any] | None, expected: list[Any]) -> None:
        net = call(f"NeuralNetwork({layers}, ...)", student, layers, given)
        what = f"activation of NeuralNetwork({layers}, {'None' if given is None else '[...]'})"
        assert len(net.activation) == len(expected), (
            f"{what} should hold {len(expected)} objects, but holds {len(net.activation)}."
        )
        for l, activation in enumerate(expected):
            name = f"{what}[{l}].evaluate(z)"
            compare(name, values(net.activation[l], name), values(activation))

    def defaults(sigmoid: Any) -> None:
        for layers in ([2, 3, 1], [4, 3, 3, 2]):
            has(layers, None, [sigmoid] * (len(layers) - 1))

    any_of([lambda: defaults(right_sigmoid), lambda: defaults(own()[1]())])
    has([2, 3, 4, 1], [right_relu, right_sigmoid, right_relu], [right_relu, right_sigmoid, right_relu])
