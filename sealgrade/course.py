"""A course: its folders, and what its `nbgrader_config.py` says. nbgrader itself is not loaded (see `nbgrader_app`)."""

import logging
import os
import re
import sys
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from traitlets import Bool, Dict, Integer, List, Unicode, default
from traitlets.config import Application, Config, Configurable

from sealgrade.blueprint import Blueprint, read_blueprint
from sealgrade.errors import CourseError
from sealgrade.files import files_of
from sealgrade.plain import PlainFormatter
from sealgrade.settings import SealgradeCourse, read

if TYPE_CHECKING:
    from sealgrade.nbgrader_app import NbgraderApp

CONFIG_NAME = "nbgrader_config.py"
LOG_NAME = ".nbgrader.log"
STEPS = ("source", "release", "submitted", "autograded", "feedback", "solution")


def find_root(start: Path) -> Path:
    """Return the folder of the course that `start` is in: the nearest one with a configuration.

    Raises:
        CourseError: if there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise CourseError(f"No {CONFIG_NAME} in {start} or above it. Go to the course's folder, or name it with --course.")


# traitlets finds a section of the configuration by the name of the class: these two are nbgrader's, as far as grading
# needs them, with nbgrader's defaults (a test compares them).
class CourseDirectory(Configurable):
    """Where things are."""

    root = Unicode("").tag(config=True)
    course_id = Unicode("").tag(config=True)
    directory_structure = Unicode("{nbgrader_step}/{student_id}/{assignment_id}").tag(config=True)
    source_directory = Unicode("source").tag(config=True)
    release_directory = Unicode("release").tag(config=True)
    submitted_directory = Unicode("submitted").tag(config=True)
    autograded_directory = Unicode("autograded").tag(config=True)
    feedback_directory = Unicode("feedback").tag(config=True)
    solution_directory = Unicode("solution").tag(config=True)
    groupshared = Bool(False).tag(config=True)
    student_id_exclude = Unicode("").tag(config=True)
    ignore = List([".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback"]).tag(config=True)
    db_url = Unicode("").tag(config=True)

    @default("db_url")
    def _beside_the_configuration(self) -> str:
        return f"sqlite:///{Path(self.root).absolute() / 'gradebook.db'}"


class Autograde(Configurable):
    """What is handed in beside notebooks, and the form of what is written."""

    exclude_overwriting = Dict({}).tag(config=True)
    permissions = Integer(0, help="In octal digits; 0 stands for what nbgrader takes by itself.").tag(config=True)


class _Loader(Application):
    """Loads a configuration file as nbgrader's commands do."""

    name = "sealgrade"
    raise_config_file_errors = True


