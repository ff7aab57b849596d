"""Slips in an instructor's notebooks that nbgrader lets pass: students get what they should not, or too little.

nbgrader cuts out what stands between two markers. It takes no notice of a marker that is misspelled or has no partner,
and releases all that should have been cut out; of an answer without markers it leaves nothing. What it does refuse, a
region without an end for example, it does not say where.
"""

import ast
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import nbformat

from sealgrade.blueprint import part_of
from sealgrade.cells import is_grade, is_solution, is_task, is_test, marks
from sealgrade.course import Course
from sealgrade.errors import ReleaseError
from sealgrade.feedback import Region, Regions

AS_IT_IS = "released-as-it-is"  # the tag of a cell that its author has looked at

Lines = list[tuple[int, str]]

_HEADED = re.compile(r"\s*(#{3,}|={3,}) *(?=[A-Z])")  # as nbgrader's own markers are, in capitals
_WORD = re.compile(r"[^\W\d_]+")
_MAGIC = re.compile(r"(\s*)[%!].*")
# For cells that are no Python even without IPython's own lines.
_IMPORT = re.compile(r"\s*(?:from\s+(\w+)[\w.]*\s+import\b|import\s+(\w[\w., ]*))")

_MISSING = (
    "ImportError",
    "ModuleNotFoundError",
    "Exception",
    "BaseException",
)  # what a missing module raises, or wider


@dataclass(frozen=True)
class Marked:
    """The regions that are cut out of a course's notebooks, and whether each has to stand in a cell of its kind."""

    solution: Region
    hidden: Region
    rubric: Region
    strict_solution: bool
    strict_hidden: bool
    stubs: tuple[str, str]  # that an answer without a region leaves: in code, in text

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Marked":
        """Return what a course's configuration says, in nbgrader's spelling."""
        solution, hidden = config.get("ClearSolutions", {}), config.get("ClearHiddenTests", {})
        regions = Regions.of(config)
        return cls(
            Region(
                solution.get("begin_solution_delimeter", "BEGIN SOLUTION"),
                solution.get("end_solution_delimeter", "END SOLUTION"),
            ),
            regions.hidden,
            regions.rubric,
            solution.get("enforce_metadata", True),
            hidden.get("enforce_metadata", True),
            (_stub(solution), solution.get("text_stub", "YOUR ANSWER HERE")),
        )

    @property
    def regions(self) -> tuple[Region, Region, Region]:
        """All of them."""
        return self.solution, self.hidden, self.rubric


@dataclass
class Slips:
    """What was found, a sentence each, with notebook, cell and line.

    Attributes:
        certain: for which nothing should be released.
        doubtful: what may be meant.
    """

    certain: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def without_slips(course: Course, assignment: str) -> tuple[str, ...]:
    """Return what may be a slip in the instructor's notebooks, a sentence each.

    Raises:
        ReleaseError: something is certainly one.
    """
    source = course.folder("source", assignment)
    own = {"sealgrade", *(Path(name).parts[0].removesuffix(".py") for name in course.modules())}
    slips = _find(source, course.config, own)
    if slips.certain:
        first = f"{assignment} cannot be released. Students would get what they are not to see, or less than is meant:"
        last = (
            f"Correct that in {source}. A line that is meant as it stands: word it differently, or give its cell the "
            f"tag {AS_IT_IS} in JupyterLab."
        )
        raise ReleaseError("\n".join((first, *(f"- {slip}" for slip in slips.certain), last)))
    return tuple(slips.doubtful)


