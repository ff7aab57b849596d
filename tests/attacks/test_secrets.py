"""What the attacks of rows A to D have found and printed: nothing that is secret, and nobody else was harmed."""

import json
from pathlib import Path
from typing import Any

import pytest

from . import rows_a, rows_b, rows_c, rows_d
from .conftest import Graded
from .course import ANOTHER, HIDDEN, PACKAGE, PORT, SECRET, SOLUTION, VARIABLE, Attack

ATTACKS: list[Attack] = [*rows_a.ATTACKS, *rows_b.ATTACKS, *rows_c.ATTACKS, *rows_d.ATTACKS]
CANARIES = (SECRET, SOLUTION, HIDDEN, VARIABLE, PORT, ANOTHER)
LEAK = "leak 5 6"  # the inputs of the hidden test
SHORT_LEAK = chr(0x4E00 + 5) + chr(0x4E00 + 6)
# What reaches the feedback all the same: see the rows.
OPEN = {"A9-number-that-the-message-shows": "5005.0"}


def _outputs(graded: Graded, attack: Attack) -> list[Any]:
    """All outputs in the autograded notebooks but the errors of tests, whose tracebacks are the instructor's."""
    found = []
    for path in graded.files("autograded", attack.who):
        if path.suffix == ".ipynb":
            for cell in json.loads(path.read_bytes())["cells"]:
                test = cell["metadata"].get("nbgrader", {}).get("grade", False)
                found += [o for o in cell.get("outputs", []) if not (test and o["output_type"] == "error")]
    return found


def _page(graded: Graded, attack: Attack) -> str:
    return "".join(path.read_text() for path in graded.files("feedback", attack.who) if path.suffix == ".html")


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_no_attack_finds_a_secret(hostile: Graded, attack: Attack) -> None:
    said = json.dumps(_outputs(hostile, attack), ensure_ascii=False) + hostile.said(attack.who)
    for canary in (*CANARIES, str(hostile.root), f"{PACKAGE}/"):
        assert canary not in said
    page = _page(hostile, attack)
    assert not any(canary in page for canary in CANARIES)
    if str(attack) not in OPEN:
        # What the attackers' code calls a find it prints with this word; their code itself has it in quotes.
        assert not [
            o for o in _outputs(hostile, attack) if o.get("name") == "stdout" and "found:" in "".join(o["text"])
        ]


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one.row == "A9"], ids=str)
def test_feedback_does_not_tell_what_a_hidden_test_has_handed_in(hostile: Graded, attack: Attack) -> None:
    page = _page(hostile, attack)
    texts = (LEAK, SHORT_LEAK, "5005.0", "3,000,005,006", "leak \\x00 5", "f5006")
    leaks = [text for text in texts if text in page]
    # Open, the first: the student's own cells are run after the hidden tests of cells before them, and show what they
    # like. To close it, what is shown of them must come from a run that no hidden test was a part of.
    assert leaks == ([OPEN[str(attack)]] if str(attack) in OPEN else [])


def test_bystanders_are_unharmed(hostile: Graded) -> None:
    assert hostile.unharmed


def test_the_release_holds_no_hidden_test_and_no_solution(bare: Path) -> None:
    for path in (bare / "release").rglob("*"):
        assert not path.is_file() or not any(canary in path.read_text() for canary in CANARIES)


def test_nothing_was_run_by_the_grader(hostile: Graded) -> None:
    assert not list(hostile.root.rglob("pwned-*"))
    assert not Path("/tmp/still-here").exists()
