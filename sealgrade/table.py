"""How results look on the terminal."""

from datetime import timedelta

from rich import box
from rich.markup import escape
from rich.table import Table

from sealgrade.blueprint import Blueprint
from sealgrade.report import NOT_ANSWERED, StudentResult

_MAX_REMARKS = 5


def results_table(blueprint: Blueprint, results: list[StudentResult]) -> Table:
    """Return the closing table of `sealgrade grade`: a row for each student."""
    title = f"{blueprint.assignment}: {counted(len(results), 'student')}, {number(blueprint.total)} points"
    table = Table(
        title=title + (f" and {number(blueprint.bonus)} bonus" if blueprint.bonus else ""),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("Student", overflow="fold", min_width=12)
    for name in blueprint.notebooks:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Total", justify="right", no_wrap=True)
    table.add_column("What failed, and why", overflow="fold", min_width=28)
    for result in results:
        scores = [_points(result.score(name), result.score(name, bonus=True)) for name in blueprint.notebooks]
        total = _points(result.total, result.bonus, result.pending())
        if result.failure:
            scores, total = ["-" for _ in scores], "-"
        table.add_row(escape(result.student), *scores, total, "\n".join(_remarks(result)))
    return table


def number(value: float) -> str:
    """Return a number of points without needless decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def counted(many: int, what: str) -> str:
    """Return how many of something there are, in words: "1 file", "2 files"."""
    return f"{many} {what}" if many == 1 else f"{many} {what}s"


def _points(score: float, bonus: float, pending: float = 0) -> str:
    text = number(score) + (f" + {number(bonus)}" if bonus else "")
    return text + (f" [dim](?{number(pending)})[/]" if pending else "")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return "less than a minute"
    late = timedelta(seconds=int(seconds))
    hours, minutes = late.seconds // 3600, late.seconds // 60 % 60
    return f"{late.days}d {hours}h" if late.days else f"{hours}h {minutes}min"


def _remarks(result: StudentResult) -> list[str]:
    remarks = [f"[red]not graded: {escape(result.failure)}[/]"] if result.failure else []
    remarks += [f"late by {_duration(result.seconds_late)}"] if result.seconds_late > 0 else []
    notes = sorted(result.notes, key=lambda note: note not in result.urgent)
    remarks += [f"[yellow]{escape(note)}[/]" if note in result.urgent else escape(note) for note in notes]
    unanswered = [r.part.name for r in result.parts if r.message == NOT_ANSWERED]
    if unanswered:
        remarks.append(f"not answered: {', '.join(unanswered)}")
    for r in result.parts:
        if r.message and r.message != NOT_ANSWERED:
            remarks.append(f"{r.part.name} {number(r.score)}/{number(r.part.points)}: {escape(r.message)}")
    if len(remarks) > _MAX_REMARKS:
        remarks[_MAX_REMARKS - 1 :] = [f"[dim]and {len(remarks) - _MAX_REMARKS + 1} more; see `--json`[/]"]
    return remarks
