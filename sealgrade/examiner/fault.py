"""What goes wrong on the student's side: see `candidate`."""

import signal


class Fault(BaseException):
    """The student's process did not keep to the rules; the message says how.

    Attributes:
        kind: "died", "timeout", "protocol" or "flood".
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def how_it_ended(status: int) -> str:
    """Put the end of a process into words.

    Args:
        status: its exit status, or the negative number of the signal that ended it.
    """
    if status >= 0:
        return "ended Python"
    if status == -signal.SIGSYS:
        return "was killed, as it called the system in a way that is not allowed"
    crashed = -status in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
    return "crashed Python" if crashed else "was killed, as it used too much time or memory"
