"""Whether two solutions behave alike, as far as an assignment's probes tell.

The probes (`bank/ASSIGNMENT/probes.py`) run after a notebook's cells, in the same process, and leave a dict `behaviour`
from descriptions to plain values. A mutant that passes the tests and behaves as the reference does is no mistake, only
another way to write the solution: it is *equivalent*, and says nothing about the tests.
"""

from typing import Any

import numpy as np

_RELATIVE = 1e-9
_ABSOLUTE = 1e-12  # what is left of zero after a sum in another order


def equivalent(reference: Any, mutant: Any) -> bool:
    """Return whether two plain values are the same, up to rounding.

    Numbers are compared by their values, whatever their types, to a relative 1e-9; NaN is like NaN. Arrays have the
    same shape; a list, a tuple and an array of the same numbers are alike. Whatever is not plain is like nothing.

    Args:
        reference: numbers, texts, None, arrays, and lists, tuples and dicts of them.
        mutant: likewise.
    """
    if isinstance(reference, dict) or isinstance(mutant, dict):
        return (
            isinstance(reference, dict)
            and isinstance(mutant, dict)
            and reference.keys() == mutant.keys()
            and all(equivalent(value, mutant[key]) for key, value in reference.items())
        )
    if isinstance(reference, str | bytes | None) or isinstance(mutant, str | bytes | None):
        return type(reference) is type(mutant) and bool(reference == mutant)
    if isinstance(reference, int) and isinstance(mutant, int):
        return reference == mutant  # however large
    left, right = _numbers(reference), _numbers(mutant)
    if left is not None and right is not None:
        return left.shape == right.shape and _close(left, right)
    left_items, right_items = _items(reference), _items(mutant)
    if left_items is None or right_items is None or len(left_items) != len(right_items):
        return False
    return all(map(equivalent, left_items, right_items))


def _numbers(value: Any) -> np.ndarray[Any, Any] | None:
    """Return the value as an array of numbers, if it is one number or a regular table of them."""
    if not isinstance(value, bool | int | float | complex | np.generic | np.ndarray | list | tuple):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # rows of different lengths
        return None
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    return array.astype(np.float64) if array.dtype.kind == "b" else array if array.dtype.kind in "fc" else None


def _close(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    if left.dtype == right.dtype and left.tobytes() == right.tobytes():
        return True  # nearly always so, and `isclose` takes long
    with np.errstate(all="ignore"):
        return bool(np.all(np.isclose(left, right, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)))


def _items(value: Any) -> list[Any] | None:
    if isinstance(value, np.ndarray):
        return list(value) if value.ndim else None
    return list(value) if isinstance(value, list | tuple) else None
