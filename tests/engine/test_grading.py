"""A class graded once, on real kernels and a real gradebook: everybody gets the points that can be established."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from sealgrade.grading import grade
from sealgrade.report import StudentResult, read_results

from ..small_course import Class, cell_of


def with_code(school: Class, grade_id: str, code: str, name: str = "one") -> Any:
    notebook = school.right(name)
    cell_of(notebook, grade_id).source += "\n" + code
    return notebook


def hand_everything_in(school: Class) -> None:
    school.hand_in("right", one=school.right(), two=school.right("two"))
    school.hand_in("untouched", one=school.released(), two=school.released("two"))
    school.hand_in("late", one=school.right(), timestamp="2024-05-03 22:59:59 UTC")
    school.hand_in("not-json", one="{cut off", two=school.right("two"))
    school.hand_in("binary", one=bytes(range(256)))
    school.hand_in("odd-timestamp", one=school.right(), timestamp="yesterday \u2603")
    school.hand_in("nothing")
    school.hand_in("other-name", **{"one (1)": school.right()})
    school.hand_in("exits", one=with_code(school, "one-mul", "import os\nos._exit(1)"))
    school.hand_in("quits", one=with_code(school, "one-add", "exit()"))
    school.hand_in("killed-in-test", one=with_code(school, "one-add", "def add(a, b):\n    import os\n    os._exit(1)"))
    school.hand_in("endless", one=with_code(school, "one-add", "while True:\n    pass"))
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    school.hand_in("stubborn", one=with_code(school, "one-mul", stubborn))
    school.hand_in("prints", one=with_code(school, "one-add", "for _ in range(1000):\n    print('x' * 100_000)"))
    many = "from IPython.display import display\nfor i in range(3000):\n    display(i)"
    school.hand_in("displays", one=with_code(school, "one-add", many))
    long_error = "def mul(a, b):\n    raise ValueError('y' * 10_000_000)"
    school.hand_in("long-error", one=with_code(school, "one-mul", long_error))
    school.hand_in("cheats", one=with_code(school, "one-mul", "def mul(a, b):\n    return 5"))
    (school.root / "submitted" / "homework.zip").write_bytes(b"PK")
    (school.root / "submitted" / "a+b" / "ex").mkdir(parents=True)


@pytest.fixture(scope="module")
def graded(_released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The class after one run."""
    root = tmp_path_factory.mktemp("graded")
    shutil.copytree(_released_course, root, dirs_exist_ok=True)
    school = Class(root)
    hand_everything_in(school)
    before = {p: p.read_bytes() for p in (root / "submitted").rglob("*") if p.is_file()}
    school.run = grade(school.course, "ex")
    assert before == {p: p.read_bytes() for p in (root / "submitted").rglob("*") if p.is_file()}
    school.results = {r.student: r for r in read_results(school.course, "ex", school.run)}
    yield school
    school.course.close()


def result(graded: Any, student: str) -> StudentResult:
    found = graded.results[student]
    assert isinstance(found, StudentResult)
    return found


def parts(graded: Any, student: str) -> dict[str, float]:
    return {r.part.name: r.score for r in result(graded, student).parts}


def outputs(graded: Any, student: str, grade_id: str) -> list[Any]:
    notebook = json.loads((graded.root / "autograded" / student / "ex/one.ipynb").read_bytes())
    cells = (c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)
    return list(next(cells)["outputs"])


def test_nobody_stops_the_run(graded: Any) -> None:
    assert graded.run.failures == {}
    assert len(graded.run.graded) == 17


def test_right_work_earns_full_marks_with_bonus_apart_and_hand_marks_pending(graded: Any) -> None:
    right = result(graded, "right")
    assert (right.total, right.bonus, right.pending()) == (9, 1, 5)
    assert right.notes == ()


def test_the_untouched_release_earns_nothing_and_leaves_nothing_to_mark(graded: Any) -> None:
    untouched = result(graded, "untouched")
    assert (untouched.total, untouched.bonus, untouched.pending()) == (0, 0, 0)


def test_a_warning_in_a_test_cell_costs_no_points_and_stays_visible(graded: Any) -> None:
    assert parts(graded, "right")["one-mul"] == 3
    assert "careful" in str(outputs(graded, "right", "one-mul-test"))


def test_late_work_is_marked_as_late(graded: Any) -> None:
    assert result(graded, "late").seconds_late == 25 * 3600
    assert result(graded, "right").seconds_late == 0


@pytest.mark.parametrize("student", ["not-json", "binary"])
def test_a_file_that_is_no_notebook_counts_as_not_handed_in_and_says_so(graded: Any, student: str) -> None:
    found = result(graded, student)
    assert found.score("one") == 0
    assert any("not a notebook" in note for note in found.notes)


def test_the_other_notebook_of_a_broken_submission_counts(graded: Any) -> None:
    assert result(graded, "not-json").bonus == 1


