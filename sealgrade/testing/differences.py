"""What can be said of a wrong result from its values alone: a factor, a transpose, an order, where it is right.

Such a remark tells a student where to look. It never holds an expected value, and it is made only of results that are
right but for one such thing in every entry.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Close = Callable[[Array, Array], NDArray[np.bool_]]

_LARGEST = 1000  # factor that is looked for


def remark(got: Array, expected: Array, close: Close) -> str:
    """Return a sentence on how a wrong array differs from the right one; empty where there is nothing to say.

    Args:
        got: what came, of any shape.
        expected: what is right, of that shape.
        close: says where two arrays are equal.
    """
    if expected.size < 2 or not np.all(np.isfinite(got)):
        return ""
    factor = common_factor([got], [expected], close)
    if factor:
        return f"All entries are {factor} what they should be."
    if got.ndim == 2 and got.shape[0] == got.shape[1] > 1 and np.all(close(got.T, expected)):
        return "It is the transpose of what it should be."
    if len(got) > 1 and np.all(close(got[::-1], expected)):
        return "Its entries come in the reverse order."
    if np.all(close(np.abs(got), np.abs(expected))):
        return "Only signs are wrong."
    offset = got - expected
    if np.all(close(got - offset.flat[0], expected)):
        return "All entries are off by the same amount."
    if not np.any(got) and np.any(expected):
        return "All entries are 0."
    return _where(~close(got, expected))


def common_factor(got: Sequence[Array], expected: Sequence[Array], close: Close) -> str:
    """Return in words the one factor by which all arrays are off; empty where there is none that means something.

    Of these there are few: -1, whole numbers, one over a whole number (a mean for a sum, say), and their negatives.

    Args:
        got: arrays.
        expected: arrays of the same shapes, of which not all are zero.
        close: says where two arrays are equal.
    """
    mine, right = (np.concatenate([np.ravel(one) for one in arrays]) for arrays in (got, expected))
    norm = float(right @ right)
    if norm == 0 or np.count_nonzero(right) < 2:
        return ""
    factor = float(mine @ right) / norm
    size = abs(factor)
    if size == 0 or size > _LARGEST or size < 1 / _LARGEST:
        return ""
    whole, part = round(size), round(1 / size)
    nearest = min((float(whole), 1 / part if part else 0.0), key=lambda value: abs(value - size))
    if nearest == 0 or (nearest == 1 and factor > 0):
        return ""
    signed = nearest if factor > 0 else -nearest
    if not all(np.all(close(one / signed, other)) for one, other in zip(got, expected, strict=True)):
        return ""
    if nearest == 1:
        return "the negative of"
    words = f"{whole} times" if nearest > 1 else f"1/{part} of"
    return words if factor > 0 else f"minus {words}"


def _where(wrong: NDArray[np.bool_]) -> str:
    """Say which row or column the wrong entries are in, if that is one of several."""
    if wrong.ndim != 2 or np.all(wrong):
        return ""
    for axis, name in ((1, "row"), (0, "column")):
        lines = np.flatnonzero(np.any(wrong, axis=axis))
        if len(lines) == 1 and wrong.shape[1 - axis] > 1:
            return f"Only {name} {lines[0]} is wrong."
    return ""
