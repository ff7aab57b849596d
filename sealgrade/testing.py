"""What a test cell needs to judge a result fairly and to say what was wrong.

Every function raises `AssertionError` with a message for the student: which result, of which call, what came. The
expected values never stand in a message. The order of the checks is the order in which a student can use them: is it
there, is it a number, has it the right shape, is it finite, is it right.
"""

import copy
import linecache
from collections.abc import Callable, Iterable, Sequence
from math import erf
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealgrade.examiner.handles import Handle, number_of
from sealgrade.examiner.present import failed, present

Array = NDArray[Any]

RTOL = 1e-4  # relative accuracy asked for
FLOOR = 1e-5  # ... and, for entries near zero, relative to the largest entry: float32 work keeps this


def call(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return `function(*arguments)`; an exception of the student's code becomes an `AssertionError` that tells it."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        where = getattr(error, "student_line", "") or _line_in_notebook(error.__traceback__)
        raise AssertionError(
            f"{what} raised {type(error).__name__}: {error}{f'  ({where})' if where else ''}"
        ) from error


def call_and_keep(what: str, function: Callable[..., Any], *arguments: Any) -> tuple[Any, Sequence[Any]]:
    """Do as `call`; return the result, and the arguments as they are afterwards.

    In one step, and so quicker than with `put` and `get` for each argument.
    """
    candidate = present.get()
    if candidate is None or not isinstance(function, Handle):
        own = copy.deepcopy(arguments)
        return call(what, function, *own), own
    result, kept = call(what, lambda: candidate.perform("keep", number_of(function), arguments))
    return result, kept


def lost(*test_cells: str) -> bool:
    """Return whether one of these earlier test cells has failed: only then can an error be carried forward from it.

    Without this, a right part could turn wrong when it is called by the test of a later, wrong one, to match it.

    Args:
        test_cells: their ids, or a part, such as "task6-forward", for all of its test cells.

    Returns:
        True in plain Jupyter, where nobody keeps count.
    """
    cells = failed.get()
    return cells is None or any(
        cell == name or cell.startswith(f"{name}-test") for cell in cells for name in test_cells
    )


def put(value: Any) -> Any:
    """Leave a value on the student's side, to see with `get` whether a call changes it.

    What a test hands over arrives as a copy. In plain Jupyter, where there is no other side, this is the value itself.
    """
    candidate = present.get()
    return value if candidate is None else candidate.perform("put", value)


def get(value: Any) -> Any:
    """Return what a value that was `put` is now, as plain data."""
    candidate = present.get()
    return candidate.perform("get", number_of(value)) if candidate and isinstance(value, Handle) else value


def read(target: Any, *names: str) -> list[Any]:
    """Return several attributes of a student's object in one step."""
    candidate = present.get()
    if candidate is None or not isinstance(target, Handle):
        return [getattr(target, name) for name in names]
    found: list[Any] = candidate.perform("read", number_of(target), names)
    return found


def assign(target: Any, **items: Sequence[Any]) -> None:
    """Assign to the items of lists of a student's object: `assign(net, weight=[A, B])` in one step.

    An error says which item it was, as `call` does.
    """
    candidate = present.get()
    if candidate is not None and isinstance(target, Handle):
        try:
            candidate.perform("assign", number_of(target), items)
            return
        except (Exception, SystemExit):  # the same again, item by item, to find out which one it was
            pass
    for name, values in items.items():
        for key, value in enumerate(values):
            call(f"{name}[{key}] = ...", lambda n=name, k=key, v=value: getattr(target, n).__setitem__(k, v))


def repeat(function: Callable[..., Any], arguments: Sequence[Any], times: int, *steps: str | int) -> list[Any]:
    """Call a student's function many times, which is much quicker than one by one.

    Args:
        function: the student's.
        arguments: the same for each call.
        times: how often.
        steps: what to take of each result: `"weight", 0` is `result.weight[0]`.

    Returns:
        What came of each call.
    """
    candidate = present.get()
    if candidate and isinstance(function, Handle):
        results: list[Any] = candidate.perform("repeat", number_of(function), tuple(arguments), times, steps)
        return results
    results = []
    for _ in range(times):
        found = function(*arguments)
        for step in steps:
            found = getattr(found, step) if isinstance(step, str) else found[step]
        results.append(found)
    return results


def _line_in_notebook(traceback: TracebackType | None) -> str:
    """Name the innermost line of a notebook cell in the traceback, if there is one."""
    found = ""
    while traceback is not None:
        filename, number = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        if "ipykernel_" in filename or filename.startswith("<ipython-input"):
            found = f"in line {number} of your cell: {linecache.getline(filename, number).strip()}"
        traceback = traceback.tb_next
    return found


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
    try:
        with np.errstate(all="ignore"):
            array = _real(np.asarray(value))
            assert array.dtype.kind in "biuf", f"{what} should be numbers, but is {_describe(value)}."
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} should be numbers, but is {_describe(value)}.") from None
    if shape is not None:
        assert array.shape == shape, f"{what} should have shape {shape}, but has shape {array.shape}."
    if count is not None:
        assert array.size == count, f"{what} should be {count} value(s), but is {array.size} (shape {array.shape})."
        array = array.ravel()
    assert np.all(np.isfinite(array)), f"{what} is not finite: {show(array)}."
    return array


