"""All hostile students hand in beside two honest ones, and `sealgrade grade` runs once.

Attacks stand in tables, `ATTACKS` in the modules `rows_*.py`: a new table is found by its name.
"""

import fcntl
import importlib
import json
import os
import pickle
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from sealgrade.plain import plain

from .course import (
    PORT_NUMBER,
    VARIABLE,
    Attack,
    attack,
    copy_of,
    hand_in_honestly,
    write_course,
)

TOOLS = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}", "SEALGRADE_CANARY": VARIABLE}
# Everything together; a grader that blocks on one of the attacks never comes back.
PATIENCE = 1500


def attacks() -> list[Attack]:
    """All attacks, by their rows."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("rows_*.py"))
    return [one for name in names for one in importlib.import_module(f"{__package__}.{name}").ATTACKS]


def run(*command: str, cwd: Path, code: int | None = 0) -> "subprocess.CompletedProcess[str]":
    """Run a command of the environment as a user does."""
    done = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert code is None or done.returncode == code, f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done


@dataclass
class Graded:
    """A course after one run of `sealgrade grade`."""

    root: Path
    table: str  # what the terminal shows
    report: dict[str, Any]  # what --json prints
    log: str
    unharmed: bool = True  # whether the bystanders were left alone

    def result(self, student: str) -> dict[str, Any]:
        """What `--json` says of a student."""
        (found,) = (r for r in self.report["students"] if r["student"] == student)
        return dict(found)

    def points(self, student: str) -> dict[str, float]:
        """The points of each part."""
        return {part["name"]: part["score"] for part in self.result(student)["parts"]}

    def said(self, student: str) -> str:
        """All that the instructor reads about a student."""
        found = [r for r in self.report["students"] if r["student"] == student]
        texts = [
            text for r in found for text in [*r["notes"], r["failure"], *(p["message"] for p in r["parts"])] if text
        ]
        return "\n".join([*texts, *(text for text in self.report["warnings"] if plain(student) in text)])

    def files(self, step: str, student: str = "") -> list[Path]:
        """What a run left in a folder of the course."""
        return sorted((self.root / step / student).rglob("*"))


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Any:
    """Make something once for all workers of pytest-xdist."""
    base = factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with _one_at_a_time(base / f"{name}.lock"):
        kept = base / f"{name}.pickle"
        if not kept.exists():
            (base / name).mkdir()
            kept.write_bytes(pickle.dumps(make(base / name)))
        return pickle.loads(kept.read_bytes())


def _grade(root: Path) -> Graded:
    first = run("sealgrade", "grade", "ex", cwd=root)
    report = json.loads(run("sealgrade", "grade", "ex", "--json", cwd=root).stdout)
    return Graded(root, first.stdout + first.stderr, report, (root / ".nbgrader.log").read_text())


@contextmanager
def bystanders() -> Iterator[Callable[[], bool]]:
    """A process of the same user and a port of this computer; says whether nobody has touched them."""
    sleep = [sys.executable, "-c", "import time; time.sleep(5000)"]
    with socket.socket() as port, subprocess.Popen(sleep) as victim:
        try:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port.bind(("127.0.0.1", PORT_NUMBER))
            port.listen(16)
            port.setblocking(False)

            def unharmed() -> bool:
                try:
                    connection, _ = port.accept()
                except BlockingIOError:
                    return victim.poll() is None
                connection.close()
                return False

            yield unharmed
        finally:
            victim.kill()


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, released, with nobody's work."""

    def make(root: Path) -> Path:
        write_course(root)
        run("sealgrade", "release", "ex", cwd=root)
        return root

    path: Path = _once(tmp_path_factory, "attacks-bare", make)
    return path


@pytest.fixture(scope="session")
def hostile(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The course with everybody, graded once."""

    def make(root: Path) -> Graded:
        copy_of(bare, root)
        hand_in_honestly(root)
        for one in attacks():
            attack(root, one)
        with bystanders() as unharmed:
            graded = _grade(root)
            graded.unharmed = unharmed()
        return graded

    graded: Graded = _once(tmp_path_factory, "attacks-hostile", make)
    return graded


@pytest.fixture(scope="session")
def peaceful(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The course with the honest students only."""

    def make(root: Path) -> Graded:
        copy_of(bare, root)
        hand_in_honestly(root)
        return _grade(root)

    graded: Graded = _once(tmp_path_factory, "attacks-peaceful", make)
    return graded


@pytest.fixture(scope="session")
def by_nbgrader(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, dict[str, Any]]]:
    """Honest and hostile students, graded by `nbgrader autograde`: the course, what the command said, the scores."""

    def make(root: Path) -> tuple[Path, str, dict[str, dict[str, Any]]]:
        copy_of(bare, root)
        hand_in_honestly(root)
        for one in attacks():
            if one.by_nbgrader:
                attack(root, one)
        done = run("nbgrader", "autograde", "ex", cwd=root)
        run("nbgrader", "generate_feedback", "ex", cwd=root)
        scores: dict[str, dict[str, Any]] = {}
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
            for submission in gradebook.assignment_submissions("ex"):
                parts = scores.setdefault(submission.student.id, {})
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        part = re.sub("-test.*", "", grade.name)
                        parts[part] = parts.get(part, 0) + grade.score
        return root, done.stdout + done.stderr, scores

    made: tuple[Path, str, dict[str, dict[str, Any]]] = _once(tmp_path_factory, "attacks-nbgrader", make)
    return made
