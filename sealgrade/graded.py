"""What comes of grading a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sealgrade.transcripts import Transcript


@dataclass(frozen=True)
class Graded:
    """What came of one notebook.

    Attributes:
        content: the autograded notebook, as it is written; empty where there is none, or nobody is to see it.
        scores: of each cell that earns points; None where a person has to mark it.
        comments: on each answer; None for none.
        messages: why cells failed, one line each, by grade_id.
        notes: what happened to the notebook; the text, and whether a person should look at it.
        tier: of the confinement.
        failure: why it could not be graded; empty if it was. Then there are no scores.
        trace: more of that, for the log.
        transcripts: of the test cells, by grade_id, where they are asked for.
    """

    content: bytes = b""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str | None] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, bool], ...] = ()
    tier: str = ""
    failure: str = ""
    trace: str = ""
    transcripts: Mapping[str, Transcript] = field(default_factory=dict)
