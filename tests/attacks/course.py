"""A small course, its honest students, and what an attack on it is.

Rows are those of a catalogue of attacks on notebook graders (A to K). A hostile student answers `one-add` wrongly and
`one-mul` rightly, unless the attack says otherwise: a wrong answer with an attack is to earn what the wrong answer
earns, and the right one keeps its points.
"""

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CONFIG = """
from sealgrade.settings import configure

c = get_config()
configure(c)
c.SealgradeCourse.due_dates = {"ex": "2024-05-02 23:59:59 Europe/Berlin"}
c.Execute.timeout = 4
c.ExecuteSealed.patience = 1
"""
SECRET, SOLUTION, HIDDEN = "canary-of-a-secret-file", "canary_of_the_solution", "canary_of_a_hidden_test"
# Of the environment and a port of the grading process, another student's file, and the course's own package.
VARIABLE, PORT, ANOTHER = "canary-of-the-environment", "canary-of-a-port", "canary-of-another-student"
PORT_NUMBER = 47_653
PACKAGE = "reference_of_ex"
ADD_STUB = "def add(a, b):\n    # your code\n    raise NotImplementedError"
MUL_STUB = ADD_STUB.replace("add", "mul")
ADD, ADD_WRONG = "def add(a, b):\n    return a + b", "def add(a, b):\n    return a - b"
MUL = "def mul(a, b):\n    return a * b"
SUB = "def sub(a, b):\n    return a - b"
APPLY = "def apply(f, x):\n    return f(x)"
SCALE = "def scale(v):\n    return 2 * v"
SHARE = "def share():\n    return 1.5"
NORMED = "def normed(v):\n    return v / np.sqrt(np.sum(v * v))"
RIGHT = {
    "one-add": ADD,
    "one-mul": MUL,
    "one-why": "Because it is.",
    "two-sub": SUB,
    "three-apply": APPLY,
    "three-scale": SCALE,
    "three-share": SHARE,
    "four-normed": NORMED,
}
WRONG_ADD = {"one-add": ADD_WRONG, "one-mul": MUL, "one-why": "Because it is."}


def _cell(kind: str, grade_id: str, source: str, points: float = 0) -> Any:
    cell = (new_markdown_cell if kind == "answer" else new_code_cell)(source, id=grade_id)
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "solution": kind in ("solution", "answer"),
        "grade": kind in ("test", "answer"),
        "locked": kind in ("locked", "test"),
        "task": False,
        **({"points": points} if points else {}),
    }
    return cell


def _solved(stub: str, solution: str) -> str:
    return f"{stub}\n### BEGIN SOLUTION\n{solution}  # {SOLUTION}\n### END SOLUTION"


