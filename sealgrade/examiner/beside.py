"""What lies beside a notebook, for its tests: as in Jupyter, paths start there, and modules are found there."""

import contextlib
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path


@contextlib.contextmanager
def beside(folder: Path | None) -> Iterator[None]:
    """Within, a test finds the released files; modules of that folder are forgotten afterwards.

    Another assignment may have others under the same names.

    Args:
        folder: None where there is none.
    """
    if folder is None:
        yield
        return
    place, newest = str(folder.resolve()), next(reversed(sys.modules))
    sys.path.append(place)
    try:
        with contextlib.chdir(place):
            yield
    finally:
        sys.path.remove(place)
        # Modules are in the order in which they were imported, and there are thousands.
        for name in list(takewhile(lambda name: name != newest, reversed(sys.modules))):
            if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{place}/"):
                del sys.modules[name]
