"""What a run remembers for the next one, beside the gradebook: small JSON files in `.sealgrade/ASSIGNMENT/`."""

import json
from pathlib import Path
from typing import Any

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
        self.folder.mkdir(parents=True, exist_ok=True)
        scratch = self.folder / f"{name}.json.new"
        scratch.write_text(json.dumps(record, indent=1, sort_keys=True))
        scratch.replace(self.folder / f"{name}.json")
