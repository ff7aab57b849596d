"""The other end of `running.Other`."""

import os
import sys
from collections.abc import Callable


def serve(answer: Callable[[str], float | str]) -> None:
    """Answer each line of standard input; what the work itself prints goes nowhere."""
    lines, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    sys.stdin.close()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), 1)
    for line in lines:
        print(answer(line.strip()), file=answers, flush=True)
