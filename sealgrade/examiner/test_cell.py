"""Running one test cell, here, and its verdict.

Theory of operation. A test has passed if, and only if, it ran to its end in this process and no fault was recorded.
Nothing that the student's process says is a verdict: it is asked for values. A number as the last expression is partial
credit (see `scoring`).
"""

import ast
import contextlib
import io
import linecache
import os
import random
import resource
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic, process_time
from types import CodeType
from typing import Any

import numpy as np

from sealgrade.errors import CourseError
from sealgrade.examiner.allowance import SLEEP_FACTOR, waited_by
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.fault import Fault
from sealgrade.examiner.handles import HandleError
from sealgrade.examiner.names import Namespace, read_in_classes
from sealgrade.examiner.own_words import own_words
from sealgrade.examiner.present import carried, cell_end, present
from sealgrade.examiner.remarks import FAULTS
from sealgrade.examiner.vocabulary import vocabulary
from sealgrade.examiner.zygote import ConfinementUnavailable
from sealgrade.scoring import credit

MAX_PRINTED = 100_000
MAX_MESSAGE = 10_000
MAX_TRACEBACK = 50_000
_TEST_FACTOR = 6.0  # seconds that a test may take for each of a student's
_MEMORY = 4 << 30  # bytes that a test may take: what a student sends, numpy can spread over any shape


@dataclass(frozen=True)
class Verdict:
    """What came of a test cell.

    Attributes:
        error: name and message of what it failed with; None if it passed.
        for_student: the message without texts of the student's that might repeat a hidden input.
        traceback: lines for the instructor.
        printed: what the test printed.
        credit: points, where the cell ends with a number.
        carried: for the student, why results were accepted that are not the right ones; empty if it failed.
    """

    error: tuple[str, str] | None
    for_student: str
    traceback: list[str]
    printed: str
    credit: float | None
    carried: list[str] = field(default_factory=list)


