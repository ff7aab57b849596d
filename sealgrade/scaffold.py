"""The start of a new assignment: a small one that works at once, for its author to replace cell by cell."""

import contextlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from sealgrade.course import CONFIG_NAME, Course, find_root
from sealgrade.errors import CourseError, SealgradeError

_CONFIG = """\
\"\"\"The course: one configuration for `sealgrade` and for nbgrader's own commands.\"\"\"

from sealgrade.settings import configure

c = get_config()
configure(c)
"""
_TEMPLATE = files("sealgrade") / "templates" / "new"


class ScaffoldError(SealgradeError):
    """An assignment cannot be started: its name will not do, or there is something already."""


@dataclass(frozen=True)
class Scaffold:
    """What was written.

    Attributes:
        root: the course's folder.
        assignment: the assignment's name.
        written: the files, in the order in which an author looks at them.
    """

    root: Path
    assignment: str
    written: tuple[Path, ...]


def new_assignment(assignment: str, course: Path | None = None) -> Scaffold:
    """Write an example of an assignment, with its bank; nothing that exists is changed.

    Args:
        assignment: its name, for example "sheet3".
        course: the course's folder, or one inside it; a folder that is in no course becomes one. Without it, the
            course that the working directory is in.

    Raises:
        ScaffoldError: the name will not do, there is such an assignment, or the folder cannot be written to.
        CourseError: the working directory is in no course, or its configuration cannot be loaded.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", assignment):
        raise ScaffoldError(
            f"{assignment!r} cannot be an assignment's name. Use letters, digits, '-', '_' and '.', as in sheet-3; "
            "it names folders, and the first character is a letter or a digit."
        )
    root, config = _course_root(course)
    contents = {root / CONFIG_NAME: _CONFIG} if config else {}
    # A course that is begun here has the folders of the configuration that is written.
    source, release = (root / step / assignment for step in ("source", "release"))
    if not config:
        opened = Course(root)
        source, release = opened.folder("source", assignment), opened.folder("release", assignment)
        opened.close()
    bank = root / "bank" / assignment
    for folder in (source, bank, release):
        if folder.exists() or folder.is_symlink():
            raise ScaffoldError(
                f"There is {folder} already. Take another name, or move that folder away; nothing was written."
            )
    contents[source / f"{assignment}.ipynb"] = _read(_TEMPLATE / "assignment.ipynb")
    entries = sorted((_TEMPLATE / "bank").iterdir(), key=lambda entry: entry.name)
    contents |= {bank / entry.name: _read(entry) for entry in entries if entry.name.endswith(".toml")}
    _write_all(contents)
    return Scaffold(root, assignment, tuple(contents))


def _course_root(course: Path | None) -> tuple[Path, bool]:
    """Return the course's folder, and whether it is yet to become one."""
    if course is not None and not course.exists():
        return course.resolve(), True  # a folder that is to be made is meant as a course of its own, wherever it is
    try:
        return find_root(course or Path()), False
    except CourseError as error:
        if course is not None:
            return course.resolve(), True
        raise CourseError(
            f"No {CONFIG_NAME} in {Path().resolve()} or above it. Go to the course's folder, or begin a course with "
            "--course FOLDER (--course . for this folder)."
        ) from error


def _read(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _write_all(contents: dict[Path, str]) -> None:
    """Write the files, all or none."""
    written: list[Path] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(content)
    except OSError as error:
        for done in written:
            done.unlink()
            with contextlib.suppress(OSError):  # there is something else in it
                done.parent.rmdir()
        raise ScaffoldError(f"{path} cannot be written: {error.strerror}. No file was left behind.") from error
