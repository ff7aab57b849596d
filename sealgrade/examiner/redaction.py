"""Taking out of a message what came from the student as text: it can say what a hidden test has handed in."""

import re
from typing import Any

import numpy as np

MAX_TEXTS = 20_000
MAX_CHARACTERS = 2_000_000
_SHORTEST = 3  # characters of a student's text that are looked for within words of a message
_SILENT = {float, int, bool, type(None)}  # most of what is heard, and says nothing
_BEGINNING = 8  # characters of one by which it is found where a message has cut it


class Heard:
    """The texts of the student's that a test cell has seen; where they are too many, no message is shown at all."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin a new cell."""
        self._texts: set[str] = set()
        self._room = MAX_CHARACTERS
        self._too_much = False

    def hear(self, value: Any) -> None:
        """Remember each text in a value.

        Args:
            value: plain data.
        """
        if self._too_much or type(value) in _SILENT or (type(value) is np.ndarray and value.dtype.kind not in "SU"):
            return
        if isinstance(value, str):
            self._add(value)
        elif isinstance(value, bytes):
            self._add(repr(value)[2:-1])
        elif isinstance(value, dict):
            for pair in value.items():
                self.hear(pair)
        elif isinstance(value, tuple | list | set | frozenset):
            for item in value:
                self.hear(item)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "SU":
            if value.nbytes > MAX_CHARACTERS:
                self._too_much = True
            else:
                self.hear(value.ravel().tolist())

    def _add(self, text: str) -> None:
        self._room -= len(text)
        self._texts.add(text)
        self._too_much = self._too_much or self._room < 0 or len(self._texts) > MAX_TEXTS

    def redact(self, message: str) -> str:
        """Return a message without these texts."""
        lines = {line for text in self._texts for line in (text, *text.splitlines())}
        pieces = {piece for line in lines for piece in (line, repr(line)[1:-1]) if piece}
        if self._too_much or len(pieces) > MAX_TEXTS:
            return "…"
        for piece in sorted(pieces, key=len, reverse=True):
            if len(piece) >= _SHORTEST or not piece.isascii():
                message = message.replace(piece, "…")
                message = _without_beginning(message, piece)
            elif not piece.isspace():
                message = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", "…", message)
        return message


def _without_beginning(message: str, piece: str) -> str:
    """Take out what a message shows of a text that it has cut."""
    while len(piece) > _BEGINNING and (start := message.find(piece[:_BEGINNING])) >= 0:
        end = start + _BEGINNING
        while end < len(message) and end - start < len(piece) and message[end] == piece[end - start]:
            end += 1
        message = f"{message[:start]}…{message[end:]}"
    return message
