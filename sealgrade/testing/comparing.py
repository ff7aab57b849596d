"""Holding what came of a student's code against what is right: there, numbers, of that shape, finite, equal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealgrade.examiner.handles import Handle, kind_of
from sealgrade.testing.calling import get
from sealgrade.testing.differences import remark

Array = NDArray[Any]

RTOL = 1e-4  # relative accuracy asked for
FLOOR = 1e-5  # ... and, for entries near zero, relative to the largest entry: float32 work keeps this


def numbers(what: str, value: Any, *, shape: tuple[int, ...] | None = None, count: int | None = None) -> Array:
    """Return `value` as a float array, checked.

    Args:
        what: how the student knows it, for example "s1" or "ReLU().evaluate(3)".
        value: a number, an array or a nested sequence of numbers.
        shape: the exact shape asked for; without it any shape will do.
        count: the number of values asked for, in any shape; the result is flat then.

    Raises:
        AssertionError: it is None, is not numbers, has another shape or count, or is NaN or infinite somewhere.
    """
    assert value is not None, f"{what} is None: nothing has been computed or returned."
    is_plain = type(value) is np.ndarray and value.dtype == np.float64  # most are, and need no look at what they hold
    array = value.copy(order="K") if is_plain else _floats(what, value)
    if shape is not None:
        assert array.shape == shape, f"{what} should have shape {shape}, but has shape {array.shape}."
    if count is not None:
        assert array.size == count, f"{what} should be {count} value(s), but is {array.size} (shape {array.shape})."
        array = array.ravel()
    assert np.isfinite(array).all(), f"{what} is not finite: {show(array)}."
    return array


def _floats(what: str, value: Any) -> Array:
    try:
        with np.errstate(all="ignore"):
            array = _real(np.asarray(value))
            assert array.dtype.kind in "biuf", f"{what} should be numbers, but is {_describe(value)}."
            return array.astype(np.float64)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} should be numbers, but is {_describe(value)}.") from None


def _real(array: Array) -> Array:
    """Return complex numbers without an imaginary part, and objects such as fractions, as the real numbers they are."""
    if array.dtype.kind == "c" and np.all(np.abs(array.imag) <= 1e-9 * np.max(np.abs(array), initial=0.0)):
        return array.real
    if array.dtype.kind == "O" and not any(value is None or isinstance(value, str | bytes) for value in array.flat):
        return array.astype(np.float64)
    return array


def _describe(value: Any) -> str:
    text = kind_of(value) if isinstance(value, Handle) else f"{type(value).__name__} {value!r}"
    return text if len(text) <= 80 else text[:77] + "..."


def show(array: Array) -> str:
    """Return at most ten values of an array, for a message."""
    with np.printoptions(precision=5, threshold=10, edgeitems=3, linewidth=100, suppress=False):
        return " ".join(str(np.asarray(array)).split())


def is_close(got: Array, expected: Array, atol: float = 0.0) -> NDArray[np.bool_]:
    """Return where `got` is `expected`: to 1e-4 relative, or within `atol`, or 1e-5 of the largest expected entry."""
    size = np.abs(expected)
    near_zero = atol + FLOOR * np.max(size, initial=0.0)
    close: NDArray[np.bool_] = np.abs(got - expected) <= np.maximum(RTOL * size, near_zero)
    return close


def compare(what: str, got: Array, expected: Array, atol: float = 0.0) -> None:
    """Raise where `got` is not `expected` (see `is_close`); the message shows where, what came, and what can be said.

    Where a result is right but for a common factor, a transpose, an order or the like, the message says so.
    """
    assert got.shape == expected.shape, f"{what} should have shape {expected.shape}, but has shape {got.shape}."
    wrong = ~is_close(got, expected, atol)
    if not wrong.any():
        return
    if got.ndim == 0 or got.size == 1:
        raise AssertionError(f"{what} is not right: got {got.item():.6g}.")
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    index = ", ".join(map(str, first))
    raise AssertionError(
        f"{what} is not right in {np.count_nonzero(wrong)} of {wrong.size} entries; "
        f"the first is [{index}]: got {got[first]:.6g}." + _said(got, expected, atol)
    )


def _said(got: Array, expected: Array, atol: float) -> str:
    said = remark(got, expected, lambda one, other: is_close(one, other, atol))
    return f" {said}" if said else ""


def unchanged(what: str, value: Any, before: Array) -> None:
    """Raise where a call has changed what was handed to it."""
    assert np.array_equal(np.asarray(get(value)), before), (
        f"{what} was changed by the call; it must come back as it was."
    )
