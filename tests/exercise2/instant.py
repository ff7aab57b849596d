"""Runs the instructor's notebooks with a student's cells in a forked process, with IPython's own shell.

A kernel for each of the hundreds of entries of the bank would take the better part of an hour. The cells, their order
and the shell are those of the real way, which the tests of the engine and of the sample class take.
"""

import contextlib
import io
import multiprocessing
import multiprocessing.connection
import os
import re
import resource
import warnings
from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
from IPython.core.interactiveshell import InteractiveShell

# What the notebooks import is imported once, here, and not in each of hundreds of forks.
import marking.activations
import marking.initialisation
import marking.network
import marking.task5
import marking.task7
import marking.training  # noqa: F401

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "source" / "exercise2"
NOTEBOOKS = ("task5", "task6", "task7")
CPU_SECONDS = 120


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)


def part_of(test_id: str) -> str:
    return re.sub(r"-test-.*", "", test_id)


def failures(cells: Mapping[str, str], notebooks: tuple[str, ...] = NOTEBOOKS) -> dict[str, str]:
    """Return, for each test cell that fails, the message, when these solution cells (by grade_id) are handed in."""
    parent, child = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(child, dict(cells), notebooks))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside pytest's threads; nothing is locked there
        process.start()
    child.close()
    try:
        result: dict[str, str] = parent.recv()
    except EOFError:
        raise RuntimeError(f"the process ended before the notebooks did (more than {CPU_SECONDS} s?)") from None
    finally:
        process.join()
    return result


def _run(child: multiprocessing.connection.Connection, cells: dict[str, str], notebooks: tuple[str, ...]) -> None:
    plt.switch_backend("agg")
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    result = {}
    for name in notebooks:
        shell = InteractiveShell()
        for cell in read(name).cells:
            if cell.cell_type != "code":
                continue
            marks = cell.metadata.nbgrader
            source = cells.get(marks.grade_id, cell.source) if marks.solution else cell.source
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                run = shell.run_cell(source, silent=True)
            plt.close("all")
            error = run.error_before_exec or run.error_in_exec
            if error is not None and marks.grade and not marks.solution:
                result[marks.grade_id] = f"{type(error).__name__}: {error}"
    child.send(result)
    child.close()
    os._exit(0)
