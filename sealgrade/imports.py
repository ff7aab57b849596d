"""What not to load."""

import sys

# What jsonschema checks formats with, where it is installed: a grammar of internationalised addresses takes it two
# seconds, and the others a tenth together. No schema of a notebook has such a format.
_OF_FORMATS = ("rfc3987_syntax", "rfc3986_validator", "rfc3339_validator", "isoduration", "webcolors", "uri_template")


def leave_out_formats() -> None:
    """Keep jsonschema from loading what it checks formats with.

    To be called before nbformat is imported, in processes of our own.
    """
    for name in _OF_FORMATS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
