"""The time that a cell may take: its own work and sleep count, and a busy machine or a slow test do not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sealgrade.examiner import allowance

BURN = """
import time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""


@contextmanager
def busy_processes(many: int) -> Iterator[None]:
    """Keep each core busy with many processes."""
    code = "while True: pass"
    started = [subprocess.Popen([sys.executable, "-S", "-c", code]) for _ in range(many * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.parametrize("others", [0, 8])
def test_the_same_work_gets_the_same_verdict_beside_many_busy_processes(student: Any, others: int) -> None:
    one = student(BURN)
    with busy_processes(others):
        assert one.test("burn(0.4)", seconds=1).error is None
        assert one.fails("burn(3)", seconds=1) == "CellTimeoutError"


def test_threads_that_share_a_busy_machine_are_not_taken_for_sleep(student: Any) -> None:
    one = student(
        f"{BURN}\nimport threading\ndef f():\n    thread = threading.Thread(target=burn, args=[0.4])\n"
        "    thread.start()\n    thread.join()"
    )
    with busy_processes(8):
        assert one.test("f()", seconds=1).error is None


@pytest.mark.parametrize(
    "wait",
    ["time.sleep(10**9)", "threading.Lock().acquire() and lock.acquire()", "queue.Queue().get()"],
)
@pytest.mark.parametrize("counted", [True, False])
def test_code_that_sleeps_for_ever_or_waits_for_itself_is_stopped(
    student: Any, wait: str, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not counted:
        monkeypatch.setattr(allowance, "waited", lambda tasks: None)
    source = f"import time, threading, queue\nlock = threading.Lock()\nlock.acquire()\ndef f():\n    {wait}"
    assert student(source).fails("f()", seconds=0.2) == "CellTimeoutError"


def test_the_time_that_a_function_of_the_test_takes_is_not_the_students(student: Any) -> None:
    one = student("def f(g):\n    return g(1)")
    assert one.test("import time\nassert f(lambda x: time.sleep(1) or 2) == 2", seconds=0.4).error is None


def test_a_test_that_sleeps_for_ever_is_stopped(student: Any) -> None:
    assert student("").fails("import time\ntime.sleep(10**9)", seconds=0.1) == "CellTimeoutError"


def test_a_test_that_works_for_ever_is_stopped(student: Any) -> None:
    assert student("").fails("while True: pass", seconds=0.1) == "CellTimeoutError"
