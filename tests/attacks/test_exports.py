"""J4, J5: names in the gradebook neither add rows to `nbgrader export` nor are formulas in a spreadsheet."""

import csv

import pytest
from nbgrader.api import Gradebook

from sealgrade.export import COLUMNS, field

from .conftest import Graded, run
from .course import copy_of, source

NAMES = {
    "J4-formula": "=cmd|' /C calc'!A0",
    "J4-plus": "+1+1",
    "J4-at": "@SUM(1)",
    "J4-wide": "\uff1d1+1",
    "J4-blank-before": "  -1+1",
    "J4-tab": "\t=1+1",
    "J5-row": "eve\nex,,,ada,,,,10,0,10,10",
    "J5-return": "eve\r\nex,,,ada",
    "J5-quote": 'eve",ada,"',
    "J5-format": "{assignment}{0.__class__}",
    "J6-escape": "eve\x1b[2J\u202e",
}


@pytest.fixture(scope="module")
def rows(peaceful: Graded, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The exported file, as a program that reads CSV sees it."""
    root = copy_of(peaceful.root, tmp_path_factory.mktemp("export"))
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for number, name in enumerate(NAMES.values()):
            gradebook.add_student(f"{name}{number}", first_name=name, last_name=name, email=name)
    run("nbgrader", "export", cwd=root)
    with (root / "grades.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_columns_are_those_of_nbgrader(rows: list[list[str]]) -> None:
    assert tuple(rows[0]) == COLUMNS


def test_each_student_has_one_row(rows: list[list[str]]) -> None:
    assert len(rows) == 1 + len(NAMES) + len({"ada", "bob"})
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_no_field_is_a_formula_or_holds_what_does_not_show(rows: list[list[str]]) -> None:
    for value in (value for row in rows for value in row):
        assert value.isprintable()
        assert not value.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))


def test_scores_remain_numbers(rows: list[list[str]]) -> None:
    scores = {row[COLUMNS.index("student_id")]: float(row[COLUMNS.index("score")]) for row in rows[1:]}
    assert (scores["ada"], scores["bob"]) == (10, 6)
    total = sum(
        one.metadata.nbgrader.get("points", 0)
        for nb in source().values()
        for one in nb.cells
        if "nbgrader" in one.metadata
    )
    assert {float(row[COLUMNS.index("max_score")]) for row in rows[1:]} == {total}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_stays_readable(name: str) -> None:
    letters = "".join(c for c in name if c.isalpha() and c.isascii())
    assert letters in "".join(c for c in field(name) if c.isalpha()) or "\\" in field(name)
    assert field("Ada Lovelace") == "Ada Lovelace"
