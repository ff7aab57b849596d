"""The sealed engine: a confined notebook against a fresh kernel, and a crossing of the wall.

Everything is measured in one run, the two ways in turn, so that ratios hold on a busy machine too.
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

import os
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from rich import box
from rich.console import Console
from rich.table import Table

from sealgrade.candidate.plan import default_plan
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import NotebookRun
from sealgrade.examiner.zygote import Zygote, start

RUNS, KERNELS, CALLS = 60, 3, 2000
NOTEBOOK_MS, CROSSING_US = 30.0, 80.0
LIGHT = [
    "import numpy as np",
    *(f"x{i} = np.linspace(0, {i}, 50)\ny{i} = np.sin(x{i}) ** 2\nfloat(y{i}.sum())" for i in range(1, 16)),
    "def f(x):\n    return 2 * x",
    "class Point:\n    def __init__(self, x):\n        self.x = x",
    "print(f(3), Point(4).x)",
    "[f(i) for i in range(10)]",
]


def _notebook() -> NotebookNode:
    return new_notebook(cells=[new_code_cell(source) for source in LIGHT])


def _milliseconds(work: Callable[[], Any]) -> float:
    begin = perf_counter()
    work()
    return 1000 * (perf_counter() - begin)


def _sealed(zygote: Zygote, notebook: NotebookNode) -> None:
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote, hear, 5)).run()


def _steps(zygote: Zygote) -> dict[str, float]:
    """Where the time of one notebook goes, in milliseconds."""
    marks = [perf_counter()]
    candidate = Candidate(zygote, lambda output: None, 5)
    marks.append(perf_counter())
    candidate.start(0, {})
    marks.append(perf_counter())
    for source in LIGHT:
        candidate.run(source, "")
    marks.append(perf_counter())
    candidate.close()
    marks.append(perf_counter())
    names = ("fork", "confine, and answer the first time", f"{len(LIGHT)} cells", "end")
    return {name: 1000 * (b - a) for name, a, b in zip(names, marks[:-1], marks[1:], strict=True)}


def _crossings(zygote: Zygote) -> list[float]:
    """Microseconds for a call with a small array and back, the mean of each batch."""
    candidate = Candidate(zygote, lambda output: None, 5)
    candidate.start_cell(3600)
    candidate.run("def f(x):\n    return 2 * x", "")
    f, x, batches = candidate.lookup("f")[0][0], np.ones(5), []
    for _ in range(20):
        begin = perf_counter()
        for _ in range(CALLS // 20):
            f(x)
        batches.append(1e6 * (perf_counter() - begin) / (CALLS // 20))
    candidate.close()
    return batches


def main() -> None:
    """Measure, and print a table and where the time goes."""
    console = Console(width=110)
    zygote = start(default_plan())
    _sealed(zygote, _notebook())
    sealed, kernels = [], []
    for i in range(RUNS):
        notebook = _notebook()  # to make it is not to grade it
        sealed.append(_milliseconds(lambda notebook=notebook: _sealed(zygote, notebook)))  # type: ignore[misc]
        if i % (RUNS // KERNELS) == 0:
            kernels.append(_milliseconds(lambda: NotebookClient(_notebook(), kernel_name="python3").execute()))
    crossings = _crossings(zygote)
    steps = [_steps(zygote) for _ in range(20)]
    zygote.close()

    sealed_ms, crossing, kernel = map(statistics.median, (sealed, crossings, kernels))
    table = Table("Measure", "Median", "95 %", "To reach", "", box=box.SIMPLE_HEAD)

    def row(name: str, unit: str, values: list[float], most: float) -> None:
        median, high = statistics.median(values), float(np.quantile(values, 0.95))
        verdict = "reached" if median <= most else f"NOT reached: {median / most:.1f} times as much"
        table.add_row(name, f"{median:.1f} {unit}", f"{high:.1f} {unit}", f"{most:g} {unit}", verdict)

    row(f"a notebook of {len(LIGHT)} light cells, tier {zygote.tier}", "ms", sealed, NOTEBOOK_MS)
    row("a call over the wall with a small array, and back", "us", crossings, CROSSING_US)
    table.add_row(
        "the same notebook in a fresh kernel (nbclient)", f"{kernel:.0f} ms", "", "", f"{kernel / sealed_ms:.0f}x"
    )
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    console.print(table)
    means = {name: statistics.median(step[name] for step in steps) for name in steps[0]}
    console.print(
        "Where the time of a notebook goes: " + ", ".join(f"{n} {ms:.1f} ms" for n, ms in means.items()) + "."
    )
    if sealed_ms > NOTEBOOK_MS or crossing > CROSSING_US:
        console.print(
            "What would be needed: fewer pages to copy at the fork (a smaller zygote), less of IPython's work for each "
            "cell, two idle cores for the crossings (each side waits for the other without sleeping)."
        )


if __name__ == "__main__":
    main()
