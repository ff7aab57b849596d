"""What a student's feedback page says and what it keeps to itself.

At its top stands what happened to the notebook, and the points of each part; hidden tests and rubrics are left out.
Nothing here needs nbgrader: the pages of a class are made in processes that do not load it (see `pages`).
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import html
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from sealgrade.blueprint import part_of
from sealgrade.cells import is_test
from sealgrade.harmless import OUR_OWN
from sealgrade.plain import plain

_ATTACHMENT = re.compile(r"!\[.*\]\(attachment:.+?\)")


@dataclass(frozen=True)
class Region:
    """Lines that students are not to see, from one with `begin` in it to one with `end` in it."""

    begin: str
    end: str
    attachments: bool = True  # whether there may be any in it

    def cut(self, source: str) -> tuple[str, bool]:
        """Return a cell's text without such regions, and whether there was one.

        Raises:
            ValueError: if a region begins within another, or does not end, or has an attachment and may not.
        """
        if self.begin not in source and self.end not in source:
            return source, False
        left, inside, found = [], False, False
        for line in source.split("\n"):
            if self.begin in line:
                if inside:
                    raise ValueError(f"{self.begin!r} within a region that began before it")
                inside = found = True
            elif self.end in line:
                inside = False
            elif not inside:
                left.append(line)
            elif not self.attachments and _ATTACHMENT.search(line):
                raise ValueError(f"an attachment in a region that begins with {self.begin!r}: students would get it")
        if inside:
            raise ValueError(f"no {self.end!r} after {self.begin!r}")
        return "\n".join(left), found


@dataclass(frozen=True)
class Regions:
    """The regions of nbgrader's ClearHiddenTests and ClearMarkScheme."""

    hidden: Region = Region("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    rubric: Region = Region("BEGIN MARK SCHEME", "END MARK SCHEME", attachments=False)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Regions":
        """Return the regions that a course's configuration names, in nbgrader's spelling."""
        tests, scheme = config.get("ClearHiddenTests", {}), config.get("ClearMarkScheme", {})
        usual = cls()
        return cls(
            Region(
                tests.get("begin_test_delimeter", usual.hidden.begin), tests.get("end_test_delimeter", usual.hidden.end)
            ),
            Region(
                scheme.get("begin_mark_scheme_delimeter", usual.rubric.begin),
                scheme.get("end_mark_scheme_delimeter", usual.rubric.end),
                attachments=not scheme.get("check_attachment_leakage", True),
            ),
        )


def for_students(nb: NotebookNode, regions: Regions) -> None:
    """Take out of a notebook what gives hidden tests away, and put the points of each part at its head.

    Args:
        nb: an autograded notebook whose graded cells know their score; it is changed.
        regions: what is hidden.

    Raises:
        ValueError: if a region is not well formed.
    """
    secret = False
    for cell in nb.cells:
        cell.source, _ = regions.rubric.cut(cell.source)
        if is_test(cell):
            # A student's code can tell in a later test what a hidden one has handed in.
            cell.source, hidden = regions.hidden.cut(cell.source)
            secret = secret or hidden
            told = cell.metadata.get("sealgrade", {}).get("for_student") if secret else None
            cell.outputs = [shown for output in cell.outputs if (shown := _shown(output, secret, told))]
    nb.cells.insert(0, new_markdown_cell(head(nb), metadata={"sealgrade": OUR_OWN}))


def _shown(output: NotebookNode, secret: bool, told: str | None) -> NotebookNode | None:
    if output.output_type == "error":
        # The traceback quotes the code of hidden tests, and the student's own text may quote what they handed in.
        value = output.evalue if told is None else told
        message = f"{output.ename}: {value}" if value else output.ename
        message = textwrap.fill(message, width=100)  # nbgrader's page would make the student scroll sideways
        return new_output("error", ename=output.ename, evalue=value, traceback=[message])
    # What is printed in a hidden test, warnings that quote its code included, tells its inputs.
    return None if secret else output


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