class Course:
    """One course on disk.

    Attributes:
        root: the folder with `nbgrader_config.py`.
        config: what that file says.
        directories: where things are.
        log: goes into a file of the course's, never to the terminal.

    Args:
        root: that folder.

    Raises:
        CourseError: if the configuration cannot be loaded.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        _make_tools_found()
        # Not one of logging's own: two courses in one process have two files.
        self.log = logging.Logger("sealgrade", logging.INFO)
        handler = logging.FileHandler(self.log_path, delay=True)
        handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(message)s"))
        self.log.addHandler(handler)
        loader = _Loader(log=self.log)
        try:
            loader.load_config_file(CONFIG_NAME, path=str(self.root))
            self.config: Config = loader.config
            self.settings = read(SealgradeCourse, self.config)
            self.directories = read(CourseDirectory, self.config)
            self.directories.root = str(self.root)
        except (Exception, SystemExit) as error:
            self.close()
            raise CourseError(f"{self.root / CONFIG_NAME} cannot be loaded: {error!r}. Correct it.") from error

    def close(self) -> None:
        """Close the log."""
        for handler in list(self.log.handlers):
            self.log.removeHandler(handler)
            handler.close()

    @cached_property
    def nbgrader(self) -> "NbgraderApp":
        """nbgrader's application object for this course; to load nbgrader takes seconds."""
        from sealgrade.nbgrader_app import NbgraderApp

        return NbgraderApp(self)

    @property
    def log_path(self) -> Path:
        """Where what there is to say beside the results is written."""
        return self.root / LOG_NAME

    def folder(self, step: str, assignment: str = "", student: str = ".") -> Path:
        """Return a folder of the course.

        Args:
            step: "source", "release", "submitted", "autograded", "feedback" or "solution".
            assignment: the assignment; without one, the step's own folder.
            student: the student, for the steps that have one.
        """
        directory = getattr(self.directories, f"{step}_directory")
        if not assignment:
            return Path(os.path.normpath(self.root / directory))
        inner = self.directories.directory_structure.format(
            nbgrader_step=directory, student_id=student, assignment_id=assignment
        )
        return Path(os.path.normpath(self.root / inner))

    def files_of_students(self, assignment: str) -> list[str]:
        """Return the files beside the notebooks that students are to hand in, by nbgrader's `exclude_overwriting`."""
        return list(read(Autograde, self.config).exclude_overwriting.get(assignment, []))

    def packages(self) -> tuple[str, ...]:
        """Return the names of the course's own packages, which tests import and students' code must not."""
        return course_packages(self.root)

    def modules(self) -> dict[str, bytes]:
        """Return the files of the course's packages, and modules that stand in its folder: tests import from them."""
        steps = {self.folder(step) for step in STEPS}
        found = {path.name: path.read_bytes() for path in sorted(self.root.glob("*.py")) if path.name != CONFIG_NAME}
        for package in self.packages():
            if self.root / package not in steps:
                inner = files_of(self.root / package, lambda path: "__pycache__" not in path.parts)
                found |= {f"{package}/{name}": content for name, content in inner.items()}
        return found

    @property
    def gradebook_path(self) -> Path:
        """Where the gradebook is, for messages to the user: a file, or an address without its password."""
        url = re.sub(r"(?<=://)([^:/@]*):[^@/]*(?=@)", r"\1:***", self.directories.db_url)
        return Path(url.removeprefix("sqlite:///"))

    def blueprint(self, assignment: str, step: str = "release") -> Blueprint:
        """Read what the assignment's released notebooks say, or the instructor's (`step="source"`)."""
        folder = self.folder(step, assignment)
        if not folder.is_dir():
            known = ", ".join(sorted(p.name for p in folder.parent.glob("*") if p.is_dir())) or "none"
            hint = "" if step == "source" else f" Run `sealgrade release {assignment}` first."
            raise CourseError(f"There is no folder {folder} (there: {known}).{hint}")
        return read_blueprint(folder)

    def due(self, assignment: str) -> datetime | None:
        """Return when an assignment is due by the configuration, as naive UTC, the way nbgrader keeps it.

        Raises:
            CourseError: if the configured date is not one.
        """
        text = self.settings.due_dates.get(assignment)
        if text is None:
            return None
        try:
            day, time, zone = text.split()
            local = datetime.fromisoformat(f"{day} {time}").replace(tzinfo=ZoneInfo(zone))
        except (ValueError, ZoneInfoNotFoundError) as error:
            raise CourseError(
                f"The due date of {assignment} in {self.root / CONFIG_NAME}, {text!r}, cannot be read. "
                "Write it as '2024-05-02 23:59:59 Europe/Berlin'."
            ) from error
        return local.astimezone(UTC).replace(tzinfo=None)


def course_packages(root: Path) -> tuple[str, ...]:
    """Return the names of the packages in a course's folder, which tests import and students' code must not."""
    names = (path.parent.name for path in sorted(root.glob("*/__init__.py")))
    return tuple(name for name in names if name not in ("sealgrade", "tests", "benchmarks"))


def _make_tools_found() -> None:
    """nbgrader calls `alembic` by name: let it be found where the environment is not activated."""
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = tools + os.pathsep + os.environ.get("PATH", "")
