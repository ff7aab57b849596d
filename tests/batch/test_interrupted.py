"""Ctrl-C: what was finished is kept, nothing is left running, and the next run goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sealgrade.writer import uninterrupted

from ..small_course import Class, cell_of
from .conftest import Copy
from .looking import SEALGRADE, Orphans, gradebook_of, until

_STOPPED = "Stopped. What was finished is kept; run the command again to go on."


def start(school: Class) -> "subprocess.Popen[str]":
    command = [*SEALGRADE, "grade", "ex", "--jobs", "2"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=school.root, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def hand_in(school: Class) -> None:
    for student in ("ada", "bob", "eve"):
        school.hand_in(student, two=school.right("two"))
    endless = school.right()
    cell_of(endless, "one-add").source = "while True:\n    pass"
    school.hand_in("zoe", one=endless)
    config = school.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.SealgradeCourse.limits = {'ex': {'timeout': 600}}\n")


def is_remembered(root: Path, student: str) -> bool:
    path = root / ".sealgrade/ex" / f"student-{student}.json"
    return path.exists() and "notebooks" in json.loads(path.read_text())


def graded_students(school: Class) -> set[str]:
    rows = gradebook_of(school.root)["submitted_assignment"]
    return {cell.split("'")[1] for row in rows for cell in row if cell.startswith("student_id=")}


@pytest.fixture(scope="module")
def stopped(copies: Copy) -> Any:
    """A course whose run was interrupted while the last one's work was still going; and what there was to see."""
    school = copies("stopped")
    hand_in(school)
    with Orphans() as orphans:
        job = start(school)
        until(lambda: job.poll() is not None or all(is_remembered(school.root, s) for s in ("ada", "bob", "eve")), "")
        second = subprocess.run(
            [*SEALGRADE, "grade", "ex"], cwd=school.root, capture_output=True, text=True, check=False
        )
        os.killpg(job.pid, signal.SIGINT)
        said = job.communicate(timeout=60)
        orphans.must_end()
    return school, job, said, second


def test_an_interrupted_run_says_so_in_one_line(stopped: Any) -> None:
    _, job, (out, err), _ = stopped
    assert (job.returncode, out, err.strip()) == (130, "", _STOPPED)


def test_a_second_run_at_the_same_time_is_refused_and_told_which_is_the_first(stopped: Any) -> None:
    _, job, _, second = stopped
    assert (second.returncode, second.stdout) == (1, "")
    assert len(second.stderr.splitlines()) == 1
    assert f"Another run grades this course already (process {job.pid})" in second.stderr


def test_what_was_finished_is_kept_and_the_next_run_does_the_rest(stopped: Any) -> None:
    school = stopped[0]
    assert graded_students(school) == {"ada", "bob", "eve"}
    school.hand_in("zoe", one=school.right())
    done = subprocess.run([*SEALGRADE, "grade", "ex", "--json"], cwd=school.root, capture_output=True, check=True)
    now = {one["student"]: (one["graded_now"], one["total"]) for one in json.loads(done.stdout)["students"]}
    assert now == {"ada": (False, 0), "bob": (False, 0), "eve": (False, 0), "zoe": (True, 9)}


def test_two_interrupts_at_once_stop_it_as_cleanly(copies: Copy) -> None:
    school = copies("twice")
    hand_in(school)
    with Orphans() as orphans:
        job = start(school)
        until(lambda: job.poll() is not None or is_remembered(school.root, "ada"), "the first is done")
        os.killpg(job.pid, signal.SIGINT)
        os.killpg(job.pid, signal.SIGINT)
        until(lambda: job.poll() is not None or not os.killpg(job.pid, signal.SIGINT), "")
        out, err = job.communicate(timeout=60)
        orphans.must_end()
    assert (job.returncode, out, err.strip()) == (130, "", _STOPPED)


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_an_interrupt_while_it_starts_is_one_line_too(processes: int, copies: Copy) -> None:
    school = copies("early")
    hand_in(school)
    with Orphans() as orphans:
        job = start(school)
        until(lambda: job.poll() is not None or len(orphans.left()) >= processes, "it starts")
        os.killpg(job.pid, signal.SIGINT)
        out, err = job.communicate(timeout=60)
        orphans.must_end()
    assert (job.returncode, out, err.strip()) == (130, "", _STOPPED)


def test_an_interrupt_waits_until_a_batch_is_written() -> None:
    written = []
    # With a second thread, as every run has one: the signal may be told to any of them.
    with ThreadPoolExecutor(1) as other, pytest.raises(KeyboardInterrupt):
        other.submit(int).result()
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(0.1)
            written.append("all of it")
    assert written


_STOPPED_EARLY = """
import os
from multiprocessing import forkserver
from sealgrade import workers

if __name__ == "__main__":
    workers.start()
    status, orders = forkserver.connect_to_new_process([])
    os.close(orders)  # it has not been told anything
    assert forkserver.read_signed(status) > 0, "its number"
    assert forkserver.read_signed(status) == 1, "how it ended"
"""


def test_a_process_that_is_not_told_what_to_do_ends_without_a_word(tmp_path: Path) -> None:
    script = tmp_path / "stopped.py"
    script.write_text(_STOPPED_EARLY)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
