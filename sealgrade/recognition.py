"""Which of the files that were handed in is which notebook of the assignment.

Students hand in `task5 (1).ipynb`, `Task5_final.ipynb`, or task 6 under the name of task 5. A file is known by its
cells: their names for nbgrader, their ids, their texts, and what they define, as far as no other notebook of the
assignment has the same. The rule, for each notebook of the assignment:

1. The file with the right name, if its cells are of that notebook.
2. If there is none, or it is damaged, or nothing is answered in it: the file with cells of that notebook that answers
   the most; of equals the one in which the most cells are known again; of equals the last by name.
3. If there is none: the file with the right name if none of its cells is known, or else one with a similar name.

Whatever a file that is passed over answers in another way is a reason for a person to look. A file that holds most of
several notebooks is taken for each of them, without the cells of the others.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sealgrade.errors import UnreadableNotebook
from sealgrade.marks import Released, marks_of
from sealgrade.notes import Note, any_needs_a_look, named
from sealgrade.recovery import answers
from sealgrade.snapshot import TIMESTAMP, Snapshot, is_notebook
from sealgrade.submission import Notebook, Submitted, read_notebook

_MAX_CANDIDATES = 20
_MOSTLY = 0.5  # of a notebook's cells: so much of a second notebook is no accident
_SOME = 0.1
_CLEARLY = 0.3


@dataclass(frozen=True)
class HandedIn:
    """What there is to grade of one notebook of the assignment.

    Attributes:
        file: the path of the file that was taken for it, None if there is none.
        data: that file, as it came; of a file that holds other notebooks too, without their cells.
        notebook: its cells, as `read_submission` gives them; None if there is nothing to grade.
        reason: why there is nothing to grade.
        notes: what is to be said about it.
    """

    file: str | None = None
    data: bytes = b""
    notebook: Notebook | None = None
    reason: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def needs_a_look(self) -> bool:
        """Whether a person should look at it."""
        return any_needs_a_look(self.notes)


def not_a_notebook(file: str, reason: str) -> Note:
    """Return what is to be said about a file that cannot be graded."""
    text = f"{named([file])} is not a notebook: {reason}. Graded as not handed in; the file is kept as it came."
    return Note(text, needs_a_look=True)


def recognise(snapshot: Snapshot, released: Mapping[str, Notebook]) -> tuple[dict[str, HandedIn], dict[str, str]]:
    """Find each notebook of an assignment among the files that were handed in.

    Args:
        snapshot: the files.
        released: the released notebooks, by their names without `.ipynb`.

    Returns:
        What was found for each notebook, and the notebooks that are of no use, each with what to say about it.
    """
    search = _Search(snapshot, released)
    found = {name: search.find(name) for name in released}
    used = {one.file for one in found.values()}
    unused = {}
    for candidate in search.candidates:
        if candidate.file not in used and candidate.file not in search.compared and candidate.is_named_so:
            unused[candidate.file] = search.why_unused(candidate)
    unused |= dict.fromkeys(search.unread, f"was not looked at: there are more than {_MAX_CANDIDATES} notebooks")
    return found, unused


@dataclass
class _Candidate:
    """A file that may be a notebook of the assignment."""

    file: str
    data: bytes
    read: Submitted | None = None
    reason: str | None = None
    known: dict[str, float] = field(default_factory=dict)  # a notebook -> the share of its cells that are in this one
    cells: dict[str, int] = field(default_factory=dict)  # ... and their number

    @property
    def is_named_so(self) -> bool:
        """Whether its name says that it is a notebook."""
        return is_notebook(self.file)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it was lost or uncertain when it was read."""
        return self.read is not None and not any_needs_a_look(self.read.notes)

    @cached_property
    def homes(self) -> frozenset[str]:
        """The notebooks that it is, by its cells."""
        if not self.cells:
            return frozenset()
        best = max(self.cells, key=lambda name: (self.cells[name], self.known[name]))
        return frozenset({best} | {name for name, share in self.known.items() if share >= _MOSTLY})


