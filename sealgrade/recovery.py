"""A submission put back into the shape of the release.

Students copy cells, delete tests, and use editors that drop metadata. `recover` rebuilds the notebook on the released
one: each cell of nbgrader's exactly once and in order, with the student's text where the student was to write, and the
student's own cells where they stood among their neighbours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

from sealgrade.matching import Matcher, defined_names, grade_id, is_fixed, is_open, text_of
from sealgrade.notes import Note, any_needs_a_look, named
from sealgrade.pieces import take_apart
from sealgrade.submission import Cell, Notebook

__all__ = ["Recovery", "answers", "is_open", "recover"]

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+\w.*$", re.MULTILINE)


@dataclass
class Recovery:
    """The rebuilt notebook, and each repair as a plain sentence."""

    notebook: Any
    notes: list[Note] = field(default_factory=list)

    @property
    def needs_a_look(self) -> bool:
        """Whether a person should look at it: something of the student's may not have counted."""
        return any_needs_a_look(self.notes)


def recover(submitted: Notebook, released: Notebook) -> Recovery:
    """Rebuild a submission on the released notebook.

    Args:
        submitted: as `read_submission` gives it.
        released: what the student received, each source in one string.

    Returns:
        A valid notebook of nbformat 4.5 with the outputs of `submitted`, and what had to be repaired. It is made of
        dictionaries of `released`'s kind, nbformat's or plain ones, and shares nothing with the arguments.
    """
    kind = type(released)
    spine, matcher, merged = _matched(submitted, released)
    cells = _weave(spine, matcher)
    _make_ids_unique(cells)
    notes = _notes(spine, matcher, merged) + _point_to_answers_below(cells, spine)
    metadata = {key: value for key, value in released["metadata"].items() if key != "sealgrade"}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return Recovery(_remade(notebook, kind), notes)


def answers(submitted: Notebook, released: Notebook) -> dict[str, str]:
    """Return what a submission answers, by the name of the cell: what is neither empty nor as it was released."""
    spine, matcher, _ = _matched(submitted, released)
    texts = {index: text_of(matcher.cells[position]) for index, position in matcher.where.items()}
    return {
        grade_id(spine[index]): text
        for index, text in sorted(texts.items())
        if is_open(spine[index]) and text not in ("", text_of(spine[index]))
    }


def _matched(submitted: Notebook, released: Notebook) -> tuple[list[Cell], Matcher, list[str]]:
    spine = [cell for cell in released["cells"] if "nbgrader" in cell["metadata"]]
    plain = [cell for cell in released["cells"] if "nbgrader" not in cell["metadata"]]
    cells, merged = take_apart(submitted["cells"], spine)
    matcher = Matcher(spine, plain, cells)
    matcher.match()
    return spine, matcher, merged


def _remade(value: Any, kind: type) -> Any:
    """A copy of JSON, its dictionaries of another kind; `deepcopy` takes many times as long."""
    if isinstance(value, dict):
        return kind({key: _remade(one, kind) for key, one in value.items()})
    if isinstance(value, list):
        return [_remade(one, kind) for one in value]
    return value


def _point_to_answers_below(cells: list[Cell], spine: list[Cell]) -> list[Note]:
    """Keep a hand-marked cell that was left as it was from counting as no answer where the student's own cells follow.

    nbgrader gives 0 to a hand-marked cell that is unchanged, and asks nobody to look.
    """
    released = {
        grade_id(cell): text_of(cell) for cell in spine if is_open(cell) and cell["metadata"]["nbgrader"]["grade"]
    }
    notes = []
    for cell, below in pairwise(cells):
        name = grade_id(cell) if "nbgrader" in cell["metadata"] else ""
        own = "nbgrader" not in below["metadata"] and below["source"].strip()
        if own and name in released and released[name] == text_of(cell):
            text = "the answer may be in the cells below"
            cell["source"] += f"\n# ({text})" if cell["cell_type"] == "code" else f"\n\n*({text})*"
            notes.append(Note(f"`{name}` was left as it was, but {text}.", needs_a_look=True))
    return notes


