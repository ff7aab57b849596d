"""What not to load, and how to load the rest."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What jsonschema checks formats with, where it is installed: a grammar of internationalised addresses takes it two
# seconds, and the others a tenth together. No schema of a notebook has such a format.
_OF_FORMATS = ("rfc3987_syntax", "rfc3986_validator", "rfc3339_validator", "isoduration", "webcolors", "uri_template")


def leave_out_formats() -> None:
    """Keep jsonschema from loading what it checks formats with.

    To be called before nbformat is imported, in processes of our own.
    """
    for name in _OF_FORMATS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@contextmanager
def for_good() -> Iterator[None]:
    """Load what stays until the process ends, and the processes that are forked from it.

    No garbage is collected meanwhile, since next to nothing of what imports make is garbage: it takes a fifth of the
    time. And later collections pass over what is there by then; they would copy the memory that forks share.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
