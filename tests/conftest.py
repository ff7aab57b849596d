"""The small course of `tests.small_course`, for the tests of the engine and of whole classes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from sealgrade.course import Course

from .small_course import Class, write_course

# Tests that run other tools' own tests, a fresh clone, or the same work by nbgrader's slow way: `make test-thorough`.
THOROUGH = (
    "acceptance/",
    "assay/test_check.py",
    "assay/test_odd_courses.py",
    "attacks/test_pages.py::test_the_feedback_is_the_same_without_nbgrader",
    "batch/test_executors.py",
    "batch/test_killed.py",
    "batch/test_postgres.py",
    "batch_equality/",
    "engine/test_commands.py::test_nbgraders_own_commands_grade_as_sealgrade_does",
    "engine/test_feedback_pages.py",
    "engine/test_stock_nbgrader.py",
    "exercise2/test_bank.py",
    "exercise2/test_carried_forward.py",
    "project/test_clean_clone.py",
    "scaffold/test_new.py::test_the_tests_of_the_example_are_as_good_as_a_check_can_tell",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take long."""
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(THOROUGH):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture
def bare_course(tmp_path: Path) -> Path:
    """A course with sources only."""
    write_course(tmp_path)
    return tmp_path


@pytest.fixture
def opened(bare_course: Path) -> Any:
    """The course with sources only, opened."""
    course = Course(bare_course)
    yield course
    course.close()


@pytest.fixture(scope="session")
def _released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sealgrade.release import release

    root = tmp_path_factory.mktemp("released")
    write_course(root)
    course = Course(root)
    release(course, "ex")
    course.close()
    return root


@pytest.fixture
def school(_released_course: Path, tmp_path: Path) -> Any:
    """A course with a release, and nobody's work yet."""
    shutil.copytree(_released_course, tmp_path, dirs_exist_ok=True)
    school = Class(tmp_path)
    yield school
    school.course.close()
