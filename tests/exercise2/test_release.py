"""What students get: nothing that is to be found out, and nothing that earns a point by itself."""

import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from marking import task5
from sealgrade.course import Course
from sealgrade.release import release
from tests.exercise2.sealed import NOTEBOOKS, ROOT, failures, read

RELEASE = ROOT / "release" / "exercise2"


def text(name: str) -> str:
    return "\n".join(cell.source for cell in nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells)


def test_releasing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "source", tmp_path / "source")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = Course(tmp_path)

    release(course, "exercise2")

    course.close()
    made = {path.name: path.read_bytes() for path in (tmp_path / "release" / "exercise2").iterdir()}
    assert made == {path.name: path.read_bytes() for path in RELEASE.iterdir()}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_release_holds_no_solution_no_hidden_test_and_no_rubric(name: str) -> None:
    words = ["BEGIN SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Rubric", "from solution", "marking", "sealgrade"]

    assert [word for word in words if word in text(name)] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_release_shows_no_value_that_task_5_asks_for(name: str) -> None:
    asked = np.concatenate(
        [np.ravel(v) for v in (task5.X1, task5.S2, task5.X2, task5.DW2, task5.DB2, task5.DW1, task5.DB1)]
    )
    shown = [float(n) for n in re.findall(r"-?\d+\.\d{2,}", text(name))]

    # Three significant digits in common would give a value away.
    assert [n for n in shown if n and np.any(np.abs(asked - n) < 5e-3 * abs(n))] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_test_cell_of_the_untouched_release_fails_in_the_students_own_kernel(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}

    NotebookClient(notebook, timeout=60, allow_errors=True, resources=resources).execute()

    tests = [c for c in notebook.cells if c.metadata.nbgrader.grade and c.metadata.nbgrader.locked]
    passed = [c.metadata.nbgrader.grade_id for c in tests if all(o.output_type != "error" for o in c.outputs)]
    assert tests
    assert passed == []


def test_the_untouched_release_earns_nothing_by_the_hidden_tests() -> None:
    stubs = {}
    for name in NOTEBOOKS:
        for cell in nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells:
            if cell.metadata.nbgrader.solution:
                stubs[cell.metadata.nbgrader.grade_id] = cell.source
    tests = [c.metadata.nbgrader for name in NOTEBOOKS for c in read(name).cells]

    assert set(failures(stubs)) == {marks.grade_id for marks in tests if marks.grade and not marks.solution}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_given_cells_run_without_an_error_before_anything_is_filled_in(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4)
    notebook.cells = [c for c in notebook.cells if not (c.metadata.nbgrader.grade or c.metadata.nbgrader.solution)]

    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
