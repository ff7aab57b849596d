"""What stands at the top of a student's feedback page: what happened to the notebook, and the points of each part."""

import html
import re
from typing import Any

from nbformat import NotebookNode

from sealgrade.blueprint import part_of
from sealgrade.plain import plain


def head(nb: NotebookNode) -> str:
    """Return the head of the page as HTML; everything that comes from the student is escaped.

    Args:
        nb: an autograded notebook whose graded cells know their score (nbgrader's GetGrades).
    """
    return _notes(nb.metadata.get("sealgrade", {}).get("notes", [])) + _points(nb)


def _notes(notes: list[str]) -> str:
    if not notes:
        return ""
    texts = (re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(plain(note))) for note in notes)
    items = "".join(f"<li>{text}</li>" for text in texts)
    return f'<div class="alert alert-warning"><b>About this submission</b><ul>{items}</ul></div>'


def _points(nb: NotebookNode) -> str:
    parts: dict[str, list[Any]] = {}
    broken: dict[str, str] = {}
    for cell in nb.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            parts.setdefault(part_of(marks["grade_id"]), []).append(cell)
        elif marks.get("solution") and (message := _first_message([cell])):
            broken[marks["grade_id"]] = f"your cell did not run: {message}"
    rows = "".join(_row(name, cells, broken.get(name)) for name, cells in parts.items())
    for name in [name for name in broken if name not in parts]:  # a class that several parts mark
        rows += f"<tr><td>{html.escape(name)}</td><td></td><td>{html.escape(plain(broken[name]))}</td></tr>"
    return f'<table class="table"><tr><th>Part</th><th>Points</th><th>What to look at</th></tr>{rows}</table>'


def _row(name: str, cells: list[Any], broken: str | None) -> str:
    score = sum(cell.metadata.nbgrader.get("score") or 0 for cell in cells)
    points = sum(cell.metadata.nbgrader.points for cell in cells)
    by_hand = any(cell.metadata.nbgrader.get("solution") for cell in cells)
    failed = _first_message(cells)
    remark = "marked by hand" if by_hand else (broken if failed and broken else failed)
    if by_hand and not score:
        remark = "marked by hand; 0 as long as that has not been done"
    return f"<tr><td>{html.escape(name)}</td><td>{score:g} / {points:g}</td><td>{html.escape(plain(remark))}</td></tr>"


def _first_message(cells: list[Any]) -> str:
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                message = str(output.evalue or output.ename).split("\n")[0]
                return f"not written yet: {message}" if output.ename == "NotImplementedError" else message
    return ""
