"""Taking out of a message what came from the student as text: it can say what a hidden test has handed in.

Theory of operation. What was heard is looked for in the message and cut, wherever it stands. Left is what says nothing
of a hidden test by itself: the test's own words, the line of the student's source, the student's own words
(`vocabulary`) and the words of Python's messages (`forms`). The choice among these is a way to say something, so a
message keeps few of them: at most `MOST_KEPT` words, and one message of Python's. White space says something too, by
its kind and its length: what is not the test's own is one blank.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from sealgrade.examiner import forms
from sealgrade.examiner.handles import Handle
from sealgrade.examiner.own_words import Span, Template, places
from sealgrade.examiner.vocabulary import Vocabulary

MAX_TEXTS = 20_000
MAX_CHARACTERS = 2_000_000
MOST_PLACES = 1000  # of a message where something was found
MOST_KEPT = 4  # words of the student's in a message
_SHORTEST = 3  # characters of a student's text that are looked for within words of a message
_SILENT = {float, int, bool, type(None)}  # most of what is heard, and says nothing
_BLANKS = {"", " ", "\n"}  # of what is heard, and in every message anyway
_APART = "  ("
_END = 8  # characters of its beginning or its end by which one is found where a message has cut it


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
        kind = type(value)
        if self._too_much or kind in _SILENT or (kind is np.ndarray and value.dtype.kind not in "SU"):
            return
        if isinstance(value, Handle):  # before the checks below, which would go through its `__getattribute__`
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

    def redact(
        self,
        message: str,
        known: Vocabulary | None = None,
        own: Sequence[Span] = (),
        beginning: Sequence[Span] = (),
    ) -> str:
        """Return a message without these texts.

        Args:
            message: what a test failed with.
            known: the words of the student's source.
            own: places of the message that are not the student's words, whatever was heard.
            beginning: more of these, if the message does not begin with a text that was heard.
        """
        known = known or Vocabulary()
        # Two blanks part the quoted line from what is before it.
        own = [(start - len(_APART) if message.endswith(_APART, 0, start) else start, end) for start, end in own]
        lines = {line for text in self._texts for line in (text, *text.splitlines())}
        pieces = {piece for line in lines for piece in (line, repr(line)[1:-1]) if piece not in _BLANKS}
        if self._too_much or len(pieces) > MAX_TEXTS:
            return "…"
        found, room = list[tuple[str, list[Span]]](), MOST_PLACES
        for piece in pieces:
            if spans := list(islice(_places(message, piece), room + 1)):
                found.append((piece, spans))
                room -= len(spans)
            if room < 0:
                return "…"
        if any(start == 0 for piece, spans in found if not known.knows(piece) for start, _ in spans):
            beginning = []
        cuts, too_many = _cuts(found, known, own)
        return _without(message, cuts, [*own, *beginning], too_many)


def _places(message: str, piece: str) -> Iterator[Span]:
    """Yield where a message shows a text, or the beginning or the end of one that it has cut."""
    whole_words = len(piece) < _SHORTEST and piece.isascii() and not piece.isspace()
    at = message.find(piece)
    while at >= 0:
        end = at + len(piece)
        if not whole_words or not (_is_letter(message, at - 1) or _is_letter(message, end)):
            yield at, end
        at = message.find(piece, at + 1)
    if len(piece) <= _END or piece.isspace():
        return
    at, reach = message.find(piece[:_END]), -1
    while at >= 0:
        size = _END
        while at + size < len(message) and size < len(piece) and message[at + size] == piece[size]:
            size += 1
        if size < len(piece) and at + size > reach:  # not within another
            yield at, at + size
        reach = max(reach, at + size)
        at = message.find(piece[:_END], at + 1)
    at, reach = message.rfind(piece[-_END:]), len(message) + 1
    while at >= 0:
        end, size = at + _END, _END
        while size < end and size < len(piece) and message[end - size - 1] == piece[-size - 1]:
            size += 1
        if size < len(piece) and end - size < reach:
            yield end - size, end
        reach = min(reach, end - size)
        at = message.rfind(piece[-_END:], 0, end - 1)


def _is_letter(message: str, at: int) -> bool:
    return 0 <= at < len(message) and (message[at].isalnum() or message[at] == "_")


def _cuts(
    found: Sequence[tuple[str, list[Span]]], known: Vocabulary, own: Sequence[Span]
) -> tuple[list[Span], list[Span]]:
    """Return the places that are cut; and those of known words that are too many."""
    cuts: list[Span] = []
    words: set[Span] = set()
    told: dict[Span, tuple[int, list[Span]]] = {}  # messages of a known form
    for piece, spans in found:
        if known.knows(piece):
            words.update(spans)
            continue
        form = forms.match(piece, known.knows) or _of_an_f_string(piece, known.templates)
        for start, end in spans:
            if form is None or end - start < len(piece):
                cuts.append((start, end))
            else:
                told[start, end] = form[0], [(start + a, start + b) for a, b in form[1]]
    room, kept, holes = MOST_KEPT, list[Span](), list[Span]()
    for span in sorted(told, key=lambda one: one[0] - one[1]):
        names, inside = told[span]
        if kept or names > room:
            cuts.append(span)
        else:
            kept.append(span)
            room -= names
            holes = inside
    shown = [span for span in _largest(words) if not _is_within(span, [*kept, *own])]
    kept += shown[:room]
    # What was heard and is a part of what is kept says no more than that.
    return [span for span in cuts if not _is_within(span, kept)] + holes, shown[room:]


def _largest(places: Iterable[Span]) -> list[Span]:
    """Return, in order, the places that are not within another."""
    largest: list[Span] = []
    for start, end in sorted(places, key=lambda one: (one[0], -one[1])):
        if not largest or end > largest[-1][1]:
            largest.append((start, end))
    return largest


def _is_within(place: Span, others: Iterable[Span]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in others)


def _of_an_f_string(text: str, templates: Iterable[Template]) -> forms.Match | None:
    """Look at a text as one that an f-string of the student's has made: all that was put in is cut."""
    for template in templates:
        spans = places(template, text)
        if spans:
            edges = [edge for span in spans for edge in span]
            edges = [0, *edges] if template[0] is None else edges[1:]
            edges = [*edges, len(text)] if template[-1] is None else edges[:-1]
            return 1, list(zip(edges[::2], edges[1::2], strict=True))
    return None


def _without(message: str, cuts: Iterable[Span], own: Iterable[Span], too_many: Iterable[Span]) -> str:
    """Put an ellipsis for what is cut; an empty place has one too, since that it is empty says something.

    Args:
        message: the whole of it.
        cuts: places that are cut;
        own: but not here, where white space stays as it is, and is one blank elsewhere;
        too_many: places that are cut in any case.
    """
    is_cut, is_own = bytearray(len(message) + 1), bytearray(len(message) + 1)
    empty = set()
    for spans, cut in ((cuts, b"\1"), (own, b"\0"), (too_many, b"\1")):
        for start, end in spans:
            is_cut[start:end] = cut * (end - start)
            empty |= {start} if start == end else set()
    for start, end in own:
        is_own[start:end] = b"\1" * (end - start)
    shown = list[str]()
    was_cut = was_blank = False
    for at, letter in enumerate([*message, ""]):
        if not was_cut and (is_cut[at] or at in empty):
            shown.append("…")
        blank = letter.isspace() and not is_own[at] and not is_cut[at]
        if not is_cut[at] and not (blank and was_blank):
            shown.append(" " if blank else letter)
        was_cut, was_blank = bool(is_cut[at]), blank
    return "".join(shown)
