"""How many points a cell has earned: one rule, whoever has run the notebook.

It is nbgrader's, without what costs or gives points by accident there. An answer that a person marks has no score yet,
and 0 points if it is as it was released. A test has failed if there is an error among its outputs: then it earns
nothing. If it has not failed, a number as the value of its last expression is partial credit, held between 0 and the
points of the cell; any other value, or none, is full credit.
"""

import hashlib
import math
import re
from numbers import Real
from typing import Any

from sealgrade.cells import Cell, is_grade, is_solution, is_task, marks

NO_RESPONSE = "No response."

# A number of numpy's as it is shown from numpy 2 on: np.float64(2.5), np.longdouble('2.5'), array(2.5, dtype=float32).
_NUMPY = re.compile(r"(?:np\.(?:u?int|u?long|float|longdouble)\w*|array)\('?([-+.\w]+)'?(?:, dtype=\w+)?\)")


def determine_grade(cell: Cell) -> tuple[float | None, float]:
    """Return what a cell that has been run has earned, and what it is worth.

    Args:
        cell: with its outputs and nbgrader's metadata.

    Returns:
        The points, None where a person has to mark it; and the most that can be had.

    Raises:
        ValueError: the cell earns no points.
    """
    if not is_grade(cell):
        raise ValueError("The cell is not one that earns points.")
    most = float(marks(cell)["points"])
    if is_solution(cell):
        return (0.0 if _is_untouched(cell) else None), most
    if cell["cell_type"] != "code":
        return None, most
    shown = None
    for output in cell["outputs"]:
        # An error decides wherever it stands: what is shown before it may be the student's doing.
        if output["output_type"] == "error":
            return 0.0, most
        if output["output_type"] == "execute_result":
            shown = output
    points = None if shown is None else credit(_number(shown["data"].get("text/plain", "")), most)
    return (most if points is None else points), most


def credit(value: Any, most: float) -> float | None:
    """Return the points that the value of a test's last expression gives.

    Args:
        value: any object.
        most: what the test is worth.

    Returns:
        Points between 0 and `most`; None if the value is not a number, which says nothing of points.
    """
    # numpy's booleans are no numbers, Python's are.
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer, or a fraction, beyond all floats
        return most if value > 0 else 0.0  # type: ignore[operator]
    # Neither nan nor an infinity is a number of points: something went wrong.
    return min(max(0.0, number), most) if math.isfinite(number) else 0.0


def auto_comment(cell: Cell) -> str | None:
    """Return the comment on a cell that the student was to write in or below: that it is as it was released."""
    return NO_RESPONSE if _is_untouched(cell) and not is_task(cell) else None


def compute_checksum(cell: Cell) -> str:
    """Return nbgrader's checksum of a cell with nbgrader's metadata.

    It covers the source and whatever decides about points; two cells with the same one are the same to nbgrader.
    """
    about = marks(cell)
    grade, solution = about.get("grade", False), about.get("solution", False)
    locked = False if solution else True if grade else about.get("locked", False)
    parts = [cell["source"], cell["cell_type"], str(grade), str(solution), str(locked), about["grade_id"]]
    if grade:
        parts.append(str(float(about["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _is_untouched(cell: Cell) -> bool:
    return bool(marks(cell).get("checksum") == compute_checksum(cell))


def _number(shown: str | list[str]) -> float | None:
    """The number that is shown, if it is one. It comes from the student's process: it is read, never evaluated."""
    text = (shown if isinstance(shown, str) else "".join(shown)).strip()
    wrapped = _NUMPY.fullmatch(text)
    try:
        return float(wrapped[1] if wrapped else text)
    except ValueError:
        return None
