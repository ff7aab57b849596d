"""Which of a notebook's cells judge others, and how a cell is called."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

HIDDEN = "BEGIN HIDDEN TESTS"
_IN_KERNEL = "in-kernel"  # the tag of a test cell that must run among the student's names


def is_test(cell: NotebookNode) -> bool:
    """Return whether a cell is one that the instructor has written to judge others."""
    return cell.cell_type == "code" and bool(is_grade(cell)) and not is_solution(cell)


def is_in_kernel(cell: NotebookNode) -> bool:
    """Return whether a test cell has to run among the student's names."""
    return _IN_KERNEL in cell.metadata.get("tags", [])


def first_hidden(cells: list[NotebookNode]) -> int:
    """Return the place of the first test cell with hidden tests; if there is none, the number of cells."""
    return next((i for i, cell in enumerate(cells) if is_test(cell) and HIDDEN in cell.source), len(cells))


def label(cell: NotebookNode) -> str:
    """Return how a student knows a cell, to be put behind "cell"."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f" `{grade_id}`" if grade_id else ""
