"""Limits of one assignment: each is honoured, and an honest student does not notice them."""

import json
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import pytest

from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.grading import grade
from sealgrade.report import StudentResult, read_results

from ..small_course import Class, cell_of
from .conftest import Copy

_LIMITS = {"timeout": 1, "memory": 900, "scratch": 2, "files": 20, "threads": 4, "output": 150_000}
_OVER = {
    "timeout": "import time\nend = time.process_time() + 5\nwhile time.process_time() < end:\n    pass",
    "memory": "big = bytearray(2_000 * 2**20)",
    "scratch": "open('big', 'wb').write(bytes(3 * 2**20))",
    "files": "for i in range(40):\n    open(f'file{i}', 'w').close()",
    "threads": "import threading\nfor _ in range(12):\n    threading.Timer(1, print).start()",
}
_WITHIN = """
big = bytearray(50 * 2**20)
open('big', 'wb').write(bytes(2**20))
for i in range(5):
    open(f'file{i}', 'w').close()
import threading
threading.Thread(target=print).start()
del big
"""


def with_code(school: Class, code: str) -> Any:
    """Right work, with more code in the cell of one-mul, before its function."""
    notebook = school.right()
    cell = cell_of(notebook, "one-mul")
    cell.source = f"{code}\n{cell.source}"
    return notebook


@pytest.fixture(scope="module")
def limited(copies: Copy, here: Executor) -> Iterator[tuple[Class, dict[str, StudentResult]]]:
    school = copies("limited")
    config = school.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.SealgradeCourse.limits = {{'ex': {_LIMITS}}}\n")
    for name, code in _OVER.items():
        school.hand_in(name, one=with_code(school, code))
    school.hand_in("within", one=with_code(school, _WITHIN))
    for length in (140_000, 160_000):
        school.hand_in(
            f"prints-{length}", one=with_code(school, f"for _ in range({length} // 1000):\n    print('x' * 999)")
        )
    course = Course(school.root)
    run = grade(course, "ex", executor=here)
    assert not run.failures
    yield school, {result.student: result for result in read_results(course, "ex", run)}
    course.close()


def printed(school: Class, student: str) -> str:
    notebook = json.loads((school.root / "autograded" / student / "ex/one.ipynb").read_bytes())
    cells = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "one-mul"]
    return "".join("".join(output.get("text", "")) for output in cells[0]["outputs"])


@pytest.mark.parametrize("limit", _OVER)
def test_who_goes_over_a_limit_loses_that_cell_only(limited: Any, limit: str) -> None:
    parts = {r.part.name: (r.score, r.message) for r in limited[1][limit].parts}
    assert parts["one-add"][0] == 6
    assert parts["one-mul"][0] == 0, parts


def test_who_keeps_to_the_limits_has_all_points(limited: Any) -> None:
    assert limited[1]["within"].total == 9


def test_what_is_printed_within_the_limit_is_kept_whole(limited: Any) -> None:
    assert printed(limited[0], "prints-140000").count("x") == 140 * 999


def test_what_is_printed_beyond_the_limit_is_left_out_and_it_says_so(limited: Any) -> None:
    text = printed(limited[0], "prints-160000")
    assert 149_000 < len(text) < 151_000
    assert "more characters were left out" in text
    assert limited[1]["prints-160000"].total == 9


@pytest.mark.parametrize(
    ("limits", "expected"), [({"memroy": 1}, "'memroy', which is no limit"), ({"memory": "much"}, "memory")]
)
def test_a_limit_that_is_none_is_an_error_in_one_line(
    copies: Copy, here: Executor, limits: dict[str, Any], expected: str
) -> None:
    school = copies("misspelt")
    config = school.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.SealgradeCourse.limits = {{'ex': {limits}}}\n")
    school.hand_in("ada", one=school.right())
    course = Course(school.root)
    with pytest.raises(CourseError, match=expected) as raised:
        grade(course, "ex", executor=here)
    course.close()
    assert "\n" not in str(raised.value)
