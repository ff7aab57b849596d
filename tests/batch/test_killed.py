"""Killed at any moment, with what cannot be caught: the next run goes on, and in the end nothing tells of it."""

import os
import random
import subprocess
import sys
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from sealgrade.course import Course
from sealgrade.grading import grade

from ..small_course import Class, cell_of
from .conftest import Copy
from .looking import SEALGRADE, Orphans, everything, until

_SIZE = 30  # more than are written at a time
_KILLS = 2


def hand_in(school: Class, size: int) -> None:
    for number in range(size):
        work = {"two": school.right("two")}
        if number % 3 == 0:
            cell_of(work["two"], "two-sub").source = "def sub(a, b):\n    return 0"
        if number % 6 == 1:
            work["one"] = school.right()
        school.hand_in(f"s{number:02}", **work)


@pytest.fixture(scope="module")
def undisturbed(copies: Copy, here: Executor) -> dict[str, Any]:
    """What a run leaves that nobody disturbs."""
    school = copies("undisturbed")
    hand_in(school, _SIZE)
    assert len(grade(school.course, "ex", executor=here).graded) == _SIZE
    return everything(school.root)


def traces(root: Path) -> int:
    """How far a run is, by the files that it writes, one after the other."""
    steps = ("autograded", "feedback", ".sealgrade")
    return sum(len(inner) for step in steps for _, _, inner in os.walk(root / step))


@pytest.mark.parametrize("seed", range(2))
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    seed: int, copies: Copy, undisturbed: dict[str, Any]
) -> None:
    school = copies(f"killed-{seed}")
    hand_in(school, _SIZE)
    chance = random.Random(seed)
    most = 4 * _SIZE
    for _ in range(_KILLS):
        with Orphans() as orphans:
            job = subprocess.Popen(
                [*SEALGRADE, "grade", "ex", "--quiet", "--jobs", str(chance.choice([1, 2]))],
                cwd=school.root,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            moment = traces(school.root) + chance.randrange(1, most // 2)
            until(lambda job=job, moment=moment: job.poll() is not None or traces(school.root) >= moment, "under way")
            job.kill()
            job.wait()
            orphans.must_end()
    done = subprocess.run([*SEALGRADE, "grade", "ex", "--quiet"], cwd=school.root, check=True, capture_output=True)
    assert b"0 failed" in done.stdout
    assert everything(school.root) == undisturbed


def test_a_run_that_is_killed_while_it_starts_leaves_nothing_running(copies: Copy) -> None:
    school = copies("killed-early")
    hand_in(school, 2)
    for wanted in (2, 4, 6):  # processes
        with Orphans() as orphans:
            job = subprocess.Popen([*SEALGRADE, "grade", "ex", "--jobs", "2"], cwd=school.root, stdout=-3, stderr=-3)
            until(lambda job=job, o=orphans, n=wanted: job.poll() is not None or len(o.left()) >= n, "it starts")
            job.kill()
            job.wait()
            orphans.must_end()


# Between the steps of writing a batch. What is forked has all that the run has, and dies at the next step.
_DIE = """
import os, shutil, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sealgrade import batch
from sealgrade.course import Course
from sealgrade.grading import grade
from sealgrade.writer import Writer

class Dying(Writer):
    left = -1

    def step(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def remember(self, *arguments):
        self.step()
        super().remember(*arguments)

    def _write_notebooks(self, outcome):
        self.step()
        super()._write_notebooks(outcome)
        self.step()

    def _update(self, outcome):
        self.step()
        super()._update(outcome)

    def write(self, outcomes):
        for number in range(1, 1000):
            self._gradebook.close()  # a connection is not to be shared, and its file will be another
            shutil.copytree(root, aside / str(number))
            child = os.fork()
            if not child:
                self.left = number
                super().write(outcomes)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            shutil.copytree(root, aside / f"{number}-killed")
            shutil.rmtree(root)
            shutil.copytree(aside / str(number), root)
            shutil.rmtree(aside / str(number))
            if status == 0:
                break
        self._gradebook.close()
        super().write(outcomes)

root, aside = Path(sys.argv[1]), Path(sys.argv[2])
batch.Writer = Dying
with ThreadPoolExecutor(1) as executor:
    grade(Course(root), "ex", force=True, executor=executor)
"""
_FEW = 3
_STEPS = 5 * _FEW  # before a record is emptied, notebooks written, the gradebook, what is new of a record, the record


@pytest.fixture(scope="module")
def few(copies: Copy, here: Executor) -> Class:
    """Some students graded once; then they hand in something else."""
    school = copies("few")
    hand_in(school, _FEW)
    grade(school.course, "ex", executor=here)
    for number in range(_FEW):
        work = school.right("two")
        cell_of(work, "two-sub").source = f"def sub(a, b):\n    return {number}  # two is right"
        school.hand_in(f"s{number:02}", two=work, timestamp="2024-05-01 11:00:00 UTC")
    return school


@pytest.fixture(scope="module")
def left_by_the_killed(few: Class, tmp_path_factory: Any) -> tuple[Path, Any]:
    """For each step what a run left that died there; and what one leaves that did not."""
    aside = tmp_path_factory.mktemp("aside")
    subprocess.run([sys.executable, "-c", _DIE, str(few.root), str(aside)], check=True)
    assert len(list(aside.iterdir())) == _STEPS + 1, "only the last one was not killed"
    return aside, everything(few.root)


@pytest.mark.parametrize("step", range(1, _STEPS + 1))
def test_killed_between_two_steps_of_writing_the_next_run_goes_on(
    step: int, left_by_the_killed: tuple[Path, Any], here: Executor
) -> None:
    aside, expected = left_by_the_killed
    course = Course(aside / f"{step}-killed")
    run = grade(course, "ex", executor=here)
    course.close()
    found = everything(course.root)
    assert not run.failures
    assert found["gradebook"] == expected["gradebook"]
    assert found["autograded"] == expected["autograded"]
    assert found["feedback"].keys() == expected["feedback"].keys()
    assert {name: about["notebooks"] for name, about in found["remembered"].items()} == {
        name: about["notebooks"] for name, about in expected["remembered"].items()
    }
