"""Files of a course, and how they are written: whole or not at all."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path


def files_of(folder: Path, wanted: Callable[[Path], bool] = lambda path: path.suffix != ".ipynb") -> dict[str, bytes]:
    """Read the files below a folder, those with a leading dot in their path apart.

    Args:
        folder: for example that of a release.
        wanted: which of them; all but notebooks, if not given.

    Returns:
        The contents by relative path.
    """
    found = ((path, path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file() and wanted(path))
    return {
        str(relative): path.read_bytes()
        for path, relative in found
        if not any(part.startswith(".") for part in relative.parts)
    }


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file so that whoever reads it, and whatever happens meanwhile, sees the old one or the new one.

    Args:
        path: where; the folder is made if need be.
        content: what.
        mode: its permissions, if not the usual ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)  # may be left by a run that was killed, and not be writable
    aside.write_bytes(content)
    if mode is not None:
        aside.chmod(mode)
    os.replace(aside, path)  # noqa: PTH105


def source_fingerprint(source: Path) -> str:
    """Return a hash of an assignment's source, to tell whether it changed since the release."""
    digest = hashlib.sha256()
    for path in sorted(p for p in source.rglob("*") if p.is_file() and not is_clutter(p)):
        digest.update(f"{path.relative_to(source)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_clutter(path: Path) -> bool:
    """Return whether a file is one that Jupyter or Python leave behind."""
    return ".ipynb_checkpoints" in path.parts or "__pycache__" in path.parts
