"""System calls that the standard library of Python 3.11 does not have, by name.

Theory of operation. Everything goes through libc's `syscall` with the numbers of `syscalls.py`, so that no function of
a particular libc is needed, and through one place that turns a failure into a `ConfinementError` which names its layer.
Nothing here is for the student's code: it is loaded before the fork, and the filter forbids these calls afterwards.
"""

import ctypes
import os

from .errors import ConfinementError
from .syscalls import NUMBERS

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_numbers = NUMBERS.get(os.uname().machine, {})

Argument = int | bytes | None


def attempt(name: str, *arguments: Argument) -> tuple[int, int]:
    """Make a system call, and take what comes.

    Args:
        name: as in `syscalls.NUMBERS`.
        *arguments: integers, addresses as integers, or bytes for a pointer to them.

    Returns:
        The call's result, and the error number (0 if it succeeded).
    """
    words = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a or 0) for a in arguments]
    result = int(_syscall(ctypes.c_long(_numbers[name]), *words))
    return result, ctypes.get_errno() if result == -1 else 0


def call(layer: str, step: str, name: str, *arguments: Argument) -> int:
    """Make a system call that has to succeed.

    Args:
        layer: the layer that needs it.
        step: what it does, for the error message.
        name: as in `syscalls.NUMBERS`.
        *arguments: see `attempt`.

    Returns:
        The call's result.

    Raises:
        ConfinementError: it failed.
    """
    result, number = attempt(name, *arguments)
    if number:
        raise ConfinementError(layer, number, step)
    return result


def unshare(layer: str, step: str, flags: int) -> None:
    """Leave the namespaces that `flags` names for new ones.

    Args:
        layer: the layer that needs it.
        step: what it does, for the error message.
        flags: `CLONE_NEW...`.

    Raises:
        ConfinementError: the system does not allow it.
    """
    call(layer, step, "unshare", flags)


def mount_tmpfs(layer: str, target: str, flags: int, options: str) -> None:
    """Mount a fresh tmpfs.

    Args:
        layer: the layer that needs it.
        target: the folder to mount it on.
        flags: `MS_...`.
        options: as in mount(8): sizes, mode.

    Raises:
        ConfinementError: the system does not allow it.
    """
    call(layer, f"mount a tmpfs on {target}", "mount", b"tmpfs", target.encode(), b"tmpfs", flags, options.encode())
