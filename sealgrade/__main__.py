"""The command `sealgrade`, which is `python -m sealgrade` too.

Processes that are forked for a command load its main module again: this one loads nothing.
"""

import gc
import sys

_GRADING = ("grade", "check")  # the commands that hand notebooks to processes of their own
_RARELY = 100_000  # objects more before garbage is collected, instead of 700


def main() -> None:
    """Run the command line."""
    # What is loaded stays, by the hundred thousand objects: to look for garbage in it takes a fifth of the time.
    gc.set_threshold(_RARELY)
    command = "".join(sys.argv[1:2])
    if command in _GRADING and "--help" not in sys.argv:
        from sealgrade.ahead import begin

        begin(command)
    from sealgrade.cli import main

    try:
        main()
    finally:
        # Python looks for garbage in all of it when it ends: a fifth of a second, and the memory goes back anyway.
        gc.freeze()


if __name__ == "__main__":
    main()
