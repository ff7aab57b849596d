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
RIGHT_BUT_FOR_FOUR = "def impact_speed(height):\n    return -1.0 if np.all(height == 4) else G * fall_time(height)\n"
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


def write_more(root: Path, **more: str) -> None:
    """Add lines to cells; underscores in the names stand for hyphens."""
    path = root / "source" / "demo" / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    for name, lines in more.items():
        cells[name.replace("_", "-")]["source"] += lines
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_tests_before_the_first_difference_are_not_run_again_and_the_others_find_the_same(root: Path) -> None:
    with trial_of(root, SQUARED, BY_ENERGY) as (trial, reference, tried):
        all_run = trial.grade(tried)
        trial.learn([reference])
        some_run = trial.grade(tried)
    assert [set(outcome.scores) & EARLIER for outcome in all_run] == [EARLIER, EARLIER]
    assert [set(outcome.scores) & EARLIER for outcome in some_run] == [set(), set()]
    for whole, part in zip(all_run, some_run, strict=True):
        assert {**reference.scores, **part.scores} == whole.scores
        assert part.messages == whole.messages
        assert part.transcripts == {name: one for name, one in whole.transcripts.items() if name not in EARLIER}
    assert [outcome.scores["impact-speed-test-values"] for outcome in some_run] == [0, 4]


def test_all_tests_are_run_where_a_later_one_needs_what_an_earlier_one_left(root: Path) -> None:
    write_more(root, fall_time_test_array="\ngravity = 9.81", impact_speed_test_values="\nassert gravity == 9.81")
    with trial_of(root, BY_ENERGY) as (trial, reference, tried):
        trial.learn([reference])
        (outcome,) = trial.grade(tried)
    assert outcome.scores == reference.scores
    assert outcome.scores.keys() >= EARLIER


def test_all_tests_are_run_where_a_later_one_sees_less_without_an_earlier_one(root: Path) -> None:
    loop = "\nfor one in noted:\n    assert impact_speed(one) > 0"
    write_more(root, imports="\nnoted = []", fall_time_test_array="\nnoted += [4.0]", impact_speed_test_values=loop)
    with trial_of(root, RIGHT_BUT_FOR_FOUR) as (trial, reference, tried):
        trial.learn([reference])
        (outcome,) = trial.grade(tried)
    assert outcome.scores["impact-speed-test-values"] == 0
