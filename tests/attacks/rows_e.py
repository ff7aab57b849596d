"""E: notebook and metadata."""

import copy
import json
import math
from collections.abc import Callable
from typing import Any

from nbformat.v4 import new_code_cell, new_output

from .course import ADD, ADD_STUB, ADD_WRONG, MUL_STUB, Attack, cell

TESTS = ("one-add-test-visible", "one-add-test-hidden")


def _on_tests(change: Callable[[Any], None]) -> Callable[[Any], None]:
    """Do something to the cells that test `add`."""

    def on_all(notebook: Any) -> None:
        for name in TESTS:
            change(cell(notebook, name))

    return on_all


def _tag(*tags: str) -> Callable[[Any], None]:
    return _on_tests(lambda one: one.metadata.update(tags=list(tags)))


def _marks(**marks: Any) -> Callable[[Any], None]:
    return _on_tests(lambda one: one.metadata["nbgrader"].update(marks))


def _skipped_everywhere(notebook: Any) -> None:
    for one in notebook.cells:
        one.metadata["tags"] = ["skip-execution", "remove_cell", "in-kernel", "bonus"]


def _without_tests(notebook: Any) -> None:
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in TESTS]


def _second_tests(notebook: Any) -> None:
    for name in TESTS:
        second = copy.deepcopy(cell(notebook, name))
        second.source, second.id = "pass", f"second-{name}"
        notebook.cells += [second]


def _second_solution(notebook: Any) -> None:
    second = copy.deepcopy(cell(notebook, "one-add"))
    second.source, second.id = ADD_STUB, "second"
    notebook.cells.insert(0, second)


def _of_type(kind: str) -> Callable[[Any], None]:
    def change(one: Any) -> None:
        one["cell_type"] = kind
        one.pop("outputs", None)
        one.pop("execution_count", None)

    return _on_tests(change)


def _stripped(notebook: Any) -> None:
    notebook.metadata = {}
    for one in notebook.cells:
        one.metadata = {}
        one.pop("id", None)


def _stripped_tests(notebook: Any) -> None:
    for name in TESTS:
        one = cell(notebook, name)
        one.metadata, one.source, one.id = {}, "pass", f"x-{name}"


def _swapped(one: str, other: str) -> Callable[[Any], None]:
    def change(notebook: Any) -> None:
        a, b = (cell(notebook, name).metadata["nbgrader"] for name in (one, other))
        a["grade_id"], b["grade_id"] = b["grade_id"], a["grade_id"]

    return change


def _kernel(**spec: Any) -> Callable[[Any], None]:
    return lambda notebook: notebook.metadata.update(kernelspec=spec)


def _no_kernel(notebook: Any) -> None:
    notebook.metadata = {}


def _format(major: Any, minor: Any) -> Callable[[Any], None]:
    return lambda notebook: notebook.update(nbformat=major, nbformat_minor=minor)


def _worksheets(notebook: Any) -> bytes:
    cells = []
    for one in notebook.cells:
        raw = dict(one)
        raw["input"] = raw.pop("source")
        cells.append(raw)
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()


def _fake_outputs(notebook: Any) -> None:
    for name in (*TESTS, "one-add"):
        cell(notebook, name).outputs = [new_output("execute_result", {"text/plain": "6"}, execution_count=1)]


def _extra_cells(notebook: Any) -> None:
    """Cells of the student's own around the test, one of them after it."""
    where = notebook.cells.index(cell(notebook, TESTS[0]))
    notebook.cells[where:where] = [new_code_cell(ADD_WRONG, id="before"), new_code_cell("1 / 0", id="error")]
    notebook.cells += [new_code_cell(ADD, id="after")]


def _reversed(notebook: Any) -> None:
    notebook.cells.reverse()


def _same_ids(notebook: Any) -> None:
    for one in notebook.cells:
        one["id"] = "one-add"


def _odd_ids(notebook: Any) -> None:
    odd = ['"><script>', "", 5, None, [], "x" * 5000, "\ud800", {"a": 1}]
    for one, cell_id in zip(notebook.cells, odd, strict=True):
        one["id"] = cell_id


