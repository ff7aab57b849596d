"""Running again: only what is new is done, and nothing that a person gave is lost."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sealgrade import batch, work
from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.grading import grade
from sealgrade.report import read_results

from ..small_course import Class, cell_of


def score(school: Class, student: str) -> tuple[float, float]:
    run = grade(school.course, "ex", [student])
    result = read_results(school.course, "ex", run)[0]
    return result.total, result.pending()


def give_mark(school: Class, student: str, points: float) -> None:
    with school.course.nbgrader.gradebook() as gradebook:
        given = gradebook.find_grade("two-why", "two", "ex", student)
        given.manual_score, given.needs_manual_grade = points, False
        gradebook.db.commit()


def broken(notebook: Any) -> Any:
    cell_of(notebook, "one-mul").source = "def mul(a, b):\n    return 0"
    return notebook


def test_only_new_work_is_graded_and_hand_given_marks_survive(school: Class) -> None:
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    school.hand_in("bob", one=broken(school.right()))
    assert grade(school.course, "ex").graded == ["ada", "bob"]
    pages = {p: p.stat().st_mtime_ns for p in (school.root / "feedback").rglob("*.html")}

    again = grade(school.course, "ex")
    assert again.graded == []
    assert pages == {p: p.stat().st_mtime_ns for p in (school.root / "feedback").rglob("*.html")}

    give_mark(school, "ada", 4)
    school.hand_in("bob", one=school.right())
    third = grade(school.course, "ex")
    assert third.graded == ["bob"], "a mark by hand is no new submission"
    assert ">4 / 5<" in (school.root / "feedback/ada/ex/two.html").read_text(), "but its feedback is new"

    school.hand_in("ada", one=broken(school.right()), two=school.right("two"))
    assert score(school, "ada") == (6 + 4, 0)

    # What the first run wrote is lost: it is made again.
    shutil.rmtree(school.root / "autograded/bob")
    assert grade(school.course, "ex").graded == ["bob"]


def test_no_score_of_an_earlier_submission_remains(school: Class) -> None:
    school.hand_in("ada", one=school.right())
    assert score(school, "ada")[0] == 9
    school.hand_in("ada", one="no notebook any more")
    assert score(school, "ada")[0] == 0
    school.hand_in("ada")
    assert score(school, "ada")[0] == 0


def test_a_student_whose_grading_fails_is_listed_and_has_no_old_score(
    school: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.hand_in("ada", one=school.right())
    school.hand_in("bob", one=school.right())
    grade(school.course, "ex", ["ada"])

    run_notebook = work.run_notebook

    def fail_for_ada(notebook: Any, *rest: Any) -> None:
        if "marker" in str(notebook):
            raise OSError("the disk is full")
        run_notebook(notebook, *rest)

    monkeypatch.setattr(work, "run_notebook", fail_for_ada)
    marked = school.right()
    cell_of(marked, "one-add").source += "\n# marker"
    school.hand_in("ada", one=marked)
    with ThreadPoolExecutor(1) as here:
        run = grade(school.course, "ex", executor=here)
    results = {r.student: r for r in read_results(school.course, "ex", run)}
    assert results["ada"].failure == "OSError: the disk is full"
    assert results["ada"].total == 0
    assert results["bob"].total == 9

    monkeypatch.undo()
    assert grade(school.course, "ex").graded == ["ada"], "what failed is tried again"


def test_an_unknown_student_is_an_error_that_says_so(school: Class) -> None:
    with pytest.raises(CourseError, match="nobody"):
        grade(school.course, "ex", ["nobody"])


def test_grading_without_a_gradebook_says_what_to_do(school: Class) -> None:
    (school.root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="sealgrade release ex"):
        grade(school.course, "ex")


def test_an_answer_that_does_not_run_is_the_reason_shown_and_not_what_follows_from_it(school: Class) -> None:
    notebook = school.right()
    cell_of(notebook, "one-mul").source = "def mul(a, b) return a * b"
    school.hand_in("slip", one=notebook, two=school.right("two"))
    run = grade(school.course, "ex")
    (result,) = read_results(school.course, "ex", run)
    (message,) = [r.message for r in result.parts if r.part.name == "one-mul"]
    assert message is not None
    assert message.startswith("your cell: SyntaxError")
    page = (school.root / "feedback/slip/ex/one.html").read_text()
    assert "your cell did not run" in page


def test_a_setting_of_the_pages_makes_them_anew_and_grades_nobody(school: Class) -> None:
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    grade(school.course, "ex")
    page = school.root / "feedback/ada/ex/one.html"
    assert "secret_sum" not in page.read_text()
    config = school.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.SealgradeCourse.feedback_shows_hidden_tests = True\n")
    school.course.close()
    school.course = Course(school.root)

    assert grade(school.course, "ex").graded == []

    assert "secret_sum" in page.read_text()
    written = page.stat().st_mtime_ns
    grade(school.course, "ex")
    assert page.stat().st_mtime_ns == written


def test_work_that_cannot_be_read_is_listed_and_the_others_are_graded(
    school: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.hand_in("closed", one=school.right())
    school.hand_in("open", one=school.right())
    if os.geteuid() == 0:
        # Nothing is closed to root; a disk's error looks the same.
        read_hand_in = batch.read_hand_in

        def failing(folder: Path, *args: Any) -> Any:
            if "closed" in folder.parts:
                raise PermissionError(13, "Permission denied", "submitted/closed/ex/one.ipynb")
            return read_hand_in(folder, *args)

        monkeypatch.setattr(batch, "read_hand_in", failing)
    else:
        (school.root / "submitted/closed/ex/one.ipynb").chmod(0)
    run = grade(school.course, "ex")
    assert run.graded == ["open"]
    assert "one.ipynb cannot be read (Permission denied)" in run.failures["closed"]
