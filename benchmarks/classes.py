"""A class, graded by nbgrader and by us; by the difference of two sizes of it, so that the start does not count."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.anatomy import anatomy
from benchmarks.courses import Class, Courses
from benchmarks.sizes import Sizes
from benchmarks.table import Row, in_turn, times

JOBS = 2
_FEW_OURS = 4  # enough for each worker to be warm


@dataclass(frozen=True)
class Cost:
    """Seconds of a command: for each submission more, and for what it does once."""

    each: float
    once: float

    def __str__(self) -> str:
        return f"{1000 * self.each:.0f} ms a submission and {self.once:.1f} s once"


def both(theirs: Callable[[int], float], ours: Callable[[int], float], sizes: Sizes, few: int = 1) -> tuple[Cost, Cost]:
    """Measure the costs of two ways in turn."""
    many, more = few + sizes.stock, _FEW_OURS + sizes.ours
    found = in_turn(
        {
            "theirs, few": lambda: theirs(few),
            "ours, few": lambda: ours(_FEW_OURS),
            "theirs, many": lambda: theirs(many),
            "ours, many": lambda: ours(more),
        },
        sizes.rounds,
    )
    middle = {name: statistics.median(values) for name, values in found.items()}
    return (
        _cost(few, middle["theirs, few"], many, middle["theirs, many"]),
        _cost(_FEW_OURS, middle["ours, few"], more, middle["ours, many"]),
    )


def _cost(few: int, short: float, many: int, long: float) -> Cost:
    each = (long - short) / (many - few)
    if each <= 0:
        raise RuntimeError("more submissions took less time: the machine is too busy to measure on")
    return Cost(each, short - few * each)


def _row(measure: str, stock: Class, own: Class, sizes: Sizes) -> Row:
    theirs, ours = both(stock.autograde, lambda number: own.grade(number, "--jobs", str(JOBS)), sizes)
    detail = (
        f"nbgrader {theirs}; sealgrade, {JOBS} jobs and feedback pages included, {ours}, {1 / ours.each:.1f} a second"
    )
    parts = anatomy(own, sizes)
    floor = parts.cells / JOBS / 1000
    needed = (
        f"{parts}. At 100x there would be {10 * theirs.each * JOBS:.0f} ms of one core for a submission; "
        f"a grader that did nothing but run the cells would be at {theirs.each / floor:.0f}x."
    )
    return times(measure, theirs.each / ours.each, 100, detail, needed)


def rows(courses: Courses, sizes: Sizes) -> Iterator[Row]:
    """Exercise 2, and nbgrader's documentation course."""
    exercise = "submissions of Exercise 2 a second, against `nbgrader autograde`"
    yield _row(exercise, courses.stock, courses.sealed, sizes)
    yield _row("the same on nbgrader's documentation course", courses.stock_docs, courses.docs, sizes)
