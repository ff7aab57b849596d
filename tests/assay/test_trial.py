"""Pieces of work are graded without the tests that find what is known, and only where that changes nothing."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sealgrade.assay import works
from sealgrade.assay.trial import Outcome, Trial
from sealgrade.assay.works import Work
from sealgrade.assay.workspace import workspace
from sealgrade.course import Course
from sealgrade.inline import solved_cells
from sealgrade.transcripts import Keep
from sealgrade.workers import Workers
from tests.assay.course import make

EARLIER = {"fall-time-test-number", "fall-time-test-array"}
SQUARED = "def impact_speed(height):\n    return G * fall_time(height) ** 2\n"
BY_ENERGY = "def impact_speed(height):\n    return np.sqrt(2 * G * np.asarray(height))\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "course")


@contextmanager
def trial_of(root: Path, *sources: str) -> Iterator[tuple[Trial, Outcome, list[Work]]]:
    """A trial, the reference as it was graded, and works with other sources of `impact-speed`."""
    with closing(Course(root)) as course, workspace(course, "demo") as made, closing(Workers(1)) as workers:
        solved = solved_cells(root, "demo")
        trial = Trial(made.sheets, workers, lambda done: None)
        (reference,) = trial.grade([works.reference(made.sheets, solved)], Keep.ALL)
        yield (
            trial,
            reference,
            [works.of_mutant("", "impact-speed", source, "", made.sheets, solved) for source in sources],
        )


def needs_what_an_earlier_test_left(root: Path) -> None:
    path = root / "source" / "demo" / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    cells["fall-time-test-array"]["source"] += "\ngravity = 9.81"
    cells["impact-speed-test-values"]["source"] += "\nassert gravity == 9.81"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_tests_before_the_first_difference_are_not_run_again_and_the_others_find_the_same(root: Path) -> None:
    with trial_of(root, SQUARED, BY_ENERGY) as (trial, reference, tried):
        all_run = trial.grade(tried)
        trial.learn(reference)
        some_run = trial.grade(tried)
    assert [set(outcome.scores) & EARLIER for outcome in all_run] == [EARLIER, EARLIER]
    assert [set(outcome.scores) & EARLIER for outcome in some_run] == [set(), set()]
    for whole, part in zip(all_run, some_run, strict=True):
        assert {**reference.scores, **part.scores} == whole.scores
        assert part.messages == whole.messages
        assert part.transcripts == {name: one for name, one in whole.transcripts.items() if name not in EARLIER}
    assert [outcome.scores["impact-speed-test-values"] for outcome in some_run] == [0, 4]


def test_all_tests_are_run_where_a_later_one_needs_what_an_earlier_one_left(root: Path) -> None:
    needs_what_an_earlier_test_left(root)
    with trial_of(root, BY_ENERGY) as (trial, reference, tried):
        trial.learn(reference)
        (outcome,) = trial.grade(tried)
    assert outcome.scores == reference.scores
    assert outcome.scores.keys() >= EARLIER
