"""What was handed in, taken once: for each notebook of an assignment what there is to grade, and why there is no more.

nbgrader itself, where it grades, sees nothing but a private copy of that.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgrade.marks import Released
from sealgrade.notes import Note, any_needs_a_look, named
from sealgrade.recognition import HandedIn, recognise
from sealgrade.snapshot import ARCHIVED, TIMESTAMP, is_data, is_notebook, read_folder
from sealgrade.submission import Notebook
from sealgrade.timestamps import parse_timestamp

__all__ = ["HandIn", "HandedIn", "Released", "Taken", "bad_id", "notes_of", "read_hand_in", "refused", "take"]

# What there is to say about the notebooks in a copy, beside the copy.
_SAID = "said.json"
_OTHER = "is not a notebook of this assignment"


@dataclass(frozen=True)
class HandIn:
    """What one student handed in for an assignment.

    Attributes:
        notebooks: what there is of each notebook of the assignment, by its name without `.ipynb`, in their order.
        files: the data that may stand beside a notebook that runs, by their paths in the folder.
        notes: what is to be said beside what concerns a single notebook.
        digest: of everything that was there, taken or not.
        submitted: when it was handed in, as naive UTC, None where that is not known.
        stamp: the file that says so, as it came.
    """

    notebooks: dict[str, HandedIn]
    files: dict[str, bytes]
    notes: tuple[Note, ...]
    digest: str
    submitted: datetime | None
    stamp: bytes | None = None

    @property
    def needs_a_look(self) -> bool:
        """Whether a person should look at it."""
        return any_needs_a_look(self.notes) or any(one.needs_a_look for one in self.notebooks.values())


@dataclass(frozen=True)
class Taken:
    """What was taken of one student's folder.

    Attributes:
        digest: of everything that was there, taken or not.
        notebooks: the names of the assignment's notebooks that were there, readable or not.
        notes: what was not taken, and why, in plain sentences.
    """

    digest: str
    notebooks: frozenset[str]
    notes: tuple[str, ...]


def bad_id(name: str) -> str | None:
    """Return why a folder's name cannot be a student's id, None if it can.

    An id goes into paths, patterns, pages, tables and messages: letters, digits, blanks and `. _ @ , ' -` do no harm in
    any of them.
    """
    composed = unicodedata.normalize("NFC", name)
    if not re.fullmatch(r"[\w .@,'-]+", composed):
        return "a student's id holds letters, digits, blanks and . _ @ , ' - only"
    if name[0] in " .-" or name[-1] == " ":
        return "a student's id begins with a letter, a digit or _ and does not end in a blank"
    return None


def read_hand_in(folder: Path, base: Path, released: Mapping[str, Notebook], allowed: Collection[str] = ()) -> HandIn:
    """Read what one student handed in for an assignment.

    Args:
        folder: the submission, for example `submitted/ada/ex`.
        base: a folder above it that is trusted to be what it seems.
        released: the released notebooks, by their names without `.ipynb`, each source in one string (as
            `read_release` gives them); for many hand-ins a `Released`, which is quicker.
        allowed: names of other files that the instructor wants to be taken.

    Raises:
        OSError: if the folder or a file in it cannot be read.
    """
    snapshot = read_folder(folder, base, allowed)
    notebooks, unused = recognise(snapshot, released)
    used = {one.file for one in notebooks.values()}
    files = {
        inner: data
        for inner, data in snapshot.files.items()
        if inner != TIMESTAMP and inner not in used and is_data(inner, allowed)
    }
    right = {unicodedata.normalize("NFC", f"{name}.ipynb") for name in released}  # said where they matter
    left = {path: why for path, why in snapshot.left.items() if unicodedata.normalize("NFC", path) not in right}
    stamp = snapshot.files.get(TIMESTAMP)
    submitted = parse_timestamp(stamp or b"")
    if stamp and stamp.strip() and submitted is None:  # an empty one says nothing, and nothing wrong
        left[TIMESTAMP] = "it is not a date and time"
        stamp = None
    notes = _notes(left, unused, any(one.notebook is None for one in notebooks.values()))
    return HandIn(notebooks, files, notes, snapshot.digest, submitted, stamp)


def _notes(left: Mapping[str, str], unused: Mapping[str, str], is_missed: bool) -> tuple[Note, ...]:
    """What was not taken; a person is to look at it where a notebook is missed."""
    notes = []
    for reasons, form in ((left, "{}: not taken, {}."), (unused, "{} {}.")):
        names: dict[str, list[str]] = {}
        for inner, reason in reasons.items():
            names.setdefault(reason, []).append(inner)
        for reason, inners in names.items():
            might_be = reasons is unused or reason == ARCHIVED or any(map(is_notebook, inners))
            notes.append(Note(form.format(named(inners), reason), is_missed and might_be))
    return tuple(notes)


def take(
    folder: Path, base: Path, copy: Path, released: Mapping[str, Notebook], allowed: Collection[str] = ()
) -> Taken:
    """Copy what grading needs of a submission.

    Args:
        folder: the submission, for example `submitted/ada/ex`.
        base: a folder above it that is trusted to be what it seems.
        copy: a private folder that is made; the files in it are ordinary and have harmless names.
        released: the released notebooks, by their names without `.ipynb`, as `read_release` gives them.
        allowed: names of other files that the instructor wants to be taken.

    Returns:
        What was taken.

    Raises:
        OSError: if the folder or a file in it cannot be read.
    """
    copy.mkdir(parents=True)
    hand_in = read_hand_in(folder, base, released, allowed)
    files = dict(hand_in.files)
    if hand_in.stamp is not None:
        files[TIMESTAMP] = hand_in.stamp
    said = {}
    there = {name: one for name, one in hand_in.notebooks.items() if one.file is not None}
    for name, one in there.items():
        files[f"{name}.ipynb"] = one.data  # an empty one tells nbgrader that something was handed in
        said[f"{name}.ipynb"] = {"reason": one.reason, "notes": [[note, note.needs_a_look] for note in one.notes]}
    for inner, data in files.items():
        (copy / inner).parent.mkdir(parents=True, exist_ok=True)
        (copy / inner).write_bytes(data)
    _beside(copy).write_text(json.dumps(said))
    missing = tuple(note for name, one in hand_in.notebooks.items() if name not in there for note in one.notes)
    return Taken(hand_in.digest, frozenset(there), hand_in.notes + missing)


def _beside(copy: Path) -> Path:
    return copy.parent / f"{copy.name}.{_SAID}"


def refused(path: Path) -> str | None:
    """Return why a notebook in a private copy cannot be graded, None if it can."""
    try:
        reason: str | None = json.loads(_beside(path.parent).read_bytes())[path.name]["reason"]
    except (OSError, ValueError, KeyError):
        return None
    return reason


def notes_of(path: Path) -> tuple[Note, ...]:
    """Return what is to be said about a notebook in a private copy."""
    try:
        notes = json.loads(_beside(path.parent).read_bytes())[path.name]["notes"]
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(Note(text, needs_a_look) for text, needs_a_look in notes)
