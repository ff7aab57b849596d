"""What makes it necessary to grade again, and what does not."""

import shutil
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from sealgrade.course import Course
from sealgrade.grading import grade
from sealgrade.release import release
from sealgrade.report import read_results

from ..small_course import Class, cell_of
from . import varied
from .conftest import Copy
from .looking import gradebook_of

_PENALTY = """
import sys
sys.path.insert(0, {root!r})
c.AssignLatePenalties.plugin_class = "late.OnePointEach"
"""
_PLUGIN = """
from nbgrader.plugins import BasePlugin

class OnePointEach(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.0
"""


@pytest.fixture
def school(copies: Copy, here: Executor) -> Class:
    """Two students, one late, who are graded."""
    school = copies("again")
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    school.hand_in("bob", one=school.right(), timestamp="2024-05-03 10:00:00 UTC")
    assert again(school, here) == ["ada", "bob"]
    return school


def again(school: Class, here: Executor) -> list[str]:
    """Who is graded in another run, of the course as it is now."""
    course = Course(school.root)
    try:
        return grade(course, "ex", executor=here).graded
    finally:
        course.close()


def total(school: Class, student: str, here: Executor) -> float:
    run = grade(school.course, "ex", [student], executor=here)
    return read_results(school.course, "ex", run)[0].total


def stamps(root: Path) -> dict[Path, tuple[int, int, int]]:
    found = {p: p.stat() for p in root.rglob("*") if p.name != "lock"}
    return {p: (about.st_ino, about.st_mtime_ns, about.st_size) for p, about in found.items()}


def configure(school: Class, text: str) -> None:
    config = school.root / "nbgrader_config.py"
    config.write_text(config.read_text() + text)


def test_nothing_changed_and_not_a_byte_is_written(school: Class, here: Executor) -> None:
    before = stamps(school.root)
    assert again(school, here) == []
    assert stamps(school.root) == before


def test_another_hand_in_of_one_student_is_graded(school: Class, here: Executor) -> None:
    school.hand_in("bob", one=school.right(), two=school.right("two"), timestamp="2024-05-03 10:00:00 UTC")
    assert again(school, here) == ["bob"]


def test_another_timestamp_is_recorded(school: Class, here: Executor) -> None:
    school.hand_in("bob", one=school.right(), timestamp="2024-05-01 10:00:00 UTC")
    assert again(school, here) == ["bob"]
    assert all("timestamp=datetime.datetime(2024, 5, 1," in str(r) for r in rows(school, "submitted_assignment"))


def rows(school: Class, table: str) -> list[Any]:
    return gradebook_of(school.root)[table]


def test_another_instructors_notebook_is_graded_once_it_is_released(school: Class, here: Executor) -> None:
    source = school.root / "source/ex/one.ipynb"
    source.write_text(source.read_text().replace("mul(2, 3) == 6", "mul(2, 3) == 7"))
    course = Course(school.root)
    release(course, "ex")
    course.close()
    assert again(school, here) == ["ada", "bob"]
    assert total(school, "ada", here) == 6


def test_the_same_release_again_grades_nobody(school: Class, here: Executor) -> None:
    course = Course(school.root)
    release(course, "ex")
    course.close()
    assert again(school, here) == []


def test_another_limit_grades_all(school: Class, here: Executor) -> None:
    configure(school, "c.SealgradeCourse.limits = {'ex': {'timeout': 50}}\n")
    assert again(school, here) == ["ada", "bob"]


def test_a_limit_of_another_assignment_grades_nobody(school: Class, here: Executor) -> None:
    configure(school, "c.SealgradeCourse.limits = {'mix': {'timeout': 50}}\n")
    assert again(school, here) == []


def test_another_due_date_grades_nobody_where_being_late_costs_nothing(school: Class, here: Executor) -> None:
    configure(school, "c.SealgradeCourse.due_dates = {'ex': '2024-05-05 23:59:59 Europe/Berlin'}\n")
    assert again(school, here) == []
    run = grade(school.course, "ex", ["bob"], executor=here)
    assert read_results(school.course, "ex", run)[0].seconds_late > 0, "the configuration that was read before"
    course = Course(school.root)
    run = grade(course, "ex", ["bob"], executor=here)
    assert read_results(course, "ex", run)[0].seconds_late == 0
    course.close()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_another_due_date_takes_a_penalty_back(school: Class, here: Executor) -> None:
    (school.root / "late.py").write_text(_PLUGIN)
    configure(school, _PENALTY.format(root=str(school.root)))
    assert again(school, here) == ["ada", "bob"]
    assert sum("late_submission_penalty=1.0" in row for row in rows(school, "submitted_notebook")) == 1
    configure(school, "c.SealgradeCourse.due_dates = {'ex': '2024-05-05 23:59:59 Europe/Berlin'}\n")
    assert again(school, here) == ["ada", "bob"]
    assert not any("late_submission_penalty=1.0" in row for row in rows(school, "submitted_notebook"))


