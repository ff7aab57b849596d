"""Task 5: one forward and one backward pass through the network of Figure 1, as one would write it on paper.

All vectors are columns. E = 1/2 |x2 - y|^2.
"""

import numpy as np

from solution.types import Array


def sigma(s: Array) -> Array:
    """Return the sigmoid of s, element by element: the textbook formula, for the small numbers of this task."""
    return 1 / (1 + np.exp(-s))


def forward(x0: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Array, Array, Array, Array]:
    """Return s1, x1, s2, x2 for one sample x0, shape (d_0, 1)."""
    s1 = W1 @ x0 + b1
    x1 = sigma(s1)
    s2 = W2 @ x1 + b2
    x2 = sigma(s2)
    return s1, x1, s2, x2


def gradients(x0: Array, y: Array, W2: Array, x1: Array, x2: Array) -> tuple[Array, Array, Array, Array]:
    """Return dE/dW2, dE/db2, dE/dW1, dE/db1, in the shapes of W2, b2, W1, b1, from the results of `forward`.

    The derivative of the sigmoid is sigma' = sigma (1 - sigma), so that it can be had from x1 and x2.
    """
    dE_db2 = (x2 - y) * x2 * (1 - x2)
    dE_dW2 = dE_db2 @ x1.T
    dE_db1 = (W2.T @ dE_db2) * x1 * (1 - x1)
    dE_dW1 = dE_db1 @ x0.T
    return dE_dW2, dE_db2, dE_dW1, dE_db1
