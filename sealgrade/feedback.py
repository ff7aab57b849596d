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
from traitlets.config import Config

from sealgrade.cells import is_test
from sealgrade.harmless import OUR_OWN
from sealgrade.plain import plain
from sealgrade.settings import SealgradeCourse, read
from sealgrade.verdicts import Page, Part, page_of

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
    released: bool = False  # whether hidden tests are shown all the same

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
            released=read(SealgradeCourse, Config(config)).feedback_shows_hidden_tests,
        )


def for_students(nb: NotebookNode, regions: Regions) -> Page:
    """Take out of a notebook what gives hidden tests away, and put the points of each part at its head.

    Args:
        nb: an autograded notebook whose graded cells know their score; it is changed. Its new first cell is for
            templates that are not sealgrade's own, which show nothing but cells.
        regions: what is hidden.

    Returns:
        What the page says besides the notebook.

    Raises:
        ValueError: if a region is not well formed.
    """
    secret = False
    for cell in nb.cells:
        cell.source, _ = regions.rubric.cut(cell.source)
        if is_test(cell):
            # A student's code can tell in a later test what a hidden one has handed in.
            source, hidden = regions.hidden.cut(cell.source)
            secret = secret or hidden
            if regions.released:
                continue
            cell.source = source
            told = cell.metadata.get("sealgrade", {}).get("for_student")
            cell.outputs = [shown for output in cell.outputs if (shown := _shown(output, secret, told))]
    nb.cells.insert(0, new_markdown_cell(metadata={"sealgrade": OUR_OWN}))
    page = page_of(nb, regions.released)
    nb.cells[0].source = _head(page)
    return page


def _shown(output: NotebookNode, secret: bool, told: str | None) -> NotebookNode | None:
    if output.output_type == "error":
        # The traceback quotes the code of hidden tests, and the student's own text may quote what they handed in.
        name, value = output.ename, output.evalue
        if told is not None and name == "HandleError":  # what it says is for the author of the test
            name, value = "AssertionError", told
        elif told is not None and secret:
            value = told
        message = f"{name}: {value}" if value else name
        message = textwrap.fill(message, width=100)  # nbgrader's page would make the student scroll sideways
        return new_output("error", ename=name, evalue=value, traceback=[message])
    # What is printed in a hidden test, warnings that quote its code included, tells its inputs.
    return None if secret else output


def noted(note: str) -> str:
    """Return a sentence of ours for the student, as HTML; what stands in backticks is code."""
    note = note.replace("the student's code", "your code")
    text = "\n".join(plain(line) for line in note.split("\n"))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(text))


def _head(page: Page) -> str:
    """The points of each part as HTML; everything that comes from the student is escaped."""
    notes = "".join(f"<li>{noted(note)}</li>" for note in page.notes)
    rows = "".join(
        f"<tr><td>{html.escape(part.name)}</td><td>{_points(part)}</td><td>{html.escape(_remark(part))}</td></tr>"
        for part in page.parts
    )
    return (
        f'<div class="alert alert-warning"><b>About this submission</b><ul>{notes}</ul></div>' if notes else ""
    ) + f'<table class="table"><tr><th>Part</th><th>Points</th><th>What to look at</th></tr>{rows}</table>'


def _points(part: Part) -> str:
    return f"{part.score:g} / {part.most:g}" if part.verdicts else ""


def _remark(part: Part) -> str:
    by_hand = any(verdict.by_hand for verdict in part.verdicts)
    told = [text for remark in part.remarks for text in (remark.message, remark.mistake, remark.hint) if text]
    if told and part.waiting:
        told.append(f"({part.words})")
    return " ".join([*told, *part.carried]) or (part.words if by_hand else "")
