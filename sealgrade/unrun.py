"""Grading without running anything (`nbgrader autograde --no-execute`): what was handed in is taken at its word."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

from nbformat import NotebookNode, ValidationError, from_dict
from nbformat.v4 import new_output
from nbformat.v4.nbbase import validate
from nbformat.v4.rwbase import rejoin_lines

from sealgrade.cells import is_test

_KINDS = ("stream", "display_data", "execute_result", "error")


def handed_in(raw: dict[str, Any]) -> tuple[list[NotebookNode], int | None]:
    """Return what a code cell has put out on the student's machine, and its number there.

    Args:
        raw: the cell as it is in the file, of nbformat 4 if it is to have outputs.

    Returns:
        Valid outputs, an error in the place of each one that is not; and None for a cell that was not run.
    """
    outputs, number = raw.get("outputs"), raw.get("execution_count")
    shown = [_valid(output) for output in outputs] if isinstance(outputs, list) else []
    return shown, number if type(number) is int and number >= 0 else None


def fail_what_was_not_run(notebook: NotebookNode) -> None:
    """Let tests fail that the student has not run, or deleted: to nbgrader, no output is full marks."""
    for cell in notebook.cells:
        if is_test(cell) and cell.execution_count is None:
            cell.outputs = [_error("This test was not run before the notebook was handed in.")]


def _valid(output: Any) -> NotebookNode:
    try:
        if output["output_type"] not in _KINDS:
            raise ValueError
        cell = rejoin_lines(from_dict({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]}))
        found: NotebookNode = cell.cells[0].outputs[0]
        validate(found, ref=found.output_type)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return _error("What this cell put out cannot be read.")
    return found


def _error(message: str) -> NotebookNode:
    error: NotebookNode = new_output("error", ename="NotRun", evalue=message, traceback=[message])
    return error
