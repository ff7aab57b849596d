"""When work was handed in: the file `timestamp.txt` beside it, which may be anything."""

import os
import stat
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

_MOST = 1_000  # bytes


def read_timestamp(folder: Path) -> datetime | None:
    """Return when the work in a folder was handed in, as naive UTC; None where that is not known.

    Neither a pipe nor a device keeps whoever asks waiting, and no link is followed.
    """
    try:
        source = os.open(folder / "timestamp.txt", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None
    with os.fdopen(source, "rb") as file:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            return None
        text = file.read(_MOST)
    try:
        found: datetime | None = parse_utc(text.decode().strip()) if text.strip() else None
    except Exception:  # dateutil has many ways to fail
        return None
    return found
