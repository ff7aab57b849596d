"""A candidate's scratch where it is an ordinary folder: how much is in it, and how it is removed.

Theory of operation. Without the mount layer nothing bounds that folder, and a student's code shapes what is in it: so
deep that a path is too long for the system, a chain that recursion does not follow, folders that cannot be listed. So
nothing here goes by long paths or by recursion, and what cannot be looked into counts as too much. Landlock has kept
links out of the folder.
"""

import os
import shutil
from collections.abc import Iterator

_MAX_DEPTH = 32
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def holds_more(folder: str, most_files: int, most_bytes: int) -> bool:
    """Say whether there is more in a folder than is allowed, while it may be changing.

    Args:
        folder: its path.
        most_files: how many files and folders are allowed.
        most_bytes: of all files together.
    """
    count = size = 0
    try:
        for length in _lengths(os.open(folder, _FOLDER), 0):
            count, size = count + 1, size + length
            if count > most_files or size > most_bytes:
                return True
    except FileNotFoundError:  # removed meanwhile: the next look will tell
        return False
    except OSError:
        return True
    return False


def _lengths(descriptor: int, depth: int) -> Iterator[int]:
    """The size of each file below a folder, 0 for a folder; raises an OSError where it is too deep."""
    try:
        if depth > _MAX_DEPTH:
            raise OSError
        with os.scandir(descriptor) as entries:
            for entry in entries:
                yield 0 if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
                if entry.is_dir(follow_symlinks=False):
                    yield from _lengths(os.open(entry.name, _FOLDER, dir_fd=descriptor), depth + 1)
    finally:
        os.close(descriptor)


def remove(folder: str) -> None:
    """Remove a folder that nobody changes any more, with what is in it, as far as the system lets it.

    Args:
        folder: its path; nothing happens if there is none.
    """
    try:
        top = os.open(folder, _FOLDER)
    except OSError:
        return
    prefix, number = os.urandom(8).hex(), 0
    try:
        while True:
            with os.scandir(top) as found:
                entries = list(found)
            if not entries:
                break
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    number = _remove(top, entry.name, prefix, number)
                else:
                    os.unlink(entry.name, dir_fd=top)
        os.rmdir(folder)  # noqa: PTH106
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(top)


def _remove(top: int, name: str, prefix: str, number: int) -> int:
    """Remove a folder; the folders that are in it come up first, each with a new number."""
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, _FOLDER, dir_fd=top)
    try:
        with os.scandir(inner) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.name, 0o700, dir_fd=inner)
                    number += 1
                    os.rename(entry.name, f"{prefix}{number}", src_dir_fd=inner, dst_dir_fd=top)
                else:
                    os.unlink(entry.name, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
    return number
