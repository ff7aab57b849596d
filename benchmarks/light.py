"""A small assignment with numpy that draws nothing: for nbgrader and for otter-grader, with the same tests."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

_STUB = "    raise NotImplementedError"
# Name, first line, right work, visible test, hidden test.
TASKS = [
    ("double", "def double(x):", "    return 2 * x", "assert double(2) == 4", "assert double(-3.5) == -7"),
    ("mean", "def mean(x):", "    return np.sum(x) / len(x)", "assert mean([1, 3]) == 2", "assert mean([4.0]) == 4"),
    (
        "relu",
        "def relu(x):",
        "    return np.maximum(x, 0)",
        "assert relu(np.array([-1.0, 2.0])).tolist() == [0, 2]",
        "assert relu(np.zeros((2, 3))).shape == (2, 3)",
    ),
    (
        "steps",
        "def steps(n):",
        "    return np.linspace(0, 1, n + 1)",
        "assert len(steps(4)) == 5",
        "assert np.allclose(np.diff(steps(10)), 0.1)",
    ),
    (
        "root",
        "def root(a):",
        "    x = a\n    for _ in range(50):\n        x = (x + a / x) / 2\n    return x",
        "assert abs(root(4.0) - 2) < 1e-8",
        "assert abs(root(2.0) ** 2 - 2) < 1e-8",
    ),
]
_IMPORT = "import numpy as np"


def write_light(path: Path, released: Path | None = None) -> None:
    """Write the instructor's notebook, or, given the released one, right work in it."""
    if released is None:
        nbformat.write(_source(), path)
        return
    notebook = nbformat.read(released, as_version=4)
    right = {name: f"{head}\n{body}" for name, head, body, _, _ in TASKS}
    for cell in notebook.cells:
        cell.source = right.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, path)


def _source() -> Any:
    cells = [_cell("imports", _IMPORT)]
    for name, head, body, visible, hidden in TASKS:
        cells.append(
            _cell(name, f"{head}\n{_STUB}\n### BEGIN SOLUTION\n{head}\n{body}\n### END SOLUTION", solution=True)
        )
        cells.append(_cell(f"{name}-test", f"{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS", 2))
    return new_notebook(cells=cells, metadata=_METADATA)


_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}


def _cell(grade_id: str, source: str, points: float = 0, solution: bool = False) -> Any:
    cell = new_code_cell(source, id=grade_id)
    about = {"schema_version": 3, "grade_id": grade_id, "solution": solution, "grade": bool(points), "task": False}
    cell.metadata["nbgrader"] = about | {"locked": not solution} | ({"points": points} if points else {})
    return cell


def write_otter(path: Path) -> None:
    """Write the same assignment as `otter assign` takes it."""
    cells = [new_raw_cell("# ASSIGNMENT CONFIG\ninit_cell: false\nexport_cell: false\ngenerate: true")]
    cells.append(new_code_cell(_IMPORT))
    for name, head, body, visible, hidden in TASKS:
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: 2"),
            new_markdown_cell(f"`{name}`"),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(f"{head}\n" + "\n".join(f"{line} # SOLUTION" for line in body.split("\n"))),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            new_code_cell(visible),
            new_code_cell(f"# HIDDEN\n{hidden}"),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]
    nbformat.write(new_notebook(cells=cells, metadata=_METADATA), path)
