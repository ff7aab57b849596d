"""Calls spread over an executor, each of which ends in a result, whatever happens to the process that it runs in.

Theory of operation. Any `concurrent.futures.Executor` will do. With our own, of processes of this machine, a process
that ends (a test crashed Python, the system killed it) breaks the executor, and nobody can say which of the calls under
way was to blame. So a new executor is made and those calls are made again one at a time: who breaks that one is to
blame, and the others lose nothing. Only so many calls are handed out as keep all processes busy, so that memory does
not grow with the class and little is lost when the run is stopped.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, forkserver, resource_tracker, util
from typing import Any, TypeVar

from sealgrade.errors import SealgradeError
from sealgrade.examiner import process

_AHEAD = 2  # calls that wait for each process
_POLL = 0.5  # seconds after which an interrupt is noticed at the latest
_PR_SET_PDEATHSIG = 1
_LONGEST_FOLDER = 70  # bytes; multiprocessing names a socket in a folder of its own in it, and a socket's name has 107
_BROKEN = (
    "The executor that was given has broken: a process of it ended. What was finished is kept. "
    "Without an executor of your own, only the notebook that ends its process fails."
)
# The seed of Python's hashes decides the order of sets, and so what a message says; and what lies in the folder that
# somebody happens to be in is not to be taken for sealgrade.
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Key = Hashable
Result = TypeVar("Result")


class WorkerDied(RuntimeError):  # noqa: N818 - what became of a call, not a mistake of the caller's
    """The process that made the call ended before it returned."""


class ExecutorBroken(SealgradeError):  # noqa: N818 - as above
    """The executor that was given makes no more calls."""


class Workers:
    """Makes calls.

    Args:
        jobs: how many at the same time.
        executor: what makes them; processes of this machine, if not given. It is not shut down.
        warm_up: a call that each of our own processes makes first; what it raises is left for later calls to raise.
    """

    def __init__(self, jobs: int, executor: Executor | None = None, warm_up: Callable[[], Any] | None = None) -> None:
        self._jobs, self._given, self._warm_up = jobs, executor, warm_up
        self._own: ProcessPoolExecutor | None = None
        self._waiting: deque[tuple[Key, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._running: dict[Future[Any], tuple[Key, Callable[..., Any], tuple[Any, ...]]] = {}

    def submit(self, key: Key, call: Callable[..., Any], *arguments: Any) -> None:
        """Have a call made.

        Args:
            key: comes back with the result.
            call: a function of a module's; it and its arguments and result go to another process and back.
            *arguments: of the call.
        """
        self._waiting.append((key, call, arguments))
        self._hand_out()

    def begin(self, call: Callable[..., Result], *arguments: Any) -> Callable[[], Result]:
        """Have a call made beside the others; return what waits for its result, or for the exception that it raised.

        One of our own processes makes it. Where an executor was given, which may not have what it takes, this one does.
        """
        if self._given is not None:
            made = call(*arguments)
            return lambda: made
        future = self._executor(self._jobs).submit(call, *arguments)

        def result() -> Result:
            try:
                return future.result()
            except (BrokenProcessPool, CancelledError):  # whichever call was to blame
                return call(*arguments)

        return result

    @property
    def has_room(self) -> bool:
        """Whether another call would be under way soon."""
        return len(self._running) + len(self._waiting) < self._jobs * (1 + _AHEAD)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._running and not self._waiting

    def results(self) -> Iterator[tuple[Key, Any]]:
        """Wait a moment for results.

        Returns:
            Keys, each with what its call returned or, as a value, the exception that it raised.
        """
        done, _ = wait(self._running, timeout=_POLL, return_when=FIRST_COMPLETED)
        broken = False
        for future in done:
            if isinstance(future.exception(), BrokenProcessPool):
                broken = True
                continue
            key, _, _ = self._running.pop(future)
            yield key, future.exception() or future.result()
        if broken:
            yield from self._find_out_who()
        self._hand_out()

    def _find_out_who(self) -> Iterator[tuple[Key, Any]]:
        """Make the calls that were under way again, one at a time."""
        if self._given is not None:
            raise ExecutorBroken(_BROKEN)
        suspects, self._running = list(self._running.items()), {}
        self._end_own()
        for future, (key, call, arguments) in suspects:
            if future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool):
                yield key, future.exception() or future.result()
                continue
            try:
                yield key, self._executor(1).submit(call, *arguments).result()
            except BrokenProcessPool:
                yield key, WorkerDied("The process that graded it ended. It may have run out of memory.")
                self._end_own()
            except Exception as error:
                yield key, error
        self._end_own()

    def _hand_out(self) -> None:
        while self._waiting and len(self._running) < self._jobs * _AHEAD:
            key, call, arguments = self._waiting.popleft()
            try:
                future = self._executor(self._jobs).submit(call, *arguments)
            except BrokenProcessPool as error:  # `results` will see why, by those under way
                if self._given is not None:
                    raise ExecutorBroken(_BROKEN) from error
                self._waiting.appendleft((key, call, arguments))
                if not self._running:
                    self._end_own()
                    continue
                return
            self._running[future] = key, call, arguments

    def _executor(self, jobs: int) -> Executor:
        if self._given is not None:
            return self._given
        if self._own is None:
            start()
            context = multiprocessing.get_context("forkserver")
            self._own = ProcessPoolExecutor(jobs, context, _begin, (self._warm_up, process.box()))
        return self._own

    def _end_own(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            processes = list((own._processes or {}).values())
            own.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
            for process in processes:
                process.join()

    def close(self) -> None:
        """End our own processes at once, whatever they are at."""
        for future in self._running:
            future.cancel()
        self._running.clear()
        self._waiting.clear()
        self._end_own()


def start(pages: bool = False) -> None:
    """Start the process that our own processes are forked from: it can load what they need while we do other things.

    Not this process: a copy of it would hold its locks and its connections.

    Args:
        pages: whether they make pages, too.
    """
    _name_a_folder_for_sockets()
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    resource_tracker.ensure_running()  # of multiprocessing's own, which would unblock what is blocked here
    # Ctrl-C while it loads is not for it either, nor for what it forks; those unblock it when they ignore it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.set_forkserver_preload(["sealgrade.loaded", *["sealgrade.loaded_pages"] * pages])
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _name_a_folder_for_sockets() -> None:
    """Let multiprocessing choose its folder where a socket's name is not too long (a cluster's TMPDIR can be)."""
    chosen = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"
    util.get_temp_dir()
    tempfile.tempdir = chosen


def _begin(warm_up: Callable[[], Any] | None, zygotes: socket.socket | None) -> None:
    """Set up one of our own processes."""
    process.use_box(zygotes)
    # Ctrl-C is for the process that we work for, and without it there is nothing left to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if warm_up is not None:
        with contextlib.suppress(Exception):  # the first call will say so
            warm_up()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
