"""The gradebook itself, by SQLAlchemy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from sealgrade.errors import CourseError
from sealgrade.gradebook import tables as t
from sealgrade.gradebook.reading import read_assignment, read_submissions
from sealgrade.gradebook.values import Assignment, Penalty, Record, Submission
from sealgrade.gradebook.writing import Batch

_TRIES = 3
_WAIT = 120  # seconds for another process, formgrader's for example, to finish writing


class Gradebook:
    """The gradebook at an address.

    Args:
        url: as SQLAlchemy takes it.
    """

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite")
        self._engine = create_engine(url, connect_args={"timeout": _WAIT} if sqlite else {})
        if sqlite:
            # Python's module begins a transaction too late: what was read before the first change may have changed.
            event.listen(self._engine, "connect", _leave_transactions_to_us)
            event.listen(self._engine, "begin", _begin_to_write)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def assignment(self, name: str) -> Assignment | None:
        """Return what there is on an assignment, None if it is not known.

        Raises:
            CourseError: the gradebook cannot be read.
        """
        file = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and file and not Path(file).exists():
            return None  # to look would make one
        try:
            with self._reading() as c:
                return read_assignment(c, name)
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return None
            raise CourseError(f"The gradebook {self._engine.url!r} cannot be read: {error.orig}.") from error

    def set_due(self, assignment: Assignment, due: datetime) -> None:
        """Change when an assignment is due."""
        with self._engine.begin() as c:
            c.execute(update(t.assignment).where(t.assignment.c.id == assignment.id).values(duedate=due))

    def submissions(self, assignment: Assignment, students: Sequence[str] | None = None) -> dict[str, Submission]:
        """Return what there is of an assignment, by student.

        Args:
            assignment: the assignment.
            students: whose; of everybody, if not given.
        """
        with self._reading() as c:
            return read_submissions(c, assignment, students)

    def write(self, assignment: Assignment, records: Sequence[Record], penalty: Penalty | None = None) -> None:
        """Write what was found out of some students, in one transaction.

        Args:
            assignment: the assignment.
            records: one for each student.
            penalty: takes a student, the score of a notebook and the seconds that it is late, and returns the points
                that this costs.

        Raises:
            CourseError: the assignment has been released anew since it was read.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self._engine.begin() as c:
                    if read_assignment(c, assignment.name) != assignment:
                        raise CourseError(f"{assignment.name} was released anew meanwhile. Run this again.")
                    Batch(c, assignment, records).write(penalty)
                return
            except (IntegrityError, OperationalError) as error:  # formgrader, say, made the same rows at that moment
                if not left:
                    raise CourseError(f"The gradebook {self._engine.url!r} cannot be written: {error.orig}.") from error


def _leave_transactions_to_us(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _begin_to_write(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
