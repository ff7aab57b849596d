"""What a candidate may do with files, which even a file that it can see does not allow: Landlock.

Theory of operation. Against a candidate that finds a way to a file outside its view, or that plants something in its
scratch that a trusted reader would follow. All rights that the running kernel knows are handled, so that each is
refused unless a rule gives it: the folders of the plan may be read and listed; the scratch may hold ordinary files and
folders, and neither links, fifos, sockets nor devices; nothing may be executed (which loading a library does not need).
Handled and never given: TCP (kernel 6.7), ioctls of devices (6.10), signals to others and abstract sockets (6.12).

A rule holds for everything below a folder, mounts included. With a root of its own, the scratch is mounted below a
folder that holds nothing else, so one rule on that folder covers the scratch of every candidate: the whole ruleset is
made once in the zygote, and a candidate only has to restrict itself. Without that root the scratch is a folder that the
caller made, and each candidate makes its own ruleset.
"""

import errno
import os
import stat
import struct
from collections.abc import Iterable

from . import kernel
from .errors import ConfinementError
from .plan import Layer

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE, _, _MAKE_DIR, _MAKE_REG = (
    1 << bit for bit in range(9)
)
_TRUNCATE = 1 << 14
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _READ_FILE | _READ_DIR
_KEEP = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _TRUNCATE

_VERSION = 1  # flag of create_ruleset
_PATH_BENEATH = 1
_QUIET = 1  # flag of restrict_self from ABI 7: a candidate's attempts do not fill the system's log
# How many rights on files each ABI knows: REFER came with 2, TRUNCATE with 3, IOCTL_DEV with 5.
_RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ABI_WITH_TRUNCATE = 3


def abi() -> int:
    """Ask the kernel for its version of Landlock.

    Returns:
        1 or more; 0 where there is no Landlock.
    """
    version, _ = kernel.attempt("landlock_create_ruleset", None, 0, _VERSION)
    return max(version, 0)


def make_ruleset(read: Iterable[str], keep: str, *, alone: bool) -> int:
    """Make the ruleset of a candidate.

    Args:
        read: folders and files that it may read; devices among them may be written to.
        keep: the folder below which it may make files.
        alone: no mount layer stands behind this one, so that a Landlock which cannot forbid truncating will not do.

    Returns:
        A descriptor for `restrict`.

    Raises:
        ConfinementError: no Landlock, or one that is too old.
    """
    version, number = kernel.attempt("landlock_create_ruleset", None, 0, _VERSION)
    if number:
        raise ConfinementError(Layer.LANDLOCK, number, "ask for Landlock's version")
    if alone and version < _ABI_WITH_TRUNCATE:
        step = f"use Landlock's version {version}, which cannot forbid truncating files"
        raise ConfinementError(
            Layer.LANDLOCK, errno.ENOSYS, step, "Grade on Linux 6.2 or newer, or where namespaces are allowed."
        )
    handled = (1 << _RIGHTS_OF_ABI[min(version, max(_RIGHTS_OF_ABI))]) - 1
    attributes = struct.pack("=Q", handled)
    if version >= 4:
        attributes += struct.pack("=Q", 0b11)
    if version >= 6:
        attributes += struct.pack("=Q", 0b11)
    ruleset = kernel.call(Layer.LANDLOCK, "make a ruleset", "landlock_create_ruleset", attributes, len(attributes), 0)
    for path in read:
        _allow(ruleset, path, _READ, handled)
    _allow(ruleset, keep, _KEEP, handled)
    return ruleset


def restrict(ruleset: int) -> None:
    """Put the calling thread under a ruleset, for good; no_new_privs must be set.

    Args:
        ruleset: from `make_ruleset`.

    Raises:
        ConfinementError: the kernel does not take it.
    """
    _, number = kernel.attempt("landlock_restrict_self", ruleset, _QUIET)
    if number:  # an ABI below 7 knows no flags
        kernel.call(Layer.LANDLOCK, "restrict itself", "landlock_restrict_self", ruleset, 0)


def _allow(ruleset: int, path: str, rights: int, handled: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise ConfinementError(Layer.LANDLOCK, error.errno or 0, f"open {path}") from error
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISCHR(mode):
            rights = _READ_FILE | _WRITE_FILE
        elif not stat.S_ISDIR(mode):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights & handled, place)
        kernel.call(Layer.LANDLOCK, f"allow {path}", "landlock_add_rule", ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(place)
