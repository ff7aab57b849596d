"""Where the time of a submission goes, in one warm worker, beside the floor."""

import statistics
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.courses import Class
from benchmarks.running import Other, command
from benchmarks.sizes import Sizes
from benchmarks.table import in_turn


@dataclass(frozen=True)
class Anatomy:
    """Milliseconds of one core for a submission: the cells themselves, what grading adds, the pages."""

    cells: float
    grading: float
    pages: float

    def __str__(self) -> str:
        return (
            f"of a submission's time on one core, {self.cells:.0f} ms go into the cells themselves (the floor), "
            f"{self.grading - self.cells:.0f} ms into sealing and judging, {self.pages:.0f} ms into pages"
        )


def in_pairs(course: Class, notebooks: list[tuple[str, str]], rounds: int) -> dict[tuple[str, str], list[list[float]]]:
    """Grade notebooks and run their cells in plain IPython, in turn.

    Args:
        course: with these students' work handed in.
        notebooks: student and notebook.
        rounds: how often; once more at first, which does not count.

    Returns:
        For each notebook the milliseconds of grading, and those of its cells.
    """
    found = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        Other("warm_worker", str(course.root), course.assignment) as worker,
        Other("floor_cells", str(course.root)) as floor,
    ):
        for student, name in notebooks:
            file = str(Path(scratch) / "notebook.ipynb")
            ways = {
                "ours": partial(worker.milliseconds, f"grade {student} {name} {file}"),
                "floor": partial(floor.milliseconds, file),
            }
            measured = in_turn(ways, rounds + 1)
            found[student, name] = [measured["ours"][1:], measured["floor"][1:]]
    return found


def profile(course: Class, student: str, name: str) -> str:
    """Say where the time of grading a notebook goes."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        Other("warm_worker", str(course.root), course.assignment) as worker,
    ):
        words = f"{student} {name} {Path(scratch) / 'notebook.ipynb'}"
        worker.ask(f"grade {words}")
        return worker.ask(f"profile {words}")


def anatomy(course: Class, sizes: Sizes) -> Anatomy:
    """Take apart the submissions of a few students."""
    students = course.hand_in(sizes.students)
    names = sorted(path.stem for path in (course.root / "release" / course.assignment).glob("*.ipynb"))
    measured = in_pairs(course, [(student, name) for student in students for name in names], sizes.rounds)
    ours, floor = (
        sum(statistics.median(values[way]) for values in measured.values()) / len(students) for way in (0, 1)
    )
    command(course.root, "sealgrade", "grade", course.assignment, "--quiet")
    with Other("warm_worker", str(course.root), course.assignment) as worker:
        for student in students:
            worker.milliseconds(f"pages {student}")
        pages = sum(worker.milliseconds(f"pages {student}") for student in students) / len(students)
    return Anatomy(floor, ours, pages)
