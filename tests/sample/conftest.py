"""A tiny course: two notebooks, a package `answers` with the reference, and a bank."""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ANSWERS = {
    "__init__.py": '"""The answers."""\n\nfrom .shapes import area\n\n__all__ = ["area"]\n',
    "types.py": '"""Types."""\n\nfrom typing import TypeAlias\n\nNumber: TypeAlias = float\n',
    "shapes.py": '''"""Shapes."""

import math as m
from fractions import Fraction  # noqa: F401

from answers.types import Number

# Not a round number.
_SCALE = 2.5
UNUSED = 3


# A remark about the circle.
def area(radius: Number) -> Number:  # noqa: N802  (a remark to the linter)
    """Return the area of a circle."""
    return m.pi * radius**2  # the formula


def twice(radius: Number) -> Number:
    """Return the area of two circles."""
    return 2 * area(radius)


def scaled(radius: Number) -> Number:
    """Return the area of two scaled circles."""
    return _SCALE * twice(radius)
''',
}


def solution(grade_id: str, source: str) -> nbformat.NotebookNode:
    meta = {"grade_id": grade_id, "solution": True, "grade": False, "locked": False, "schema_version": 3}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta})


def by_hand(grade_id: str, source: str) -> nbformat.NotebookNode:
    meta = {"grade_id": grade_id, "solution": True, "grade": True, "locked": False, "points": 2, "schema_version": 3}
    return new_markdown_cell(source, id=grade_id, metadata={"nbgrader": meta})


def check(grade_id: str, points: float, source: str) -> nbformat.NotebookNode:
    meta = {"grade_id": grade_id, "solution": False, "grade": True, "locked": True, "schema_version": 3}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta | {"points": points}})


AREA = '''def area(radius):
    """Return the area of a circle."""
    # TODO
    raise NotImplementedError
    # your code ends here

### BEGIN SOLUTION
from answers import area
### END SOLUTION
'''

HIDDEN = "### BEGIN HIDDEN TESTS\nassert {} == 0  # secret\n### END HIDDEN TESTS"

NOTEBOOKS = {
    "one.ipynb": [
        new_markdown_cell("# Circles", id="title"),
        new_code_cell("import math\n\nradius = 2.0", id="given"),
        solution("one-area", AREA),
        check("one-area-test-value", 3, f"assert area(1.0) > 3\n{HIDDEN.format('area(0.0)')}"),
        check("one-area-test-hidden", 2, HIDDEN.format("area(0.0)")),
        solution(
            "one-twice",
            "def twice(radius):\n    ...\n\n### BEGIN SOLUTION\nfrom answers.shapes import twice\n### END SOLUTION",
        ),
        check("one-twice-test-value", 4, "assert twice(1.0) == 2 * area(1.0)"),
        by_hand(
            "one-why",
            "Why?\n\n### BEGIN SOLUTION\nPi.\n### END SOLUTION\n"
            "=== BEGIN MARK SCHEME ===\nPi: 2.\n=== END MARK SCHEME ===",
        ),
    ],
    "two.ipynb": [
        solution(
            "two-scaled",
            "# Use area.\n# TODO: define scaled\nscaled = None\n\n"
            "### BEGIN SOLUTION\nfrom answers.shapes import scaled\n### END SOLUTION",
        ),
        check("two-scaled-test-value", 5, "assert scaled(1.0) > 15"),
        solution("two-size", "def size():\n    ### BEGIN SOLUTION\n    return scaled(1.0)\n    ### END SOLUTION"),
        check("two-size-test-value", 1, "assert size() == scaled(1.0)"),
    ],
}

MISTAKE = """kind = "mistake"
summary = "Forgets {0}"
hint = "What is {0}?"
loses = ["{1}"]
[[change]]
cell = "{1}"
old = '''{2}'''
new = "0"
"""

BANK = {
    "no-pi": MISTAKE.format("pi", "one-area", "m.pi"),
    "no-two": MISTAKE.format("two", "one-twice", "2 *"),
    "no-size": MISTAKE.format("size", "two-size", "scaled(1.0)"),
    "lambda": 'kind = "alternative"\nsummary = "A lambda"\n[[change]]\ncell = "one-area"\n'
    'source = """\narea = lambda radius: math.pi * radius * radius\n"""\n',
}


def released(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a cell without the regions that nbgrader takes out."""
    cell = deepcopy(cell)
    kept, inside = [], False
    for line in cell.source.splitlines():
        inside = inside or "BEGIN" in line
        if not inside:
            kept.append(line)
        inside = inside and "END" not in line
    cell.source = "\n".join(kept)
    return cell


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return the root folder of the tiny course, named `demo`."""
    for folder in ("answers", "source/demo", "release/demo", "bank/demo"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in ANSWERS.items():
        (tmp_path / "answers" / name).write_text(text)
    for name, text in BANK.items():
        (tmp_path / "bank/demo" / f"{name}.toml").write_text(text)
    for name, cells in NOTEBOOKS.items():
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=deepcopy(cells), metadata=kernel), tmp_path / "source/demo" / name)
        cells = [released(cell) for cell in cells]
        nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "release/demo" / name)
    return tmp_path
