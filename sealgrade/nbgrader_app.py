"""nbgrader itself, set up for a course: what its converters and its API need. To import it takes seconds."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets import default

from sealgrade.course import CONFIG_NAME, Course
from sealgrade.errors import CourseError
from sealgrade.timestamps import read_timestamp


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
    course: Course

    @default("log")
    def _log_of_the_course(self) -> logging.Logger:
        # Nothing of nbgrader's chatter belongs on the terminal.
        return self.course.log

    def _configure_logging(self) -> None:
        """Keep traitlets from adding a handler that writes to the terminal."""

    def migrate_config(self) -> None:
        """Leave the user's folders alone."""


class NbgraderApp:
    """nbgrader's application object for one course.

    Args:
        course: the course.

    Raises:
        CourseError: if nbgrader cannot load the course's configuration.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self.app = type("_CourseApp", (_App,), {"course": course})()
        try:
            self.app.initialize([], root=str(course.root))
        except (Exception, SystemExit) as error:
            raise CourseError(f"{course.root / CONFIG_NAME} cannot be loaded: {error!r}. Correct it.") from error

    @contextmanager
    def collecting_errors(self) -> Iterator[Errors]:
        """Collect what nbgrader logs as errors."""
        errors = Errors()
        self.app.log.addHandler(errors)
        try:
            yield errors
        finally:
            self.app.log.removeHandler(errors)

    def coursedir(self, assignment: str, student: str = "*") -> TolerantCourseDirectory:
        """Return nbgrader's CourseDirectory for one assignment and, if named, one student."""
        found = TolerantCourseDirectory(parent=self.app, root=str(self.course.root))
        found.assignment_id, found.student_id = assignment, student
        return found

    def gradebook(self) -> Any:
        """Open the gradebook with nbgrader's API; use it in a `with`."""
        return Gradebook(self.app.coursedir.db_url, self.app.coursedir.course_id)
