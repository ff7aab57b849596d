"""Pages that do nothing: what a student wrote is text, tables and pictures in a browser, never code.

nbconvert's `sanitize_html` covers what code cells output. nbgrader's pages (formgrader, feedback) render Markdown
themselves, without it; nbconvert's list of allowed attributes lets `class` and `id` through, which is enough to cover
a page with Bootstrap's classes or to stand in for formgrader's input of a score; and an output's metadata go into
attributes without quotes. So the filters and the preprocessor here take their places (`settings.configure`), in
formgrader and in the feedback. Nothing that was handed in or graded is changed.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import html
import re
import secrets
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES
from traitlets import Bool

# Marks a cell whose HTML sealgrade wrote itself; new in each process, so that no file can carry it.
OUR_OWN = secrets.token_hex()

_TEXT_TAGS = "a abbr b br code del em i img ins kbd mark q s samp small span strong sub sup tt u var"
_BLOCK_TAGS = "blockquote dd details div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre summary ul"
_TABLE_TAGS = "caption table tbody td tfoot th thead tr"
_TAGS = frozenset(f"{_TEXT_TAGS} {_BLOCK_TAGS} {_TABLE_TAGS}".split())
_CLASSES = frozenset(STANDARD_TYPES.values()) | {"highlight", "dataframe"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
# A file beside the notebook; anything with a slash could be an address of the server that shows the page.
_FILE = re.compile(r"\w(?:[\w.-]|%20)*\.(?:png|jpe?g|gif)", re.IGNORECASE)
_SIZE = re.compile(r"\d{1,4}%?")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
# Whole elements whose text is not meant to be read.
_UNREAD = re.compile(r"<(style|script)\b[^<]*</\1\s*>", re.IGNORECASE)

_SHOWN = frozenset(
    {"text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "image/jpeg"}
)
_MAX_SOURCE = 200_000  # characters of a cell that a page shows
_MAX_TEXT = 3_000_000  # characters of Markdown or HTML that are rendered
_MAX_MARKUP = 5_000  # tags or other marks in them: the parsers need the square of that
_MAX_COST = 200_000_000  # of a whole page, in such squares: some twenty seconds
# What most students' pages have in common is rendered once.
_MAX_KEPT = 20_000  # characters of a text whose HTML is kept, so that no class of odd pages fills the memory
_KEPT = 1_000  # of such texts, the last used
NO_ALT = "No description has been provided for this image"  # what nbconvert writes


class _LinksAsText(Filter):  # type: ignore[misc]
    """Writes an address behind its link, to read, not to click: it may be one of the server that shows the page."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        address = ""
        for token in super().__iter__():
            if token["type"] == "StartTag" and token["name"] == "a":
                address = token["data"].pop((None, "href"), "")
            yield token
            if token["type"] == "EndTag" and token["name"] == "a" and address:
                yield {"type": "Characters", "data": f" ({address})"}
                address = ""


class _DescribedImages(Filter):  # type: ignore[misc]
    """Says of a picture without a description that it has none, as nbconvert does when a page is done."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag") and token["name"] == "img":
                token["data"].setdefault((None, "alt"), NO_ALT)
            yield token


class Renderer(IPythonRenderer):
    """Renders Markdown, whatever attachments it names."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Name a picture that is not there, where nbconvert would give up the page."""
        try:
            return super().image(text, url, title)
        except (InvalidNotebook, StopIteration):
            return f"[{html.escape(text or 'picture')}: not in the notebook]"


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay: nothing that runs, leads away, gives a place on the page or a name in it."""
    if name == "class":
        return set(value.split()) <= _CLASSES
    if name == "src":
        return tag == "img" and bool(_PICTURE.fullmatch(value) or _FILE.fullmatch(value))
    if name in ("width", "height"):
        return tag == "img" and bool(_SIZE.fullmatch(value))
    if name in ("colspan", "rowspan", "start"):
        return value.isdecimal() and len(value) <= 3
    return name in ("alt", "title", "style") or (tag == "a" and name == "href")


def kept(render: Callable[..., str]) -> Callable[..., str]:
    """Return the same function, of a text and what else matters, which keeps what it has made of short texts."""
    keeping = lru_cache(maxsize=_KEPT)(render)
    return lambda text, *more: keeping(text, *more) if len(text) <= _MAX_KEPT else render(text, *more)


@kept
def _cleaned(text: str) -> str:
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols=("http", "https", "mailto", "data"),
        css_sanitizer=CSSSanitizer(allowed_css_properties=["text-align"]),
        filters=[_LinksAsText, _DescribedImages],
    )
    return cleaner.clean(_UNREAD.sub("", text))


def clean(text: Any) -> str:
    """Return HTML that does nothing, in the place of nbconvert's filter `clean_html`."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return _cleaned(text) if renderable(text) else f"<pre>{html.escape(shortened(text))}</pre>"


