"""How long the tests' own examination takes: `sealgrade check` with the bank and mutants of Exercise 2."""

from collections.abc import Iterator

from benchmarks.courses import EXERCISE, Courses
from benchmarks.running import command
from benchmarks.sizes import QUICK, Sizes
from benchmarks.table import Row, at_most

_ENTRIES = 1000


def rows(courses: Courses, sizes: Sizes) -> Iterator[Row]:
    """The whole command, with as many mutants as fill a thousand entries."""
    root = courses.sealed.root
    bank = len(list((root / "bank" / EXERCISE).glob("*.toml")))
    tried = 8 if sizes is QUICK else max(0, _ENTRIES - bank)  # of the more than 700 that there are
    taken = command(root, "sealgrade", "check", EXERCISE, "--mutants", str(tried))
    yield at_most(
        f"`sealgrade check` with {_ENTRIES} entries",
        taken * _ENTRIES / (bank + tried),
        120,
        "s",
        f"{bank} entries of the bank and {tried} mutants took {taken:.0f} s",
        "most of it are networks with a mistake: each has a process, its cells with figures that are made and not "
        "drawn, and some three hundred questions over the wall. Needed: fewer pages to copy at a fork, fewer switches "
        "between processes",
    )
