"""What is handed in for a check: the instructor's version, the untouched release, the bank's entries, the mutants."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sealgrade.bank import Entry
from sealgrade.cells import is_solution, marks
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
        notebooks[notebook] = _with(sheet, solved)
        notebooks[notebook]["cells"].append(_note(name))
    return Work(name, Kind.REFERENCE, "", notebooks)


def untouched(sheets: Mapping[str, Sheet]) -> Work:
    """Return the release as the students get it."""
    notebooks = {name: deepcopy(sheet.released) for name, sheet in sheets.items()}
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
    return {marks(cell)["grade_id"] for cell in _answers(sheet.released["cells"])}


def _answers(cells: Iterable[Any]) -> list[Any]:
    return [cell for cell in cells if cell["cell_type"] == "code" and is_solution(cell)]


def _changed(sheets: Mapping[str, Sheet], solved: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, Notebook]:
    other = {cell for cell, source in changed.items() if source != solved.get(cell)}
    return {name: _with(sheet, changed) for name, sheet in sheets.items() if not other.isdisjoint(cells_of(sheet))}


def _with(sheet: Sheet, cells: Mapping[str, str]) -> Notebook:
    notebook = deepcopy(sheet.released)
    for cell in _answers(notebook["cells"]):
        cell["source"] = cells.get(marks(cell)["grade_id"], cell["source"])
    return notebook


def _note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "sealgrade-check", "metadata": {}, "source": text}
