"""The assignment as it stands in source/, released in a copy of the course: what is checked is what would be released.

Nothing of the course itself is changed: a check can be made before the release, and while a class is being graded.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sealgrade.course import CONFIG_NAME, Course
from sealgrade.files import is_clutter
from sealgrade.gradebook import Gradebook
from sealgrade.sheet import Sheet, sheets


@dataclass(frozen=True)
class Workspace:
    """A released copy of an assignment.

    Attributes:
        sheets: what there is to know of each notebook, by name.
        release: the folder of the release.
        warnings: what its author may not have meant.
    """

    sheets: dict[str, Sheet]
    release: Path
    warnings: tuple[str, ...]


@contextmanager
def workspace(course: Course, assignment: str) -> Iterator[Workspace]:
    """Release an assignment in a copy of the course, which is removed in the end.

    Raises:
        CourseError: there is no such assignment.
        ReleaseError: it cannot be released.
    """
    from sealgrade.release import release  # loads nbgrader

    course.blueprint(assignment, "source")
    with tempfile.TemporaryDirectory(prefix="sealgrade-check-") as folder:
        root = Path(folder)
        for name, content in course.modules().items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        shutil.copy(course.root / CONFIG_NAME, root)
        source = course.folder("source", assignment)
        clutter = shutil.ignore_patterns(*(path.name for path in source.rglob("*") if is_clutter(path)))
        shutil.copytree(source, root / source.relative_to(course.root), ignore=clutter)
        with closing(sqlite3.connect(root / "gradebook.db")) as empty:
            # For a gradebook without it nbgrader asks Alembic, in a process that takes seconds, for a number.
            empty.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        with closing(Course(root)) as copy:
            copy.config.CourseDirectory.db_url = copy.directories.db_url = f"sqlite:///{root / 'gradebook.db'}"
            warnings = release(copy, assignment).warnings
            with Gradebook(copy.directories.db_url) as gradebook:
                known = gradebook.assignment(assignment)
            assert known is not None  # `release` has recorded it
            found = {name: _quick(sheet) for name, sheet in sheets(copy, known).items()}
            yield Workspace(found, copy.folder("release", assignment), warnings)


def _quick(sheet: Sheet) -> Sheet:
    """Nobody looks at what the cells put out: that it is shown clean, and figures, are left out."""
    return replace(sheet, settings=replace(sheet.settings, clean_outputs=False, draws=False), fingerprints=b"")