def _find(source: Path, config: Mapping[str, Any], own: Collection[str]) -> Slips:
    marked = Marked.of(config)
    given = {path.stem if path.suffix == ".py" else path.name for path in source.iterdir()}
    slips = Slips()
    for path in sorted(source.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
        for number, cell in enumerate(cells, start=1):
            if AS_IT_IS not in cell.metadata.get("tags", []):
                where = f"{path.name}, cell {marks(cell).get('grade_id') or number}"
                _of_cell(cell, where, marked, set(own) - given, slips)
        slips.doubtful += _misnamed(path.name, cells)
    return slips


def _stub(solution: Mapping[str, Any]) -> str:
    stub = solution.get("code_stub", {})
    return str(stub.get("python", "# YOUR CODE HERE") if isinstance(stub, Mapping) else stub)


def _of_cell(cell: Any, where: str, marked: Marked, own: Collection[str], slips: Slips) -> None:
    lines: Lines = list(enumerate(cell.source.split("\n"), start=1))
    answer, broken, found = is_solution(cell), list[str](), set[Region]()
    for region in marked.regions:
        before = lines
        lines = _cut(lines, region, where, broken)
        if len(lines) < len(before):
            found.add(region)
    if marked.solution in found and not answer and marked.strict_solution:
        broken.append(f"{where}: a solution stands in a cell that is no answer. Mark the cell as one, or move it.")
    if marked.hidden in found and not is_grade(cell) and marked.strict_hidden:
        broken.append(f"{where}: hidden tests stand in a cell that earns no points. Mark it as a test, or move them.")
    alike: dict[bool, list[str]] = {True: [], False: []}
    for number, line in lines:
        meant, certain = _marker_meant(line, marked)
        if meant:
            alike[certain].append(
                f"{where}, line {number}: `{line.strip()}` looks like a marker and is none; is {meant} meant?"
            )
    if broken and not alike[True]:  # what may be meant as a marker is one, most likely, if one has no partner
        slips.certain += alike[False] + broken
    else:  # a marker without its partner follows from one that is misspelled
        slips.certain += alike[True]
        slips.doubtful += alike[False]
    whole = answer and marked.solution not in found  # what nbgrader takes for the solution
    if cell.cell_type == "code" and not whole:
        slips.certain += _imports(cell.source.split("\n"), lines, where, own)
    left = marked.stubs[cell.cell_type != "code"] if whole else "\n".join(line for _, line in lines)
    if answer and not any(alike.values()) and cell.source.strip() and not left.strip():
        why = f"it has no line with {marked.solution.begin}" if whole else "all of it stands between the markers"
        slips.doubtful.append(
            f"{where}: students get an empty cell, since {why}. Write what they begin with above "
            f"{marked.solution.begin}."
        )


def _cut(lines: Lines, region: Region, where: str, broken: list[str]) -> Lines:
    """Return the lines that are in no such region, as nbgrader sees it."""
    left, begun = [], 0
    for number, line in lines:
        if region.begin in line:
            if begun:
                broken.append(
                    f"{where}, line {number}: {region.begin} again, before {region.end}. Add the missing line."
                )
            begun = number
        elif region.end in line:
            if not begun:
                broken.append(
                    f"{where}, line {number}: {region.end} without {region.begin} above it, so that nothing is cut "
                    "out. Add the missing line."
                )
            begun = 0
        elif not begun:
            left.append((number, line))
    if begun:
        broken.append(f"{where}, line {begun}: {region.begin} without {region.end} below it. Add the missing line.")
    return left


def _marker_meant(line: str, marked: Marked) -> tuple[str, bool]:
    """Return the marker that a line looks like, nothing if it looks like none, and whether it is certainly meant."""
    letters = _letters(line)
    headed, capitals = bool(_HEADED.match(line)), letters.isupper()
    if not line.strip() or (letters and not (headed or capitals or letters[:1] in ("B", "b", "E", "e"))):
        return "", False  # a comparison takes long
    names = [name for one in marked.regions for name in (one.begin, one.end)]
    first, *others = _WORD.findall(_parted(line)) or [""]
    begins, others = first.upper() in ("BEGIN", "END"), [word.upper() for word in others]
    near = 0.65 if capitals and headed else 0.8 if capitals or not letters else 0.9
    if headed and begins and first.isupper():
        near = 0.0
    meant = _closest(line, names, near)
    if not meant or not begins or not others:
        return meant, False
    own = [[word.upper() for word in _WORD.findall(name)][1:] for name in names]
    one_word = get_close_matches(others[0], {word for words in own for word in words}, 1, 0.82)
    return meant, bool(one_word or get_close_matches("".join(others), ["".join(words) for words in own], 1, 0.85))


def _parted(line: str) -> str:
    """Return a line with BEGIN or END, where it starts with that, as a word of its own."""
    return re.sub(r"(?i)^(\W*(?:begin|end))(?=[^\W\d_])", r"\1 ", line)


def _closest(line: str, names: Iterable[str], near: float) -> str:
    """Return the marker that a line is closest to: by letters alone, if those tell a marker from the others."""
    names = list(names)
    spelled = [_letters(name).lower() for name in names]
    by_letters = {spelling: name for spelling, name in zip(spelled, names, strict=True) if spelled.count(spelling) == 1}
    by_letters.pop("", None)
    others = {_signs(name): name for name in names if name not in by_letters.values()}
    for text, markers in ((_letters(line).lower(), by_letters), (_signs(line), others)):
        if text and (found := get_close_matches(text, markers, 1, near)):
            return markers[found[0]]
    return ""


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z]", "", text)


