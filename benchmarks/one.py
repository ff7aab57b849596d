"""What a person at the terminal waits for: one submission that changed, and the page of help."""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.courses import Class, Courses
from benchmarks.running import command
from benchmarks.sizes import Sizes
from benchmarks.table import Row, at_most, in_turn

_IMPORTS = (
    "import sealgrade.imports as i; i.leave_out_formats(); import sealgrade.cli, sealgrade.grading, sealgrade.table"
)
_WORKER = "import sealgrade.imports as i; i.leave_out_formats(); import sealgrade.work"
_PAGES = f"{_WORKER}; import sealgrade.pages"


def rows(courses: Courses, sizes: Sizes) -> Iterator[Row]:
    """Whole commands, in turn with nbgrader's."""
    rounds = 2 * sizes.rounds
    yield _changed("Exercise 2", courses.stock, courses.sealed, sizes, rounds)
    yield _changed("nbgrader's documentation course", courses.stock_docs, courses.docs, sizes, rounds)
    yield _help(courses, rounds)


def _changed(name: str, stock: Class, own: Class, sizes: Sizes, rounds: int) -> Row:
    own.grade(sizes.students + 1)
    student = stock.hand_in(1)[0]
    changes = iter(range(10**6))

    def ours() -> float:
        _change(own, student, next(changes))
        return command(own.root, "sealgrade", "grade", own.assignment)

    def theirs() -> float:
        _change(stock, student, next(changes))
        return command(stock.root, "nbgrader", "autograde", stock.assignment, "--student", student, "--force")

    found = in_turn({"theirs": theirs, "ours": ours}, rounds)
    taken, nbgrader = statistics.median(found["ours"]), statistics.median(found["theirs"])
    parts = {
        "Python itself": "pass",
        "and what the command imports": _IMPORTS,
        "what a worker imports, at the same time": _WORKER,
        "and what pages need": _PAGES,
    }
    timed = {part: _python(own.root, code) for part, code in parts.items()}
    profile = ", ".join(f"{part} {value:.2f} s" for part, value in timed.items())
    return at_most(
        f"one submission of {name} that changed, the whole command",
        taken,
        2,
        "s",
        f"nbgrader {nbgrader:.1f} s ({nbgrader / taken:.1f}x)",
        f"{profile}; the process that students' code is forked from loads at the same time, on two cores; then the "
        "notebook itself, whose parts stand in the rows above. Needed: fewer imports",
    )


def _change(course: Class, student: str, number: int) -> None:
    """Have a student hand in again, with another comment in each notebook's first answer."""
    for path in sorted((course.root / "submitted" / student / course.assignment).glob("*.ipynb"))[:1]:
        notebook = json.loads(path.read_bytes())
        answers = (c for c in notebook["cells"] if c["cell_type"] == "code" and _is_answer(c))
        cell = next(answers)
        cell["source"] = "".join(cell["source"]) + f"\n# {number}"
        path.write_text(json.dumps(notebook))


def _is_answer(cell: dict[str, dict[str, dict[str, bool]]]) -> bool:
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def _python(root: Path, code: str) -> float:
    return command(root, Path(sys.executable).name, "-c", code)


def _help(courses: Courses, rounds: int) -> Row:
    root = courses.sealed.root
    ways: dict[str, Callable[[], float]] = {
        "theirs": lambda: command(root, "nbgrader", "--help"),
        "ours": lambda: command(root, "sealgrade", "--help"),
    }
    found = {name: statistics.median(values) for name, values in in_turn(ways, 2 * rounds).items()}
    return at_most(
        "`sealgrade --help`",
        found["ours"],
        0.4,
        "s",
        f"`nbgrader --help` {found['theirs']:.1f} s ({found['theirs'] / found['ours']:.0f}x)",
        f"Python itself {_python(root, 'pass'):.2f} s, typer {_python(root, 'import typer'):.2f} s with it",
    )
