"""`sealgrade check`: what it says of an assignment whose tests are good, and of one whose tests are not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sealgrade.assay.check import check
from sealgrade.assay.findings import Findings
from sealgrade.assay.requirements import parse
from sealgrade.course import Course
from sealgrade.errors import SealgradeError
from tests.assay.course import make, spoil


def examine(root: Path, mutants: int = 0) -> Findings:
    course = Course(root)
    try:
        return check(course, "demo", mutants)
    finally:
        course.close()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings]:
    root = make(tmp_path_factory.mktemp("good"))
    return root, examine(root, mutants=8)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings]:
    root = spoil(make(tmp_path_factory.mktemp("bad")))
    return root, examine(root)


def reasons(found: Findings) -> dict[str, str]:
    return {one.name: one.reason for one in found.shortfalls}


def test_nothing_falls_short_where_the_tests_are_good(good: tuple[Path, Findings]) -> None:
    found = good[1]
    assert reasons(found) == {}
    assert (found.catch.rate, found.alternatives.rate, found.elsewhere.rate) == (100, 100, 100)
    assert found.reference == (8, 8)
    assert found.untouched == 0
    assert found.leaks == []
    assert found.idle == []


def test_mutants_of_the_solution_are_caught(good: tuple[Path, Findings]) -> None:
    assert good[1].mutants.of == 8
    assert good[1].mutants.rate == 100


def test_a_check_leaves_the_course_as_it_is_but_for_the_fingerprints(good: tuple[Path, Findings]) -> None:
    files = {path.relative_to(good[0]).parts[0] for path in good[0].rglob("*") if path.is_file()}
    assert files == {"nbgrader_config.py", "source", "bank"}
    assert (good[0] / "bank" / "demo" / "fingerprints.json").is_file()


def test_a_second_check_writes_the_same_fingerprints(good: tuple[Path, Findings]) -> None:
    path = good[0] / "bank" / "demo" / "fingerprints.json"
    before = path.read_bytes()
    examine(good[0])
    assert path.read_bytes() == before


def test_a_mistake_that_slips_through_is_listed(bad: tuple[Path, Findings]) -> None:
    assert reasons(bad[1])["g-is-ten"] == "loses nothing in fall-time"
    assert bad[1].catch.rate < 100


def test_right_work_that_is_rejected_is_listed_with_the_message(bad: tuple[Path, Findings]) -> None:
    assert "fall-time-test-array: AttributeError" in reasons(bad[1])["times-are-a-list"]
    assert bad[1].cells["fall-time-test-array"].rejects == 1


def test_points_for_the_untouched_release_are_listed(bad: tuple[Path, Findings]) -> None:
    assert bad[1].untouched == 2
    assert "fall-time-test-there" in reasons(bad[1])["the untouched release"]


def test_a_test_cell_that_never_decides_anything_is_listed(bad: tuple[Path, Findings]) -> None:
    assert "fall-time-test-there" in bad[1].idle


def test_a_line_of_the_solution_in_the_release_is_a_leak(bad: tuple[Path, Findings]) -> None:
    (leak,) = bad[1].leaks
    assert leak.where == "demo.ipynb, cell intro"
    assert leak.what == "return np.sqrt(2 * height / G)"
    assert leak.of == "the solution"


def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sealgrade", "check", "demo", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_command_ends_with_1_and_says_what_was_not_reached(bad: tuple[Path, Findings], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run(bad[0], "--require", "catch=100,untouched=0", "--page", str(page))
    assert done.returncode == 1
    assert "Not reached: catch: 66.67%, required is at least 100%" in done.stdout
    assert "Not reached: untouched: 2, required is at most 0" in done.stdout
    assert "g-is-ten" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert "g-is-ten" in text
    assert "(not reached)" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_what_is_found_is_there_for_machines_too(good: tuple[Path, Findings]) -> None:
    done = run(good[0], "--json", "--require", "catch=100")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["catch"] == {"good": 2, "of": 2, "rate": 100.0}
    assert told["falls_short"] == []


@pytest.mark.parametrize("text", ["catch", "speed=3", "catch=much"])
def test_a_requirement_that_is_not_understood_says_which_there_are(text: str) -> None:
    with pytest.raises(SealgradeError, match="catch=100, false-rejects=0"):
        parse([text])
