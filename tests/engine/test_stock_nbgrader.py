"""A notebook written for the sealed engine means the same without it: in stock nbgrader, on an ordinary kernel."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook

from ..small_course import nbgrader_cell, with_solution

SORT = "def sort(values):\n    values.sort()\n\n\nclass Dice:\n    def throw(self):\n        return 4"
WRONG = SORT.replace("values.sort()", "sorted(values)")
TEST = """
from sealgrade.testing import get, put, repeat

values = put(np.array([3, 1, 2]))
sort(values)
assert list(get(values)) == [1, 2, 3], "the values are not sorted"
assert repeat(Dice().throw, [], 3) == [4, 4, 4]
assert min([3, 1], key=lambda x: x) == 1
"""
STOCK, SEALED = "c = get_config()\n", "from sealgrade.settings import configure\n\nc = get_config()\nconfigure(c)\n"


def nbgrader(root: Path, *command: str) -> None:
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([tools / "nbgrader", *command], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("config", "answer", "points"), [(STOCK, SORT, 3), (STOCK, WRONG, 0), (SEALED, WRONG, 0)])
def test_the_helpers_of_tests_give_the_same_verdict(tmp_path: Path, config: str, answer: str, points: float) -> None:
    (tmp_path / "nbgrader_config.py").write_text(config)
    (tmp_path / "source/ex").mkdir(parents=True)
    source = new_notebook(
        cells=[
            nbgrader_cell("locked", "imports", "import numpy as np"),
            nbgrader_cell("solution", "sort", with_solution("", SORT)),
            nbgrader_cell("test", "sort-test", f"### BEGIN HIDDEN TESTS{TEST}### END HIDDEN TESTS", 3),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(source, tmp_path / "source/ex/one.ipynb")
    nbgrader(tmp_path, "generate_assignment", "ex")
    handed_in = nbformat.read(tmp_path / "release/ex/one.ipynb", as_version=4)
    handed_in.cells[1].source = answer
    (tmp_path / "submitted/ada/ex").mkdir(parents=True)
    nbformat.write(handed_in, tmp_path / "submitted/ada/ex/one.ipynb")

    nbgrader(tmp_path, "autograde", "ex")

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_submission("ex", "ada").score == points
