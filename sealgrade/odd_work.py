"""The ways in which right work of the sample class comes in odd: unfinished, late, damaged, running wild.

Each changes the notebooks and what they are to earn. All rely on one thing only: a test cell judges the solution cell
before it.
"""

import math
from collections.abc import Callable
from copy import deepcopy

from sealgrade.sample_work import (
    Cell,
    Work,
    all_tests,
    grade_id,
    is_solution,
    read_source,
    tested,
    to_bytes,
    write_source,
)


def late(work: Work) -> None:
    """Hand in after the deadline; in UTC still on the day of the deadline."""
    work.describe("late", "late", "Right work, handed in after midnight of the deadline.")
    work.is_late = True


def missing(work: Work) -> None:
    """Leave the last notebook out."""
    name = _last(work)
    work.describe("missing-notebook", "unfinished", f"Right work, but {name} was not handed in.")
    work.lose(all_tests(work.notebooks.pop(name)))


def not_json(work: Work) -> None:
    """Lose the second half of the first notebook's file."""
    name = min(work.notebooks)
    work.describe(
        "not-json",
        "damaged",
        f"Right work, but {name} was cut off in the middle by a full disk; the first half counts.",
    )
    cells = work.notebooks[name]["cells"]
    data = to_bytes(work.notebooks[name])
    kept = data[: len(data) // 2]
    for index, tests in tested(work.notebooks[name]):
        if not kept.startswith(to_bytes({"cells": cells[: index + 1]}).removesuffix(b"\n ]\n}\n")):
            work.lose(tests)
    del work.notebooks[name]
    work.raw[name] = kept


def deleted_and_duplicated(work: Work) -> None:
    """Delete a test cell, and copy a test cell and a solution cell before working on it."""
    name = _middle(work)
    work.describe(
        "deleted-and-duplicated",
        "damaged",
        f"Right work; in {name} a test cell is deleted and two cells are duplicated.",
    )
    notebook = work.notebooks[name]
    index, tests = tested(notebook)[0]
    stub = next(cell for cell in work.release[name]["cells"] if grade_id(cell) == grade_id(notebook["cells"][index]))
    notebook["cells"].remove(tests[0])
    notebook["cells"].append(_copy(all_tests(notebook)[-1], "copied-test"))
    notebook["cells"].insert(index, _copy(stub, "copied-solution"))


def stripped(work: Work) -> None:
    """Save with an editor that knows nothing of nbgrader, nor of cell ids and kernels."""
    work.describe("metadata-stripped", "damaged", "Right work, saved by an editor that strips all metadata.")
    for notebook in work.notebooks.values():
        notebook["metadata"] = {}
        notebook["nbformat_minor"] = 4
        for cell in notebook["cells"]:
            cell["metadata"] = {}
            cell.pop("id", None)


def endless_loop(work: Work) -> None:
    """Never come to the end of a solution cell of the first notebook."""
    cell = _spoil(work, min(work.notebooks))
    work.describe("endless-loop", "runaway", f"Right work, but the cell {grade_id(cell)} never ends.")
    write_source(cell, "tries = 0\nwhile tries < 10:\n    pass  # count tries up\n\n" + read_source(cell))


def prints_100_mb(work: Work) -> None:
    """Print 100 MB behind right work."""
    name = _middle(work)
    index, _ = tested(work.notebooks[name])[0]
    cell = work.notebooks[name]["cells"][index]
    work.describe("prints-100-mb", "runaway", f"Right work, but the cell {grade_id(cell)} also prints 100 MB.")
    write_source(cell, read_source(cell) + '\n\nfor step in range(100_000):\n    print("step", step, "." * 990)')


def kills_kernel(work: Work) -> None:
    """Exit from Python in a solution cell."""
    cell = _spoil(work, _middle(work))
    work.describe("kills-kernel", "runaway", f"Right work, but the cell {grade_id(cell)} exits from Python.")
    write_source(cell, "import os\n\nos._exit(1)  # start afresh\n\n" + read_source(cell))


def kills_kernel_in_own_cell(work: Work) -> None:
    """Kill the kernel in a cell that the student added behind a solution."""
    name = _last(work)
    index, _ = tested(work.notebooks[name])[0]
    work.describe("kills-kernel-in-own-cell", "runaway", f"Right work; a cell added to {name} kills the kernel.")
    added: Cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": []}
    if "id" in work.notebooks[name]["cells"][index]:
        added["id"] = "added"
    write_source(added, "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)  # free the memory")
    work.notebooks[name]["cells"].insert(index + 1, added)


def syntax_error(work: Work) -> None:
    """Leave a bracket open in a solution cell of the last notebook."""
    cell = _spoil(work, _last(work))
    work.describe("syntax-error", "unfinished", f"Right work, but the cell {grade_id(cell)} has a syntax error.")
    write_source(cell, read_source(cell) + "\n\nprint((1 + 2")


def half_done(work: Work) -> None:
    """Stop in the middle of each notebook."""
    work.describe("half-done", "unfinished", "The first half of each notebook is right, the rest untouched.")
    for name in work.notebooks:
        solutions = [cell for cell in work.notebooks[name]["cells"] if is_solution(cell)]
        _reset(work, name, solutions[math.ceil(len(solutions) / 2) :])


def untouched(work: Work) -> None:
    """Hand in the notebooks as they were released."""
    work.describe("untouched", "unfinished", "The notebooks as they were released.")
    for name in work.notebooks:
        _reset(work, name, [cell for cell in work.notebooks[name]["cells"] if is_solution(cell)])


ODD_WAYS: tuple[Callable[[Work], None], ...] = (
    half_done,
    late,
    missing,
    not_json,
    deleted_and_duplicated,
    stripped,
    endless_loop,
    prints_100_mb,
    kills_kernel,
    syntax_error,
    untouched,
    kills_kernel_in_own_cell,
)


def _last(work: Work) -> str:
    return max(work.notebooks)


def _middle(work: Work) -> str:
    return sorted(work.notebooks)[len(work.notebooks) // 2]


def _spoil(work: Work, name: str) -> Cell:
    """Return the notebook's last tested solution cell, on which no other part rests, and expect no points for it."""
    index, tests = tested(work.notebooks[name])[-1]
    work.lose(tests)
    cell: Cell = work.notebooks[name]["cells"][index]
    return cell


def _reset(work: Work, name: str, cells: list[Cell]) -> None:
    """Put solution cells back to what was released, and expect no points for them."""
    released = {grade_id(cell): cell for cell in work.release[name]["cells"]}
    for index, tests in tested(work.notebooks[name]):
        if any(work.notebooks[name]["cells"][index] is cell for cell in cells):
            work.lose(tests)
    for cell in cells:
        write_source(cell, read_source(released[grade_id(cell)]))


def _copy(cell: Cell, new_id: str) -> Cell:
    return deepcopy(cell) | ({"id": new_id} if "id" in cell else {})
