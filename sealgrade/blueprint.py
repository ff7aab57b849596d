"""What the instructor's notebooks say: cells, parts and points. Read once, immutable."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealgrade.errors import CourseError

_TEST_CELL = re.compile(r"(?P<part>.+?)-test(-.*)?$")


@dataclass(frozen=True)
class Cell:
    """A cell that earns points: a test cell or an answer that is marked by hand."""

    grade_id: str
    notebook: str
    part: str
    points: float
    by_hand: bool
    bonus: bool


@dataclass(frozen=True)
class Part:
    """What a student reads as one exercise: some test cells, an answer that is marked by hand, or both."""

    name: str
    notebook: str
    points: float
    by_hand: float  # of these points
    bonus: bool


@dataclass(frozen=True)
class Blueprint:
    """An assignment: its notebooks, in order, and the cells that earn points."""

    assignment: str
    notebooks: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts, in the order of the notebooks."""
        grouped: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.cells:
            grouped.setdefault((cell.notebook, cell.part), []).append(cell)
        return tuple(
            Part(
                part,
                notebook,
                sum(c.points for c in cells),
                sum(c.points for c in cells if c.by_hand),
                cells[0].bonus,
            )
            for (notebook, part), cells in grouped.items()
        )

    @property
    def total(self) -> float:
        """The points of the assignment, bonus apart."""
        return sum(cell.points for cell in self.cells if not cell.bonus)

    @property
    def bonus(self) -> float:
        """The points that come on top of the total."""
        return sum(cell.points for cell in self.cells if cell.bonus)


def part_of(grade_id: str) -> str:
    """Return the part that a cell marks: `task6-backprop` of `task6-backprop-test-batch`."""
    match = _TEST_CELL.match(grade_id)
    return match["part"] if match else grade_id


def read_blueprint(folder: Path) -> Blueprint:
    """Read the notebooks of an assignment, the instructor's or the released ones.

    Args:
        folder: for example `release/exercise2`.

    Raises:
        CourseError: if there is no notebook, or one that cannot be read.
    """
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise CourseError(f"There is no notebook in {folder}. Is the assignment's name right?")
    cells = [cell for path in paths for cell in _graded_cells(path)]
    return Blueprint(folder.name, tuple(path.stem for path in paths), tuple(cells))


def _graded_cells(path: Path) -> list[Cell]:
    try:
        raw_cells = json.loads(path.read_bytes())["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is not a readable notebook ({error!r}). Open it in Jupyter and save it.") from error
    found = []
    for raw in raw_cells:
        meta: Mapping[str, Any] = raw["metadata"].get("nbgrader", {})
        if meta.get("grade") or meta.get("task"):
            found.append(
                Cell(
                    grade_id=meta["grade_id"],
                    notebook=path.stem,
                    part=part_of(meta["grade_id"]),
                    points=float(meta["points"]),
                    by_hand=bool(meta.get("solution") or meta.get("task")),
                    bonus="bonus" in raw["metadata"].get("tags", []),
                )
            )
    return found