def test_a_gradebook_restored_from_an_old_copy_is_filled_again(school: Class, here: Executor) -> None:
    old = school.root / "old.db"
    shutil.copy(school.root / "gradebook.db", old)
    better = school.right()
    cell_of(better, "one-add").source += "\n# better"
    school.hand_in("ada", one=better, timestamp="2024-05-01 12:00:00 UTC")  # without two, which had a point
    assert again(school, here) == ["ada"]
    expected = gradebook_of(school.root)
    shutil.copy(old, school.root / "gradebook.db")
    assert again(school, here) == ["ada"], "the same scores in one; but two had a point, and the time was another"
    assert gradebook_of(school.root) == expected


@pytest.mark.parametrize("gone", ["autograded/ada/ex/one.ipynb", "autograded/ada/ex", "autograded"])
def test_what_was_deleted_is_made_again(school: Class, here: Executor, gone: str) -> None:
    path = school.root / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "ada" in again(school, here)
    assert (school.root / "autograded/ada/ex/one.ipynb").exists()


def test_a_deleted_page_is_made_again_and_nobody_is_graded(school: Class, here: Executor) -> None:
    (school.root / "feedback/ada/ex/one.html").unlink()
    assert again(school, here) == []
    assert (school.root / "feedback/ada/ex/one.html").exists()


def test_a_page_is_made_again_where_its_notebook_was_graded_again_with_the_same_result(
    school: Class, here: Executor
) -> None:
    pages = school.root / "feedback/ada/ex"
    before = stamps(pages)
    grade(school.course, "ex", ["ada"], force=True, executor=here)  # what a cell puts out may be another time of day
    after = stamps(pages)

    assert after.keys() == before.keys()
    assert all(after[path] != before[path] for path in pages.glob("*.html"))


def test_only_the_page_of_the_notebook_that_changed_is_made_again(school: Class, here: Executor) -> None:
    pages = school.root / "feedback/ada/ex"
    before = stamps(pages)
    changed = school.right()
    cell_of(changed, "one-add").source += "\n# as it was meant"
    school.hand_in("ada", one=changed, two=school.right("two"))
    assert again(school, here) == ["ada"]
    after = stamps(pages)
    made = {path.name for path in after if path.suffix == ".html" and after[path] != before[path]}
    assert made == {"one.html"}


def test_a_notebook_of_another_release_that_lies_about_stops_nobody(school: Class, here: Executor) -> None:
    for step in ("autograded", "feedback"):
        shutil.copy(school.root / "autograded/ada/ex/one.ipynb", school.root / step / "ada/ex/old.ipynb")
    assert again(school, here) == []
    school.hand_in("ada", one=school.released())
    assert again(school, here) == ["ada"]
    assert not (school.root / "autograded/ada/ex/old.ipynb").exists()


def test_a_deleted_test_cell_keeps_no_points_of_an_earlier_hand_in(school: Class, here: Executor) -> None:
    notebook = school.right()
    cell_of(notebook, "one-mul").source = "def mul(a, b):\n    return 0"
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "one-mul-test"]
    school.hand_in("ada", one=notebook)
    assert total(school, "ada", here) == 6


def test_an_answer_that_ends_python_keeps_no_points_of_an_earlier_hand_in(school: Class, here: Executor) -> None:
    notebook = school.right()
    for grade_id in ("one-add", "one-mul"):
        cell_of(notebook, grade_id).source = "import os\nos._exit(1)"
    school.hand_in("ada", one=notebook)
    assert total(school, "ada", here) == 0


def test_tests_draw_the_same_numbers_with_another_gradebook_and_other_limits(copies: Copy, here: Executor) -> None:
    scores = []
    for is_new in (False, True):
        school = copies("numbers")
        if is_new:
            (school.root / "gradebook.db").unlink()
            configure(school, f"c.SealgradeCourse.limits = {{'{varied.NAME}': {{'timeout': 33}}}}\n")
        course = Course(school.root)
        if is_new:
            release(course, varied.NAME)
        varied.hand_in(school, {"a guess": "ada", "first of a set": "bob", "numpy's guess": "eve"})
        run = grade(course, varied.NAME, executor=here)
        scores.append([r.score for result in read_results(course, varied.NAME, run) for r in result.parts])
        course.close()
    assert scores[0] == scores[1]
