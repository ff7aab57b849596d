"""The students' version of an assignment, made by nbgrader's GenerateAssignment and recorded in the gradebook."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

from sealgrade.blueprint import Blueprint
from sealgrade.course import Course
from sealgrade.errors import ReleaseError
from sealgrade.files import is_clutter, source_fingerprint
from sealgrade.nbgrader_app import Errors
from sealgrade.slips import without_slips
from sealgrade.state import State, only_run


@dataclass(frozen=True)
class Release:
    """What a release holds, which of its files are new, and what its author may not have meant."""

    blueprint: Blueprint
    folder: Path
    changed: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def release(course: Course, assignment: str) -> Release:
    """Make the release of an assignment; files that would not change are not touched.

    Args:
        course: the course.
        assignment: for example "exercise2".

    Raises:
        CourseError: if the assignment does not exist.
        ReleaseError: if the release would hold what students are not to see, or nbgrader refuses the notebooks.
    """
    due = course.due(assignment)
    course.blueprint(assignment, "source")
    source, target = course.folder("source", assignment), course.folder("release", assignment)
    for path in sorted(source.glob("*.ipynb")):
        _check_ids(path)
    warnings = without_slips(course, assignment)
    with only_run(course.root), tempfile.TemporaryDirectory(dir=course.root, prefix=".release-") as scratch:
        _generate(course, assignment, Path(scratch))
        changed = _bring_up_to_date(Path(scratch) / assignment, target)
    with course.nbgrader.gradebook() as gradebook:
        gradebook.update_or_create_assignment(assignment, **({"duedate": due} if due else {}))
    State(course.root, assignment).save("release", {"source": source_fingerprint(source)})
    return Release(course.blueprint(assignment), target, tuple(changed), warnings)


def _check_ids(path: Path) -> None:
    """Without ids of their own, cells get new ones at each release, and no two releases are alike."""
    try:
        raw = json.loads(path.read_bytes())
        needs_ids = (raw["nbformat"], raw["nbformat_minor"]) >= (4, 5)
        if needs_ids and not all("id" in cell for cell in raw["cells"]):
            raise ReleaseError(f"{path} has cells without an id. Open it in JupyterLab and save it.")
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{path} is not a readable notebook ({error!r}). Open it in Jupyter and save it.") from error


def _generate(course: Course, assignment: str, scratch: Path) -> None:
    # Not with `student=".": the converter sets that itself.
    coursedir = course.nbgrader.coursedir(assignment)
    coursedir.release_directory = str(scratch)
    converter = GenerateAssignment(coursedir=coursedir, parent=course.nbgrader.app)
    converter.force = True
    with course.nbgrader.collecting_errors() as errors:
        try:
            converter.start()
        except NbGraderException as error:
            raise ReleaseError(_explain(course, assignment, errors)) from error


def _explain(course: Course, assignment: str, errors: Errors) -> str:
    if "Cannot add or remove cells" in errors.text or "Cannot modify existing assignment" in errors.text:
        return (
            f"Notebooks or nbgrader cells were added to {assignment} or taken away, but {course.gradebook_path} holds "
            "submissions of it. Undo that change (texts, tests and points may change), or move the gradebook away, "
            "release again and grade everything anew; the marks given by hand are in the gradebook that you moved."
        )
    return f"nbgrader cannot release {course.folder('source', assignment)}: {errors.cause} (more in {course.log_path})"


def _bring_up_to_date(new: Path, target: Path) -> list[Path]:
    changed = []
    wanted = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    for relative in sorted(wanted):
        path = target / relative
        if not path.exists() or path.read_bytes() != (new / relative).read_bytes():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(new / relative, path)
            changed.append(path)
    for path in sorted(p for p in target.rglob("*") if p.is_file() and not is_clutter(p)):
        if path.relative_to(target) not in wanted:
            path.unlink()
            changed.append(path)
    return changed
