"""`sealgrade check` where something is missing, in the way, or named twice."""

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from sealgrade import fingerprints
from sealgrade.assay.check import check
from sealgrade.assay.findings import Alike, Count, Findings, Shortfall
from sealgrade.assay.requirements import MEASURES, parse
from sealgrade.assay.terminal import as_json, show
from sealgrade.assay.works import Kind
from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.scaffold import new_assignment


@pytest.fixture
def course(tmp_path: Path) -> Course:
    new_assignment("demo", tmp_path)
    return Course(tmp_path)


def bank(course: Course) -> Path:
    return fingerprints.bank_folder(course, "demo")


def keep_only(course: Course, kind: str) -> None:
    for path in bank(course).glob("*.toml"):
        if f'kind = "{kind}"' not in path.read_text(encoding="utf-8"):
            path.unlink()


def short(found: Findings, text: str) -> list[str]:
    return [line for line in (one.falls_short(found) for one in parse([text])) if line]


def test_a_bank_without_mistakes_leaves_grading_nothing_to_warn_of(course: Course) -> None:
    keep_only(course, "alternative")

    found = check(course, "demo")

    assert found.alternatives.rate == 100
    assert fingerprints.read(course, "demo")[1] == ""
    assert short(found, "false-rejects=0") == []


@pytest.mark.parametrize(
    ("probes", "why"),
    [
        ("behaviour = {", "SyntaxError"),
        ("behaviour = {}\nwhile True: pass", "longer than"),
        ("nothing = 1", "leave nothing"),
        ("behaviour = [1]", "not a dict"),
        ("behaviour = {}", "is empty"),
    ],
)
def test_probes_that_do_not_work_excuse_no_mutant(course: Course, probes: str, why: str) -> None:
    path = course.folder("source", "demo") / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("impact-speed-test"):
            cell["source"] = "assert impact_speed(20.0) > 0"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    for entry in bank(course).glob("*.toml"):
        entry.unlink()
    (bank(course) / "probes.py").write_text(probes, encoding="utf-8")

    found = check(course, "demo", mutants=6)

    assert found.equivalent == []
    assert {one.reason for one in found.shortfalls} == {"no test notices"}
    assert why in found.warnings[0]


def test_a_share_of_nothing_is_not_reached() -> None:
    found = Findings("demo")

    told = short(found, "catch=100,false-rejects=0,elsewhere=0,mutants=100")

    assert [line.partition(":")[0] for line in told] == ["catch", "false-rejects", "elsewhere", "mutants"]
    assert "--mutants" in told[-1]


def test_mutants_of_which_each_behaves_as_the_solution_does_are_no_shortfall() -> None:
    found = Findings("demo", mutants=Count(0, 0), equivalent=[Alike("demo~001", "a became b")])

    assert not short(found, "mutants=100")


def test_fingerprints_that_cannot_be_written_do_not_lose_the_report(course: Course) -> None:
    keep_only(course, "mistake")
    (bank(course) / fingerprints.NAME).mkdir()  # stands for a folder without permission, which root always has

    found = check(course, "demo")

    assert found.catch.rate == 100
    assert "No mistake will be named" in found.warnings[0]


def test_two_notebooks_with_cells_of_the_same_name_are_refused(course: Course) -> None:
    folder = course.folder("source", "demo")
    shutil.copy(folder / "demo.ipynb", folder / "other.ipynb")

    with pytest.raises(CourseError, match=r"fall-time is in demo\.ipynb and in other\.ipynb"):
        check(course, "demo")


def test_a_solution_cell_that_no_test_cell_comes_after_has_no_mutants(course: Course) -> None:
    path = course.folder("source", "demo") / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in notebook["cells"]]
    notebook["cells"].append(notebook["cells"].pop(names.index("impact-speed")))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    keep_only(course, "neither")

    found = check(course, "demo", 4)

    assert found.mutants.of == 4
    assert [one.name for one in found.shortfalls if one.name.startswith("impact-speed~")] == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff\xfe", b"null", b'{"of": 1}', "mistakes = []", "mistakes = {'a': {}}", "fails = [1]"],
)
def test_damaged_fingerprints_are_a_warning_and_name_nothing(course: Course, content: bytes | str) -> None:
    if isinstance(content, str):  # damaged behind a digest that is right
        mistake = {"misconceptions": ["a"], "summary": "", "hint": "", "fails": {"fall-time-test-number": 1}}
        mistakes = {"mistakes = []": [], "mistakes = {'a': {}}": {"a": {}}}.get(content, {"a": mistake})
        content = json.dumps({"of": fingerprints.digest(course, "demo"), "mistakes": mistakes}).encode()
    (bank(course) / fingerprints.NAME).write_bytes(content)

    known, warning = fingerprints.read(course, "demo")

    assert known == b""
    assert "sealgrade check demo" in warning


def test_fingerprints_are_out_of_date_when_the_bank_has_changed(course: Course) -> None:
    fingerprints.write(course, "demo", [])
    assert fingerprints.read(course, "demo")[1] == ""

    (bank(course) / "forgets-the-factor-two.toml").unlink()

    assert fingerprints.read(course, "demo")[0] == b""
    assert "older than the bank" in fingerprints.read(course, "demo")[1]


def again(course: Course, name: str, old: str, new: str) -> None:
    """Write an entry of the bank a second time, with a change."""
    text = (bank(course) / "forgets-the-factor-two.toml").read_text(encoding="utf-8")
    assert old in text
    (bank(course) / f"{name}.toml").write_text(text.replace(old, new), encoding="utf-8")


def test_a_mistake_that_is_not_named_is_listed_with_the_reason(course: Course) -> None:
    keep_only(course, "mistake")
    again(course, "the-same", 'new = "height / G"', 'new = "(height / G)"')

    found = check(course, "demo")

    told = dict(found.naming.unnamed)
    assert found.naming.mistakes - found.naming.own == len(told) == 2
    assert "the same of the-same" in told["forgets-the-factor-two"]
    assert "the same of forgets-the-factor-two" in told["the-same"]
    assert as_json(found)["naming"]["unnamed"] == found.naming.unnamed
    assert as_json(found)["mutants"] == {"good": 0, "of": 0, "rate": None}


def test_a_cell_that_did_not_run_is_told_before_what_follows_from_it(course: Course) -> None:
    keep_only(course, "mistake")
    again(course, "not-python", 'new = "height / G"', 'new = "height / / G"')

    (one,) = check(course, "demo").shortfalls

    assert "the cell fall-time did not run: SyntaxError: invalid syntax" in one.reason
    assert one.reason.index("SyntaxError") < one.reason.index("NameError")


def test_mutants_are_required_only_with_the_number_to_try(course: Course) -> None:
    command = [sys.executable, "-m", "sealgrade", "check", "demo", "--require", "mutants=90"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "with --mutants" in done.stderr


@pytest.mark.parametrize(("many", "told"), [(1, "1 not judged as it should be"), (2, "2 not judged as they should be")])
def test_one_is_told_as_one(many: int, told: str) -> None:
    found = Findings("demo", shortfalls=[Shortfall("x", Kind.MUTANT, "", "why")] * many)
    console = Console(file=StringIO(), width=140)

    show(found, console)

    assert isinstance(console.file, StringIO)
    assert told in console.file.getvalue()


def test_every_measure_that_can_have_nothing_to_try_says_what_is_missing() -> None:
    found = Findings("demo")
    assert all(measure.none for measure in MEASURES.values() if not measure.tried(found))
