"""nbgrader's Autograde on private copies of what was handed in, whoever starts it."""

import re
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

from sealgrade.intake import Taken, bad_id, take
from sealgrade.nbgrader_app import TolerantCourseDirectory
from sealgrade.plain import plain
from sealgrade.submission import read_release


def private(coursedir: Any, scratch: Path) -> TolerantCourseDirectory:
    """Return nbgrader's CourseDirectory as it is, but with the submissions in a private folder."""
    found = TolerantCourseDirectory(parent=coursedir.parent, root=coursedir.root)
    for name in coursedir.trait_names(config=True):
        setattr(found, name, getattr(coursedir, name))
    found.submitted_directory = str(scratch)
    found.is_private = True
    return found


def take_of(coursedir: Any, student: str, scratch: Path, allowed: Collection[str] = ()) -> Taken:
    """Take one student's submission of the assignment that a CourseDirectory is set to into a private folder.

    Raises:
        OSError: if it cannot be read.
    """
    assignment = coursedir.assignment_id
    names = (coursedir.format_path(step, student, assignment) for step in (coursedir.submitted_directory, str(scratch)))
    folder, copy = map(Path, names)
    base = Path(coursedir.root, coursedir.submitted_directory)
    release = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
    released = {path.stem: read_release(path.read_bytes()) for path in sorted(release.glob("*.ipynb"))}
    return take(folder, base if folder.is_relative_to(base) else folder.parent, copy, released, allowed)


def take_in(converter: Any) -> None:
    """Let nbgrader's Autograde, about to start, grade private copies; they go when it goes.

    Args:
        converter: an Autograde that knows the submissions it is to grade.
    """
    coursedir = converter.coursedir
    if getattr(coursedir, "is_private", False):
        return
    scratch = Path(mkdtemp(prefix="sealgrade-"))
    finalize(converter, shutil.rmtree, scratch, ignore_errors=True)
    allowed = converter.exclude_overwriting.get(coursedir.assignment_id, [])
    pattern = coursedir.format_path(coursedir.submitted_directory, "(?P<student>.*)", coursedir.assignment_id, True)
    for folder in sorted(converter.assignments):
        match = re.fullmatch(pattern, folder, re.DOTALL)
        student = match["student"] if match else ""
        problem = bad_id(student) if student else "it is not a student's folder"
        try:
            notes: Sequence[str] = () if problem else take_of(coursedir, student, scratch, allowed).notes
        except OSError as error:
            problem, notes = error.strerror, ()
        for note in [f"not graded: {problem}"] if problem else notes:
            converter.log.warning("%s: %s", plain(folder), note)
    converter.coursedir = private(coursedir, scratch)
    converter.init_notebooks()
