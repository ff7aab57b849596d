"""Processes that end while they grade: only the notebooks that end them go without scores."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_notebook

from sealgrade.course import Course
from sealgrade.grading import grade
from sealgrade.release import release
from sealgrade.report import read_results
from sealgrade.workers import ExecutorBroken

from ..small_course import CONFIG, Class, nbgrader_cell, with_solution
from .looking import gradebook_of

# A test that ends its own process, as a library with a bug may do when it gets what it does not expect.
_TEST = """import ctypes, os, signal
value = answer()
if value == 13:
    os._exit(3)
if value == 14:
    ctypes.string_at(0)
if value == 15:
    for child in open(f'/proc/self/task/{os.getpid()}/children').read().split():
        os.kill(int(child), signal.SIGKILL)
    while answer():  # it ends a moment later than that
        pass
assert answer() == 42"""
_STUDENTS = {"ada": 42, "bob": 13, "cleo": 42, "dan": 14, "eve": 42, "finn": 1, "gus": 15, "hal": 42}
_FATAL = ("bob", "dan", "gus")


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    root = tmp_path_factory.mktemp("deadly")
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source/ex").mkdir(parents=True)
    cells = [
        nbgrader_cell("solution", "answer", with_solution("def answer():\n    ...", "def answer():\n    return 42")),
        nbgrader_cell("test", "answer-test", _TEST, 2),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), root / "source/ex/one.ipynb")
    course = Course(root)
    release(course, "ex")
    course.close()
    school = Class(root)
    for student, value in _STUDENTS.items():
        notebook = school.released()
        notebook.cells[0].source = f"def answer():\n    return {value}"
        school.hand_in(student, one=notebook)
    yield school
    school.course.close()


@pytest.fixture(scope="module")
def results(deadly: Class) -> dict[str, Any]:
    run = grade(deadly.course, "ex", jobs=2)
    return {result.student: result for result in read_results(deadly.course, "ex", run)}


def test_all_others_have_their_points(results: dict[str, Any]) -> None:
    assert {s: r.total for s, r in results.items() if s not in _FATAL} == {
        student: 2 * (value == 42) for student, value in _STUDENTS.items() if student not in _FATAL
    }


@pytest.mark.parametrize("student", ["bob", "dan"])
def test_whose_notebook_ends_the_process_that_grades_it_is_told_apart(results: dict[str, Any], student: str) -> None:
    assert results[student].failure == "The process that graded it ended. It may have run out of memory."
    assert results[student].as_json()["needs_a_look"]


def test_whose_notebook_ends_the_process_that_runs_students_code_does_not_stop_the_run(
    results: dict[str, Any],
) -> None:
    assert results["gus"].failure == "The process that runs students' code has ended twice."
    assert results["hal"].failure is None


@pytest.mark.parametrize("student", ["bob", "dan"])
def test_it_has_no_score_and_waits_for_a_person(results: dict[str, Any], deadly: Class, student: str) -> None:
    (row,) = (r for r in gradebook_of(deadly.root)["grade"] if any(student in cell for cell in r))
    assert {"auto_score=None", "needs_manual_grade=True"} <= set(row)


@pytest.mark.parametrize("student", ["bob", "dan"])
def test_its_cells_are_there_with_the_reason_on_top(results: dict[str, Any], deadly: Class, student: str) -> None:
    notebook = json.loads(Path(deadly.root, "autograded", student, "ex/one.ipynb").read_bytes())
    assert "".join(notebook["cells"][0]["source"]).endswith(f"return {_STUDENTS[student]}")
    assert any("could not be graded" in note for note in notebook["metadata"]["sealgrade"]["notes"])


def test_an_executor_of_the_callers_that_breaks_ends_the_run_with_a_reason(
    deadly: Class, results: dict[str, Any]
) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor, pytest.raises(ExecutorBroken, match="has broken"):
        grade(deadly.course, "ex", ["ada", "bob", "cleo"], force=True, executor=executor)
