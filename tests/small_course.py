"""A small course in a temporary folder, with everything that the engine has to cope with."""

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sealgrade.course import Course

CONFIG = """
from sealgrade.settings import configure

c = get_config()
configure(c)
c.SealgradeCourse.due_dates = {"ex": "2024-05-02 23:59:59 Europe/Berlin"}
c.Execute.timeout = 4
c.ExecuteSealed.patience = 2
"""

ADD_STUB = "def add(a, b):\n    # your code\n    raise NotImplementedError"
ADD_RIGHT = "def add(a, b):\n    return a + b"
MUL_STUB = "def mul(a, b):\n    # your code\n    raise NotImplementedError"
MUL_RIGHT = "def mul(a, b):\n    return a * b"


def nbgrader_cell(kind: str, grade_id: str, source: str, points: float = 0, tags: tuple[str, ...] = ()) -> Any:
    """A cell of an instructor's notebook; kind is "solution", "test", "locked" or "answer"."""
    new = new_markdown_cell if kind == "answer" else new_code_cell
    cell = new(source, id=grade_id)
    meta: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "solution": kind in ("solution", "answer"),
        "grade": kind in ("test", "answer"),
        "locked": kind in ("locked", "test"),
        "task": False,
    }
    if points:
        meta["points"] = points
    cell.metadata["nbgrader"] = meta
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def with_solution(stub: str, solution: str) -> str:
    return f"{stub}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"


def source_notebooks() -> dict[str, Any]:
    one = new_notebook(
        cells=[
            new_markdown_cell("# Sums", id="intro"),
            nbgrader_cell("locked", "one-data", "import warnings\n\ndata = [1, 2, 3]"),
            nbgrader_cell("solution", "one-add", with_solution(ADD_STUB, ADD_RIGHT)),
            nbgrader_cell("test", "one-add-test-visible", "assert add(1, 2) == 3, 'add(1, 2) is not 3'", 2),
            nbgrader_cell(
                "test",
                "one-add-test-hidden",
                "assert callable(add)\n### BEGIN HIDDEN TESTS\n"
                "secret_sum = sum(data)\nassert add(5, secret_sum) == 11, 'add is wrong for other numbers'\n"
                "### END HIDDEN TESTS",
                4,
            ),
            nbgrader_cell("solution", "one-mul", with_solution(MUL_STUB, MUL_RIGHT)),
            nbgrader_cell("test", "one-mul-test", "warnings.warn('careful')\nassert mul(2, 3) == 6, 'mul'", 3),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    two = new_notebook(
        cells=[
            nbgrader_cell(
                "answer",
                "two-why",
                "Your answer:\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION\n"
                "=== BEGIN MARK SCHEME ===\n1 point a word\n=== END MARK SCHEME ===",
                5,
            ),
            nbgrader_cell("solution", "two-sub", with_solution("", "def sub(a, b):\n    return a - b")),
            nbgrader_cell("test", "two-sub-test", "assert sub(3, 1) == 2, 'sub'", 1, tags=("bonus",)),
        ],
        metadata=one.metadata,
    )
    return {"one": one, "two": two}


class Class:
    """The course, and what its students hand in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.course = Course(root)

    def released(self, name: str = "one") -> Any:
        return nbformat.read(self.root / "release/ex" / f"{name}.ipynb", as_version=4)

    def right(self, name: str = "one") -> Any:
        """A released notebook with right work in it."""
        notebook = self.released(name)
        answers = {
            "one-add": ADD_RIGHT,
            "one-mul": MUL_RIGHT,
            "two-why": "Because it is.",
            "two-sub": "def sub(a, b):\n    return a - b",
        }
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(grade_id, cell.source)
        return notebook

    def hand_in(self, student: str, *, timestamp: str = "2024-05-01 10:00:00 UTC", **notebooks: Any) -> Path:
        """Write notebooks (or raw text or bytes) as the exchange would."""
        folder = self.root / "submitted" / student / "ex"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in notebooks.items():
            data = content if isinstance(content, str | bytes) else json.dumps(content)
            (folder / f"{name}.ipynb").write_bytes(data.encode() if isinstance(data, str) else data)
        (folder / "timestamp.txt").write_text(timestamp)
        return folder


def cell_of(notebook: Any, grade_id: str) -> Any:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def write_course(root: Path) -> None:
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source/ex").mkdir(parents=True)
    for name, notebook in source_notebooks().items():
        nbformat.write(notebook, root / "source/ex" / f"{name}.ipynb")
