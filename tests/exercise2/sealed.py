"""Runs the instructor's notebooks with a student's cells through the sealed engine, with every layer that is there."""

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import nbformat

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import Limits, NotebookRun

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ("task5", "task6", "task7")


@cache
def _read(name: str, folder: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / folder / "exercise2" / f"{name}.ipynb", as_version=4)


def read(name: str, folder: str = "source") -> nbformat.NotebookNode:
    return copy.deepcopy(_read(name, folder))


def part_of(test_id: str) -> str:
    return re.sub(r"-test-.*", "", test_id)


def graded(cells: Mapping[str, str], notebooks: tuple[str, ...] = NOTEBOOKS) -> Iterator[nbformat.NotebookNode]:
    """Yield the notebooks as they are graded when these solution cells (by grade_id) are handed in."""
    zygote = zygote_for(default_plan(), ("marking", "solution"))
    for name in notebooks:
        notebook = read(name)
        for cell in notebook.cells:
            if cell.metadata.nbgrader.solution:
                cell.source = cells.get(cell.metadata.nbgrader.grade_id, cell.source)
        released = read(name, "release")
        imports = next(cell for cell in notebook.cells if cell.cell_type == "code")
        imports.source += "\nplt.switch_backend('agg')"  # nobody looks at the figures, and to draw them takes time
        run = NotebookRun(notebook, released, lambda hear: Candidate(zygote, hear, 5), limits=Limits(30))
        run.clean_outputs = False
        run.run()
        yield notebook


def failures_in(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return, for each test cell of a graded notebook that fails, the message."""
    result = {}
    for cell in notebook.cells:
        marks = cell.metadata.nbgrader
        for output in cell.get("outputs", []) if marks.grade and not marks.solution else []:
            if output.output_type == "error":
                result[marks.grade_id] = f"{output.ename}: {output.evalue}"
    return result


def failures(cells: Mapping[str, str], notebooks: tuple[str, ...] = NOTEBOOKS) -> dict[str, str]:
    """Return, for each test cell that fails, the message, when these solution cells (by grade_id) are handed in."""
    return {key: value for nb in graded(cells, notebooks) for key, value in failures_in(nb).items()}
