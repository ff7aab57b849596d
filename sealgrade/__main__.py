"""The command `sealgrade`, which is `python -m sealgrade` too.

Processes that are forked for a command load its main module again: this one loads nothing.
"""


def main() -> None:
    """Run the command line."""
    from sealgrade.cli import main

    main()


if __name__ == "__main__":
    main()
