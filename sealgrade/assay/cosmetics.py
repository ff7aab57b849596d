"""What of a cell says nothing of what it computes: figures, what is printed, names of types."""

from collections.abc import Iterable, Iterator

import libcst as cst

_DRAWING = {"plt", "matplotlib"}
_SHOWING = {"print", "display"}
_COMPOUND = (cst.For, cst.While, cst.With, cst.If, cst.Else, cst.Try)


def cosmetic_statements(module: cst.Module) -> set[cst.CSTNode]:
    """Return the statements whose only effect is a figure, a printed text, or the name of a type.

    A statement draws if all it does is call a method of, or a function in, what belongs to matplotlib: the module, and
    whatever came out of such a call before (`figure, ax = plt.subplots()`). A loop or a branch in which all statements
    are cosmetic is so too.
    """
    nodes = list(_nodes(module))
    drawing = _drawing_names(nodes)
    aliases = _alias_statements(module, nodes)

    def is_cosmetic(node: cst.CSTNode) -> bool:
        if node in aliases:
            return True
        if isinstance(node, cst.Expr | cst.Assign):
            return _root(node.value) in drawing or (
                isinstance(node, cst.Expr)
                and isinstance(node.value, cst.Call)
                and isinstance(node.value.func, cst.Name)
                and node.value.func.value in _SHOWING
            )
        if isinstance(node, cst.SimpleStatementLine):
            return all(map(is_cosmetic, node.body))
        if isinstance(node, _COMPOUND):
            branch = getattr(node, "orelse", None)
            return all(map(is_cosmetic, node.body.body)) and (branch is None or is_cosmetic(branch))
        return False

    return {node for node in nodes if is_cosmetic(node)}


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _root(node: cst.CSTNode | None) -> str | None:
    """Return the name that a chain of attributes, calls and items starts from: `ax` for `ax.lines[0].set(lw=2)`."""
    while isinstance(node, cst.Attribute | cst.Subscript | cst.Call):
        node = node.func if isinstance(node, cst.Call) else node.value
    return node.value if isinstance(node, cst.Name) else None


def _drawing_names(nodes: Iterable[cst.CSTNode]) -> set[str]:
    names = set(_DRAWING)  # an earlier cell, as a rule, has imported `plt`
    for node in nodes:
        if isinstance(node, cst.ImportFrom | cst.Import) and not isinstance(node.names, cst.ImportStar):
            source = node.module if isinstance(node, cst.ImportFrom) else None
            for item in node.names:
                if _root(source or item.name) == "matplotlib":
                    names |= _names(item.asname.name if item.asname else item.name)
        elif isinstance(node, cst.Assign) and _root(node.value) in names:
            names |= {name for target in node.targets for name in _names(target.target)}
        elif isinstance(node, cst.For) and _root(node.iter) in names:
            names |= _names(node.target)
        elif isinstance(node, cst.WithItem) and _root(node.item) in names and node.asname:
            names |= _names(node.asname.name)
    return names


def _names(target: cst.CSTNode) -> set[str]:
    """Return the names that a target of an assignment binds."""
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple | cst.List):
        return {name for element in target.elements for name in _names(element.value)}
    return set()


def _alias_statements(module: cst.Module, nodes: Iterable[cst.CSTNode]) -> set[cst.CSTNode]:
    """Return assignments to names that only annotations use, as `Array = NDArray[Any]`."""
    statements: dict[cst.CSTNode, str] = {
        node: node.targets[0].target.value
        for node in nodes
        if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name) and len(node.targets) == 1
    }
    found: set[cst.CSTNode] = set()
    while True:  # an alias may be used in another one
        in_types, elsewhere = set[str](), set[str]()
        _sort_uses(module, found, in_types, elsewhere)
        more = {node for node, name in statements.items() if name in in_types - elsewhere}
        if more == found:
            return found
        found = more


def _sort_uses(node: cst.CSTNode, aliases: set[cst.CSTNode], in_types: set[str], elsewhere: set[str]) -> None:
    if isinstance(node, cst.Name):
        elsewhere.add(node.value)
    elif isinstance(node, cst.Annotation) or node in aliases:
        in_types |= {inner.value for inner in _nodes(node) if isinstance(inner, cst.Name)}
    elif isinstance(node, cst.Assign) and all(isinstance(target.target, cst.Name) for target in node.targets):
        _sort_uses(node.value, aliases, in_types, elsewhere)  # the target itself is no use
    else:
        for child in node.children:
            _sort_uses(child, aliases, in_types, elsewhere)
