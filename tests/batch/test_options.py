"""What can be asked of `sealgrade grade`, with the real command."""

import json
import os
import subprocess
from typing import Any

import pytest

from ..small_course import Class, cell_of
from .conftest import Copy
from .looking import SEALGRADE, files, gradebook_of


def run(school: Class, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*SEALGRADE, "grade", "ex", "--jobs", "1", *options],
        cwd=school.root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def asked(copies: Copy) -> Any:
    """What came of one command after the other."""
    school = copies("asked")
    for student in ("ada", "bob"):
        school.hand_in(student, one=school.right(), two=school.right("two"))
    done: dict[str, Any] = {"school": school, "quiet": run(school, "--quiet")}
    done["before"] = files(school.root, "autograded"), gradebook_of(school.root)["grade"]
    # Both hand in both anew, all wrong.
    for student in ("ada", "bob"):
        one, two = school.right(), school.right("two")
        cell_of(one, "one-mul").source = "def mul(a, b):\n    return 0"
        cell_of(two, "two-sub").source = "def sub(a, b):\n    return 0"
        school.hand_in(student, one=one, two=two)
    done["one of ada"] = run(school, "--student", "ada", "--notebook", "one", "--json")
    done["after"] = files(school.root, "autograded"), gradebook_of(school.root)["grade"]
    done["force"] = run(school, "--student", "ada", "--notebook", "one", "--force", "--json")
    return done


def changed(asked: Any, of: int) -> Any:
    before, after = asked["before"][of], asked["after"][of]
    if isinstance(before, dict):
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return set(before) ^ set(after)


def test_quiet_prints_the_last_line_only(asked: Any) -> None:
    assert asked["quiet"].stdout == "2 graded, 0 unchanged since the last run, 0 failed.\n"
    assert asked["quiet"].stderr == ""


def test_json_is_all_that_is_printed(asked: Any) -> None:
    told = json.loads(asked["one of ada"].stdout)
    assert asked["one of ada"].stderr == ""
    assert [one["student"] for one in told["students"]] == ["ada"]


def test_one_notebook_of_one_student_is_graded_and_all_else_stays_to_the_byte(asked: Any) -> None:
    assert changed(asked, 0) == {"ada/ex/one.ipynb"}
    rows = changed(asked, 1)
    assert len(rows) == 2, "one score before and after"
    assert all("ada" in str(row) and "one-mul-test" in str(row) for row in rows)


def test_force_grades_what_has_not_changed(asked: Any) -> None:
    assert [one["graded_now"] for one in json.loads(asked["force"].stdout)["students"]] == [True]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--student", "nobody"], "No ex of nobody in"),
        (["--notebook", "three"], "ex has no notebook three. It has one, two."),
    ],
)
def test_an_unknown_name_is_an_error_in_one_line(asked: Any, options: list[str], expected: str) -> None:
    done = run(asked["school"], *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert expected in done.stderr


def test_a_folder_for_temporary_files_with_a_long_name_is_no_obstacle(copies: Copy) -> None:
    school = copies("long")
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    folder = school.root / ("long-" * 30)
    folder.mkdir()
    done = subprocess.run(
        [*SEALGRADE, "grade", "ex", "--jobs", "1", "--quiet"],
        cwd=school.root,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1 graded, 0 unchanged since the last run, 0 failed.\n"), done.stderr
