"""Approximating a function on an interval by a sum of ReLUs, NN(x) = sum_j lambda_j ReLU(x - b_j).

NN is piecewise linear and bends at the biases b_j. With b_1 = x_1 - h and b_j = x_(j-1) it passes through n given
points (x_i, f_i), so it is the linear interpolant of f. Its weights come from a triangular linear system
(`relu_system`, `fit_by_system`); since lambda_j is the amount by which the slope changes at b_j, they can also be
written down directly, in O(n) (`fit`, and `fit_points` where the points are not equidistant).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from solution.types import Array

Function = Callable[[Array], ArrayLike]


def relu_system(f: Function, a: float, b: float, n: int) -> tuple[Array, Array]:
    """Return A, shape (n, n), and f_, shape (n,), of the linear system A lambda_ = f_ for n >= 2 points of [a, b].

    Row i is the equation NN(x_i) = f(x_i), with x_i - b_j = (i - j + 1) h where that is positive.
    """
    x, h = np.linspace(a, b, n, retstep=True)
    i, j = np.indices((n, n))
    A = h * np.maximum(0, i - j + 1)
    return A, np.asarray(f(x), dtype=np.float64)


def fit_by_system(f: Function, a: float, b: float, n: int) -> tuple[Array, Array]:
    """Return the same as `fit`, by solving the linear system of the exercise sheet: O(n^3) instead of O(n)."""
    A, f_ = relu_system(f, a, b, n)
    x, h = np.linspace(a, b, n, retstep=True)
    return np.linalg.solve(A, f_), x - h


def fit(f: Function, a: float, b: float, n: int) -> tuple[Array, Array]:
    """Return the weights and the biases, n values each, of the NN through n >= 2 equidistant points of f on [a, b].

    Row i of the system minus twice row i - 1 plus row i - 2 leaves h lambda_i = f_i - 2 f_(i-1) + f_(i-2), with
    f_0 = f_(-1) = 0: the inverse of A takes second differences. That is a convolution, in O(n).
    """
    x, h = np.linspace(a, b, n, retstep=True)
    lambda_ = np.convolve(np.asarray(f(x), dtype=np.float64), [1.0, -2.0, 1.0])[:n] / h
    return lambda_, x - h


def fit_points(x: ArrayLike, f_: ArrayLike) -> tuple[Array, Array]:
    """Return the weights and the biases, n values each, of the NN through n >= 2 points (x_i, f_i).

    The slope of NN is f_1 / (x_1 - b_1) before x_1 and (f_(i+1) - f_i) / (x_(i+1) - x_i) after x_i;
    the weights are the changes of that slope.

    Args:
        x: increasing, not necessarily equidistant, shape (n,).
        f_: the values there, shape (n,).
    """
    x, f_ = np.asarray(x, dtype=np.float64), np.asarray(f_, dtype=np.float64)
    b_ = np.concatenate([[x[0] - (x[1] - x[0])], x[:-1]])
    slope = np.diff(f_, prepend=0.0) / (x - b_)
    return np.diff(slope, prepend=0.0), b_


def approx(x: ArrayLike, lambda_: ArrayLike, b_: ArrayLike) -> Array:
    """Return NN(x) = sum_j lambda_j ReLU(x - b_j), in the shape of x (a scalar or an array of any shape).

    At x only the k biases left of it count: NN(x) = (lambda_1 + ... + lambda_k) x - (lambda_1 b_1 + ... + lambda_k b_k)
    with the biases in increasing order. The sums for all k are cumulative sums, so this takes no n x N table.
    """
    x, lambda_, b_ = np.asarray(x), np.asarray(lambda_), np.asarray(b_)
    order = np.argsort(b_)
    slope = np.append(0.0, np.cumsum(lambda_[order]))
    offset = np.append(0.0, np.cumsum((lambda_ * b_)[order]))
    k = np.searchsorted(b_[order], x)
    value: Array = slope[k] * x - offset[k]
    return value


def largest_error(f: Function, a: float, b: float, n: int, points: int = 1000) -> float:
    """Return the largest |NN(x) - f(x)| of the fit with n points, over `points` equidistant x in [a, b]."""
    x = np.linspace(a, b, points)
    return float(np.max(np.abs(approx(x, *fit(f, a, b, n)) - f(x))))
