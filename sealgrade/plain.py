"""Text of strangers, fit for a terminal, a log and one field of a table."""

import logging
import unicodedata


def plain(text: str) -> str:
    """Return text in one line in which every character that does not show is written out.

    Escape sequences move a terminal's cursor, set its title or paste; characters that turn the direction of writing
    make one text look like another; half a surrogate pair cannot be printed at all.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode()


class PlainFormatter(logging.Formatter):
    """Writes log records as they are, but for what a terminal would act on when the log is read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text; lines remain lines."""
        return "\n".join(plain(line.expandtabs(4)) for line in super().format(record).split("\n"))
