"""The root that a candidate lives in: libraries at their usual paths, read-only, and an empty folder.

Theory of operation. Each folder of the plan is cloned as a detached mount, made read-only, and attached at the same
path of a small tmpfs; then pivot_root, and the old root is gone. Clones are taken before the tmpfs comes to stand on
/tmp, so folders below /tmp can be among them. Flags are only ever added, so those that a parent namespace locked stay.
Symbolic links on the way to a folder (/lib, on most systems) are made again. At the end the tmpfs is read-only too;
what may be written is the scratch, which each candidate mounts for itself.
"""

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from . import kernel
from .errors import ConfinementError
from .plan import Layer

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x4_0000
_MNT_DETACH = 2
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_FROM_DESCRIPTOR = 4
_RDONLY, _NOSUID, _NODEV, _NOEXEC = 1, 2, 4, 8
_STAGE = "/tmp"  # the new root stands here until it is the root
_ROOT_OPTIONS = "mode=755,size=1m,nr_inodes=8192"


def make_root(read_only: Iterable[str], scratch: str) -> None:
    """Build a root of nothing but some folders and files, read-only, and go into it; in a mount namespace of one's own.

    Args:
        read_only: their paths, which are the same in the new root.
        scratch: an empty folder that it is to have.

    Raises:
        ConfinementError: the system refuses a step.
    """
    kernel.call(Layer.MOUNT, "keep mounts to itself", "mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    links: dict[str, str] = {}
    clones: dict[str, int] = {}
    for path in read_only:
        real = _resolve(path, links)
        if not any(real == other or real.startswith(f"{other}/") for other in clones):
            clones[real] = _clone(real)
    umask = os.umask(0o022)
    try:
        kernel.mount_tmpfs(Layer.MOUNT, _STAGE, _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, _ROOT_OPTIONS)
        for real, clone in clones.items():
            _attach(clone, real)
        for link, target in links.items():
            place = Path(_STAGE + link)
            place.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):  # it lies in a folder that was attached
                place.symlink_to(target)
        Path(_STAGE + scratch).mkdir(parents=True)
    except OSError as error:
        raise ConfinementError(Layer.MOUNT, error.errno or 0, f"build the new root: {error.filename}") from error
    finally:
        os.umask(umask)
    os.chdir(_STAGE)
    kernel.call(Layer.MOUNT, "go into the new root", "pivot_root", b".", b".")
    kernel.call(Layer.MOUNT, "let go of the old root", "umount2", b".", _MNT_DETACH)
    os.chdir("/")
    _restrict_mount(_AT_FDCWD, "/", _RDONLY | _NOSUID | _NODEV | _NOEXEC, 0)


def _resolve(path: str, links: dict[str, str]) -> str:
    """Give the real path, and note every symbolic link on the way, so that the new root has it too."""
    real = ""
    rest = [part for part in path.split("/") if part]
    for _ in range(1000):
        if not rest:
            return real or "/"
        step = f"{real}/{rest.pop(0)}"
        try:
            target = os.readlink(step)  # noqa: PTH115
        except OSError:
            real = step
            continue
        links[step] = target
        joined = os.path.normpath(os.path.join(real or "/", target))  # noqa: PTH118
        rest = [part for part in joined.split("/") if part] + rest
        real = ""
    raise ConfinementError(
        Layer.MOUNT, errno.ELOOP, f"follow the links of {path}", "Its links lead in a circle; mend them."
    )


def _clone(path: str) -> int:
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE
    clone = kernel.call(Layer.MOUNT, f"clone {path}", "open_tree", _AT_FDCWD, path.encode(), flags)
    # A device on a mount without devices could not be opened.
    device = stat.S_ISCHR(os.fstat(clone).st_mode)
    _restrict_mount(clone, "", _RDONLY | _NOSUID | (0 if device else _NODEV), _AT_EMPTY_PATH | _AT_RECURSIVE)
    return clone


def _attach(clone: int, path: str) -> None:
    place = Path(_STAGE + path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(os.fstat(clone).st_mode):
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    target = str(place).encode()
    kernel.call(Layer.MOUNT, f"attach {path}", "move_mount", clone, b"", _AT_FDCWD, target, _MOVE_MOUNT_FROM_DESCRIPTOR)
    os.close(clone)


def _restrict_mount(descriptor: int, path: str, attributes: int, flags: int) -> None:
    what = struct.pack("=QQQQ", attributes, 0, 0, 0)  # struct mount_attr: set, clear, propagation, userns
    step = f"make {path or 'a folder'} read-only"
    kernel.call(Layer.MOUNT, step, "mount_setattr", descriptor, path.encode(), flags, what, len(what))
