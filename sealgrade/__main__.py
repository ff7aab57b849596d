"""`python -m sealgrade` is the command `sealgrade`."""

from sealgrade.cli import main

if __name__ == "__main__":
    main()
