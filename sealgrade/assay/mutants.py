"""Mutants of the solution: its cells with one small mistake each, made mechanically.

The changes come from the table of operators in `mutations`, most of whose general part is that of mutmut. Needs the
extra `check`.
"""

import ast
import hashlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sealgrade.errors import SealgradeError

if TYPE_CHECKING:
    import libcst as cst

_MAGIC = re.compile(r"^([ \t]*)([%!?].*)$", re.MULTILINE)
_MASKED = re.compile(r"pass  # IPython: ([%!?].*)$", re.MULTILINE)
_TELLING = 12  # characters of code around a change that say where it is
_LONGEST = 100


@dataclass(frozen=True)
class Mutant:
    """A solution cell with one change.

    Attributes:
        name: the cell's, and a number that stays the same as long as the cell does.
        cell: the `grade_id` of the cell.
        source: the whole cell, changed.
        line: of the cell, in which the change stands.
        what: one line that says what was changed.
        within: the function that the change stands in, with the classes and functions around it; empty outside of all.
    """

    name: str
    cell: str
    source: str
    line: int
    what: str
    within: str = ""


def mutants(cells: Mapping[str, str], most: int | None = None) -> list[Mutant]:
    """Return mutants of solution cells, the same ones each time, in the order of the cells and of their lines.

    Not changed are strings, comments, annotations, imports, and statements that only draw or print.

    Args:
        cells: the source of each cell, by `grade_id`.
        most: how many at most, spread over cells and kinds of changes; all of them if None.

    Raises:
        SealgradeError: mutmut is not installed, or a cell is not Python.
    """
    require_mutmut()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd code there is enough here
        found = [pair for cell, source in cells.items() for pair in _of_cell(cell, source)]
    if most is not None:
        found = _spread(found, most)
    return [mutant for mutant, _ in found]


def require_mutmut() -> None:
    """Raise a SealgradeError where mutmut is not installed."""
    if find_spec("libcst") is None or find_spec("mutmut") is None:
        raise SealgradeError(
            'Mutants are made with mutmut, which is not installed. Run: pip install "sealgrade[check]"'
        )


@dataclass(frozen=True)
class _Change:
    """A piece of a cell's source from `start` to `end`, and the text that comes in its place."""

    start: int
    end: int
    text: str
    is_apart: bool  # no change of another piece makes the same of the cell
    line: int
    what: str
    operator: str
    within: str


def _of_cell(cell: str, source: str) -> list[tuple[Mutant, str]]:
    """Return the mutants of a cell, each with the name of the operator that made it."""
    plain = _without_magics(cell, source)
    seen: dict[tuple[int, int], set[str]] = {}
    made: list[tuple[Mutant, str]] = []
    for one in _changes(plain):
        changed = f"{plain[: one.start]}{one.text}{plain[one.end :]}"
        if not _can_run(changed):
            continue
        # The same mutant twice is left out. To compare pieces takes less time than to compare cells.
        start, end, text = (one.start, one.end, one.text) if one.is_apart else (0, len(plain), changed)
        if (start, end) not in seen:
            seen[start, end] = {_tree(plain[start:end])}
        tree = _tree(text)
        if tree in seen[start, end]:
            continue
        seen[start, end].add(tree)
        changed = _MASKED.sub(lambda match: match[1], changed)
        name = f"{cell}~{len(made) + 1:03d}"
        made.append((Mutant(name, cell, changed, one.line, f"line {one.line}: {one.what}", one.within), one.operator))
    return made


def _without_magics(cell: str, source: str) -> str:
    """Return the cell as Python; lines for IPython alone are kept in comments."""
    masked = _MAGIC.sub(r"\1pass  # IPython: \2", source)
    for text in (source, masked):
        if _can_run(text):
            return text
    raise SealgradeError(f"The solution cell {cell} is not Python, so no mutants can be made of it. Correct the cell.")


def _can_run(source: str) -> bool:
    """Return whether a cell could be run: not, for example, if there is a `return` outside of functions."""
    try:
        compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return True


def _tree(source: str) -> str:
    return ast.dump(ast.parse(source))


