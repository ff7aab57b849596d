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
    place, before = str(folder.resolve()), sys.modules.copy()
    sys.path.append(place)
    try:
        with contextlib.chdir(place):
            yield
    finally:
        sys.path.remove(place)
        # There are thousands, and most tests load none: one that was loaded comes last.
        has_more = len(sys.modules) != len(before) or next(reversed(sys.modules)) != next(reversed(before))
        for name in [name for name in sys.modules if name not in before] if has_more else ():
            if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{place}/"):
                del sys.modules[name]
