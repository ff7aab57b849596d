"""An assignment of two notebooks, as released, and folders of what students make of it; nbgrader is not loaded."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sealgrade.intake import HandIn, Released, read_hand_in
from sealgrade.submission import read_release

Notebook = dict[str, Any]
Write = Callable[..., HandIn]


def _cell(kind: str, name: str, source: str) -> dict[str, Any]:
    role = {
        "cell_type": "markdown" if kind in ("text", "essay") else "code",
        "grade_id": name,
        "schema_version": 3,
        "solution": kind in ("answer", "essay"),
        "grade": kind in ("test", "essay"),
        "locked": kind in ("text", "test", "locked"),
        "task": False,
    }
    if role["grade"]:
        role["points"] = 2
    cell: dict[str, Any] = {"id": name, "metadata": {"nbgrader": role}, "source": source.splitlines(keepends=True)}
    if kind in ("text", "essay"):
        return cell | {"cell_type": "markdown"}
    return cell | {"cell_type": "code", "outputs": [], "execution_count": None}


def _notebook(*cells: dict[str, Any]) -> Notebook:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


RELEASE = {
    "task5": _notebook(
        _cell("text", "t5-text", "# Task 5: sums of numbers\n\nWrite `add`."),
        _cell("locked", "t5-imports", "import math\nimport random"),
        _cell("answer", "t5-add", "def add(a, b):\n    # your code\n    raise NotImplementedError"),
        _cell("test", "t5-add-test", "assert add(1, 2) == 3, 'add(1, 2) is not 3'"),
        _cell("answer", "t5-sub", "def sub(a, b):\n    # your code\n    raise NotImplementedError"),
        _cell("test", "t5-sub-test", "assert sub(3, 2) == 1, 'sub(3, 2) is not 1'"),
        _cell("essay", "t5-why", "Why is that so? Your answer:"),
    ),
    "task6": _notebook(
        _cell("text", "t6-text", "# Task 6: products of numbers\n\nWrite `mul`."),
        _cell("locked", "t6-imports", "import math\nimport random"),
        _cell("answer", "t6-mul", "def mul(a, b):\n    # your code\n    raise NotImplementedError"),
        _cell("test", "t6-mul-test", "assert mul(1, 2) == 2, 'mul(1, 2) is not 2'"),
    ),
}
RIGHT = {
    "t5-add": "def add(a, b):\n    return a + b",
    "t5-sub": "def sub(a, b):\n    return a - b",
    "t5-why": "Because.",
    "t6-mul": "def mul(a, b):\n    return a * b",
}


def work(name: str = "task5", answers: Mapping[str, str] | None = None) -> Notebook:
    """A released notebook with answers in it; without `answers` with the right ones."""
    notebook = deepcopy(RELEASE[name])
    for cell in notebook["cells"]:
        text = (RIGHT if answers is None else answers).get(cell["id"])
        if text is not None:
            cell["source"] = text
    return notebook


def stripped(notebook: Notebook) -> Notebook:
    """The notebook as an editor saves it that knows nothing of nbgrader, nor of cell ids."""
    notebook = deepcopy(notebook)
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return notebook | {"metadata": {}, "nbformat_minor": 4}


def released() -> Released:
    return Released({name: read_release(json.dumps(notebook).encode()) for name, notebook in RELEASE.items()})


def answer(notebook: Any, name: str) -> str:
    return str(
        next(c["source"] for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)
    )


@pytest.fixture
def hand_in(tmp_path: Path) -> Write:
    """Write files, notebooks among them, as a student would hand them in, and read them."""

    def write(files: Mapping[str, Any]) -> HandIn:
        folder = tmp_path / "submitted/ada/ex"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else json.dumps(content, indent=1).encode()
            (folder / name).write_bytes(data)
        return read_hand_in(folder, tmp_path / "submitted", released())

    return write
