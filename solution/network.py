"""A fully connected neural network that learns by batch gradient descent."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from solution.activations import sigmoid
from solution.types import Array


class Activation(Protocol):
    """What the network needs of an activation: its value and its slope, element by element."""

    def evaluate(self, z: Array) -> Array: ...  # noqa: D102

    def gradient(self, z: Array) -> Array: ...  # noqa: D102


class NeuralNetwork:
    """Layers of neurons, each s = W x + b followed by an activation.

    Args:
        neurons_per_layer: widths d_0, ..., d_L of the input and of every layer after it.
        activations: one object for each of the L weight layers; `sigmoid()` everywhere where None is given.

    Attributes:
        weight, bias: lists of L arrays, of shape (d_out, d_in) and (d_out, 1).
        activation: list of L activations.
        _x, _s: what the last `forward` went through: `_x[0]` is the input, `_s[l]` and `_x[l + 1]` are the layer l
            before and after its activation, each with one column for each sample.
    """

    def __init__(self, neurons_per_layer: Sequence[int], activations: Sequence[Activation] | None = None) -> None:
        layers = list(zip(neurons_per_layer[:-1], neurons_per_layer[1:], strict=True))
        # Glorot and Bengio (2010): this variance keeps signals and gradients at about the same size in every layer.
        self.weight = [np.random.normal(0.0, np.sqrt(2 / (d_in + d_out)), (d_out, d_in)) for d_in, d_out in layers]
        self.bias = [np.zeros((d_out, 1)) for _, d_out in layers]
        self.activation = [sigmoid() for _ in layers] if activations is None else list(activations)
        self._s: list[Array] = []
        self._x: list[Array] = []

    def forward(self, x: Array) -> Array:
        """Return the prediction, shape (d_L, N), for the samples x, shape (d_0, N)."""
        self._s = []
        self._x = [x]
        for W, b, activation in zip(self.weight, self.bias, self.activation, strict=True):
            self._s.append(W @ self._x[-1] + b)
            self._x.append(activation.evaluate(self._s[-1]))
        return self._x[-1]

    def loss(self, y_prediction: Array, y: Array) -> float:
        """Return the squared loss 1/2 |y_prediction - y|^2, summed over outputs and samples."""
        return 0.5 * float(np.sum((y_prediction - y) ** 2))

    def backprop(self, x: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """Return the gradients of the loss, two lists shaped like `weight` and `bias`.

        Args:
            x: samples, shape (d_0, N).
            y: targets, shape (d_L, N).
        """
        self.forward(x)
        weight_gradient: list[Array] = []
        bias_gradient: list[Array] = []
        dE_dx = self._x[-1] - y
        for l in reversed(range(len(self.weight))):
            delta = dE_dx * self.activation[l].gradient(self._s[l])  # dE/ds of layer l
            weight_gradient.insert(0, delta @ self._x[l].T)  # the product also sums over the samples
            bias_gradient.insert(0, delta.sum(axis=1, keepdims=True))
            dE_dx = self.weight[l].T @ delta
        return weight_gradient, bias_gradient

    def train(self, x: Array, y: Array, eta: float = 0.01, iterations: int = 100) -> list[float]:
        """Take `iterations` steps of batch gradient descent of step size `eta`; return the loss before each."""
        losses = []
        for _ in range(iterations):
            weight_gradient, bias_gradient = self.backprop(x, y)
            losses.append(self.loss(self._x[-1], y))
            for l in range(len(self.weight)):
                self.weight[l] = self.weight[l] - eta * weight_gradient[l]
                self.bias[l] = self.bias[l] - eta * bias_gradient[l]
        return losses
