"""What a student of the sample class hands in, and what it is to earn."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealgrade.errors import SealgradeError

Cell = dict[str, Any]
Notebook = dict[str, Any]


class SampleClassError(SealgradeError):
    """The sample class cannot be made from what is released."""


@dataclass
class Work:
    """What one student hands in.

    Attributes:
        release: the released notebooks, by file name.
        notebooks: the student's notebooks, by file name.
        raw: files that are not notebooks any more.
        expected: the points of each part, None where a human gives them.
        name, kind, description, is_late: as in `SampleStudent`.
    """

    release: dict[str, Notebook]
    notebooks: dict[str, Notebook]
    raw: dict[str, bytes]
    expected: dict[str, float | None]
    name: str = "reference"
    kind: str = "right"
    description: str = "The reference solution."
    is_late: bool = False
    loses: list[str] = field(default_factory=list)

    def describe(self, name: str, kind: str, description: str) -> None:
        """Say what became of the work."""
        self.name, self.kind, self.description = name, kind, description

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file's name and bytes."""
        for name, notebook in self.notebooks.items():
            yield name, to_bytes(notebook)
        yield from self.raw.items()

    def lose(self, tests: list[Cell]) -> None:
        """Expect no points for test cells."""
        for cell in tests:
            points = self.expected[_part(cell)]
            assert points is not None
            self.expected[_part(cell)] = points - _points(cell)


def to_bytes(notebook: Notebook) -> bytes:
    """Return a notebook's file as Jupyter writes it."""
    return (json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_release(folder: Path) -> dict[str, Notebook]:
    """Return the released notebooks, by file name.

    Raises:
        SampleClassError: there are none.
    """
    notebooks = {path.name: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.ipynb"))}
    if not notebooks:
        raise SampleClassError(f"There are no notebooks in {folder}. Run `sealgrade release {folder.name}` first.")
    return notebooks


def fill_in(release: dict[str, Notebook], cells: dict[str, str]) -> Work:
    """Return work whose solution cells read as given, and which earns all points.

    Raises:
        SampleClassError: the release and the solution do not belong together.
    """
    work = Work(release, deepcopy(release), {}, {})
    for name, notebook in work.notebooks.items():
        for cell in notebook["cells"]:
            if is_solution(cell):
                if grade_id(cell) not in cells:
                    raise SampleClassError(f"{name}: {grade_id(cell)} is released but not in source/. Release again.")
                write_source(cell, cells[grade_id(cell)])
            if _is_marked_by_hand(cell):
                work.expected[_part(cell)] = None
            elif _is_test(cell):
                work.expected[_part(cell)] = (work.expected.get(_part(cell)) or 0.0) + _points(cell)
    return work


def tested(notebook: Notebook) -> list[tuple[int, list[Cell]]]:
    """Return the position of each solution cell that has test cells, with these."""
    found: list[tuple[int, list[Cell]]] = []
    for index, cell in enumerate(notebook["cells"]):
        if is_solution(cell):
            found.append((index, []))
        elif _is_test(cell) and found:
            found[-1][1].append(cell)
    return [(index, tests) for index, tests in found if tests]


def all_tests(notebook: Notebook) -> list[Cell]:
    """Return all test cells."""
    return [cell for cell in notebook["cells"] if _is_test(cell)]


def _nbgrader(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return metadata


def grade_id(cell: Cell) -> str:
    """Return the cell's name, empty where it has none."""
    return str(_nbgrader(cell).get("grade_id", ""))


def _part(cell: Cell) -> str:
    return grade_id(cell).split("-test-")[0]


def _points(cell: Cell) -> float:
    return float(_nbgrader(cell).get("points", 0))


def is_solution(cell: Cell) -> bool:
    """Tell whether students write in this cell."""
    return bool(_nbgrader(cell).get("solution"))


def _is_marked_by_hand(cell: Cell) -> bool:
    return bool(_nbgrader(cell).get("task")) or (is_solution(cell) and bool(_nbgrader(cell).get("grade")))


def _is_test(cell: Cell) -> bool:
    return bool(_nbgrader(cell).get("grade")) and not is_solution(cell)


def read_source(cell: Cell) -> str:
    """Return the cell's source."""
    return "".join(cell["source"])


def write_source(cell: Cell, source: str) -> None:
    """Replace the cell's source."""
    cell["source"] = source.splitlines(keepends=True)
