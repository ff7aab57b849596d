"""What not to load."""

import sys


def leave_out_iris() -> None:
    """Keep jsonschema from loading a grammar of internationalised addresses, which takes it two seconds.

    It checks the format "iri" with it, where it is installed; no schema of a notebook has that format. To be called
    before nbformat is imported, in processes of our own.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
