"""What is handed in for a check: the instructor's version, the untouched release, the bank's entries, the mutants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sealgrade.bank import Entry
from sealgrade.cells import is_solution, is_test, marks
from sealgrade.sheet import Notebook, Sheet


class Kind(Enum):
    """What a piece of work is there for."""

    REFERENCE = "reference"
    UNTOUCHED = "untouched"
    MISTAKE = "mistake"
    ALTERNATIVE = "alternative"
    MUTANT = "mutant"


@dataclass(frozen=True)
class Work:
    """A piece of work that is graded.

    Its notebooks share with the release what is the same in both: nothing in them is to be changed.

    Attributes:
        name: of the bank's entry, or of the mutant.
        kind: what it is there for.
        summary: the misconception, what is different, or what was changed.
        notebooks: what is handed in of the notebooks that are not the reference's.
        entry: the bank's.
    """

    name: str
    kind: Kind
    summary: str
    notebooks: Mapping[str, Notebook] = field(default_factory=dict)
    entry: Entry | None = None


def reference(sheets: Mapping[str, Sheet], solved: Mapping[str, str], name: str = "the instructor's version") -> Work:
    """Return the instructor's version.

    Args:
        sheets: by notebook.
        solved: the solved cells, by grade_id.
        name: another one makes for other random numbers: they are seeded from what is handed in.
    """
    notebooks = {}
    for notebook, sheet in sheets.items():
        notebooks[notebook] = _with(sheet, solved, [_note(name)])
    return Work(name, Kind.REFERENCE, "", notebooks)


def untouched(sheets: Mapping[str, Sheet]) -> Work:
    """Return the release as the students get it."""
    notebooks = {name: sheet.released for name, sheet in sheets.items()}
    return Work("the untouched release", Kind.UNTOUCHED, "", notebooks)


def of_entry(entry: Entry, sheets: Mapping[str, Sheet], solved: Mapping[str, str]) -> Work:
    """Return what a student with a bank's entry hands in.

    Raises:
        BankError: the entry does not fit the solution.
    """
    kind = Kind.MISTAKE if entry.kind == "mistake" else Kind.ALTERNATIVE
    notebooks = _changed(sheets, solved, entry.apply(solved))
    return Work(entry.name, kind, entry.summary, notebooks, entry)


def of_mutant(
    name: str, cell: str, source: str, what: str, sheets: Mapping[str, Sheet], solved: Mapping[str, str]
) -> Work:
    """Return the reference with one cell mutated."""
    return Work(name, Kind.MUTANT, what, _changed(sheets, solved, {**solved, cell: source}))


def cells_of(sheet: Sheet) -> set[str]:
    """Return the grade_ids of the code cells that students write in."""
    return {marks(cell)["grade_id"] for cell in sheet.released["cells"] if is_answer(cell)}


def tested_cells_of(cells: Sequence[Any]) -> set[str]:
    """Return those of a notebook's that a test cell comes after: what is written in others, no test can judge."""
    return {marks(cell)["grade_id"] for cell in before_last_test(cells) if is_answer(cell)}


def before_last_test(cells: Sequence[Any]) -> Sequence[Any]:
    """Return those of a notebook's cells that a test cell comes after."""
    return cells[: max((place for place, cell in enumerate(cells) if is_test(cell)), default=0)]


def is_answer(cell: Any) -> bool:
    """Return whether students write code in a cell."""
    return cell["cell_type"] == "code" and is_solution(cell)


def _changed(sheets: Mapping[str, Sheet], solved: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, Notebook]:
    other = {cell for cell, source in changed.items() if source != solved.get(cell)}
    return {name: _with(sheet, changed) for name, sheet in sheets.items() if not other.isdisjoint(cells_of(sheet))}


def _with(sheet: Sheet, sources: Mapping[str, str], more: Iterable[Any] = ()) -> Notebook:
    """Return the released notebook with other answers, and with more cells at its end."""
    answers = [marks(cell).get("grade_id", "") if is_answer(cell) else "" for cell in sheet.released["cells"]]
    cells = [
        {**cell, "source": sources[answer]} if answer in sources else cell
        for answer, cell in zip(answers, sheet.released["cells"], strict=True)
    ]
    return {**sheet.released, "cells": [*cells, *more]}


def _note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "sealgrade-check", "metadata": {}, "source": text}
