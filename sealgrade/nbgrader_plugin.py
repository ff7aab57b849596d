"""What nbgrader loads, named in `nbgrader_config.py`: sealgrade's exporter and preprocessors.

Whoever starts the grading (sealgrade, `nbgrader autograde`, formgrader's button), submissions come this way.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from sealgrade.cells import is_grade, is_solution, is_task, marks
from sealgrade.copies import take_in
from sealgrade.errors import UnreadableNotebook
from sealgrade.examiner.remarks import add_note
from sealgrade.execution import ExecuteSealed, released_notebook
from sealgrade.feedback import Regions, for_students
from sealgrade.grades import Grades
from sealgrade.intake import notes_of, refused
from sealgrade.recognition import not_a_notebook
from sealgrade.recovery import is_open, recover
from sealgrade.scoring import auto_comment, determine_grade
from sealgrade.submission import read_submission
from sealgrade.unrun import fail_what_was_not_run

__all__ = [
    "ExecuteSealed",
    "ForStudents",
    "PutGrades",
    "Recover",
    "ReleasedChecksums",
    "SaveScores",
    "SubmissionExporter",
]

Result = tuple[NotebookNode, dict[str, Any]]


class SubmissionExporter(NotebookExporter):
    """Reads what was handed in, whatever it is; a file that is no notebook counts as not answered."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        if isinstance(self.parent, Autograde):  # whoever started it
            take_in(self.parent)

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Result:
        """Read a notebook and run the preprocessors on it."""
        converter: Any = self.parent
        if not getattr(converter, "_sanitizing", False):
            return super().from_filename(filename, resources, **kw)
        path = Path(filename)
        resources = resources or {}
        try:
            if reason := refused(path):
                raise UnreadableNotebook(reason)
            submitted = read_submission(path, outputs=not _runs(self))
            notebook, notes = submitted.notebook, (*notes_of(path), *submitted.notes)
        except UnreadableNotebook as error:
            notebook = released_notebook(converter.coursedir, resources["nbgrader"])
            notes = notes_of(path) or (not_a_notebook(path.name, str(error)),)
        # Cells need ids from nbformat 4.5 on, and get them when they are recovered.
        notebook = from_dict({"metadata": {}, "nbformat": 4, "nbformat_minor": 4, **notebook})
        resources["sealgrade_notes"] = notes
        return self.from_notebook_node(notebook, resources, **kw)


def _runs(configured: Any) -> bool:
    """Whether notebooks are run: `nbgrader autograde` has an option for that they are not."""
    return bool(ExecuteSealed(parent=configured).enabled)


class Recover(NbGraderPreprocessor):  # type: ignore[misc]
    """Rebuilds a submission on the released notebook (in the place of nbgrader's DeduplicateIds)."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Recover the notebook and note each repair in its metadata."""
        released = released_notebook(self.parent.parent.coursedir, resources["nbgrader"])
        recovery = recover(nb, released)
        for note in (*resources.get("sealgrade_notes", ()), *recovery.notes):
            add_note(recovery.notebook, note)
        if not _runs(self):
            fail_what_was_not_run(recovery.notebook)
        return recovery.notebook, resources


class ReleasedChecksums(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes an untouched answer known as such.

    nbgrader takes its checksum before rubrics are cut out: an untouched answer with a rubric looks answered.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Give answer cells the checksum of what the student received."""
        released = released_notebook(self.parent.parent.coursedir, resources["nbgrader"])
        received = {
            cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.get("checksum")
            for cell in released.cells
            if "nbgrader" in cell.metadata and is_open(cell)
        }
        for cell in nb.cells:
            checksum = received.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if checksum:
                cell.metadata.nbgrader.checksum = checksum
        return nb, resources


class SaveScores(SaveAutoGrades):  # type: ignore[misc]
    """Writes into the gradebook what each cell has earned by sealgrade's rule (see `scoring`), all of it or nothing."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Write down the scores and comments of a notebook; marks that a person has given stay."""
        names = resources["nbgrader"]
        where = names["notebook"], names["assignment"], names["student"]
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                if is_grade(cell):
                    grade = gradebook.find_grade(marks(cell)["grade_id"], *where)
                    grade.auto_score, _ = determine_grade(cell)
                    # A person looks again at what a person has marked.
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
                if is_solution(cell) or is_task(cell):
                    gradebook.find_comment(marks(cell)["grade_id"], *where).auto_comment = auto_comment(cell)
            gradebook.db.commit()
        return nb, resources


class PutGrades(NbGraderPreprocessor):  # type: ignore[misc]
    """Tells a notebook's cells what the gradebook says of them (in the place of nbgrader's GetGrades)."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Put scores and comments into the cells, and which of them a person has yet to mark."""
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            grades = Grades.of(
                gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
            )
        grades.put_into(nb)
        names.update(grades.summary)
        return nb, resources


class ForStudents(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes out of the feedback what gives hidden tests away, and puts the points of each part at its head."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Reduce test cells to the visible tests and the message of a failure, and leave the rubrics out."""
        resources["sealgrade_page"] = for_students(nb, Regions.of(self.config))
        return nb, resources
