"""What the test cell that is running now has to do with, for the helpers that tests call."""

from contextlib import ExitStack
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealgrade.examiner.candidate import Candidate

# The test cells of this notebook that have failed so far; None where nobody keeps count, in plain Jupyter.
failed: ContextVar[frozenset[str] | None] = ContextVar("failed", default=None)
# All test cells of this notebook; None where nobody knows.
test_cells: ContextVar[frozenset[str] | None] = ContextVar("test_cells", default=None)
# The candidate that it talks to; None in plain Jupyter.
present: "ContextVar[Candidate | None]" = ContextVar("present", default=None)
# For the student, why a result was accepted that is not the right one; None where nobody reads it.
carried: ContextVar[list[str] | None] = ContextVar("carried", default=None)
# What is to be undone when the cell has ended; None in plain Jupyter.
cell_end: ContextVar[ExitStack | None] = ContextVar("cell_end", default=None)
