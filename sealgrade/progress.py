"""What is shown while a class is graded: a bar, how long it will take, and whose work is under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from sealgrade.batch import Progress

_MOST = 3  # names


@contextmanager
def showing(console: Console, hidden: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Show a bar as long as the context lasts.

    Args:
        console: where.
        hidden: whether to show nothing.

    Returns:
        What takes the progress.
    """
    left = (TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False))
    columns = (TextColumn("graded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *left)
    # A file or a pipe is no place for a bar.
    with Bar(
        *columns,
        TextColumn("{task.fields[names]}"),
        console=console,
        transient=True,
        disable=hidden or not console.is_terminal,
    ) as bar:
        task = bar.add_task("", names="", total=None)

        def show(progress: Progress) -> None:
            names = ", ".join(escape(name) for name in progress.students[:_MOST])
            more = "" if len(progress.students) <= _MOST else f" and {len(progress.students) - _MOST} more"
            bar.update(task, completed=progress.done, total=progress.total, names=f"[dim]{names}{more}[/]")

        yield show