def _signs(text: str) -> str:
    return "".join(text.lower().split())


def _imports(source: list[str], lines: Lines, where: str, own: Collection[str]) -> Iterator[str]:
    for number, name in _imported(source, lines):
        if name in own:
            yield (
                f"{where}, line {number}: `{source[number - 1].strip()}` would be released, and students do not have "
                f"{name}. Put it, and the tests that need it, between BEGIN HIDDEN TESTS and END HIDDEN TESTS."
            )


def _imported(source: list[str], lines: Lines) -> Iterator[tuple[int, str]]:
    """Yield what the lines that are left of a cell import, and where, unless they make do without it."""
    left = dict(lines)
    # Where lines were cut out, a statement stands for them: a function may consist of nothing else.
    text = [
        _MAGIC.sub(r"\1pass", left[number]) if number in left else re.sub(r"\S.*", "pass", line)
        for number, line in enumerate(_opened(source, left), start=1)
    ]
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse("\n".join(text))
    except (SyntaxError, ValueError, RecursionError):
        for number, line in lines:
            match = _IMPORT.match(line)
            names = [match[1]] if match and match[1] else match[2].split(",") if match else []
            yield from ((number, name.split(".")[0].split(" as ")[0].strip()) for name in names)
    else:
        yield from _required(tree)


def _opened(source: list[str], left: Collection[int]) -> Iterator[str]:
    """Yield a cell's lines, of those that are cut out only the first of each region: the others may be of any shape."""
    cut = False
    for number, line in enumerate(source, start=1):
        yield "" if cut and number not in left else line
        cut = number not in left


def _required(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the modules that cannot be missing, each with its line."""
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield node.lineno, (node.module or "").partition(".")[0]
    spared = node.body if isinstance(node, ast.Try | ast.TryStar) and any(map(_spares, node.handlers)) else []
    for child in ast.iter_child_nodes(node):
        if child not in spared:
            yield from _required(child)


def _spares(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler is for modules that are missing, among others."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _MISSING) for kind in kinds)


def _misnamed(notebook: str, cells: Iterable[Any]) -> Iterator[str]:
    """Yield what there is to say of parts without an answer of their name.

    That alone is no slip: several parts may mark one class. It is one if the answer above has a part of its own, or if
    the name is close to that of an answer.
    """
    cells = list(cells)
    answers = [marks(cell)["grade_id"] for cell in cells if is_solution(cell) or is_task(cell)]
    parts = {part_of(marks(cell)["grade_id"]) for cell in cells if is_test(cell)}
    above = ""
    told = set()
    for cell in cells:
        if is_solution(cell) or is_task(cell):
            above = marks(cell)["grade_id"]
        elif is_test(cell) and (part := part_of(marks(cell)["grade_id"])) not in answers and part not in told:
            told.add(part)
            meant = get_close_matches(part, answers, 1, 0.85) or [above] * (above in parts)
            if meant and AS_IT_IS not in cell.metadata.get("tags", []):
                yield (
                    f"{notebook}, cell {marks(cell)['grade_id']}: marks a part {part}, and no answer has that name; is "
                    f"{meant[0]} meant? Begin the name of a test cell with its answer's: {meant[0]}-test-..."
                )
