"""The time that a cell may take: seconds of work, and of sleep, but not of waiting for a busy machine.

Theory of operation. What counts is CPU time: it is the same on an idle machine and beside fifty other processes. Code
that sleeps for ever uses none, so work and sleep together may come to twice as many seconds. Who sleeps of its own will
is neither on a core nor waiting for one, and Linux keeps count of both (of the second for each thread, in `schedstat`).
So what is left when both are taken from the time by the clock is sleep; where threads share the work too little is
left, which harms nobody. Where Linux does not keep count, a fifth of the time by the clock stands for work and sleep.

The clock runs only while it is the student's turn: what the examiner takes to answer is not charged.
"""

import contextlib
import os
import time
from pathlib import Path
from time import monotonic

SLEEP_FACTOR = 2.0  # seconds of work and sleep for each second of work
_BY_THE_CLOCK = 5.0  # ... and seconds by the clock for each of these, where nobody knows how much of it is sleep
_SHORTEST_LOOK = 0.05


def waited(tasks: int | None) -> float | None:
    """Return how many seconds the threads of a process have waited for a core, all together.

    Args:
        tasks: a descriptor of a folder as `/proc/PID/task`.

    Returns:
        None where Linux does not keep count.
    """
    if tasks is None:
        return None
    total = None
    with contextlib.suppress(OSError):  # the process, or a thread, has ended
        for thread in os.listdir(tasks):  # noqa: PTH208 - of a descriptor, which no path has
            descriptor = os.open(f"{thread}/schedstat", os.O_RDONLY, dir_fd=tasks)
            try:
                seconds = waited_by(os.read(descriptor, 100))
            finally:
                os.close(descriptor)
            total = total if seconds is None else seconds + (total or 0.0)
    return total


def waited_by(schedstat: bytes) -> float | None:
    """Return how many seconds a thread has waited for a core, by its `schedstat`; None where Linux does not count."""
    _, delay, times = schedstat.split()
    return None if times == b"0" else int(delay) / 1e9


class Allowance:
    """The time of one process, seen from another.

    Args:
        pid: its number.
    """

    def __init__(self, pid: int) -> None:
        self._clock = (~pid) << 3 | 2  # Linux makes the number of a process's CPU clock from that of the process
        self._tasks: int | None = None
        with contextlib.suppress(OSError):
            self._tasks = os.open(f"/proc/{pid}/task", os.O_RDONLY | os.O_DIRECTORY)
        self._since: float | None = None  # when its turn began, if it has the turn
        self.start(3600)

    def start(self, seconds: float) -> None:
        """Allow seconds of work from now on."""
        self.seconds = seconds
        self._work_before, self._wait_before, self._turns = self._work(), waited(self._tasks), 0.0

    def _work(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # it has ended; what follows will say so
            return 0.0

    def begin_turn(self) -> None:
        """Let its time run."""
        self._since = monotonic()

    def end_turn(self) -> None:
        """Let its time run no longer."""
        if self._since is not None:
            self._turns += monotonic() - self._since
        self._since = None

    @property
    def turns(self) -> float:
        """Seconds by the clock in which it had the turn."""
        return self._turns + (monotonic() - self._since if self._since is not None else 0.0)

    def spent(self) -> tuple[float, float]:
        """Return the seconds of work, and of sleep."""
        work, wait, turns = self._work() - self._work_before, waited(self._tasks), self.turns
        if wait is None or self._wait_before is None:
            return work, max(0.0, turns / _BY_THE_CLOCK - work)
        return work, max(0.0, turns - work - max(0.0, wait - self._wait_before))

    def left(self) -> float:
        """Return how many seconds it has at least, before it has used up what it may."""
        work, sleep = self.spent()
        return min(self.seconds - work, SLEEP_FACTOR * self.seconds - work - sleep)

    def next_look(self) -> float:
        """Return when it can have used up its time, at the earliest."""
        return monotonic() + max(_SHORTEST_LOOK, self.left())

    def close(self) -> None:
        """Let go of the process."""
        if self._tasks is not None:
            os.close(self._tasks)
        self._tasks = None


def host_pid(pidfd: int) -> int:
    """Return the number that a process has here; in the namespace of the zygote it has another."""
    text = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pid:"))
