"""The sealed engine: a confined notebook against a fresh kernel, and a crossing of the wall.

Everything is measured in one run, the two ways in turn, so that ratios hold on a busy machine too.
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import statistics
import subprocess
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.courses import Courses
from benchmarks.sizes import Sizes
from benchmarks.table import Row, at_most
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


def _in_a_kernel(notebook: NotebookNode) -> None:
    NotebookClient(notebook, kernel_name="python3").execute(stderr=subprocess.DEVNULL)  # it warns of how it talks


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


def rows(courses: Courses, sizes: Sizes) -> list[Row]:
    """A notebook of light cells, and a crossing of the wall."""
    runs = RUNS if sizes.rounds > 1 else KERNELS
    zygote = start(default_plan())
    _sealed(zygote, _notebook())
    sealed, kernels = [], []
    for i in range(runs):
        notebook = _notebook()  # to make it is not to grade it
        sealed.append(_milliseconds(lambda notebook=notebook: _sealed(zygote, notebook)))  # type: ignore[misc]
        if i % (runs // KERNELS) == 0:
            kernels.append(_milliseconds(lambda: _in_a_kernel(_notebook())))
    crossings = _crossings(zygote)
    steps = [_steps(zygote) for _ in range(20)]
    tier = zygote.tier
    zygote.close()

    middle, kernel = statistics.median(sealed), statistics.median(kernels)
    means = {name: statistics.median(step[name] for step in steps) for name in steps[0]}
    profile = ", ".join(f"{name} {ms:.1f} ms" for name, ms in means.items())
    return [
        at_most(
            f"a notebook of {len(LIGHT)} light cells, sealed",
            middle,
            NOTEBOOK_MS,
            "ms",
            f"tier {tier}; 95 % within {np.quantile(sealed, 0.95):.1f} ms; "
            f"in a fresh kernel (nbclient) {kernel:.0f} ms ({kernel / middle:.0f}x)",
            f"{profile}. Needed: fewer pages to copy at the fork (a smaller zygote), less of IPython's work for a cell",
        ),
        at_most(
            "a call over the wall with a small array, and back",
            statistics.median(crossings),
            CROSSING_US,
            "us",
            f"95 % within {np.quantile(crossings, 0.95):.1f} us",
            "quicker switches between two processes, and a shorter encoding",
        ),
    ]
