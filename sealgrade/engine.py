"""The engine's settings, and what every way into it shares: `sealgrade grade`, `nbgrader autograde`, formgrader."""

import atexit
import os
import threading
from dataclasses import dataclass, fields, replace
from typing import Any

from traitlets import Bool, HasTraits, Integer
from traitlets.config import Config, Configurable

from sealgrade.candidate.plan import Plan, default_plan
from sealgrade.errors import CourseError
from sealgrade.examiner.zygote import Zygote, start
from sealgrade.settings import read

_zygotes: dict[tuple[Plan, tuple[str, ...], bool], Zygote] = {}
_lock = threading.Lock()


class EngineTraits(HasTraits):
    """What can be set as `c.ExecuteSealed.NAME`, beside nbgrader's `c.Execute.timeout`."""

    sealed = Bool(
        True, help="Whether test cells run outside of the student's process; if not, they can be tampered with."
    ).tag(config=True)
    trust_submissions = Bool(
        False, help="Whether to run submissions on a machine that cannot confine them: they can do what you can."
    ).tag(config=True)
    clean_outputs = Bool(
        True,
        help="Whether cells behind a hidden test are run once more without it, and that is shown: else a student's "
        "code can print what the hidden test has handed in.",
    ).tag(config=True)
    hurried_timeout = Integer(
        20, help="Seconds for each cell once two cells of a notebook have run out of time: all call the same loop."
    ).tag(config=True)
    patience = Integer(5, help="Seconds that an interrupted cell has to stop.").tag(config=True)
    max_restarts = Integer(30, help="How many fresh processes one notebook may cost.").tag(config=True)
    memory = Integer(4096, help="MiB of address space for a student's process.").tag(config=True)
    scratch = Integer(64, help="MiB of files that a student's code can write.").tag(config=True)
    files = Integer(2000, help="How many files a student's code can write.").tag(config=True)
    threads = Integer(64, help="How many threads a student's process may have; other processes it has none.").tag(
        config=True
    )
    output = Integer(100_000, help="Characters that a cell may print; what comes after is left out.").tag(config=True)


# traitlets finds a section of the configuration by the name of the class: these stand for nbgrader's `Execute` and for
# our class of that name that nbgrader loads, where nbgrader is not loaded.
class Execute(Configurable):
    """What can be set as `c.Execute.NAME`."""

    timeout = Integer(30, allow_none=True, help="Seconds of CPU time for a cell.").tag(config=True)


class ExecuteSealed(EngineTraits, Execute):
    """The engine's settings as the configuration has them."""


@dataclass(frozen=True)
class EngineSettings:
    """The settings for one assignment, as plain data; see `EngineTraits` for what each means.

    Beside them there is what only `check` asks for: that figures are not drawn where no test could tell, and the
    notebook that comes of it is not returned (`draws`), that a notebook is not run further than to its first failed
    test (`stops_at_failure`), and that some test cells are not run, since what comes of them is known (`left_out`).
    """

    timeout: int | None
    sealed: bool
    trust_submissions: bool
    clean_outputs: bool
    hurried_timeout: int
    patience: int
    max_restarts: int
    memory: int
    scratch: int
    files: int
    threads: int
    output: int
    draws: bool = True
    stops_at_failure: bool = False
    left_out: tuple[str, ...] = ()

    def plan(self, slot: int = 0) -> Plan:
        """Return how a student's process is confined.

        Args:
            slot: which of the zygotes that run at the same time.
        """
        size = self.scratch * 2**20
        return replace(
            default_plan(slot),
            memory_bytes=self.memory * 2**20,
            scratch_bytes=size,
            file_bytes=size,
            scratch_files=self.files,
            threads=self.threads,
            output=self.output,
            # Of a whole notebook. Each cell has its own time, which the examiner sees to.
            cpu_seconds=3600 + 60 * (self.timeout or 3600),
        )


_OF_CHECK = ("draws", "stops_at_failure", "left_out")
NAMES = tuple(field.name for field in fields(EngineSettings) if field.name not in _OF_CHECK)


def settings_for(traits: Any, assignment: str, limits: dict[str, dict[str, Any]]) -> EngineSettings:
    """Return the settings for an assignment.

    Args:
        traits: has a trait for each setting.
        assignment: the assignment.
        limits: `c.SealgradeCourse.limits`, which goes before.

    Raises:
        CourseError: a limit has an unknown name, or is not of the kind that it must be.
    """
    own = limits.get(assignment, {})
    if unknown := sorted(set(own) - set(NAMES)):
        raise CourseError(
            f"c.SealgradeCourse.limits[{assignment!r}] has {unknown[0]!r}, which is no limit. These are: "
            f"{', '.join(NAMES)}."
        )
    checked = ExecuteSealed()
    for name in NAMES:
        try:
            setattr(checked, name, own.get(name, getattr(traits, name)))
        except Exception as error:  # traitlets' own says which kind is wanted
            raise CourseError(f"c.SealgradeCourse.limits[{assignment!r}][{name!r}]: {error}") from error
    return EngineSettings(**{name: getattr(checked, name) for name in NAMES})


def configured(config: Config, assignment: str, limits: dict[str, dict[str, Any]]) -> EngineSettings:
    """Return the settings for an assignment that a configuration has; raises as `settings_for` does."""
    return settings_for(read(ExecuteSealed, config), assignment, limits)


def zygote_for(plan: Plan, forbidden: tuple[str, ...], trusted: bool = False) -> Zygote:
    """Return the running zygote for a plan, started if need be; it ends with this process.

    Args:
        plan: how candidates are confined.
        forbidden: packages that they must not be able to import.
        trusted: whether to go on where the machine cannot confine them.

    Raises:
        ConfinementUnavailable: the plan cannot be carried out here.
    """
    with _lock:
        key = plan, forbidden, trusted
        if key not in _zygotes or not _zygotes[key].is_alive:
            _zygotes[key] = start(plan, forbidden, trusted)
            atexit.register(_zygotes[key].close)
        return _zygotes[key]


# Instructors' cells that draw may run in this process, where there is no window.
os.environ.setdefault("MPLBACKEND", "Agg")