def _real(array: Array) -> Array:
    """Return complex numbers without an imaginary part, and objects such as fractions, as the real numbers they are."""
    if array.dtype.kind == "c" and np.all(np.abs(array.imag) <= 1e-9 * np.max(np.abs(array), initial=0.0)):
        return array.real
    if array.dtype.kind == "O" and not any(value is None or isinstance(value, str | bytes) for value in array.flat):
        return array.astype(np.float64)
    return array


def _describe(value: Any) -> str:
    text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= 80 else text[:77] + "..."


def show(array: Array) -> str:
    """Return at most ten values of an array, for a message."""
    with np.printoptions(precision=5, threshold=10, edgeitems=3, linewidth=100, suppress=False):
        return " ".join(str(np.asarray(array)).split())


def is_close(got: Array, expected: Array, atol: float = 0.0) -> NDArray[np.bool_]:
    """Return where `got` is `expected`: to 1e-4 relative, or within `atol`, or 1e-5 of the largest expected entry."""
    scale = np.max(np.abs(expected), initial=0.0)
    close: NDArray[np.bool_] = np.abs(got - expected) <= np.maximum(RTOL * np.abs(expected), atol + FLOOR * scale)
    return close


def compare(what: str, got: Array, expected: Array, atol: float = 0.0) -> None:
    """Raise where `got` is not `expected` (see `is_close`); the message shows where and what came."""
    assert got.shape == expected.shape, f"{what} should have shape {expected.shape}, but has shape {got.shape}."
    wrong = ~is_close(got, expected, atol)
    if not np.any(wrong):
        return
    if got.ndim == 0 or got.size == 1:
        raise AssertionError(f"{what} is not right: got {got.item():.6g}.")
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    index = ", ".join(map(str, first))
    raise AssertionError(
        f"{what} is not right in {np.count_nonzero(wrong)} of {wrong.size} entries; "
        f"the first is [{index}]: got {got[first]:.6g}."
    )


def unchanged(what: str, value: Any, before: Array) -> None:
    """Raise where a call has changed what was handed to it."""
    assert np.array_equal(np.asarray(get(value)), before), (
        f"{what} was changed by the call; it must come back as it was."
    )


def any_of(claims: Iterable[Callable[[], None]]) -> None:
    """Pass where one claim holds; otherwise raise the first one's error, which is the one that the student expects.

    This is how an error is carried forward: the first claim is the right result, the others are what follows from the
    student's own earlier results. A later claim that cannot even be made (the student's earlier part crashes) does
    not hold.
    """
    first: Exception | None = None
    for claim in claims:
        try:
            claim()
            return
        except Exception as error:
            first = first or error
    assert first is not None, "any_of needs a claim"
    raise first


def central_differences(
    function: Callable[[Sequence[Array]], float], at: Sequence[Array], step: float = 1e-3
) -> list[Array]:
    """Return the gradient of a scalar function of several arrays, by central differences, one array for each.

    Of order 4 in the step (weights 8/12 and -1/12; Abramowitz and Stegun 25.3.6), so that a step of 1e-3 leaves a
    relative error of about 1e-11 and keeps rounding far below that. Rounding in a float32 function of size 1 leaves
    about 1e-7 / step.
    """
    point = [np.array(a, dtype=np.float64) for a in at]
    gradient = [np.zeros_like(a) for a in point]
    for a, g in zip(point, gradient, strict=True):
        for index in np.ndindex(a.shape):
            value = a[index]
            total = 0.0
            for offset, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
                a[index] = value + offset * step
                total += weight * function([p.copy() for p in point])
            a[index] = value
            g[index] = total / (12 * step)
    return gradient


def follows_normal_law(sample: Array, sigma: float, false_alarm: float = 1e-7) -> bool:
    """Return whether the values can be independent draws of N(0, sigma^2).

    The largest distance between the sample's distribution function and the normal one is held against the
    Dvoretzky-Kiefer-Wolfowitz bound with Massart's constant, P(D > e) <= 2 exp(-2 n e^2), and the sum of squares
    against those of Laurent and Massart for chi-squared, P(X - n > 2 sqrt(n t) + 2 t) <= exp(-t) and
    P(n - X > 2 sqrt(n t)) <= exp(-t). Both hold for every n.

    Args:
        sample: n values; with n = 120 000 a sigma that is 2 % off is found out, with n = 1500 one that is 20 % off.
        sigma: standard deviation of the law, positive.
        false_alarm: the probability that a right sample is rejected, at most: half of it for each of the two.
    """
    values = np.sort(np.asarray(sample, dtype=np.float64).ravel())
    n, t = values.size, np.log(4 / false_alarm)
    excess = np.sum((values / sigma) ** 2) - n
    if not -2 * np.sqrt(n * t) <= excess <= 2 * np.sqrt(n * t) + 2 * t:
        return False
    # On a grid of quantiles the law's distribution function need not be evaluated at every value.
    grid = np.linspace(-4 * sigma, 4 * sigma, 2001)
    empirical = np.searchsorted(values, grid, side="right") / n
    return bool(np.max(np.abs(empirical - _NORMAL)) <= np.sqrt(t / (2 * n)))


_NORMAL = np.array([0.5 * (1 + erf(z / np.sqrt(2))) for z in np.linspace(-4, 4, 2001)])
