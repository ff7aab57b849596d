"""Damaged submissions, put back into the shape of the release."""

import copy
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.nbgraderformat import MetadataValidator

from sealgrade.errors import UnreadableNotebook
from sealgrade.recovery import Recovery, recover
from sealgrade.submission import read_submission

from ..small_course import ADD_RIGHT, ADD_STUB, MUL_RIGHT, Class, cell_of


def recovered(school: Class, notebook: Any, name: str = "one") -> Recovery:
    """What recovery makes of a notebook that was handed in; checked to be valid and complete."""
    folder = school.hand_in("somebody", **{name: notebook})
    released = school.released(name)
    result = recover(read_submission(folder / f"{name}.ipynb").notebook, released)
    nbformat.validate(result.notebook)
    MetadataValidator().validate_nb(result.notebook)
    ids = [c.metadata.nbgrader.grade_id for c in result.notebook.cells if "nbgrader" in c.metadata]
    assert ids == [c.metadata.nbgrader.grade_id for c in released.cells if "nbgrader" in c.metadata]
    return result


def strip(notebook: Any) -> Any:
    for cell in notebook.cells:
        cell.metadata = {}
        cell.pop("id", None)
    notebook.nbformat_minor = 4
    return notebook


def answer(result: Recovery, grade_id: str = "one-add") -> str:
    return str(cell_of(result.notebook, grade_id).source).strip()


def test_an_undamaged_submission_needs_no_repair(school: Class) -> None:
    result = recovered(school, school.right())
    assert result.notes == []
    assert answer(result) == ADD_RIGHT


@pytest.mark.parametrize("edited_first", [True, False])
def test_of_duplicated_cells_the_edited_one_counts(school: Class, edited_first: bool) -> None:
    notebook = school.right()
    stub = copy.deepcopy(cell_of(school.released(), "one-add"))
    stub.id = "copy"
    notebook.cells.insert(3 if edited_first else 2, stub)
    result = recovered(school, notebook)
    assert answer(result) == ADD_RIGHT
    assert ADD_STUB not in [c.source for c in result.notebook.cells], "a stub run later would undo the answer"
    assert any("one-add" in note for note in result.notes)


def test_of_several_edited_copies_the_last_counts_and_the_others_stay_as_plain_cells(school: Class) -> None:
    notebook = school.right()
    again = copy.deepcopy(cell_of(notebook, "one-add"))
    again.source, again.id = "def add(a, b):\n    return b + a", "copy"
    notebook.cells.insert(3, again)
    result = recovered(school, notebook)
    assert answer(result) == again.source
    plain = [c.source for c in result.notebook.cells if "nbgrader" not in c.metadata]
    assert ADD_RIGHT in plain


def test_a_copy_used_for_something_else_does_not_replace_the_answer(school: Class) -> None:
    notebook = school.right()
    scratch = copy.deepcopy(cell_of(notebook, "one-add"))
    scratch.source, scratch.id = "print('trying something')", "copy"
    notebook.cells.insert(4, scratch)
    assert answer(recovered(school, notebook)) == ADD_RIGHT


def test_deleted_test_cells_are_put_back_and_a_deleted_answer_is_its_stub(school: Class) -> None:
    notebook = school.right()
    gone = ("one-add", "one-add-test-hidden", "one-data")
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in gone]
    result = recovered(school, notebook)
    assert answer(result) == ADD_STUB
    assert answer(result, "one-mul") == MUL_RIGHT
    assert all(any(name in note for note in result.notes) for name in gone)


def test_a_stub_that_is_put_back_does_not_undo_what_the_student_wrote_elsewhere(school: Class) -> None:
    notebook = school.right()
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "one-add"]
    notebook.cells.insert(2, new_code_cell("helper = 1\nplus = lambda a, b: a + b\nadd = plus", id="own"))
    sources = [c.source for c in recovered(school, notebook).notebook.cells]
    ours = next(i for i, source in enumerate(sources) if "add = plus" in source)
    assert ADD_STUB not in sources[ours:]


def test_stripped_metadata_is_found_again_by_content(school: Class) -> None:
    result = recovered(school, strip(school.right()))
    assert (answer(result), answer(result, "one-mul")) == (ADD_RIGHT, MUL_RIGHT)
    assert len(result.notebook.cells) == len(school.released().cells)
    assert len(result.notes) == 1


def test_a_stripped_written_answer_is_found_by_its_place(school: Class) -> None:
    result = recovered(school, strip(school.right("two")), "two")
    assert answer(result, "two-why") == "Because it is."
    assert answer(result, "two-sub").startswith("def sub")


def test_metadata_that_only_one_cell_lost_is_found_by_the_cell_id(school: Class) -> None:
    notebook = school.right()
    cell_of(notebook, "one-add").source = "from operator import add"
    cell_of(notebook, "one-add").metadata = {}
    assert answer(recovered(school, notebook)) == "from operator import add"


