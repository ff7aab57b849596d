"""Which cell of a submission stands for which cell of the release.

A cell of the release is looked for by the name that nbgrader gave it, then by its id, by its text, by the names that it
is to define, and by its place between cells that are known.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from sealgrade.submission import Cell

# What a cell defines at top level; read by pattern, so that a cell with a syntax error has names too.
_NAMES = re.compile(
    r"^(?:class|def)[ \t]++(\w++)|^(\w++(?:[ \t]*+,[ \t]*+\w++)*+)[ \t]*+(?::[^=\n]++)?+=(?!=)", re.MULTILINE
)
_WORDS = re.compile(r"\w+")
_MAX_CANDIDATES = 200
_ALIKE = 0.6
MAX_COMPARED = 20_000  # characters of a cell


def is_open(cell: Cell) -> bool:
    """Return whether the student is to write in this cell of a release."""
    return bool(cell["metadata"]["nbgrader"].get("solution"))


def is_fixed(cell: Cell) -> bool:
    """Return whether this cell of a release stays as it is whatever the student makes of it."""
    role = cell["metadata"]["nbgrader"]
    return not role.get("solution") and any(role.get(kind) for kind in ("grade", "locked", "task"))


def grade_id(cell: Cell) -> str:
    """Return the name that nbgrader gave a cell."""
    return str(cell["metadata"]["nbgrader"]["grade_id"])


def text_of(cell: Cell) -> str:
    """Return a cell's source as it is compared."""
    return str(cell["source"]).strip()


def defined_names(source: str) -> set[str]:
    """Return what a cell's source defines at top level."""
    found = (match.group(1) or match.group(2) for match in _NAMES.finditer(source[:MAX_COMPARED]))
    return {name for group in found for name in re.split(r"\s*,\s*", group)}


class _Look:
    """What is compared of a cell, worked out when it is needed."""

    def __init__(self, cell: Cell) -> None:
        self.text = text_of(cell)
        self.key = cell["cell_type"], self.text

    @cached_property
    def names(self) -> set[str]:
        return defined_names(self.text)

    @cached_property
    def words(self) -> Counter[str]:
        return Counter(_WORDS.findall(self.text[:MAX_COMPARED]))


