"""JSON that an editor, a tool or a slip has damaged, read as far as it goes.

What is mended keeps to one rule: nothing is made up. A repair either leaves every word of the student's as it was
(encodings, commas), or leaves out what cannot be read and says so.
"""

import json
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sealgrade.errors import UnreadableNotebook
from sealgrade.notes import Note

_MAX_MENDED = 10_000_000  # bytes; larger files are read as they are or not at all
_MAX_FAILURES = 20
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|,(?=\s*[\]}])', re.DOTALL)
# A cell as it begins; inside of a string the quotes would be escaped.
_CELL = re.compile(r'\{\s*"(?:attachments|cell_type|collapsed|execution_count|id|input|metadata|source)"\s*:')
_OTHER_KINDS = {
    b"PK\x03\x04": "it is an archive (zip); archives are not opened",
    b"\x1f\x8b": "it is an archive (gzip); archives are not opened",
    b"Rar!": "it is an archive (rar); archives are not opened",
    b"7z\xbc\xaf": "it is an archive (7z); archives are not opened",
    b"%PDF": "it is a PDF",
    b"\x89PNG": "it is a picture",
    b"<!DOCTYPE": "it is a web page",
    b"<!doctype": "it is a web page",
    b"<html": "it is a web page",
}


@dataclass(frozen=True)
class Mended:
    """What a file says.

    Attributes:
        content: the object that it holds.
        notes: what had to be mended.
    """

    content: dict[str, Any]
    notes: tuple[Note, ...] = ()


def read_json(data: bytes) -> Mended:
    """Read a notebook's JSON.

    Args:
        data: the file.

    Raises:
        UnreadableNotebook: there is nothing to be had.
    """
    if not data.strip(b" \t\r\n"):
        raise UnreadableNotebook("it is empty")
    for start, kind in _OTHER_KINDS.items():
        if data.startswith(start):
            raise UnreadableNotebook(kind)
    text, notes = _decode(data)
    try:
        content = _loads(text)
    except (ValueError, RecursionError) as error:
        if len(data) > _MAX_MENDED:
            raise UnreadableNotebook(_reason(error)) from error
        mended = _mend(text)
        if mended is None:
            raise UnreadableNotebook(_reason(error)) from error
        return Mended(mended.content, (*notes, *mended.notes))
    if not isinstance(content, dict):
        raise UnreadableNotebook("it is JSON, but not a notebook")
    return Mended(content, notes)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON from line {error.lineno} on"
    return "it is not JSON that can be read"


def _decode(data: bytes) -> tuple[str, tuple[Note, ...]]:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError:
        # Saved by an editor as Windows text; a binary file fails later.
        return data.decode("cp1252", errors="replace"), (Note("The file was not saved as UTF-8; letters may be lost."),)


def _number(digits: str) -> int:
    return int(digits[:18])  # no number of a notebook's matters, and Python refuses some


_decoder = json.JSONDecoder(strict=False, parse_int=_number)


def _loads(text: str) -> Any:
    return _decoder.decode(text)


def _mend(text: str) -> Mended | None:
    for mend, note in _MENDS:
        for version in mend(text):
            try:
                content = _loads(version)
            except (ValueError, RecursionError):
                continue
            if isinstance(content, dict):
                return Mended(content, (note,))
    for version in (text, *_sides_of_a_merge(text), *_out_of_a_mail(text)):
        if cells := _complete_cells(version):
            said = f"The file is damaged; {len(cells)} complete cells could be read, the others are lost."
            return Mended({"cells": cells}, (Note(said, needs_a_look=True),))
    return None


def _without_commas(text: str) -> Iterator[str]:
    yield _STRING_OR_COMMA.sub(lambda found: "" if found[0] == "," else found[0], text)


def _sides_of_a_merge(text: str) -> Iterator[str]:
    if "<<<<<<<" in text:
        for wanted in ("<<<<<<<", "======="):
            one = _side_of_a_merge(text, wanted)
            yield one
            yield from _without_commas(one)


def _side_of_a_merge(text: str, wanted: str) -> str:
    """The text with one side of each conflict, the one that begins with a line of seven `<` or of seven `=`."""
    kept, part = [], ""
    for line in text.splitlines(keepends=True):
        mark = line[:7]
        if mark == "<<<<<<<" or (part and mark in ("|||||||", "=======")):
            part = mark
        elif part and mark == ">>>>>>>":
            part = ""
        elif part in ("", wanted):
            kept.append(line)
    return "".join(kept)


def _out_of_a_mail(text: str) -> Iterator[str]:
    """The object within other text: a mail's head and foot, its marks of quotation, its way to break lines."""
    versions = [text, re.sub(r"^> ?", "", text, flags=re.MULTILINE)]
    if re.search(r"=\r?\n", text):
        versions.append(quopri.decodestring(text.encode()).decode("utf-8", "replace"))
    for version in versions:
        start, end = version.find("{"), version.rfind("}")
        if 0 <= start < end:
            yield version[start : end + 1]


_MENDS: tuple[tuple[Callable[[str], Iterator[str]], Note], ...] = (
    (_without_commas, Note("The file had commas too many.")),
    (
        _sides_of_a_merge,
        Note("The file holds an unresolved merge of git's; its first side that can be read counts.", needs_a_look=True),
    ),
    (_out_of_a_mail, Note("The notebook was found within other text, such as a mail.", needs_a_look=True)),
)


def _complete_cells(text: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = []
    position = failures = 0
    while failures < _MAX_FAILURES and (found := _CELL.search(text, position)):
        try:
            value, position = _decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            position, failures = found.end(), failures + 1
            continue
        # What nbgrader has written into a cell has a type too.
        if isinstance(value, dict) and "cell_type" in value and ("source" in value or "input" in value):
            cells.append(value)
    return cells
