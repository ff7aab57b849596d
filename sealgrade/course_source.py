"""Reading the course's own packages (`solution` and the like) as text, statement by statement.

`Definitions` gathers what a name of such a package needs in order to stand alone: its definition, and, transitively,
the module-level names that it uses, whether defined in the same module, in another module of the course or imported
from elsewhere. Nothing is imported or run.
"""

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from sealgrade.errors import SealgradeError

# For whoever reads the notebook, remarks to the linter and to the type checker are noise.
_TOOL_REMARK = re.compile(r"[ \t]*#\s*(?:noqa\b|type:\s*ignore).*$", re.MULTILINE)


class InlineError(SealgradeError):
    """A cell imports something of the course that cannot be replaced by its source."""


@dataclass(frozen=True)
class Import:
    """One imported name: `from module import name as bound`, or `import module as bound` where name is None."""

    module: str
    name: str | None
    bound: str

    @property
    def sort_key(self) -> tuple[bool, bool, str, str]:
        """The order that isort gives: the standard library first, `import` before `from`."""
        standard = self.module.split(".")[0] in sys.stdlib_module_names
        return not standard, self.name is not None, self.module, self.name or ""


@dataclass(frozen=True)
class Statement:
    """A module-level statement: its text with the comments directly above, and the names it binds and uses."""

    text: str
    binds: frozenset[str]
    uses: tuple[str, ...]
    is_block: bool


