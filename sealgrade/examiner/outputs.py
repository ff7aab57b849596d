"""What a student's cell puts out, as outputs of a notebook: of few kinds, bounded in number and size, and harmless.

Theory of operation. Outputs come from the student's process and end in a browser of the instructor's. Only kinds that a
page can show without running anything are kept; a picture is decoded and encoded again, so that nothing but base64
stands in the page, and it must begin as a picture does. HTML is kept as it is, for pages clean it when they show it
(`sealgrade.harmless`).
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import base64
import binascii
from typing import Any

import nbformat
from nbformat import NotebookNode

MAX_TEXT = 100_000  # characters of what a cell prints, if nothing else is set, and of an error
ROOM_TO_SAY_SO = 1_000  # the shell keeps to the limit, and says how much it left out
MAX_DATA = 5_000_000  # characters of a cell's figures and tables
MAX_OUTPUTS = 200
MAX_ERRORS = 3
_TEXTS = {"text/plain", "text/html", "text/latex", "text/markdown"}
_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def _output(kind: str, **fields: Any) -> NotebookNode:
    # nbformat's own `new_output` holds each output against a schema, which takes as long as to run a light cell. What
    # is made here has the right form, and a notebook is held against the schema when it is written.
    return NotebookNode(output_type=kind, **{name: nbformat.from_dict(value) for name, value in fields.items()})


class CellOutputs:
    """Collects the outputs of one cell.

    Args:
        text: characters that it may print.
    """

    def __init__(self, text: int = MAX_TEXT) -> None:
        self.outputs: list[NotebookNode] = []
        self._text_left, self._data_left = text + ROOM_TO_SAY_SO, MAX_DATA
        self._clear_first = False
        self._displays: dict[str, list[NotebookNode]] = {}
        self.execution_count: int | None = None

    def take(self, message: Any) -> None:
        """Take one message; what is no output is left out."""
        if isinstance(message, tuple) and message and isinstance(message[0], str):
            method = getattr(self, f"_take_{message[0]}", None)
            if method is not None and len(message) == method.__code__.co_argcount:
                method(*message[1:])

    def error(self, name: str, message: str, traceback: list[str] | None = None) -> None:
        """Add an error."""
        lines = traceback or [f"{name}: {message}"]
        self._add(_output("error", ename=name, evalue=message, traceback=lines))

    def _add(self, output: NotebookNode) -> None:
        if self._clear_first:
            self._clear_first = False
            self.outputs.clear()
        self.outputs.append(output)

    def _take_stream(self, name: Any, text: Any) -> None:
        if not isinstance(name, str) or name not in ("stdout", "stderr") or not isinstance(text, str):
            return
        text = text[: self._text_left]
        self._text_left -= len(text)
        last = self.outputs[-1] if self.outputs and not self._clear_first else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text and len(self.outputs) < MAX_OUTPUTS:
            self._add(_output("stream", name=name, text=text))

    def _take_display(self, data: Any, metadata: Any, display_id: Any, update: Any) -> None:
        bundle = self._bundle(data)
        if update is True:
            for output in self._displays.get(display_id, []) if isinstance(display_id, str) else []:
                output.data = bundle
            return
        if bundle and len(self.outputs) < MAX_OUTPUTS:
            output = _output("display_data", data=bundle, metadata=_sizes(metadata))
            self._add(output)
            if isinstance(display_id, str):
                self._displays.setdefault(display_id, []).append(output)

    def _take_result(self, data: Any, metadata: Any, count: Any) -> None:
        bundle = self._bundle(data)
        if bundle and len(self.outputs) < MAX_OUTPUTS:
            number = count if type(count) is int and 0 <= count < 1 << 31 else None
            self._add(_output("execute_result", data=bundle, metadata=_sizes(metadata), execution_count=number))

    def _take_error(self, name: Any, message: Any, traceback: Any) -> None:
        if sum(output.output_type == "error" for output in self.outputs) >= MAX_ERRORS:
            return
        room, lines = MAX_TEXT, []
        for line in traceback if isinstance(traceback, list) else []:
            if isinstance(line, str) and room > 0:
                lines.append(line[:room])
                room -= len(line)
        name, message = (text if isinstance(text, str) else "" for text in (name, message))
        self.error(name[:200], message[: MAX_TEXT // 10], lines)

    def _take_clear(self, wait: Any) -> None:
        if wait is True:
            self._clear_first = True
        else:
            self.outputs.clear()

    def _bundle(self, data: Any) -> dict[str, str]:
        bundle: dict[str, str] = {}
        for kind, content in data.items() if isinstance(data, dict) else ():
            if not isinstance(kind, str) or not isinstance(content, str) or len(content) > self._data_left:
                continue
            if kind in _TEXTS:
                bundle[kind] = content
            elif kind in _PICTURES:
                try:
                    picture = base64.b64decode(content)
                except (binascii.Error, ValueError):
                    continue
                if picture.startswith(_PICTURES[kind]):
                    bundle[kind] = base64.b64encode(picture).decode()
            self._data_left -= len(bundle.get(kind, ""))
        return bundle


def _sizes(metadata: Any) -> dict[str, Any]:
    sizes: dict[str, Any] = {}
    for kind in _PICTURES:
        found = metadata.get(kind) if isinstance(metadata, dict) else None
        if isinstance(found, dict):
            pixels = {k: found.get(k) for k in ("width", "height")}
            sizes[kind] = {k: v for k, v in pixels.items() if type(v) is int and 0 < v < 1 << 16}
    return sizes
