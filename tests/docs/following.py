"""Does what a reader of the tutorial does: types its commands, replaces cells, writes files."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from .reading import Block, Table, matches

RENAMES = "cell of the example"


class Reader:
    """Follows a page, from a folder on.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: list[tuple[str, str]] = []

    def follow(self, step: Block | Table) -> None:
        """Do what a block or a table of the page asks for; what is for reading only is left alone."""
        if isinstance(step, Table):
            if step.rows[0][0] == RENAMES:
                self._rename(step.rows[1:])
        elif step.language == "console":
            self._run(step)
        elif step.caption.startswith("cell "):
            self._replace(step.caption.removeprefix("cell "), step.text)
        elif step.caption.startswith("in "):
            self._look(step)
        elif "/" in step.caption:
            path = self.folder / step.caption
            assert path.parent.is_dir(), f"line {step.line}: there is no folder {path.parent}"
            path.write_text(step.text + "\n")

    def _run(self, block: Block) -> None:
        for part in f"\n{block.text}".split("\n$ ")[1:]:
            command, _, expected = part.partition("\n")
            printed = self.type(command)
            self.printed.append((command, printed))
            assert matches(expected, printed), f"line {block.line}: {command}\nprints\n{printed}\nnot\n{expected}"

    def type(self, command: str) -> str:
        """Run a command line in a shell; return what it printed."""
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return ""
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TERM": "dumb",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout

    def _look(self, block: Block) -> None:
        seen = text_of((self.folder / block.caption.removeprefix("in ")).read_text(encoding="utf-8"))
        for line in block.text.splitlines():
            assert line in seen, f"line {block.line}: {line}"

    def _notebook(self) -> Path:
        (path,) = self.folder.glob("source/*/*.ipynb")
        return path

    def _rename(self, rows: tuple[tuple[str, ...], ...]) -> None:
        def rename(notebook: Any) -> None:
            for old, new, points in rows:
                marks = _cell(notebook, old).metadata.nbgrader
                marks.grade_id = new
                if points:
                    marks.points = float(points)

        self._edit(rename)

    def _replace(self, grade_id: str, source: str) -> None:
        def replace(notebook: Any) -> None:
            _cell(notebook, grade_id).source = source

        self._edit(replace)

    def _edit(self, change: Any) -> None:
        path = self._notebook()
        notebook = nbformat.read(path, as_version=4)
        change(notebook)
        nbformat.write(notebook, path)


def text_of(page: str) -> str:
    """Return what a reader sees of a page of HTML, all on one line."""
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _cell(notebook: Any, grade_id: str) -> Any:
    (found,) = (cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == grade_id)
    return found
