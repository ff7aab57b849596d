"""When work was handed in: the file `timestamp.txt` beside it, which may be anything."""

import os
import stat
from datetime import datetime, timedelta
from pathlib import Path

from dateutil import parser, tz

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
        return parse_timestamp(file.read(_MOST))


def parse_timestamp(text: bytes) -> datetime | None:
    """Return what a `timestamp.txt` says, as naive UTC; None where it says nothing that can be read."""
    try:
        return _parse_utc(text[:_MOST].decode().strip()) if text.strip() else None
    except Exception:  # dateutil has many ways to fail
        return None


def _parse_utc(text: str) -> datetime:
    """Read a date as nbgrader does: a third word is a time zone, by name or as an offset in seconds."""
    parts = text.split(" ")
    if len(parts) == 3:
        zone = int(parts[2]) if parts[2].lstrip("+-").isdecimal() else tz.gettz(parts[2])
        found: datetime = parser.parse(f"{parts[0]} {parts[1]} TZ", tzinfos={"TZ": zone})
    else:
        found = parser.parse(text)
    return found if found.tzinfo is None else (found - (found.utcoffset() or timedelta())).replace(tzinfo=None)
