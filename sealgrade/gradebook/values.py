"""What the gradebook holds, as values: of an assignment, of what students have, and of what is to be written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Penalty = Callable[[str, float, float], float | None]


@dataclass(frozen=True)
class SourceCell:
    """What the gradebook says of a cell of the instructor's notebook."""

    cell_type: str
    locked: bool
    source: str
    checksum: str | None
    points: float | None  # of a cell that earns points


@dataclass(frozen=True)
class SourceNotebook:
    """What the gradebook says of one of an assignment's notebooks."""

    id: str
    kernelspec: str | None
    cells: Mapping[str, SourceCell]


@dataclass(frozen=True)
class Assignment:
    """What the gradebook says of an assignment."""

    id: str
    name: str
    due: datetime | None
    notebooks: Mapping[str, SourceNotebook]


@dataclass(frozen=True)
class NotebookScores:
    """What grading found out of one notebook.

    Attributes:
        scores: the score of each cell that is graded; None where a person has to look.
        comments: the comment on each cell that is answered; None for none.
    """

    scores: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str | None] = field(default_factory=dict)


MISSING = NotebookScores()  # not handed in: all scores are 0
FAILED = NotebookScores()  # could not be graded: no score of an earlier hand-in remains, and a person has to look


@dataclass(frozen=True)
class Record:
    """What is to be written of one student: the notebooks that were graded, and when the work was handed in."""

    student: str
    timestamp: datetime | None
    notebooks: Mapping[str, NotebookScores]


@dataclass
class Score:
    """A cell's score."""

    auto: float | None
    manual: float | None
    extra: float | None
    needs_manual_grade: bool
    most: float

    @property
    def value(self) -> float:
        """The points that count."""
        given = self.manual if self.manual is not None else self.auto
        return 0.0 if given is None else given + (self.extra or 0.0)


@dataclass
class Standing:
    """What a student has in one notebook.

    Attributes:
        scores: by cell.
        comments: by cell: what grading said, and what a person said, which goes before.
        penalty: for being late.
    """

    scores: dict[str, Score] = field(default_factory=dict)
    comments: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    penalty: float | None = None

    @property
    def score(self) -> float:
        """The points, before a penalty."""
        return sum(score.value for score in self.scores.values())


@dataclass
class Submission:
    """What the gradebook has of a student's submission."""

    timestamp: datetime | None
    seconds_late: float
    notebooks: dict[str, Standing] = field(default_factory=dict)
