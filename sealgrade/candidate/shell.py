"""The student's cells run in IPython, as in Jupyter: magics, `await`, the last expression shown, inline figures.

What needs other programs says that there are none, and the notebook goes on.
"""

# IPython says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return,union-attr,attr-defined,call-arg,arg-type"

import ast
import contextlib
import sys
import warnings
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from .drawing import draw_once, hold_fonts, remember_ticks, share_formulas
from .outputs import MAX_TEXT, Formatter, Hook, Outputs, Publisher, Stream

SHOWN = ["text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/jpeg"]
_JEDIS_LIMIT = 3000  # Jupyter's completion raises Python's own to this
# What nearly all figures have: text, formulas, a legend. More would delay the start by more than it gains.
_FIGURE = """
import matplotlib.pyplot as plt
_, axes = plt.subplots(figsize=(2, 2))
axes.loglog([1, 10], [1, 10], label="$x_1^2$")
axes.legend()
plt.show()
"""
NO_PROGRAMS = "sealgrade: `{}` was not run. While a notebook is graded no other program can be started."


class _Compiler(CachingCompiler):
    """Remembers which cell a file name stands for, and how the text of the next cell was parsed."""

    label = ""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[str, str] = {}  # file name of a cell's code -> how the student knows the cell
        self.parsed: tuple[str, ast.Module] | None = None

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        parsed, self.parsed = self.parsed, None
        if parsed is not None and parsed[0] == source and symbol == "exec":
            return parsed[1]
        return super().ast_parse(source, filename, symbol)

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        name = f"<cell {number}>"
        self.cells[name] = self.label
        return name


class StudentShell(InteractiveShell):
    """IPython without a terminal, a history file or other programs."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)
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

    def init_display_formatter(self) -> None:
        """Take the formatter that can leave figures undrawn."""
        self.display_formatter = Formatter(parent=self)
        self.configurables.append(self.display_formatter)

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

    def run(self, source: str, label: str, draws: bool = True) -> bool:
        """Run a cell; return whether it ran to its end.

        Args:
            source: its code.
            label: how the student knows it.
            draws: whether its figures are to be drawn; if not, it is only told that there are some.
        """
        self.outputs.forget_descriptors()
        self.outputs.start_cell()
        self.compile.label = label
        self.display_formatter.draws = draws
        try:
            result = self.run_cell(source, store_history=True)
            return bool(result.success)
        finally:
            self.outputs.end_cell()

    def transform_cell(self, raw_cell: str) -> str:
        """Translate magics. What is plain Python needs no translation, which takes as long as all the rest."""
        self.compile.parsed = None
        if self.input_transformers_cleanup == self._cleanup and not self.input_transformers_post:
            with (
                contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError),
                warnings.catch_warnings(record=True) as told,
            ):
                warnings.simplefilter("always")
                plain = raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
                tree = ast.parse(plain)
                if not told:  # what there is to warn of, the student hears from IPython, which parses it once more
                    self.compile.parsed = plain, tree
                return plain
        return super().transform_cell(raw_cell)

    def should_run_async(self, raw_cell: str, *, transformed_cell: Any = None, **rest: Any) -> bool:
        """Compile a cell to find out whether it has to be awaited only where it says so."""
        cell = transformed_cell or raw_cell
        return ("async" in cell or "await" in cell) and super().should_run_async(
            raw_cell, transformed_cell=transformed_cell, **rest
        )

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
    sys.stdout, sys.stderr = Stream("stdout", shell.outputs), Stream("stderr", shell.outputs)
    draw_once(lambda: shell.display_formatter.draws)
    shell.enable_matplotlib("inline")
    hold_fonts()
    share_formulas()
    remember_ticks()
    for source in ("1 / 0", _FIGURE, "!true"):
        shell.run(source, "")
    shell.reset(new_session=True)
    shell.compile.cells.clear()
    shell.execution_count = 1
    return shell
