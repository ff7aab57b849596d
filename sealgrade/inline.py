"""The solved notebooks: the instructor's, with the real code where the solution cells import the course's package.

The instructor's solution cells import the reference, so that its code stands in one place. Here the imports are
replaced by the source text, for students to read after the deadline and for the bank and the sample class to vary.
"""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from sealgrade.course_source import (
    CoursePackages,
    Definitions,
    Import,
    InlineError,
    bound_names,
    first_line,
    read_imports,
)

__all__ = ["InlineError", "inline", "solved_cells", "solved_notebook", "write_solved"]

_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)


def inline(source: str, known: set[str], course_root: Path = Path()) -> str:
    """Replace, in a cell, imports from the course's packages by the source text of what they import.

    What the text needs comes along: other definitions of the module, its imports, and names of the course's other
    modules.

    Args:
        source: the cell.
        known: names that earlier cells define and that are not repeated, unless the cell itself imports them; the
            names that this cell defines by its imports are added.
        course_root: the folder in which the course's packages live.

    Returns:
        The cell without imports from the course.

    Raises:
        InlineError: an import cannot be replaced, for example `import solution` or one inside a function.
    """
    packages = CoursePackages(course_root)
    tree = _parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node not in tree.body and _course_imports(node, packages):
            raise InlineError(f"Line {node.lineno}: move this import to the beginning of a line of its own.")
    requests = {node.lineno: node for node in tree.body if _course_imports(node, packages)}
    own = {item.bound for node in tree.body for item in read_imports(node) if item.module not in packages}
    known |= own
    if not requests:
        return source
    definitions = Definitions(packages, known)
    for node in requests.values():
        for item in _course_imports(node, packages):
            definitions.ask(item)
    known |= definitions.names()

    lines = source.splitlines()
    first = min(requests)
    for node in requests.values():
        lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    parts = ["\n".join(lines[: first - 1]), definitions.render(), "\n".join(lines[first - 1 :])]
    before, code, after = (part.strip("\n") for part in parts)
    gap = "\n\n\n" if definitions.statements and definitions.statements[-1].is_block else "\n\n"
    return "\n\n".join(part for part in (before, gap.join(part for part in (code, after) if part)) if part)


def solved_notebook(path: Path, course_root: Path) -> NotebookNode:
    """Return an instructor's notebook with the solutions' code in it, without hidden tests and mark schemes.

    Args:
        path: the instructor's notebook.
        course_root: the folder in which the course's packages live.

    Raises:
        InlineError: a solution cell cannot be written out.
    """
    notebook = _read(path)
    cells = []
    known: set[str] = set()
    for cell in notebook.cells:
        source = cell.source
        cell.source = _published(cell, path, known, course_root)
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if cell.source.strip() or cell.source == source:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def solved_cells(course_root: Path, assignment: str) -> dict[str, str]:
    """Return the solution cells of an assignment as they look solved, by `grade_id`.

    Each cell brings along what it needs except what other solution cells are asked to define, so that one can be
    replaced without breaking the others.

    Raises:
        InlineError: a solution cell cannot be written out.
    """
    solved = {}
    for path in _source_notebooks(course_root, assignment):
        asked: set[str] = set()
        for cell in _read(path).cells:
            known = set(asked)
            source = _published(cell, path, known, course_root)
            if _is_solution(cell):
                solved[str(cell.metadata.nbgrader.grade_id)] = source
                asked |= _asked_names(cell, course_root)
            else:
                asked |= known
    return solved


def write_solved(course_root: Path, assignment: str, execute: bool = True) -> list[Path]:
    """Write `solved/ASSIGNMENT/`: the solved notebooks, to publish after the deadline.

    Args:
        course_root: the course's root folder.
        assignment: the assignment's name.
        execute: run the notebooks and keep their outputs.

    Returns:
        The notebooks that were written.

    Raises:
        InlineError: a solution cell cannot be written out, or a cell fails when it is run.
    """
    folder = course_root / "solved" / assignment
    sources = _source_notebooks(course_root, assignment)
    ignored = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(course_root / "source" / assignment, folder, ignore=ignored, dirs_exist_ok=True)
    written = []
    for path in sources:
        notebook = solved_notebook(path, course_root)
        if execute:
            _execute(notebook, folder, path)
        nbformat.write(notebook, folder / path.name)  # type: ignore[no-untyped-call]
        written.append(folder / path.name)
    return written


