"""What the present test cell has got from the student's side, and what it says that it has observed."""

from typing import Any

from sealgrade.examiner.redaction import Heard
from sealgrade.transcripts import MOST, Raised, Transcript, flat


class Seen:
    """What one test cell after the other has seen."""

    def __init__(self) -> None:
        self.heard = Heard()  # texts of the student's
        self.start_cell()

    def start_cell(self) -> None:
        """Begin a new cell."""
        self.heard.clear()
        self._answers: list[Any] = []
        self.observed: list[float] = []
        self.lines: set[str] = set()  # of the student's source, where errors arose

    def add(self, answer: Any) -> None:
        """Take note of what the student's code has to say."""
        self.heard.hear(answer)
        if len(self._answers) < MOST:
            self._answers.append(answer)

    def add_error(self, error: BaseException) -> None:
        """Take note of what it has raised."""
        self.add(Raised(type(error).__name__))
        self.heard.hear(str(error))
        self.heard.hear(error.args)
        self.lines.add(getattr(error, "student_line", ""))

    def transcript(self, passed: bool, values: bool) -> Transcript:
        """Return what there was to see.

        Args:
            passed: whether the test was.
            values: whether what came back is wanted, beside what was observed.
        """
        return Transcript(passed, flat(self._answers) if values else (), tuple(self.observed))
