"""Cells that were merged, split, copied, retyped, or lost what nbgrader had written into them."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import combinations
from typing import Any

import pytest

from sealgrade.matching import is_fixed
from sealgrade.recovery import Recovery, recover
from sealgrade.submission import read_notebook

from .conftest import RIGHT, Notebook, answer, released, stripped, work

RELEASED = released()["task5"]
OURS = {name: text for name, text in RIGHT.items() if name.startswith("t5")}


def recovered(notebook: Notebook) -> Recovery:
    """Read a notebook and put it into the shape of the release; that is checked."""
    recovery = recover(read_notebook(json.dumps(notebook).encode()).notebook, RELEASED)
    ours = [cell for cell in recovery.notebook["cells"] if cell["metadata"]]
    assert [cell["metadata"] for cell in ours] == [cell["metadata"] for cell in RELEASED["cells"]]
    assert all(a["source"] == b["source"] for a, b in zip(ours, RELEASED["cells"], strict=True) if is_fixed(b))
    return recovery


def answers_of(recovery: Recovery) -> dict[str, str]:
    return {name: answer(recovery.notebook, name).strip() for name in OURS}


def own(recovery: Recovery) -> list[str]:
    """The student's own cells."""
    return [cell["source"] for cell in recovery.notebook["cells"] if not cell["metadata"]]


def position(notebook: Notebook, name: str) -> int:
    return next(at for at, cell in enumerate(notebook["cells"]) if cell["id"] == name)


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def merge(notebook: Notebook, names: Sequence[str], between: str = "\n") -> Notebook:
    """Merge cells as Jupyter does: the first one's metadata stay."""
    cells = [notebook["cells"][position(notebook, name)] for name in names]
    cells[0]["source"] = between.join(text(cell) for cell in cells)
    for cell in cells[1:]:
        notebook["cells"].remove(cell)
    return notebook


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "names",
    [
        ["t5-add", "t5-add-test"],
        ["t5-imports", "t5-add"],
        ["t5-imports", "t5-add", "t5-add-test"],
        ["t5-add-test", "t5-sub"],
        ["t5-imports", "t5-add", "t5-add-test", "t5-sub", "t5-sub-test"],
        ["t5-add", "t5-add-test", "t5-sub", "t5-sub-test"],
    ],
    ids="+".join,
)
@pytest.mark.parametrize("damage", [lambda n: n, stripped], ids=["named", "stripped"])
def test_cells_that_were_merged_with_locked_ones_are_taken_apart_and_nothing_is_lost(
    names: list[str], between: str, damage: Callable[[Notebook], Notebook]
) -> None:
    recovery = recovered(damage(merge(work(), names, between)))
    assert answers_of(recovery) == OURS
    assert own(recovery) == []
    assert any("merged" in note for note in recovery.notes)
    assert not recovery.needs_a_look


def test_what_was_added_to_a_locked_cell_is_kept_as_the_students_own() -> None:
    notebook = work()
    cell = notebook["cells"][position(notebook, "t5-imports")]
    cell["source"] = text(cell) + "\nimport operator"
    recovery = recovered(notebook)
    assert own(recovery) == ["import operator"]
    assert [c["source"] for c in recovery.notebook["cells"]][1:3] == ["import math\nimport random", "import operator"]


def test_an_import_that_was_put_into_a_locked_cell_and_is_lost_is_a_reason_to_look() -> None:
    notebook = work()
    notebook["cells"][position(notebook, "t5-imports")]["source"] = "import math, operator\nimport random"
    recovery = recovered(notebook)
    assert any("not as released" in note and note.needs_a_look for note in recovery.notes)


def test_a_test_that_was_edited_is_the_released_one_and_no_reason_to_look() -> None:
    notebook = work()
    notebook["cells"][position(notebook, "t5-add-test")]["source"] = "pass"
    recovery = recovered(notebook)
    assert "not as released" in recovery.notes[0]
    assert not recovery.needs_a_look


def test_two_answers_in_one_cell_both_count_and_a_person_is_to_look() -> None:
    recovery = recovered(merge(work(), ["t5-add", "t5-sub"]))
    assert answer(recovery.notebook, "t5-add") == f"{RIGHT['t5-add']}\n{RIGHT['t5-sub']}"
    assert answer(recovery.notebook, "t5-sub") == "", "the stub would undo the answer"
    assert recovery.needs_a_look


@pytest.mark.parametrize("copied", [True, False], ids=["with-metadata", "plain"])
def test_an_answer_that_was_split_stays_in_one_place_and_in_order(copied: bool) -> None:
    notebook = work(answers={"t5-add": f"helper = 1\n\n{RIGHT['t5-add']}\n\nafter = 2"})
    at = position(notebook, "t5-add")
    parts = []
    for number, source in enumerate(["helper = 1", RIGHT["t5-add"], "after = 2"]):
        part = deepcopy(notebook["cells"][at]) | {"source": source, "id": f"part-{number}" if number else "t5-add"}
        parts.append(part if copied or number == 0 else part | {"metadata": {}})
    notebook["cells"][at : at + 1] = parts
    recovery = recovered(notebook)
    sources = [cell["source"] for cell in recovery.notebook["cells"]]
    start = sources.index("helper = 1")
    assert sources[start : start + 3] == ["helper = 1", RIGHT["t5-add"], "after = 2"]
    assert sources[start + 3].startswith("assert add")


def test_a_test_that_was_split_is_one_again() -> None:
    notebook = work()
    at = position(notebook, "t5-text")
    first, second = text(notebook["cells"][at]).split("\n\n")
    half = deepcopy(notebook["cells"][at]) | {"source": second, "id": "half"}
    notebook["cells"][at : at + 1] = [notebook["cells"][at] | {"source": first}, half]
    assert answers_of(recovered(notebook)) == OURS