def _changes(source: str) -> Iterator[_Change]:
    """Yield each single change of a cell."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider

    from sealgrade.assay.mutations import OPERATORS, leave_out_function

    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    module, positions = wrapper.module, wrapper.resolve(PositionProvider)
    starts = [0, *(end.end() for end in re.finditer(r"\r\n?|\n", source))]  # of lines, as libcst counts them

    @cache
    def place(piece: cst.CSTNode) -> tuple[int, int] | None:
        span = positions[piece]
        start, end = (starts[at.line - 1] + at.column for at in (span.start, span.end))
        # Not so if it has a semicolon or parentheses, or further lines, whose indentation is not its own.
        return (start, end) if source[start:end] == module.code_for_node(piece) else None

    for node, parents in _mutable(module):
        # To make the whole cell anew for each change takes long: a statement is, or what stands in the head of a loop.
        parts = (one for one in (*parents, node) if isinstance(one, cst.BaseSmallStatement | cst.BaseExpression))
        piece: cst.CSTNode = next(parts, module)
        found = None if piece is module else place(piece)
        if found is None:
            piece, found = module, (0, len(source))
        for kind, operator in OPERATORS:
            if not isinstance(node, kind) or (operator is leave_out_function and isinstance(parents[-1], cst.Expr)):
                continue
            with suppress(cst.CSTValidationError):  # `return(a - b)` does not become `returna`
                for other in operator(node):
                    changed = piece.deep_replace(node, other)
                    assert isinstance(changed, cst.CSTNode)
                    yield _Change(
                        *found,
                        module.code_for_node(changed),
                        isinstance(piece, cst.BaseSmallStatement),
                        positions[node].start.line,
                        _describe(module, node, other, parents),
                        operator.__name__,
                        ".".join(
                            one.name.value
                            for one in (*parents, node)
                            if isinstance(one, cst.FunctionDef | cst.ClassDef)
                        ),
                    )


def _mutable(module: "cst.Module") -> "Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]":
    """Yield the nodes that may be changed, each with what it stands in, outermost first."""
    import libcst as cst

    from sealgrade.assay.cosmetics import cosmetic_statements

    left_alone = cosmetic_statements(module)
    kinds = (cst.Annotation, cst.Import, cst.ImportFrom, cst.Decorator, cst.BaseString)

    def walk(
        node: cst.CSTNode, parents: tuple[cst.CSTNode, ...]
    ) -> Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]:
        if node in left_alone or isinstance(node, kinds):
            return
        if parents:
            yield node, parents
        for child in node.body.children if isinstance(node, cst.ClassDef) else node.children:
            yield from walk(child, (*parents, node))

    return walk(module, ())


def _describe(module: "cst.Module", node: "cst.CSTNode", other: "cst.CSTNode", parents: "Sequence[cst.CSTNode]") -> str:
    """Say what became of what, with as much around it as tells where it is."""
    import libcst as cst

    if isinstance(other, cst.Pass) and isinstance(node, cst.BaseSmallStatement):
        return f"`{_line(module, node)}` was left out"
    for parent in reversed(parents):
        is_part = isinstance(node, cst.BaseExpression | cst.BaseSmallStatement | cst.Param)
        if is_part and len(_line(module, node)) >= _TELLING:
            break
        if isinstance(parent, cst.BaseCompoundStatement | cst.SimpleStatementLine | cst.BaseSuite):
            break
        replaced = parent.deep_replace(node, other)
        assert isinstance(replaced, cst.CSTNode)
        node, other = parent, replaced
    return f"`{_line(module, node)}` became `{_line(module, other)}`"


def _line(module: "cst.Module", node: "cst.CSTNode") -> str:
    """Return the code of a node on one line; of a statement with a body, the first line."""
    import libcst as cst

    code = module.code_for_node(node).strip(" ,\n")
    if isinstance(node, cst.BaseCompoundStatement):
        code = next(line for line in code.split("\n") if not line.lstrip().startswith("#"))
    code = " ".join(code.split())
    return code if len(code) <= _LONGEST else f"{code[:_LONGEST]}..."


def _spread(found: list[tuple[Mutant, str]], most: int) -> list[tuple[Mutant, str]]:
    """Choose: from the cells in turn, and within a cell from the operators in turn."""

    def lot(item: tuple[Mutant, str]) -> str:
        return hashlib.sha256(item[0].name.encode()).hexdigest()

    taken: Counter[tuple[str, str]] = Counter()
    rounds: list[tuple[int, str, tuple[Mutant, str]]] = []
    for item in sorted(found, key=lot):
        key = item[0].cell, item[1]
        rounds.append((taken[key], lot(item), item))
        taken[key] += 1
    turns: Counter[str] = Counter()
    order: list[tuple[int, str, tuple[Mutant, str]]] = []
    for _, drawn, item in sorted(rounds, key=lambda entry: entry[:2]):
        order.append((turns[item[0].cell], drawn, item))
        turns[item[0].cell] += 1
    chosen = {item[0].name for _, _, item in sorted(order, key=lambda entry: entry[:2])[:most]}
    return [item for item in found if item[0].name in chosen]
