"""The small course of `tests.small_course`, for the tests of the engine and of whole classes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from sealgrade.course import Course

from .small_course import Class, write_course


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
