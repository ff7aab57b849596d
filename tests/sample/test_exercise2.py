"""The flagship course: its solved notebooks, its bank and its sample class."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sealgrade.bank import load_bank
from sealgrade.inline import solved_cells, solved_notebook
from sealgrade.sample_class import write_class

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ["task5.ipynb", "task6.ipynb", "task7.ipynb"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_solved_notebook_runs_where_the_reference_cannot_be_imported(name: str, tmp_path: Path) -> None:
    notebook = solved_notebook(ROOT / "source/exercise2" / name, ROOT)
    block = nbformat.v4.new_code_cell(
        "import sys\n\nfor name in ('solution', 'marking'):\n    sys.modules[name] = None"
    )
    notebook.cells.insert(0, block)

    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_solved_notebook_shows_neither_stubs_nor_markers(name: str) -> None:
    notebook = solved_notebook(ROOT / "source/exercise2" / name, ROOT)

    for cell in notebook.cells:
        for word in ("### BEGIN", "### END", "MARK SCHEME", "noqa"):
            assert word not in cell.source
        if cell.cell_type == "code":
            assert "TODO" not in cell.source
            assert "NotImplementedError" not in cell.source


def test_every_entry_of_the_bank_fits_the_solution_and_changes_it() -> None:
    cells = solved_cells(ROOT, "exercise2")

    bank = load_bank(ROOT / "bank/exercise2")

    assert bank
    assert [entry.name for entry in bank if entry.apply(cells) == cells] == []


def test_the_class_is_the_same_each_time_and_right_work_is_worth_everything(tmp_path: Path) -> None:
    for folder in ("solution", "source", "release", "bank"):
        shutil.copytree(ROOT / folder, tmp_path / folder)

    students = write_class(tmp_path, "exercise2", size=40)
    submitted = tmp_path / "submitted"
    first = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    shutil.rmtree(submitted)

    assert write_class(tmp_path, "exercise2", size=40) == students
    assert {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()} == first
    assert sum(points or 0 for points in students[0].expected.values()) == 100 + 5 - 5 - 2  # 5 and 2 by hand
    assert students[0].expected["task6-backprop"] == 16
