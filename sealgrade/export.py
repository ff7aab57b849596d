"""`nbgrader export` as a CSV file that holds one row for each student, whatever the students are called."""

# nbgrader has no types.
# mypy: disable-error-code="no-any-return"

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin

from sealgrade.plain import plain

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
# What makes a spreadsheet take a text for a formula, the wide forms of East Asian keyboards included.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class SafeCsvExport(ExportPlugin):  # type: ignore[misc]
    """nbgrader's CSV export, with its columns; names can neither add a row nor be a formula."""

    def export(self, gradebook: Any) -> None:
        """Write the grades to the file `--to`, by default `grades.csv`."""
        path = Path(self.to or "grades.csv")
        students, assignments = ({str(name) for name in names} for names in (self.student, self.assignment))
        self.log.info("Exporting grades to %s", path)
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    chosen = not assignments or assignment.name in assignments
                    if chosen and (not students or student.id in students):
                        row = _row(gradebook, assignment, student)
                        rows.writerow([field(row[name]) for name in COLUMNS])


def field(value: Any) -> Any:
    """Return a value as it may stand in a field of a CSV file that a spreadsheet opens."""
    if value is None or isinstance(value, int | float):
        return value
    text = plain(str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _row(gradebook: Any, assignment: Any, student: Any) -> dict[str, Any]:
    row = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "timestamp": None,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "raw_score": 0.0,
        "late_submission_penalty": 0.0,
        "score": 0.0,
        "max_score": assignment.max_score,
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return row
    penalty = submission.late_submission_penalty
    row |= {"timestamp": submission.timestamp, "raw_score": submission.score, "late_submission_penalty": penalty}
    row["score"] = max(0.0, submission.score - (penalty or 0.0))
    return row
