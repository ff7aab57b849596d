"""The page on the report of `sealgrade check` explains what the report says, and its examples work."""

import inspect
import re
from typing import Any

import pytest

from sealgrade.assay import findings
from sealgrade.assay.check import check
from sealgrade.assay.findings import Count, Findings
from sealgrade.assay.requirements import MEASURES, parse
from sealgrade.assay.terminal import summary
from sealgrade.course import Course
from sealgrade.inline import solved_cells
from sealgrade.scaffold import new_assignment

from .reading import DOCS, blocks, read

PAGE = DOCS / "report.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A new assignment, with the files that the page shows."""
    root = tmp_path_factory.mktemp("course")
    new_assignment("demo", root)
    for block in blocks(PAGE):
        assert block.caption.startswith("bank/ASSIGNMENT/"), f"line {block.line}: nobody runs this"
        (root / block.caption.replace("ASSIGNMENT", "demo")).write_text(block.text)
    opened = Course(root)
    yield opened
    opened.close()


def test_every_line_of_the_summary_is_explained() -> None:
    found = Findings("demo", mutants=Count(1, 1))
    found.naming.mistakes = 1
    labels = [re.split(r"  +", line)[0] for line in summary(found)][:-1]

    assert len(labels) == 9
    for label in labels:
        assert f"| {label} |" in TEXT


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_that_can_be_required_is_in_the_table(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_the_requirements_that_the_page_shows_are_understood() -> None:
    shown = re.findall(r"--require ([\w=,.-]+)", TEXT)

    assert shown
    assert parse(shown)


def test_what_the_page_says_of_shortfalls_is_what_the_report_says() -> None:
    said = inspect.getsource(findings)
    phrases = [phrase for row in re.findall(r"^\| an? .*\|$|^\| \*its.*\|$", TEXT, re.M) for phrase in _emphasised(row)]

    assert len(phrases) == 5
    for phrase in phrases:
        assert phrase.replace(" PART,", " {', '.join(sorted(unknown))},").replace(" PART", "") in said


def _emphasised(row: str) -> list[str]:
    return re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", row.split("|")[1])


def test_the_examples_of_the_page_fit_a_new_assignment(course: Course) -> None:
    before = {path.name for path in (course.root / "bank/demo").iterdir()}

    found = check(course, "demo")

    assert found.shortfalls == []
    assert {path.name for path in (course.root / "bank/demo").iterdir()} - before == {"fingerprints.json"}
    assert (found.catch.good, found.naming.own, found.naming.wrong_rate) == (3, 3, 0)


def test_the_probes_of_the_page_tell_a_mistake_from_the_solution(course: Course) -> None:
    (probes,) = (block.text for block in blocks(PAGE) if block.language == "python")

    def behaviour(**changed: str) -> str:
        cells = {**solved_cells(course.root, "demo"), **changed}
        names: dict[str, Any] = {}
        for source in ("import numpy as np\nG = 9.81", cells["fall-time"], cells["impact-speed"], probes):
            exec(source, names)
        return repr(names["behaviour"])

    mistake = "def fall_time(height):\n    return np.sqrt(height / G)"
    assert behaviour() == behaviour()
    assert behaviour() != behaviour(**{"fall-time": mistake})


def test_the_columns_of_the_report_are_explained() -> None:
    tables = {row[0].strip("*") for table in read(PAGE) if hasattr(table, "rows") for row in table.rows}

    assert {"Mistakes caught", "Alternatives right", "Others' mistakes spared"} <= tables
    assert {"Fails", "Alone", "Rejects"} <= tables
