"""How well mistakes are named: each one of the bank is diagnosed with it in the bank, and with it left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sealgrade.assay.trial import Outcome
from sealgrade.blueprint import part_of
from sealgrade.diagnosis import Explanations, KnownMistake, explanations, most_specific
from sealgrade.transcripts import Transcript, fingerprint, is_telling


@dataclass
class Naming:
    """What was named.

    Attributes:
        own: mistakes that are named by their own name in at least one test cell, and how many there are.
        mistakes: how many there are.
        left_out: diagnoses, one for each part, of mistakes that were left out of the bank.
        wrong: of those, the ones that name another mistake: the mistake, the part, and what it was taken for.
        astray: with the whole bank, mistakes that got another's name.
        unnamed: mistakes that are not named by their own name, each with the reason.
    """

    own: int = 0
    mistakes: int = 0
    left_out: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    astray: list[tuple[str, str, str]] = field(default_factory=list)
    unnamed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def wrong_rate(self) -> float:
        """The share of wrong names among the diagnoses of what is not in the bank, in percent of all diagnoses."""
        made = self.left_out + self.own
        return 100 * (len(self.wrong) + len(self.astray)) / made if made else 0.0


def known_mistakes(mistakes: Iterable[Outcome], reference: Outcome, again: Outcome) -> list[KnownMistake]:
    """Return what is to be remembered of mistakes.

    Args:
        mistakes: as they were graded.
        reference: the instructor's version.
        again: the same with other random numbers.
    """
    found = []
    nothing = Transcript(True, ())
    for outcome in mistakes:
        entry = outcome.work.entry
        assert entry is not None
        fails = {
            test: fingerprint(
                transcript, reference.transcripts.get(test, nothing), again.transcripts.get(test, nothing)
            )
            for test, transcript in outcome.transcripts.items()
            if not transcript.passed
        }
        found.append(KnownMistake(entry.name, entry.misconceptions, entry.summary, entry.hint, fails))
    return found


def measure(mistakes: Sequence[Outcome], known: Sequence[KnownMistake]) -> Naming:
    """Diagnose each mistake with the bank, and with a bank without it.

    Args:
        mistakes: as they were graded.
        known: the same, as they are remembered.
    """
    naming = Naming(mistakes=len(mistakes))
    for outcome, own in zip(mistakes, known, strict=True):
        explained = explanations(outcome.transcripts, known)  # takes long: once for both diagnoses
        named = {part_of(test): mistake for test, mistake in most_specific(explained).items()}
        if any(_is_one(mistake, own) for mistake in named.values()):
            naming.own += 1
        else:
            naming.unnamed.append((own.name, _why_not(own, explained)))
        naming.astray += [
            (own.name, part, mistake.name) for part, mistake in named.items() if not _is_one(mistake, own)
        ]
        for part, mistake in {part_of(t): m for t, m in most_specific(explained, but=own).items()}.items():
            naming.left_out += 1
            if not _is_one(mistake, own):
                naming.wrong.append((own.name, part, mistake.name))
    return naming


def _why_not(own: KnownMistake, explained: Explanations) -> str:
    """Return why a mistake is not named."""
    told = [fingerprint for fingerprint in own.fails.values() if fingerprint is not None]
    if not own.fails:
        return "no test notices it"
    if not told:
        return "what the tests get of it is what they get of the solution"
    if not any(map(is_telling, told)):
        return "the tests get only plain numbers of it, such as 0, 1 or 3.5, or none: that comes about in many ways"
    others = {one.name for fitting in explained.values() for one, _ in fitting if not _is_one(one, own)}
    if others:
        names = ", ".join(sorted(others))
        return f"the tests get the same of {names}; if it is the same mistake, give both the same `misconception`"
    return "what the tests get of it does not stand out"


def _is_one(one: KnownMistake, other: KnownMistake) -> bool:
    return not set(one.misconceptions).isdisjoint(other.misconceptions)