class _Search:
    """One search in one hand-in."""

    def __init__(self, snapshot: Snapshot, released: Mapping[str, Notebook]) -> None:
        self.released = released if isinstance(released, Released) else Released(released)
        self.left = snapshot.left
        self.compared: set[str] = set()  # files of which something is said where they were passed over
        right = {_composed(f"{name}.ipynb") for name in released}
        files = sorted(
            (inner for inner, data in snapshot.files.items() if _may_be_notebook(inner, data)),
            key=lambda inner: (_composed(inner) not in right, inner),
        )
        self.unread = files[_MAX_CANDIDATES:]
        self.candidates = [self._read(inner, snapshot.files[inner]) for inner in files[:_MAX_CANDIDATES]]
        self.candidates = [one for one in self.candidates if one.is_named_so or one.homes]

    def _read(self, file: str, data: bytes) -> _Candidate:
        candidate = _Candidate(file, data)
        try:
            candidate.read = read_notebook(data)
        except UnreadableNotebook as error:
            candidate.reason = str(error)
            return candidate
        held = {mark for cell in candidate.read.notebook["cells"] for mark in marks_of(cell)}
        for name, marks in self.released.marks.items():
            hit = {cell for mark in held & marks.keys() for cell in marks[mark]}
            if len(hit) >= _SOME * self.released.sizes[name] and hit:
                candidate.cells[name] = len(hit)
                candidate.known[name] = len(hit) / self.released.sizes[name]
        return candidate

    def find(self, name: str) -> HandedIn:
        """Find what to grade as a notebook."""
        file = f"{name}.ipynb"
        right = next((one for one in self.candidates if _composed(one.file) == _composed(file)), None)
        others = [one for one in self.candidates if one is not right and name in one.homes]
        if right and right.read and (name in right.homes or not right.homes):
            return self._choose(name, right, others)
        if others:
            return self._choose(name, None, others, right)
        if right and right.read and name in right.known:  # more of another one than of this one, but there is no better
            return self._taken(name, right, [Note("Only a part of its cells could be recognised.", needs_a_look=True)])
        if right and right.read:
            reason = f"its content is that of {_listed(right.homes)}"
            self.compared.add(right.file)
            return HandedIn(reason=reason, notes=(Note(f"{file} cannot be graded: {reason}.", needs_a_look=True),))
        if right:
            reason = str(right.reason)
            return HandedIn(right.file, right.data, reason=reason, notes=(not_a_notebook(right.file, reason),))
        if refused := next((inner for inner in self.left if _composed(inner) == _composed(file)), None):
            reason = self.left[refused]
            return HandedIn(refused, reason=reason, notes=(not_a_notebook(file, reason),))
        return self._by_its_name(name)

    def _by_its_name(self, name: str) -> HandedIn:
        """Take a file none of whose cells is known, if only its name tells what it is."""
        for candidate in self.candidates:
            stem = candidate.file.rsplit("/", 1)[-1]
            if candidate.read and not candidate.homes and {n for n in self.released if _has(stem, n)} == {name}:
                return self._taken(name, candidate, [Note("Only its name says so.", needs_a_look=True)])
        return HandedIn(reason="it was not handed in")

    def _choose(
        self, name: str, right: _Candidate | None, others: list[_Candidate], unfit: _Candidate | None = None
    ) -> HandedIn:
        rivals = [*([right] if right else []), *others]
        if len(rivals) == 1:
            return self._taken(name, rivals[0], self._why_not(name, unfit))
        given = {one.file: answers(self._part(name, one), self.released[name]) for one in rivals}
        chosen = max(
            (one for one in rivals if name in one.homes),
            key=lambda one: (len(given[one.file]), one.cells[name], _by_number(one.file), one.file),
        )
        if right and (not given[chosen.file] or (name in right.homes and given[right.file] and right.is_whole)):
            chosen = right
        notes = self._why_not(name, unfit)
        for one in rivals:
            if one is chosen:
                continue
            self.compared.add(one.file)
            ours, theirs = given[chosen.file], given[one.file]
            other = [cell for cell, text in theirs.items() if ours.get(cell) != text]
            about = f"{named([one.file])} is of {name} too and was not graded"
            if other:
                text = f"{about}: {named([chosen.file])} was. It answers {len(theirs)} cells (the graded one "
                text += f"{len(ours)}), and otherwise than the graded one: {named(f'`{cell}`' for cell in other)}."
                notes.append(Note(text, needs_a_look=True))
            else:
                notes.append(Note(f"{about}: it answers nothing that {named([chosen.file])} does not answer as well."))
        return self._taken(name, chosen, notes)

    def _why_not(self, name: str, unfit: _Candidate | None) -> list[Note]:
        """Why the file with the right name was not taken."""
        file = f"{name}.ipynb"
        if unfit is None:
            refused = next((inner for inner in self.left if _composed(inner) == _composed(file)), None)
            return [Note(f"{file} was not taken: {self.left[refused]}.", needs_a_look=True)] if refused else []
        if unfit.read is None:
            self.compared.add(unfit.file)
            return [Note(f"{file} is not a notebook: {unfit.reason}.", needs_a_look=True)]
        return [Note(f"{file} itself holds the cells of {_listed(unfit.homes)}.")]

    def _taken(self, name: str, one: _Candidate, notes: list[Note]) -> HandedIn:
        assert one.read
        said = list(one.read.notes)
        if _composed(one.file) != _composed(f"{name}.ipynb"):
            unsure = one.known.get(name, 0) < _CLEARLY
            text = f"{named([one.file])} was taken for {name}.ipynb, because of its cells."
            said.insert(0, Note(text, needs_a_look=unsure))
        notebook, data = one.read.notebook, one.data
        if others := one.homes - {name}:
            notebook = self._part(name, one)
            ids = (cell["metadata"].get("handed_in_id") for cell in notebook["cells"])
            cells = [{**cell, "id": cell_id} for cell, cell_id in zip(notebook["cells"], ids, strict=True)]
            data = json.dumps({"cells": cells}).encode()
            text = f"{named([one.file])} holds {_listed(others)} as well; those cells were left out here."
            said.append(Note(text, needs_a_look=True))
        return HandedIn(one.file, data, notebook, None, (*said, *notes))

    def _part(self, name: str, one: _Candidate) -> Notebook:
        """The cells of a file without those of other notebooks that it holds too."""
        assert one.read
        strange = {mark for other in one.homes - {name} for mark in self.released.marks[other]}
        return {"cells": [cell for cell in one.read.notebook["cells"] if not strange.intersection(marks_of(cell))]}

    def why_unused(self, candidate: _Candidate) -> str:
        """What to say about a file that was not taken for anything."""
        if candidate.reason:
            return f"is not a notebook of this assignment ({candidate.reason})"
        return "is not a notebook of this assignment"


def _may_be_notebook(inner: str, data: bytes) -> bool:
    if is_notebook(inner):
        return True
    return inner.endswith((".json", ".txt")) and inner != TIMESTAMP and (b'"cells"' in data or b'"worksheets"' in data)


def _composed(name: str) -> str:
    """A name as it is compared: macOS writes names decomposed."""
    return unicodedata.normalize("NFC", name)


def _has(stem: str, name: str) -> bool:
    """Whether a file's name has that of a notebook in it, as a word of its own."""
    pattern = rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
    return re.search(pattern, stem, re.IGNORECASE) is not None


def _by_number(file: str) -> list[tuple[int, str]]:
    """A key by which `task5 (10)` comes after `task5 (9)`."""
    return [(int(digits), text) if digits else (-1, text) for text, digits in re.findall(r"(\D+)|(\d{1,18})", file)]


def _listed(names: frozenset[str]) -> str:
    return named(sorted(names))
