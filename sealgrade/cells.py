"""What nbgrader's marks in a cell's metadata say of it; nbgrader itself takes seconds to import."""

from collections.abc import Mapping
from typing import Any

# A cell as nbformat gives it, or as it stands in the file.
Cell = Mapping[str, Any]


def marks(cell: Cell) -> Mapping[str, Any]:
    """Return nbgrader's own metadata of a cell, empty where there is none."""
    found = cell["metadata"].get("nbgrader")
    return found if isinstance(found, Mapping) else {}


def is_grade(cell: Cell) -> bool:
    """Return whether a cell earns points."""
    return bool(marks(cell).get("grade"))


def is_solution(cell: Cell) -> bool:
    """Return whether the student is to write in a cell."""
    return bool(marks(cell).get("solution"))


def is_task(cell: Cell) -> bool:
    """Return whether a cell is one of nbgrader's tasks, answered in cells below it."""
    return bool(marks(cell).get("task"))


def is_locked(cell: Cell) -> bool:
    """Return whether a cell is to be as it was released, whatever was handed in."""
    return not is_solution(cell) and (is_grade(cell) or bool(marks(cell).get("locked")))


def is_test(cell: Cell) -> bool:
    """Return whether a cell is one that the instructor has written to judge others."""
    return cell["cell_type"] == "code" and is_grade(cell) and not is_solution(cell)
