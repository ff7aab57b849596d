"""An assignment and a class in which much would be left to chance, to order and to the machine."""

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_notebook

from ..small_course import Class, cell_of, nbgrader_cell, with_solution

NAME = "mix"

_STUB = "def pick(values):\n    # your code\n    raise NotImplementedError"
RIGHT = "def pick(values):\n    return sorted(values)[0]"
SAMPLE = "import random\nimport numpy as np\n\nsample = [random.random(), float(np.random.random())]\nsample"

# What a test draws at random, and a set, are in its message.
_TEST = """import random
import numpy as np
values = [round(random.random(), 6) for _ in range(5)] + [float(np.random.default_rng().random())]
got = pick(values)
assert got == min(values), f'{got} is not the least of {set(map(str, values))}'"""

_PARTIAL = """points = 0.0
for word in {'one', 'two', 'three', 'four', 'five'}:
    points += 0.5 * (pick([word, 'zzz']) == word)
points"""


def write_assignment(root: Path) -> None:
    """Write the source of the assignment."""
    notebook = new_notebook(
        cells=[
            nbgrader_cell("locked", "mix-data", "import matplotlib.pyplot as plt"),
            nbgrader_cell("solution", "mix-pick", with_solution(_STUB, RIGHT)),
            nbgrader_cell("test", "mix-pick-test", _TEST, 2),
            nbgrader_cell("test", "mix-pick-partial", _PARTIAL, 2.5),
            nbgrader_cell("solution", "mix-sample", with_solution("sample = None", SAMPLE)),
            nbgrader_cell("test", "mix-sample-test", "assert len(sample) == 2, f'{sample} of {set(dir())}'", 1),
            nbgrader_cell("answer", "mix-why", "Your answer:\n\n### BEGIN SOLUTION\nSo.\n### END SOLUTION", 3),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "mix.ipynb")


# What each hands in, by the cells that are not right work.
_HANDED_IN: dict[str, dict[str, str]] = {
    "all right": {},
    "greatest instead": {"mix-pick": "def pick(values):\n    return max(values)"},
    "a guess": {"mix-pick": "import random\ndef pick(values):\n    return random.choice(values)"},
    "numpy's guess": {
        "mix-pick": "import numpy as np\ndef pick(values):\n    return values[np.random.default_rng().integers(2)]"
    },
    "first of a set": {"mix-pick": "def pick(values):\n    return next(iter(set(values)))"},
    "raises with a set": {"mix-pick": "def pick(values):\n    raise ValueError(set(map(str, values)))"},
    "ends Python": {"mix-pick": "import os\ndef pick(values):\n    os._exit(3)"},
    "crashes": {"mix-sample": "import ctypes\nctypes.string_at(0)"},
    "endless": {"mix-sample": "while True:\n    pass"},
    "shows addresses": {
        "mix-pick": f"{RIGHT}\nprint(pick, object())\nprint('y' * 8150, object(), 'a word at 0xff>')",
        "mix-sample": "sample = lambda: 0\nsample",
    },
    "prints": {"mix-pick": RIGHT + "\nfor i in range(300):\n    print(i, {str(i), 'a', 'b'})"},
    "draws": {
        "mix-sample": SAMPLE
        + "\nimport matplotlib.pyplot as plt\nplt.plot(sample)\nplt.title('$x^2$')\nplt.show()\nplt.plot(sample)"
    },
    "many random numbers": {
        "mix-sample": "import numpy as np, random\nsample = [np.random.default_rng().normal(), random.gauss(0, 1)]\n"
        "print(sample, {s for s in map(str, sample)}, hash('x'))\nsample = sample[:1]"
    },
    "untouched": {"mix-pick": _STUB, "mix-sample": "sample = None", "mix-why": "Your answer:"},
}
WORK = tuple(_HANDED_IN)
_RIGHT_WORK = {"mix-pick": RIGHT, "mix-sample": SAMPLE, "mix-why": "So it is."}


def hand_in(school: Class, names: dict[str, str]) -> None:
    """Hand the class's work in.

    Args:
        school: the course.
        names: who hands in which work, student by work.
    """
    for work, student in names.items():
        notebook: Any = nbformat.read(school.root / "release" / NAME / "mix.ipynb", as_version=4)
        for grade_id, source in (_RIGHT_WORK | _HANDED_IN[work]).items():
            cell_of(notebook, grade_id).source = source
        folder = school.root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "mix.ipynb")
        (folder / "timestamp.txt").write_text("2024-05-01 10:00:00 UTC")
