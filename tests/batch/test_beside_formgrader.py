"""Marks that a person gives while a class is graded: none is lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import pytest

from sealgrade.grading import grade

from ..small_course import Class
from .conftest import Copy

_STUDENTS = [f"s{number:02}" for number in range(30)]
# What formgrader does with a mark, an extra point and a comment, again and again until it is told to stop.
_FORMGRADER = """
import json, sys
from pathlib import Path
from nbgrader.api import Gradebook
url, stop, students = sys.argv[1], Path(sys.argv[2]), sys.argv[3].split(",")
given, rounds, is_last = {}, 0, False
while not is_last:
    rounds, is_last = rounds + 1, stop.exists()  # one whole round comes after all grading
    with Gradebook(url) as gradebook:
        for number, student in enumerate(students):
            points = (number + rounds) % 5 + 0.5
            grade = gradebook.find_grade("two-why", "two", "ex", student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = points, points / 2, False
            comment = gradebook.find_comment("two-why", "two", "ex", student)
            comment.manual_comment = f"{points} points"
            gradebook.db.commit()
            given[student] = points
    print(json.dumps(given), flush=True)
"""


@pytest.fixture(scope="module")
def marked(copies: Copy, here: Executor) -> Iterator[tuple[Class, dict[str, float], Any, Any]]:
    """A class that was graded again while marks were given: the marks, and what the gradebook has then."""
    school = copies("marked")
    for student in _STUDENTS:
        school.hand_in(student, two=school.right("two"))
    grade(school.course, "ex", executor=here)
    stop = school.root / "stop"
    url = school.course.directories.db_url
    arguments = [sys.executable, "-W", "ignore", "-c", _FORMGRADER, url, str(stop), ",".join(_STUDENTS)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() or job.stderr.read()  # it is under way
        # The marks of the first round are there by now: whoever is graded below had one.
        grade(school.course, "ex", force=True, executor=here)
        grade(school.course, "ex", force=True, executor=here)
        stop.touch()
        said, errors = job.communicate(timeout=120)
        assert not job.returncode, errors
    now = known(school)
    grade(school.course, "ex", force=True, executor=here)
    yield school, json.loads(said.splitlines()[-1]), now, known(school)


def known(school: Class) -> Any:
    from sealgrade.gradebook import Gradebook

    with Gradebook(school.course.directories.db_url) as gradebook:
        assignment = gradebook.assignment("ex")
        assert assignment is not None
        return gradebook.submissions(assignment)


@pytest.mark.parametrize("when", ["meanwhile", "after one more run"])
def test_no_mark_is_lost(marked: Any, when: str) -> None:
    _, given, *found = marked
    two = {s: one.notebooks["two"] for s, one in found[when != "meanwhile"].items()}
    assert {s: (one.scores["two-why"].manual, one.scores["two-why"].extra) for s, one in two.items()} == {
        student: (points, points / 2) for student, points in given.items()
    }
    assert {s: one.comments["two-why"][1] for s, one in two.items()} == {
        student: f"{points} points" for student, points in given.items()
    }


def test_no_score_of_a_test_is_lost(marked: Any) -> None:
    *_, now, _ = marked
    assert {one.notebooks["two"].scores["two-sub-test"].auto for one in now.values()} == {1.0}


def test_what_a_person_marked_last_needs_no_look_and_asks_for_one_after_a_regrade(marked: Any) -> None:
    *_, now, after = marked
    assert {one.notebooks["two"].scores["two-why"].needs_manual_grade for one in now.values()} == {False}
    assert {one.notebooks["two"].scores["two-why"].needs_manual_grade for one in after.values()} == {True}
