"""Attempts of a student's to do what is forbidden; each says in the cell's output how it ended."""

from collections.abc import Mapping

from .course import ADD_WRONG

HIT, REFUSED = "hit: ", "refused: "


def tries(attempts: Mapping[str, str], before: str = "", answer: str = ADD_WRONG) -> str:
    """Code of a cell that makes attempts, and then answers.

    Args:
        attempts: code by name; to be refused is to raise something, or to leave `hit` unset or false.
        before: code that runs first, in the same namespace.
        answer: what the cell defines in the end.
    """
    return f"""\
import ctypes, errno, os, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    # A system call; whether it was refused as if it did not exist, or let through (if only to find fault with it).
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    return result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES)
{before}
for name, code in {dict(attempts)!r}.items():
    room = dict(globals(), hit=True)
    try:
        exec(code, room)
    except BaseException as error:
        print({REFUSED!r} + name, type(error).__name__, str(error)[:100])
    else:
        print(({HIT!r} if room["hit"] else {REFUSED!r}) + name)
print("tried:", {len(attempts)})
{answer}
"""
