"""Which known mistake a student has made, by what the test cells saw of it.

Theory of operation. A wrong name is worse than none. So a test cell names a mistake only if what crossed the wall fits
that mistake's fingerprint, and everything else that is known of the mistake fits too: in the whole part the same test
cells fail, and where it is known in other parts as well, nothing there speaks against it. If several mistakes fit, the
one that explains most test cells is named; if none stands out, none is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sealgrade.blueprint import part_of
from sealgrade.transcripts import Fingerprint, Transcript, fits, is_telling


@dataclass(frozen=True)
class KnownMistake:
    """A known mistake, and what it does to each test cell.

    Attributes:
        name: of its entry in the bank.
        misconceptions: what it has in common with entries that are the same mistake in another form.
        summary: the misconception, in a line.
        hint: what a student who made the mistake could check.
        fails: the test cells that fail, each with its fingerprint; None where there is none to tell.
    """

    name: str
    misconceptions: tuple[str, ...]
    summary: str
    hint: str
    fails: Mapping[str, Fingerprint | None] = field(default_factory=dict)


def diagnose(work: Mapping[str, Transcript], known: Iterable[KnownMistake]) -> dict[str, KnownMistake]:
    """Return the mistake behind each failed test cell for which there is one to name.

    Args:
        work: the test cells of a student's notebook, by grade_id.
        known: the known mistakes of the assignment.
    """
    failed = {name for name, transcript in work.items() if not transcript.passed}
    if not failed:
        return {}
    candidates = [mistake for mistake in known if not failed.isdisjoint(mistake.fails)]
    named = {}
    for test in sorted(failed):
        fitting = [(mistake, _explained(mistake, test, work, failed)) for mistake in candidates]
        found = _most_specific([(mistake, score) for mistake, score in fitting if score])
        if found is not None:
            named[test] = found
    return named


def _explained(mistake: KnownMistake, test: str, work: Mapping[str, Transcript], failed: set[str]) -> int:
    """Return how many failed test cells a mistake explains; 0 if it does not explain this one, or not another one."""
    own = mistake.fails.get(test)
    if own is None or not is_telling(own):
        return 0
    part = part_of(test)
    if {name for name in failed if part_of(name) == part} != {name for name in mistake.fails if part_of(name) == part}:
        return 0
    both = [name for name in failed if mistake.fails.get(name) is not None]
    return len(both) if all(fits(work[name], mistake.fails[name]) for name in both) else 0  # type: ignore[arg-type]


def _most_specific(fitting: Sequence[tuple[KnownMistake, int]]) -> KnownMistake | None:
    """Return the mistake that explains most, if no other one explains as much."""
    if not fitting:
        return None
    most = max(score for _, score in fitting)
    best = [mistake for mistake, score in fitting if score == most]
    # Where an entry combines two mistakes, what it shares with the others is what can be said.
    shared = set.intersection(*(set(mistake.misconceptions) for mistake in best))
    return min(best, key=lambda mistake: len(mistake.misconceptions)) if shared else None