def run_test(
    source: str, name: str, points: float, namespace: Namespace, candidate: Candidate, seconds: float
) -> Verdict:
    """Run a test cell.

    Args:
        source: its code, hidden tests included.
        name: its grade_id.
        points: what it is worth.
        namespace: the globals of the notebook's test cells.
        candidate: the student's side.
        seconds: of CPU time for the student's code in this cell.
    """
    if sys.flags.optimize:
        raise CourseError("Python runs with -O, which leaves out every `assert`. Unset PYTHONOPTIMIZE.")
    filename = f"<test {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    printed = _Printed()
    candidate.start_cell(seconds)
    namespace.start_cell(candidate.lookup, lambda: candidate.changes, candidate.seen.add)
    at_the_end, notes = contextlib.ExitStack(), list[str]()
    before = present.set(candidate), carried.set(notes), cell_end.set(at_the_end)
    value: Any = None
    error: BaseException | None = None
    try:
        limit = _time_limit(_TEST_FACTOR * seconds, candidate)
        with _quiet(printed), _seeding(candidate), limit, _memory_limit(), at_the_end:
            value = _execute(source, filename, namespace)
        error = candidate.fault
    except (KeyboardInterrupt, ConfinementUnavailable):  # a student's never gets here under these names
        raise
    except BaseException as raised:
        error = candidate.fault or raised
    finally:
        present.reset(before[0])
        carried.reset(before[1])
        cell_end.reset(before[2])
    if error is None:
        return Verdict(None, "", [], printed.getvalue(), credit(value, points), notes)
    try:
        # A message shows what the student has sent: to write it down is work that the student can make long, too.
        with _quiet(printed), _time_limit(SLEEP_FACTOR * seconds, candidate), _memory_limit():
            what, text, where = _describe(error)
            message = f"{text}  ({where})" if where and text else text or where
            redacted = _for_student(text, error, source, candidate)
            redacted = f"{redacted}  ({where})" if where and text else redacted or where
    except BaseException as again:
        if isinstance(again, KeyboardInterrupt):
            raise
        what, message = type(error).__name__, "(the message cannot be shown)"
        redacted = message
    lines = [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
    # From the test's own frame on: what is above is sealgrade.
    start = next((i for i, line in enumerate(lines) if filename in line), 0)
    told = [*lines[start : start + 20], f"{what}: {message}"]
    return Verdict((what, message), redacted, [line[:MAX_TRACEBACK] for line in told], printed.getvalue(), None)


def _execute(source: str, filename: str, namespace: Namespace) -> Any:
    """Run the statements; return the value of a last expression."""
    in_classes, statements, last = _compiled(source, filename)
    namespace.hold(in_classes)
    exec(statements, namespace)
    return None if last is None else eval(last, namespace)


@lru_cache(1000)  # a class of students has the same test cells
def _compiled(source: str, filename: str) -> tuple[list[str], CodeType, CodeType | None]:
    tree = ast.parse(source, filename)
    in_classes = read_in_classes(tree)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = compile(ast.Expression(last.value), filename, "eval", optimize=0) if isinstance(last, ast.Expr) else None
    return in_classes, compile(tree, filename, "exec", optimize=0), value


def _describe(error: BaseException) -> tuple[str, str, str]:
    """Return the name of an error, its message, and the line of the student's that it arose in."""
    if isinstance(error, Fault):
        return FAULTS[error.kind], f"While this test called your code, it {error}.", ""
    where = "" if isinstance(error, NotImplementedError) else getattr(error, "student_line", "")
    try:
        text = str(error)
    except BaseException:  # it holds an object of the student's, which is asked for its text
        text = ""
    return type(error).__name__, text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…", where


def _for_student(text: str, error: BaseException, source: str, candidate: Candidate) -> str:
    """Return a message without what a student's code could say in it of a hidden test: see `redaction`."""
    if isinstance(error, HandleError):
        text = error.for_student
    own, beginning = own_words(text, error.__traceback__, source)
    told = [(text.rindex(line), line) for line in candidate.seen.lines if line and line in text]
    # One of them, as `call` shows it: in several, a student's text could say something by their order.
    own += [(start, start + len(line)) for start, line in [max(told)]] if told else []
    return candidate.seen.heard.redact(text, vocabulary(candidate.cells.sources()), own, beginning)


class _Printed(io.StringIO):
    def write(self, text: str) -> int:
        room = MAX_PRINTED - self.tell()
        super().write(text[: max(0, room)])
        return len(text)


@contextlib.contextmanager
def _quiet(printed: io.StringIO) -> Iterator[None]:
    """Collect what a test prints; a warning, of numpy's for example, is no failure."""

    def show(*what: Any, **_: Any) -> None:
        printed.write(warnings.formatwarning(*what[:4]))

    with warnings.catch_warnings(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.simplefilter("default")
        warnings.showwarning = show
        yield


@contextlib.contextmanager
def _seeding(candidate: Candidate) -> Iterator[None]:
    """In plain Jupyter a test that seeds its random numbers seeds the student's too."""

    def follow(name: str, seed: Callable[..., None]) -> Callable[..., None]:
        def seed_both(*args: Any, **kwargs: Any) -> None:
            seed(*args, **kwargs)
            value = [*args, *kwargs.values(), None][0]
            candidate.seed(name, value if isinstance(value, int | float | str | None) else str(value))

        return seed_both

    before = np.random.seed, random.seed
    np.random.seed, random.seed = follow("numpy", before[0]), follow("random", before[1])
    try:
        yield
    finally:
        np.random.seed, random.seed = before


@contextlib.contextmanager
def _time_limit(seconds: float, candidate: Candidate) -> Iterator[None]:
    """Stop a test that does not end on this side: an endless loop over what the student has sent, or one that sleeps.

    As with students' code, work and sleep count, and waiting for a core does not: see `allowance`. What the student's
    code takes is bounded by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    start, work_before, wait_before, turns_before = monotonic(), process_time(), _waited(), candidate.time.turns

    def look(*_: Any) -> None:
        work, wait = process_time() - work_before, _waited()
        own = monotonic() - start - (candidate.time.turns - turns_before)
        known = wait is not None and wait_before is not None
        sleep = own - work - (wait - wait_before) if known else own / 5  # type: ignore[operator]
        if max(work, sleep) >= seconds:
            raise Fault("timeout", f"kept the test from ending in {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, seconds, max(0.05, seconds / 10))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _waited() -> float | None:
    """Return how many seconds this process's first thread has waited for a core; None where Linux does not count."""
    try:
        return waited_by(os.pread(_of_this_process("schedstat", os.getpid()), 100, 0))
    except OSError:
        return None


@lru_cache(8)  # to open one takes as long as ten tests need to read it
def _of_this_process(name: str, pid: int) -> int:
    return os.open(f"/proc/self/{name}", os.O_RDONLY)


@contextlib.contextmanager
def _memory_limit() -> Iterator[None]:
    """Let a test run out of memory by itself, and not the machine."""
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(os.pread(_of_this_process("statm", os.getpid()), 100, 0).split()[0])
    limit = pages * resource.getpagesize() + _MEMORY
    for bound in (before, most):
        limit = limit if bound == resource.RLIM_INFINITY else min(limit, bound)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
