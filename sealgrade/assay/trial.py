"""Every piece of work through the real way of a submission, in parallel, and what came of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import takewhile
from time import monotonic
from typing import Any

from sealgrade.assay.probing import behaviour
from sealgrade.assay.works import Work, is_answer
from sealgrade.calls import grade_notebook
from sealgrade.cells import is_test, marks
from sealgrade.examiner.zygote import ConfinementUnavailable
from sealgrade.graded import Graded
from sealgrade.sheet import Notebook, Sheet
from sealgrade.transcripts import Keep, Transcript
from sealgrade.workers import Workers

_SHORTEST = 3  # seconds that a cell of a mutant has, at least: a loop without an end is one of the things that come out
_TIMES_LONGER = 10  # than the whole notebook of the reference takes


@dataclass
class Outcome:
    """What came of a piece of work.

    Attributes:
        work: what it was.
        scores: of each test cell; those of notebooks that it does not change are the reference's.
        messages: why test cells failed, one line each, by grade_id.
        transcripts: what crossed the wall.
        failure: why a notebook could not be graded; empty if all could.
    """

    work: Work
    scores: dict[str, float] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    failure: str = ""

    def take(self, graded: Graded, tests: Iterable[str]) -> None:
        """Add what came of one notebook."""
        if graded.failure:
            self.failure = self.failure or graded.failure
        for name in tests:
            self.scores[name] = graded.scores.get(name) or 0.0
        self.messages.update(graded.messages)
        self.transcripts.update(graded.transcripts)


class Trial:
    """Grades pieces of work.

    Theory of operation. What the tests find that come before the first cell in which a work differs from the reference
    is known, once the reference is graded: they are not run again. But a test may need what an earlier one has left;
    so the reference is graded without them, too, and where later tests then see anything else, all are run.

    Args:
        sheets: by notebook.
        workers: grade.
        progress: is told the number of pieces of work that are done.
    """

    def __init__(self, sheets: Mapping[str, Sheet], workers: Workers, progress: Callable[[int], Any]) -> None:
        self._sheets, self._workers, self._progress = sheets, workers, progress
        self._done = 0
        self._reference: Mapping[str, Notebook] = {}
        self._can_be_left_out: set[tuple[str, ...]] = set()
        self.tests = {name: _tests(sheet) for name, sheet in sheets.items()}
        self.seconds = dict.fromkeys(sheets, 0.0)  # that a notebook of the reference took

    def grade(self, works: Iterable[Work], keep: Keep = Keep.FAILED, hurried: bool = False) -> list[Outcome]:
        """Grade pieces of work.

        Args:
            works: some.
            keep: of which test cells to keep what crossed the wall.
            hurried: whether cells have little time, measured by the reference's, and one failed test is enough.

        Raises:
            ConfinementUnavailable: this machine cannot confine students' code.
        """
        outcomes = [Outcome(work) for work in works]

        @cache
        def sheet(name: str, left_out: tuple[str, ...]) -> Sheet:
            found = self._without(self._hurried(name) if hurried else self._sheets[name], left_out)
            _ = found.digest  # made here once; it goes along with the sheet
            return found

        calls = []
        for index, outcome in enumerate(outcomes):
            for name, notebook in outcome.work.notebooks.items():
                known = self._known(name, notebook)
                calls.append(((index, name, known), grade_notebook, (sheet(name, known), notebook, (), None, keep)))
        left = [len(outcome.work.notebooks) for outcome in outcomes]
        for (index, name, known), graded in self._made(calls):
            outcomes[index].take(graded, [test for test in self.tests[name] if test not in known])
            left[index] -= 1
            if not left[index]:
                self._done += 1
                self._progress(self._done)
        return outcomes

    def learn(self, references: Sequence[Outcome]) -> None:
        """Find out which tests need not be run again.

        Args:
            references: as they were graded, with all that crossed the wall: what is the same in all is not random.
        """
        first = references[0]
        calls = []
        for name, notebook in first.work.notebooks.items():
            answers = [cell for cell in notebook["cells"] if is_answer(cell)]
            for known in {_tests_before(notebook["cells"], cell) for cell in answers} - {(), (*self.tests[name],)}:
                sheet = self._without(self._sheets[name], known)
                calls.append(((name, known), grade_notebook, (sheet, notebook, (), None, Keep.ALL)))
        for (name, known), graded in self._made(calls):
            left = [test for test in self.tests[name] if test not in known]
            same = [test for test in left if len({one.transcripts.get(test) for one in references}) == 1]
            if all(graded.scores.get(test) == first.scores[test] for test in left) and all(
                graded.transcripts.get(test) == first.transcripts.get(test) for test in same
            ):
                self._can_be_left_out.add(known)
        self._reference = first.work.notebooks

    def _known(self, name: str, notebook: Notebook) -> tuple[str, ...]:
        """Return the tests of which it is known what they find in a notebook."""
        cells = self._reference[name]["cells"] if name in self._reference else []
        pairs = zip(notebook["cells"], cells, strict=False)
        first = next((mine for mine, other in pairs if mine["source"] != other["source"]), None)
        known = () if first is None else _tests_before(notebook["cells"], first)
        return known if known in self._can_be_left_out else ()

    @staticmethod
    def _without(sheet: Sheet, tests: tuple[str, ...]) -> Sheet:
        return replace(sheet, settings=replace(sheet.settings, left_out=tests))

    def time(self, work: Work) -> None:
        """Measure how long the notebooks of the reference take, one at a time, when all is warm."""
        for name, notebook in work.notebooks.items():
            start = monotonic()
            list(self._made([(name, grade_notebook, (self._sheets[name], notebook, (), None, Keep.NONE))]))
            self.seconds[name] = monotonic() - start

    def behaviours(self, works: Iterable[Work], probes: str) -> list[dict[str, Any]]:
        """Return what the probes make of each notebook of the works."""
        works = list(works)
        found: list[dict[str, Any]] = [{} for _ in works]
        calls = [
            ((index, name), behaviour, (self._hurried(name), notebook, probes))
            for index, work in enumerate(works)
            for name, notebook in work.notebooks.items()
        ]
        for (index, name), result in self._made(calls):
            found[index][name] = result
        return found

    def _hurried(self, name: str) -> Sheet:
        sheet = self._sheets[name]
        seconds = max(_SHORTEST, round(_TIMES_LONGER * self.seconds[name]))
        timeout = min(sheet.settings.timeout or seconds, seconds)
        settings = replace(
            sheet.settings, timeout=timeout, hurried_timeout=_SHORTEST, patience=1, stops_at_failure=True
        )
        return replace(sheet, settings=settings)

    def _made(self, calls: Iterable[tuple[Any, Callable[..., Any], tuple[Any, ...]]]) -> Iterable[tuple[Any, Any]]:
        waiting = iter(calls)
        more = True
        while more or not self._workers.is_idle:
            while more and self._workers.has_room:
                call = next(waiting, None)
                more = call is not None
                if call is not None:
                    self._workers.submit(call[0], call[1], *call[2])
            for key, result in self._workers.results():
                if isinstance(result, ConfinementUnavailable):
                    raise result
                yield key, Graded(failure=str(result)) if isinstance(result, Exception) else result


def _tests(sheet: Sheet) -> list[str]:
    return [marks(cell)["grade_id"] for cell in sheet.released["cells"] if is_test(cell)]


def _tests_before(cells: Sequence[Any], cell: Any) -> tuple[str, ...]:
    before = takewhile(lambda one: one is not cell, cells)
    return tuple(marks(one)["grade_id"] for one in before if is_test(one))