def _weave(spine: list[Cell], matcher: Matcher) -> list[Cell]:
    """The spine in its order; between its cells the student's own, each after the neighbour that it stood after."""
    spine_at = {position: index for index, position in matcher.where.items()}
    own_after: dict[int, list[Cell]] = {-1: []}
    latest = -1
    for position, cell in enumerate(matcher.cells):
        if position in spine_at:
            latest = spine_at[position]
        elif position not in matcher.dropped:
            own_after.setdefault(latest, []).append(_own(cell))
    woven: list[Cell] = []
    pending = own_after[-1]
    written: set[str] | None = None
    for index, released in enumerate(spine):
        cell = dict(released)
        missing_stub = index not in matcher.where and is_open(released)
        if not missing_stub:
            # A stub that is put back goes before the student's cells: run after them, it could undo what they define.
            woven += pending
            pending = []
        if index in matcher.where and not is_fixed(released):
            submitted = matcher.cells[matcher.where[index]]
            cell["source"] = submitted["source"]
            if cell["cell_type"] == "markdown" and "attachments" in submitted:
                cell["attachments"] = submitted["attachments"]
        if cell["cell_type"] == "code":
            if missing_stub and written is None:
                code = (one["source"] for one in matcher.cells if one["cell_type"] == "code")
                written = set().union(*map(defined_names, code))
            if missing_stub and written and defined_names(released["source"]) & written:
                cell["source"] = ""  # merged into another cell, or answered in one: the stub would undo that
            given = matcher.cells[matcher.where[index]] if index in matcher.where else {}
            # Empty, unless the notebook is graded as it was run by the student.
            cell["outputs"], cell["execution_count"] = given.get("outputs", []), given.get("execution_count")
        woven.append(cell)
        pending += own_after.get(index, [])
    return woven + pending


def _own(cell: Cell) -> Cell:
    return {**cell, "id": cell["metadata"].get("handed_in_id", ""), "metadata": {}}


def _make_ids_unique(cells: list[Cell]) -> None:
    released = {cell.get("id") for cell in cells if "nbgrader" in cell["metadata"]}
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        cell_id = cell.get("id", "")
        own = "nbgrader" not in cell["metadata"]
        if not re.fullmatch(r"[\w-]{1,64}", cell_id, re.ASCII) or cell_id in seen or (own and cell_id in released):
            cell["id"] = next(name for n in count(number) if (name := f"own-{n}") not in seen | released)
        seen.add(cell["id"])


def _notes(spine: list[Cell], matcher: Matcher, merged: list[str]) -> list[Note]:
    def cells(indices: Iterable[int]) -> str:
        return named(f"`{grade_id(spine[i])}`" for i in sorted(indices))

    given = {i: matcher.cells[position] for i, position in matcher.where.items()}
    missing = [i for i in range(len(spine)) if i not in matcher.where]
    notes = []
    if matcher.guessed:
        unsure = any(is_open(spine[i]) for i in matcher.unsure)
        text = f"Cells without nbgrader metadata were recognised by their content: {cells(matcher.guessed)}."
        if len(matcher.guessed) == len(spine):
            text = "The notebook had lost its nbgrader metadata; its cells were recognised by their content."
        notes.append(Note(text, unsure))
        if unsure:
            notes.append(Note(f"Not sure of: {cells(i for i in matcher.unsure if is_open(spine[i]))}.", unsure))
    if merged:
        names = named(f"`{name}`" for name in merged)
        notes.append(Note(f"Cells that had been merged with others, and were taken apart again: {names}."))
    if copied := [i for i in matcher.copied if is_open(spine[i])]:
        notes.append(Note(f"Cells that were there more than once: {cells(copied)}. The edited copy counts."))
    if rivals := [i for i in matcher.rivals if is_open(spine[i])]:
        text = (
            f"Cells that were answered more than once, each time in another way: {cells(rivals)}. Of the copies that "
        )
        text += "define the most of what was asked for the last counts; the others run where they stand."
        notes.append(Note(text, needs_a_look=True))
    if gone := [i for i in missing if is_open(spine[i])]:
        text = f"Answer cells that are gone (deleted, or merged with another): {cells(gone)}."
        notes.append(Note(text, needs_a_look=True))
    if deleted := [i for i in missing if not is_open(spine[i])]:
        notes.append(Note(f"Cells that were deleted and have been put back: {cells(deleted)}."))
    if changed := [i for i, cell in given.items() if is_fixed(spine[i]) and text_of(cell) != text_of(spine[i])]:
        added = any(_adds(given[i], spine[i]) for i in changed)
        notes.append(Note(f"Cells that were not as released; the released ones were used: {cells(changed)}.", added))
    if retyped := [i for i, cell in given.items() if cell["cell_type"] != spine[i]["cell_type"]]:
        notes.append(Note(f"Cells that were of another type; they are again of the released one: {cells(retyped)}."))
    order = [matcher.where[i] for i in sorted(matcher.where)]
    if order != sorted(order):
        notes.append(Note("Cells stood in another order than released; they were run in the released order."))
    return notes


def _adds(cell: Cell, released: Cell) -> bool:
    """Whether a locked cell was given something that the student's other cells may need."""
    defines = defined_names(cell["source"]) - defined_names(released["source"])
    return bool(defines or set(_IMPORT.findall(cell["source"])) - set(_IMPORT.findall(released["source"])))
