"""Where the commands print to. rich is loaded when there is something to print: not for a page of help."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@cache
def out() -> "Console":
    """Where results go."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=140)  # a log or a pipe has no edge to keep to


@cache
def err() -> "Console":
    """Where what happens meanwhile goes."""
    from rich.console import Console

    return Console(stderr=True)


def escape(text: str) -> str:
    """Return a text that rich prints as it is."""
    from rich.markup import escape as escaped

    return escaped(text)
