"""More variants of rows B, C and D, graded by the engine alone, without nbgrader's gradebook: that is quicker."""

import re
from typing import Any

import pytest
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import Limits, NotebookRun

from . import rows_b, rows_c, rows_d
from .course import ADD_STUB, MUL_STUB, RIGHT, WRONG_ADD, Attack, fill_in, source

MORE = [*rows_b.MORE, *rows_c.MORE, *rows_d.MORE]
SECONDS, PATIENCE = 2, 1


def _graded(attack: Attack) -> tuple[dict[str, float], str]:
    """The points of each part, and what the notes and messages say."""
    (name,) = attack.notebooks
    notebook = fill_in(source()[name], RIGHT | WRONG_ADD | dict(attack.cells))
    released = fill_in(source()[name], {**dict.fromkeys(RIGHT, ""), "one-add": ADD_STUB, "one-mul": MUL_STUB})
    for cell in released.cells:
        ClearHiddenTests()._remove_hidden_test_region(cell)
    zygote = zygote_for(default_plan(), ())
    run = NotebookRun(
        notebook, released, lambda hear: Candidate(zygote, hear, PATIENCE), limits=Limits(SECONDS, patience=PATIENCE)
    )
    run.run()
    points: dict[str, float] = {}
    said = list(notebook.metadata.get("sealgrade", {}).get("notes", []))
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_grade(cell):
            part = re.sub("-test.*", "", cell.metadata.nbgrader.grade_id)
            points[part] = points.get(part, 0) + _score(cell)
            said += [f"{o.ename}: {o.evalue}" for o in cell.outputs if o.output_type == "error"]
    return points, "\n".join(said)


def _score(cell: Any) -> float:
    """As nbgrader does: nothing after an error, all without one, or what a last expression says."""
    most = float(cell.metadata.nbgrader.points)
    if any(output.output_type == "error" for output in cell.outputs):
        return 0
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    return float(results[-1].data["text/plain"]) if results else most


@pytest.mark.parametrize("attack", MORE, ids=str)
def test_an_attack_earns_what_the_answer_earns(attack: Attack) -> None:
    points, said = _graded(attack)
    assert {part: points[part] for part in attack.expected} == attack.expected, said
    assert re.search(attack.note, said), said
