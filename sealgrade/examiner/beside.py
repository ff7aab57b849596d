"""What lies beside a notebook, for its tests: as in Jupyter, paths start there, and modules are found there."""

import contextlib
import sys
from collections.abc import Iterator
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
    place, before = str(folder.resolve()), set(sys.modules)
    sys.path.append(place)
    try:
        with contextlib.chdir(place):
            yield
    finally:
        sys.path.remove(place)
        for name in [name for name in sys.modules if name not in before]:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{place}/"):
                del sys.modules[name]
