"""What a student's cells put out, without anything that a hidden test has handed in.

Theory of operation. A function that a hidden test calls can keep its arguments, and a later cell can print them: in the
feedback the student would read the hidden test's inputs. So the cells behind the first hidden test are shown as they
run in a process that no test has talked to. That costs their time once more, and only where they put something out.

It would also cost their figures twice, the first time for nobody to see. So the first time figures are not drawn, and
cells behind which there is no test are not run at all. A drawing can end a process, fail, or run out of time, and it
can run code of the student's or leave traces in a figure: then the verdicts could be others. So a notebook whose text
speaks of such things is drawn both times from the start; and one in which something goes wrong only the second time, or
of which a test looks at a figure, is run again so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nbformat import NotebookNode

from sealgrade.cells import is_test
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.fault import Fault
from sealgrade.examiner.outputs import CellOutputs
from sealgrade.examiner.remarks import explain, is_ours
from sealgrade.examiner.roles import first_hidden

WITHHELD = "[sealgrade: what this cell put out is not shown here]\n"
# What runs a student's code while a figure is drawn, and what tells a figure that has been drawn from one that has not.
_DRAWING = re.compile(
    r"def draw\w*\(\s*self|\.draw\b|draw_event|mpl_connect|canvas|renderer|formatter|locator|animation|agg_filter|"
    r"stale|get_position|get_window_extent|get_tightbbox|ticklabels|offset_text|_repr_png_|_repr_mimebundle_|"
    r"get_\w*(lim|bound|colors?)\b|(view|data)Lim|trans(Data|Axes|Figure|Scale)|\.bbox|callbacks|lim_changed|Normalize|"
    r"quiver|barbs",
    re.IGNORECASE,
)


def depends_on_drawing(cells: Sequence[NotebookNode]) -> bool:
    """Return whether it can matter to the tests of a notebook that its figures are drawn, as its text shows."""
    return any(_speaks_of_drawing(cell.source) for cell in cells if cell.cell_type == "code")


@lru_cache(1000)  # most cells are the same in many notebooks
def _speaks_of_drawing(source: str) -> bool:
    return _DRAWING.search(source) is not None


@dataclass(frozen=True)
class Again:
    """How cells are run once more.

    Attributes:
        start: starts a process; its argument takes outputs.
        run: runs a cell in it; the last argument says whether figures are to be drawn.
        output: characters that a cell may print.
    """

    start: Callable[[Callable[[Any], None]], Candidate]
    run: Callable[[Candidate, NotebookNode, bool], Any]
    output: int


def show_without_tests(
    cells: list[NotebookNode], ran: Sequence[int], stopped: set[int], put_off: set[int], drawn: bool, again: Again
) -> bool:
    """Show of the cells behind the first hidden test only what they put out without it.

    Args:
        cells: of the notebook; they get the outputs.
        ran: the places of those that have run, in order.
        stopped: of those that did not run to their end.
        put_off: of those that have not run yet; they stand in `ran` too.
        drawn: whether figures are drawn each time.
        again: how cells are run.

    Returns:
        Whether that was possible. If not, nothing is shown yet, and the notebook has to be run with its figures drawn.
    """
    start = first_hidden(cells)
    wanted = {i for i in ran if i > start and (i in put_off or cells[i].outputs)} - stopped
    shown: dict[int, list[NotebookNode]] = {}
    if wanted:
        before = [i for i in ran if i not in stopped and i <= max(wanted)]
        shown = _run_without_tests(cells, before, wanted, again, drawn)
        if not drawn and any(
            i not in shown or (i not in put_off and _fails_anew(cells[i].outputs, shown[i])) for i in wanted
        ):
            return False
    for index in range(start, len(cells)):
        if index in wanted:
            cells[index].outputs = shown[index] if index in shown else _withheld()
            explain(cells[index].outputs)
        elif not is_test(cells[index]) and cells[index].cell_type == "code":
            # Where a cell did not run to its end, only that is told.
            cells[index].outputs = [o for o in cells[index].outputs if is_ours(o)]
    return True


def _run_without_tests(
    cells: list[NotebookNode], ran: Sequence[int], wanted: set[int], again: Again, draws: bool
) -> dict[int, list[NotebookNode]]:
    """Run cells in a fresh process; return what those put out that are wanted and could be run again."""
    present = CellOutputs(again.output)
    found: dict[int, list[NotebookNode]] = {}
    candidate: Candidate | None = None
    try:
        candidate = again.start(lambda message: present.take(message))
        for index in ran:
            present = CellOutputs(again.output)
            again.run(candidate, cells[index], draws or index in wanted)
            found[index] = present.outputs
    except Fault:  # it ran to its end the first time: a matter of chance, of drawing, or of what tests have done
        pass
    finally:
        if candidate is not None:
            candidate.close()
    return {index: outputs for index, outputs in found.items() if index in wanted}


def _fails_anew(before: Sequence[NotebookNode], now: Sequence[NotebookNode]) -> bool:
    """Return whether there is an error in a cell's outputs that was not there before."""
    known = [output.ename for output in before if output.output_type == "error"]
    return any(output.output_type == "error" and output.ename not in known for output in now)


def _withheld() -> list[NotebookNode]:
    """What is shown of a cell that could not be run again."""
    outputs = CellOutputs()
    outputs.take(("stream", "stdout", WITHHELD))
    return outputs.outputs
