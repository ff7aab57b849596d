"""What the gradebook says of an assignment, and of its submissions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from sealgrade.gradebook import tables as t
from sealgrade.gradebook.values import Assignment, Score, SourceCell, SourceNotebook, Standing, Submission

_CHUNK = 400  # values in one IN (...)


def chunked(c: Connection, query: Any, column: Any, values: Iterable[str]) -> Iterator[Any]:
    """Run a query for the rows in which a column has one of many values, some at a time."""
    wanted = list(values)
    for start in range(0, len(wanted), _CHUNK):
        yield from c.execute(query.where(column.in_(wanted[start : start + _CHUNK])))


def read_assignment(c: Connection, name: str) -> Assignment | None:
    """Return what there is on an assignment, None if it is not known."""
    found = c.execute(select(t.assignment).where(t.assignment.c.name == name)).first()
    if found is None:
        return None
    rows = list(c.execute(select(t.notebook).where(t.notebook.c.assignment_id == found.id).order_by(t.notebook.c.name)))
    ids = [row.id for row in rows]
    points: dict[tuple[str, str], float] = {}
    for kind in (t.grade_cells, t.task_cells):
        joined = t.base_cell.join(kind, kind.c.id == t.base_cell.c.id)
        query = select(t.base_cell.c.notebook_id, t.base_cell.c.name, kind.c.max_score).select_from(joined)
        for row in chunked(c, query, t.base_cell.c.notebook_id, ids):
            points[row.notebook_id, row.name] = row.max_score
    cells: dict[str, dict[str, SourceCell]] = {identity: {} for identity in ids}
    for row in chunked(c, select(t.source_cell), t.source_cell.c.notebook_id, ids):
        worth = points.get((row.notebook_id, row.name))
        cells[row.notebook_id][row.name] = SourceCell(row.cell_type, row.locked, row.source, row.checksum, worth)
    notebooks = {row.name: SourceNotebook(row.id, row.kernelspec, cells[row.id]) for row in rows}
    return Assignment(found.id, name, found.duedate, notebooks)


def read_submissions(c: Connection, assignment: Assignment, students: Sequence[str] | None) -> dict[str, Submission]:
    """Return what some students have in an assignment, or (None) all, by student."""
    own, within = t.submitted_assignment.c, t.submitted_notebook.c
    handed_in: Any = select(own.id, own.student_id, own.timestamp, own.extension)
    handed_in = handed_in.where(own.assignment_id == assignment.id)
    rows: Iterable[Any] = chunked(c, handed_in, own.student_id, students or ())
    if students is None:
        rows = c.execute(handed_in)
    found: dict[str, Submission] = {}
    owners: dict[str, str] = {}
    for row in rows:
        found[row.student_id] = Submission(row.timestamp, _late(row.timestamp, assignment.due, row.extension))
        owners[row.id] = row.student_id
    names = {notebook.id: name for name, notebook in assignment.notebooks.items()}
    most = {
        (name, cell): float(source.points)
        for name, notebook in assignment.notebooks.items()
        for cell, source in notebook.cells.items()
        if source.points is not None
    }
    standings: dict[str, tuple[str, Standing]] = {}
    opened: Any = select(within.id, within.assignment_id, within.notebook_id, within.late_submission_penalty)
    for row in chunked(c, opened, within.assignment_id, owners):
        if row.notebook_id in names:
            standing = Standing(penalty=row.late_submission_penalty)
            standings[row.id] = names[row.notebook_id], standing
            found[owners[row.assignment_id]].notebooks[names[row.notebook_id]] = standing
    grade, comment, cell = t.grade.c, t.comment.c, t.base_cell.c
    graded: Any = select(
        grade.notebook_id,
        cell.name,
        grade.auto_score,
        grade.manual_score,
        grade.extra_credit,
        grade.needs_manual_grade,
    ).join_from(t.grade, t.base_cell, cell.id == grade.cell_id)
    for row in chunked(c, graded, grade.notebook_id, standings):
        name, standing = standings[row.notebook_id]
        standing.scores[row.name] = Score(
            row.auto_score,
            row.manual_score,
            row.extra_credit,
            bool(row.needs_manual_grade),
            most.get((name, row.name), 0.0),
        )
    commented: Any = select(comment.notebook_id, cell.name, comment.auto_comment, comment.manual_comment).join_from(
        t.comment, t.base_cell, cell.id == comment.cell_id
    )
    for row in chunked(c, commented, comment.notebook_id, standings):
        standings[row.notebook_id][1].comments[row.name] = row.auto_comment, row.manual_comment
    return found


def _late(timestamp: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - (extension or timedelta())).total_seconds())
