"""nbgrader's own tests of `nbgrader autograde`, run through sealgrade."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SUITE = "nbgrader.tests.apps.test_nbgrader_autograde"

# What nbgrader expects and sealgrade does not do, and why not; see docs/nbgrader.md.
DIFFERENT = {
    "test_grade_empty_timestamp": "A timestamp that is no date is reported, and is no reason not to grade.",
    "test_handle_failure": "A cell that the assignment does not have is the student's own, and no reason not to grade.",
    "test_handle_failure_single_notebook": "The same, for one notebook.",
    "test_missing_source_kernelspec": "What kernel a student's editor has noted is no reason not to grade.",
    "test_side_effects": "Files that a student's code writes are gone with its process: nbgrader would copy them into "
    "the feedback, and a function that a hidden test calls can write down what it is called with.",
}
# nbgrader skips them everywhere: they take too long.
SKIPPED = {"test_many_students", "test_infinite_loop_with_output"}
# They end before anything is run, or ask for that.
NOT_RUN = {"test_help", "test_missing_assignment", "test_incorrect_source_kernelspec"}


@dataclass(frozen=True)
class Outcome:
    """What came of one of nbgrader's tests."""

    result: str
    message: str
    runs: Counter[str]


def _outcome(case: Any) -> Outcome:
    found = next((part for part in case if part.tag in ("failure", "error", "skipped")), None)
    runs = Counter({part.get("name"): int(part.get("value")) for part in case.iter("property")})
    return Outcome("passed" if found is None else found.tag, "" if found is None else found.get("message"), runs)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Run all of them, each in nbgrader's folders; give the outcomes by name."""
    folder = tmp_path_factory.mktemp("suite")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "JUPYTER_"))}
    # nbgrader calls `alembic` by name.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    workers = "0" if "PYTEST_XDIST_WORKER" in os.environ else "2"
    options = ["-p", "tests.acceptance.through_sealgrade", "-p", "no:cacheprovider", "-n", workers, "--tb=short"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--junitxml=report.xml", "--pyargs", SUITE],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode in (0, 1), done.stdout
    print(done.stdout)  # pytest shows it where a test fails
    cases = ElementTree.parse(folder / "report.xml").iter("testcase")
    return {case.get("name", ""): _outcome(case) for case in cases}


def _named(outcomes: dict[str, Outcome], result: str) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome.result == result}


def test_all_of_nbgraders_tests_pass_but_for_those_that_expect_what_is_wanted_otherwise(
    outcomes: dict[str, Outcome],
) -> None:
    assert _named(outcomes, "failure") == set(DIFFERENT)
    assert _named(outcomes, "skipped") == SKIPPED
    assert len(_named(outcomes, "passed")) == 42 - len(DIFFERENT) - len(SKIPPED)
    assert len(outcomes) == 42


def test_those_others_fail_because_the_submission_was_graded(outcomes: dict[str, Outcome]) -> None:
    for name in DIFFERENT:
        expected = "side-effect.txt" if name == "test_side_effects" else "unexpected return code: 0"
        assert expected in outcomes[name].message, name


def test_every_notebook_went_through_our_preprocessors_and_a_confined_process(outcomes: dict[str, Outcome]) -> None:
    for name in set(outcomes) - SKIPPED:
        runs = outcomes[name].runs
        assert runs["Execute"] == 0, name  # nbgrader's own
        if name in NOT_RUN:
            continue
        assert runs["Recover"] == runs["ReleasedChecksums"] == runs["SaveScores"] > 0, name
        assert 0 < runs["ExecuteSealed"] <= runs["SaveScores"], name
        assert runs["tier A"] + runs["tier B"] + runs["tier C"] == runs["ExecuteSealed"], name
    unrun = {n for n, outcome in outcomes.items() if outcome.runs["ExecuteSealed"] < outcome.runs["SaveScores"]}
    assert unrun == {"test_no_execute"}
