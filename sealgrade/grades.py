"""What the gradebook says of one student's notebook, as a feedback page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sealgrade.cells import is_grade, is_solution, is_task
from sealgrade.errors import CourseError


@dataclass(frozen=True)
class Mark:
    """What the gradebook says of one cell.

    Attributes:
        score: the points of a cell that earns points.
        max_score: the most that it can earn.
        comment: what is said of an answer.
        waits: whether a person has yet to mark it.
    """

    score: float | None = None
    max_score: float | None = None
    comment: str | None = None
    waits: bool = False


@dataclass(frozen=True)
class Grades:
    """What the gradebook says of one student's notebook.

    Attributes:
        assignment: its name.
        notebook: its name.
        student: the student's id.
        score: the points of the notebook, before the penalty.
        max_score: the most points that it can earn.
        late_penalty: the points that being late costs.
        cells: what is said of the cells, by their grade_id.
    """

    assignment: str
    notebook: str
    student: str
    score: float
    max_score: float
    late_penalty: float | None = None
    cells: Mapping[str, Mark] = field(default_factory=dict)

    @classmethod
    def of(cls, submitted: Any) -> "Grades":
        """Return the grades of an nbgrader.api.SubmittedNotebook, as its GetGrades reads them."""
        scores = {grade.name: (grade.score, grade.max_score) for grade in submitted.grades}
        waiting = {g.name for g in submitted.grades if g.auto_score is None and g.manual_score is None}
        comments = {comment.name: comment.comment for comment in submitted.comments}
        return cls(
            submitted.assignment.name,
            submitted.name,
            submitted.student.id,
            submitted.score,
            submitted.max_score,
            submitted.late_submission_penalty,
            {
                name: Mark(*scores.get(name, (None, None)), comments.get(name), name in waiting)
                for name in sorted(scores.keys() | comments.keys())
            },
        )

    @property
    def summary(self) -> dict[str, float]:
        """The points of the notebook, in the words of nbgrader's templates."""
        late = self.late_penalty or 0
        return {"score": self.score - late, "max_score": self.max_score, "late_penalty": late}

    def put_into(self, nb: Any) -> None:
        """Tell a notebook's cells what nbgrader's GetGrades tells them, and whether they wait for a mark.

        Raises:
            CourseError: if there is a graded cell or an answer of which the gradebook says nothing.
        """
        for cell in nb.cells:
            earns, says = is_grade(cell) or is_task(cell), is_solution(cell) or is_task(cell)
            if not earns and not says:
                continue
            told = cell.metadata.nbgrader
            if told.grade_id not in self.cells:
                raise CourseError(f"The gradebook has nothing on {told.grade_id} of {self.notebook}. Grade again.")
            mark = self.cells[told.grade_id]
            if says:
                told.comment = mark.comment
            if earns:
                told.score, told.points, told.waits = mark.score, mark.max_score, mark.waits
