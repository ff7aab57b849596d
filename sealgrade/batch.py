"""One run over a class: what has to be graded is handed out, taken back, and written some students at a time.

Theory of operation. What a verdict depends on is hashed for each notebook (see `Sheet.digest`, and what was handed in);
a notebook whose hash is the recorded one is left. The others go to the workers, notebook by notebook. When all of a
student's are back, the writer gets them, several students at a time; then the feedback of those students is made, by
the workers too. All that is written is written in this process.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from sealgrade.calls import grade_notebook, ungraded
from sealgrade.course import Course
from sealgrade.examiner.zygote import ConfinementUnavailable
from sealgrade.feedback_files import Feedback
from sealgrade.gradebook import Assignment, Gradebook, Submission
from sealgrade.graded import Graded
from sealgrade.intake import HandIn, Released, read_hand_in
from sealgrade.penalties import penalty_of, penalty_settings
from sealgrade.plain import plain
from sealgrade.sheet import sheets
from sealgrade.state import State
from sealgrade.workers import Workers
from sealgrade.writer import Outcome, Writer, stamp

_BATCH = 25  # students written at a time ...
_SECONDS = 2.0  # ... or after so long, so that a run that is stopped loses little


@dataclass
class Run:
    """What one run did.

    Attributes:
        students: whose work is there, or was asked for.
        graded: those of whom something was graded now.
        failures: why what could not be graded could not, by student.
        warnings: what else there is to say.
        tier: the weakest confinement of what was graded now; empty if nothing was.
        records: what is remembered of each student.
        submissions: what the gradebook has of each student.
    """

    students: list[str]
    graded: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tier: str = ""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far a run is: hand-ins done, hand-ins there are, and whose are under way."""

    done: int
    total: int
    students: tuple[str, ...]


