"""What the reference solution is held against; nothing here is computed with the solution's own code.

The numbers of Figure 1 and of the exercise sheet, networks written once more for automatic differentiation, the linear
system of the sheet written as its double sum, and the logistic function in decimal arithmetic.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from solution.activations import ReLU, sigmoid
from solution.network import NeuralNetwork

Array = NDArray[Any]


def column(*values: float) -> Array:
    return np.array(values)[:, None]


# Figure 1
X0, Y = column(1.0, 2.0), column(0.0, 1.0)
W1, B1 = np.array([[0.2, -0.3], [0.1, -1.2], [0.4, 0.3]]), column(0.3, -0.1, 1.2)
W2, B2 = np.array([[0.4, 0.2, 0.2], [0.1, 0.3, 0.5]]), column(-0.6, 0.5)


def figure_1() -> NeuralNetwork:
    net = NeuralNetwork([2, 3, 2])
    net.weight[:], net.bias[:] = [W1, W2], [B1, B2]
    return net


class Tanh:
    """An activation that the solution does not know."""

    def evaluate(self, z: Array) -> Array:
        return np.tanh(z)

    def gradient(self, z: Array) -> Array:
        return 1 / np.cosh(z) ** 2


OBJECTS: dict[str, Any] = {"sigmoid": sigmoid(), "relu": ReLU(), "tanh": Tanh()}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "relu": lambda z: anp.maximum(0.0, z),
    "tanh": anp.tanh,
}


@dataclass(frozen=True)
class Case:
    """A network with random parameters, and random samples and targets for it."""

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    samples: int

    def __str__(self) -> str:
        layers = [f"{kind}{d}" for kind, d in zip(self.activations, self.widths[1:], strict=True)]
        return "-".join([str(self.widths[0]), *layers]) + f"-N{self.samples}"

    def network(self) -> tuple[NeuralNetwork, Array, Array]:
        """Return the network, x and y; the same at every call."""
        random = np.random.default_rng(sum(self.widths))
        net = NeuralNetwork(self.widths, [OBJECTS[kind] for kind in self.activations])
        net.weight[:] = [random.normal(size=W.shape) for W in net.weight]
        net.bias[:] = [random.normal(size=b.shape) for b in net.bias]
        x, y = (random.normal(size=(d, self.samples)) for d in (self.widths[0], self.widths[-1]))
        return net, x, y

    def predict(self, parameters: Sequence[Any], x: Array) -> Any:
        """Return the prediction for the parameters W_1, ..., W_L, b_1, ..., b_L."""
        depth = len(self.activations)
        for W, b, kind in zip(parameters[:depth], parameters[depth:], self.activations, strict=True):
            x = FUNCTIONS[kind](anp.dot(W, x) + b)
        return x

    def loss(self, parameters: Sequence[Any], x: Array, y: Array) -> Any:
        return anp.sum((self.predict(parameters, x) - y) ** 2) / 2

    def gradient(self, parameters: Sequence[Array], x: Array, y: Array) -> list[Array]:
        """Return the gradient of the loss by automatic differentiation."""
        return list(autograd.grad(lambda p: self.loss(p, x, y))(list(parameters)))


CASES = [
    Case((1, 1), ("sigmoid",), 1),
    Case((4, 3), ("relu",), 5),
    Case((2, 3, 2), ("sigmoid", "sigmoid"), 1),
    Case((2, 9, 1), ("relu", "sigmoid"), 50),
    Case((3, 5, 2, 4), ("relu", "sigmoid", "tanh"), 7),
    Case((5, 1, 6, 1, 2), ("tanh", "sigmoid", "relu", "sigmoid"), 3),
    Case((2, 8, 8, 8, 8, 1), ("relu", "relu", "tanh", "relu", "sigmoid"), 20),
    Case((30, 20, 10), ("sigmoid", "relu"), 64),
]


def exact_sigmoid(z: float) -> Decimal:
    """Return 1 / (1 + exp(-z)) to fifty digits."""
    with localcontext() as context:
        context.prec = 50
        e = (-abs(Decimal(z))).exp()
        return (1 if z >= 0 else e) / (1 + e)


def exact_slope(z: float) -> Decimal:
    """Return the derivative of the logistic function, exp(-z) / (1 + exp(-z))^2, to fifty digits."""
    with localcontext() as context:
        context.prec = 50
        e = (-abs(Decimal(z))).exp()
        return e / (1 + e) ** 2


def ulps(got: float, exact: Decimal) -> float:
    """Return how many units in the last place `got` is off."""
    return float(abs(Decimal(float(got)) - exact) / Decimal(math.ulp(float(exact))))


def sheet_system(a: float, b: float, n: int) -> tuple[Array, Array, Array]:
    """Return x, the biases, and the matrix of Equation (1) as the sheet writes them, entry by entry."""
    h = (b - a) / (n - 1)
    x = np.array([a + (i - 1) * h for i in range(1, n + 1)])
    biases = np.array([a + (j - 2) * h for j in range(1, n + 1)])
    A = np.zeros((n, n))
    for i in range(1, n + 1):
        for j in range(1, i + 1):
            A[i - 1, j - 1] = (i - j + 1) * h
    return x, biases, A


@dataclass(frozen=True)
class Target:
    """A function to approximate on [a, b]."""

    name: str
    f: Callable[[Any], Any]
    a: float
    b: float
    bend: float  # the largest |f''| on [a, b]

    def __str__(self) -> str:
        return self.name


TARGETS = [
    Target("sin", np.sin, 0.0, 6.0, 1.0),
    Target("exp", np.exp, -1.0, 2.0, math.exp(2)),
    Target("cubic", lambda x: 2 + x - x**3, -3.0, -1.0, 18.0),
    Target("square", np.square, 1.0, 4.0, 2.0),
    Target("runge", lambda x: 1 / (1 + 25 * x**2), -1.0, 1.0, 50.0),
    Target("far-from-zero", np.cos, 100.0, 104.0, 1.0),
    Target("short-interval", lambda x: np.sin(1000 * x) + 5, 0.001, 0.004, 1e6),
]
