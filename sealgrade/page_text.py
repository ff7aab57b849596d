"""What a student wrote, as a part of the feedback page: Markdown, HTML and code that do nothing and stay in place.

The sanitising is that of `harmless`. Here come the formulas, which are put in when all else is clean; the headings,
which stand below those of the page; and the room that there is: however much a student's code prints, a page that is
read on a phone has a bound.
"""

# nbconvert leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

import html
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from nbconvert.filters.ansi import strip_ansi
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from sealgrade.formulas import mathml
from sealgrade.harmless import Renderer, clean, kept, pictures_of, renderable

# Stands for a formula while Markdown is rendered and cleaned; new in each process, so that no text can hold it.
_MARK = secrets.token_hex(8)
_PIECE = re.compile(rf"""<(?:[^<>"']|"[^"]*"|'[^']*')*>|{_MARK}(\d+);""")
_INNER = re.compile(rf"{_MARK}(\d+);")
_HEADING = re.compile(r"<(/?)h([1-6])\b")
_BELOW = 2  # levels that the page has above the notebook
_DATA = re.compile(r'(?<=")data:image/[^"]*')

_MAX_PRINTED = 20_000  # characters of one text that code puts out
ROOM = 200_000  # bytes of what a student wrote and printed on one page, figures apart
NO_ROOM = "Not shown here, because the page would become too large. It is in your notebook."


class _Renderer(Renderer):
    """Renders Markdown with a mark in the place of each formula."""

    def __init__(self, pictures: dict[str, dict[str, str]]) -> None:
        super().__init__(escape=False, attachments=pictures, exclude_anchor_links=True)
        self.formulas: list[tuple[str, bool]] = []

    def block_math(self, body: str) -> str:
        """Put a formula that stands alone aside."""
        return self._mark(body, block=True)

    def inline_math(self, body: str) -> str:
        """Put a formula aside."""
        return self._mark(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        """Put aside a formula that begins with `\\begin`."""
        return self._mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)

    def _mark(self, latex: str, block: bool) -> str:
        self.formulas.append((latex, block))
        return f"{_MARK}{len(self.formulas) - 1};"


def _in_place(cleaned: str, formulas: list[tuple[str, bool]]) -> str:
    """Put formulas into clean HTML, headings below the page's own, and wide tables into boxes that scroll."""

    def source(found: re.Match[str]) -> str:
        return html.escape(formulas[int(found[1])][0])

    def placed(found: re.Match[str]) -> str:
        if found[1]:
            return mathml(*formulas[int(found[1])])
        tag = _INNER.sub(source, found[0]) if formulas else found[0]  # in an attribute it is text
        if tag.startswith("<table"):
            return f'<div class="wide">{tag}'
        if tag == "</table>":
            return f"{tag}</div>"
        return _HEADING.sub(lambda head: f"<{head[1]}h{min(6, int(head[2]) + _BELOW)}", tag)

    return _PIECE.sub(placed, cleaned)


def _rendered(source: str, pictures: dict[str, dict[str, str]]) -> str:
    renderer = _Renderer(pictures)
    return _in_place(clean(MarkdownWithMath(renderer=renderer).render(source)), renderer.formulas)


@kept
def _without_pictures(source: str) -> str:
    return _rendered(source, {})


def page_markdown(source: Any, cell: Mapping[str, Any]) -> Markup:
    """Return what Markdown says as HTML that does nothing, with its formulas as MathML.

    Args:
        source: the Markdown.
        cell: the cell that it stands in, which may have pictures attached.
    """
    source = source if isinstance(source, str) else str(source)
    if not renderable(source):
        return page_plain(source)
    pictures = pictures_of(cell.get("attachments"))
    return Markup(_rendered(source, pictures) if pictures else _without_pictures(source))


def page_html(text: Any) -> Markup:
    """Return HTML that code has put out as HTML that does nothing."""
    return Markup(_in_place(clean(text), []))


def page_latex(text: str) -> Markup:
    """Return LaTeX that code has put out, dollars included, as text with formulas."""
    return Markup(_without_pictures(text)) if renderable(text) else page_plain(text)


def page_plain(text: str) -> Markup:
    """Return text that code has put out as lines of text, without colours, and without what is too long to be read."""
    text = strip_ansi(text)
    if len(text) > _MAX_PRINTED:
        left = len(text) - _MAX_PRINTED
        text = f"{text[:_MAX_PRINTED]}\n[{left:,} more characters are not shown; they are in your notebook]"
    return Markup(f"<pre>{html.escape(text, quote=False)}</pre>")


def points(number: float) -> str:
    """Return points as they are read: at most two decimals, and none where there are none."""
    return f"{round(number, 2):g}"


class Room:
    """How much more of what a student wrote a page takes; figures do not count."""

    def __init__(self, size: int = ROOM) -> None:
        self.left = size

    def takes(self, shown: Markup) -> Markup:
        """Return a piece of HTML, or a sentence in its place if the page has no room for it."""
        size = len(_DATA.sub("", shown).encode("utf-8", "replace"))
        if size > self.left:
            return Markup(f'<p class="note">{NO_ROOM}</p>')
        self.left -= size
        return shown


def highlighted(highlight: Callable[[str, Any], str]) -> Callable[[str, Any], Markup]:
    """Return a filter that shows code in colours, as long as that is short enough."""

    def page_code(source: str, metadata: Any) -> Markup:
        if len(source) > _MAX_PRINTED:
            return page_plain(source)
        return Markup(highlight(source, metadata))

    return page_code
