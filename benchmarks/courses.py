"""The courses that are graded: made once for a run of the benchmark, in a temporary folder."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

from benchmarks.light import write_light
from benchmarks.running import REPOSITORY, command
from sealgrade.sample_class import write_class

EXERCISE, UNDRAWN, DOCS, LIGHT = "exercise2", "task6", "ps1", "light"

_STOCK = """c = get_config()
c.CourseDirectory.course_id = "default_course"
c.CourseDirectory.solution_directory = "solved"
c.ClearSolutions.code_stub = {"python": ""}
c.ClearSolutions.text_stub = ""
c.ClearMarkScheme.enforce_metadata = False
c.Execute.timeout = 90
"""
_OURS = "from sealgrade.settings import configure\n\nc = get_config()\nconfigure(c)\n"


@dataclass
class Class:
    """A released assignment, and hand-ins for it, which count once they are put into `submitted/`.

    Attributes:
        root: the course's folder.
        assignment: the assignment.
        pool: folders of hand-ins, of different students.
    """

    root: Path
    assignment: str
    pool: list[Path]

    def hand_in(self, number: int) -> list[str]:
        """Have so many students hand in, and nobody else; return their ids.

        A pool that is too small is used again, under other names.
        """
        shutil.rmtree(self.root / "submitted", ignore_errors=True)
        students = []
        for i, folder in enumerate(islice(cycle(self.pool), number)):
            students.append(f"student-{i:04d}")
            shutil.copytree(folder, self.root / "submitted" / students[-1] / self.assignment)
        return students

    def grade(self, number: int, *options: str) -> float:
        """Grade the first so many, whatever is known of them, with `sealgrade grade`; return the seconds."""
        self.hand_in(number)
        return command(self.root, "sealgrade", "grade", self.assignment, "--force", "--quiet", *options)

    def autograde(self, number: int) -> float:
        """Grade the first so many, whatever is known of them, with `nbgrader autograde`; return the seconds."""
        self.hand_in(number)
        return command(self.root, "nbgrader", "autograde", self.assignment, "--force")


class Courses:
    """The courses, each made when it is first asked for.

    Args:
        folder: a temporary one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def sealed(self) -> Class:
        """Exercise 2, as this repository has it."""
        root = self._exercise("sealed", (REPOSITORY / "nbgrader_config.py").read_text())
        command(root, "sealgrade", "release", EXERCISE)
        return Class(root, EXERCISE, self._sample_class(root))

    @cached_property
    def stock(self) -> Class:
        """Exercise 2 with the same hand-ins, and nothing of ours in nbgrader's configuration."""
        pool = self.sealed.pool
        root = self._exercise("stock", _STOCK)
        command(root, "nbgrader", "generate_assignment", EXERCISE)
        return Class(root, EXERCISE, pool)

    @cached_property
    def undrawn(self) -> Class:
        """Task 6 of Exercise 2, without the lines that draw, and right work for it."""
        root = self._exercise("undrawn", (REPOSITORY / "nbgrader_config.py").read_text())
        shutil.rmtree(root / "source")
        hand_in = root / "pool/right"
        places = {self.sealed.root / "source" / EXERCISE: root / "source" / UNDRAWN, self.sealed.pool[0]: hand_in}
        for there, here in places.items():
            here.mkdir(parents=True)
            notebook = json.loads((there / f"{UNDRAWN}.ipynb").read_bytes())
            for cell in notebook["cells"]:
                source = "".join(cell["source"])
                if "### BEGIN SOLUTION" not in source:  # what the students do not see does not run here
                    cell["source"] = source.split("plt.figure(")[0]
            (here / f"{UNDRAWN}.ipynb").write_text(json.dumps(notebook))
        command(root, "sealgrade", "release", UNDRAWN)
        return Class(root, UNDRAWN, [hand_in])

    @cached_property
    def docs(self) -> Class:
        """nbgrader's documentation course, graded by us."""
        return self._docs("docs", _OURS + "c.ExecuteSealed.sealed = False\n", "sealgrade", "release")

    @cached_property
    def stock_docs(self) -> Class:
        """nbgrader's documentation course, graded by nbgrader."""
        config = 'c = get_config()\nc.CourseDirectory.course_id = "default_course"\n'
        return self._docs("stock-docs", config, "nbgrader", "generate_assignment")

    @cached_property
    def light(self) -> Class:
        """A small notebook that draws nothing."""
        root = self._folder / "light"
        root.mkdir()
        (root / "nbgrader_config.py").write_text(_OURS)
        (root / "source" / LIGHT).mkdir(parents=True)
        write_light(root / "source" / LIGHT / "light.ipynb")
        command(root, "sealgrade", "release", LIGHT)
        hand_in = root / "pool/right"
        hand_in.mkdir(parents=True)
        write_light(hand_in / "light.ipynb", root / "release" / LIGHT / "light.ipynb")
        return Class(root, LIGHT, [hand_in])

    def _exercise(self, name: str, config: str) -> Path:
        root = self._folder / name
        root.mkdir()
        (root / "nbgrader_config.py").write_text(config)
        for part in ("source", "solution", "marking", "bank"):
            shutil.copytree(REPOSITORY / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        return root

    @staticmethod
    def _sample_class(root: Path, size: int = 150) -> list[Path]:
        """Right work and known mistakes; without hand-ins that nbgrader stops at, or that run out of time."""
        made = [one for one in write_class(root, EXERCISE, size) if one.kind in ("right", "mistake")]
        (root / "submitted").rename(root / "pool")
        return [root / "pool" / one.student / EXERCISE for one in made]

    def _docs(self, name: str, config: str, *release: str) -> Class:
        found = find_spec("nbgrader")
        assert found and found.submodule_search_locations
        guide = Path(found.submodule_search_locations[0]) / "docs/source/user_guide"
        root = self._folder / name
        shutil.copytree(guide / "source" / DOCS, root / "source" / DOCS)
        (root / "nbgrader_config.py").write_text(config)
        command(root, *release, DOCS)
        pool: Sequence[Path] = sorted((guide / "submitted").glob(f"*/{DOCS}"))
        return Class(root, DOCS, list(pool))