class Batch:
    """One run."""

    def __init__(
        self,
        course: Course,
        gradebook: Gradebook,
        known: Assignment,
        run: Run,
        force: bool,
        names: Collection[str],
        known_mistakes: bytes,
    ) -> None:
        self.course, self.known, self.run, self.force, self.names = course, known, run, force, names
        self.sheets = sheets(course, known, known_mistakes)
        self.released = Released({name: sheet.released for name, sheet in self.sheets.items()})
        self.state = State(course.root, known.name)
        penalty = penalty_of(course)
        self.writer = Writer(course, gradebook, known, penalty)
        self.feedback = Feedback(course, gradebook, known)
        # A course in which being late costs nothing need not be graded again when it is due later.
        self.lateness = [str(known.due), penalty_settings(course)] if penalty else None
        self.allowed = course.files_of_students(known.name)
        self.open: dict[str, tuple[Outcome, set[str]]] = {}  # students under way, and the notebooks not yet back
        self.ready: list[Outcome] = []  # to be written
        self.since = monotonic()
        self.done = 0
        # What the gradebook has at the start; who is not in it has to be graded whatever the record says.
        self.before = gradebook.submissions(known, run.students)

    def grade_all(self, workers: Workers, progress: Callable[[Progress], Any]) -> None:
        """Grade and write until nothing is left to do."""
        left = iter(self.run.students)
        more = True
        try:
            while more or not workers.is_idle or self.ready:
                while more and workers.has_room:
                    student = next(left, None)
                    more = student is not None
                    if student is not None:
                        self._take_up(student, workers)
                progress(Progress(self.done, len(self.run.students), tuple(self.open)))
                for key, result in workers.results():
                    self._take_back(key, result, workers)
                if len(self.ready) >= _BATCH or (self.ready and self._is_time(workers, more)):
                    self._write(workers)
        finally:
            # Whatever stops the run, what has been graded is kept.
            self._write(None)
        progress(Progress(self.done, len(self.run.students), ()))

    def _is_time(self, workers: Workers, more: bool) -> bool:
        return monotonic() - self.since > _SECONDS or (workers.is_idle and not more)

    def _take_up(self, student: str, workers: Workers) -> None:
        """Find out what of a student's has to be graded, and hand that out."""
        record = self.state.load(f"student-{student}")
        folder = self.course.folder("submitted", self.known.name, student)
        base = self.course.folder("submitted")
        try:
            hand_in = read_hand_in(
                folder, base if folder.is_relative_to(base) else folder.parent, self.released, self.allowed
            )
        except OSError as error:
            reason = plain(f"{error.filename} cannot be read ({error.strerror}). Mend that and grade again.")
            self.run.failures[student] = reason
            failed = {name: Graded(failure=reason) for name in self.names}
            self._is_back(Outcome(student, record, None, failed))
            return
        prints = {name: self._fingerprint(name, hand_in) for name in self.names}
        changed = [
            name
            for name in self.names
            if self.force or not self._is_done(student, record, name, prints[name], hand_in.submitted)
        ]
        handed_in = {name: one for name, one in hand_in.notebooks.items() if name in changed and one.file is not None}
        missing = tuple(name for name in changed if name not in handed_in)
        outcome = Outcome(student, record, hand_in, {}, missing, prints)
        if handed_in:
            self.open[student] = outcome, set(handed_in)
            for name, one in handed_in.items():
                workers.submit(
                    ("grade", student, name), grade_notebook, self.sheets[name], one.notebook, one.notes, hand_in.files
                )
        elif missing:
            self._is_back(outcome)
        else:
            self._remember(student, record)
            self.done += 1
            self.feedback.submit(workers, student, record, self.before[student])

    def _fingerprint(self, name: str, hand_in: HandIn) -> str:
        one, content = hand_in.notebooks[name], hashlib.sha256(hand_in.notebooks[name].data).hexdigest()
        files = {inner: hashlib.sha256(data).hexdigest() for inner, data in hand_in.files.items()}
        told: list[Any] = [self.sheets[name].digest, one.file, content, one.reason, one.notes, files]
        told += [str(hand_in.submitted), self.lateness]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def _is_done(
        self, student: str, record: Mapping[str, Any], name: str, fingerprint: str, submitted: datetime | None
    ) -> bool:
        """Whether what an earlier run found out still holds and is still there."""
        about = record.get("notebooks", {}).get(name, {})
        path = self.course.folder("autograded", self.known.name, student) / f"{name}.ipynb"
        if about.get("fingerprint") != fingerprint or about.get("file") != stamp(path) or student not in self.before:
            return False
        # A gradebook that was restored from a copy, say, does not have what was found out.
        if submitted and self.before[student].timestamp != submitted:
            return False
        standing = self.before[student].notebooks.get(name)
        return standing is not None and all(
            cell in standing.scores and standing.scores[cell].auto == score
            for cell, score in about.get("scores", {}).items()
        )

    def _take_back(self, key: Any, result: Any, workers: Workers) -> None:
        kind, student, name = key
        if kind == "pages":
            problem = self.feedback.take_back(student, result)
            if problem:
                self.run.warnings.append(f"{student}: no feedback was written: {plain(problem)}")
            return
        if isinstance(result, ConfinementUnavailable):
            raise result
        outcome, waiting = self.open[student]
        if isinstance(result, BaseException):
            assert outcome.hand_in is not None
            one, reason = outcome.hand_in.notebooks[name], str(result) or type(result).__name__
            result = ungraded(self.sheets[name], one.notebook, one.notes, reason)
        outcome.graded[name] = result
        waiting.discard(name)
        if result.failure:
            self.course.log.error("%s of %s could not be graded: %s\n%s", name, student, result.failure, result.trace)
        if not waiting:
            del self.open[student]
            self._is_back(outcome)

    def _is_back(self, outcome: Outcome) -> None:
        if not self.ready:
            self.since = monotonic()
        self.ready.append(outcome)

    def _write(self, workers: Workers | None) -> None:
        """Write what is ready, and have the feedback made."""
        outcomes, self.ready = self.ready, []
        if not outcomes:
            return
        self.writer.write(outcomes)
        now = self.feedback.read([outcome.student for outcome in outcomes])
        for outcome in outcomes:
            self.done += 1
            if outcome.hand_in is not None:
                self.run.graded.append(outcome.student)
            for result in outcome.graded.values():
                self.run.tier = max(self.run.tier, result.tier)
            self._remember(outcome.student, outcome.record)
            if workers is not None:
                self.feedback.submit(workers, outcome.student, outcome.record, now[outcome.student])

    def _remember(self, student: str, record: dict[str, Any]) -> None:
        self.run.records[student] = record
        failed = [about["failure"] for about in record.get("notebooks", {}).values() if about.get("failure")]
        if failed:
            self.run.failures[student] = plain(failed[0])
