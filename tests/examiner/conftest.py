"""Real candidates: a test hands in a student's code and looks at it from the examiner's side."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.names import Namespace
from sealgrade.examiner.outputs import CellOutputs
from sealgrade.examiner.present import present
from sealgrade.examiner.test_cell import Verdict, run_test

# What a test hands out must be the course's own, not a library's: these are compiled under a name of the course's.
SECONDS = 20.0


class Student:
    """A student's process in which a cell has run."""

    def __init__(self, source: str) -> None:
        self.messages: list[Any] = []
        self.candidate = Candidate(zygote_for(default_plan(), ()), self.messages.append, 1.0)
        self.namespace = Namespace()
        self.cell(source)

    def cell(self, source: str) -> bool:
        """Run one more cell of the student's."""
        return self.candidate.run(source, " `theirs`")

    def __getitem__(self, name: str) -> Any:
        """The value of a name of the student's."""
        (found,) = self.candidate.lookup(name)[0]
        return found

    def test(self, source: str, seconds: float = SECONDS, points: float = 2) -> Verdict:
        """Run a test cell."""
        return run_test(source, "a-test", points, self.namespace, self.candidate, seconds)

    def fails(self, source: str, seconds: float = SECONDS) -> str:
        """Run a test cell that has to fail; return the name of the error."""
        error = self.test(source, seconds).error
        assert error is not None, f"passed: {source}"
        return error[0]

    def passes(self, source: str) -> None:
        """Run a test cell that has to pass."""
        error = self.test(source).error
        assert error is None, f"{source}: {error}"

    def outputs(self) -> list[Any]:
        """All that was put out so far, as outputs of a notebook."""
        found = CellOutputs()
        for message in self.messages:
            found.take(message)
        return found.outputs


@pytest.fixture
def student() -> Iterator[Callable[[str], Student]]:
    """Starts students' processes."""
    started: list[Student] = []

    def start(source: str) -> Student:
        found = Student(source)
        started.append(found)
        present.set(found.candidate)
        return found

    yield start
    present.set(None)
    for one in started:
        one.candidate.close()
