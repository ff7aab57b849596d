"""A course: its folder, nbgrader's configuration of it, and its gradebook."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets import default

from sealgrade.blueprint import Blueprint, read_blueprint
from sealgrade.errors import CourseError
from sealgrade.plain import PlainFormatter
from sealgrade.settings import SealgradeCourse
from sealgrade.timestamps import read_timestamp

CONFIG_NAME = "nbgrader_config.py"
LOG_NAME = ".nbgrader.log"


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


class TolerantCourseDirectory(CourseDirectory):  # type: ignore[misc]
    """nbgrader's, but a timestamp that cannot be read is no reason not to grade."""

    is_private = False  # whether the submissions are private copies (see `intake`)

    def get_existing_timestamp(self, dest_path: str) -> datetime | None:
        """Return when the work in a folder was handed in, None where that is not known."""
        return read_timestamp(Path(dest_path))


class Errors(logging.Handler):
    """nbgrader's exceptions do not say what happened; what it logs before them does."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Collect one message."""
        self.messages.append(record.getMessage().strip())

    @property
    def text(self) -> str:
        """All that was logged."""
        return "\n".join(self.messages)

    @property
    def cause(self) -> str:
        """The exception at the end of the first traceback, or else the first message."""
        tracebacks = [message for message in self.messages if message.startswith("Traceback")]
        if tracebacks:
            return tracebacks[0].splitlines()[-1]
        return self.messages[0] if self.messages else "no reason given"


class _App(NbGrader):  # type: ignore[misc]
    """Loads the course's configuration as nbgrader's commands do, from the course's folder only."""

    name = "sealgrade"
    load_cwd_config = False
    raise_config_file_errors = True

    @default("log")
    def _log_of_its_own(self) -> logging.Logger:
        # Nothing of nbgrader's chatter belongs on the terminal; the course gives this logger its file.
        return logging.Logger("sealgrade", logging.INFO)

    def _configure_logging(self) -> None:
        """Keep traitlets from adding a handler that writes to the terminal."""

    def migrate_config(self) -> None:
        """Leave the user's folders alone."""


class Course:
    """One course on disk.

    Args:
        root: the folder with `nbgrader_config.py`.

    Raises:
        CourseError: if the configuration cannot be loaded.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        _make_tools_found()
        self.app = _App()
        handler = logging.FileHandler(self.log_path, delay=True)
        handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(message)s"))
        self.app.log.addHandler(handler)
        try:
            self.app.initialize([], root=str(self.root))
        except (Exception, SystemExit) as error:
            self.close()
            raise CourseError(f"{self.root / CONFIG_NAME} cannot be loaded: {error!r}. Correct it.") from error
        self.settings = SealgradeCourse(parent=self.app)

    def close(self) -> None:
        """Close the log."""
        for handler in list(self.app.log.handlers):
            self.app.log.removeHandler(handler)
            handler.close()

    @property
    def log_path(self) -> Path:
        """Where what nbgrader has to say is written."""
        return self.root / LOG_NAME

    @contextmanager
    def collecting_errors(self) -> Iterator["Errors"]:
        """Collect what nbgrader logs as errors."""
        errors = Errors()
        self.app.log.addHandler(errors)
        try:
            yield errors
        finally:
            self.app.log.removeHandler(errors)

    def coursedir(self, assignment: str, student: str = "*") -> TolerantCourseDirectory:
        """Return nbgrader's CourseDirectory for one assignment and, if named, one student."""
        found = TolerantCourseDirectory(parent=self.app, root=str(self.root))
        found.assignment_id, found.student_id = assignment, student
        return found

    def folder(self, step: str, assignment: str = "", student: str = ".") -> Path:
        """Return a folder of the course.

        Args:
            step: "source", "release", "submitted", "autograded", "feedback" or "solution".
            assignment: the assignment; without one, the step's own folder.
            student: the student, for the steps that have one.
        """
        directory = getattr(self.app.coursedir, f"{step}_directory")
        if not assignment:
            return Path(os.path.normpath(self.root / directory))
        return Path(os.path.normpath(self.app.coursedir.format_path(directory, student, assignment)))

    def files_of_students(self, assignment: str) -> list[str]:
        """Return the files beside the notebooks that students are to hand in, by nbgrader's `exclude_overwriting`."""
        return list(Autograde(parent=self.app).exclude_overwriting.get(assignment, []))

    def gradebook(self) -> Any:
        """Open the gradebook; use it in a `with`."""
        return Gradebook(self.app.coursedir.db_url, self.app.coursedir.course_id)

    @property
    def gradebook_path(self) -> Path:
        """Where the gradebook is, for messages to the user."""
        return Path(self.app.coursedir.db_url.removeprefix("sqlite:///"))

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


def _make_tools_found() -> None:
    """nbgrader calls `alembic` by name: let it be found where the environment is not activated."""
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = tools + os.pathsep + os.environ.get("PATH", "")
