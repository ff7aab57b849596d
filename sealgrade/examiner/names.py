"""The names of test cells: their own, the instructor's imports, and the student's, which are looked up over the wall.

Theory of operation. A test cell runs in a namespace that the student's code cannot reach. A name that is not in it is
asked for when it is used: an import of the instructor's (`np` is the examiner's numpy, whatever the student has made of
it); a builtin (the examiner's `abs`), unless the assignment itself asks the student to define a function of that name;
else the student's. Values are asked for anew each time, since calls may change them; handles are kept for the cell.
"""

import ast
import builtins
import contextlib
from collections.abc import Callable
from typing import Any

from sealgrade.examiner.handles import Handle

# What tests judge with: where only a student's cell imports it, a test gets it here all the same.
_JUDGES = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "plt": "import matplotlib.pyplot as plt",
}

Lookup = Callable[[str], list[Any]]


class Namespace(dict[str, Any]):
    """The globals of the test cells of one notebook."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._imports: dict[str, tuple[ast.stmt, bool]] = {}
        self._asked_of_student: set[str] = set()
        self._handles: dict[str, Handle] = {}
        self._lookup: Lookup = lambda name: [[]]

    def released_cell(self, source: str, locked: bool) -> None:
        """Take note of a cell that is not a test, as the students received it.

        Args:
            source: its code.
            locked: whether students cannot change it; if they can, its imports are the instructor's all the same (a
                student's `np` could find everything close), unless there is no such module here.
        """
        try:
            statements = ast.parse(source).body
        except SyntaxError:  # a magic, or a stub with a gap to fill
            return
        for statement in statements:
            if isinstance(statement, ast.Import | ast.ImportFrom) and (locked or not _is_star(statement)):
                self._note_import(statement, locked)
            else:
                bound = _bound(statement)
                self._asked_of_student |= bound
                for name in bound:
                    self.pop(name, None)  # an earlier test's, which this cell has overwritten
                    self._imports.pop(name, None)

    def _note_import(self, statement: ast.Import | ast.ImportFrom, locked: bool) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            if name == "*":
                exec(_code(statement), self)
            else:
                self._imports[name] = statement, locked
                self._asked_of_student.discard(name)
                self.pop(name, None)

    def start_cell(self, lookup: Lookup) -> None:
        """Begin a test cell.

        Args:
            lookup: returns, in a list, a list with the value of a student's name, empty if there is none.
        """
        self._handles.clear()
        self._lookup = lookup

    def __missing__(self, name: str) -> Any:
        if name in self._handles:
            return self._handles[name]
        if name in self._imports:
            statement, locked = self._imports[name]
            with contextlib.suppress(*(() if locked else (ImportError,))):
                exec(_code(statement), self)
                return self[name]
        elif name in _JUDGES and name not in self._asked_of_student:
            exec(_JUDGES[name], self)
            return self[name]
        if name.startswith("__") or (hasattr(builtins, name) and name not in self._asked_of_student):
            raise KeyError(name)
        for value in self._lookup(name)[0]:
            if isinstance(value, Handle):
                self._handles[name] = value
            return value
        raise KeyError(name)


def _is_star(statement: ast.Import | ast.ImportFrom) -> bool:
    return any(alias.name == "*" for alias in statement.names)


def _code(statement: ast.stmt) -> Any:
    return compile(ast.Module([statement], []), "<import>", "exec")


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds in its module."""
    found: set[str] = set()
    nodes: list[ast.AST] = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            nodes.extend(ast.iter_child_nodes(node))
    return found
