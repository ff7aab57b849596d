"""Calling what a student has written, in few steps over the wall."""

import copy
import linecache
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from sealgrade.examiner.handles import Handle, number_of
from sealgrade.examiner.present import present


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
        return list(candidate.perform("repeat", number_of(function), tuple(arguments), times, steps))
    results = []
    for _ in range(times):
        found = function(*arguments)
        for step in steps:
            found = getattr(found, step) if isinstance(step, str) else found[step]
        results.append(found)
    return results


def observed(*values: float) -> None:
    """Say what a test has seen of random draws: by that a known mistake is recognised, since no two draws are alike.

    Args:
        values: numbers that differ by less than 3 % from one draw to the next, and by more from mistake to mistake; in
            the same order whatever the student's code does.
    """
    candidate = present.get()
    if candidate is not None:
        candidate.seen.observed.extend(float(value) for value in values)


def _line_in_notebook(traceback: TracebackType | None) -> str:
    """Name the innermost line of a notebook cell in the traceback, if there is one."""
    found = ""
    while traceback is not None:
        filename, number = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        if "ipykernel_" in filename or filename.startswith("<ipython-input"):
            found = f"in line {number} of your cell: {linecache.getline(filename, number).strip()}"
        traceback = traceback.tb_next
    return found
