"""Error carried forward: what follows rightly from a student's own earlier, wrong result earns its points.

Theory of operation. The first of several claims is that the result is right; the others are made only where the part
that the result builds on has lost its points, and say what follows from the student's own values. By which later claim
a result was accepted is noted for the student, who reads it if the test cell passes.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealgrade.examiner.present import carried, failed
from sealgrade.examiner.present import test_cells as present_test_cells
from sealgrade.testing.comparing import Array, compare, is_close, numbers
from sealgrade.testing.differences import common_factor

OWN_RESULTS = "Accepted as what follows from your own earlier results."

Claim = Callable[[], object] | tuple[str, Callable[[], object]]


def lost(*test_cells: str) -> bool:
    """Return whether one of these earlier test cells has failed: only then can an error be carried forward from it.

    Without this, a right part could turn wrong when it is called by the test of a later, wrong one, to match it.

    Args:
        test_cells: their ids, or a part, such as "task6-forward", for all of its test cells.

    Returns:
        True in plain Jupyter, where nobody keeps count.

    Raises:
        LookupError: this notebook has no such part or test cell; other notebooks are not asked.
    """
    cells, known = failed.get(), present_test_cells.get()
    unknown = next((name for name in test_cells if known is not None and not _is_there(name, known)), None)
    if unknown is not None:
        raise LookupError(
            f"`{unknown}` is no test cell of this notebook, and no part with test cells. Correct the name."
        )
    return cells is None or any(_is_there(name, cells) for name in test_cells)


@lru_cache(1000)  # helpers ask this for each value
def _is_there(name: str, cells: frozenset[str]) -> bool:
    return any(cell == name or cell.startswith(f"{name}-test") for cell in cells)


def any_of(claims: Iterable[Claim], reason: str = OWN_RESULTS) -> None:
    """Pass where one claim holds; otherwise raise the first one's error, which is the one that the student expects.

    This is how an error is carried forward: the first claim is the right result, the others are what follows from the
    student's own earlier results. A later claim that cannot even be made (the student's earlier part crashes) does
    not hold.

    Args:
        claims: functions that raise where they do not hold; or pairs of a reason and such a function.
        reason: what the student reads where a later claim holds that comes without a reason of its own; an empty text
            where there is nothing to say, since all claims are as right.
    """
    first: Exception | None = None
    for claim in claims:
        why, holds = claim if isinstance(claim, tuple) else (reason, claim)
        before = len(carried.get() or [])
        try:
            holds()
        except Exception as error:
            del (carried.get() or [])[before:]  # what was noted on the way to a claim that does not hold
            first = first or error
        else:
            if first is not None:
                note_carried(why)
            return
    assert first is not None, "any_of needs a claim"
    raise first


def note_carried(reason: str) -> None:
    """Tell the student, if the test cell passes, why a result was accepted that is not the right one."""
    lines = carried.get()
    if lines is not None and reason and reason not in lines:
        lines.append(reason)


def follows(
    what: str,
    value: Any,
    right: Any,
    *own: Callable[[], Any],
    built_on: tuple[str, ...] = (),
    shaped: bool = False,
    atol: float = 0.0,
    reason: str = OWN_RESULTS,
) -> None:
    """Compare a result with the right values, or else with what follows from the student's own earlier ones.

    Args:
        what: how the student knows the result, for a message.
        value: what came of the student's code.
        right: the right values.
        own: functions that compute what follows from the student's own values, in any of several ways. One that
            raises (the student's earlier part crashes, or its values carry nothing on) does not hold.
        built_on: earlier parts or test cells: `own` is asked only where one of them has failed; where none is named,
            always.
        shaped: whether the shape has to be that of the expected values too; without it any shape will do.
        atol: see `is_close`.
        reason: what the student reads where `own` holds.

    Raises:
        AssertionError: `value` is neither; the message is that of the comparison with `right`.
    """

    def is_equal_to(expected: Any) -> None:
        expected = np.asarray(expected, dtype=np.float64)
        if shaped:
            compare(what, numbers(what, value, shape=expected.shape), expected, atol)
        else:
            compare(what, numbers(what, value, count=expected.size), expected.ravel(), atol)

    any_of(
        [
            lambda: is_equal_to(right),
            *(lambda one=one: is_equal_to(one()) for one in own if not built_on or lost(*built_on)),
        ],
        reason,
    )


def compare_all(
    names: Iterable[str], got: Iterable[Array], expected: Iterable[Array], atol: float = 0.0, slack: float = 0.0
) -> None:
    """Compare arrays one after the other; see `compare`.

    Args:
        names: how the student knows each.
        got: what came.
        expected: what is right.
        atol: see `is_close`.
        slack: more of it, relative to the largest entry of all.

    Raises:
        AssertionError: for the first that is not right.
    """
    names, got, expected = list(names), list(got), list(expected)
    largest = max((float(np.max(np.abs(one), initial=0.0)) for one in expected), default=0.0)
    room = atol + slack * largest
    for name, one, right in zip(names, got, expected, strict=True):
        try:
            compare(name, one, right, room)
        except AssertionError as error:
            raise AssertionError(f"{error}{_of_all(names, got, expected, room)}") from None


def _of_all(names: list[str], got: list[Array], expected: list[Array], atol: float) -> str:
    """Say of several arrays, one of which is wrong, whether all are by one factor, or which are right."""

    def close(one: Array, other: Array) -> NDArray[np.bool_]:
        return is_close(one, other, atol)

    if len(got) < 2 or any(one.shape != other.shape for one, other in zip(got, expected, strict=True)):
        return ""
    factor = common_factor(got, expected, close)
    if factor:
        return f" The others are {factor} what they should be, too."
    fine = [name for name, one, other in zip(names, got, expected, strict=True) if np.all(close(one, other))]
    # The names say where each array comes from: of what all have in common, once is enough.
    short = [name.split(" ")[0] for name in fine]
    return f" Right: {', '.join(short)}." if fine else ""
