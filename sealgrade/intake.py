"""What was handed in, taken once: a private copy of the files that grading needs, and why it takes no others.

A folder of a stranger can hold links to other people's work, pipes that block whoever reads them, modules that Python
would import in the place of numpy, pages that run in the browser of whoever opens them. So the folder is read once,
without following a link and without waiting for anybody; what is graded is that copy, and its fingerprint is the one
that decides whether to grade again. nbgrader itself sees nothing but the copy.
"""

import errno
import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sealgrade.plain import plain
from sealgrade.submission import MAX_BYTES
from sealgrade.timestamps import read_timestamp

MAX_FILES = 1_000
MAX_TOTAL = 100_000_000
MAX_DEPTH = 8
_MAX_NAMES = 6  # in one note
_CHUNK = 1 << 20

# Pictures and data: what no program runs because of its name. PDFs and pages stay where they are.
_DATA = frozenset({".png", ".jpg", ".jpeg", ".gif", ".csv", ".tsv", ".txt", ".dat", ".json", ".npy", ".npz", ".mat"})
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
_NAME = re.compile(r"\w[\w .,@()=+-]{0,199}")
_IGNORED = frozenset({".ipynb_checkpoints", "__pycache__", ".DS_Store", "__MACOSX", "Thumbs.db", "desktop.ini"})

