"""Whole classes, graded with the real command or here in this process."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from sealgrade.course import Course
from sealgrade.release import release

from ..small_course import Class
from . import varied

Copy = Callable[[str], Class]


@pytest.fixture(scope="session")
def _both_released(_released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course, with the assignment of `varied` released too."""
    root = tmp_path_factory.mktemp("both") / "course"
    shutil.copytree(_released_course, root)
    varied.write_assignment(root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.SealgradeCourse.limits = {{'{varied.NAME}': {{'timeout': 1}}}}\n")
    course = Course(root)
    release(course, varied.NAME)
    course.close()
    return root


@pytest.fixture(scope="module")
def copies(_both_released: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Makes courses with nobody's work yet."""
    made: list[Class] = []

    def copy(name: str) -> Class:
        root = tmp_path_factory.mktemp(name)
        shutil.copytree(_both_released, root, dirs_exist_ok=True)
        made.append(Class(root))
        return made[-1]

    yield copy
    for school in made:
        school.course.close()


@pytest.fixture(scope="session")
def here() -> Iterator[Executor]:
    """Grades in this process: its zygote is started once for all tests."""
    with ThreadPoolExecutor(1) as executor:
        yield executor