def test_a_timestamp_that_cannot_be_read_does_not_stop_grading(graded: Any) -> None:
    assert result(graded, "odd-timestamp").total == 9


def test_a_missing_notebook_is_named(graded: Any) -> None:
    assert "two.ipynb was not handed in." in result(graded, "late").notes


def test_a_submission_without_a_notebook_gets_zero_and_a_reason(graded: Any) -> None:
    found = result(graded, "nothing")
    assert (found.total, found.pending()) == (0, 0)
    assert "one.ipynb was not handed in." in found.notes


def test_a_notebook_of_another_name_is_graded_and_named(graded: Any) -> None:
    found = result(graded, "other-name")
    assert found.total == 9
    assert "one (1).ipynb was taken for one.ipynb, because of its cells." in found.notes
    assert found.as_json()["needs_a_look"]


def test_a_cell_that_kills_its_kernel_costs_only_its_own_points(graded: Any) -> None:
    assert parts(graded, "exits") | {"one-add": 6, "one-mul": 0} == parts(graded, "exits")
    assert any("`one-mul` ended Python" in note for note in result(graded, "exits").notes)


def test_exit_in_a_cell_costs_nobody_elses_points(graded: Any) -> None:
    assert parts(graded, "quits")["one-mul"] == 3


def test_a_test_cell_that_kills_the_kernel_gets_zero_and_the_next_ones_run(graded: Any) -> None:
    assert parts(graded, "killed-in-test") | {"one-add": 0, "one-mul": 3} == parts(graded, "killed-in-test")


def test_an_endless_loop_is_stopped_and_the_rest_counts(graded: Any) -> None:
    assert parts(graded, "endless")["one-mul"] == 3
    assert any("was stopped" in note for note in result(graded, "endless").notes)
    assert outputs(graded, "endless", "one-add")[0]["ename"] == "CellTimeoutError"


def test_a_loop_that_cannot_be_interrupted_is_left_out(graded: Any) -> None:
    assert parts(graded, "stubborn") | {"one-add": 6, "one-mul": 0} == parts(graded, "stubborn")


def test_a_flood_of_text_is_cut_and_costs_no_points(graded: Any) -> None:
    assert parts(graded, "prints")["one-add"] == 6
    assert (graded.root / "autograded/prints/ex/one.ipynb").stat().st_size < 300_000
    assert "were left out" in str(outputs(graded, "prints", "one-add"))


def test_a_flood_of_outputs_is_cut(graded: Any) -> None:
    assert parts(graded, "displays")["one-add"] == 6
    assert len(outputs(graded, "displays", "one-add")) <= 201


def test_an_error_of_any_length_is_cut_and_still_an_error(graded: Any) -> None:
    assert parts(graded, "long-error")["one-mul"] == 0
    assert (graded.root / "autograded/long-error/ex/one.ipynb").stat().st_size < 500_000
    message = next(r.message for r in result(graded, "long-error").parts if r.part.name == "one-mul")
    assert message is not None
    assert len(message) < 200


def test_a_failed_part_says_why(graded: Any) -> None:
    messages = {r.part.name: r.message for r in result(graded, "cheats").parts}
    assert messages["one-mul"] == "AssertionError: mul"
    assert messages["one-add"] is None


def test_what_is_not_a_students_folder_is_reported(graded: Any) -> None:
    assert len(graded.run.warnings) == 2
    assert any("homework.zip" in warning for warning in graded.run.warnings)


def test_feedback_is_written_for_every_graded_notebook(graded: Any) -> None:
    autograded = {p.relative_to(graded.root / "autograded") for p in (graded.root / "autograded").rglob("*.ipynb")}
    feedback = {p.relative_to(graded.root / "feedback") for p in (graded.root / "feedback").rglob("*.html")}
    assert {p.with_suffix(".html") for p in autograded} == feedback


def test_feedback_shows_the_message_of_a_failed_test_and_no_hidden_test(graded: Any) -> None:
    page = (graded.root / "feedback/untouched/ex/one.html").read_text()
    assert "not written yet" in page
    assert "secret_sum" not in page
    assert "HIDDEN" not in page


def test_feedback_says_on_top_what_had_to_be_repaired(graded: Any) -> None:
    page = (graded.root / "feedback/not-json/ex/one.html").read_text()
    assert "About this submission" in page


def test_feedback_names_on_top_the_points_of_each_part_and_the_first_thing_to_look_at(graded: Any) -> None:
    page = (graded.root / "feedback/cheats/ex/one.html").read_text()
    rows = [row.get_text(" ", strip=True) for row in BeautifulSoup(page, "html.parser").select("nav tbody tr")]
    assert rows[0] == "one-add 6 / 6 ✓ passed"
    assert re.fullmatch(r"one-mul 0 / \d+ ✗ not passed mul", rows[1])
