"""Which file is taken for which notebook of the assignment."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sealgrade.intake import HandedIn, HandIn
from sealgrade.recovery import answers

from .conftest import RIGHT, Notebook, Write, released, stripped, work

WRONG = {"t5-add": "def add(a, b):\n    return 0"}
OTHER_NAMES = ["task5 (1).ipynb", "Task5_final.ipynb", "task5-Copy1.ipynb", "sub/folder/task5.ipynb", "mine.ipynb"]


def answered(hand_in: HandIn, name: str = "task5") -> dict[str, str]:
    notebook = hand_in.notebooks[name].notebook
    assert notebook is not None
    return answers(notebook, released()[name])


def of(name: str) -> dict[str, str]:
    return {cell: text for cell, text in RIGHT.items() if cell.startswith(f"t{name[-1]}-")}


def said(one: HandedIn | HandIn) -> str:
    return "\n".join(one.notes)


def test_notebooks_with_the_right_names_are_taken_without_a_word(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(), "task6.ipynb": work("task6")})
    assert (answered(found), answered(found, "task6")) == (of("task5"), of("task6"))
    assert [one.notes for one in found.notebooks.values()] == [(), ()]
    assert (found.notes, found.needs_a_look) == ((), False)


@pytest.mark.parametrize("file", [*OTHER_NAMES, "task5.ipynb.txt", "task5.ipynb.json", "task5.json", "task6 neu.ipynb"])
@pytest.mark.parametrize("damage", [lambda n: n, stripped], ids=["whole", "stripped"])
def test_a_notebook_with_another_name_is_known_by_its_cells(hand_in: Write, file: str, damage: Any) -> None:
    found = hand_in({file: damage(work()), "task6.ipynb": work("task6")})
    assert answered(found) == of("task5")
    assert f"{file} was taken for task5.ipynb" in said(found.notebooks["task5"])
    assert found.notebooks["task5"].file == file
    assert not found.needs_a_look
    assert found.files == {}


@pytest.mark.parametrize("damage", [lambda n: n, stripped], ids=["whole", "stripped"])
def test_notebooks_handed_in_under_each_others_names_are_graded_as_what_they_are(hand_in: Write, damage: Any) -> None:
    found = hand_in({"task5.ipynb": damage(work("task6")), "task6.ipynb": damage(work())})
    assert (answered(found), answered(found, "task6")) == (of("task5"), of("task6"))
    assert "task6.ipynb was taken for task5.ipynb" in said(found.notebooks["task5"])
    assert "task5.ipynb was taken for task6.ipynb" in said(found.notebooks["task6"])


def test_the_content_of_another_notebook_is_not_graded_as_this_one(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work("task6"), "task6.ipynb": work("task6")})
    one = found.notebooks["task5"]
    assert (one.file, one.notebook) == (None, None)
    assert "its content is that of task6" in said(one)
    assert found.needs_a_look


def test_the_right_name_goes_before_another_name_even_with_less_work_and_a_person_is_to_look(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(answers=WRONG), "task5 (1).ipynb": work(), "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "task5.ipynb"
    assert "task5 (1).ipynb is of task5 too and was not graded" in said(found.notebooks["task5"])
    assert "answers 3 cells (the graded one 1)" in said(found.notebooks["task5"])
    assert found.needs_a_look


def test_a_file_with_the_right_name_in_which_nothing_is_answered_yields_to_one_with_answers(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(answers={}), "task5 (1).ipynb": work(), "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "task5 (1).ipynb"
    assert "task5.ipynb is of task5 too and was not graded" in said(found.notebooks["task5"])
    assert not found.needs_a_look


def test_a_damaged_file_with_the_right_name_yields_to_one_that_answers_more(hand_in: Write) -> None:
    cut = json.dumps(work(), indent=1).encode()
    cut = cut[: cut.index(b"t5-sub")]
    found = hand_in({"task5.ipynb": cut, "task5 (1).ipynb": work(), "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "task5 (1).ipynb"


def test_a_copy_that_answers_nothing_else_is_named_but_no_reason_to_look(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(), "old/task5.ipynb": work(answers={}), "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "task5.ipynb"
    assert "old/task5.ipynb is of task5 too" in said(found.notebooks["task5"])
    assert not found.needs_a_look


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ({"a.ipynb": work(answers=WRONG), "b.ipynb": work(), "c.ipynb": work(answers={})}, "b.ipynb"),
        ({"task5 (9).ipynb": work(answers=WRONG), "task5 (10).ipynb": work(answers=WRONG)}, "task5 (10).ipynb"),
        ({"a.ipynb": stripped(work()), "b.ipynb": stripped(work())}, "b.ipynb"),
    ],
    ids=["most-work", "last-by-name", "the-same"],
)
def test_of_files_with_other_names_the_one_with_the_most_work_counts_and_then_the_last_by_name(
    hand_in: Write, files: Mapping[str, Notebook], taken: str
) -> None:
    assert hand_in(files).notebooks["task5"].file == taken


def test_of_two_equal_candidates_that_say_something_else_one_counts_and_a_person_is_to_look(hand_in: Write) -> None:
    other = {"t5-add": "def add(a, b):\n    return a"}
    found = hand_in({"a.ipynb": work(answers=WRONG), "b.ipynb": work(answers=other), "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "b.ipynb"
    assert found.needs_a_look


@pytest.mark.parametrize("data", [b"", b"no notebook", b"%PDF-1.7", b"\0" * 99])
def test_where_the_file_with_the_right_name_cannot_be_read_another_one_is_taken(hand_in: Write, data: bytes) -> None:
    found = hand_in({"task5.ipynb": data, "task5-Copy1.ipynb": work(), "task6.ipynb": work("task6")})
    assert answered(found) == of("task5")
    assert "task5.ipynb is not a notebook" in said(found.notebooks["task5"])
    assert found.needs_a_look


def test_one_file_that_holds_both_notebooks_counts_for_both(hand_in: Write) -> None:
    both = work() | {"cells": work()["cells"] + work("task6")["cells"]}
    found = hand_in({"all.ipynb": both})
    assert (answered(found), answered(found, "task6")) == (of("task5"), of("task6"))
    for name in ("task5", "task6"):
        notebook = found.notebooks[name].notebook
        assert notebook is not None
        assert not any("def " + ("mul" if name == "task5" else "add") in cell["source"] for cell in notebook["cells"])
    assert found.needs_a_look


def test_a_notebook_that_is_no_part_of_the_assignment_is_named_and_looked_at_if_one_is_missed(hand_in: Write) -> None:
    other = {"cells": [{"cell_type": "code", "source": "print(1)", "metadata": {}}], "nbformat": 4}
    found = hand_in({"task5.ipynb": work(), "other.ipynb": other})
    assert "other.ipynb is not a notebook of this assignment." in found.notes
    assert found.notebooks["task6"] == HandedIn(reason="it was not handed in")
    assert found.needs_a_look


def test_where_no_cell_is_known_a_name_like_the_right_one_decides_and_a_person_is_to_look(hand_in: Write) -> None:
    own = {"cells": [{"cell_type": "code", "source": "plus = 1", "metadata": {}}]}
    found = hand_in({"Task5_final.ipynb": own, "task6.ipynb": work("task6")})
    assert found.notebooks["task5"].file == "Task5_final.ipynb"
    assert found.needs_a_look


def test_a_file_with_the_right_name_none_of_whose_cells_is_known_is_graded_if_there_is_no_other(hand_in: Write) -> None:
    own = {"cells": [{"cell_type": "code", "source": "plus = 1", "metadata": {}}]}
    assert hand_in({"task5.ipynb": own}).notebooks["task5"].notebook is not None


def test_an_archive_is_named_and_looked_at_only_if_a_notebook_is_missed(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(), "homework.zip": b"PK\x03\x04"})
    assert "homework.zip: not taken, archives are not opened." in found.notes
    assert found.needs_a_look


def test_an_archive_under_the_name_of_a_notebook_is_named_as_one(hand_in: Write) -> None:
    one = hand_in({"task5.ipynb": b"PK\x03\x04rest"}).notebooks["task5"]
    assert one.reason == "it is an archive (zip); archives are not opened"
    assert "Graded as not handed in" in said(one)
    assert one.needs_a_look


def test_nothing_handed_in_is_nothing_to_look_at(hand_in: Write) -> None:
    found = hand_in({"timestamp.txt": b"2024-05-01 10:00:00 UTC"})
    assert [one.reason for one in found.notebooks.values()] == ["it was not handed in"] * 2
    assert not found.needs_a_look
    assert str(found.submitted) == "2024-05-01 10:00:00"


def test_data_beside_the_notebooks_is_taken_and_programs_are_not(hand_in: Write) -> None:
    found = hand_in({"task5.ipynb": work(), "d/x.csv": b"1,2", "numpy.py": b"", "d.json": b'{"a": 1}'})
    assert found.files == {"d/x.csv": b"1,2", "d.json": b'{"a": 1}'}
    assert "numpy.py: not taken, only notebooks, pictures and data are." in found.notes


def test_more_notebooks_than_anybody_needs_are_not_all_read(hand_in: Write) -> None:
    found = hand_in({f"{n}.ipynb": work() for n in range(60)} | {"task5.ipynb": work()})
    assert found.notebooks["task5"].file == "task5.ipynb"
    assert "was not looked at" in said(found)


def test_a_notebook_is_read_before_a_flood_of_other_files(hand_in: Write) -> None:
    found = hand_in(
        {"task5.ipynb": work(), "timestamp.txt": b"2024-05-01 10:00:00 UTC"}
        | dict.fromkeys((f"a{number}.csv" for number in range(1100)), b"")
    )
    assert answered(found) == of("task5")
    assert found.submitted is not None
    assert ".: not taken, there are more than 1000 files." in found.notes
