import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.utils import parse_utc

from sealgrade.bank import BankError
from sealgrade.sample_class import SampleStudent, write_class
from sealgrade.sample_work import SampleClassError

FULL = {"one-area": 5, "one-twice": 4, "one-why": None, "two-scaled": 5, "two-size": 1}
ODD = {
    "half-done",
    "late",
    "missing-notebook",
    "not-json",
    "deleted-and-duplicated",
    "metadata-stripped",
    "endless-loop",
    "prints-100-mb",
    "kills-kernel",
    "kills-kernel-in-own-cell",
    "syntax-error",
    "untouched",
}


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def find(students: list[SampleStudent], name: str) -> SampleStudent:
    return next(student for student in students if student.student.split("-", 2)[2] == name)


def read(course: Path, student: SampleStudent, notebook: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((course / "submitted" / student.student / "demo" / notebook).read_text())
    return content


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_a_class_of_24_holds_every_kind_of_student(course: Path) -> None:
    students = write_class(course, "demo", size=24)

    names = {student.student.split("-", 2)[2] for student in students}
    assert len(students) == len({student.student for student in students}) == 24
    assert names == ODD | {"reference", "no-pi", "no-two", "no-size", "lambda"}
    assert {student.kind for student in students} == {"right", "mistake", "unfinished", "late", "damaged", "runaway"}


def test_the_first_students_drawn_from_the_bank_change_different_cells(course: Path) -> None:
    for number in range(20):
        text = (course / "bank/demo/no-pi.toml").read_text()
        (course / f"bank/demo/no-pi-{number}.toml").write_text(text)

    students = [student for student in write_class(course, "demo", size=18) if student.kind == "mistake"]

    assert {student.loses for student in students} == {("one-area",), ("one-twice",), ("two-size",)}


def test_student_ids_are_valid_for_nbgrader(course: Path) -> None:
    assert all(re.fullmatch(r"sample-\d\d-[\w-]+", student.student) for student in write_class(course, "demo"))


def test_each_student_hands_in_the_notebooks_and_a_timestamp_and_nothing_else(course: Path) -> None:
    students = write_class(course, "demo", size=24)

    assert sorted(path.name for path in (course / "submitted").iterdir()) == sorted(s.student for s in students)
    for student in students:
        notebooks = {"one.ipynb"} if student.student.endswith("missing-notebook") else {"one.ipynb", "two.ipynb"}
        files = {path.name for path in (course / "submitted" / student.student / "demo").iterdir()}
        assert files == notebooks | {"timestamp.txt"}


def test_the_timestamps_are_nbgrader_s_and_only_the_late_student_is_after_the_deadline(course: Path) -> None:
    for student in write_class(course, "demo", size=24):
        text = (course / "submitted" / student.student / "demo/timestamp.txt").read_text()
        assert re.fullmatch(r"2024-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC", text)
        assert (parse_utc(text) > datetime(2024, 5, 2, 21, 59, 59)) == student.is_late
        assert student.is_late == (student.kind == "late")


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_class(course: Path) -> None:
    write_class(course, "demo", size=24, seed=1)
    first = {name: data for name, (data, _) in snapshot(course / "submitted").items()}
    (course / "submitted").rename(course / "before")

    write_class(course, "demo", size=24, seed=1)
    assert {name: data for name, (data, _) in snapshot(course / "submitted").items()} == first

    assert {s.student for s in write_class(course, "demo", seed=3)} != {s.student for s in write_class(course, "demo")}


def test_a_second_run_rewrites_nothing_and_a_larger_class_holds_the_smaller(course: Path) -> None:
    write_class(course, "demo", size=10)
    before = snapshot(course / "submitted")

    write_class(course, "demo", size=20)

    assert snapshot(course / "submitted").items() >= before.items()


def test_what_others_handed_in_is_not_touched(course: Path) -> None:
    folder = course / "submitted/sophie/demo"
    folder.mkdir(parents=True)
    (folder / "one.ipynb").write_text("hers")
    os.utime(folder / "one.ipynb", (0, 0))
    before = snapshot(course / "submitted/sophie")

    write_class(course, "demo", size=24)

    assert snapshot(course / "submitted/sophie") == before


def test_right_work_fills_in_the_released_notebooks_and_earns_all_points(course: Path) -> None:
    student = find(write_class(course, "demo", size=1), "reference")

    notebook = read(course, student, "one.ipynb")
    released = json.loads((course / "release/demo/one.ipynb").read_text())
    assert [cell["metadata"] for cell in notebook["cells"]] == [cell["metadata"] for cell in released["cells"]]
    assert "return m.pi * radius**2" in source(notebook["cells"][2])
    assert source(notebook["cells"][-1]) == "Why?\n\nPi."
    assert student.expected == FULL


def test_a_mistake_keeps_the_points_of_the_parts_that_it_does_not_touch(course: Path) -> None:
    student = find(write_class(course, "demo", size=24), "no-two")

    assert student.kind == "mistake"
    assert student.loses == ("one-twice",)
    assert student.expected == FULL | {"one-twice": None}
    assert "return 0 area(radius)" in source(read(course, student, "one.ipynb")["cells"][5])


def test_what_odd_work_is_to_earn_is_known(course: Path) -> None:
    students = write_class(course, "demo", size=24)

    expected = {name: find(students, name).expected for name in ODD}
    nothing = {part: points and 0 for part, points in FULL.items()}
    for name in ("late", "deleted-and-duplicated", "metadata-stripped", "prints-100-mb", "kills-kernel-in-own-cell"):
        assert expected[name] == FULL
    assert expected["untouched"] == nothing
    assert expected["missing-notebook"] == FULL | {"two-scaled": 0, "two-size": 0}
    assert expected["not-json"] == FULL | {"one-twice": 0}
    assert expected["endless-loop"] == FULL | {"one-twice": 0}
    assert expected["kills-kernel"] == expected["syntax-error"] == expected["half-done"] == FULL | {"two-size": 0}


def test_damaged_work_is_damaged_as_described(course: Path) -> None:
    students = write_class(course, "demo", size=24)

    with pytest.raises(json.JSONDecodeError):
        read(course, find(students, "not-json"), "one.ipynb")

    stripped = read(course, find(students, "metadata-stripped"), "one.ipynb")
    assert not any(cell["metadata"] or "id" in cell for cell in stripped["cells"])
    assert not stripped["metadata"]

    cells = read(course, find(students, "deleted-and-duplicated"), "two.ipynb")["cells"]
    names = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells]
    assert names == ["two-scaled", "two-scaled", "two-size", "two-size-test-value", "two-size-test-value"]
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_runaway_work_runs_away_as_described(course: Path) -> None:
    students = write_class(course, "demo", size=24)

    assert "os._exit(1)" in source(read(course, find(students, "kills-kernel"), "two.ipynb")["cells"][2])
    assert "SIGKILL" in source(read(course, find(students, "kills-kernel-in-own-cell"), "two.ipynb")["cells"][1])
    assert source(read(course, find(students, "endless-loop"), "one.ipynb")["cells"][5]).startswith("tries = 0\nwhile")
    assert "range(100_000)" in source(read(course, find(students, "prints-100-mb"), "two.ipynb")["cells"][0])
    with pytest.raises(SyntaxError):
        compile(source(read(course, find(students, "syntax-error"), "two.ipynb")["cells"][2]), "cell", "exec")


def test_a_course_without_a_bank_has_a_class_too(course: Path) -> None:
    for path in (course / "bank/demo").iterdir():
        path.unlink()
    (course / "bank/demo").rmdir()

    assert len(write_class(course, "demo", size=20)) == 20


def test_an_assignment_that_is_not_released_is_an_error_that_says_what_to_do(course: Path) -> None:
    (course / "release").rename(course / "elsewhere")

    with pytest.raises(SampleClassError, match="Run `sealgrade release demo` first"):
        write_class(course, "demo")


def test_a_release_that_does_not_fit_the_instructor_s_notebooks_is_an_error(course: Path) -> None:
    path = course / "release/demo/one.ipynb"
    path.write_text(path.read_text().replace('"one-area"', '"one-space"'))

    with pytest.raises(SampleClassError, match="one-space is released but not in source"):
        write_class(course, "demo")


def test_a_mistake_that_loses_an_unknown_part_is_an_error(course: Path) -> None:
    path = course / "bank/demo/no-pi.toml"
    path.write_text(path.read_text().replace('loses = ["one-area"]', 'loses = ["one-aera"]'))

    with pytest.raises(BankError, match="'one-aera' in loses is not a part"):
        write_class(course, "demo")
