"""The hidden tests are themselves tested: known mistakes cost points in their part and only there, right work none."""

import fcntl
import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

from sealgrade.assay.check import check
from sealgrade.assay.findings import Findings
from sealgrade.course import Course
from tests.exercise2.sealed import ROOT

BY_TESTS = {
    "task5-forward",
    "task5-gradients",
    "task6-activations",
    "task6-init",
    "task6-forward",
    "task6-backprop",
    "task6-train",
    "task6-toy-data",
    "task7-system",
    "task7-fit",
    "task7-approx",
    "task7-experiment",
    "task7-nonequidistant",
}


def examined(folder: Path, mutants: int = 0) -> tuple[Path, Findings]:
    """Check a copy of the course, so that the course itself stays as it is."""
    for name in ("source", "bank", "solution", "marking"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    course = Course(folder)
    try:
        return folder, check(course, "exercise2", mutants)
    finally:
        course.close()


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings]:
    """What a check finds; where tests run in several processes, one makes it, and the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "checked"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = shared / "findings"
        if not result.exists():
            (shared / "course").mkdir()
            result.write_bytes(pickle.dumps(examined(shared / "course")))
    found: tuple[Path, Findings] = pickle.loads(result.read_bytes())
    return found


def reasons(found: Findings, kind: str) -> list[str]:
    return [f"{one.name}: {one.reason}" for one in found.shortfalls if one.kind.value == kind]


def test_right_work_in_another_style_earns_full_marks(checked: tuple[Path, Findings]) -> None:
    assert reasons(checked[1], "alternative") == []
    assert checked[1].alternatives.of >= 40


def test_a_known_mistake_costs_points_in_its_part_and_only_there(checked: tuple[Path, Findings]) -> None:
    assert reasons(checked[1], "mistake") == []
    assert checked[1].catch.of >= 80
    assert checked[1].points_elsewhere == 0


def test_every_part_that_is_marked_by_tests_has_known_mistakes(checked: tuple[Path, Findings]) -> None:
    assert {name for name, part in checked[1].parts.items() if part.caught.of} == BY_TESTS


def test_every_test_cell_finds_a_mistake(checked: tuple[Path, Findings]) -> None:
    assert checked[1].idle == []


def test_the_reference_has_all_points_and_the_untouched_release_none(checked: tuple[Path, Findings]) -> None:
    assert checked[1].reference == (98, 98)
    assert checked[1].untouched == 0


def test_nothing_of_the_solution_and_the_tests_is_in_the_release(checked: tuple[Path, Findings]) -> None:
    assert checked[1].leaks == []


def test_mistakes_are_named_and_none_is_named_wrongly(checked: tuple[Path, Findings]) -> None:
    naming = checked[1].naming
    assert naming.own >= 0.8 * naming.mistakes
    assert naming.wrong == []
    assert naming.astray == []


def test_the_fingerprints_that_come_with_the_bank_are_those_of_its_mistakes(checked: tuple[Path, Findings]) -> None:
    now, kept = (
        json.loads((root / "bank" / "exercise2" / "fingerprints.json").read_bytes()) for root in (checked[0], ROOT)
    )
    assert kept["of"] == now["of"], "run `sealgrade check exercise2`"
    # The numbers' last digits are the processor's.
    assert {name: set(one["fails"]) for name, one in kept["mistakes"].items()} == {
        name: set(one["fails"]) for name, one in now["mistakes"].items()
    }


def test_mutants_of_the_solution_are_caught(tmp_path: Path) -> None:
    _, found = examined(tmp_path, mutants=120)
    assert reasons(found, "mutant") == []
    assert found.mutants.of >= 60