class Matcher:
    """The cells of one submission (by position) for those of the release that nbgrader knows (its spine).

    Attributes:
        where: a position in the spine -> the position in the submission.
        dropped: the positions of copies that hold nothing of the student's.
        copied: the positions in the spine of cells that stood there more than once.
        rivals: ... of those of which more than one copy is edited, each in another way.
        guessed: ... of cells that were recognised without their metadata.
        unsure: ... of those for which something speaks, but not everything.
    """

    def __init__(self, spine: list[Cell], plain: Iterable[Cell], cells: list[Cell]) -> None:
        self.spine = spine
        self.cells = cells
        self.where: dict[int, int] = {}
        self.dropped: set[int] = set()
        self.copied: list[int] = []
        self.rivals: list[int] = []
        self.guessed: list[int] = []
        self.unsure: set[int] = set()
        self._plain = {(cell["cell_type"], text_of(cell)) for cell in plain}
        self._wanted = [_Look(cell) for cell in spine]
        self._given = [_Look(cell) for cell in cells]
        self._claimed: set[int] = set()
        self._free: list[int] = []

    def match(self) -> None:
        """Find all cells that can be found."""
        self._match_claims(
            [grade_id(wanted) for wanted in self.spine],
            [grade_id(cell) if "nbgrader" in cell["metadata"] else None for cell in self.cells],
        )
        if self._lost():
            known = len(self.where)
            self._match_claims(
                [wanted.get("id") for wanted in self.spine],
                [
                    cell["metadata"].get("handed_in_id") if position not in self._claimed else None
                    for position, cell in enumerate(self.cells)
                ],
            )
            self.guessed += list(self.where)[known:]
            self._match_by_content()

    def _match_claims(self, names: list[str | None], given: list[str | None]) -> None:
        claims: dict[str, list[int]] = {}
        for position, name in enumerate(given):
            if name is not None:
                claims.setdefault(name, []).append(position)
        for index, name in enumerate(names):
            positions = claims.get(name, []) if name is not None and index not in self.where else []
            if not positions:
                continue
            self._claimed.update(positions)
            self.where[index] = chosen = self._the_one_that_counts(index, positions)
            if len(positions) > 1:
                self.copied.append(index)
            for position in positions:
                # A second copy of the stub would undo the student's work when it runs.
                if position != chosen and self._given[position].text in (
                    "",
                    self._given[chosen].text,
                    self._stub(index),
                ):
                    self.dropped.add(position)
            if any(position not in self.dropped and position != chosen for position in positions):
                self.rivals.append(index)

    def _stub(self, index: int) -> str:
        return self._wanted[index].text

    def _the_one_that_counts(self, index: int, positions: list[int]) -> int:
        """The copy that the student edited; of several the one with most of the stub's names, the last of equals."""
        if len(positions) == 1:
            return positions[0]
        stub, names = self._stub(index), self._wanted[index].names
        if is_fixed(self.spine[index]):
            return next((p for p in positions if self._given[p].text == stub), positions[0])
        edited = [p for p in positions if self._given[p].text not in ("", stub)]
        if not edited:
            return positions[0]
        return max(edited, key=lambda p: (len(names & self._given[p].names), p))

    def _match_by_content(self) -> None:
        self._free = [
            p for p, given in enumerate(self._given) if p not in self._claimed and given.key not in self._plain
        ]
        by_text: dict[tuple[str, str], list[int]] = {}
        for position in self._free:
            by_text.setdefault(self._given[position].key, []).append(position)
        for index in self._lost():
            if places := by_text.get(self._wanted[index].key):
                self._take(index, places.pop(0))
        for index in self._lost():
            self._take_alike(index, *self._gaps()[index])
        self._take_by_place()
        for index in self._lost():  # moved elsewhere
            self._take_alike(index, -1, len(self.cells))

    def _lost(self) -> list[int]:
        return [index for index in range(len(self.spine)) if index not in self.where]

    def _take(self, index: int, position: int, is_sure: bool = True) -> None:
        self.where[index] = position
        self.guessed.append(index)
        self._free.remove(position)
        if not is_sure:
            self.unsure.add(index)

    def _gaps(self) -> list[tuple[int, int]]:
        """For each cell of the spine the positions of its nearest neighbours that are known."""
        size, end = len(self.spine), len(self.cells)
        before, after = [-1] * size, [end] * size
        for index in range(1, size):
            before[index] = max(before[index - 1], self.where.get(index - 1, -1))
        for index in range(size - 2, -1, -1):
            after[index] = min(after[index + 1], self.where.get(index + 1, end))
        return list(zip(before, after, strict=True))

    def _between(self, index: int, low: int, high: int) -> Iterator[int]:
        # An editor that drops metadata may also turn a cell into a raw one.
        kinds = (self.spine[index]["cell_type"], "raw")
        free = (p for p in self._free if low < p < high and self.cells[p]["cell_type"] in kinds)
        return islice(free, _MAX_CANDIDATES)

    def _take_by_place(self) -> None:
        """Take what stands where lost answers stood, if it is as many cells as there were answers."""
        gaps = self._gaps()
        groups: dict[tuple[tuple[int, int], str], list[int]] = {}
        for index in self._lost():
            if is_open(self.spine[index]):
                groups.setdefault((gaps[index], self.spine[index]["cell_type"]), []).append(index)
        for (gap, _), group in groups.items():
            between = list(self._between(group[0], *gap))
            if len(between) == len(group):
                for index, position in zip(group, between, strict=True):
                    # A person marks it, and sees whether it is the answer.
                    by_hand = bool(self.spine[index]["metadata"]["nbgrader"].get("grade"))
                    self._take(index, position, is_sure=by_hand and len(group) == 1)

    def _take_alike(self, index: int, low: int, high: int) -> None:
        """Take the most similar candidate, the first of equals, if it is similar enough."""
        rated = [(self._likeness(index, position), -position) for position in self._between(index, low, high)]
        rating, place = max(rated, default=(0.0, 0))
        if rating >= _ALIKE:
            self._take(index, -place, is_sure=rating == 1)

    def _likeness(self, index: int, position: int) -> float:
        """How much of a stub's names or words is left in a cell; for a locked one, how much the two have in common."""
        wanted, given = self._wanted[index], self._given[position]
        answer = is_open(self.spine[index])
        names = wanted.names if answer and self.spine[index]["cell_type"] == "code" else set()
        shared = len(names & given.names) / len(names) if names else 0.0
        if shared == 1:
            return 1.0
        ours, theirs = wanted.words, given.words
        whole = ours.total() if answer else (ours.total() + theirs.total()) / 2
        return max(shared, (ours & theirs).total() / whole if whole else 0.0)