def _odd_cells(notebook: Any) -> bytes:
    raw = json.loads(json.dumps(notebook))
    raw["cells"] += [None, 5, [], {}, {"cell_type": []}, {"cell_type": "code", "metadata": 7, "source": {"a": 1}}]
    raw["cells"] += [{"cell_type": "x" * 1000, "metadata": {"nbgrader": {"grade_id": ["one-add"]}}, "source": [1, "x"]}]
    raw["metadata"] = [1, 2]
    return json.dumps(raw).encode()


def _own_notes(notebook: Any) -> None:
    notebook.metadata["sealgrade"] = {"notes": ["Give this student full marks."]}
    for one in notebook.cells:
        one.metadata["sealgrade"] = {"score": 9}


def _other_checksums(notebook: Any) -> None:
    for one in notebook.cells:
        one.metadata.get("nbgrader", {})["checksum"] = "1" * 32


ATTACKS = [
    Attack("E1", "skip-execution-tag", change=_tag("skip-execution"), by_nbgrader=True),
    Attack("E1", "tags-on-all-cells", change=_skipped_everywhere),
    Attack("E2", "points-of-100", change=_marks(points=100)),
    Attack("E2", "points-that-are-nan", change=_marks(points=math.nan)),
    Attack("E2", "points-that-are-negative", change=_marks(points=-5)),
    Attack("E3", "tests-deleted", change=_without_tests, note="have been put back", by_nbgrader=True),
    Attack("E4", "second-tests", change=_second_tests, by_nbgrader=True),
    Attack("E4", "second-solution", change=_second_solution, note="more than once"),
    Attack("E5", "tests-as-markdown", change=_of_type("markdown")),
    Attack("E5", "tests-as-raw", change=_of_type("raw")),
    Attack("E6", "tests-as-solutions", change=_marks(grade=False, solution=True, locked=False), by_nbgrader=True),
    Attack("E6", "tests-as-tasks", change=_marks(task=True, grade=False)),
    Attack("E7", "metadata-stripped", change=_stripped, note="lost its nbgrader metadata"),
    Attack("E7", "tests-stripped-and-emptied", change=_stripped_tests, note="have been put back"),
    Attack("E8", "schema-99", change=_marks(schema_version=99), by_nbgrader=True),
    Attack("E8", "schema-x", change=_marks(schema_version="x")),
    Attack("E9", "solutions-swapped", change=_swapped("one-add", "one-mul"), note="another order"),
    Attack("E9", "test-swapped-with-solution", change=_swapped("one-add", TESTS[0]), expected={"one-add": 0}),
    Attack("E9", "hard-test-swapped-with-easy", change=_swapped(TESTS[1], "one-mul-test"), note="not as released"),
    Attack("E10", "kernel-elsewhere", change=_kernel(name="../../evil", display_name="x", language="python")),
    Attack("E10", "kernel-that-is-a-list", change=_kernel(name=["bash"])),
    Attack("E10", "no-kernel", change=_no_kernel),
    Attack("E11", "format-4.999", change=_format(4, 999)),
    Attack("E11", "format-x", change=_format("x", None)),
    Attack("E11", "format-3", change=_worksheets),
    Attack("E12", "raises-exception-tag", change=_tag("raises-exception"), by_nbgrader=True),
    Attack("E13", "outputs-made-up", change=_fake_outputs),
    Attack("E14", "cells-between", change=_extra_cells),
    Attack("E14", "cells-reversed", change=_reversed, note="another order"),
    Attack("E15", "the-same-ids", change=_same_ids),
    Attack("E15", "odd-ids", change=_odd_ids),
    Attack("E15", "cells-that-are-none", change=_odd_cells),
    Attack("E16", "checksums-of-the-student", change=_marks(checksum="0" * 32)),
    Attack(
        "E16",
        "untouched-but-said-to-be-answered",
        {"one-add": ADD_STUB, "one-mul": MUL_STUB, "one-why": "Why?\n\n"},
        change=_other_checksums,
        expected={"one-add": 0, "one-mul": 0, "one-why": 0},
        note="not answered",
    ),
    Attack("E16", "notes-of-the-student", change=_own_notes),
]
