"""What a check has found: how good the tests are, in numbers, and what falls short, with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sealgrade.assay.leaks import Leak
from sealgrade.assay.naming import Naming
from sealgrade.assay.trial import Outcome
from sealgrade.assay.works import Kind
from sealgrade.blueprint import Blueprint, Cell

_A_BIT = 1e-9


@dataclass(frozen=True)
class Shortfall:
    """A piece of work that was not judged as it should be.

    Attributes:
        name: of the piece of work.
        kind: what it is there for.
        summary: what it is.
        reason: what went wrong.
    """

    name: str
    kind: Kind
    summary: str
    reason: str


@dataclass(frozen=True)
class Alike:
    """A mutant that behaves as the solution does.

    Attributes:
        name: of the mutant.
        change: what was changed.
    """

    name: str
    change: str


@dataclass
class Count:
    """How often something was as it should be.

    Attributes:
        good: how often.
        of: how many times it could have been.
    """

    good: int = 0
    of: int = 0

    def add(self, good: bool) -> None:
        """Count one more."""
        self.good += good
        self.of += 1

    @property
    def rate(self) -> float:
        """The share that was good, in percent; 100 of nothing."""
        return 100 * self.good / self.of if self.of else 100.0


@dataclass
class PartFinding:
    """What was found of one part.

    Attributes:
        points: that it is worth, by tests.
        caught: mistakes that should lose points here, and do.
        kept: right alternatives that have all points here.
        spared: mistakes of other parts that lose nothing here.
    """

    points: float
    caught: Count = field(default_factory=Count)
    kept: Count = field(default_factory=Count)
    spared: Count = field(default_factory=Count)


@dataclass
class CellFinding:
    """What was found of one test cell.

    Attributes:
        part: that it marks.
        points: that it is worth.
        fails: mistakes that fail here, and mutants of which it is the first test cell to fail.
        alone: mistakes that no other cell of the part finds.
        rejects: right alternatives that fail here.
    """

    part: str
    points: float
    fails: int = 0
    alone: int = 0
    rejects: int = 0


@dataclass
class Findings:
    """All that a check has found.

    Attributes:
        assignment: its name.
        parts: by name.
        cells: the test cells, by grade_id.
        catch: mistakes that lose points in every part in which they should.
        alternatives: right alternatives that have full marks.
        elsewhere: mistakes that lose points only where they should.
        points_elsewhere: the points that are lost where nothing was wrong, by mistakes, in all.
        mutants: those that were caught, of those that are not equivalent.
        equivalent: mutants that behave as the reference does.
        reference: points of the instructor's version, and how many there are.
        untouched: points of the untouched release.
        leaks: what of the solution and the tests is in the release.
        naming: how mistakes are named.
        shortfalls: what was not judged as it should be.
        warnings: what else an instructor has to know.
        seconds: that it took.
        works: pieces of work that were graded.
    """

    assignment: str
    parts: dict[str, PartFinding] = field(default_factory=dict)
    cells: dict[str, CellFinding] = field(default_factory=dict)
    catch: Count = field(default_factory=Count)
    alternatives: Count = field(default_factory=Count)
    elsewhere: Count = field(default_factory=Count)
    points_elsewhere: float = 0.0
    mutants: Count = field(default_factory=Count)
    equivalent: list[Alike] = field(default_factory=list)
    reference: tuple[float, float] = (0.0, 0.0)
    untouched: float = 0.0
    leaks: list[Leak] = field(default_factory=list)
    naming: Naming = field(default_factory=Naming)
    shortfalls: list[Shortfall] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    works: int = 0

    @property
    def idle(self) -> list[str]:
        """The test cells that no mistake and no mutant fails: they never decide anything."""
        return [name for name, cell in self.cells.items() if not cell.fails]


def evaluate(blueprint: Blueprint, outcomes: Sequence[Outcome], equivalent: Mapping[str, bool]) -> Findings:
    """Count what was judged as it should be.

    Args:
        blueprint: of the assignment.
        outcomes: of all pieces of work; the first is the reference's.
        equivalent: of the mutants that were not caught, whether each behaves as the reference does; those of which
            that is not known are missing.
    """
    tests = [cell for cell in blueprint.cells if not cell.by_hand]
    found = Findings(blueprint.assignment, works=len(outcomes))
    for cell in tests:
        part = found.parts.setdefault(cell.part, PartFinding(0.0))
        part.points += cell.points
        found.cells[cell.grade_id] = CellFinding(cell.part, cell.points)
    found.reference = sum(outcomes[0].scores.values()), sum(cell.points for cell in tests)
    for outcome in outcomes:
        lost = _lost(tests, outcome)
        kind = outcome.work.kind
        if outcome.failure:
            found.shortfalls.append(_shortfall(outcome, f"could not be graded: {outcome.failure}"))
        if kind is Kind.REFERENCE and lost:
            found.shortfalls.append(_shortfall(outcome, _where(lost, outcome)))
        elif kind is Kind.UNTOUCHED:
            _untouched(found, tests, outcome)
        elif kind is Kind.ALTERNATIVE:
            _alternative(found, tests, outcome, lost)
        elif kind is Kind.MISTAKE:
            _mistake(found, tests, outcome, lost)
        elif kind is Kind.MUTANT:
            _mutant(found, tests, outcome, lost, equivalent.get(outcome.work.name))
    return found


def _lost(tests: Iterable[Cell], outcome: Outcome) -> dict[str, float]:
    """Return the test cells that cost points, each with how many."""
    found = {cell.grade_id: cell.points - outcome.scores.get(cell.grade_id, cell.points) for cell in tests}
    return {name: points for name, points in found.items() if points > _A_BIT}


def _untouched(found: Findings, tests: Iterable[Cell], outcome: Outcome) -> None:
    gained = {cell.grade_id: outcome.scores.get(cell.grade_id, 0.0) for cell in tests}
    found.untouched = sum(gained.values())
    earning = [name for name, points in gained.items() if points > _A_BIT]
    if earning:
        found.shortfalls.append(_shortfall(outcome, f"earns {found.untouched:g} points: {', '.join(earning)}"))


def _alternative(found: Findings, tests: Sequence[Cell], outcome: Outcome, lost: Mapping[str, float]) -> None:
    right = not lost and not outcome.failure
    found.alternatives.add(right)
    parts = {cell.part for cell in tests if cell.grade_id in lost}
    for name, part in found.parts.items():
        part.kept.add(name not in parts)
    for name in lost:
        found.cells[name].rejects += 1
    if lost:
        found.shortfalls.append(_shortfall(outcome, f"is right, and loses points: {_where(lost, outcome)}"))


def _mistake(found: Findings, tests: Sequence[Cell], outcome: Outcome, lost: Mapping[str, float]) -> None:
    entry = outcome.work.entry
    assert entry is not None
    parts = {cell.part for cell in tests if cell.grade_id in lost}
    should = set(entry.loses)
    missed, more = should - parts, parts - should
    found.catch.add(not missed)
    found.elsewhere.add(not more)
    found.points_elsewhere += sum(lost[cell.grade_id] for cell in tests if cell.grade_id in lost and cell.part in more)
    for name, part in found.parts.items():
        (part.caught if name in should else part.spared).add((name in parts) == (name in should))
    _count_cells(found, tests, lost)
    unknown = should - found.parts.keys()
    if unknown:
        reason = f"its `loses` names {', '.join(sorted(unknown))}, which no test cell marks"
        found.shortfalls.append(_shortfall(outcome, reason))
    elif missed:
        found.shortfalls.append(_shortfall(outcome, f"loses nothing in {', '.join(sorted(missed))}"))
    if more:
        wrongly = {cell.grade_id: lost[cell.grade_id] for cell in tests if cell.grade_id in lost and cell.part in more}
        found.shortfalls.append(_shortfall(outcome, f"loses points where nothing is wrong: {_where(wrongly, outcome)}"))


def _mutant(
    found: Findings, tests: Sequence[Cell], outcome: Outcome, lost: Mapping[str, float], equivalent: bool | None
) -> None:
    for name in lost:
        found.cells[name].fails += 1
    if equivalent and not lost:
        found.equivalent.append(Alike(outcome.work.name, outcome.work.summary))
        return
    found.mutants.add(bool(lost))
    if not lost:
        # Without probes nobody knows; most mutants that live are mistakes, but some are none.
        notices = "no test notices" if equivalent is None else "behaves differently, and no test notices"
        found.shortfalls.append(_shortfall(outcome, notices))


def _count_cells(found: Findings, tests: Sequence[Cell], lost: Mapping[str, float]) -> None:
    for cell in tests:
        if cell.grade_id in lost:
            others = [other for other in tests if other.part == cell.part and other.grade_id in lost]
            found.cells[cell.grade_id].fails += 1
            found.cells[cell.grade_id].alone += len(others) == 1


def _shortfall(outcome: Outcome, reason: str) -> Shortfall:
    return Shortfall(outcome.work.name, outcome.work.kind, outcome.work.summary, reason)


def _where(lost: Mapping[str, float], outcome: Outcome) -> str:
    """Return why points were lost: what the tests say follows from a cell that did not run."""
    answers = [name for name in outcome.messages if name not in outcome.scores]
    broken = [f"the cell {name} did not run: {outcome.messages[name]}" for name in answers]
    return "; ".join([*broken, *(f"{name}: {outcome.messages.get(name, 'no message')}" for name in lost)])
