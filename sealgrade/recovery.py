"""A submission put back into the shape of the release.

Students copy cells, delete tests, and use editors that drop metadata. `recover` rebuilds the notebook on the released
one: each cell of nbgrader's exactly once and in order, with the student's text where the student was to write, and the
student's own cells where they stood among their neighbours.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import copy
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, pairwise

from nbformat import NotebookNode

# What a cell defines at top level; read by pattern, so that a cell with a syntax error has names too.
_NAMES = re.compile(r"^(?:class|def)[ \t]+(\w+)|^(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_WORDS = re.compile(r"\w+")
_MAX_CANDIDATES = 200
_ALIKE = 0.6
_MAX_NAMES = 6  # in one note
_MAX_COMPARED = 20_000  # characters of a cell


@dataclass
class Recovery:
    """The rebuilt notebook, and each repair as a plain sentence."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def recover(submitted: NotebookNode, released: NotebookNode) -> Recovery:
    """Rebuild a submission on the released notebook.

    Args:
        submitted: as `read_submission` gives it.
        released: what the student received.

    Returns:
        A valid notebook of nbformat 4.5 without outputs, and what had to be repaired.
    """
    spine = [cell for cell in released.cells if "nbgrader" in cell.metadata]
    plain = {_key(cell) for cell in released.cells if "nbgrader" not in cell.metadata}
    matcher = _Matcher(spine, plain, list(submitted.cells))
    matcher.match_by_grade_id()
    matcher.match_the_lost()
    notebook = copy.deepcopy(released)
    notebook.cells = _weave(spine, matcher)
    _make_ids_unique(notebook.cells)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("sealgrade", None)
    return Recovery(notebook, _notes(spine, matcher) + _point_to_answers_below(notebook, spine))


