"""What nbgrader loads, named in `nbgrader_config.py`: sealgrade's exporter and preprocessors.

Whoever starts the grading (sealgrade, `nbgrader autograde`, formgrader's button), submissions come this way.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import textwrap
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.converters import Autograde
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, NbGraderPreprocessor

from sealgrade.copies import take_in
from sealgrade.errors import UnreadableNotebook
from sealgrade.examiner.notebook import is_test
from sealgrade.examiner.remarks import add_note
from sealgrade.execution import ExecuteSealed, released_notebook
from sealgrade.feedback import head
from sealgrade.harmless import OUR_OWN
from sealgrade.intake import refused
from sealgrade.recovery import is_open, recover
from sealgrade.submission import read_submission

__all__ = ["ExecuteSealed", "ForStudents", "Recover", "ReleasedChecksums", "SubmissionExporter", "WarningsCostNothing"]

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
            notebook = read_submission(path)
        except UnreadableNotebook as error:
            notebook = released_notebook(converter.coursedir, resources["nbgrader"])
            resources["sealgrade_notes"] = [
                f"{path.name} is not a notebook: {error}. Graded as not handed in; the file is kept as it came."
            ]
        return self.from_notebook_node(notebook, resources, **kw)


class Recover(NbGraderPreprocessor):  # type: ignore[misc]
    """Rebuilds a submission on the released notebook (in the place of nbgrader's DeduplicateIds)."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Recover the notebook and note each repair in its metadata."""
        released = released_notebook(self.parent.parent.coursedir, resources["nbgrader"])
        recovery = recover(nb, released)
        for note in resources.get("sealgrade_notes", recovery.notes):
            add_note(recovery.notebook, note)
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


class WarningsCostNothing(NbGraderPreprocessor):  # type: ignore[misc]
    """Keeps a warning in a test cell from costing points: to nbgrader, anything on stderr is a failure."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], index: int) -> Result:
        """Show what came on stderr as ordinary output."""
        if is_test(cell):
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.name = "stdout"
        return cell, resources


class ForStudents(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes out of the feedback what gives hidden tests away, and puts the points of each part at its head."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """Reduce test cells to the visible tests and the message of a failure, and leave the rubrics out."""
        hidden, rubric = ClearHiddenTests(parent=self), ClearMarkScheme(parent=self)
        secret = False
        for cell in nb.cells:
            rubric._remove_mark_scheme_region(cell)
            if is_test(cell):
                # A student's code can tell in a later test what a hidden one has handed in.
                secret = hidden._remove_hidden_test_region(cell) or secret
                told = cell.metadata.get("sealgrade", {}).get("for_student") if secret else None
                cell.outputs = [shown for output in cell.outputs if (shown := _for_students(output, secret, told))]
        nb.cells.insert(0, new_markdown_cell(head(nb), metadata={"sealgrade": OUR_OWN}))
        return nb, resources


def _for_students(output: NotebookNode, secret: bool, told: str | None) -> NotebookNode | None:
    if output.output_type == "error":
        # The traceback quotes the code of hidden tests, and the student's own text may quote what they handed in.
        value = output.evalue if told is None else told
        message = f"{output.ename}: {value}" if value else output.ename
        message = textwrap.fill(message, width=100)  # nbgrader's page would make the student scroll sideways
        return new_output("error", ename=output.ename, evalue=value, traceback=[message])
    # What is printed in a hidden test, warnings that quote its code included, tells its inputs.
    return None if secret else output
