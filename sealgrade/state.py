"""What a run remembers for the next one, beside the gradebook: small JSON files in `.sealgrade/ASSIGNMENT/`."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sealgrade.errors import CourseError
from sealgrade.files import write_whole

FOLDER = ".sealgrade"


class State:
    """The records of one assignment; a record that cannot be read counts as not there.

    Args:
        root: the course's folder.
        assignment: the assignment.
    """

    def __init__(self, root: Path, assignment: str) -> None:
        self.folder = root / FOLDER / assignment

    def load(self, name: str) -> dict[str, Any]:
        """Return a record, empty if there is none."""
        try:
            record = json.loads((self.folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def save(self, name: str, record: dict[str, Any]) -> None:
        """Write a record, whole or not at all."""
        write_whole(self.folder / f"{name}.json", json.dumps(record, indent=1, sort_keys=True).encode())


@contextmanager
def only_run(root: Path) -> Iterator[None]:
    """Keep a second run out of a course while one writes; the lock goes with the process, however that ends.

    Raises:
        CourseError: another run is under way.
    """
    (root / FOLDER).mkdir(exist_ok=True)
    descriptor = os.open(root / FOLDER / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            number = os.read(descriptor, 20).decode("ascii", "replace").strip()
            raise CourseError(
                f"Another run grades this course already (process {number}). Wait until it is done, or stop it."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
