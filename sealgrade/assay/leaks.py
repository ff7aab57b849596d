"""What of the solution, the hidden tests and the rubrics has got into the release."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from sealgrade.cells import marks
from sealgrade.slips import Marked

_SHORTEST = 16  # characters of a line that is looked for: shorter ones stand in any code
_COMMON = (
    "import ",
    "from ",
    "def ",
    "class ",
    "@",
    "#",
    "plt.",
    "return None",
    '"""',
)  # what any code begins lines with
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Leak:
    """A line that students should not see, and do.

    Attributes:
        where: the released file, and the cell.
        what: the line.
        of: what it belongs to: the solution, a hidden test, a rubric, or a module that marks.
    """

    where: str
    what: str
    of: str


def leaks(source: Path, release: Path, solved: dict[str, str], modules: dict[str, bytes], marked: Marked) -> list[Leak]:
    """Return what leaks.

    Args:
        source: the folder of the instructor's notebooks.
        release: the folder that the students get.
        solved: the solved cells, by grade_id.
        modules: the course's own modules, by their paths.
        marked: what is cut out of its notebooks.
    """
    secret = _secret_lines(source, solved, marked)
    markers = [text for region in marked.regions for text in (region.begin, region.end)]
    code = {Path(name).name: content for name, content in modules.items()}
    found = []
    for path in sorted(p for p in release.rglob("*") if p.is_file()):
        name = str(path.relative_to(release))
        content = path.read_bytes()
        if code.get(path.name) == content and content.strip():
            found.append(Leak(name, "the whole file", "the course's own modules"))
            continue
        for where, text in _texts(path, name, content):
            for line in text.splitlines():
                stripped = line.strip()
                if any(marker in line for marker in markers):
                    found.append(Leak(where, stripped, "the markers of what is to be cut out"))
                elif stripped in secret:
                    found.append(Leak(where, stripped, secret[stripped]))
    return found


def _secret_lines(source: Path, solved: dict[str, str], marked: Marked) -> dict[str, str]:
    """Return the lines that students are not to see, each with what it belongs to.

    A line that stands in the same cell for all to see, in a stub for example, is none; nor is one that says little.
    """
    kinds = tuple(zip(marked.regions, ("the solution", "a hidden test", "a rubric"), strict=True))
    secret: dict[str, str] = {}
    for path in sorted(source.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]
            left = cell.source
            cut_out: dict[str, str] = {}
            for region, of in kinds:
                before = left
                left, _ = region.cut(left)
                kept = set(left.splitlines())
                cut_out |= {line.strip(): of for line in before.splitlines() if line not in kept}
            if marks(cell).get("solution") and cell.cell_type == "code":
                answer = solved.get(marks(cell)["grade_id"], "")
                cut_out |= {line.strip(): "the solution" for line in answer.splitlines()}
            shown = {line.strip() for line in left.splitlines()}
            secret |= {line: of for line, of in cut_out.items() if line not in shown and _says_something(line)}
    return secret


def _says_something(line: str) -> bool:
    return len(line) >= _SHORTEST and bool(_WORD.search(line)) and not line.startswith(_COMMON)


def _texts(path: Path, name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if path.suffix != ".ipynb":
        yield name, content.decode("utf-8", "replace")
        return
    cells = nbformat.reads(content.decode(), as_version=4).cells  # type: ignore[no-untyped-call]
    for number, cell in enumerate(cells, start=1):
        where = f"{name}, cell {marks(cell).get('grade_id') or number}"
        yield where, cell.source
        for output in cell.get("outputs", []):
            shown = output.get("text") or output.get("data", {}).get("text/plain")
            yield f"{where}, its output", str(shown or "\n".join(output.get("traceback", [])))
