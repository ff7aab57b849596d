"""Which cell is to blame when the kernel dies: the one that did it, and no other."""

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sealgrade.execution import ExecuteSealed

DIES = "import os\nos._exit(1)"
DIES_A_LITTLE_LATER = "import os, threading\nthreading.Timer(0.02, os._exit, [1]).start()"
CRASHES = "import ctypes\nctypes.string_at(0)"


def run(*sources: str, **traits: Any) -> list[list[str]]:
    """The names of the errors, or what was printed, of each cell."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    executor = ExecuteSealed(**{"timeout": 30, **traits})
    executor.preprocess(notebook, {})
    return [[out.get("ename") or out.text.strip() for out in cell.outputs] for cell in notebook.cells]


@pytest.mark.parametrize("ending", [DIES, CRASHES, DIES_A_LITTLE_LATER])
def test_only_the_cell_that_ends_the_kernel_is_marked(ending: str) -> None:
    last = "import time\ntime.sleep(0.5)\nprint(a)"
    assert run("a = 1", "print('before')", ending, last) == [[], ["before"], ["KernelDied"], ["1"]]


def test_exit_does_not_take_the_other_cells_with_it() -> None:
    assert run("a = 1", "exit()", "print(a)") == [[], [], ["1"]]


def test_each_of_several_such_cells_is_left_out_and_the_rest_runs() -> None:
    assert run("a = 1", DIES, "a += 1", CRASHES, "print(a)") == [[], ["KernelDied"], [], ["KernelDied"], ["2"]]


def test_what_came_before_is_not_shown_twice_although_it_is_run_again() -> None:
    assert run("print('once')", DIES)[0] == ["once"]


def test_a_notebook_that_ends_kernel_after_kernel_is_given_up() -> None:
    assert run(DIES, DIES, DIES, "print(1)", max_restarts=2) == [["KernelDied"]] * 3 + [["NotRun"]]


def test_after_two_cells_that_ran_out_of_time_each_later_one_has_less() -> None:
    slow = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 2: pass"
    sources = [slow, slow.replace("2", "20"), slow.replace("2", "20"), slow, "print(1)"]

    assert run(*sources, timeout=4, hurried_timeout=1) == [
        [],
        ["CellTimeoutError"],
        ["CellTimeoutError"],
        ["CellTimeoutError"],
        ["1"],
    ]
