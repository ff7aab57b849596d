"""What a student's cells put out, without anything that a hidden test has handed in.

Theory of operation. A function that a hidden test calls can keep its arguments, and a later cell can print them: in the
feedback the student would read the hidden test's inputs. So the cells behind the first hidden test are shown as they
run in a process that no test has talked to. That costs their time once more, and only where they put something out.
"""

from collections.abc import Callable, Sequence
from typing import Any

from nbformat import NotebookNode

from sealgrade.examiner.candidate import Candidate, Fault
from sealgrade.examiner.outputs import CellOutputs

HIDDEN = "BEGIN HIDDEN TESTS"
WITHHELD = "[sealgrade: what this cell put out is not shown here]\n"


def run_without_tests(
    cells: Sequence[NotebookNode],
    wanted: set[int],
    start: Callable[[Callable[[Any], None]], Candidate],
    run: Callable[[Candidate, NotebookNode], Any],
) -> dict[int, list[NotebookNode]]:
    """Run cells in a fresh process, and collect what some of them put out.

    Args:
        cells: all that are to be run, in order.
        wanted: the positions of those whose outputs are wanted.
        start: starts the process; its argument takes outputs.
        run: runs a cell.

    Returns:
        The outputs by position; of a cell that cannot be run again, a remark.
    """
    present = CellOutputs()
    found: dict[int, list[NotebookNode]] = {}
    candidate: Candidate | None = None
    try:
        candidate = start(lambda message: present.take(message))
        for position, cell in enumerate(cells):
            present = CellOutputs()
            run(candidate, cell)
            found[position] = present.outputs
    except Fault:  # it ran to its end the first time: a matter of chance, or of what tests have done
        pass
    finally:
        if candidate is not None:
            candidate.close()
    withheld = CellOutputs()
    withheld.take(("stream", "stdout", WITHHELD))
    return {position: found.get(position, withheld.outputs) for position in wanted}
