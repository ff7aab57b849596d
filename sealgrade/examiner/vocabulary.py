"""What may be said to a student although it comes from the student: the words of the submission's own source.

Theory of operation. The source was there before any hidden test ran, so its words say nothing of one by themselves.
What remains is the choice among them, which `redaction` bounds; so does the number of words: a submission that is a
dictionary has none.
"""

import builtins
import re
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

MOST_WORDS = 4096  # of a submission
MOST_CHARACTERS = 1_000_000

# Read by its letters and not by Python's parser, which a student's text could bring down; and once: a backslash takes
# the next letter with it, also outside of quotes, lest each quote begin a text that is sought to the end.
_PIECES = re.compile(
    r"#[^\n]*|\\."
    r"|(?P<kind>\b[rbufRBUF]{1,2})?"
    r'(?:"""(?P<a>.*?)"""|' + r"'''(?P<b>.*?)'''"
    r'|"(?P<c>(?:[^"\\\n]|\\.)*+)"' + r"|'(?P<d>(?:[^'\\\n]|\\.)*+)')",
    re.DOTALL,
)
_FIELD = re.compile(r"\{[^{}]*\}")
_OTHER_TYPES = {"safe", "same_kind", "unsafe", "generator_function", "dict_keys", "dict_values", "dict_items"}


@dataclass(frozen=True)
class Vocabulary:
    """Words, whole texts in quotes, and f-strings as the pieces around their fields."""

    words: frozenset[str] = frozenset()
    templates: tuple[tuple[str | None, ...], ...] = ()

    def knows(self, text: str) -> bool:
        """Whether a text is one of these words, or one of Python's or numpy's names, in quotes or not."""
        quoted = len(text) > 2 and text[0] == text[-1] and text[0] in "'\""
        return any(one in self.words or one in _names() for one in ((text, text[1:-1]) if quoted else (text,)))


def vocabulary(sources: Iterable[str]) -> Vocabulary:
    """Return the words of a submission; none where there are too many."""
    sources = list(sources)
    if sum(map(len, sources)) > MOST_CHARACTERS:
        return Vocabulary()
    read = [_read(source) for source in sources]
    words = frozenset[str]().union(*(one.words for one in read))
    templates = tuple(dict.fromkeys(template for one in read for template in one.templates))
    return Vocabulary(words, templates) if len(words) + len(templates) <= MOST_WORDS else Vocabulary()


def _read(source: str) -> Vocabulary:
    """Return the words of a cell; none if to look for them has once come to no end."""
    held = _held(source)
    if not held:
        held.append(Vocabulary())
        held[0] = _words(source)
    return held[0]


@lru_cache(1000)
def _held(source: str) -> list[Vocabulary]:
    """Where the words of a cell are kept."""
    return []


def _words(source: str) -> Vocabulary:
    words = set(re.findall(r"[^\W\d]\w*", source))
    templates = []
    for piece in _PIECES.finditer(source):
        text = next((found for name in "abcd" if (found := piece[name])), "")
        if "f" not in (piece["kind"] or "").lower():
            words.add(text if "\\" not in text else "")
        elif "{{" not in text and "\\" not in text:
            pieces = _FIELD.split(text)
            templates.append(tuple(between for one in pieces for between in (one or None, None))[:-1])
    return Vocabulary(frozenset(word for word in words if word and not word.isspace()), tuple(templates))


@cache
def _names() -> frozenset[str]:
    """Names that everybody knows: Python's, its types', numpy's."""
    kinds = {kind.__name__ for kind in vars(types).values() if isinstance(kind, type)}
    return frozenset({*dir(builtins), *dir(np), *dir(np.ndarray), "numpy", "math", *kinds} | _OTHER_TYPES)
