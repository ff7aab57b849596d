"""How long the tests' own examination takes: `sealgrade check` with the bank and mutants of Exercise 2."""

from collections.abc import Iterator

from benchmarks.courses import EXERCISE, Courses
from benchmarks.running import command
from benchmarks.sizes import QUICK, Sizes
from benchmarks.table import Row, at_most
from sealgrade.assay.mutants import mutants
from sealgrade.inline import solved_cells

_ENTRIES = 1000


def rows(courses: Courses, sizes: Sizes) -> Iterator[Row]:
    """The whole command, with as many mutants as fill a thousand entries; if there are fewer, in proportion."""
    root = courses.sealed.root
    bank = len(list((root / "bank" / EXERCISE).glob("*.toml")))
    wanted = 8 if sizes is QUICK else max(0, _ENTRIES - bank)
    code = {cell: source for cell, source in solved_cells(root, EXERCISE).items() if "derivation" not in cell}
    tried = min(wanted, len(mutants(code)))
    taken = command(root, "sealgrade", "check", EXERCISE, "--mutants", str(tried))
    yield at_most(
        f"`sealgrade check` with {_ENTRIES} entries",
        taken * _ENTRIES / (bank + tried),
        120,
        "s",
        f"{bank} entries of the bank and {tried} mutants took {taken:.0f} s",
        "most of it are wrong networks: what error carried forward earns takes thousands of questions over the wall",
    )
