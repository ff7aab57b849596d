"""What the cells of rows G to K, and of right but odd work, have shown in their outputs."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from . import rows_g, rows_h, rows_i, rows_k, rows_right
from .conftest import ENVIRONMENT, TOOLS, Graded, run
from .course import Attack, copy_of, hand_in_honestly
from .tries import HIT, REFUSED

HARM: list[Attack] = [*rows_g.ATTACKS, *rows_h.ATTACKS, *rows_i.ATTACKS]
FAULTS = {one.who: one for one in rows_k.ATTACKS}


def outputs(graded: Graded, student: str) -> list[Any]:
    notebook = json.loads((graded.root / "autograded" / student / "ex/one.ipynb").read_bytes())
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def printed(graded: Graded, student: str) -> str:
    return "".join("".join(o["text"]) for o in outputs(graded, student) if o["output_type"] == "stream")


@pytest.mark.parametrize("attack", HARM, ids=str)
def test_no_attempt_succeeds_and_all_are_made(hostile: Graded, attack: Attack) -> None:
    text = printed(hostile, attack.who)
    assert re.findall(f"^{HIT}.*", text, re.MULTILINE) == []
    for number in re.findall("^tried: (.*)", text, re.MULTILINE):
        assert len(re.findall(f"^{REFUSED}", text, re.MULTILINE)) == int(number)
    assert "tried: " in text or "tried:" not in attack.cells["one-add"]


@pytest.mark.parametrize("attack", [one for one in HARM if one.expected["one-add"] == 0], ids=str)
def test_the_row_of_an_attacker_shows_a_reason_in_plain_words(hostile: Graded, attack: Attack) -> None:
    (message,) = (part["message"] for part in hostile.result(attack.who)["parts"] if part["name"] == "one-add")
    assert message
    assert len(message) < 1000
    assert "sealgrade/" not in message


def test_a_flood_of_text_is_cut_and_said_to_be(hostile: Graded) -> None:
    text = printed(hostile, "g8-text-in-every-way")
    assert "more characters were left out" in text
    assert len(text) < 1_000_000
    assert "more characters were left out" in printed(hostile, "right-prints")


def test_random_numbers_without_a_seed_are_the_same_again(hostile: Graded) -> None:
    one, two = (printed(hostile, student) for student in ("k2-luck-one", "k2-luck-two"))
    assert "drawn: " in one
    assert one == two
    assert hostile.points("k2-luck-one") == hostile.points("k2-luck-two")
    assert FAULTS["k2-luck-one"].cells == FAULTS["k2-luck-two"].cells


def test_each_process_has_randomness_of_its_own(hostile: Graded) -> None:
    one, two = (
        re.search("own: (.*)", printed(hostile, f"k7-own-randomness-{number}")).group(1).split()  # type: ignore[union-attr]
        for number in ("one", "two")
    )
    assert len(one) == len(two) == 9
    assert not set(one) & set(two)


def test_what_a_thread_prints_costs_nothing_and_is_cut(hostile: Graded) -> None:
    assert "more characters were left out" in printed(hostile, "right-threads-that-keep-printing")


def test_figures_are_shown(hostile: Graded) -> None:
    shown = [output["data"] for output in outputs(hostile, "right-figures") if "data" in output]
    assert sum("image/png" in data for data in shown) == 2


def test_it_is_said_why_something_cannot_work(hostile: Graded) -> None:
    notebook = json.loads((hostile.root / "autograded/right-cells-that-fail/ex/one.ipynb").read_bytes())
    cells = {"".join(cell["source"]): cell.get("outputs", []) for cell in notebook["cells"]}
    for code, hint in rows_right.FAILING.items():
        errors = ["\n".join(output["traceback"]) for output in cells[code] if output["output_type"] == "error"]
        assert not hint or (len(errors) == 1 and hint in errors[0]), code


def test_programs_that_are_not_run_are_named(hostile: Graded) -> None:
    text = printed(hostile, "right-no-programs")
    for command in ("!pip install numpy", "!ls -la", "conda install numpy"):
        assert f"{command}` was not run" in text


def _no_number_of_this_run(result: dict[str, Any]) -> dict[str, Any]:
    return result | {"graded_now": None}


@pytest.mark.parametrize("sign", ["autograded/ada/ex/one.ipynb", "feedback/ada/ex/one.html"])
def test_a_run_that_was_killed_leaves_no_half_grades_and_is_taken_up_again(
    bare: Path, peaceful: Graded, tmp_path: Path, sign: str
) -> None:
    temporary = tmp_path / "tmp"  # a run that is killed leaves its private copies of what was handed in there
    temporary.mkdir()
    tmp_path /= "course"
    copy_of(bare, tmp_path)
    hand_in_honestly(tmp_path)
    with subprocess.Popen(
        [TOOLS / "sealgrade", "grade", "ex"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        late = time.monotonic() + 120
        while not (tmp_path / sign).exists() and process.poll() is None and time.monotonic() < late:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    assert (tmp_path / sign).exists()
    report = json.loads(run("sealgrade", "grade", "ex", "--json", cwd=tmp_path).stdout)
    for result in report["students"]:
        assert _no_number_of_this_run(result) == _no_number_of_this_run(peaceful.result(result["student"]))
        page = f"feedback/{result['student']}/ex/one.html"
        assert (tmp_path / page).read_text() == (peaceful.root / page).read_text()
    assert len(report["students"]) == 2
    shutil.rmtree(tmp_path)
