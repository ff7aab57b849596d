"""Reads the pages of the author's guide: their blocks of code, and what stands around them.

What is run, and how, is seen from a block's language and caption, which readers see as well:

- `console`: lines that begin with `$ ` are commands, what follows is what they print. `...` stands for anything.
- a caption `cell GRADE_ID`: what a cell of the notebook becomes.
- a caption `in FILE`: lines that stand on that page.
- any other caption with a slash: the content of that file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"(?P<ticks>`{3,}) *(?:\{(?P<directive>[\w-]+)\} *)?(?P<language>[\w-]*)$")
_OPTION = re.compile(r":(?P<name>[\w-]+): *(?P<value>.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: of the code, for example "python".
        directive: MyST's, such as "code-block"; empty for a plain block.
        caption: what stands above it; empty if nothing does.
        text: what is in it.
        line: of the page, in which it begins.
    """

    language: str
    directive: str
    caption: str
    text: str
    line: int


@dataclass(frozen=True)
class Table:
    """A table: its rows, the heading first; names in backticks come without these."""

    rows: tuple[tuple[str, ...], ...]
    line: int


def read(page: Path) -> list[Block | Table]:
    """Return the blocks and the tables of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return list(_read(lines))


def _read(lines: list[str]) -> Iterator[Block | Table]:
    number = 0
    while number < len(lines):
        start, fence = number, _FENCE.match(lines[number])
        number += 1
        if fence:
            inside = []
            while lines[number].strip() != fence["ticks"]:
                inside.append(lines[number])
                number += 1
            number += 1
            caption = ""
            while fence["directive"] and inside and (option := _OPTION.match(inside[0])):
                caption = option["value"] if option["name"] == "caption" else caption
                inside.pop(0)
            text = "\n".join(inside).strip("\n")
            yield Block(fence["language"], fence["directive"] or "", caption, text, start + 1)
        elif lines[start].startswith("|"):
            while number < len(lines) and lines[number].startswith("|"):
                number += 1
            rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[start:number]]
            yield Table(tuple(tuple(row) for row in rows if not set("".join(row)) <= set("-: ")), start + 1)


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    return [block for block in read(page) if isinstance(block, Block)]


def matches(expected: str, printed: str) -> bool:
    """Whether a command printed what a page shows: `...` stands for anything, spaces at a line's end for nothing."""
    pieces = [re.escape(piece) for piece in _trimmed(expected).split("...")]
    return re.fullmatch(".*?".join(pieces), _trimmed(printed), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