def test_the_students_own_cells_keep_their_place(school: Class) -> None:
    notebook = school.right()
    notebook.cells.insert(2, new_code_cell("import math", id="before"))
    notebook.cells.append(new_markdown_cell("done", id="after"))
    sources = [c.source for c in recovered(school, notebook).notebook.cells]
    assert sources.index("import math") == sources.index(ADD_RIGHT) - 1
    assert sources[-1] == "done"


def test_tests_that_were_edited_are_the_released_ones_again(school: Class) -> None:
    notebook = school.right()
    cell_of(notebook, "one-mul-test").source = "pass"
    result = recovered(school, notebook)
    assert answer(result, "one-mul-test") == cell_of(school.released(), "one-mul-test").source.strip()
    assert any("one-mul-test" in note for note in result.notes)


def test_moved_cells_are_put_into_the_released_order(school: Class) -> None:
    notebook = school.right()
    notebook.cells.reverse()
    result = recovered(school, notebook)
    assert answer(result) == ADD_RIGHT
    assert any("order" in note for note in result.notes)


def test_foreign_and_broken_metadata_is_dropped(school: Class) -> None:
    notebook = school.right()
    own = new_code_cell("1", id="own")
    own.metadata = {"nbgrader": {"grade_id": "mine", "grade": True, "points": 100}, "tags": ["skip-execution"]}
    notebook.cells.insert(0, own)
    cell_of(notebook, "one-add").metadata["nbgrader"].update(schema_version="x", points=[], locked="yes")
    cell_of(notebook, "one-mul-test").metadata["tags"] = ["skip-execution"]
    cell_of(notebook, "one-mul").metadata["nbgrader"] = "nonsense"
    notebook.metadata = {"kernelspec": "odd", "sealgrade": {"notes": ["forged"]}}
    result = recovered(school, notebook)
    assert (answer(result), answer(result, "one-mul")) == (ADD_RIGHT, MUL_RIGHT)
    assert "skip-execution" not in str(result.notebook)
    assert result.notebook.metadata == school.released().metadata


def test_a_cell_whose_type_was_changed_is_what_it_was_again(school: Class) -> None:
    notebook = school.right()
    cell = cell_of(notebook, "one-add")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]
    result = recovered(school, notebook)
    assert cell_of(result.notebook, "one-add").cell_type == "code"
    assert answer(result) == ADD_RIGHT


def test_pictures_in_a_written_answer_are_kept(school: Class) -> None:
    notebook = school.right("two")
    picture = {"a.png": {"image/png": "aGk="}}
    cell_of(notebook, "two-why")["attachments"] = picture
    assert cell_of(recovered(school, notebook, "two").notebook, "two-why").attachments == picture


@pytest.mark.parametrize(
    "cells",
    [
        [{}],
        [{"cell_type": "code"}],
        [{"cell_type": 3, "source": None, "metadata": []}],
        ["text", None, 1],
        [{"cell_type": "code", "source": ["a = 1\n", 2, "b"], "outputs": "x", "id": 5}],
        [{"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": []}}}],
        [{"cell_type": "code", "source": "half a pair: \ud800"}],
        [{"cell_type": "markdown", "source": "x", "attachments": {"a": 1}}],
    ],
)
def test_cells_of_any_shape_are_read(school: Class, cells: list[Any]) -> None:
    recovered(school, {"cells": cells, "metadata": [], "nbformat": "four"})


def test_a_notebook_of_format_3_is_read(school: Class) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": "Sums"},
        {"cell_type": "code", "input": [ADD_RIGHT], "language": "python", "outputs": []},
    ]
    notebook = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    assert answer(recovered(school, notebook)) == ADD_RIGHT


def test_the_stub_of_a_cell_that_was_merged_into_another_does_not_undo_it(school: Class) -> None:
    notebook = school.right()
    merged = cell_of(notebook, "one-add")
    merged.source += "\n\n" + cell_of(notebook, "one-mul").source
    notebook.cells.remove(cell_of(notebook, "one-mul"))
    result = recovered(school, notebook)
    assert MUL_RIGHT in answer(result)
    assert answer(result, "one-mul") == ""
    assert any("merged" in note and "one-mul" in note for note in result.notes)


def test_a_link_is_not_read(school: Class) -> None:
    folder = school.hand_in("somebody", two=school.right("two"))
    (folder / "one.ipynb").symlink_to(school.root / "source/ex/one.ipynb")
    with pytest.raises(UnreadableNotebook, match="link"):
        read_submission(folder / "one.ipynb")


def test_an_answer_for_a_person_to_mark_may_stand_in_a_cell_below(school: Class) -> None:
    notebook = school.released("two")
    place = notebook.cells.index(cell_of(notebook, "two-why"))
    notebook.cells.insert(place + 1, new_markdown_cell("Because it is."))
    result = recovered(school, notebook, "two")
    assert answer(result, "two-why") != cell_of(school.released("two"), "two-why").source.strip()
    assert any("two-why" in note and "below" in note for note in result.notes)


def test_an_untouched_answer_for_a_person_to_mark_stays_untouched(school: Class) -> None:
    result = recovered(school, school.released("two"), "two")
    assert answer(result, "two-why") == cell_of(school.released("two"), "two-why").source.strip()
