"""nbgrader's gradebook: what it says of an assignment, and the one writer of what grading finds out.

Theory of operation. Many submissions are written in one transaction: either all of a batch stands, or nothing. Rows are
found by what they are about (student, notebook, cell), so that to write the same result twice leaves one. What a person
gives (`manual_score`, `extra_credit`, `manual_comment`, `extension`, `flagged`) is never written.
"""

from typing import TYPE_CHECKING, Any

from sealgrade.gradebook.values import (
    FAILED,
    MISSING,
    Assignment,
    NotebookScores,
    Penalty,
    Record,
    Standing,
    Submission,
)

if TYPE_CHECKING:
    from sealgrade.gradebook.book import Gradebook

__all__ = [
    "FAILED",
    "MISSING",
    "Assignment",
    "Gradebook",
    "NotebookScores",
    "Penalty",
    "Record",
    "Standing",
    "Submission",
]


def __getattr__(name: str) -> Any:
    """Load SQLAlchemy where it is needed: not in the processes that grade, which have the values only."""
    if name != "Gradebook":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sealgrade.gradebook.book import Gradebook

    return Gradebook
