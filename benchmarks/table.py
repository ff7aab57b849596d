"""Rows of the table, and what is measured in turn."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measure.

    Attributes:
        measure: what was measured.
        reach: what is to be reached, in words; empty where nothing is asked.
        measured: what came out, with its unit.
        reached: whether it is reached; None where nothing is asked, or nothing could be measured.
        detail: the numbers behind it.
        profile: where the time goes and what would be needed, said where it is not reached.
    """

    measure: str
    reach: str
    measured: str
    reached: bool | None = None
    detail: str = ""
    profile: str = ""

    @property
    def verdict(self) -> str:
        """One word or two."""
        return {True: "reached", False: "NOT reached", None: "-"}[self.reached]


def times(measure: str, ratio: float, least: float, detail: str, profile: str = "") -> Row:
    """Return the row of a ratio that is to be at least so large."""
    return Row(measure, f"at least {least:g}x", f"{ratio:.3g}x", ratio >= least, detail, profile)


def at_most(measure: str, value: float, most: float, unit: str, detail: str, profile: str = "") -> Row:
    """Return the row of a number that is to be at most so large."""
    return Row(measure, f"at most {most:g} {unit}", f"{value:.3g} {unit}", value <= most, detail, profile)


def seconds(work: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


def in_turn(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure several ways one after the other, again and again: a machine that slows down slows all of them."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def middle_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of the ratios of what was measured in the same round."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def print_table(console: Console, rows: Sequence[Row]) -> None:
    """Print the rows, then the numbers behind them and the profiles of what is not reached."""
    table = Table("Measure", "To reach", "Measured", "", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(row.measure, row.reach or "-", row.measured, row.verdict)
    console.print(table)
    for row in rows:
        if row.detail:
            console.print(f"{row.measure}: {row.detail}.", markup=False, highlight=False)
        if row.reached is False and row.profile:
            console.print(f"  Not reached: {row.profile}", markup=False, highlight=False)


def as_markdown(rows: Sequence[Row], about: str) -> str:
    """Return a page with the same content."""
    lines = [
        "# What `make bench` measured last",
        "",
        about,
        "",
        "| measure | to reach | measured | |",
        "|---|---|---|---|",
    ]
    for row in rows:
        verdict = f"**{row.verdict}**" if row.reached is False else row.verdict
        lines.append(f"| {row.measure} | {row.reach or '-'} | {row.measured} | {verdict} |")
    lines += ["", "The numbers behind it:", ""]
    lines += [f"- {row.measure}: {row.detail}." for row in rows if row.detail]
    if missed := [row for row in rows if row.reached is False and row.profile]:
        lines += ["", "Where a number is not reached, where the time goes, and what would be needed:", ""]
        lines += [f"- {row.measure}: {row.profile}" for row in missed]
    return "\n".join(lines) + "\n"