@pytest.mark.parametrize("kind", ["code", "markdown", "raw", "heading", "odd", None])
def test_a_cell_of_another_type_is_what_it_was_and_its_text_counts(kind: str | None) -> None:
    notebook = work()
    for cell in notebook["cells"]:
        cell["cell_type"] = kind
        cell.pop("outputs", None)
    recovery = recovered(notebook)
    assert answers_of(recovery) == OURS
    assert any("of another type" in note for note in recovery.notes)
    assert not recovery.needs_a_look


@pytest.mark.parametrize("kind", ["code", "markdown", "raw"])
def test_cells_without_metadata_and_of_another_type_are_found_by_their_ids(kind: str) -> None:
    notebook = work()
    for cell in notebook["cells"]:
        cell["metadata"], cell["cell_type"] = {}, kind
    assert answers_of(recovered(notebook)) == OURS


@pytest.mark.parametrize("names", [list(names) for names in combinations(OURS, 2)], ids="+".join)
def test_metadata_that_some_cells_lost_are_found_again_without_ids(names: list[str]) -> None:
    notebook = work()
    for name in names:
        cell = notebook["cells"][position(notebook, name)]
        cell["metadata"] = {}
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"x{number}"
    assert answers_of(recovered(notebook)) == OURS


def test_an_answer_that_defines_nothing_of_the_stub_is_found_by_its_place_and_a_person_is_to_look() -> None:
    notebook = stripped(work(answers={**OURS, "t5-add": "from operator import add"}))
    recovery = recovered(notebook)
    assert answer(recovery.notebook, "t5-add") == "from operator import add"
    assert any("Not sure of: `t5-add`" in note and note.needs_a_look for note in recovery.notes)


def test_several_lost_answers_at_one_place_are_found_in_their_order_and_a_person_is_to_look() -> None:
    release = deepcopy(RELEASED)
    essay = release["cells"][-1]
    release["cells"] += [
        deepcopy(essay)
        | {"metadata": {"nbgrader": essay["metadata"]["nbgrader"] | {"grade_id": f"t5-{n}"}}, "id": f"t5-{n}"}
        for n in ("b", "c")
    ]
    notebook = stripped(work())
    notebook["cells"] += [{"cell_type": "markdown", "source": text, "metadata": {}} for text in ("B", "C")]
    recovery = recover(read_notebook(json.dumps(notebook).encode()).notebook, release)
    assert [answer(recovery.notebook, f"t5-{n}") for n in ("why", "b", "c")] == ["Because.", "B", "C"]
    assert recovery.needs_a_look


def test_a_stripped_notebook_whose_cells_are_all_plain_to_see_needs_no_look() -> None:
    recovery = recovered(stripped(work()))
    assert answers_of(recovery) == OURS
    assert recovery.notes == [
        "The notebook had lost its nbgrader metadata; its cells were recognised by their content."
    ]
    assert not recovery.needs_a_look


def test_of_cells_with_the_same_id_and_no_metadata_the_edited_one_counts() -> None:
    notebook = work()
    at = position(notebook, "t5-add")
    stub = deepcopy(RELEASED["cells"][at])
    notebook["cells"].insert(at, stub)
    for cell in notebook["cells"][at : at + 2]:
        cell["metadata"] = {}
    recovery = recovered(notebook)
    assert answers_of(recovery) == OURS
    assert own(recovery) == []


def test_cells_that_all_have_the_same_id_are_known_by_their_metadata() -> None:
    notebook = work()
    for cell in notebook["cells"]:
        cell["id"] = "same"
    notebook["cells"].insert(2, {"id": "same", "cell_type": "code", "source": "own = 1", "metadata": {}})
    recovery = recovered(notebook)
    assert answers_of(recovery) == OURS
    assert own(recovery) == ["own = 1"]


def test_answers_given_twice_in_another_way_are_a_reason_to_look_and_copies_are_not() -> None:
    notebook = work()
    at = position(notebook, "t5-add")
    notebook["cells"].insert(at, deepcopy(notebook["cells"][at]))
    assert not recovered(notebook).needs_a_look
    notebook["cells"][at]["source"] = "def add(a, b):\n    return 0"
    recovery = recovered(notebook)
    assert answers_of(recovery) == OURS
    assert recovery.needs_a_look


def test_a_copy_of_a_test_in_which_the_student_tried_something_stays_as_the_students_own() -> None:
    notebook = work()
    at = position(notebook, "t5-add-test")
    notebook["cells"].insert(at, deepcopy(notebook["cells"][at]) | {"id": "copy", "source": "tried = add(2, 2)"})
    recovery = recovered(notebook)
    assert own(recovery) == ["tried = add(2, 2)"]
    assert not recovery.needs_a_look


def test_an_ordinary_cell_that_nbgrader_knows_keeps_what_the_student_makes_of_it() -> None:
    release = deepcopy(RELEASED)
    release["cells"][1]["metadata"]["nbgrader"].update(locked=False)
    notebook = work()
    notebook["cells"][1]["source"] = "import math"
    recovery = recover(read_notebook(json.dumps(notebook).encode()).notebook, release)
    assert recovery.notebook["cells"][1]["source"] == "import math"


def test_what_comes_out_shares_nothing_with_what_went_in() -> None:
    submitted, release = read_notebook(json.dumps(work()).encode()).notebook, deepcopy(RELEASED)
    before = deepcopy((submitted, release))
    recovery = recover(submitted, release)
    for cell in recovery.notebook["cells"]:
        cell["metadata"].setdefault("nbgrader", {})["points"] = 99
        cell["source"] = ""
        cell.get("outputs", []).append("x")
    recovery.notebook["metadata"]["kernelspec"]["name"] = "x"
    assert (submitted, release) == before
