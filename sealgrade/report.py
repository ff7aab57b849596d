"""The results of an assignment: what the gradebook has, and what is remembered of each student."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sealgrade.batch import Run
from sealgrade.blueprint import Blueprint, Part
from sealgrade.course import Course
from sealgrade.gradebook import Submission
from sealgrade.plain import plain
from sealgrade.scoring import NO_RESPONSE

NOT_ANSWERED = "not answered"


@dataclass(frozen=True)
class PartResult:
    """What a student has in one part."""

    part: Part
    score: float
    pending: float  # points that wait for a mark by hand
    message: str | None  # of the first test that failed


@dataclass(frozen=True)
class StudentResult:
    """What a student has in the assignment."""

    student: str
    parts: tuple[PartResult, ...]
    penalty: float
    seconds_late: float
    failure: str | None
    notes: tuple[str, ...]
    urgent: frozenset[str]  # of the notes: those by which something of the student's may not have counted
    graded_now: bool
    tiers: tuple[str, ...]  # how well the student's code was confined when this was graded

    def score(self, notebook: str | None = None, bonus: bool = False) -> float:
        """Return the points, of one notebook or of all, bonus apart."""
        return sum(r.score for r in self.parts if notebook in (None, r.part.notebook) and r.part.bonus == bonus)

    @property
    def total(self) -> float:
        """The points, bonus apart and after a penalty for being late."""
        return max(0.0, self.score() - self.penalty)

    @property
    def bonus(self) -> float:
        """The points of bonus parts."""
        return self.score(bonus=True)

    def pending(self, notebook: str | None = None) -> float:
        """Return the points that wait for a mark by hand."""
        return sum(r.pending for r in self.parts if notebook in (None, r.part.notebook))

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of a student."""
        return {
            "student": self.student,
            "total": self.total,
            "bonus": self.bonus,
            "pending": self.pending(),
            "penalty": self.penalty,
            "seconds_late": self.seconds_late,
            "failure": self.failure,
            "needs_a_look": bool(self.failure or self.notes),
            "notes": list(self.notes),
            "graded_now": self.graded_now,
            "tiers": list(self.tiers),
            "parts": [
                {**asdict(r.part), "score": r.score, "pending": r.pending, "message": r.message} for r in self.parts
            ],
        }


def read_results(course: Course, assignment: str, run: Run) -> list[StudentResult]:
    """Return the results of the students of a run, by their ids."""
    blueprint = course.blueprint(assignment)
    return [
        _result(blueprint, student, run.submissions[student], run)
        for student in run.students
        if student in run.submissions
    ]


def _result(blueprint: Blueprint, student: str, submission: Submission, run: Run) -> StudentResult:
    record = run.records.get(student, {})
    known = {name: record.get("notebooks", {}).get(name, {}) for name in blueprint.notebooks}
    notes = [(note, look) for note, look in record.get("notes", [])]
    for name, about in known.items():
        notes += [(note if note.startswith(name) else f"{name}: {note}", look) for note, look in about.get("notes", [])]
        notes += [(note, False) for note in _broken_answers(blueprint, name, about.get("messages", {}))]
    failure = run.failures.get(student)
    return StudentResult(
        student=student,
        parts=tuple(_part(blueprint, part, submission, known[part.notebook]) for part in blueprint.parts),
        penalty=sum(standing.penalty or 0.0 for standing in submission.notebooks.values()),
        seconds_late=submission.seconds_late,
        failure=plain(failure) if failure else None,
        notes=tuple(plain(note) for note, _ in notes),
        urgent=frozenset(plain(note) for note, look in notes if look),
        graded_now=student in run.graded,
        tiers=tuple(sorted({about["tier"] for about in known.values() if about.get("tier")})),
    )


def _part(blueprint: Blueprint, part: Part, submission: Submission, known: Mapping[str, Any]) -> PartResult:
    standing, messages = submission.notebooks[part.notebook], known.get("messages", {})
    cells = [c for c in blueprint.cells if (c.notebook, c.part) == (part.notebook, part.name)]
    score = sum(standing.scores[c.grade_id].value for c in cells)
    failed = (messages.get(c.grade_id) for c in cells if not (c.by_hand or standing.scores[c.grade_id].value))
    message = next((m for m in failed if m), None)
    if message and part.name in messages:
        message = f"your cell: {messages[part.name]}"  # what the tests say follows from that
    if not score and standing.comments.get(part.name, (None,))[0] == NO_RESPONSE:
        message = NOT_ANSWERED
    by_hand = ((c.points, standing.scores[c.grade_id]) for c in cells if c.by_hand)
    pending = sum(points for points, mark in by_hand if mark.manual is None and mark.auto is None)
    return PartResult(part, score, pending, message)


def _broken_answers(blueprint: Blueprint, notebook: str, messages: Mapping[str, str]) -> list[str]:
    """Notes on answers that several parts mark, as a class is: they are a part of none of them."""
    parts, cells = {part.name for part in blueprint.parts}, {cell.grade_id for cell in blueprint.cells}
    return [
        f"{notebook}: the cell `{grade_id}` raised {message}"
        for grade_id, message in messages.items()
        if grade_id not in parts and grade_id not in cells
    ]
