"""`sealgrade new`: what it writes works at once, and what is there is not touched."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sealgrade.bank import load_bank
from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.inline import solved_cells
from sealgrade.scaffold import ScaffoldError, new_assignment

from ..small_course import cell_of

PARTS = {"fall-time": 4, "impact-speed": 4, "explain": 2}
BANK = (
    "forgets-the-factor-two",
    "one-height-after-the-other",
    "speed-from-the-energy",
    "takes-the-average-speed",
)


def run(*command: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found.pop(".nbgrader.log", None)
    return found


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was begun by the command, with a release."""
    folder = tmp_path_factory.mktemp("begun")
    run("sealgrade", "new", "demo", "--course", "physics", cwd=folder)
    run("sealgrade", "release", "demo", cwd=folder / "physics")
    return folder / "physics"


def notebook(folder: Path) -> Any:
    return nbformat.read(folder / "demo.ipynb", as_version=4)


@pytest.fixture(scope="module")
def graded(begun: Path) -> dict[str, dict[str, float]]:
    """The points in each part of an untouched release, of the solution, and of it with each entry of the bank."""
    solved = solved_cells(begun, "demo")
    handed_in = {"untouched": {}, "solved": solved}
    handed_in |= {entry.name: entry.apply(solved) for entry in load_bank(begun / "bank/demo")}
    for student, answers in handed_in.items():
        work = notebook(begun / "release/demo")
        for grade_id, source in answers.items():
            cell_of(work, grade_id).source = source
        folder = begun / "submitted" / student / "demo"
        folder.mkdir(parents=True)
        nbformat.write(work, folder / "demo.ipynb")
    printed = run("sealgrade", "grade", "demo", "--json", cwd=begun).stdout
    return {
        one["student"]: {part["name"]: part["score"] for part in one["parts"] if not part["by_hand"]}
        for one in json.loads(printed)["students"]
    }


def test_the_solution_earns_all_points_that_tests_give(graded: dict[str, dict[str, float]]) -> None:
    assert graded["solved"] == {"fall-time": 4, "impact-speed": 4}


def test_the_untouched_release_earns_nothing(graded: dict[str, dict[str, float]]) -> None:
    assert graded["untouched"] == {"fall-time": 0, "impact-speed": 0}


def test_each_mistake_of_the_bank_loses_points_where_it_says_and_nowhere_else(
    begun: Path, graded: dict[str, dict[str, float]]
) -> None:
    mistakes = [entry for entry in load_bank(begun / "bank/demo") if entry.kind == "mistake"]

    assert len(mistakes) == 2
    for entry in mistakes:
        lost = {part for part, score in graded[entry.name].items() if score < PARTS[part]}
        assert lost == set(entry.loses), entry.name


def test_each_right_alternative_of_the_bank_earns_full_marks(begun: Path, graded: dict[str, dict[str, float]]) -> None:
    alternatives = [entry for entry in load_bank(begun / "bank/demo") if entry.kind == "alternative"]

    assert len(alternatives) == 2
    for entry in alternatives:
        assert graded[entry.name] == {"fall-time": 4, "impact-speed": 4}, entry.name


def test_the_tests_of_the_example_are_as_good_as_a_check_can_tell(begun: Path) -> None:
    required = "catch=100,false-rejects=0,elsewhere=0,mutants=100,wrong-names=0,idle-cells=0,leaks=0,untouched=0"

    printed = run("sealgrade", "check", "demo", "--mutants", "100", "--require", required, "--json", cwd=begun).stdout

    found = json.loads(printed)
    assert found["shortfalls"] == []
    assert found["naming"]["own"] == 2, "each mistake is known again, so that students read its hint"


def test_the_release_holds_no_solution_hidden_test_or_rubric(begun: Path) -> None:
    released = (begun / "release/demo/demo.ipynb").read_text()

    for secret in ("np.sqrt", "sealgrade.testing", "from_own_times", "Rubric", "four times"):
        assert secret not in released


def test_the_solved_notebook_runs_in_plain_jupyter_with_its_visible_checks(begun: Path) -> None:
    run("sealgrade", "solve", "demo", cwd=begun)

    assert (begun / "solved/demo/demo.ipynb").is_file()