def source() -> dict[str, Any]:
    """The instructor's notebooks."""
    one = new_notebook(
        cells=[
            new_markdown_cell("# Sums\n\n| a | b |\n|--:|---|\n| 1 | $a < b$ |", id="intro"),
            _cell("locked", "one-data", "data = [1, 2, 3]"),
            _cell("solution", "one-add", _solved(ADD_STUB, ADD)),
            _cell("test", "one-add-test-visible", "assert add(1, 2) == 3, 'add(1, 2) is not 3'", 2),
            _cell(
                "test",
                "one-add-test-hidden",
                "assert callable(add)\n### BEGIN HIDDEN TESTS\n"
                f"{HIDDEN} = sum(data)\nassert add(5, {HIDDEN}) == 11, 'add is wrong for other numbers'\n"
                "### END HIDDEN TESTS",
                4,
            ),
            _cell("solution", "one-mul", _solved(MUL_STUB, MUL)),
            _cell("test", "one-mul-test", "assert mul(2, 3) == 6, 'mul'", 3),
            _cell("answer", "one-why", "Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 5),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    two = new_notebook(
        cells=[
            _cell("solution", "two-sub", _solved("", SUB)),
            _cell("test", "two-sub-test", "assert sub(3, 1) == 2, 'sub'", 1),
        ],
        metadata=one.metadata,
    )
    three = new_notebook(
        cells=[
            _cell("locked", "three-imports", "import numpy as np"),
            _cell("solution", "three-apply", _solved("", APPLY)),
            # A function of the test's is handed out.
            _cell(
                "test",
                "three-apply-test",
                "### BEGIN HIDDEN TESTS\nasked = []\n\n\ndef square(x):\n    asked.append(x)\n    return x * x\n\n\n"
                "assert apply(square, 12) == 144, 'apply'\nassert asked == [12], 'once'\n### END HIDDEN TESTS",
                2,
            ),
            _cell("solution", "three-scale", _solved("", SCALE)),
            # Careless: the expected result is computed after the call, and the message shows what came.
            _cell(
                "test",
                "three-scale-test",
                "### BEGIN HIDDEN TESTS\nv = np.random.normal(size=5)\ngot = scale(v)\n"
                "message = f'scale returned {got!r:.60}'\n"
                "assert np.allclose(np.asarray(got, dtype=float), 2 * v), message\n### END HIDDEN TESTS",
                2,
            ),
            _cell("solution", "three-share", _solved("", SHARE)),
            # Partial credit, and the student may say how much; an object would be asked for its text.
            _cell("test", "three-share-test", "given = share()\nassert not callable(given), given\ngiven", 2),
        ],
        metadata=one.metadata,
    )
    four = new_notebook(
        cells=[
            _cell("locked", "four-imports", "import numpy as np"),
            _cell("solution", "four-normed", _solved("", NORMED)),
            # Careful: with the helpers that are there for it.
            _cell(
                "test",
                "four-normed-test",
                "### BEGIN HIDDEN TESTS\nfrom sealgrade.testing import call, compare, numbers, put, unchanged\n\n"
                "v = np.array([3.0, 0.0, 4.0])\ngiven = put(v)\n"
                "got = numbers('normed(v)', call('normed(v)', normed, given), shape=(3,))\n"
                "compare('normed(v)', got, v / 5)\nunchanged('v', given, v)\n### END HIDDEN TESTS",
                2,
            ),
        ],
        metadata=one.metadata,
    )
    return {"one": one, "two": two, "three": three, "four": four}


def write_course(root: Path) -> None:
    """Write a course with sources and a file that is nobody's business."""
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "secret.txt").write_text(SECRET)
    (root / PACKAGE).mkdir()
    (root / PACKAGE / "__init__.py").write_text(f'"""{SOLUTION}"""\n')
    (root / "source/ex").mkdir(parents=True)
    for name, notebook in source().items():
        nbformat.write(notebook, root / "source/ex" / f"{name}.ipynb")


@dataclass(frozen=True)
class Attack:
    """What one hostile student hands in.

    Attributes:
        row: of the catalogue, for example "E1".
        name: what is done, in few words and small letters.
        cells: what stands in the cells; `one-add` is wrong and `one-mul` right, unless given.
        change: done to the notebook `one`; what it returns, if anything, is handed in instead, a notebook or bytes.
        folder: done to the folder in the end, with all notebooks in it.
        notebooks: which are handed in.
        expected: the points of the parts that the attack is about.
        note: what the instructor reads in the notes, in the messages or in the run's warnings; a pattern.
        student: the student's id; made of row and name, if not given.
        graded: whether there is a row for this student in the table.
        by_nbgrader: whether `nbgrader autograde` is tried on it too.
    """

    row: str
    name: str
    cells: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Any], Any] | None = None
    folder: Callable[[Path], None] | None = None
    notebooks: tuple[str, ...] = ("one",)
    expected: Mapping[str, float] = field(default_factory=lambda: {"one-add": 0, "one-mul": 3})
    note: str = ""
    student: str = ""
    graded: bool = True
    by_nbgrader: bool = False

    def __str__(self) -> str:
        return f"{self.row}-{self.name}"

    @property
    def who(self) -> str:
        """The student's id."""
        return self.student or str(self).lower()


def cell(notebook: Any, grade_id: str) -> Any:
    """The cell of a notebook with a grade id."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def released(root: Path, name: str) -> Any:
    """A notebook as students receive it."""
    return nbformat.read(root / "release/ex" / f"{name}.ipynb", as_version=4)


def hand_in(root: Path, student: str, notebooks: Mapping[str, Any]) -> Path:
    """Write notebooks, or bytes, as the exchange would have collected them."""
    folder = root / "submitted" / student / "ex"
    folder.mkdir(parents=True)
    for name, content in notebooks.items():
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{name}.ipynb").write_bytes(data)
    (folder / "timestamp.txt").write_text("2024-05-01 10:00:00 UTC")
    return folder


def fill_in(notebook: Any, cells: Mapping[str, str]) -> Any:
    """Write answers into a released notebook."""
    for one in notebook.cells:
        one.source = cells.get(one.metadata.get("nbgrader", {}).get("grade_id"), one.source)
    return notebook


def hand_in_honestly(root: Path) -> None:
    """Hand in what the honest students did: all right; a mistake that only the hidden test finds."""
    hand_in(root, "ada", {name: fill_in(released(root, name), RIGHT) for name in ("one", "two")})
    (root / "submitted/ada/private.txt").write_text(ANOTHER)
    cells = RIGHT | {"one-add": "def add(a, b):\n    return 3"}
    hand_in(root, "bob", {name: fill_in(released(root, name), cells) for name in ("one", "two")})


def attack(root: Path, what: Attack) -> None:
    """Hand in an attack."""
    notebooks: dict[str, Any] = {}
    for name in what.notebooks:
        notebooks[name] = fill_in(released(root, name), RIGHT | WRONG_ADD | dict(what.cells))
    if what.change:
        changed = what.change(notebooks["one"])
        notebooks["one"] = notebooks["one"] if changed is None else changed
    folder = hand_in(root, what.who, notebooks)
    if what.folder:
        what.folder(folder)


def copy_of(course: Path, root: Path) -> Path:
    """Return a copy of a course, without what was handed in."""
    ignored = shutil.ignore_patterns("submitted", "autograded", "feedback")
    shutil.copytree(course, root, ignore=ignored, dirs_exist_ok=True)
    return root


def another(one: Any) -> Any:
    """A copy of a cell."""
    return copy.deepcopy(one)
