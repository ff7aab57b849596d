"""A helper process: the code cells of a notebook in plain IPython, one notebook after the other in one process.

The floor: what the cells themselves cost, in a warm process, with nothing confined, nothing judged and nothing kept.
"""

# IPython says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

import json
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.serving import serve

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"


def _shell() -> Any:
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Shell(InteractiveShell):
        display_pub_class = Type(CapturingDisplayPublisher)

        def enable_gui(self, gui: Any = None) -> None:
            """Inline figures need no event loop."""

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    shell.enable_matplotlib("inline")
    return shell


def _figures(notebook: Any) -> int:
    """Count the figures that a notebook has got when it was graded."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def main() -> None:
    """Answer each path of a notebook with the milliseconds that its code cells take."""
    sys.path.insert(0, sys.argv[1])
    shell = _shell()

    def answer(path: str) -> float:
        notebook = json.loads(Path(path).read_bytes())
        sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        begin = perf_counter()
        for source in sources:
            shell.run_cell(source)
        taken = 1000 * (perf_counter() - begin)
        drawn = sum("image/png" in output["data"] for output in shell.display_pub.outputs)
        if drawn < _figures(notebook):
            raise RuntimeError(f"The floor has drawn {drawn} figures of {path}, and grading {_figures(notebook)}.")
        shell.reset(new_session=False)
        shell.display_pub.outputs.clear()
        return taken

    serve(answer)


if __name__ == "__main__":
    main()