def test_the_notebook_is_in_the_format_that_nbgrader_and_jupyter_write_today(begun: Path) -> None:
    made = notebook(begun / "source/demo")

    nbformat.validate(made)
    assert (made.nbformat, made.nbformat_minor) == (4, 5)
    assert made.metadata.kernelspec.name == "python3"
    marks = [cell.metadata.nbgrader for cell in made.cells]
    assert {one.schema_version for one in marks} == {3}
    assert [cell.id for cell in made.cells] == [one.grade_id for one in marks]
    assert all(not cell.get("outputs") for cell in made.cells)
    points = {name: sum(one.points for one in marks if one.grade and one.grade_id.startswith(name)) for name in PARTS}
    assert points == PARTS


def test_a_course_that_exists_gets_the_assignment_and_keeps_its_configuration(bare_course: Path) -> None:
    before = files(bare_course)

    made = new_assignment("demo", bare_course / "source" / "ex")

    assert made.root == bare_course
    after = files(bare_course)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"source/demo/demo.ipynb", *(f"bank/demo/{name}.toml" for name in BANK)}
    assert made.written[0] == bare_course / "source/demo/demo.ipynb"


def test_the_assignment_goes_where_the_configuration_has_its_sources(bare_course: Path) -> None:
    with (bare_course / "nbgrader_config.py").open("a") as config:
        config.write('c.CourseDirectory.source_directory = "ours"\n')

    new_assignment("demo", bare_course)

    assert (bare_course / "ours/demo/demo.ipynb").is_file()


def test_a_folder_in_no_course_becomes_one_that_can_be_opened(tmp_path: Path) -> None:
    made = new_assignment("demo", tmp_path)

    assert made.written[0] == tmp_path / "nbgrader_config.py"
    course = Course(tmp_path)
    assert course.blueprint("demo", "source").total == 10
    course.close()


def test_without_a_course_and_without_a_folder_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CourseError, match=r"begin a course with --course FOLDER"):
        new_assignment("demo")

    assert files(tmp_path) == {}


@pytest.mark.parametrize("taken", ["source", "bank", "release"])
def test_an_assignment_that_exists_is_not_touched(bare_course: Path, taken: str) -> None:
    (bare_course / taken / "demo").mkdir(parents=True)
    before = files(bare_course)

    with pytest.raises(ScaffoldError, match=rf"There is .*{taken}/demo already\. Take another name"):
        new_assignment("demo", bare_course)

    assert files(bare_course) == before


@pytest.mark.parametrize("name", ["a b", "-x", ".hidden", "..", "a/b", "ü", "a+b", "", "a\n"])
def test_a_name_that_cannot_name_folders_everywhere_is_refused(bare_course: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="cannot be an assignment's name"):
        new_assignment(name, bare_course)


def test_what_cannot_be_written_to_the_end_is_taken_back(bare_course: Path) -> None:
    (bare_course / "bank").write_text("not a folder")
    before = files(bare_course)

    with pytest.raises(ScaffoldError, match=r"cannot be written: .*\. No file was left behind"):
        new_assignment("demo", bare_course)

    assert files(bare_course) == before
    assert not (bare_course / "source/demo").exists()


def test_the_command_lists_what_it_wrote_and_what_to_run_next(tmp_path: Path) -> None:
    printed = run("sealgrade", "new", "demo", "--course", ".", cwd=tmp_path).stdout.splitlines()

    assert printed[:2] == ["Wrote nbgrader_config.py", "Wrote source/demo/demo.ipynb"]
    assert [line.strip() for line in printed[-2:]] == ["sealgrade release demo", "sealgrade check demo"]


def test_the_command_prints_json_and_nothing_else_when_asked(bare_course: Path) -> None:
    printed = json.loads(run("sealgrade", "new", "demo", "--json", cwd=bare_course).stdout)

    assert printed["assignment"] == "demo"
    assert printed["course"] == str(bare_course)
    assert [Path(path).name for path in printed["written"]] == ["demo.ipynb", *(f"{name}.toml" for name in BANK)]
    assert printed["next"] == ["sealgrade release demo", "sealgrade check demo"]


def test_the_command_says_in_one_line_why_it_wrote_nothing(bare_course: Path) -> None:
    said = run("sealgrade", "new", "ex", cwd=bare_course, code=1).stderr

    assert said.startswith("Error: There is ")
    assert "Traceback" not in said
