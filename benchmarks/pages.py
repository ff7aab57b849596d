"""Feedback pages of the same autograded notebooks, as nbgrader makes them and as we do, both warm."""

import shutil
import statistics
from pathlib import Path

from benchmarks.courses import Courses
from benchmarks.running import Other, command
from benchmarks.sizes import Sizes
from benchmarks.table import Row, middle_ratio, times

_STUDENTS = 3  # for each that is looked at elsewhere: a page is made quickly


def rows(courses: Courses, sizes: Sizes) -> list[Row]:
    """Pages of Exercise 2."""
    stock, sealed = courses.stock, courses.sealed
    students = sealed.hand_in(_STUDENTS * sizes.students)
    command(sealed.root, "sealgrade", "grade", sealed.assignment, "--force", "--quiet")
    _copy(sealed.root, stock.root)
    pages = len(list((sealed.root / "release" / sealed.assignment).glob("*.ipynb")))
    theirs, ours = [], []
    with (
        Other("nbgrader_pages", str(stock.root), stock.assignment) as nbgrader,
        Other("warm_worker", str(sealed.root), sealed.assignment) as worker,
    ):
        for student in students:
            # Once only: the second time, all that this student wrote has been rendered already.
            theirs.append(nbgrader.milliseconds(student) / pages)
            ours.append(worker.milliseconds(f"pages {student}") / pages)
    if len(students) > 1:  # the first finds nothing ready
        theirs, ours = theirs[1:], ours[1:]
    return [
        times(
            "feedback pages, against `nbgrader generate_feedback`",
            middle_ratio(theirs, ours),
            20,
            f"{statistics.median(theirs):.0f} ms a page and {statistics.median(ours):.1f} ms, of students whose pages "
            "are made for the first time",
            "the template's rendering, and sanitising and highlighting of what this student alone wrote",
        )
    ]


def _copy(graded: Path, stock: Path) -> None:
    """Give nbgrader's course our gradebook and our autograded notebooks: the pages are of the same."""
    for folder in ("autograded", "feedback"):
        shutil.rmtree(stock / folder, ignore_errors=True)
    shutil.rmtree(graded / "feedback")
    shutil.copytree(graded / "autograded", stock / "autograded")
    shutil.copy(graded / "gradebook.db", stock / "gradebook.db")
