"""Where nbgrader's `Execute` stands in the list of preprocessors: the sealed engine, one zygote for a whole run."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import atexit
import copy
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer

from sealgrade.candidate.plan import Plan, default_plan
from sealgrade.errors import CourseError
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import Limits, NotebookRun
from sealgrade.examiner.zygote import Zygote, start

_zygotes: dict[tuple[Plan, tuple[str, ...], bool], Zygote] = {}
_lock = threading.Lock()
# Instructors' cells that draw may run here, where there is no window.
os.environ.setdefault("MPLBACKEND", "Agg")


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


class ExecuteSealed(Execute):  # type: ignore[misc]
    """Runs a submission: the student's cells confined, the tests here.

    `c.Execute.timeout`, in seconds for a cell, is nbgrader's own setting.
    """

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

    def preprocess(self, nb: NotebookNode, resources: Any = None) -> tuple[NotebookNode, dict[str, Any]]:
        """Run all code cells."""
        resources = {} if resources is None else resources
        released, files, folder, packages = self._course(nb, resources)
        zygote = self.zygote(packages)
        nb.metadata.setdefault("sealgrade", NotebookNode())["tier"] = zygote.tier
        NotebookRun(
            nb,
            released,
            lambda hear: Candidate(zygote, hear, self.patience),
            files,
            self._solutions(resources),
            folder,
            Limits(self.timeout or 1e6, self.hurried_timeout, self.patience, self.max_restarts),
            self.sealed,
            self.clean_outputs,
        ).run()
        return nb, resources

    def zygote(self, packages: tuple[str, ...]) -> Zygote:
        """Return the running zygote for these settings.

        Raises:
            ConfinementUnavailable: this machine cannot confine a student's code.
        """
        size = self.scratch * 2**20
        plan = replace(
            default_plan(),
            memory_bytes=self.memory * 2**20,
            scratch_bytes=size,
            file_bytes=size,
            # Of a whole notebook. Each cell has its own time, which the examiner sees to.
            cpu_seconds=3600 + 60 * (self.timeout or 3600),
        )
        return zygote_for(plan, packages, self.trust_submissions)

    def _coursedir(self, resources: dict[str, Any]) -> Any:
        if "nbgrader" not in resources:
            return None
        owners: tuple[Any, ...] = (getattr(self.parent, "parent", None), self.parent)
        return next((owner.coursedir for owner in owners if getattr(owner, "coursedir", None)), None)

    def _solutions(self, resources: dict[str, Any]) -> list[NotebookNode]:
        """The cells of the instructor's notebook, if it is on this machine."""
        coursedir, names = self._coursedir(resources), resources.get("nbgrader", {})
        if coursedir is None:
            return []
        folder = Path(coursedir.format_path(coursedir.source_directory, ".", names["assignment"]))
        path = folder / f"{names['notebook']}.ipynb"
        return list(nbformat.read(path, as_version=4).cells) if path.exists() else []

    def _course(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[Any, ...]:
        """What was released, the files that came with it, their folder, and the course's own packages."""
        coursedir = self._coursedir(resources)
        if coursedir is None:
            return nb, {}, None, ()
        names = resources["nbgrader"]
        folder = Path(coursedir.format_path(coursedir.release_directory, ".", names["assignment"]))
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".ipynb" and not _is_hidden(path.relative_to(folder))
        }
        return released_notebook(coursedir, names), files, folder, course_packages(Path(coursedir.root))


def course_packages(root: Path) -> tuple[str, ...]:
    """Return the names of the course's own packages, which students' code must not be able to import."""
    names = (path.parent.name for path in sorted(root.glob("*/__init__.py")))
    return tuple(name for name in names if name not in ("sealgrade", "tests", "benchmarks"))


def released_notebook(coursedir: Any, names: dict[str, str]) -> NotebookNode:
    """Return the notebook that the students received.

    Args:
        coursedir: nbgrader's CourseDirectory.
        names: the `assignment` and the `notebook`.

    Raises:
        CourseError: if it is not there.
    """
    folder = Path(coursedir.format_path(coursedir.release_directory, ".", names["assignment"]))
    path = folder / f"{names['notebook']}.ipynb"
    if not path.exists():
        raise CourseError(f"{path} does not exist. Run `sealgrade release {names['assignment']}` first.")
    return copy.deepcopy(nbformat.read(path, as_version=4))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
