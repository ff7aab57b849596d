"""Where a notebook's tests run and what they hide, and how a cell is called."""

from nbformat import NotebookNode

from sealgrade.cells import is_test

HIDDEN = "BEGIN HIDDEN TESTS"
_IN_KERNEL = "in-kernel"  # the tag of a test cell that must run among the student's names


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
