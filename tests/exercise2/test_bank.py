"""The hidden tests are themselves tested: every known mistake costs points in its part and only there."""

from functools import cache

import pytest

from sealgrade.bank import Entry, load_bank
from sealgrade.inline import solved_cells
from tests.exercise2.sealed import NOTEBOOKS, ROOT, failures, part_of

BANK = load_bank(ROOT / "bank" / "exercise2")


@cache
def solved() -> dict[str, str]:
    return solved_cells(ROOT, "exercise2")


def lost(entry: Entry) -> dict[str, str]:
    cells = entry.apply(solved())
    touched = {change.cell.split("-")[0] for change in entry.changes}
    return failures(cells, tuple(name for name in NOTEBOOKS if name in touched))


@pytest.mark.parametrize("entry", [e for e in BANK if e.kind == "alternative"], ids=lambda e: e.name)
def test_right_work_in_another_style_earns_full_marks(entry: Entry) -> None:
    assert lost(entry) == {}


@pytest.mark.parametrize("entry", [e for e in BANK if e.kind == "mistake"], ids=lambda e: e.name)
def test_a_known_mistake_costs_points_in_its_part_and_only_there(entry: Entry) -> None:
    messages = lost(entry)

    assert {part_of(test_id) for test_id in messages} == set(entry.loses), messages


def test_every_part_that_is_marked_by_tests_has_known_mistakes() -> None:
    parts = {part for entry in BANK for part in entry.loses}

    assert parts >= {
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
