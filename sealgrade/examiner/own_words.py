"""Where in a message the words of the test itself stand, as they are in its source.

Theory of operation. The statement that raised, which the traceback names, says of what the message is made: of the
test's own words, and of what was put between them. Each is found at most once and in order, so that a student's code
that repeats the test's words shows nothing by them. A helper's message begins with how the test names the thing, which
is a text in the test's source. But so is what a test hands in: where a message begins with a text of the student's, it
is no such name.
"""

import ast
import linecache
from collections.abc import Sequence
from functools import lru_cache
from types import TracebackType

Template = tuple[str | None, ...]  # words, and None for what is put in
Span = tuple[int, int]


def own_words(message: str, trace: TracebackType | None, source: str) -> tuple[list[Span], list[Span]]:
    """Return the places of a message that are the test's words.

    Args:
        message: what was raised.
        trace: where.
        source: of the test cell.

    Returns:
        Those of the statement that raised; and those of a text of the test with which the message begins, which are
        the test's only where it does not begin with the student's.
    """
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    template: Template = (None,)
    if trace is not None:
        lines = linecache.getlines(trace.tb_frame.f_code.co_filename)
        template = _raised(_templates("".join(lines))[0], trace.tb_lineno)
    spans = places(template, message)
    if spans and template[0] is not None:
        return spans, []
    beginnings = [places((*one, None), message) for one in _templates(source)[1] if one[0] is not None]
    return spans, max(beginnings, key=lambda found: sum(end - start for start, end in found), default=[])


def places(template: Sequence[str | None], text: str) -> list[Span]:
    """Return where the words of a template stand in a text; nothing where it is not made of it."""
    spans: list[Span] = []
    at = 0
    for i, words in enumerate(template):
        if words is None:
            continue
        last = len(text) - len(words)
        start = 0 if i == 0 else last if i == len(template) - 1 else text.find(words, at)
        if start < at or not text.startswith(words, start) or (i == len(template) - 1 and start != last):
            return []
        at = start + len(words)
        spans.append((start, at))
    return spans


def _raised(statements: Sequence[tuple[int, int, Template]], line: int) -> Template:
    around = [(end - start, template) for start, end, template in statements if start <= line <= end]
    return min(around, key=lambda one: one[0])[1] if around else (None,)


@lru_cache(500)
def _templates(source: str) -> tuple[list[tuple[int, int, Template]], list[Template]]:
    """Return the messages of `assert` and `raise`, with their lines, and all texts of a source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return [], []
    statements, texts = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg is not None:
            statements.append((node.lineno, node.end_lineno or node.lineno, _template(node.msg)))
        elif isinstance(node, ast.Raise):
            made = node.exc.args[0] if isinstance(node.exc, ast.Call) and len(node.exc.args) == 1 else None
            statements.append((node.lineno, node.end_lineno or node.lineno, _template(made)))
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            texts.append(_template(node))
    return statements, [text for text in texts if text]


def _template(node: ast.expr | None) -> Template:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,) if node.value else ()
    if isinstance(node, ast.JoinedStr):
        return _joined([_template(one) for one in node.values])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined([_template(node.left), _template(node.right)])
    return (None,)


def _joined(pieces: Sequence[Template]) -> Template:
    """One template of several; words that touch become one."""
    made: list[str | None] = []
    for one in (one for piece in pieces for one in piece):
        if made and one is not None and made[-1] is not None:
            made[-1] += one
        elif one is not None or not made or made[-1] is not None:
            made.append(one)
    return tuple(made)
