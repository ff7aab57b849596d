"""The same small assignment graded by otter-grader, which lives in an environment of its own."""

import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.anatomy import anatomy
from benchmarks.classes import JOBS, both
from benchmarks.courses import Courses
from benchmarks.light import write_otter
from benchmarks.running import command, environment
from benchmarks.sizes import Sizes
from benchmarks.table import Row, times

_PLACE = Path(__file__).with_name(".venv-otter")  # kept from run to run; never in the project's own environment
_NEEDED = ("otter-grader==7.0.0", "ipykernel", "numpy")
_MEASURE = "a small notebook, against `otter run` on the same one"


def rows(courses: Courses, sizes: Sizes) -> list[Row]:
    """`otter run` grades one notebook each time: its whole command is what a notebook costs."""
    try:
        tools = _installed()
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        why = said.strip().splitlines()[-1]
        return [Row(_MEASURE, "at least 300x", "not measured", None, f"otter-grader could not be installed: {why}")]
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        write_otter(root / "light.ipynb")
        env = environment() | {"PYTHONPATH": ""}
        env["PATH"] = f"{tools}:{env['PATH']}"
        command(root, "otter", "assign", "light.ipynb", "made", "--no-run-tests", tools=tools, env=env)
        tests = next((root / "made/autograder").glob("*.zip"))
        work = (root / "made/autograder/light.ipynb").rename(root / "work.ipynb")

        def otter(number: int) -> float:
            each = [
                command(root, "otter", "run", "-a", str(tests), str(work), tools=tools, env=env) for _ in range(number)
            ]
            (root / "results.json").unlink()  # there is one for each notebook, or this says so
            return statistics.median(each) * number

        light = courses.light
        theirs, ours = both(otter, lambda number: light.grade(number, "--jobs", str(JOBS)), sizes)
    return [
        times(
            _MEASURE,
            theirs.each / ours.each,
            300,
            f"otter {theirs.each:.1f} s a notebook; sealgrade, {JOBS} jobs and feedback pages included, {ours}",
            f"{anatomy(light, sizes)}; at 300x there would be {1000 * theirs.each * JOBS / 300:.0f} ms of one core",
        )
    ]


def _installed() -> Path:
    """Return where the commands of an environment with otter-grader are, made if it is not there."""
    tools = _PLACE / "bin"
    if not (tools / "otter").exists():
        for step in (
            [sys.executable, "-m", "venv", str(_PLACE)],
            [str(tools / "python"), "-m", "pip", "install", "--quiet", *_NEEDED],
        ):
            subprocess.run(step, check=True, capture_output=True, text=True)
    return tools
