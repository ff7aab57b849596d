r"""Formulas as MathML, which browsers draw by themselves: a page needs no script and no other server for them.

latex2mathml reads the LaTeX. What it makes is rebuilt here from tags, attributes and values that are known to do
nothing, because `\href`, `\class` and `\style` put in what the student likes, and its own text comes out unescaped.
"""

import html
import re
from functools import lru_cache
from itertools import zip_longest
from typing import NoReturn
from xml.etree.ElementTree import Element

from latex2mathml.converter import Converter
from latex2mathml.symbols_parser import convert_symbol

_MAX = 2_000  # characters of one formula
_MAX_DEPTH = 40  # of its braces: the converter calls itself for each of them
_TAG_NAMES = (
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub "
    "msubsup msup mtable mtd mtext mtr munder munderover none"
)
_ATTRIBUTE_NAMES = (
    "accent accentunder columnalign columnlines columnspacing display displaystyle fence form largeop linethickness "
    "lspace mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel separator "
    "stretchy symmetric width"
)
_FUNCTION_NAMES = "arccos arcsin arctan cos cosh cot coth csc dim exp ker lg ln log sec sin sinh tan tanh"
_TAGS, _ATTRIBUTES, _FUNCTIONS = (frozenset(names.split()) for names in (_TAG_NAMES, _ATTRIBUTE_NAMES, _FUNCTION_NAMES))
_LENGTH = r"-?[0-3]?(?:\.\d+)?(?:em|ex|px|pt|mu)?"  # no more than what a formula is spaced with: \qquad is 2em
_WORDS = r"true|false|block|inline|left|right|center|prefix|infix|postfix|solid|none|normal|[+-]?\d|(?:[a-z]+-)*[a-z]+"
_VALUE = re.compile(rf"(?:{_LENGTH}|{_WORDS})(?: (?:{_LENGTH}|left|right|center|solid|none))*")
_NAME = re.compile("[A-Za-z]{2,}")
# Where a formula stands alone, its number would start again at 1 in each cell.
_NUMBERED = re.compile(r"\\(begin|end)\{(align|gather|multline|eqnarray)\}")
_PLAIN = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math)\*?\}|\\(?:nonumber|notag)(?![A-Za-z])")
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")


class _NoMacros(dict[str, tuple[list[str], int]]):
    """Where the converter would keep a macro: a few of them that call each other would fill the memory."""

    def __setitem__(self, name: str, value: tuple[list[str], int]) -> NoReturn:
        raise ValueError(f"a macro: {name}")


@lru_cache(maxsize=2_000)
def mathml(latex: str, block: bool = False) -> str:
    """Return a formula as MathML; as its source, in `code`, where it cannot be read.

    Args:
        latex: the formula, without the dollars around it; it may be anybody's.
        block: whether it stands in a line of its own.
    """
    try:
        drawn = _written(_read(latex, block))
    except Exception:  # the converter has an exception for everything, and raises IndexError and the like besides
        return f'<code class="latex">{html.escape(latex.strip())}</code>'
    return f'<span class="formula">{drawn}</span>' if block else drawn


def _read(latex: str, block: bool) -> Element:
    depth = deepest = 0
    for character in latex:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    if len(latex) > _MAX or deepest > _MAX_DEPTH:
        raise ValueError("too large a formula")
    latex = _LABEL.sub("", _PLAIN.sub("", _NUMBERED.sub(r"\\\1{\2*}", latex)))
    converter = Converter(display="block" if block else "inline")
    converter.macros = _NoMacros()
    return converter.convert_to_element(latex)


def _written(element: Element) -> str:
    _space_names(element)
    if element.tag not in _TAGS:
        raise ValueError(f"an element {element.tag}")
    about = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    inner = _text(element.text or "") + "".join(_written(child) + _text(child.tail or "") for child in element)
    return f"<{element.tag}{about}>{inner}</{element.tag}>"


def _space_names(row: Element) -> None:
    """Space names of functions as TeX does: browsers set operators wide apart, and letters not at all."""
    for child, after in zip_longest(row, row[1:]):
        name = child.text or ""
        if (child.tag == "mo" and _NAME.fullmatch(name)) or (child.tag == "mi" and name in _FUNCTIONS):
            close = after is None or (after.tag == "mo" and after.text in ("(", "&#x00028;"))
            child.tag = "mo"
            child.attrib |= {"lspace": ".17em", "rspace": "0" if close else ".17em"}


def _text(text: str) -> str:
    """A text of the converter's, which has character references in it; a command that is left was not understood."""
    if text.startswith("\\") and len(text) > 1:
        symbol = convert_symbol(text)
        if not symbol:
            raise ValueError(f"an unknown command {text}")
        text = f"&#x{symbol};"
    elif text == "&":  # between columns, where the converter knows of none
        raise ValueError("a column outside of a table")
    return html.escape(html.unescape(text), quote=False)
