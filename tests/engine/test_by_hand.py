"""A part that tests mark and a person too: what waits to be marked by hand is told, and what the tests have said."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from sealgrade.grading import grade
from sealgrade.report import StudentResult, read_results
from sealgrade.table import results_table

from ..small_course import Class, cell_of
from .test_commands import run


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A class in which `one-mul` has 2 points by hand beside the 3 by its test."""
    from ..small_course import write_course

    root = tmp_path_factory.mktemp("by-hand")
    write_course(root)
    path = root / "source/ex/one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell_of(notebook, "one-mul").metadata.nbgrader.update(grade=True, points=2)
    nbformat.write(notebook, path)
    printed = run("sealgrade", "release", "ex", cwd=root).stdout
    school = Class(root)
    wrong = school.right()
    cell_of(wrong, "one-mul").source = "def mul(a, b):\n    return 0"
    school.hand_in("right", one=school.right(), two=school.right("two"))
    school.hand_in("wrong", one=wrong)
    done = grade(school.course, "ex")
    school.printed = printed  # type: ignore[attr-defined]
    school.results = {r.student: r for r in read_results(school.course, "ex", done)}  # type: ignore[attr-defined]
    yield school
    school.course.close()


def part_of(result: StudentResult, name: str) -> dict[str, Any]:
    (found,) = (part for part in json.loads(json.dumps(result.as_json()))["parts"] if part["name"] == name)
    assert isinstance(found, dict)
    return found


def row(root: Path, student: str) -> str:
    soup = BeautifulSoup((root / f"feedback/{student}/ex/one.html").read_text(), "html.parser")
    (found,) = (row for row in soup.select("nav tr") if row.find("a", href="#part-one-mul"))
    return " ".join(found.get_text(" ").split())


def test_points_by_hand_wait_also_in_a_part_that_has_tests(marked: Any) -> None:
    right = marked.results["right"]
    assert (right.total, right.pending()) == (9, 7)
    part = part_of(right, "one-mul")
    assert (part["score"], part["points"], part["by_hand"], part["pending"]) == (3, 5, 2, 2)


def test_what_the_tests_have_said_is_told_while_points_wait(marked: Any) -> None:
    wrong = part_of(marked.results["wrong"], "one-mul")
    assert (wrong["score"], wrong["pending"], wrong["message"]) == (0, 2, "AssertionError: mul")
    assert row(marked.root, "wrong").startswith("one-mul 0 / 5 ✗ not passed; 2 points wait to be marked by hand mul")
    assert row(marked.root, "right").startswith("one-mul 3 / 5 … passed; 2 points wait to be marked by hand")


def test_a_release_tells_how_many_of_a_parts_points_are_by_hand(marked: Any) -> None:
    lines = [" ".join(line.replace("│", " ").split()) for line in marked.printed.splitlines()]
    assert "one one-mul 5 2 of 5 by hand" in lines
    assert "two two-why 5 by hand" in lines


def test_the_table_counts_what_waits_and_one_student_is_one_student(marked: Any) -> None:
    table = results_table(marked.course.blueprint("ex"), [marked.results["right"]])
    assert str(table.title).startswith("ex: 1 student, ")
    assert any("(?7)" in str(cell) for cell in table.columns[3].cells)
