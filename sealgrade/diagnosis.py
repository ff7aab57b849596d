"""Which known mistake a student has made, by what the test cells saw of it.

Theory of operation. A wrong name is worse than none. So a test cell names a mistake only if what crossed the wall fits
that mistake's fingerprint, and everything else that is known of the mistake fits too: in the whole part the same test
cells fail, and where it is known in other parts as well, nothing there speaks against it. If several mistakes fit, the
one that explains most test cells is named; if none stands out, none is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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

    @cached_property
    def by_part(self) -> dict[str, set[str]]:
        """The test cells that fail, by part."""
        return _by_part(self.fails)


Explanations = dict[str, list[tuple[KnownMistake, int]]]


def diagnose(work: Mapping[str, Transcript], known: Iterable[KnownMistake]) -> dict[str, KnownMistake]:
    """Return the mistake behind each failed test cell for which there is one to name.

    Args:
        work: the test cells of a student's notebook, by grade_id.
        known: the known mistakes of the assignment.
    """
    return most_specific(explanations(work, known))


def explanations(work: Mapping[str, Transcript], known: Iterable[KnownMistake]) -> Explanations:
    """Return, for each failed test cell, the mistakes that explain it, each with how many it explains altogether.

    Args:
        work: the test cells of a student's notebook, by grade_id.
        known: the known mistakes of the assignment.
    """
    found: Explanations = {name: [] for name in sorted(work) if not work[name].passed}
    failed = _by_part(found)
    for mistake in known:
        if found.keys().isdisjoint(mistake.fails):
            continue
        telling = [
            test
            for part, tests in failed.items()
            if tests == mistake.by_part.get(part)
            for test in tests
            if _tells(mistake, test)
        ]
        score = _score(mistake, work, found) if telling else 0
        if score:
            for test in telling:
                found[test].append((mistake, score))
    return found


def most_specific(explained: Explanations, but: KnownMistake | None = None) -> dict[str, KnownMistake]:
    """Return the mistake behind each test cell for which there is one to name.

    Args:
        explained: what may be behind each of them.
        but: a mistake that is not known.
    """
    named = {test: _most_specific([one for one in fitting if one[0] is not but]) for test, fitting in explained.items()}
    return {test: mistake for test, mistake in named.items() if mistake is not None}


def _by_part(tests: Iterable[str]) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for test in tests:
        parts.setdefault(part_of(test), set()).add(test)
    return parts


def _tells(mistake: KnownMistake, test: str) -> bool:
    own = mistake.fails[test]
    return own is not None and is_telling(own)


def _score(mistake: KnownMistake, work: Mapping[str, Transcript], failed: Iterable[str]) -> int:
    """Return how many failed test cells a mistake explains; 0 if one speaks against it."""
    count = 0
    for test in failed:
        fingerprint = mistake.fails.get(test)
        if fingerprint is not None:
            if not fits(work[test], fingerprint):
                return 0
            count += 1
    return count


def _most_specific(fitting: Sequence[tuple[KnownMistake, int]]) -> KnownMistake | None:
    """Return the mistake that explains most, if no other one explains as much."""
    if not fitting:
        return None
    most = max(score for _, score in fitting)
    best = [mistake for mistake, score in fitting if score == most]
    # Where an entry combines two mistakes, what it shares with the others is what can be said.
    shared = set.intersection(*(set(mistake.misconceptions) for mistake in best))
    return min(best, key=lambda mistake: len(mistake.misconceptions)) if shared else None
