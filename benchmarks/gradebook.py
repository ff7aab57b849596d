"""Writing what was found out into the gradebook: many submissions in one transaction, and one in each."""

import statistics
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.courses import EXERCISE, Courses
from benchmarks.sizes import Sizes
from benchmarks.table import Row, at_most, in_turn, seconds
from sealgrade.gradebook import Assignment, Gradebook, NotebookScores, Record

_BATCH = 25  # as the command writes them
_MOST = 3.0  # ms


def rows(courses: Courses, sizes: Sizes) -> list[Row]:
    """Records of Exercise 2, all cells of all three notebooks."""
    content = (courses.sealed.root / "gradebook.db").read_bytes()
    with TemporaryDirectory(dir=courses.sealed.root) as scratch:
        path = Path(scratch) / "gradebook.db"
        path.write_bytes(content)
        with Gradebook(f"sqlite:///{path}") as gradebook:
            known = gradebook.assignment(EXERCISE)
            assert known is not None
            number = iter(range(10**9))

            def write(size: int) -> float:
                """Milliseconds for each of a batch, of students that are new."""
                records = [_record(known, f"student-{next(number):06d}") for _ in range(_BATCH)]
                batches = [records[i : i + size] for i in range(0, _BATCH, size)]
                begin = perf_counter()
                for batch in batches:
                    gradebook.write(known, batch)
                return 1000 * (perf_counter() - begin) / _BATCH

            write(_BATCH)
            found = in_turn({"batch": lambda: write(_BATCH), "one": lambda: write(1)}, 5 * sizes.rounds)
            again = [_record(known, f"student-{i:06d}") for i in range(_BATCH)]
            anew = [1000 * seconds(lambda: gradebook.write(known, again)) / _BATCH for _ in range(5)]
    batch, one = statistics.median(found["batch"]), statistics.median(found["one"])
    cells = sum(len(notebook.cells) for notebook in known.notebooks.values())
    return [
        at_most(
            "writing a graded submission to SQLite",
            batch,
            _MOST,
            "ms",
            f"{cells} cells, {_BATCH} submissions in a transaction; written again {statistics.median(anew):.2f} ms; "
            f"one in a transaction {one:.1f} ms ({one / batch:.1f}x)",
            "SQLAlchemy compiles and binds each of some hundred rows; needed: statements of sqlite3 itself",
        )
    ]


def _record(known: Assignment, student: str) -> Record:
    notebooks = {
        name: NotebookScores(
            {cell: about.points / 2 for cell, about in notebook.cells.items() if about.points is not None},
            {cell: "No response." for cell, about in notebook.cells.items() if not about.locked},
        )
        for name, notebook in known.notebooks.items()
    }
    return Record(student, datetime(2024, 5, 1, 10), notebooks)
