"""The student's cells run in IPython, as in Jupyter: magics, `await`, the last expression shown, inline figures.

What a cell puts out goes over the wall while it runs, bounded already here (the examiner bounds it again): text as it
comes, figures and the like whole. What needs other programs says that there are none, and the notebook goes on.
"""

# IPython says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return,union-attr,attr-defined,call-arg,arg-type"

import ast
import base64
import contextlib
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

Emit = Callable[[tuple[Any, ...]], None]

MAX_TEXT = 100_000  # characters that a cell prints
MAX_DATA = 5_000_000  # characters of one figure or table
_PIECE = 8192
SHOWN = ["text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/jpeg"]
_JEDIS_LIMIT = 3000  # Jupyter's completion raises Python's own to this
NO_PROGRAMS = "sealgrade: `{}` was not run. While a notebook is graded no other program can be started."


class Outputs:
    """Where everything goes that a cell puts out."""

    def __init__(self) -> None:
        self.emit: Emit = lambda output: None
        self._room = MAX_TEXT
        self._cut = 0
        self._pipe = -1

    def start_cell(self) -> None:
        """Give a new cell its room."""
        self._room, self._cut = MAX_TEXT, 0

    def text(self, name: str, text: str) -> None:
        """Send what was printed."""
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


class _Stream:
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


class _Publisher(DisplayPublisher):
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


class _Hook(DisplayHook):
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


class _Compiler(CachingCompiler):
    """Remembers which cell a file name stands for."""

    label = ""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[str, str] = {}  # file name of a cell's code -> how the student knows the cell

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        name = f"<cell {number}>"
        self.cells[name] = self.label
        return name


class StudentShell(InteractiveShell):
    """IPython without a terminal, a history file or other programs."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    compiler_class = Type(_Compiler)

    def __init__(self, **kwargs: Any) -> None:
        self.outputs = Outputs()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        config.InteractiveShell.banner1 = ""
        config.DisplayFormatter.active_types = SHOWN
        super().__init__(config=config, **kwargs)
        self.db = {}  # what `%cd` and `%store` remember; the profile's folder cannot be written to
        self._cleanup = list(self.input_transformers_cleanup)

    def init_io(self) -> None:
        """Leave the terminal alone."""

    def enable_gui(self, gui: Any = None) -> None:
        """Inline figures need no event loop."""

    def ask_exit(self) -> None:
        """`exit()` in a notebook ends nothing."""

    def system(self, cmd: str) -> None:
        """Say that there are no other programs."""
        print(NO_PROGRAMS.format(f"!{cmd}"), file=sys.stderr)
        self.user_ns["_exit_code"] = 127

    system_raw = system_piped = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Say that there are no other programs."""
        self.system(cmd)
        return [] if split else ""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.end_text()
        name = getattr(etype, "__name__", str(etype))
        try:
            text = str(evalue)
        except BaseException:
            text = ""
        lines, room = [], MAX_TEXT
        for line in stb:
            lines.append(str(line)[:room])
            room -= len(lines[-1])
            if room <= 0:
                break
        self.outputs.emit(("error", name[:200], text[: MAX_TEXT // 10], lines))

    def run(self, source: str, label: str) -> bool:
        """Run a cell; return whether it ran to its end."""
        self.outputs.forget_descriptors()
        self.outputs.start_cell()
        self.compile.label = label
        try:
            result = self.run_cell(source, store_history=True)
            return bool(result.success)
        finally:
            self.outputs.end_cell()

    def transform_cell(self, raw_cell: str) -> str:
        """Translate magics. What is plain Python needs no translation, which takes as long as all the rest."""
        if self.input_transformers_cleanup == self._cleanup and not self.input_transformers_post:
            with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(raw_cell)
                return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
        return super().transform_cell(raw_cell)

    def line_in_notebook(self, error: BaseException) -> str:
        """Name the innermost line of a notebook cell in a traceback, as "cell:line", if there is one."""
        found = ""
        traceback = error.__traceback__
        while traceback is not None:
            name = traceback.tb_frame.f_code.co_filename
            if name in self.compile.cells:
                found = f"{self.compile.cells[name]}:{traceback.tb_lineno}"
            traceback = traceback.tb_next
        return found


def make_shell() -> StudentShell:
    """Return a shell that has everything imported and drawn once, so that its copies are quick."""
    sys.setrecursionlimit(_JEDIS_LIMIT)
    shell = StudentShell.instance()
    magics = shell.magics_manager
    for name in ("conda", "mamba", "micromamba", "uv"):
        magics.register_function(lambda line, name=name: shell.system(f"{name} {line}"), magic_name=name)
    sys.stdout, sys.stderr = _Stream("stdout", shell.outputs), _Stream("stderr", shell.outputs)
    shell.enable_matplotlib("inline")
    for source in ("1 / 0", "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('$x$')\nplt.show()", "!true"):
        shell.run(source, "")
    shell.reset(new_session=True)
    shell.compile.cells.clear()
    shell.execution_count = 1
    return shell
