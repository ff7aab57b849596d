"""Where nbgrader's `Execute` stands in the list of preprocessors: the sealed engine, one zygote for a whole run."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import contextlib
import copy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute

from sealgrade import fingerprints
from sealgrade.cells import marks
from sealgrade.course import CONFIG_NAME, Course, course_packages
from sealgrade.diagnosis import KnownMistake
from sealgrade.engine import EngineTraits, settings_for, zygote_for
from sealgrade.errors import CourseError
from sealgrade.files import files_of
from sealgrade.kernels import require_python
from sealgrade.running import Material, run_notebook
from sealgrade.settings import SealgradeCourse, read


class ExecuteSealed(EngineTraits, Execute):  # type: ignore[misc]
    """Runs a submission: the student's cells confined, the tests here.

    `c.Execute.timeout`, in seconds for a cell, is nbgrader's own setting.
    """

    def preprocess(self, nb: NotebookNode, resources: Any = None) -> tuple[NotebookNode, dict[str, Any]]:
        """Run all code cells."""
        names = (resources or {}).get("nbgrader", {})
        limits = read(SealgradeCourse, self.config).limits
        settings = settings_for(self, names.get("assignment", ""), limits)
        material, packages = self._material(nb, names)
        zygote = zygote_for(settings.plan(), packages, settings.trust_submissions)
        run_notebook(nb, material, settings, zygote)
        return nb, resources or {}

    def _material(self, nb: NotebookNode, names: dict[str, str]) -> tuple[Material, tuple[str, ...]]:
        """What the course has on a notebook, and the course's own packages."""
        owners: tuple[Any, ...] = (getattr(self.parent, "parent", None), self.parent)
        coursedir = next((owner.coursedir for owner in owners if getattr(owner, "coursedir", None)), None)
        if coursedir is None or not names:
            return Material(nb), ()
        folder, source = (
            Path(coursedir.format_path(step, ".", names["assignment"]))
            for step in (coursedir.release_directory, coursedir.source_directory)
        )
        path = source / f"{names['notebook']}.ipynb"
        solutions = list(nbformat.read(path, as_version=4).cells) if path.exists() else []
        known = _known_mistakes(Path(coursedir.root), names["assignment"], nb)
        material = Material(released_notebook(coursedir, names), solutions, files_of(folder), folder, known)
        return material, course_packages(Path(coursedir.root))


def _known_mistakes(root: Path, assignment: str, nb: NotebookNode) -> tuple[KnownMistake, ...]:
    if not (root / CONFIG_NAME).is_file():
        return ()
    with contextlib.closing(Course(root)) as course:
        content, _ = fingerprints.read(course, assignment)
    return fingerprints.load(content, [marks(cell).get("grade_id", "") for cell in nb.cells])


def released_notebook(coursedir: Any, names: dict[str, str]) -> NotebookNode:
    """Return the notebook that the students received.

    Args:
        coursedir: nbgrader's CourseDirectory.
        names: the `assignment` and the `notebook`.

    Raises:
        CourseError: if it is not there, or not in Python.
    """
    folder = Path(coursedir.format_path(coursedir.release_directory, ".", names["assignment"]))
    path = folder / f"{names['notebook']}.ipynb"
    if not path.exists():
        raise CourseError(f"{path} does not exist. Run `sealgrade release {names['assignment']}` first.")
    notebook = nbformat.read(path, as_version=4)
    require_python(notebook.metadata, str(path))
    return copy.deepcopy(notebook)
