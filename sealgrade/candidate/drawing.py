"""Drawing figures in less time than matplotlib takes, to the same pictures.

Theory of operation. An inline figure is laid out, measured and drawn, and matplotlib does much of that anew each time.
What is kept here, for the time of one figure or for good, is what comes out the same: formulas, which each canvas would
parse again, and the ticks of an axis, which every part of the layout asks for again. Ticks are kept only where nothing
but matplotlib's own code makes them. And formulas raise thousands of exceptions while they are parsed, whose traces
would set off the garbage collector in the middle of the work.
"""

# matplotlib says that it is typed, and these are names of its own.
# mypy: disable-error-code="attr-defined"

import contextlib
import functools
import gc
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.axis
import matplotlib.backends.backend_agg
import matplotlib.font_manager
import matplotlib.mathtext
import matplotlib.pyplot
from matplotlib import ft2font, ticker

_FORMULAS = 1000  # that are kept
_OWN = ("matplotlib.ticker", "matplotlib.dates", "matplotlib.category")
_ticks: dict[Any, tuple[Any, ...]] | None = None  # None while nothing is drawn


class _HeldFile(io.BytesIO):
    """A file in memory, which has a path."""

    def __init__(self, path: str) -> None:
        super().__init__(_bytes_of(path))
        self.name = path

    def __str__(self) -> str:
        # What embeds a font in a file asks it where it is. (A path-like object would be opened by its path.)
        return str(self.name)


class _Fonts:
    """Stands for `matplotlib.ft2font` where fonts are opened."""

    def __getattr__(self, name: str) -> Any:
        return getattr(ft2font, name)

    def FT2Font(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        return ft2font.FT2Font(_HeldFile(os.fspath(path)), *args, **kwargs)


@functools.cache
def _bytes_of(path: str) -> bytes:
    return Path(path).read_bytes()


def hold_fonts() -> None:
    """Let fonts that were opened before a fork be used after it: their files are in memory, and not open.

    matplotlib drops its fonts in a fork, since processes that share an open file move each other's place in it.
    """
    manager: Any = matplotlib.font_manager
    if not hasattr(manager._get_font, "__wrapped__"):  # another matplotlib than those that are known
        return
    manager.ft2font = _Fonts()
    manager._get_font = functools.lru_cache(64)(manager._get_font.__wrapped__)


def share_formulas() -> None:
    """Let all canvases keep their formulas in one place."""
    parser = matplotlib.mathtext.MathTextParser
    if not hasattr(parser._parse_cached, "__wrapped__"):  # another matplotlib than those that are known
        return
    parser._parse_cached = functools.lru_cache(_FORMULAS)(parser._parse_cached.__wrapped__)
    shared = functools.cache(parser)
    matplotlib.backends.backend_agg.MathTextParser = shared  # type: ignore[assignment]


def remember_ticks() -> None:
    """Let an axis keep its ticks while a figure is drawn."""
    original = getattr(matplotlib.axis.Axis, "_update_ticks", None)
    if original is None:
        return

    @functools.wraps(original)
    def update(axis: Any) -> Any:
        place = _place(axis) if _ticks is not None else None
        if _ticks is None or place is None:
            return original(axis)
        known = _ticks.get(axis)
        if known is None or known[0] != place:
            found = original(axis)
            known = _ticks[axis] = place, found
        return list(known[1])

    matplotlib.axis.Axis._update_ticks = update


def draw_once(shows_drawn: Callable[[], bool]) -> None:
    """Let a cell's figures be drawn when they are shown, and not once more before; call it before a shell is set up.

    Only where a layout is computed while a figure is drawn does it matter how often that was.

    Args:
        shows_drawn: tells whether figures are drawn when they are shown.
    """
    original = getattr(matplotlib.pyplot, "_draw_all_if_interactive", None)
    if original is None:
        return

    @functools.wraps(original)
    def draw() -> None:
        managers = matplotlib.pyplot._pylab_helpers.Gcf.get_all_fig_managers()
        if not shows_drawn() or any(one.canvas.figure.get_layout_engine() is not None for one in managers):
            original()

    matplotlib.pyplot._draw_all_if_interactive = draw  # matplotlib gives it to the shell by this name


def _place(axis: Any) -> Any:
    """Return all that the ticks of an axis depend on; None where it may be more than that."""
    makers = [getattr(group, name, None) for group in (axis.major, axis.minor) for name in ("locator", "formatter")]
    if getattr(axis.axes, "name", "") != "rectilinear":
        return None
    if any(type(maker).__module__ not in _OWN or isinstance(maker, ticker.FuncFormatter) for maker in makers):
        return None
    size = tuple(round(float(length), 6) for length in axis.axes.bbox.size)
    low, high = axis.get_view_interval()
    return float(low), float(high), size, axis.get_scale(), *map(id, makers)


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Within, a figure is drawn."""
    global _ticks
    before, collects, _ticks = _ticks, gc.isenabled(), {}
    gc.disable()
    try:
        yield
    finally:
        _ticks = before
        if collects:
            gc.enable()
