"""Activation functions and their derivatives.

An activation is an object with two methods, `evaluate(z)` and `gradient(z)`; both work element by element on a
scalar or on an array of any shape and return a result of the same shape.
"""

import numpy as np
from numpy.typing import ArrayLike

from solution.types import Array


class ReLU:
    """The rectified linear unit, max(0, z)."""

    def evaluate(self, z: ArrayLike) -> Array:
        """Return max(0, z), in the shape of z."""
        return np.maximum(0.0, z)

    def gradient(self, z: ArrayLike) -> Array:
        """Return the slope at z: 1 where z > 0, else 0 (at the kink itself any value in [0, 1] is a subgradient)."""
        return np.where(np.asarray(z) > 0, 1.0, 0.0)


class sigmoid:  # noqa: N801  (the exercise fixes the lower-case name)
    """The logistic function, 1 / (1 + exp(-z))."""

    def evaluate(self, z: ArrayLike) -> Array:
        """Return 1 / (1 + exp(-z)), in the shape of z, without overflow for any z.

        exp only ever sees -|z| <= 0. For z < 0 the fraction is expanded by exp(z), so that
        1 / (1 + exp(-z)) = exp(z) / (exp(z) + 1). Where exp underflows, 0 is the right answer.
        """
        z = np.asarray(z, dtype=np.float64)
        e = np.exp(-np.abs(z))
        value: Array = np.where(z >= 0, 1.0, e) / (1.0 + e)
        return value

    def gradient(self, z: ArrayLike) -> Array:
        """Return the derivative sigma(z) (1 - sigma(z)), in the shape of z.

        The difference would lose every digit where sigma(z) is close to 1. With e = exp(-|z|), one factor is
        1 / (1 + e) and the other e / (1 + e).
        """
        e = np.exp(-np.abs(np.asarray(z, dtype=np.float64)))
        slope: Array = e / (1.0 + e) ** 2
        return slope
