"""The command line, and nbgrader's own commands in the same folder."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..small_course import Class, cell_of

# As on a machine where the environment is not activated.
BARE_PATH = {**os.environ, "PATH": "/usr/bin:/bin"}


def run(*command: str, cwd: Path, code: int = 0, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def hand_in(school: Class) -> None:
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    damaged = school.right()
    damaged.cells.append(cell_of(damaged, "one-add").copy())
    damaged.cells = [c for c in damaged.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "one-mul-test"]
    cell_of(damaged, "one-mul").source = "def mul(a, b):\n    return 0"
    school.hand_in("bob", one=damaged)
    school.hand_in("eve", one="{", two=school.released("two"))


def scores(root: Path) -> dict[str, tuple[float, float]]:
    """What nbgrader exports."""
    run("nbgrader", "export", cwd=root)
    with (root / "grades.csv").open() as file:
        return {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}


def test_nbgraders_own_commands_grade_as_sealgrade_does(school: Class) -> None:
    hand_in(school)
    root = school.root
    printed = run("sealgrade", "grade", "ex", "--json", cwd=root).stdout
    ours = {s["student"]: s["total"] + s["bonus"] for s in json.loads(printed)["students"]}
    assert ours == {"ada": 10, "bob": 6, "eve": 0}
    (root / "gradebook.db").unlink()
    run("nbgrader", "generate_assignment", "ex", "--force", cwd=root)
    run("nbgrader", "autograde", "ex", "--force", cwd=root)
    run("nbgrader", "generate_feedback", "ex", "--force", cwd=root)
    assert scores(root) == {student: (total, 15) for student, total in ours.items()}
    page = (root / "feedback/eve/ex/one.html").read_text()
    assert "About this submission" in page
    assert "secret_sum" not in page
    assert "Success" in run("nbgrader", "validate", "source/ex/two.ipynb", cwd=root).stdout


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_formgraders_button_grades_the_same_way(school: Class) -> None:
    hand_in(school)
    from nbgrader.apps.api import NbGraderAPI

    api: Any = NbGraderAPI(coursedir=school.course.nbgrader.coursedir("ex"), parent=school.course.nbgrader.app)
    answer = api.autograde("ex", "eve")
    assert answer["success"], answer
    assert api.get_submission("ex", "eve")["score"] == 0
    assert api.generate_feedback("ex", "eve")["success"]


def test_the_main_job_runs_from_the_command_line_and_ends_with_a_table(bare_course: Path) -> None:
    released = run("sealgrade", "release", "ex", cwd=bare_course, env=BARE_PATH)
    assert "14 points" in released.stdout
    school = Class(bare_course)
    school.hand_in("ada", one=school.right())
    school.course.close()
    graded = run("sealgrade", "grade", "ex", cwd=bare_course / "source", env=BARE_PATH)
    assert graded.stderr.strip() == "", "nbgrader's chatter stays in the log"
    for expected in ("ada", "one", "Total", "two.ipynb was not handed in", "gradebook.db", "feedback"):
        assert expected in graded.stdout
    run("sealgrade", "clean", "--yes", cwd=bare_course)
    left = {path.name for path in bare_course.iterdir()}
    assert left == {"nbgrader_config.py", "source", "release", "submitted"}


def test_a_quiet_run_prints_its_notes_on_stderr(school: Class) -> None:
    school.hand_in("ada", one=school.right())
    path = school.root / "source/ex/one.ipynb"
    path.write_text(path.read_text().replace("# Sums", "# Other sums"))
    done = run("sealgrade", "grade", "ex", "-q", cwd=school.root)
    assert done.stdout.splitlines() == ["1 graded, 0 unchanged since the last run, 0 failed."]
    assert "has changed since the last release" in done.stderr


def test_the_solved_notebooks_are_made_without_a_word_of_the_kernels(bare_course: Path) -> None:
    done = run("sealgrade", "solve", "ex", cwd=bare_course)
    assert done.stderr.strip() == ""
    assert len(done.stdout.splitlines()) == 2


def test_one_file_is_told_as_one(school: Class) -> None:
    path = school.root / "source/ex/one.ipynb"
    path.write_text(path.read_text().replace("# Sums", "# Other sums"))
    assert "(1 file changed)" in run("sealgrade", "release", "ex", cwd=school.root).stdout


def test_errors_are_one_line_that_says_what_to_do(bare_course: Path, tmp_path_factory: Any) -> None:
    failed = run("sealgrade", "grade", "ex", cwd=bare_course, code=1)
    assert "Run `sealgrade release ex` first." in failed.stderr
    assert "Traceback" not in failed.stderr
    failed = run("sealgrade", "grade", "ex", cwd=tmp_path_factory.mktemp("nowhere"), code=1)
    assert "No nbgrader_config.py" in failed.stderr


@pytest.mark.parametrize(
    ("modules", "left_out"),
    [
        ("sealgrade.cli", "rich sqlalchemy nbgrader nbformat numpy"),  # a page of help
        ("sealgrade.cli sealgrade.grading sealgrade.report", "nbgrader nbformat numpy"),  # who hands out the work
        ("sealgrade.work sealgrade.workers", "typer rich sqlalchemy nbgrader nbconvert"),  # who grades
    ],
)
def test_no_process_loads_what_it_does_not_need(modules: str, left_out: str) -> None:
    code = f"import sys\nfor name in '{modules}'.split(): __import__(name)\n"
    code += f"print(*(name for name in '{left_out}'.split() if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_what_the_shells_completion_makes_of_an_assignment_is_understood(bare_course: Path) -> None:
    assert "ex:" in run("sealgrade", "release", "ex/", cwd=bare_course).stdout
    assert "an assignment is a folder's name" in run("sealgrade", "release", "../ex", cwd=bare_course, code=2).stderr
