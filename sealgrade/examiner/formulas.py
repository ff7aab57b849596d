"""The formulas that the given cells of a notebook draw: what students have received, and so no secret."""

import ast
from collections.abc import Iterable

MOST, LONGEST = 40, 200  # formulas of a notebook, and characters of one


def formulas_in(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the texts in cells that matplotlib would read as formulas.

    Args:
        sources: of code cells, as they were released.
    """
    found: dict[str, None] = {}
    for source in sources:
        if "$" not in source:
            continue
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except (SyntaxError, ValueError, RecursionError):  # a magic, or a stub with a gap to fill
            continue
        pieces = {id(piece) for node in nodes if isinstance(node, ast.JoinedStr) for piece in node.values}
        for node in nodes:
            text = node.value if isinstance(node, ast.Constant) and id(node) not in pieces else None
            if isinstance(text, str) and text.count("$") >= 2 and text.count("$") % 2 == 0 and len(text) <= LONGEST:
                found[text] = None
    return tuple(found)[:MOST]
