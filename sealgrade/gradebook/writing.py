"""Writing what was found out of some submissions into the gradebook, within one transaction."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Float, String, and_, bindparam, case, insert, or_, select, update

from sealgrade.gradebook import tables as t
from sealgrade.gradebook.reading import chunked, read_submissions
from sealgrade.gradebook.values import FAILED, MISSING, Assignment, NotebookScores, Penalty, Record


class Batch:
    """What is written in one transaction; see `Gradebook.write`."""

    def __init__(self, connection: Connection, assignment: Assignment, records: Sequence[Record]) -> None:
        self.c = connection
        self.assignment = assignment
        self.records = {record.student: record for record in records}
        self.names = {notebook.id: name for name, notebook in assignment.notebooks.items()}

    def write(self, penalty: Penalty | None) -> None:
        """Write it."""
        self._students()
        submissions = self._submissions()
        notebooks = self._notebooks({identity: student for student, identity in submissions.items()})
        self._grades(notebooks)
        self._comments(notebooks)
        self._penalties(notebooks, penalty)

    def _students(self) -> None:
        there = {row.id for row in chunked(self.c, select(t.student.c.id), t.student.c.id, self.records)}
        self._insert(t.student, [{"id": student} for student in self.records if student not in there])

    def _submissions(self) -> dict[str, str]:
        """Return the id of each student's submission, which is there from now on."""
        own = t.submitted_assignment.c
        query = select(own.student_id, own.id).where(own.assignment_id == self.assignment.id)
        found = {row.student_id: row.id for row in chunked(self.c, query, own.student_id, self.records)}
        new = [
            {"id": _new_id(), "assignment_id": self.assignment.id, "student_id": s, "timestamp": record.timestamp}
            for s, record in self.records.items()
            if s not in found
        ]
        self._insert(t.submitted_assignment, new)
        dated = [
            {"key": found[student], "moment": record.timestamp}
            for student, record in self.records.items()
            if student in found and record.timestamp
        ]
        self._update(t.submitted_assignment, dated, timestamp=bindparam("moment"))
        return found | {str(row["student_id"]): str(row["id"]) for row in new}

    def _notebooks(self, owners: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Return the student and the notebook's name of each submitted notebook, by its id; all are there from now."""
        own = t.submitted_notebook.c
        rows = chunked(self.c, select(own.id, own.assignment_id, own.notebook_id), own.assignment_id, owners)
        found = {
            row.id: (owners[row.assignment_id], self.names[row.notebook_id])
            for row in rows
            if row.notebook_id in self.names
        }
        there = set(found.values())
        new = [
            {"id": _new_id(), "assignment_id": submission, "notebook_id": identity, "flagged": False}
            for submission, student in owners.items()
            for identity, name in self.names.items()
            if (student, name) not in there
        ]
        self._insert(t.submitted_notebook, new)
        return found | {
            str(row["id"]): (owners[str(row["assignment_id"])], self.names[str(row["notebook_id"])]) for row in new
        }

    def _rows(
        self, kind: Any, types: Sequence[str], notebooks: Mapping[str, tuple[str, str]]
    ) -> Iterator[tuple[str | None, dict[str, str], NotebookScores | None, str]]:
        """For each row that is to be there: its id, if it is; what it is about; what was found out; the cell's name."""
        cells: dict[str, list[Any]] = {}
        own = t.base_cell.c
        query = select(own.id, own.name, own.notebook_id).where(own.type.in_(types))
        for row in chunked(self.c, query, own.notebook_id, self.names):
            cells.setdefault(self.names[row.notebook_id], []).append(row)
        query = select(kind.c.id, kind.c.notebook_id, kind.c.cell_id)
        there = {(r.notebook_id, r.cell_id): r.id for r in chunked(self.c, query, kind.c.notebook_id, notebooks)}
        for notebook, (student, name) in notebooks.items():
            found = self.records[student].notebooks.get(name)
            for cell in cells.get(name, ()):
                about = {"notebook_id": notebook, "cell_id": cell.id}
                yield there.get((notebook, cell.id)), about, found, cell.name

    def _grades(self, notebooks: Mapping[str, tuple[str, str]]) -> None:
        new, changed, tasks = [], [], []
        for identity, about, found, name in self._rows(t.grade, ("GradeCell", "TaskCell"), notebooks):
            score = 0.0 if found is MISSING else None if found is None else found.scores.get(name)
            if identity is None:
                needs = found is not MISSING and score is None
                new.append({"id": _new_id(), **about, "auto_score": score, "needs_manual_grade": needs})
            elif found is MISSING or found is FAILED or (found is not None and name in found.scores):
                changed.append({"key": identity, "score": score, "gone": found is MISSING, "look": score is None})
            elif found is not None:
                tasks.append({"key": identity})
        self._insert(t.grade, new)
        # A score that a person gave is kept, and asks for another look; nobody has to look at what was not handed in.
        look = or_(t.grade.c.manual_score.is_not(None), bindparam("look", type_=Boolean))
        look_again = case((bindparam("gone", type_=Boolean), False), (look, True), else_=False)
        self._update(t.grade, changed, auto_score=bindparam("score", type_=Float), needs_manual_grade=look_again)
        # nbgrader never writes the score of a task that was handed in; but it may be 0 from when it was missing.
        unmarked = and_(t.grade.c.manual_score.is_(None), t.grade.c.auto_score.is_not(None))
        if tasks:
            waiting = update(t.grade).where(t.grade.c.id == bindparam("key"), unmarked)
            self.c.execute(waiting.values(auto_score=None, needs_manual_grade=True), tasks)

    def _comments(self, notebooks: Mapping[str, tuple[str, str]]) -> None:
        new, changed = [], []
        for identity, about, found, name in self._rows(t.comment, ("SolutionCell", "TaskCell"), notebooks):
            text = found.comments.get(name) if found else None
            if identity is None:
                new.append({"id": _new_id(), **about, "auto_comment": text})
            elif found and name in found.comments:
                changed.append({"key": identity, "text": text})
        self._insert(t.comment, new)
        self._update(t.comment, changed, auto_comment=bindparam("text", type_=String))

    def _penalties(self, notebooks: Mapping[str, tuple[str, str]], penalty: Penalty | None) -> None:
        written = {
            identity: (student, name)
            for identity, (student, name) in notebooks.items()
            if name in self.records[student].notebooks
        }
        standing = read_submissions(self.c, self.assignment, list(self.records)) if penalty else {}
        changed = []
        for identity, (student, name) in written.items():
            points = None
            if penalty and standing[student].seconds_late > 0:
                score = standing[student].notebooks[name].score
                points = penalty(student, score, standing[student].seconds_late)
                points = None if points is None else min(max(points, 0.0), score)
            changed.append({"key": identity, "points": points})
        self._update(t.submitted_notebook, changed, late_submission_penalty=bindparam("points", type_=Float))

    def _insert(self, kind: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.c.execute(insert(kind), rows)

    def _update(self, kind: Any, rows: list[dict[str, Any]], **values: Any) -> None:
        if rows:
            self.c.execute(update(kind).where(kind.c.id == bindparam("key")).values(**values), rows)


def _new_id() -> str:
    """Return an id as long as nbgrader's that sorts behind those before it.

    As version 7 of UUIDs does (RFC 9562): new rows stand together at the end of each index, where far fewer pages have
    to be written than all over it.
    """
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"
