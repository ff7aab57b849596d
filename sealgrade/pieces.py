"""Cells that were merged, taken apart again where a cell of the release is in them word for word."""

from collections.abc import Iterator, Sequence

from sealgrade.matching import grade_id, is_fixed, text_of
from sealgrade.submission import Cell

_TELLING = 20  # characters of a text that is not in a cell by accident


def take_apart(cells: Sequence[Cell], spine: Sequence[Cell]) -> tuple[list[Cell], list[str]]:
    """Take merged cells apart.

    Args:
        cells: the submission's.
        spine: those of the release that nbgrader knows.

    Returns:
        The cells with those in pieces that had a locked one of the release in them, and the names of the latter.
    """
    there = {(cell["cell_type"], text_of(cell)) for cell in cells}
    wanted = [
        cell
        for cell in spine
        if is_fixed(cell) and len(text_of(cell)) >= _TELLING and (cell["cell_type"], text_of(cell)) not in there
    ]
    if not wanted:
        return list(cells), []
    apart: list[Cell] = []
    names: list[str] = []
    locked = {grade_id(cell) for cell in spine if is_fixed(cell)}
    for cell in cells:
        found = sorted(_inside(cell, [one for one in wanted if grade_id(one) not in names]), key=lambda one: one[0])
        apart += _pieces(cell, found, locked) if found else [cell]
        names += [grade_id(one) for _, one in found]
    return apart, names


def _inside(cell: Cell, wanted: Sequence[Cell]) -> Iterator[tuple[int, Cell]]:
    """The cells of the release in a cell, each with where it starts; whole lines only."""
    lines = f"\n{cell['source']}\n"
    for one in wanted:
        if one["cell_type"] == cell["cell_type"] and (start := lines.find(f"\n{text_of(one)}\n")) >= 0:
            yield start, one


def _pieces(cell: Cell, found: Sequence[tuple[int, Cell]], locked: set[str]) -> list[Cell]:
    source, position = cell["source"], 0
    pieces: list[Cell] = []
    own = dict(cell["metadata"])
    if own.get("nbgrader", {}).get("grade_id") in locked:
        own = {}
    for start, one in [*found, (len(source) + 1, None)]:
        if start < position:
            continue  # one within another
        if text := source[position:start].strip("\n"):
            pieces.append({**cell, "source": text, "metadata": own})
            own = {}
        if one is not None:
            metadata = {"nbgrader": {"grade_id": grade_id(one)}}
            pieces.append({**cell, "source": text_of(one), "metadata": metadata})
            position = start + len(text_of(one)) + 1
    return pieces
