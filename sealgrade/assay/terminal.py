"""What a check has found, on the terminal and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sealgrade.assay.findings import Count, Findings
from sealgrade.plain import plain
from sealgrade.table import counted, number


def show(found: Findings, console: Console) -> None:
    """Print the findings."""
    console.print(_parts(found))
    console.print(_cells(found))
    for line in summary(found):
        console.print(f"  {line}", soft_wrap=True)
    if found.shortfalls:
        many = len(found.shortfalls)
        console.print(f"\n[red]{many} not judged as {'it' if many == 1 else 'they'} should be:[/]")
    for one in found.shortfalls:
        what = f"{one.kind.value}: {one.summary}" if one.summary else one.kind.value
        console.print(f"  [bold]{escape(one.name)}[/] ({escape(plain(what))})", soft_wrap=True)
        console.print(f"      {escape(plain(one.reason))}", soft_wrap=True)
    if found.equivalent:
        console.print("\nNot counted, since they behave as the solution does on the probes:")
    for alike in found.equivalent:
        console.print(f"  {escape(alike.name)} ({escape(plain(alike.change))})", soft_wrap=True)
    for leak in found.leaks:
        console.print(f"[red]Leak:[/] {escape(leak.where)} shows {leak.of}: {escape(plain(leak.what))}", soft_wrap=True)
    for warning in found.warnings:
        console.print(f"[yellow]Warning:[/] {escape(plain(warning))}", soft_wrap=True)
    for mistake, part, other in [*found.naming.astray, *found.naming.wrong]:
        console.print(f"[yellow]Wrong name:[/] in {part}, {mistake} looks like {other}", soft_wrap=True)
    unnamed: dict[str, list[str]] = {}
    for mistake, why in found.naming.unnamed:
        unnamed.setdefault(why, []).append(mistake)
    for why, mistakes in unnamed.items():
        console.print(f"[yellow]Not named:[/] {escape(', '.join(mistakes))}: {escape(why)}", soft_wrap=True)


def summary(found: Findings) -> Iterator[str]:
    """Yield what there is to say in all, line by line."""
    yield f"mistakes caught             {_share(found.catch)}"
    yield f"alternatives at full marks  {_share(found.alternatives)}"
    points = "point" if found.points_elsewhere == 1 else "points"
    lost = f", {number(found.points_elsewhere)} {points} lost elsewhere" if found.points_elsewhere else ""
    yield f"nothing lost elsewhere      {_share(found.elsewhere)}{lost}"
    if found.mutants.of or found.equivalent:
        alike = f"; {len(found.equivalent)} more behave as the solution does" if found.equivalent else ""
        yield f"mutants caught              {_share(found.mutants)}{alike}"
    naming = found.naming
    if naming.mistakes:
        wrong = len(naming.wrong) + len(naming.astray)
        told = f"{counted(wrong, 'wrong name')} ({naming.wrong_rate:.1f} % of {naming.own + naming.left_out} diagnoses)"
        yield f"mistakes named              {naming.own} of {naming.mistakes}; {told}"
    earned, of = found.reference
    yield f"the instructor's version    {number(earned)} of {number(of)} points"
    yield f"the untouched release       {number(found.untouched)} points"
    yield f"leaks into the release      {len(found.leaks) or 'none'}"
    yield f"idle test cells             {', '.join(found.idle) or 'none'}"
    yield f"{found.works} pieces of work in {found.seconds:.0f} s"


def as_json(found: Findings) -> dict[str, Any]:
    """Return the findings as plain data."""
    told = asdict(found)
    for one in told["shortfalls"]:
        one["kind"] = one["kind"].value
    told["idle"] = found.idle
    told["naming"]["wrong_rate"] = found.naming.wrong_rate
    for name in ("catch", "alternatives", "elsewhere", "mutants"):
        count = getattr(found, name)
        told[name]["rate"] = count.rate if count.of else None
    return told


def _parts(found: Findings) -> Table:
    table = Table(title=f"{found.assignment}: how good the tests are", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("Part", overflow="fold")
    for name in ("Points", "Mistakes caught", "Alternatives right", "Others' mistakes spared"):
        table.add_column(name, justify="right")
    for name, part in found.parts.items():
        counts = (part.caught, part.kept, part.spared)
        table.add_row(escape(name), number(part.points), *(_of(count) for count in counts))
    return table


def _cells(found: Findings) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Test cell", overflow="fold")
    for name in ("Points", "Fails", "Alone", "Rejects"):
        table.add_column(name, justify="right")
    for name, cell in found.cells.items():
        fails = f"[red]{cell.fails}[/]" if not cell.fails else str(cell.fails)
        rejects = f"[red]{cell.rejects}[/]" if cell.rejects else "0"
        table.add_row(escape(name), number(cell.points), fails, str(cell.alone), rejects)
    return table


def _of(count: Count) -> str:
    text = f"{count.good} of {count.of}"
    if not count.of:
        return "[yellow]none[/]"
    return text if count.good == count.of else f"[red]{text}[/]"


def _share(count: Count) -> str:
    return f"{count.good} of {count.of} ({count.rate:.1f} %)" if count.of else "none to try"
