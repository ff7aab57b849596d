"""A made-up class for an assignment: its submissions, as nbgrader's exchange would have collected them.

The students hand in the released notebooks with right work, with known mistakes from the bank, and with what else
comes in before a deadline: late, unfinished and damaged notebooks, and code that does not end, floods its output or
kills its kernel. What each is to earn is known, so that the class also tests the grading.

Students are named `sample-...`. Nothing else in `submitted/` is touched, and nothing is ever deleted there.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from sealgrade.bank import BankError, Entry, load_bank
from sealgrade.inline import solved_cells
from sealgrade.odd_work import ODD_WAYS
from sealgrade.sample_work import SampleClassError, Work, fill_in, read_release

__all__ = ["SampleClassError", "SampleStudent", "write_class"]

# Thursday 2024-05-02, 23:59:59 in Berlin, which is two hours ahead of UTC then.
DEADLINE = datetime(2024, 5, 2, 21, 59, 59, tzinfo=UTC)

# What a student does: an entry of the bank, or a way in which right work comes in odd.
Plan = Entry | Callable[[Work], None]


@dataclass(frozen=True)
class SampleStudent:
    """A student of the sample class.

    Attributes:
        student: the student id.
        description: what was handed in, in one line.
        kind: "right", "mistake", "unfinished", "late", "damaged" or "runaway".
        expected: the points of each part, None where they are not known beforehand: parts that are marked by hand,
            and parts of which a mistake loses some.
        loses: the parts that a mistake must cost some points.
        is_late: handed in after the deadline.
    """

    student: str
    description: str
    kind: str
    expected: dict[str, float | None]
    loses: tuple[str, ...]
    is_late: bool


def write_class(course_root: Path, assignment: str, size: int = 40, seed: int = 0) -> list[SampleStudent]:
    """Write the submissions of a sample class, `submitted/sample-.../ASSIGNMENT/`.

    The same arguments give the same bytes, files that are already there as they should be are left alone, and a
    larger class holds the smaller one.

    Args:
        course_root: the course's root folder; the assignment is released there.
        assignment: the assignment's name.
        size: the number of students; from 24 on, every kind of student is there, several mistakes and alternatives.
        seed: which entries of the bank are drawn.

    Raises:
        SampleClassError: the assignment is not released, or not as the instructor's notebooks now are.
        BankError, InlineError: the bank or the solution is not valid.
    """
    release = read_release(course_root / "release" / assignment)
    cells = solved_cells(course_root, assignment)
    folder = course_root / "bank" / assignment
    bank = load_bank(folder) if folder.is_dir() else []

    students = []
    for number, plan in enumerate(islice(_plan(bank, seed), size), start=1):
        if isinstance(plan, Entry):
            work = fill_in(release, plan.apply(cells))
            _describe(plan, work)
        else:
            work = fill_in(release, cells)
            plan(work)
        student = f"sample-{number:02d}-{work.name}"
        _hand_in(course_root / "submitted" / student / assignment, work, random.Random(student))
        students.append(
            SampleStudent(student, work.description, work.kind, work.expected, tuple(work.loses), work.is_late)
        )
    return students


def _plan(bank: list[Entry], seed: int) -> Iterator[Plan]:
    """Yield what each student does, without end: one of each kind first, then more from the bank."""
    chance = random.Random(seed)
    mistake: Iterator[Plan] = cycle(_draw(bank, "mistake", chance) or [_right])
    alternative: Iterator[Plan] = cycle(_draw(bank, "alternative", chance) or [_right])
    yield from (_right, next(mistake), next(alternative), *ODD_WAYS)
    while True:
        yield from (next(mistake), next(mistake), next(alternative))


def _draw(bank: list[Entry], kind: str, chance: random.Random) -> list[Entry]:
    """Return the entries of a kind by chance, but with those in front that change different cells."""
    entries = [entry for entry in bank if entry.kind == kind]
    chance.shuffle(entries)
    seen: Counter[str] = Counter()
    rank: dict[str, int] = {}
    for entry in entries:
        cell = entry.changes[0].cell
        rank[entry.name] = seen[cell]
        seen[cell] += 1
    return sorted(entries, key=lambda entry: rank[entry.name])


def _right(work: Work) -> None:
    """Leave the right work as it is."""


def _describe(entry: Entry, work: Work) -> None:
    work.describe(entry.name, "right" if entry.kind == "alternative" else "mistake", entry.summary)
    for part in entry.loses:
        if part not in work.expected:
            known = ", ".join(work.expected)
            raise BankError(f"{entry.name}.toml: {part!r} in loses is not a part. These are: {known}.")
        work.expected[part] = None
    work.loses = list(entry.loses)


def _hand_in(folder: Path, work: Work, chance: random.Random) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Late means less than two hours: whoever takes the deadline for UTC would call it in time.
    minutes = -chance.uniform(5, 100) if work.is_late else chance.uniform(5, 4 * 24 * 60)
    moment = DEADLINE - timedelta(minutes=minutes)
    timestamp = moment.strftime("%Y-%m-%d %H:%M:%S.%f %Z")  # as nbgrader's exchange writes it
    for name, data in [*work.files(), ("timestamp.txt", timestamp.encode())]:
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
