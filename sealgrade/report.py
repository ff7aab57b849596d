"""Reading the results of an assignment from the gradebook and the graded notebooks."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sealgrade.blueprint import Blueprint, Part
from sealgrade.course import Course
from sealgrade.grading import Run
from sealgrade.intake import Taken
from sealgrade.plain import plain

_SHORT = 160
NOT_ANSWERED = "not answered"


@dataclass(frozen=True)
class PartResult:
    """What a student has in one part."""

    part: Part
    score: float
    pending: bool  # waits for a mark by hand
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
        return sum(r.part.points for r in self.parts if r.pending and notebook in (None, r.part.notebook))

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
    return [_read_result(course, blueprint, student, run) for student in run.students]


def _read_result(course: Course, blueprint: Blueprint, student: str, run: Run) -> StudentResult:
    with course.nbgrader.gradebook() as gradebook:
        submission = gradebook.find_submission(blueprint.assignment, student)
        grades = {g.name: g for notebook in submission.notebooks for g in notebook.grades}
        unanswered = {
            c.name for notebook in submission.notebooks for c in notebook.comments if c.auto_comment == "No response."
        }
        notes, messages, tiers = _read_notebooks(course, blueprint, student, run.taken.get(student))
        parts = []
        for part in blueprint.parts:
            cells = [c for c in blueprint.cells if (c.notebook, c.part) == (part.notebook, part.name)]
            own = [grades[c.grade_id] for c in cells]
            failed = (messages.get(c.grade_id) for c in cells if not grades[c.grade_id].score)
            message = None if part.by_hand else next((m for m in failed if m), None)
            if not part.by_hand and message and part.name in messages:
                message = f"your cell: {messages[part.name]}"  # what the tests say follows from that
            score = sum(g.score for g in own)
            message = NOT_ANSWERED if part.name in unanswered and not score else message
            pending = any(g.manual_score is None and g.auto_score is None for g in own)
            parts.append(PartResult(part, score, part.by_hand and pending, message))
        failure = run.failures.get(student)
        return StudentResult(
            student=student,
            parts=tuple(parts),
            penalty=submission.late_submission_penalty or 0.0,
            seconds_late=submission.total_seconds_late,
            failure=plain(failure) if failure else None,
            notes=tuple(plain(note) for note in notes),
            graded_now=student in run.graded,
            tiers=tuple(sorted(tiers)),
        )


def _read_notebooks(
    course: Course, blueprint: Blueprint, student: str, taken: Taken | None
) -> tuple[list[str], dict[str, str], set[str]]:
    """The notes on a student's notebooks, the message of each test cell that failed, and the confinement's tiers."""
    autograded = course.folder("autograded", blueprint.assignment, student)
    notes: list[str] = []
    messages: dict[str, str] = {}
    tiers: set[str] = set()
    parts = {part.name for part in blueprint.parts}
    for name in blueprint.notebooks:
        if taken and name not in taken.notebooks:
            notes.append(f"{name}.ipynb was not handed in.")
        path = autograded / f"{name}.ipynb"
        if path.exists():
            content = json.loads(path.read_bytes())
            ours = content["metadata"].get("sealgrade", {})
            found = ours.get("notes", [])
            tiers |= {ours["tier"]} if "tier" in ours else set()
            notes += [note if note.startswith(name) else f"{name}: {note}" for note in found]
            for cell in content["cells"]:
                grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
                message = _message(cell)
                if grade_id and message:
                    messages[grade_id] = message
                    # An answer that several parts mark, as a class is, is a part of none of them.
                    if cell["metadata"]["nbgrader"].get("solution") and grade_id not in parts:
                        notes.append(f"{name}: the cell `{grade_id}` raised {message}")
    return notes + list(taken.notes if taken else ()), messages, tiers


def _message(cell: dict[str, Any]) -> str | None:
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            evalue = output["evalue"].strip()
            if output["ename"] == "NotImplementedError":
                return f"not written yet: {plain(evalue.splitlines()[0])}" if evalue else "not written yet"
            text = plain(f"{output['ename']}: {evalue.splitlines()[0]}" if evalue else output["ename"])
            return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
    return None
