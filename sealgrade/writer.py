"""The one writer: what was found out, into `autograded/`, the gradebook and the records, some students at a time.

Theory of operation. For each batch: first the records of its students are emptied, then the notebooks are written, then
the gradebook in one transaction, then the records, with the fingerprints of what was graded. Whenever the process is
killed, what has a fingerprint is complete, and what has none is graded again and comes out the same.
"""

import shutil
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealgrade.course import Autograde, Course
from sealgrade.files import files_of, write_whole
from sealgrade.gradebook import FAILED, MISSING, Assignment, Gradebook, NotebookScores, Penalty, Record
from sealgrade.graded import Graded
from sealgrade.intake import HandIn
from sealgrade.notes import Note
from sealgrade.settings import read
from sealgrade.snapshot import TIMESTAMP
from sealgrade.state import State


@dataclass
class Outcome:
    """What came of one student's hand-in.

    Attributes:
        student: whose.
        record: what is remembered of the student.
        hand_in: what was handed in; None if it could not be read.
        graded: of each notebook that was handed in and had to be graded.
        missing: the notebooks that were not handed in.
        fingerprints: of what the results depend on, by notebook.
    """

    student: str
    record: dict[str, Any]
    hand_in: HandIn | None = None
    graded: dict[str, Graded] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The notebooks of which something is to be written."""
        return (*self.graded, *self.missing)


class Writer:
    """Writes outcomes.

    Args:
        course: the course.
        gradebook: its gradebook.
        assignment: what the gradebook says of the assignment.
        penalty: what being late costs, if anything.
    """

    def __init__(
        self, course: Course, gradebook: Gradebook, assignment: Assignment, penalty: Penalty | None = None
    ) -> None:
        self._course, self._gradebook, self._assignment, self._penalty = course, gradebook, assignment, penalty
        self._state = State(course.root, assignment.name)
        permissions = read(Autograde, course.config).permissions or (664 if course.directories.groupshared else 444)
        self._mode = int(str(permissions), 8)
        kept = course.files_of_students(assignment.name)
        self._files = files_of(
            course.folder("source", assignment.name), lambda path: path.suffix != ".ipynb" and path.name not in kept
        )

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write what came of some students' hand-ins."""
        with uninterrupted():
            for outcome in outcomes:
                self.remember(outcome.student, {})
            for outcome in outcomes:
                self._write_notebooks(outcome)
            self._gradebook.write(self._assignment, [_record(outcome) for outcome in outcomes], self._penalty)
            for outcome in outcomes:
                self._update(outcome)
                self.remember(outcome.student, outcome.record)

    def remember(self, student: str, record: dict[str, Any]) -> None:
        """Keep the record of a student for the next run."""
        self._state.save(f"student-{student}", record)

    def _write_notebooks(self, outcome: Outcome) -> None:
        folder = self._course.folder("autograded", self._assignment.name, outcome.student)
        pages = self._course.folder("feedback", self._assignment.name, outcome.student)
        for name in outcome.names:
            content = outcome.graded[name].content if name in outcome.graded else b""
            if content:
                write_whole(folder / f"{name}.ipynb", content, self._mode)
            else:
                (folder / f"{name}.ipynb").unlink(missing_ok=True)
                (pages / f"{name}.html").unlink(missing_ok=True)
        for path in folder.glob("*.ipynb"):
            if path.stem not in self._assignment.notebooks:
                path.unlink()  # of an earlier release
        if not any(folder.glob("*.ipynb")):
            for left in (folder, pages):
                shutil.rmtree(left, ignore_errors=True)
            return
        if outcome.hand_in is None:
            return
        files = {**outcome.hand_in.files, **self._files}
        if outcome.hand_in.stamp is not None:
            files[TIMESTAMP] = outcome.hand_in.stamp
        for name, content in files.items():
            write_whole(folder / name, content, self._mode)
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix != ".ipynb" and str(path.relative_to(folder)) not in files:
                path.unlink()

    def _update(self, outcome: Outcome) -> None:
        """Put into a student's record what there is to remember."""
        folder = self._course.folder("autograded", self._assignment.name, outcome.student)
        known = outcome.record.setdefault("notebooks", {})
        pages = outcome.record.get("feedback")
        for name in outcome.names:
            cells = self._assignment.notebooks[name].cells.items()
            about: dict[str, Any] = {"fingerprint": outcome.fingerprints.get(name)}
            about["scores"] = {cell: 0.0 for cell, source in cells if source.points is not None}
            result = outcome.graded.get(name)
            if result is not None and result.failure:
                about = {"failure": result.failure, "notes": result.notes}
            elif result is not None:
                about |= {"notes": result.notes, "messages": result.messages, "tier": result.tier}
                about["scores"] = dict(result.scores)
                about["file"] = stamp(folder / f"{name}.ipynb")
            known[name] = about
            if isinstance(pages, dict):
                pages.pop(name, None)  # what its cells put out may be new, with the same grades
        if outcome.hand_in is not None:
            notes = [*outcome.hand_in.notes]
            for name, one in outcome.hand_in.notebooks.items():
                if one.file is None:
                    notes += one.notes or [Note(f"{name}.ipynb was not handed in.")]
            outcome.record["notes"] = [(str(note), note.needs_a_look) for note in notes]
            outcome.record.pop("failure", None)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until a batch is complete: that takes a moment."""
    # To block the signal would not do: it would go to another thread, of the executor's, and be told to this one.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


def stamp(path: Path) -> list[int] | None:
    """Return what tells whether a file that was written is still the same, None if it is not there."""
    try:
        about = path.stat()
    except OSError:
        return None
    return [about.st_size, about.st_mtime_ns]


def _record(outcome: Outcome) -> Record:
    scores: dict[str, NotebookScores] = dict.fromkeys(outcome.missing, MISSING)
    for name, result in outcome.graded.items():
        scores[name] = FAILED if result.failure else NotebookScores(result.scores, result.comments)
    return Record(outcome.student, outcome.hand_in.submitted if outcome.hand_in else None, scores)
