"""One class graded by nbgrader as it comes and through sealgrade: where they differ on purpose (docs/nbgrader.md)."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook, MissingEntry

from tests.small_course import nbgrader_cell

CONFIGS = {"nbgrader": "", "sealgrade": "from sealgrade.settings import configure\nconfigure(c)\n"}
HIDDEN = "secret_4711 = 2\nassert x is not secret_4711"
SOURCE = [
    nbgrader_cell("locked", "imports", "import os\nimport sqlite3\nimport numpy as np"),
    nbgrader_cell("solution", "value", "### BEGIN SOLUTION\nx = 4\n### END SOLUTION"),
    nbgrader_cell("test", "value-test-credit", "x", 4),
    nbgrader_cell("test", "value-test-warning", "import sys\nprint('careful', file=sys.stderr)", 1),
    nbgrader_cell("test", "value-test-hidden", f"x\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\nNone", 2),
]
GRADEBOOK = "sqlite3.connect('../../../gradebook.db')"
STOLEN = f"x = 4\nbook = {GRADEBOOK}\nbook.execute(\"UPDATE student SET first_name = 'Thief'\")\nbook.commit()"
ANSWERS = {
    "ada-numpy": "x = np.float64(2.5)",
    "bea-nan": "x = float('nan')",
    "cai-negative": "x = -2",
    "dan-oversized": "x = 99",
    "eve-dead": "os._exit(1)",
    "fay-deleted": "x = 1",
    "gil-thief": STOLEN,
    # nbgrader goes in this order, and does not come to the last.
    "yan-copied": "x = 4",
    "zoe-after": "x = 4",
}


@dataclass(frozen=True)
class Graded:
    """A course whose class has been graded."""

    root: Path

    def nbgrader(self, *command: str, done: bool = True) -> None:
        tools = Path(sys.executable).parent
        environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
        call = [tools / "nbgrader", *command]
        result = subprocess.run(call, cwd=self.root, env=environment, capture_output=True, text=True)
        assert (result.returncode == 0) == done, result.stderr

    def hand_in(self, student: str, answer: str) -> None:
        notebook: Any = nbformat.read(self.root / "release/ex/one.ipynb", as_version=4)
        notebook.cells[1].source = answer
        if answer == ANSWERS["fay-deleted"]:
            del notebook.cells[2]
        if student == "yan-copied":
            notebook.cells.insert(3, nbformat.from_dict(notebook.cells[2] | {"id": "pasted"}))
        folder = self.root / "submitted" / student / "ex"
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / "one.ipynb")

    def score(self, student: str, cell: str = "value-test-credit") -> float | None:
        """What the gradebook has; None for no score and for no hand-in."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            try:
                score: float | None = gradebook.find_grade(cell, "one", "ex", student).auto_score
            except MissingEntry:
                return None
        return score


def _graded(root: Path, config: str) -> Graded:
    root.mkdir()
    (root / "nbgrader_config.py").write_text(f"c = get_config()\n{config}")
    (root / "source/ex").mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=SOURCE, metadata={"kernelspec": kernel}), root / "source/ex/one.ipynb")
    course = Graded(root)
    course.nbgrader("generate_assignment", "ex")
    for student in ("eve-dead", "fay-deleted"):
        course.hand_in(student, "x = 4")
    course.nbgrader("autograde", "ex")
    assert course.score("eve-dead") == course.score("fay-deleted") == 4
    for student, answer in ANSWERS.items():
        course.hand_in(student, answer)
    course.nbgrader("autograde", "ex", "--force", done=config != CONFIGS["nbgrader"])
    return course


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    return _graded(tmp_path_factory.mktemp("stock") / "course", CONFIGS["nbgrader"])


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    return _graded(tmp_path_factory.mktemp("ours") / "course", CONFIGS["sealgrade"])


def test_a_copied_cell_stops_nobody(stock: Graded, ours: Graded) -> None:
    assert (stock.score("yan-copied"), ours.score("yan-copied")) == (None, 4)


def test_one_student_does_not_stop_the_class(stock: Graded, ours: Graded) -> None:
    assert (stock.score("zoe-after"), ours.score("zoe-after")) == (None, 4)


def test_a_deleted_test_does_not_keep_the_points_of_an_earlier_hand_in(stock: Graded, ours: Graded) -> None:
    assert (stock.score("fay-deleted"), ours.score("fay-deleted")) == (4, 1)


def test_a_dead_kernel_does_not_keep_the_points_of_an_earlier_hand_in(stock: Graded, ours: Graded) -> None:
    assert (stock.score("eve-dead"), ours.score("eve-dead")) == (4, 0)
    assert not (stock.root / "autograded/eve-dead/ex").exists()
    assert (ours.root / "autograded/eve-dead/ex/one.ipynb").exists()


@pytest.mark.parametrize(
    ("student", "theirs", "points"),
    [("ada-numpy", 4, 2.5), ("bea-nan", 4, 0), ("cai-negative", 4, 0), ("dan-oversized", None, 4)],
)
def test_a_number_is_partial_credit_held_between_none_and_all(
    stock: Graded, ours: Graded, student: str, theirs: float | None, points: float
) -> None:
    assert (stock.score(student), ours.score(student)) == (theirs, points)


def test_a_warning_costs_nothing(stock: Graded, ours: Graded) -> None:
    assert (stock.score("ada-numpy", "value-test-warning"), ours.score("ada-numpy", "value-test-warning")) == (0, 1)


def test_the_gradebook_is_out_of_reach(stock: Graded, ours: Graded) -> None:
    names = []
    for course in (stock, ours):
        with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
            names.append(gradebook.find_student("gil-thief").first_name)
    assert names == ["Thief", None]


def test_the_feedback_shows_no_hidden_test(stock: Graded, ours: Graded) -> None:
    pages = []
    for course in (stock, ours):
        course.nbgrader("generate_feedback", "ex", "--student", "ada-numpy")
        pages.append((course.root / "feedback/ada-numpy/ex/one.html").read_text())
    assert ["secret_4711" in page for page in pages] == [True, False]


def test_where_nothing_is_run_a_test_that_the_student_has_not_run_is_not_passed(
    stock: Graded, ours: Graded, tmp_path: Path
) -> None:
    scores = []
    for course in (stock, ours):
        copy = Graded(shutil.copytree(course.root, tmp_path / course.root.parent.name))
        copy.nbgrader("autograde", "ex", "--student", "zoe-after", "--force", "--no-execute")
        scores.append(copy.score("zoe-after"))
    assert scores == [4, 0]