_ODD_KIND = {
    stat.S_IFLNK: "a link to another file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}
# Names of the notebooks that could not be taken, with the reason, beside the copy.
_REFUSED = "refused.json"
_OTHER = "is not a notebook of this assignment"


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


def take(folder: Path, base: Path, copy: Path, notebooks: Collection[str], allowed: Collection[str] = ()) -> Taken:
    """Copy what grading needs of a submission.

    Args:
        folder: the submission, for example `submitted/ada/ex`.
        base: a folder above it that is trusted to be what it seems.
        copy: a private folder that is made; the files in it are ordinary and have harmless names.
        notebooks: the names of the assignment's notebooks, without `.ipynb`.
        allowed: names of other files that the instructor wants to be taken.

    Returns:
        What was taken.

    Raises:
        OSError: if the folder or a file in it cannot be read.
    """
    copy.mkdir(parents=True)
    intake = _Intake(copy, notebooks, allowed)
    here = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.relative_to(base).parts:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        intake.read(here, "")
    except OSError as error:
        if error.filename is None or not str(error.filename).startswith("/"):
            error.filename = str(folder / str(error.filename or ""))
        raise
    finally:
        os.close(here)
    return intake.finish()


def refused(path: Path) -> str | None:
    """Return why a notebook in a private copy could not be taken, None if it was."""
    try:
        reason: str | None = json.loads((path.parent.parent / f"{path.parent.name}.{_REFUSED}").read_bytes())[path.name]
    except (OSError, ValueError, KeyError):
        return None
    return reason


class _Intake:
    """One reading of one folder."""

    def __init__(self, copy: Path, notebooks: Collection[str], allowed: Collection[str]) -> None:
        self.copy = copy
        self.allowed = allowed
        self.known = {unicodedata.normalize("NFC", f"{name}.ipynb"): f"{name}.ipynb" for name in notebooks}
        self.found: dict[str, str] = {}  # a notebook of the assignment -> the digest of its content
        self.refused: dict[str, str] = {}
        self.left: dict[str, list[str]] = {}  # a reason -> the files
        self.seen: list[tuple[str, str]] = []
        self.files = 0
        self.bytes = 0

    def read(self, here: int, path: str, depth: int = 0) -> None:
        """Take what is in an open folder."""
        for name in sorted(os.listdir(here)):
            if name in _IGNORED or name.startswith("._"):
                continue
            self.files += 1
            if self.files > MAX_FILES:
                self._leave(path or ".", f"there are more than {MAX_FILES} files")
                return
            about = os.stat(name, dir_fd=here, follow_symlinks=False)
            inner = f"{path}{name}"
            if stat.S_ISDIR(about.st_mode) and not self._notebook(inner):
                if depth >= MAX_DEPTH:
                    self._leave(inner, "it is too deep in folders")
                    continue
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                try:
                    self.read(below, f"{inner}/", depth + 1)
                finally:
                    os.close(below)
            else:
                self._take(here, name, inner, about)

    def finish(self) -> Taken:
        """Write down what was refused, and return what was taken."""
        for name in self.refused:
            (self.copy / name).touch()  # nbgrader is to know that it was handed in
        beside = self.copy.parent / f"{self.copy.name}.{_REFUSED}"
        beside.write_text(json.dumps(self.refused))
        notes = [
            f"{self._named(names)} {reason}." if reason == _OTHER else f"{self._named(names)}: not taken, {reason}."
            for reason, names in self.left.items()
        ]
        digest = hashlib.sha256(json.dumps(sorted(self.seen)).encode()).hexdigest()
        there = frozenset(name.removesuffix(".ipynb") for name in {*self.found, *self.refused})
        return Taken(digest, there, tuple(notes))

    def _take(self, here: int, name: str, inner: str, about: os.stat_result) -> None:
        notebook = self._notebook(inner)
        if notebook in self.found or notebook in self.refused:  # the same name, composed in another way
            self._leave(inner, "there is another file of that name")
            return
        problem = self._problem(about, MAX_BYTES if notebook else MAX_TOTAL)
        reason = None if notebook or inner == "timestamp.txt" else self._no_use(inner)
        if problem or reason:
            self.seen.append((inner, f"{problem or reason} {about.st_size} {about.st_mtime_ns}"))
            if notebook:
                self.refused[notebook] = f"it is {problem}"
            else:
                self._leave(inner, f"it is {problem}" if problem else str(reason))
            return
        digest, problem = self._copy(here, name, notebook or inner)
        self.seen.append((inner, digest))
        if problem and notebook:
            self.refused[notebook] = f"it is {problem}"
        elif problem:
            self._leave(inner, f"it is {problem}")
        elif notebook:
            self.found[notebook] = digest

    def _copy(self, here: int, name: str, inner: str) -> tuple[str, str | None]:
        """Copy a file; what it is now counts, not what it was when the folder was listed."""
        try:
            source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOENT):
                return "changed", "not the file any more that it was a moment ago"
            raise
        digest = hashlib.sha256()
        with os.fdopen(source, "rb") as file:
            problem = self._problem(os.fstat(source), MAX_BYTES if inner.endswith(".ipynb") else MAX_TOTAL)
            if problem:
                return problem, problem
            target = self.copy / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as copy:
                while chunk := file.read(_CHUNK):
                    self.bytes += len(chunk)
                    if self.bytes > MAX_TOTAL:
                        problem = f"too much: all files together have more than {MAX_TOTAL / 1e6:.0f} MB"
                        break
                    digest.update(chunk)
                    copy.write(chunk)
        # An empty one says nothing, and nothing wrong.
        if inner == "timestamp.txt" and not problem and target.stat().st_size and not read_timestamp(self.copy):
            problem = "not a date and time"
        if problem:
            target.unlink()
        return digest.hexdigest(), problem

    def _problem(self, about: os.stat_result, most: int) -> str | None:
        if not stat.S_ISREG(about.st_mode):
            return _ODD_KIND.get(stat.S_IFMT(about.st_mode), "not a file")
        if about.st_nlink > 1:
            return "a hard link: the same file has another name elsewhere (a copy of the file would be taken)"
        if about.st_size > most:
            return f"too large: {about.st_size / 1e6:.0f} MB, and {most / 1e6:.0f} MB is the most"
        return None

    def _no_use(self, inner: str) -> str | None:
        path = Path(inner)
        suffix = path.suffix.lower()
        if inner in self.allowed:
            return None
        if suffix == ".ipynb":
            return _OTHER
        if suffix in _ARCHIVES:
            return "archives are not opened"
        if not all(_NAME.fullmatch(unicodedata.normalize("NFC", part)) for part in path.parts):
            return "its name is odd"
        return None if suffix in _DATA else "only notebooks, pictures and data are"

    def _notebook(self, inner: str) -> str | None:
        """The notebook that a file is; macOS writes names decomposed."""
        return self.known.get(unicodedata.normalize("NFC", inner))

    def _leave(self, inner: str, reason: str) -> None:
        self.left.setdefault(reason, []).append(inner)

    @staticmethod
    def _named(names: list[str]) -> str:
        shown = ", ".join(plain(name[:80]) for name in names[:_MAX_NAMES])
        return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES} more"