def _point_to_answers_below(notebook: NotebookNode, spine: list[NotebookNode]) -> list[str]:
    """Keep a hand-marked cell that was left as it was from counting as no answer where the student's own cells follow.

    nbgrader gives 0 to a hand-marked cell that is unchanged, and asks nobody to look.
    """
    released = {_grade_id(cell): cell.source for cell in spine if is_open(cell) and cell.metadata["nbgrader"]["grade"]}
    notes = []
    for cell, below in pairwise(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        own = "nbgrader" not in below.metadata and below.source.strip()
        if own and released.get(grade_id, "").strip() == cell.source.strip() and grade_id in released:
            text = "the answer may be in the cells below"
            cell.source += f"\n# ({text})" if cell.cell_type == "code" else f"\n\n*({text})*"
            notes.append(f"`{grade_id}` was left as it was, but {text}.")
    return notes


class _Matcher:
    """Which submitted cell (by position) stands for which cell of the release (its spine)."""

    def __init__(self, spine: list[NotebookNode], plain: set[tuple[str, str]], cells: list[NotebookNode]) -> None:
        self.spine = spine
        self.plain = plain
        self.cells = cells
        self.where: dict[int, int] = {}  # position in the spine -> position in the submission
        self.dropped: set[int] = set()  # copies that hold nothing of the student's
        self.copied: list[int] = []  # positions in the spine of cells that stood there more than once
        self.guessed: list[int] = []  # ... of cells that were recognised without their metadata

    def match_by_grade_id(self) -> None:
        claims: dict[str, list[int]] = {}
        for position, cell in enumerate(self.cells):
            if "nbgrader" in cell.metadata:
                claims.setdefault(cell.metadata["nbgrader"]["grade_id"], []).append(position)
        for index, wanted in enumerate(self.spine):
            positions = claims.get(_grade_id(wanted), [])
            if not positions:
                continue
            self.where[index] = self._the_one_that_counts(wanted, positions)
            if len(positions) > 1:
                self.copied.append(index)
            chosen = self.cells[self.where[index]].source.strip()
            for position in positions:
                text = self.cells[position].source.strip()
                # A second copy of the stub would undo the student's work when it runs.
                if position != self.where[index] and (not is_open(wanted) or text in (chosen, wanted.source.strip())):
                    self.dropped.add(position)

    def _the_one_that_counts(self, wanted: NotebookNode, positions: list[int]) -> int:
        """The copy that the student edited; of several the one with most of the stub's names, the last of equals."""
        if not is_open(wanted):
            return positions[0]
        names = _names(wanted.source)
        edited = [p for p in positions if self.cells[p].source.strip() not in ("", wanted.source.strip())]
        if not edited:
            return positions[0]
        return max(edited, key=lambda p: (len(names & _names(self.cells[p].source)), p))

    def match_the_lost(self) -> None:
        """Recognise cells that lost their metadata: by id, by text, by the names they define, by their place."""
        for index, wanted in self._lost():
            self._take(index, (p for p in self._free() if self._same_id(p, wanted)))
        for index, wanted in self._lost():
            self._take(index, (p for p in self._free() if _key(self.cells[p]) == _key(wanted)))
        for index, wanted in self._lost():
            self._take(index, self._alike(wanted, self._free_between(index)))
        for index, wanted in self._lost():
            between = [p for p in self._free_between(index) if self._could_be(p, wanted)]
            alone = not any(self._rivals(index, other) for other, _ in self._lost() if other != index)
            if is_open(wanted) and len(between) == 1 and alone:
                self._take(index, between)
        for index, wanted in self._lost():  # moved elsewhere
            self._take(index, self._alike(wanted, self._free()))

    def _lost(self) -> list[tuple[int, NotebookNode]]:
        return [(index, cell) for index, cell in enumerate(self.spine) if index not in self.where]

    def _free(self) -> list[int]:
        taken = set(self.where.values()) | self.dropped
        known = {_grade_id(cell) for cell in self.spine}
        free = (
            p
            for p, cell in enumerate(self.cells)
            if p not in taken
            and _key(cell) not in self.plain
            and cell.metadata.get("nbgrader", {}).get("grade_id") not in known
        )
        return list(islice(free, _MAX_CANDIDATES))

    def _take(self, index: int, candidates: Iterable[int]) -> None:
        for position in candidates:
            self.where[index] = position
            self.guessed.append(index)
            return

    def _same_id(self, position: int, wanted: NotebookNode) -> bool:
        cell_id = self.cells[position].metadata.get("handed_in_id")
        return cell_id is not None and cell_id == wanted.get("id")

    def _gap(self, index: int) -> tuple[int, int]:
        """The positions of the nearest matched neighbours."""
        before = [self.where[i] for i in range(index) if i in self.where]
        after = [self.where[i] for i in range(index + 1, len(self.spine)) if i in self.where]
        return max(before, default=-1), min(after, default=len(self.cells))

    def _rivals(self, index: int, other: int) -> bool:
        """Whether two lost answers could stand at the same place."""
        rival = self.spine[other]
        same_kind = is_open(rival) and rival.cell_type == self.spine[index].cell_type
        return same_kind and self._gap(index) == self._gap(other)

    def _free_between(self, index: int) -> list[int]:
        low, high = self._gap(index)
        return [p for p in self._free() if low < p < high]

    def _could_be(self, position: int, wanted: NotebookNode) -> bool:
        # An editor that drops metadata may also turn a cell into a raw one.
        return self.cells[position].cell_type in (wanted.cell_type, "raw")

    def _alike(self, wanted: NotebookNode, candidates: Sequence[int]) -> list[int]:
        """The most similar candidates first, those alone that are similar enough."""
        names = _names(wanted.source) if wanted.cell_type == "code" else set()
        rated = []
        for position in candidates:
            if self._could_be(position, wanted):
                text = self.cells[position].source
                shared = len(names & _names(text)) / len(names) if names and is_open(wanted) else 0.0
                rated.append((max(shared, _similarity(wanted, text)), -position))
        return [-place for rating, place in sorted(rated, reverse=True) if rating >= _ALIKE]


def is_open(cell: NotebookNode) -> bool:
    """Return whether the student is to write in this cell of a release."""
    return bool(cell.metadata["nbgrader"].get("solution"))


def _weave(spine: list[NotebookNode], matcher: _Matcher) -> list[NotebookNode]:
    """The spine in its order; between its cells the student's own, each after the neighbour that it stood after."""
    spine_at = {position: index for index, position in matcher.where.items()}
    own_after: dict[int, list[NotebookNode]] = {-1: []}
    latest = -1
    for position, cell in enumerate(matcher.cells):
        if position in spine_at:
            latest = spine_at[position]
        elif position not in matcher.dropped:
            own_after.setdefault(latest, []).append(_own(cell))
    written: set[str] = set().union(*(_names(cell.source) for cell in matcher.cells if cell.cell_type == "code"))
    woven: list[NotebookNode] = []
    pending = own_after[-1]
    for index, released in enumerate(spine):
        cell = copy.deepcopy(released)
        missing_stub = index not in matcher.where and is_open(released)
        if not missing_stub:
            # A stub that is put back goes before the student's cells: run after them, it could undo what they define.
            woven += pending
            pending = []
        if index in matcher.where and is_open(released):
            submitted = matcher.cells[matcher.where[index]]
            cell.source = submitted.source
            if cell.cell_type == "markdown" and "attachments" in submitted:
                cell["attachments"] = submitted.attachments
        if cell.cell_type == "code":
            if missing_stub and _names(released.source) & written:
                cell.source = ""  # merged into another cell, or answered in one: the stub would undo that
            cell.outputs, cell.execution_count = [], None
        woven.append(cell)
        pending += own_after.get(index, [])
    return woven + pending


def _own(cell: NotebookNode) -> NotebookNode:
    own = copy.deepcopy(cell)
    own["id"] = own.metadata.get("handed_in_id", "")
    own.metadata = NotebookNode()
    return own


def _make_ids_unique(cells: list[NotebookNode]) -> None:
    released = {cell.get("id") for cell in cells if "nbgrader" in cell.metadata}
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        cell_id = cell.get("id", "")
        own = "nbgrader" not in cell.metadata
        if not re.fullmatch(r"[\w-]{1,64}", cell_id, re.ASCII) or cell_id in seen or (own and cell_id in released):
            cell["id"] = next(name for n in count(number) if (name := f"own-{n}") not in seen | released)
        seen.add(cell["id"])


def _notes(spine: list[NotebookNode], matcher: _Matcher) -> list[str]:
    def named(indices: Iterable[int]) -> str:
        names = [f"`{_grade_id(spine[i])}`" for i in sorted(indices)]
        shown = ", ".join(names[:_MAX_NAMES])
        return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES} more"

    notes = []
    if len(matcher.guessed) == len(spine):
        notes.append("The notebook had lost its nbgrader metadata; its cells were recognised by their content.")
    elif matcher.guessed:
        notes.append(f"Cells without nbgrader metadata were recognised by their content: {named(matcher.guessed)}.")
    copied = [i for i in matcher.copied if is_open(spine[i])]
    if copied:
        notes.append(f"Cells that were there more than once: {named(copied)}. The edited copy counts.")
    missing = [i for i in range(len(spine)) if i not in matcher.where]
    answers = [i for i in missing if is_open(spine[i])]
    if answers:
        notes.append(f"Answer cells that are gone (deleted, or merged with another): {named(answers)}.")
    locked = [i for i in missing if not is_open(spine[i])]
    if locked:
        notes.append(f"Cells that were deleted and have been put back: {named(locked)}.")
    changed = [
        i
        for i, position in matcher.where.items()
        if not is_open(spine[i]) and matcher.cells[position].source.strip() != spine[i].source.strip()
    ]
    if changed:
        notes.append(f"Cells that were not as released; the released ones were used: {named(changed)}.")
    order = [matcher.where[i] for i in sorted(matcher.where)]
    if order != sorted(order):
        notes.append("Cells stood in another order than released; they were run in the released order.")
    return notes


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata["nbgrader"]["grade_id"])


def _key(cell: NotebookNode) -> tuple[str, str]:
    return cell.cell_type, cell.source.strip()


def _names(source: str) -> set[str]:
    found = (match.group(1) or match.group(2) for match in _NAMES.finditer(source[:_MAX_COMPARED]))
    return {name for group in found for name in re.split(r"\s*,\s*", group)}


def _similarity(wanted: NotebookNode, text: str) -> float:
    """How much of a stub's words is left in a text; for a locked cell, how much the two have in common."""
    ours, theirs = (Counter(_WORDS.findall(s[:_MAX_COMPARED])) for s in (wanted.source, text))
    whole = ours.total() if is_open(wanted) else (ours.total() + theirs.total()) / 2
    return (ours & theirs).total() / whole if whole else 0.0