def _rendered(source: str, pictures: dict[str, dict[str, str]]) -> str:
    renderer = Renderer(escape=False, attachments=pictures, exclude_anchor_links=True)
    return clean(MarkdownWithMath(renderer=renderer).render(source))


@kept
def _without_pictures(source: str) -> str:
    return _rendered(source, {})


@pass_context
def markdown(context: Any, source: Any) -> str:
    """Return what Markdown says as HTML that does nothing, in the place of nbconvert's filter `markdown2html`."""
    cell = context.get("cell") or {}
    source = source if isinstance(source, str) else str(source)
    if cell.get("metadata", {}).get("sealgrade") == OUR_OWN:
        return source
    if not renderable(source):
        return f"<pre>{html.escape(shortened(source))}</pre>"
    pictures = pictures_of(cell.get("attachments"))
    return _rendered(source, pictures) if pictures else _without_pictures(source)


class Harmless(Preprocessor):
    """Reduces what is shown of a notebook to what the filters and nbconvert's templates show safely."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Cut what is too long, and leave out kinds of output that run, and what an output says about itself."""
        budget = _MAX_COST
        for cell in nb.cells:
            if len(cell.source) > _MAX_SOURCE and (cell.cell_type != "markdown" or len(cell.source) > _MAX_TEXT):
                left = len(cell.source) - _MAX_SOURCE
                cell.source = f"{cell.source[:_MAX_SOURCE]}\n[sealgrade: {left:,} more characters are not shown]"
            if cell.cell_type == "markdown":
                budget -= _cost(cell.source)
                if budget < 0:
                    cell.source = "[sealgrade: this page is too much to be shown; open the notebook]"
            for output in cell.get("outputs", []):
                if "data" in output:
                    budget -= self._reduce(output, budget)
        return nb, resources

    def _reduce(self, output: NotebookNode, budget: int) -> int:
        """Leave of an output what is shown; return what it costs to show it."""
        given, output.data = output.data, NotebookNode()
        spent = 0
        for kind in given:
            content = given[kind]
            if kind not in _SHOWN or not isinstance(content, str):
                continue
            if kind in ("text/html", "text/markdown", "text/latex"):
                if not renderable(content) or _cost(content) > budget - spent:
                    continue  # its plain text is shown in its place
                spent += _cost(content)
            if kind.startswith("image/") and kind != "image/svg+xml" and not _BASE64.fullmatch(content):
                continue
            output.data[kind] = content
        # nbconvert writes width and height without quotes, takes file names from here, and puts a page into a frame.
        sizes = {
            kind: NotebookNode(
                {
                    name: int(about[name])
                    for name in ("width", "height")
                    if isinstance(about.get(name), int | float) and 0 < about[name] < 10_000
                }
            )
            for kind, about in (output.get("metadata") or {}).items()
            if kind in ("image/png", "image/jpeg") and isinstance(about, dict)
        }
        output.metadata = NotebookNode(sizes)
        return spent


def pictures_of(attachments: Any) -> dict[str, dict[str, str]]:
    """Return the attachments that are pictures, under the kinds that a page shows."""
    if not isinstance(attachments, dict):
        return {}
    return {
        name: {
            kind: data
            for kind, data in bundle.items()
            if kind in ("image/png", "image/jpeg", "image/gif") and isinstance(data, str) and _BASE64.fullmatch(data)
        }
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }


def _marks(text: str) -> int:
    return max(text.count("<"), text.count("\\"), text.count("["))


def shortened(text: str) -> str:
    """Return as much of a text as a page shows where it cannot be rendered."""
    return text[:_MAX_SOURCE]


def renderable(text: str) -> bool:
    """Return whether a text can be rendered and cleaned in a reasonable time."""
    return len(text) <= _MAX_TEXT and _marks(text) <= _MAX_MARKUP


def _cost(text: str) -> int:
    # A formula takes the feedback page's converter (see `formulas`) some twenty microseconds a character.
    return _marks(text) ** 2 + (250 if "$" in text or "\\begin" in text else 50) * len(text)
