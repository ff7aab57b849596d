"""Which mutants, of those that no test has caught, are only another way to write the solution, by the probes.

Theory of operation. That the probes see no difference is evidence only where they look. So a mutant is taken for the
solution only if they tell another mutant of the same function from it. Most often that is one that no test has caught
either; otherwise a few that were caught are tried. A function none of whose mutants is caught is most likely one that
nobody tests, so nothing that is found about another function speaks for it. Code outside of functions may do without a
mutant of its own: where it is wrong, so is what the functions of its cell return.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sealgrade.assay.behaviour import equivalent
from sealgrade.assay.trial import Outcome, Trial
from sealgrade.assay.works import Work

_MOST = 3  # mutants of a place that are tried: a probe that looks there tells nearly any one that a test tells

Place = tuple[str, str]  # a cell, and a function in it


def equivalents(
    trial: Trial,
    reference: Work,
    mutated: Sequence[Outcome],
    places: Mapping[str, Place],
    probes: Path,
    progress: Callable[[str, int, int], Any],
    warnings: list[str],
) -> dict[str, bool]:
    """Return whether mutants that no test has caught behave as the reference does, as far as that is known.

    Args:
        trial: runs the probes.
        reference: the solution.
        mutated: the mutants, as they were graded.
        places: where each of them differs from the solution, by name.
        probes: the file.
        progress: is told what is done.
        warnings: what an instructor has to know is added.

    Raises:
        ConfinementUnavailable: this machine cannot confine students' code.
    """
    tests = {name for names in trial.tests.values() for name in names}
    survivors = [outcome for outcome in mutated if tests.isdisjoint(outcome.messages)]
    if not survivors or not probes.is_file():
        return {}
    progress("comparing behaviour", 0, len(survivors))
    source = probes.read_text(encoding="utf-8")
    (right,) = trial.behaviours([reference], source)
    useless = {name: why for name, told in right.items() if (why := _useless(told))}
    for name, why in useless.items():  # for want of anything to compare, every mutant would be like the reference
        warnings.append(f"{probes} does not work with the solution of {name}.ipynb: {why}")
    survivors = [outcome for outcome in survivors if useless.keys().isdisjoint(outcome.work.notebooks)]

    def alike(outcomes: Iterable[Outcome]) -> dict[str, bool]:
        works = [outcome.work for outcome in outcomes]
        return {
            work.name: all(equivalent(right[name], behaviour) for name, behaviour in behaviours.items())
            for work, behaviours in zip(works, trial.behaviours(works, source), strict=True)
        }

    caught = {one.work.name: one for one in mutated if not tests.isdisjoint(one.messages) and not _is_slow(one)}
    witnesses = {
        place: _witnesses(place, caught, places)
        for place in dict.fromkeys(places[outcome.work.name] for outcome in survivors)
    }
    first = dict.fromkeys(names[0] for names in witnesses.values() if names)
    found = alike([*survivors, *(caught[name] for name in first)])  # all at once, so that no core is idle
    waiting = {place for name, same in found.items() if same and (place := places[name]) in witnesses}
    for turn in range(_MOST):
        names = {witnesses[place][turn] for place in waiting if turn < len(witnesses[place])} - found.keys()
        found |= alike([caught[name] for name in sorted(names)])
        apart = {places[name] for name, same in found.items() if not same}
        waiting = {place for place in waiting if apart.isdisjoint(_near(place, witnesses[place], places))}
    for cell, function in sorted(waiting):
        what = f"the function {function} of the cell {cell}" if function else f"the cell {cell}"
        warnings.append(
            f"{probes}: no probe tells a mutant of {what} from the solution, so its mutants count as mistakes. "
            "Add to `behaviour` what it returns."
        )
    left = {outcome.work.name for outcome in survivors}
    return {name: same for name, same in found.items() if name in left and not (same and places[name] in waiting)}


def _useless(told: Any) -> str:
    """Return why there is nothing to compare in what probes have left; empty if there is something."""
    if isinstance(told, str):
        return told
    if not isinstance(told, dict):
        return "`behaviour` is not a dict."
    return "" if told else "`behaviour` is empty."


def _is_slow(outcome: Outcome) -> bool:
    """Return whether a mutant may run without an end: the probes would have to be stopped."""
    return any("longer than" in message for message in outcome.messages.values()) or bool(outcome.failure)


def _witnesses(place: Place, caught: Mapping[str, Outcome], places: Mapping[str, Place]) -> list[str]:
    """Return the mutants that could be tried for a place: of its function; outside of all, else of its cell."""
    for near in (2,) if place[1] else (2, 1):
        names = [name for name in caught if places[name][:near] == place[:near]]
        if names:
            # Those with wrong values first: where one raises, a probe notices that looks at no value.
            names.sort(key=lambda name: not all("AssertionError" in told for told in caught[name].messages.values()))
            return names[:: max(1, len(names) // _MOST)][:_MOST]
    return []


def _near(place: Place, witnesses: Iterable[str], places: Mapping[str, Place]) -> set[Place]:
    """Return where a mutant that is told apart speaks for a place."""
    return {place, *(places[name] for name in witnesses)}
