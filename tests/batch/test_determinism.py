"""The same work gets the same verdict, to the byte, however many jobs there are, in any order, on any load."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from . import varied
from .conftest import Copy
from .looking import SEALGRADE, everything

_STUDENTS = {work: f"s{number:02}" for number, work in enumerate(varied.WORK)}
# Who is the first comes last.
_OTHER_NAMES = {work: f"s{number:02}" for number, work in enumerate(reversed(varied.WORK))}
_PERMUTED = {_OTHER_NAMES[work]: _STUDENTS[work] for work in varied.WORK}


def graded(copies: Copy, names: dict[str, str], jobs: int) -> dict[str, Any]:
    school = copies(f"jobs-{jobs}")
    varied.hand_in(school, names)
    command = [*SEALGRADE, "grade", varied.NAME, "--quiet", "--jobs", str(jobs)]
    done = subprocess.run(command, cwd=school.root, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"{len(names)} graded, 0 unchanged since the last run, 0 failed."), done
    return everything(school.root, varied.NAME)


@contextmanager
def busy_machine() -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(3)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.fixture(scope="module")
def one_job(copies: Copy) -> dict[str, Any]:
    return graded(copies, _STUDENTS, 1)


@pytest.fixture(scope="module")
def two_jobs(copies: Copy) -> dict[str, Any]:
    return graded(copies, _STUDENTS, 2)


@pytest.fixture(scope="module")
def four_jobs_on_a_busy_machine(copies: Copy) -> dict[str, Any]:
    with busy_machine():
        return graded(copies, _STUDENTS, 4)


@pytest.fixture(scope="module")
def another_order(copies: Copy) -> dict[str, Any]:
    found = graded(copies, _OTHER_NAMES, 2)

    def back(text: str) -> str:
        return re.sub(r"(?<![\w/+])s\d\d(?!\w)", lambda match: _PERMUTED[match[0]], text)

    def renamed(content: bytes) -> bytes:
        return back(content.decode()).encode()

    for step in ("autograded", "feedback"):
        found[step] = {back(name): renamed(content) for name, content in found[step].items()}
    found["gradebook"] = {
        name: sorted(tuple(re.sub(r"s\d\d", lambda m: _PERMUTED[m[0]], cell) for cell in row) for row in rows)
        for name, rows in found["gradebook"].items()
    }
    return found


_WHAT = ("autograded", "feedback", "gradebook")


def same(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    assert one[what].keys() == other[what].keys()
    different = [name for name in one[what] if one[what][name] != other[what][name]]
    assert not different, [(one[what][name], other[what][name]) for name in different[:1]]


def test_the_class_is_varied(one_job: dict[str, Any]) -> None:
    scores = {row for row in one_job["gradebook"]["grade"] if any("mix-pick-test" in cell for cell in row)}
    assert len(scores) == len(varied.WORK)
    assert 2 <= sum("auto_score=2.0" in row for row in scores) < len(varied.WORK) - 2
    assert any(b"image/png" in content for content in one_job["autograded"].values())


@pytest.mark.parametrize("what", _WHAT)
def test_two_jobs_find_the_same_as_one(one_job: dict[str, Any], two_jobs: dict[str, Any], what: str) -> None:
    same(one_job, two_jobs, what)


@pytest.mark.parametrize("what", _WHAT)
def test_four_jobs_on_a_busy_machine_find_the_same_as_one(
    one_job: dict[str, Any], four_jobs_on_a_busy_machine: dict[str, Any], what: str
) -> None:
    same(one_job, four_jobs_on_a_busy_machine, what)


@pytest.mark.parametrize("what", _WHAT)
def test_another_order_finds_the_same(one_job: dict[str, Any], another_order: dict[str, Any], what: str) -> None:
    same(one_job, another_order, what)


def test_what_is_remembered_for_the_next_run_is_the_same(one_job: dict[str, Any], two_jobs: dict[str, Any]) -> None:
    assert one_job["remembered"] == two_jobs["remembered"]


def test_nothing_says_where_it_was_graded(one_job: dict[str, Any], tmp_path_factory: Any) -> None:
    base = str(Path(tmp_path_factory.getbasetemp())).encode()
    assert not [name for name, content in one_job["autograded"].items() if base in content]