def _execute(notebook: NotebookNode, folder: Path, path: Path) -> None:
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        resources=where,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=40"],  # it warns of how it is spoken to, which is nothing to the user
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise InlineError(
            f"{path}: the solved notebook fails when it is run. Correct the cell or the solution it uses.\n{error}"
        ) from error


def _source_notebooks(course_root: Path, assignment: str) -> list[Path]:
    folder = course_root / "source" / assignment
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise InlineError(f"There are no notebooks in {folder}. Check the assignment's name.")
    return paths


def _read(path: Path) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _published(cell: NotebookNode, path: Path, known: set[str], course_root: Path) -> str:
    """Return a cell's source as it may be seen after the deadline; add to `known` what it imports."""
    try:
        source = _without_region(_without_region(cell.source, "HIDDEN TESTS"), "MARK SCHEME")
        if cell.cell_type != "code":
            return "\n".join(line for line, _ in _solution_lines(source))
        if _is_solution(cell):
            return inline(_without_stub(source), known, course_root)
        known |= {item.bound for node in _parse(source).body for item in read_imports(node)}
        return source
    except (InlineError, SyntaxError) as error:
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id")
        raise InlineError(f"{path}, cell {name}: {error}") from error


def _asked_names(cell: NotebookNode, course_root: Path) -> set[str]:
    if cell.cell_type != "code":
        return set()
    packages = CoursePackages(course_root)
    return {item.bound for node in _parse(cell.source).body for item in _course_imports(node, packages)}


def _parse(source: str) -> ast.Module:
    """Parse a cell; IPython's magics become `pass`, so that the lines stay where they are."""
    return ast.parse(_MAGIC.sub(r"\1pass", source))


def _course_imports(node: ast.stmt, packages: CoursePackages) -> list[Import]:
    return [item for item in read_imports(node) if item.module in packages]


def _without_region(source: str, name: str) -> str:
    """Return the text without the lines from `BEGIN name` to `END name`."""
    kept = []
    inside = False
    for line in source.split("\n"):
        if f"BEGIN {name}" in line:
            inside = True
        elif f"END {name}" in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise InlineError(f"BEGIN {name} without END {name}. Add the missing line.")
    return "\n".join(kept) if len(kept) < source.count("\n") + 1 else source


def _solution_lines(source: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines without the solution's markers, and whether each stands in a region at the left margin."""
    inside = False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line:
            inside = not line[0].isspace()
        elif "END SOLUTION" in line:
            inside = False
        else:
            yield line, inside


def _without_stub(source: str) -> str:
    """Return a solution cell without markers and without the student's stub.

    The stub is what the solution defines again, functions, classes and assignments outside the solution's region, and
    the lines that say what is to do. A region inside a function completes it; then nothing is dropped.
    """
    marked = list(_solution_lines(source))
    lines = [line for line, _ in marked]
    body = _parse("\n".join(lines)).body
    solved = {name for node in body if marked[node.lineno - 1][1] for name in bound_names(node)}
    dropped = {i for i, (line, in_region) in enumerate(marked) if line.startswith("# TODO") and not in_region}
    for node in body:
        is_stub = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign)
        if is_stub and not marked[node.lineno - 1][1] and bound_names(node) <= solved:
            end = node.end_lineno or node.lineno
            while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace()):
                end += 1  # comments that close the stub's body
            dropped |= set(range(first_line(node, lines), end))
    return "\n".join(line for i, line in enumerate(lines) if i not in dropped).strip("\n")
