"""What our own processes have loaded when they are forked, so that each of them need not do it again."""

import sys
from types import TracebackType

from sealgrade.imports import for_good

with for_good():
    import sealgrade.work
    import sealgrade.workers  # noqa: F401 - to have them loaded is what this is for


def _tell(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """Say nothing where the process that we were started by is stopped before it has said what to do."""
    if not issubclass(kind, EOFError):
        sys.__excepthook__(kind, error, where)


sys.excepthook = _tell
