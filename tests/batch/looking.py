"""What a run left: files, the gradebook row by row, what is remembered, and processes."""

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, select

SEALGRADE = [sys.executable, "-m", "sealgrade"]
_PR_SET_CHILD_SUBREAPER = 36


def files(root: Path, step: str) -> dict[str, bytes]:
    """The files of a step, by their paths in it."""
    folder = root / step
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def rows(url: str) -> dict[str, list[tuple[str, ...]]]:
    """All rows of a gradebook, by table, with names in the place of ids; twice the same row is there twice."""
    engine, meta = create_engine(url), MetaData()
    meta.reflect(engine)
    with engine.connect() as c:
        found = {
            name: [dict(row._mapping) for row in c.execute(select(table))]
            for name, table in meta.tables.items()
            if name != "alembic_version"
        }
    engine.dispose()
    told: dict[str, str] = {}
    for name in ("course", "assignment", "notebook", "base_cell", "submitted_assignment", "submitted_notebook"):
        for row in found.get(name, []):
            about = [row.get("name"), row.get("type"), row.get("student_id")]
            about += [told.get(row.get(key) or "") for key in ("assignment_id", "notebook_id")]
            told[row["id"]] = "/".join(str(part) for part in about if part)
    return {
        name: sorted(
            tuple(
                f"{key}={told.get(value, value)!r}"
                for key, value in sorted(row.items())
                if key != "id" or name == "student"
            )
            for row in content
        )
        for name, content in found.items()
    }


def gradebook_of(root: Path) -> dict[str, list[tuple[str, ...]]]:
    """All rows of a course's gradebook."""
    return rows(f"sqlite:///{root / 'gradebook.db'}")


def remembered(root: Path, assignment: str) -> dict[str, Any]:
    """What is remembered of each student, but for when files were written."""
    found = {p.stem: json.loads(p.read_text()) for p in (root / ".sealgrade" / assignment).glob("student-*.json")}
    for record in found.values():
        for about in record.get("notebooks", {}).values():
            about.pop("file", None)
    return found


def everything(root: Path, assignment: str = "ex") -> dict[str, Any]:
    """All that a run left."""
    steps = {step: files(root, step) for step in ("autograded", "feedback")}
    return {**steps, "gradebook": gradebook_of(root), "remembered": remembered(root, assignment)}


def until(holds: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.005)
    return found


def descendants() -> set[int]:
    """The processes that this one started, and those started by them, that run."""
    parents: dict[int, int] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                state, parent = Path(entry.path, "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state not in "ZX":
                parents[int(entry.name)] = int(parent)
    found, new = set[int](), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


class Orphans:
    """Sees what a command leaves running: orphans become this process's children while this is entered."""

    def __enter__(self) -> "Orphans":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._before = descendants()
        return self

    def __exit__(self, *_: Any) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def left(self) -> set[int]:
        """What runs now and did not before."""
        return descendants() - self._before

    def must_end(self) -> None:
        """Wait until nothing is left."""

        def none_left() -> bool:
            self._reap()
            return not self.left()

        try:
            until(none_left, "nothing is left running", 20)
        except AssertionError:
            told = {pid: Path(f"/proc/{pid}/cmdline").read_bytes()[:200] for pid in self.left()}
            raise AssertionError(f"left running: {told}") from None

    def _reap(self) -> None:
        # Only what has become ours: what this process started itself has somebody who waits for it.
        for entry in Path("/proc/self/task", str(os.getpid()), "children").read_text().split():
            if int(entry) not in self._before:
                try:
                    os.waitpid(int(entry), os.WNOHANG)
                except ChildProcessError:
                    continue
