"""The feedback pages of students: which have to be made, and where they are written."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sealgrade.calls import write_pages
from sealgrade.course import Course
from sealgrade.files import files_of, write_whole
from sealgrade.gradebook import Assignment, Gradebook, Standing, Submission
from sealgrade.state import State
from sealgrade.workers import Workers

_MODE = 0o644
_TEMPLATES = Path(__file__).parent / "templates"
# What of a course's configuration decides how pages look; a change makes them anew.
_SECTIONS = ("ClearHiddenTests", "ClearMarkScheme", "FeedbackExporter", "GenerateFeedback", "Harmless", "HTMLExporter")


class Feedback:
    """Has pages made and writes them.

    Args:
        course: the course.
        gradebook: its gradebook.
        assignment: what the gradebook says of the assignment.
    """

    def __init__(self, course: Course, gradebook: Gradebook, assignment: Assignment) -> None:
        self._course, self._gradebook, self._assignment = course, gradebook, assignment
        self._state = State(course.root, assignment.name)
        self._config = json.loads(json.dumps(course.config, default=str))
        self._looks = _looks(course.config)
        self._open: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}

    def read(self, students: Sequence[str]) -> dict[str, Submission]:
        """Return what the gradebook has of some students."""
        return self._gradebook.submissions(self._assignment, students)

    def submit(self, workers: Workers, student: str, record: dict[str, Any], submission: Submission) -> None:
        """Have a student's pages made, unless they are there and up to date."""
        folder = self._course.folder("autograded", self._assignment.name, student)
        names = sorted(path.stem for path in folder.glob("*.ipynb") if path.stem in submission.notebooks)
        grades = {name: _grades(self._assignment.name, name, student, submission.notebooks[name]) for name in names}
        known = {name: record.get("notebooks", {}).get(name, {}) for name in names}
        marks = {name: self._marks(known[name], grades[name]) for name in names}
        made = record.get("feedback")
        made = made if isinstance(made, dict) else {}  # an earlier version kept one digest of all pages
        names = [
            name
            for name in names
            if made.get(name) != marks[name] or "failure" in known[name] or not self._page(student, name).exists()
        ]
        if not names:
            return
        pages = self._course.folder("feedback", self._assignment.name, student)
        for inner, content in files_of(folder).items():
            write_whole(pages / inner, content, _MODE)  # pictures that a page shows
        self._open[student] = record, marks
        contents = {name: (folder / f"{name}.ipynb").read_bytes() for name in names}
        workers.submit(("pages", student, ""), write_pages, contents, grades, self._config)

    def _marks(self, about: Mapping[str, Any], grades: Any) -> str:
        """What tells whether a page is up to date: a digest of what it depends on."""
        told = [self._looks, about.get("fingerprint"), str(grades)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def take_back(self, student: str, pages: Mapping[str, bytes | str] | BaseException) -> str | None:
        """Write the pages that have been made; return why that could not be done for one of them."""
        record, marks = self._open.pop(student)
        if isinstance(pages, BaseException):
            return str(pages)
        problem = None
        for name, page in pages.items():
            if isinstance(page, bytes):
                write_whole(self._page(student, name), page, _MODE)
            else:
                problem = problem or page
        if problem is None:
            record["feedback"] = marks
            self._state.save(f"student-{student}", record)
        return problem

    def _page(self, student: str, name: str) -> Path:
        return self._course.folder("feedback", self._assignment.name, student) / f"{name}.html"


def _looks(config: Mapping[str, Any]) -> str:
    """What pages depend on besides the notebook and its grades: the templates, and the settings that pages have."""
    digest = hashlib.sha256()
    for path in sorted(path for path in _TEMPLATES.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    settings: dict[str, Any] = {name: config.get(name) for name in _SECTIONS}
    settings["hidden"] = config.get("SealgradeCourse", {}).get("feedback_shows_hidden_tests")
    # The name of a function, not its address: that is another one each time.
    told = json.dumps(settings, sort_keys=True, default=lambda value: getattr(value, "__qualname__", str(type(value))))
    digest.update(told.encode())
    return digest.hexdigest()


def _grades(assignment: str, notebook: str, student: str, standing: Standing) -> Any:
    from sealgrade.grades import Grades, Mark

    names = sorted(standing.scores.keys() | standing.comments.keys())
    cells = {}
    for name in names:
        score = standing.scores.get(name)
        auto, manual = standing.comments.get(name, (None, None))
        cells[name] = Mark(
            score.value if score else None,
            score.most if score else None,
            manual if manual is not None else auto,
            waits=score is not None and score.auto is None and score.manual is None,
        )
    most = sum(score.most for score in standing.scores.values())
    return Grades(assignment, notebook, student, standing.score, most, standing.penalty, cells)
