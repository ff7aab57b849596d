"""What grading needs, started when the command begins: to read its arguments takes a third of a second.

Ctrl-C meanwhile waits for the command, which knows what to say to it.
"""

import contextlib
import signal
from typing import Any

from sealgrade import workers
from sealgrade.errors import SealgradeError
from sealgrade.examiner.process import launch_ahead

_came: list[int] = []


def begin(command: str) -> None:
    """Start what a command needs that hands notebooks to other processes."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored, as with `nohup`
        signal.signal(signal.SIGINT, _note)
    with contextlib.suppress(OSError, AttributeError, SealgradeError):  # what fails here fails again where it is said
        launch_ahead()
        workers.start(pages=command == "grade")


def take_over() -> None:
    """Let the command be interrupted from here on, and now, if it was to be before."""
    workers.start()  # where nobody has begun
    if signal.getsignal(signal.SIGINT) is _note:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if _came:
            raise KeyboardInterrupt


def _note(number: int, _: Any) -> None:
    _came.append(number)
