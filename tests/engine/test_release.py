"""The students' version: complete, without secrets, and the same bytes each time."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sealgrade.course import Course
from sealgrade.errors import CourseError, ReleaseError
from sealgrade.grading import grade
from sealgrade.release import release

from ..small_course import Class, nbgrader_cell


def edit_source(root: Path, change: Any, name: str = "one") -> None:
    path = root / "source/ex" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def add_test(notebook: Any) -> None:
    notebook.cells.append(nbgrader_cell("test", "one-mul-test-more", "assert True", 1))


def test_the_release_holds_no_solution_no_hidden_test_and_no_rubric(school: Class) -> None:
    text = "".join(path.read_text() for path in (school.root / "release/ex").glob("*.ipynb"))
    for secret in ("return a + b", "secret_sum", "Because", "a word", "BEGIN"):
        assert secret not in text


def test_releasing_again_changes_no_file(school: Class) -> None:
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (school.root / "release").rglob("*.ipynb")}
    assert release(school.course, "ex").changed == ()
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (school.root / "release").rglob("*.ipynb")}
    assert not list(school.root.glob(".release-*"))


def test_a_release_reports_parts_points_and_bonus(school: Class) -> None:
    blueprint = release(school.course, "ex").blueprint
    assert {part.name: part.points for part in blueprint.parts} == {
        "one-add": 6,
        "one-mul": 3,
        "two-why": 5,
        "two-sub": 1,
    }
    assert (blueprint.total, blueprint.bonus) == (14, 1)


def test_a_release_sets_when_the_assignment_is_due(school: Class) -> None:
    with school.course.nbgrader.gradebook() as gradebook:
        assert gradebook.find_assignment("ex").duedate == datetime(2024, 5, 2, 21, 59, 59)


def test_texts_may_change_after_submissions_but_cells_may_not_be_added(school: Class) -> None:
    school.hand_in("ada", one=school.right())
    grade(school.course, "ex")

    edit_source(school.root, lambda notebook: notebook.cells[0].update(source="# New title"))
    assert "has changed since the last release" in grade(school.course, "ex").warnings[0]
    assert [path.name for path in release(school.course, "ex").changed] == ["one.ipynb"]

    edit_source(school.root, add_test)
    with pytest.raises(ReleaseError, match=r"move the gradebook away"):
        release(school.course, "ex")


def test_cells_may_be_added_while_there_are_no_submissions(school: Class) -> None:
    edit_source(school.root, add_test)
    assert release(school.course, "ex").blueprint.total == 15


def test_what_nbgrader_refuses_is_told_with_its_reason(bare_course: Path, opened: Course) -> None:
    def name_two_alike(notebook: Any) -> None:
        notebook.cells[3].metadata.nbgrader.grade_id = notebook.cells[2].metadata.nbgrader.grade_id

    edit_source(bare_course, name_two_alike)
    with pytest.raises(ReleaseError, match="uplicate"):
        release(opened, "ex")


def test_cells_without_an_id_are_refused_because_releases_would_differ(bare_course: Path, opened: Course) -> None:
    path = bare_course / "source/ex/one.ipynb"
    content = json.loads(path.read_text())
    del content["cells"][0]["id"]
    path.write_text(json.dumps(content))
    with pytest.raises(ReleaseError, match="without an id"):
        release(opened, "ex")


def test_an_unknown_assignment_is_an_error_that_names_the_known_ones(opened: Course) -> None:
    with pytest.raises(CourseError, match="there: ex"):
        release(opened, "homework")


@pytest.mark.parametrize("date", ["tomorrow", "2024-05-02 23:59:59 Europe/Berln", "2024-05-02 25:00:00 UTC"])
def test_a_due_date_that_cannot_be_read_is_an_error(bare_course: Path, date: str) -> None:
    config = bare_course / "nbgrader_config.py"
    config.write_text(config.read_text() + f"\nc.SealgradeCourse.due_dates = {{'ex': {date!r}}}\n")
    course = Course(bare_course)
    with pytest.raises(CourseError, match="due date of ex"):
        release(course, "ex")
    course.close()


def test_a_broken_configuration_is_an_error_that_names_it(bare_course: Path) -> None:
    (bare_course / "nbgrader_config.py").write_text("1 / 0")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be loaded: ZeroDivisionError"):
        Course(bare_course)
