"""The names of test cells: their own, the instructor's, and the student's, which are looked up over the wall.

Theory of operation. A test cell runs in a namespace that the student's code cannot reach. A name that is not in it is
asked for when it is used. What the instructor has given is taken from the instructor's cells, not from the student's
process, where it can be replaced: imports (`np` is the examiner's numpy, whatever the student has made of it), and the
functions, classes and data of locked cells, unless the assignment itself is about that name (it stands in a stub or in
the solution: a dict to be filled, say). Builtins are the examiner's, unless the student is asked to define a function
of that name. All else is the student's. A value is asked for anew where a call may have changed it, and only
there, so that it is not another for each test; handles are kept for the cell.
"""

import ast
import builtins
import contextlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from sealgrade.examiner.handles import Handle

# What tests judge with: where only a student's cell imports it, a test gets it here all the same.
_JUDGES = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "plt": "import matplotlib.pyplot as plt",
}
_WORDS = re.compile(r"\w+")
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

Lookup = Callable[[str], list[Any]]


class Namespace(dict[str, Any]):
    """The globals of the test cells of one notebook.

    Args:
        answers: the text of the cells that students write in, as released and as solved.
        folder: what paths in the instructor's cells start from.
    """

    def __init__(self, answers: Iterable[str] = (), folder: Path | None = None) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._folder = folder or Path()
        self._students_business = {word for text in answers for word in _WORDS.findall(text)}
        self._imports: dict[str, tuple[ast.stmt, bool]] = {}
        self._given: dict[str, ast.Module] = {}  # what to run here to have a name of a locked cell
        self._asked_of_student: set[str] = set()
        self._handles: dict[str, Handle] = {}
        self._held: set[str] = set()
        self._lookup: Lookup = lambda name: [[]]
        self._lookups = 0
        self._changes: Callable[[], Any] = lambda: None
        self._used: Callable[[Any], None] = lambda value: None
        self._seen: set[str] = set()  # names of the student's that the present cell has used
        self._values: dict[str, Any] = {}  # plain data of the student's, as long as nothing can have changed them
        self._valid_for: Any = None

    def released_cell(self, source: str, locked: bool) -> None:
        """Take note of a cell that is not a test, as the students received it.

        Args:
            source: its code.
            locked: whether students cannot change it; if they can, its imports are the instructor's all the same (a
                student's `np` could find everything close), unless there is no such module here.
        """
        cell, bound = _read(source)
        for statement, names in zip(cell.body, bound, strict=True):
            if isinstance(statement, ast.Import | ast.ImportFrom) and (locked or not _is_star(statement)):
                self._note_import(statement, locked)
                continue
            for name in names:
                self.pop(name, None)  # an earlier test's, which this cell has overwritten
                self._imports.pop(name, None)
                self._given.pop(name, None)
                if locked and isinstance(statement, _DEFINITIONS):
                    self._given[name] = ast.Module([statement], [])
                elif locked and name not in self._students_business:
                    self._given[name] = cell
                else:
                    self._asked_of_student.add(name)

    def _note_import(self, statement: ast.Import | ast.ImportFrom, locked: bool) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            if name == "*":
                exec(_code(ast.Module([statement], [])), self)
            else:
                self._imports[name] = statement, locked
                self._asked_of_student.discard(name)
                self.pop(name, None)

    def start_cell(
        self,
        lookup: Lookup,
        changes: Callable[[], Any] = lambda: None,
        used: Callable[[Any], None] = lambda value: None,
    ) -> None:
        """Begin a test cell.

        Args:
            lookup: returns, in a list, a list with the value of a student's name, empty if there is none.
            changes: returns something that is another as soon as the student's code may have changed a value.
            used: is told each of the student's values that the cell uses, and that need not be looked up anew.
        """
        self._changes, self._used = changes, used
        self._seen.clear()
        self._handles.clear()
        self._lookup = lookup
        for name in self._held:
            self.pop(name, None)
        self._held.clear()

    def hold(self, names: Iterable[str]) -> None:
        """Get what class bodies of a test cell use: Python looks for their names without asking `__missing__`.

        Args:
            names: from `read_in_classes`.
        """
        for name in names:
            if name not in self:
                with contextlib.suppress(KeyError):
                    self[name] = self[name]
                    self._held.add(name)

    def __missing__(self, name: str) -> Any:
        if name in self._handles:
            return self._handles[name]
        if name in self._imports:
            statement, locked = self._imports[name]
            with contextlib.suppress(*(() if locked else (ImportError,))):
                exec(_code(ast.Module([statement], [])), self)
                return self[name]
        elif name in self._given:
            if self._make(name):
                return self[name]
        elif name in _JUDGES and name not in self._asked_of_student:
            exec(_JUDGES[name], self)
            return self[name]
        if name.startswith("__") or (hasattr(builtins, name) and name not in self._asked_of_student):
            raise KeyError(name)
        self._lookups += 1
        if self._valid_for != self._changes():
            self._values.clear()
            self._valid_for = self._changes()
        if name in self._values:
            if name not in self._seen:
                self._seen.add(name)
                self._used(self._values[name])
            return self._values[name]
        self._seen.add(name)
        for value in self._lookup(name)[0]:
            (self._handles if isinstance(value, Handle) else self._values)[name] = value
            return value
        raise KeyError(name)

    def _make(self, name: str) -> bool:
        """Run the instructor's code that gives a name; return whether it can be run here."""
        code = self._given[name]
        before, beside = self._lookups, _Beside(self)
        try:
            with contextlib.chdir(self._folder):
                exec(_code(code), self if isinstance(code.body[0], _DEFINITIONS) and len(code.body) == 1 else beside)
        except Exception:
            if self._lookups != before:  # a student's object must not be able to bring its own data into play
                raise
            return False
        for other, given in self._given.items():
            if given is code and other in beside:
                self[other] = beside[other]
        return name in self


class _Beside(dict[str, Any]):
    """The globals of an instructor's cell that is run for some of its names: what else it binds stays here."""

    def __init__(self, namespace: Namespace) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._namespace = namespace

    def __missing__(self, name: str) -> Any:
        return self._namespace[name]


def read_in_classes(tree: ast.Module) -> list[str]:
    """Return the names that class bodies use, in order."""
    definitions = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    nodes = (node for definition in definitions for node in ast.walk(definition))
    return [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def _is_star(statement: ast.Import | ast.ImportFrom) -> bool:
    return any(alias.name == "*" for alias in statement.names)


@lru_cache(1000)  # a class of students has the same released cells
def _read(source: str) -> tuple[ast.Module, list[set[str]]]:
    """Return the statements of a cell, and the names that each binds; none of a magic, or a stub with a gap to fill."""
    try:
        cell = ast.parse(source)
    except SyntaxError:
        cell = ast.Module([], [])
    return cell, [_bound(statement) for statement in cell.body]


def _code(module: ast.Module) -> Any:
    return compile(module, "<given>", "exec", optimize=0)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds in its module."""
    found: set[str] = set()
    nodes: list[ast.AST] = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, _DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            nodes.extend(ast.iter_child_nodes(node))
    return found
