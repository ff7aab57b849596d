"""Feedback of a whole course, made in both ways."""

import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

from sealgrade.grades import Grades
from sealgrade.pages import feedback_page


def loaded(module: str) -> bool:
    """Whether this process has loaded a module."""
    return module in sys.modules


def config_of(root: Path) -> Config:
    """What a course's `nbgrader_config.py` says."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def pages_of_nbgrader(root: Path, assignment: str, *options: str) -> dict[str, str]:
    """The pages that `nbgrader generate_feedback` writes, by their paths."""
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", assignment, "--force", *options]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = root / "feedback"
    return {
        str(path.relative_to(folder).with_suffix("")): path.read_bytes().decode() for path in folder.rglob("*.html")
    }


def grades_of(root: Path, assignment: str) -> dict[str, Grades]:
    """What the gradebook says of each autograded notebook, by the notebooks' paths."""
    from nbgrader.api import Gradebook  # not in the process that makes pages

    found = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for path in sorted((root / "autograded").glob(f"*/{assignment}/*.ipynb")):
            submitted = gradebook.find_submission_notebook(path.stem, assignment, path.parts[-3])
            found[f"{path.parts[-3]}/{assignment}/{path.stem}"] = Grades.of(submitted)
    return found


def pages_of_ours(root: Path, assignment: str) -> dict[str, str]:
    """The pages that `feedback_page` makes, in a process that never loads nbgrader."""
    grades, config = grades_of(root, assignment), config_of(root)
    notebooks = [json.loads((root / "autograded" / f"{path}.ipynb").read_bytes()) for path in grades]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pages = list(pool.map(feedback_page, notebooks, grades.values(), [config] * len(grades)))
        assert not pool.submit(loaded, "nbgrader").result()
    return dict(zip(grades, pages, strict=True))
