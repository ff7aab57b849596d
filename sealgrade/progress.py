"""What is shown while a class is graded: a bar, how long it will take, and whose work is under way."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sealgrade.batch import Progress

if TYPE_CHECKING:
    from rich.console import Console

_MOST = 3  # names

Show = Callable[[Progress], None]


@contextmanager
def showing(console: "Callable[[], Console]", hidden: bool = False) -> Iterator[Show]:
    """Show a bar as long as the context lasts, from the first progress on.

    Before that nobody waits for anything but that the workers get something to do, and to load what draws takes a
    moment. So does what the end of a command needs, which is loaded then, too: the workers are at it, and we are not.

    Args:
        console: returns where.
        hidden: whether to show nothing.

    Returns:
        What takes the progress.
    """
    with ExitStack() as stack:
        shows: list[Show] = []

        def show(progress: Progress) -> None:
            if not shows:
                import sealgrade.report
                import sealgrade.table  # noqa: F401 - see above

                # A file or a pipe is no place for a bar.
                drawn = not hidden and console().is_terminal
                shows.append(stack.enter_context(_bar(console())) if drawn else lambda _: None)
            shows[0](progress)

        yield show


@contextmanager
def _bar(console: "Console") -> Iterator[Show]:
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    left = (TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False))
    columns = (TextColumn("graded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *left)
    with Bar(*columns, TextColumn("{task.fields[names]}"), console=console, transient=True) as bar:
        task = bar.add_task("", names="", total=None)

        def show(progress: Progress) -> None:
            names = ", ".join(escape(name) for name in progress.students[:_MOST])
            more = "" if len(progress.students) <= _MOST else f" and {len(progress.students) - _MOST} more"
            bar.update(task, completed=progress.done, total=progress.total, names=f"[dim]{names}{more}[/]")

        yield show
