"""A stranger's folder, read once: what is in it, and why some of it is not read.

A folder of a stranger can hold links to other people's work, pipes that block whoever reads them, modules that Python
would import in the place of numpy, pages that run in the browser of whoever opens them. So it is read without following
a link and without waiting for anybody, and what counts from then on is what was read.
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
from pathlib import Path, PurePath

from sealgrade.submission import MAX_BYTES

MAX_FILES = 1_000
MAX_TOTAL = 100_000_000
MAX_DEPTH = 8
TIMESTAMP = "timestamp.txt"
_CHUNK = 1 << 20

# Pictures and data: what no program runs because of its name. PDFs and pages stay where they are.
_DATA = frozenset({".png", ".jpg", ".jpeg", ".gif", ".csv", ".tsv", ".txt", ".dat", ".json", ".npy", ".npz", ".mat"})
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
_NAME = re.compile(r"\w[\w .,@()=+-]{0,199}")
_IGNORED = frozenset({".ipynb_checkpoints", "__pycache__", ".DS_Store", "__MACOSX", "Thumbs.db", "desktop.ini"})
ARCHIVED = "archives are not opened"

_ODD_KIND = {
    stat.S_IFLNK: "a link to another file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


@dataclass(frozen=True)
class Snapshot:
    """What was in a folder at one moment.

    Attributes:
        files: the content of each file that was read, by its path in the folder.
        left: why the others were not read, by their paths.
        digest: of everything that was there, read or not.
    """

    files: dict[str, bytes]
    left: dict[str, str]
    digest: str


def is_notebook(inner: str) -> bool:
    """Return whether a file's name says that it is a notebook, `.ipynb.txt` and the like included."""
    return ".ipynb" in (suffix.lower() for suffix in PurePath(inner).suffixes[-2:])


def is_data(inner: str, allowed: Collection[str] = ()) -> bool:
    """Return whether a file's name lets it stand beside a notebook that runs."""
    return _no_use(inner, allowed) is None and not is_notebook(inner)


def read_folder(folder: Path, base: Path, allowed: Collection[str] = ()) -> Snapshot:
    """Read a folder.

    Args:
        folder: the submission, for example `submitted/ada/ex`.
        base: a folder above it that is trusted to be what it seems.
        allowed: names of files that are to be read whatever they are called.

    Raises:
        OSError: if the folder or a file in it cannot be read.
    """
    reader = _Reader(allowed)
    here = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.relative_to(base).parts:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        reader.read(here, "")
    except OSError as error:
        if error.filename is None or not str(error.filename).startswith("/"):
            error.filename = str(folder / str(error.filename or ""))
        raise
    finally:
        os.close(here)
    digest = hashlib.sha256(json.dumps(sorted(reader.seen)).encode()).hexdigest()
    return Snapshot(reader.files, reader.left, digest)


class _Reader:
    """One reading of one folder."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.files: dict[str, bytes] = {}
        self.left: dict[str, str] = {}
        self.seen: list[tuple[str, str]] = []
        self.count = 0
        self.bytes = 0

    def read(self, here: int, path: str, depth: int = 0) -> None:
        """Read what is in an open folder."""
        # What is to be graded goes before the limits on the number of files and their size.
        for name in sorted(os.listdir(here), key=lambda name: (not is_notebook(name), name != TIMESTAMP, name)):
            if name in _IGNORED or name.startswith("._"):
                continue
            self.count += 1
            if self.count > MAX_FILES:
                self.left[path or "."] = f"there are more than {MAX_FILES} files"
                return
            about = os.stat(name, dir_fd=here, follow_symlinks=False)
            inner = f"{path}{name}"
            if stat.S_ISDIR(about.st_mode):
                if is_notebook(name):
                    self.left[inner] = f"it is {_ODD_KIND[stat.S_IFDIR]}"
                if depth >= MAX_DEPTH:
                    self.left[inner] = "it is too deep in folders"
                    continue
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                try:
                    self.read(below, f"{inner}/", depth + 1)
                finally:
                    os.close(below)
            else:
                self._read_file(here, name, inner, about)

    def _read_file(self, here: int, name: str, inner: str, about: os.stat_result) -> None:
        problem = _problem(inner, about)
        reason = f"it is {problem}" if problem else _no_use(inner, self.allowed)
        if reason:
            self.left[inner] = reason
            self.seen.append((inner, f"{reason} {about.st_size} {about.st_mtime_ns}"))
            return
        data, problem = self._content(here, name, inner)
        if problem:
            self.left[inner] = f"it is {problem}"
            self.seen.append((inner, problem))
        else:
            self.files[inner] = data
            self.seen.append((inner, hashlib.sha256(data).hexdigest()))

    def _content(self, here: int, name: str, inner: str) -> tuple[bytes, str | None]:
        """Read a file; what it is now counts, not what it was when the folder was listed."""
        try:
            source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOENT):
                return b"", "not the file any more that it was a moment ago"
            raise
        chunks = []
        with os.fdopen(source, "rb") as file:
            if problem := _problem(inner, os.fstat(source)):
                return b"", problem
            while chunk := file.read(_CHUNK):
                self.bytes += len(chunk)
                if self.bytes > MAX_TOTAL:
                    return b"", f"too much: all files together have more than {MAX_TOTAL / 1e6:.0f} MB"
                chunks.append(chunk)
        return b"".join(chunks), None


def _problem(inner: str, about: os.stat_result) -> str | None:
    most = MAX_BYTES if is_notebook(inner) else MAX_TOTAL
    if not stat.S_ISREG(about.st_mode):
        return _ODD_KIND.get(stat.S_IFMT(about.st_mode), "not a file")
    if about.st_nlink > 1:
        return "a hard link: the same file has another name elsewhere (a copy of the file would be taken)"
    if about.st_size > most:
        return f"too large: {about.st_size / 1e6:.0f} MB, and {most / 1e6:.0f} MB is the most"
    return None


def _no_use(inner: str, allowed: Collection[str]) -> str | None:
    path = PurePath(inner)
    suffix = path.suffix.lower()
    if inner in allowed or is_notebook(inner) or inner == TIMESTAMP:
        return None
    if suffix in _ARCHIVES:
        return ARCHIVED
    if not all(_NAME.fullmatch(unicodedata.normalize("NFC", part)) for part in path.parts):
        return "its name is odd"
    return None if suffix in _DATA else "only notebooks, pictures and data are"
