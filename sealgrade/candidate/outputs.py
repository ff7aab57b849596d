"""What a student's cell puts out goes over the wall while it runs, bounded already here; the examiner bounds it again.

Text goes as it comes, figures and the like whole.
"""

# What has no docstring is told by IPython's documentation, or by that of text streams.
# ruff: noqa: D102
# IPython says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return,union-attr,attr-defined"

import base64
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from .drawing import drawing

Emit = Callable[[tuple[Any, ...]], None]

MAX_TEXT = 100_000  # characters of an error, and of what a cell prints if nothing else is set
MAX_DATA = 5_000_000  # characters of one figure or table
_PIECE = 8192


class Outputs:
    """Where everything goes that a cell puts out."""

    def __init__(self) -> None:
        self.emit: Emit = lambda output: None
        self.most = MAX_TEXT  # characters that a cell prints
        self._room = self.most
        self._cut = 0
        self._counting = threading.Lock()
        self._pipe = -1

    def start_cell(self) -> None:
        """Give a new cell its room."""
        self._room, self._cut = self.most, 0

    def text(self, name: str, text: str) -> None:
        """Send what was printed."""
        with self._counting:  # threads that print at the same time must not both have the rest of the room
            kept = text[: self._room]
            self._room -= len(kept)
            self._cut += len(text) - len(kept)
        if kept:
            self.emit(("stream", name, kept))

    def end_text(self) -> None:
        """Keep the order of what is printed and what is shown."""
        sys.stdout.flush()
        sys.stderr.flush()

    def end_cell(self) -> None:
        """Send what was written past Python, and say how much was left out."""
        self.end_text()
        if self._pipe >= 0:
            try:
                while data := os.read(self._pipe, 65536):
                    self.text("stdout", data.decode("utf-8", "replace"))
            except OSError:  # nothing more there
                pass
        if self._cut:
            self.emit(("stream", "stdout", f"\n[sealgrade: {self._cut:,} more characters were left out]\n"))

    def catch_descriptors(self) -> None:
        """Collect what is written to the descriptors 1 and 2 by something else than Python, 64 KiB at most."""
        self._pipe, write = os.pipe()
        os.set_blocking(self._pipe, False)
        os.set_blocking(write, False)
        for descriptor in (1, 2):
            os.dup2(write, descriptor)
        os.close(write)

    def forget_descriptors(self) -> None:
        """Drop what came since the last cell: in a test's calls, so it may tell a hidden test's inputs."""
        if self._pipe >= 0:
            with contextlib.suppress(OSError):  # nothing there
                os.read(self._pipe, 1 << 16)

    @property
    def descriptors(self) -> list[int]:
        """What must stay open for that."""
        return [self._pipe]


class Stream:
    """`sys.stdout` or `sys.stderr`: sends pieces, not single characters."""

    encoding, errors, newlines, closed = "utf-8", "replace", None, False

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name = f"<{name}>"
        self._stream, self._outputs = name, outputs
        self._pieces: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._pieces.append(text)
        self._size += len(text)
        if self._size >= _PIECE:
            self.flush()
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pieces, self._pieces, self._size = self._pieces, [], 0
        if pieces:
            self._outputs.text(self._stream, "".join(pieces))

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self._stream]


class Publisher(DisplayPublisher):
    """Sends what `display` is given."""

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: Any = None,
        **_: Any,
    ) -> None:
        self.shell.outputs.end_text()
        display_id = (transient or {}).get("display_id")
        self.shell.outputs.emit(("display", _bounded(data), _texts(metadata), display_id, bool(update)))

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.end_text()
        self.shell.outputs.emit(("clear", bool(wait)))


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    def quiet(self) -> bool:
        # IPython takes the cell apart to find out whether it ends with a semicolon.
        source = self.shell.user_ns.get("_ih") or [";"]
        return ";" in str(source[-1]) and super().quiet()

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.outputs.end_text()
        self.shell.outputs.emit(("result", _bounded(format_dict), _texts(md_dict), self.prompt_count))

    def finish_displayhook(self) -> None:
        pass


class Formatter(DisplayFormatter):
    """Makes pictures of figures, unless nobody will look at them."""

    draws = True

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what an object is shown as."""
        if not self.draws and isinstance(obj, Figure):
            return {"text/plain": "<Figure>"}, {}
        with drawing() if isinstance(obj, Figure) else contextlib.nullcontext():
            return super().format(obj, include, exclude)


def _bounded(data: Any) -> dict[str, str]:
    found = {}
    for kind, content in dict(data).items():
        if isinstance(content, bytes):
            content = base64.b64encode(content).decode()
        if isinstance(content, str) and len(content) <= MAX_DATA:
            found[str(kind)] = content
    return found


def _texts(metadata: Any) -> dict[str, dict[str, int]]:
    """Of metadata only the sizes of figures are of use."""
    sizes = {}
    for kind, content in dict(metadata or {}).items():
        if isinstance(content, dict):
            sizes[str(kind)] = {k: v for k, v in content.items() if k in ("width", "height") and type(v) is int}
    return sizes
