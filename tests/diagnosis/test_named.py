"""A known mistake, in a student's own style, is named to the student and to the instructor."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sealgrade.assay.check import check
from sealgrade.course import Course
from sealgrade.grading import grade
from sealgrade.release import release
from sealgrade.report import read_results
from tests.assay.course import make

MISTAKE = '''
import math


def fall_time(height):
    """Half of the acceleration is forgotten."""
    if np.ndim(height) == 0:
        return math.sqrt(height / G)
    return [math.sqrt(one / G) for one in height]
'''
OTHER = "def fall_time(height):\n    return np.sqrt(3 * height / G)\n"
SUMMARY = "the factor 2 is lost when h = g t^2 / 2 is solved for t"
HINT = "Put your time back into h = g t^2 / 2."


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The course, and what the report says of each student."""
    root = make(tmp_path_factory.mktemp("course"))
    course = Course(root)
    check(course, "demo")
    release(course, "demo")
    for student, source in (("ada", MISTAKE), ("bob", OTHER)):
        notebook = json.loads((root / "release" / "demo" / "demo.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "fall-time":
                cell["source"] = source
        folder = root / "submitted" / student / "demo"
        folder.mkdir(parents=True)
        (folder / "demo.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    run = grade(course, "demo")
    yield root, {result.student: result.as_json() for result in read_results(course, "demo", run)}
    course.close()


def message(told: dict[str, Any]) -> str:
    found: str = next(part["message"] for part in told["parts"] if part["name"] == "fall-time")
    return found


def test_the_instructor_reads_the_name_in_the_report(graded: tuple[Path, dict[str, Any]]) -> None:
    assert message(graded[1]["ada"]).startswith(f"{SUMMARY} (AssertionError: fall_time(20.0) is not right: got 1.42784")


def test_the_student_reads_the_name_and_the_hint(graded: tuple[Path, dict[str, Any]]) -> None:
    page = (graded[0] / "feedback" / "ada" / "demo" / "demo.html").read_text(encoding="utf-8")
    assert SUMMARY in page
    assert HINT in page


def test_another_mistake_gets_no_name(graded: tuple[Path, dict[str, Any]]) -> None:
    page = (graded[0] / "feedback" / "bob" / "demo" / "demo.html").read_text(encoding="utf-8")
    assert message(graded[1]["bob"]).startswith("AssertionError: ")
    assert SUMMARY not in page
    assert HINT not in page


def test_no_page_holds_the_value_that_was_expected(graded: tuple[Path, dict[str, Any]]) -> None:
    for student in graded[1]:
        page = (graded[0] / "feedback" / student / "demo" / "demo.html").read_text(encoding="utf-8")
        assert "2.0192" not in page  # sqrt(2 * 20 / 9.81)