def read_imports(node: ast.stmt, package: str = "") -> list[Import]:
    """Return the names that an import statement binds, none where it is another statement.

    Args:
        node: the statement.
        package: the package that relative imports start from.
    """
    if isinstance(node, ast.Import):
        # `import a.b` binds `a`, `import a.b as c` binds `c`.
        return [Import(a.name, None, a.asname or a.name.split(".")[0]) for a in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            parts = package.split(".")
            module = ".".join([*parts[: len(parts) - node.level + 1], *([module] if module else [])])
        return [Import(module, a.name, a.asname or a.name) for a in node.names]
    return []


def render_imports(imports: Iterable[Import]) -> str:
    """Return import statements for these names, sorted, one for each module."""
    lines: dict[tuple[bool, bool, str], tuple[str, list[str]]] = {}
    for item in sorted(set(imports), key=lambda i: i.sort_key):
        if item.name is None:
            line = f"import {item.module}"
            named = line if item.bound == item.module.split(".")[0] else f"{line} as {item.bound}"
            lines[(*item.sort_key[:2], named)] = named, []
        else:
            named = item.name if item.name == item.bound else f"{item.name} as {item.bound}"
            lines.setdefault(item.sort_key[:3], (f"from {item.module} import ", []))[1].append(named)
    sections: dict[bool, list[str]] = {}
    for key, (start, names) in lines.items():
        sections.setdefault(key[0], []).append(start + ", ".join(names))
    return "\n\n".join("\n".join(section) for section in sections.values())


def bound_names(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds where it stands (not those inside the functions it defines)."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = {item.bound for item in read_imports(node)}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            names |= bound_names(child)
        else:
            names |= {n.id for n in ast.walk(child) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def first_line(node: ast.stmt, lines: list[str]) -> int:
    """Return the index of a statement's first line, its decorators and the comments directly above included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    index = min([node.lineno, *(d.lineno for d in decorators)]) - 1
    while index > 0 and lines[index - 1].startswith("#"):
        index -= 1
    return index


@dataclass
class Module:
    """One module of the course, as text."""

    name: str
    path: Path

    @cached_property
    def _body(self) -> tuple[list[str], list[ast.stmt]]:
        text = self.path.read_text(encoding="utf-8")
        return text.splitlines(), ast.parse(text, filename=str(self.path)).body

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What the module imports at its top level, by the name it binds."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        return {item.bound: item for node in self._body[1] for item in read_imports(node, package)}

    @cached_property
    def statements(self) -> list[Statement]:
        """What the module defines at its top level, in its order."""
        lines, body = self._body
        return [_statement(node, lines) for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]

    def defining(self, name: str) -> list[Statement]:
        """Return the statements that bind a name."""
        return [statement for statement in self.statements if name in statement.binds]


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    text = "\n".join(lines[first_line(node, lines) : node.end_lineno])
    used = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    is_block = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return Statement(_TOOL_REMARK.sub("", text), frozenset(bound_names(node)), tuple(dict.fromkeys(used)), is_block)


@dataclass
class CoursePackages:
    """The packages that live in the course's root folder."""

    root: Path
    _modules: dict[str, Module] = field(default_factory=dict)

    def __contains__(self, module: str) -> bool:
        name = module.split(".")[0]
        return bool(name) and ((self.root / name / "__init__.py").is_file() or (self.root / f"{name}.py").is_file())

    def module(self, name: str) -> Module:
        """Return a module of the course.

        Raises:
            InlineError: there is no such module.
        """
        if name not in self._modules:
            folder = self.root.joinpath(*name.split("."))
            for path in (folder.with_suffix(".py"), folder / "__init__.py"):
                if path.is_file():
                    self._modules[name] = Module(name, path)
                    break
            else:
                raise InlineError(f"There is no module {name} in {self.root}. Correct the import, or add the module.")
        return self._modules[name]


@dataclass
class Definitions:
    """Names of the course with everything they need, in an order in which they can be run.

    Args:
        packages: where the names come from.
        known: names that need not be defined again.
    """

    packages: CoursePackages
    known: set[str]
    imports: list[Import] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    _origin: dict[str, str] = field(default_factory=dict)

    def ask(self, item: Import) -> None:
        """Add what a cell imports from the course, even if its name is known.

        Raises:
            InlineError: the import cannot be replaced by source text.
        """
        if item.name is None or item.name == "*":
            what = "*" if item.name else "the whole module"
            raise InlineError(
                f"{item.module}: {what} is imported. Write `from {item.module} import NAME, ...`, so that the source "
                "of these names can be put in the place of the import."
            )
        self._add(item, forced=True)

    def render(self) -> str:
        """Return the code, imports first."""
        text = render_imports(self.imports)
        previous: Statement | None = None
        for statement in self.statements:
            gap = "\n" if previous else "\n\n"  # behind the imports
            if statement.is_block or (previous and previous.is_block):
                gap = "\n\n\n"
            text += (gap if text else "") + statement.text
            previous = statement
        return text

    def names(self) -> set[str]:
        """Return every name that the code binds."""
        return {item.bound for item in self.imports}.union(*(s.binds for s in self.statements))

    def _add(self, item: Import, forced: bool = False) -> None:
        if item.bound in self.known and item.bound not in self._origin and not forced:
            return
        definition = self._resolve(item)
        origin = f"{definition.module}.{definition.name}"
        if item.bound in self._origin:
            if self._origin[item.bound] != origin:  # a notebook has one namespace where modules have several
                raise InlineError(f"{item.bound} is both {self._origin[item.bound]} and {origin}. Rename one of them.")
            return
        self._origin[item.bound] = origin
        if definition.module not in self.packages:
            self.imports.append(definition)
        elif definition.name is None:
            raise InlineError(f"The course imports {item.module} as a module. Write `from {item.module} import NAME`.")
        elif definition.name != item.bound:
            self._add(replace(definition, bound=definition.name), forced)
            alias = f"{item.bound} = {definition.name}"
            self.statements.append(Statement(alias, frozenset({item.bound}), (definition.name,), is_block=False))
        else:
            self._add_defined(definition.module, definition.name)

    def _add_defined(self, module_name: str, name: str) -> None:
        module = self.packages.module(module_name)
        statements = module.defining(name)
        if not statements:
            raise InlineError(f"{module.path} does not define {name}. Correct the import, or define the name there.")
        for used in (use for statement in statements for use in statement.uses):
            if used in module.imports or module.defining(used):
                self._add(Import(module_name, used, used))
        self.statements += [statement for statement in statements if statement not in self.statements]

    def _resolve(self, item: Import) -> Import:
        """Follow a name through the modules that only pass it on, to the one that defines it."""
        while item.module in self.packages and item.name is not None:
            source = self.packages.module(item.module).imports.get(item.name)
            if source is None:
                break
            item = replace(source, bound=item.bound)
        return item
