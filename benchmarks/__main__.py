"""Run the benchmark: `python -m benchmarks`."""

import argparse
import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.courses import Courses
from benchmarks.sizes import FULL, NORMAL, QUICK, Sizes
from benchmarks.table import Row, as_markdown, print_table

_MEASURES = {
    "classes": "submissions a second, against nbgrader autograde",
    "otter": "a small notebook, against otter run",
    "floor": "a notebook, against its cells alone",
    "gradebook": "writing to SQLite",
    "one": "one submission that changed, and help",
    "memory": "memory while a large class is graded",
    "pages": "feedback pages, against nbgrader generate_feedback",
    "engine": "a notebook of light cells, and a crossing of the wall",
    "check": "the tests' own examination",
}
_RESULTS = Path(__file__).with_name("results.md")


def main() -> None:
    """Measure, print the table, and write it down if all was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what sealgrade costs.")
    known = "; ".join(f"{name}: {about}" for name, about in _MEASURES.items())
    parser.add_argument("--only", action="append", choices=list(_MEASURES), metavar="NAME", help=known)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_const", dest="sizes", const=FULL, help="larger classes, more rounds")
    size.add_argument("--quick", action="store_const", dest="sizes", const=QUICK, help="only to see that it runs")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="where the table is written")
    options = parser.parse_args()
    sizes: Sizes = options.sizes or NORMAL

    console = Console(width=130)
    rows: list[Row] = []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sealgrade-bench-") as scratch:
        courses = Courses(Path(scratch))
        for name in options.only or _MEASURES:
            console.print(f"[dim]{name}: {_MEASURES[name]} ...[/]")
            try:
                for row in importlib.import_module(f"benchmarks.{name}").rows(courses, sizes):
                    rows.append(row)  # one by one: what a group has measured counts if it fails later
            except Exception as error:  # the other measures are worth having
                said = str(error).strip().splitlines() or [type(error).__name__]
                rows.append(Row(_MEASURES[name], "", "could not be measured", None, said[-1].replace(scratch, "")))
    about = _machine(load)
    console.print(about)
    print_table(console, rows)
    if options.only or sizes is QUICK:
        console.print(f"Not written to {_RESULTS.name}: that takes all measures, and not --quick.")
    else:
        options.out.write_text(as_markdown(rows, about))
    sys.exit(any(row.measured == "could not be measured" for row in rows))


def _machine(load: float) -> str:
    from sealgrade.doctor import examine

    tier = examine()["tier"] or "none"
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, confinement tier {tier}; "
        f"load of other programs at the start {load:.1f}. Ratios are of one run, the two ways measured in turn."
    )


if __name__ == "__main__":
    main()
