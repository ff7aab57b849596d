"""Each row of the catalogue: the attack earns nothing, costs nobody else anything, and is told to the instructor."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sealgrade.plain import plain

from .conftest import Graded, attacks
from .course import HIDDEN, SECRET, SOLUTION, Attack

ALL = attacks()
GRADED = [one for one in ALL if one.graded]
NOTED = [one for one in ALL if one.note]
HONEST = ("ada", "bob")


def test_each_attack_has_a_name_of_its_own() -> None:
    assert len({str(one) for one in ALL}) == len(ALL)
    assert len({one.who for one in ALL}) == len(ALL)


@pytest.mark.parametrize("attack", GRADED, ids=str)
def test_an_attack_earns_what_the_answer_earns(hostile: Graded, attack: Attack) -> None:
    points = hostile.points(attack.who)
    assert hostile.result(attack.who)["failure"] is None
    assert {part: points[part] for part in attack.expected} == attack.expected


@pytest.mark.parametrize("attack", NOTED, ids=str)
def test_what_was_odd_is_told_to_the_instructor(hostile: Graded, attack: Attack) -> None:
    assert re.search(attack.note, hostile.said(attack.who))


@pytest.mark.parametrize("attack", [one for one in ALL if not one.graded], ids=str)
def test_a_folder_that_is_no_students_is_not_graded(hostile: Graded, attack: Attack) -> None:
    assert attack.who not in {result["student"] for result in hostile.report["students"]}
    assert f"submitted/{plain(attack.who)} was not graded" in hostile.said(attack.who)
    assert not (hostile.root / "autograded" / attack.who).exists()


@pytest.mark.parametrize("student", HONEST)
def test_honest_students_are_graded_as_without_the_others(hostile: Graded, peaceful: Graded, student: str) -> None:
    alone, among = peaceful.result(student), hostile.result(student)
    assert among | {"graded_now": None} == alone | {"graded_now": None}
    assert alone["failure"] is None
    assert alone["total"] == {"ada": 10, "bob": 6}[student]
    page = Path("feedback", student, "ex/one.html")
    assert (hostile.root / page).read_text() == (peaceful.root / page).read_text()


@pytest.mark.parametrize("attack", GRADED, ids=str)
def test_a_page_of_feedback_is_written_for_each_graded_notebook(hostile: Graded, attack: Attack) -> None:
    notebooks = [path for path in hostile.files("autograded", attack.who) if path.suffix == ".ipynb"]
    pages = [path for path in hostile.files("feedback", attack.who) if path.suffix == ".html"]
    assert [path.stem for path in notebooks] == [path.stem for path in pages]


def test_nothing_secret_is_in_what_a_run_writes(hostile: Graded) -> None:
    for path in [*hostile.files("autograded"), *hostile.files("feedback")]:
        assert not path.is_symlink()
        if path.is_file():
            content = path.read_text(errors="replace")
            assert SECRET not in content, path
            assert SOLUTION not in content, path
            assert HIDDEN not in content or "autograded" in path.parts, path
    for text in (hostile.table, json.dumps(hostile.report)):
        assert not any(canary in text for canary in (SECRET, SOLUTION, HIDDEN))


def test_only_notebooks_pages_pictures_and_data_are_copied(hostile: Graded) -> None:
    files = [path for step in ("autograded", "feedback") for path in hostile.files(step) if not path.is_dir()]
    assert {path.suffix for path in files} <= {".ipynb", ".html", ".txt", ".csv"}
    assert all(path.is_file() and path.stat().st_size < 10_000_000 for path in files)
    assert all(path.name == plain(path.name) for path in files)


def test_what_was_handed_in_and_what_lies_beside_it_is_as_it_was(hostile: Graded) -> None:
    assert (hostile.root / "secret.txt").read_text() == SECRET
    assert not (hostile.root / "pwned-by-a-shadow").exists()
    assert json.loads((hostile.root / "submitted/ada/ex/one.ipynb").read_bytes())["cells"]


def test_nothing_that_a_terminal_acts_on_is_printed_or_logged(hostile: Graded) -> None:
    for text in (hostile.table, hostile.log, *_texts(hostile.report)):
        odd = {character for character in text if not character.isprintable()} - {"\n"}
        assert not odd, sorted(odd)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("attack", [one for one in ALL if one.by_nbgrader], ids=str)
def test_nbgraders_own_command_gives_the_same_points(
    by_nbgrader: tuple[Path, str, dict[str, dict[str, Any]]], attack: Attack
) -> None:
    root, said, scores = by_nbgrader
    if attack.graded:
        assert {part: scores[attack.who][part] for part in attack.expected} == attack.expected
    else:
        assert attack.who not in scores
        assert "not graded" in said
    assert not (root / "pwned-by-a-shadow").exists()


def test_nbgraders_own_command_reads_no_secret_either(by_nbgrader: tuple[Path, str, dict[str, Any]]) -> None:
    root, _, scores = by_nbgrader
    assert sum(scores["ada"].values()) == 10
    for step in ("autograded", "feedback"):
        for path in (root / step).rglob("*"):
            assert not path.is_symlink()
            assert not path.is_file() or SECRET not in path.read_text(errors="replace")
