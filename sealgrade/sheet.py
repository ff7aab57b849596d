"""What there is to know to grade one notebook of an assignment, as plain data that can go to any process."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from traitlets import Integer
from traitlets.config import Configurable

import sealgrade
from sealgrade import fingerprints
from sealgrade.cells import marks
from sealgrade.course import Course
from sealgrade.engine import EngineSettings, configured
from sealgrade.errors import CourseError
from sealgrade.files import files_of
from sealgrade.gradebook.values import Assignment, SourceNotebook
from sealgrade.kernels import require_python
from sealgrade.settings import read

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """One notebook of an assignment.

    Attributes:
        assignment: the assignment's name.
        name: the notebook's, without `.ipynb`.
        released: as the students received it, as JSON has it.
        instructors: the instructor's notebook, None where it is not at hand.
        source: what the gradebook says of it.
        files: what the assignment ships beside the notebook.
        kept: files of which those count that students hand in.
        folder: where the released files are.
        modules: the course's own packages, which tests import: the files, by their paths in the course's folder.
        packages: their names.
        root: the course's folder.
        settings: the engine's.
        max_lines: of printed text that is kept of a cell; -1 for all.
        max_traceback: lines of a traceback that are kept; -1 for all.
        fingerprints: of the assignment's known mistakes, as `fingerprints.load` takes them.
    """

    assignment: str
    name: str
    released: Notebook
    instructors: Notebook | None
    source: SourceNotebook
    files: Mapping[str, bytes]
    kept: tuple[str, ...]
    folder: Path
    modules: Mapping[str, bytes]
    packages: tuple[str, ...]
    root: Path
    settings: EngineSettings
    max_lines: int
    max_traceback: int
    fingerprints: bytes = b""

    @cached_property
    def digest(self) -> str:
        """Of all that a verdict depends on but the submission: all of this, and sealgrade's own code."""
        settings = {name: value for name, value in asdict(self.settings).items() if name != "trust_submissions"}
        told = [
            *(self.assignment, self.name, self.released, self.instructors, asdict(self.source)),
            *({name: _hash(content) for name, content in files.items()} for files in (self.files, self.modules)),
            *(self.packages, self.kept, settings, self.max_lines, self.max_traceback, _hash(self.fingerprints)),
            _software(),
        ]
        return _hash(json.dumps(told, sort_keys=True).encode())


def sheets(course: Course, known: Assignment, known_mistakes: bytes | None = None) -> dict[str, Sheet]:
    """Return the sheets of an assignment's notebooks, by name.

    Args:
        course: the course.
        known: what its gradebook says of the assignment.
        known_mistakes: their fingerprints, where `fingerprints.read` has been asked for them already.

    Raises:
        CourseError: the release and the gradebook do not fit.
    """
    release, source = (course.folder(step, known.name) for step in ("release", "source"))
    if known_mistakes is None:
        known_mistakes, _ = fingerprints.read(course, known.name)
    limits = read(LimitOutput, course.config)
    settings = configured(course.config, known.name, course.settings.limits)
    files, modules = files_of(release), course.modules()
    kept = tuple(course.files_of_students(known.name))
    again = f"Run `sealgrade release {known.name}` again."
    found = {}
    for name, about in known.notebooks.items():
        released = _read(release / f"{name}.ipynb")
        if released is None:
            raise CourseError(f"There is no notebook {release / name}.ipynb, and the gradebook has one. {again}")
        require_python(released["metadata"], f"{release / name}.ipynb")
        for cell in released["cells"]:
            grade_id = marks(cell).get("grade_id")
            if grade_id is not None and grade_id not in about.cells:
                raise CourseError(f"The gradebook does not know the cell {grade_id} of {release / name}.ipynb. {again}")
        found[name] = Sheet(
            known.name,
            name,
            released,
            _read(source / f"{name}.ipynb"),
            about,
            files,
            kept,
            release,
            modules,
            course.packages(),
            course.root,
            settings,
            limits.max_lines,
            limits.max_traceback,
            known_mistakes,
        )
    return found


class LimitOutput(Configurable):
    """Stands for nbgrader's preprocessor of that name, which has these settings."""

    max_lines = Integer(1000).tag(config=True)
    max_traceback = Integer(100).tag(config=True)


def _read(path: Path) -> Notebook | None:
    try:
        notebook: Notebook = json.loads(path.read_bytes())
        if notebook["nbformat"] != 4:
            import nbformat  # takes a while, and is needed for old notebooks only

            notebook = nbformat.read(path, as_version=4)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    except FileNotFoundError:
        return None
    except Exception as error:  # nbformat has many ways to fail
        raise CourseError(f"{path} is not a readable notebook ({error!r}). Open it in Jupyter and save it.") from error
    return notebook


@cache
def _software() -> tuple[str, ...]:
    """sealgrade's own code, and what computes."""
    own = Path(sealgrade.__file__).parent
    code = _hash(b"".join(path.read_bytes() for path in sorted(own.rglob("*.py"))))
    return code, platform.python_version(), *(version(name) for name in ("ipython", "matplotlib", "numpy"))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
