"""Who has handed something in, and what in `submitted/` is not a student's folder."""

import os
import unicodedata
from collections.abc import Iterator, Sequence

from sealgrade.course import Course
from sealgrade.intake import bad_id
from sealgrade.plain import plain


def students_of(course: Course, assignment: str) -> tuple[list[str], list[str]]:
    """Return the students whose work is there, sorted, and what there is to say about the rest of `submitted/`."""
    students: list[str] = []
    warnings: list[str] = []
    excluded = {name.strip() for name in course.directories.student_id_exclude.split(",")}
    submitted = course.folder("submitted")
    for path in sorted(submitted.iterdir()) if submitted.is_dir() else []:
        folder = course.folder("submitted", assignment, path.name)
        problem = None
        if path.name.startswith(".") or path.name in excluded:
            continue
        if path.is_symlink():
            problem = "is a link and was not graded: put the folder itself there."
        elif not path.is_dir():
            problem = "is not a student's folder and was not graded."
        elif reason := bad_id(path.name):
            problem = f"was not graded: {reason}."
        elif not os.access(path, os.R_OK | os.X_OK):
            problem = "cannot be read: you have no permission."
        elif folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            problem = f"was not graded: {assignment} in it is not a folder."
        elif folder.is_dir():
            students.append(path.name)
        elif any(path.glob("*.ipynb")):
            problem = f"holds notebooks; they belong into {plain(str(folder))}."
        if problem:
            warnings.append(f"{plain(str(path))} {problem}")
    return students, [*warnings, *_look_alikes(students)]


def _look_alikes(students: Sequence[str]) -> Iterator[str]:
    """Students whose ids a person would take for the same, one of whom may be posing as the other."""
    alike: dict[str, list[str]] = {}
    for student in students:
        alike.setdefault(unicodedata.normalize("NFKC", student).casefold(), []).append(student)
    for names in alike.values():
        if len(names) > 1:
            yield f"These students' ids differ by no more than case or accents: {', '.join(names)}."
