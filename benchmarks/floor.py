"""Grading a notebook in a warm worker, against the floor: its cells in one warm process, with nothing around them."""

import statistics
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.anatomy import in_pairs, profile
from benchmarks.courses import LIGHT, UNDRAWN, Class, Courses
from benchmarks.sizes import Sizes
from benchmarks.table import Row, at_most, middle_ratio

_ROUNDS = 5


def rows(courses: Courses, sizes: Sizes) -> Iterator[Row]:
    """Notebooks with figures, one without, and a very small one, of which nothing is asked."""
    three = ("task5", "task6", "task7")
    yield _row("a notebook with figures, against its cells alone", courses.sealed, three, 1.2, sizes)
    yield _row("a notebook that draws nothing, against its cells alone", courses.undrawn, (UNDRAWN,), 1.5, sizes)
    light = _row("a notebook of a few light cells, against them alone", courses.light, (LIGHT,), 0, sizes)
    yield replace(light, reach="", reached=None)


def _row(measure: str, course: Class, names: tuple[str, ...], most: float, sizes: Sizes) -> Row:
    student = course.hand_in(1)[0]
    measured = in_pairs(course, [(student, name) for name in names], _ROUNDS * sizes.rounds)
    ours = {name: statistics.median(values[0]) for (_, name), values in measured.items()}
    floor = {name: statistics.median(values[1]) for (_, name), values in measured.items()}
    ratios = {name: middle_ratio(*values) for (_, name), values in measured.items()}
    worst = sum(ours.values()) / sum(floor.values())
    each = ", ".join(f"{name} {ours[name]:.0f} ms to {floor[name]:.0f} ms ({ratios[name]:.2f}x)" for name in names)
    more = sum(ours.values()) - sum(floor.values())
    needed = ""
    if worst > most > 0:
        farthest = max(names, key=lambda name: ours[name] - floor[name])
        needed = (
            f"{more:.0f} ms more than the cells. In the examiner, {farthest}: {profile(course, student, farthest)}. "
            "Cells behind a hidden test run twice, each call of a test crosses the wall, and each notebook has a fork "
            "and its confinement: fewer and cheaper of these are what is needed."
        )
    return at_most(measure, worst, most, "times the floor", each, needed)
