"""The tables of nbgrader's gradebook, as far as grading reads and writes them (nbgrader 0.9, `nbgrader/api.py`).

Named here rather than taken from nbgrader's models: to import those takes seconds, and its objects write one row at a
time. A test holds these names against the models.
"""

from sqlalchemy import Boolean, DateTime, Float, Interval, String, column, table

assignment = table("assignment", column("id", String), column("name", String), column("duedate", DateTime))
notebook = table(
    "notebook",
    column("id", String),
    column("name", String),
    column("assignment_id", String),
    column("kernelspec", String),
)
source_cell = table(
    "source_cell",
    column("name", String),
    column("cell_type", String),
    column("locked", Boolean),
    column("source", String),
    column("checksum", String),
    column("notebook_id", String),
)
base_cell = table(
    "base_cell", column("id", String), column("name", String), column("notebook_id", String), column("type", String)
)
grade_cells = table("grade_cells", column("id", String), column("max_score", Float))
task_cells = table("task_cells", column("id", String), column("max_score", Float))
student = table("student", column("id", String))
submitted_assignment = table(
    "submitted_assignment",
    column("id", String),
    column("assignment_id", String),
    column("student_id", String),
    column("timestamp", DateTime),
    column("extension", Interval),
)
submitted_notebook = table(
    "submitted_notebook",
    column("id", String),
    column("assignment_id", String),
    column("notebook_id", String),
    column("flagged", Boolean),
    column("late_submission_penalty", Float),
)
grade = table(
    "grade",
    column("id", String),
    column("notebook_id", String),
    column("cell_id", String),
    column("auto_score", Float),
    column("manual_score", Float),
    column("extra_credit", Float),
    column("needs_manual_grade", Boolean),
)
comment = table(
    "comment",
    column("id", String),
    column("notebook_id", String),
    column("cell_id", String),
    column("auto_comment", String),
    column("manual_comment", String),
)
TABLES = (
    assignment,
    notebook,
    source_cell,
    base_cell,
    grade_cells,
    task_cells,
    student,
    submitted_assignment,
    submitted_notebook,
    grade,
    comment,
)
