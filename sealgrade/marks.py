"""By what the cells of a released notebook are known wherever they turn up."""

from collections import Counter
from functools import cached_property

from sealgrade.matching import defined_names, grade_id, is_open
from sealgrade.submission import Cell, Notebook

_TELLING = 20  # characters of a text that is not in a notebook by accident

Mark = tuple[str, str]


class Released(dict[str, Notebook]):
    """The released notebooks of an assignment, by their names without `.ipynb`; each source in one string.

    For many hand-ins make one of these: what each notebook is known by is worked out once.
    """

    @cached_property
    def marks(self) -> dict[str, dict[Mark, set[int]]]:
        """By which each notebook is known, and the cells that have them: what no other notebook has."""
        marks: dict[str, dict[Mark, set[int]]] = {}
        for name, notebook in self.items():
            marks[name] = {}
            for position, cell in enumerate(notebook["cells"]):
                for mark in marks_of(cell):
                    marks[name].setdefault(mark, set()).add(position)
        count = Counter(mark for found in marks.values() for mark in found)
        return {name: {mark: at for mark, at in found.items() if count[mark] == 1} for name, found in marks.items()}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many cells of each notebook can be known."""
        return {name: len(set().union(*marks.values())) for name, marks in self.marks.items()}


def marks_of(cell: Cell) -> set[Mark]:
    """Return by what a cell, of a release or of a submission, can be known."""
    metadata = cell.get("metadata", {})
    text = cell["source"].strip()
    marks: set[Mark] = set()
    if cell_id := cell.get("id") or metadata.get("handed_in_id"):
        marks.add(("id", cell_id))
    if "nbgrader" in metadata:
        marks.add(("grade_id", grade_id(cell)))
    if len(text) >= _TELLING:
        marks.add(("text", text))
    is_locked = "solution" in metadata.get("nbgrader", {}) and not is_open(cell)
    if cell["cell_type"] == "code" and not is_locked:
        marks.update(("defines", name) for name in defined_names(text))
    return marks
