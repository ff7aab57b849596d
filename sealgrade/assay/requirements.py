"""What a check is required to reach: `--require catch=100,false-rejects=0`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sealgrade.assay.findings import Findings
from sealgrade.errors import SealgradeError


@dataclass(frozen=True)
class Measure:
    """A number that can be required.

    Attributes:
        help: what it is.
        value: reads it from the findings.
        at_least: whether more is better.
        unit: of the number.
        tried: of how many pieces of work it is a share; a share of none is not reached.
        none: what is missing then.
    """

    help: str
    value: Callable[[Findings], float]
    at_least: bool
    unit: str = ""
    tried: Callable[[Findings], int] = lambda found: 1
    none: str = ""


_NO_MISTAKE = "there is no mistake in the bank"
MEASURES = {
    "catch": Measure(
        "mistakes that lose points wherever they should",
        lambda f: f.catch.rate,
        True,
        "%",
        lambda f: f.catch.of,
        _NO_MISTAKE,
    ),
    "false-rejects": Measure(
        "right alternatives that lose points",
        lambda f: 100 - f.alternatives.rate,
        False,
        "%",
        lambda f: f.alternatives.of,
        "there is no alternative in the bank",
    ),
    "elsewhere": Measure(
        "mistakes that lose points where nothing is wrong",
        lambda f: 100 - f.elsewhere.rate,
        False,
        "%",
        lambda f: f.elsewhere.of,
        _NO_MISTAKE,
    ),
    "mutants": Measure(
        "mutants that are caught, of those that are not equivalent",
        lambda f: f.mutants.rate,
        True,
        "%",
        lambda f: f.mutants.of + len(f.equivalent),
        "no mutant was tried: say how many with --mutants, where the solution has something to change",
    ),
    "wrong-names": Measure("diagnoses that name another mistake", lambda f: f.naming.wrong_rate, False, "%"),
    "idle-cells": Measure("test cells that never decide anything", lambda f: float(len(f.idle)), False),
    "leaks": Measure("lines of the solution or the tests in the release", lambda f: float(len(f.leaks)), False),
    "reference": Measure(
        "points of the instructor's version", lambda f: 100 * f.reference[0] / (f.reference[1] or 1), True, "%"
    ),
    "untouched": Measure("points of the untouched release", lambda f: f.untouched, False),
}


@dataclass(frozen=True)
class Requirement:
    """A bound on a measure."""

    name: str
    bound: float

    def falls_short(self, found: Findings) -> str:
        """Return in words how the findings fall short of it; nothing where they do not."""
        measure = MEASURES[self.name]
        if not measure.tried(found):
            return f"{self.name}: {measure.none}"
        value = measure.value(found)
        if value >= self.bound if measure.at_least else value <= self.bound:
            return ""
        most = "at least" if measure.at_least else "at most"
        return f"{self.name}: {value:.4g}{measure.unit}, required is {most} {self.bound:g}{measure.unit}"


def parse(texts: Iterable[str]) -> list[Requirement]:
    """Read requirements.

    Args:
        texts: each of them one or more, as "catch=100,false-rejects=0".

    Raises:
        SealgradeError: there is no such measure, or no number.
    """
    found = []
    for text in (piece.strip() for whole in texts for piece in whole.split(",")):
        name, equals, number = text.partition("=")
        try:
            bound = float(number)
        except ValueError:
            bound = float("nan")
        if name not in MEASURES or not equals or bound != bound:
            known = ", ".join(f"{name}={'100' if measure.at_least else '0'}" for name, measure in MEASURES.items())
            raise SealgradeError(
                f"--require {text!r} is not understood. Write some of these, with your numbers: {known}."
            )
        found.append(Requirement(name, bound))
    return found
