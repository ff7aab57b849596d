"""The guide to the helpers: each of them is there, and each test on the page does what the page says."""

import re

import pytest

import sealgrade.testing
from sealgrade.examiner.present import failed

from ..examiner.conftest import Student
from .reading import DOCS, Block, blocks

PAGE = DOCS / "testing.md"
STUDENTS = "the student's cell "


def examples() -> list[tuple[list[Block], Block, str]]:
    """The tests of the page, each with the student's cells before it and with the message below it, if there is one."""
    found: list[tuple[list[Block], Block, str]] = []
    cells: list[Block] = []
    page = blocks(PAGE)
    for before, block, after in zip([None, *page], page, [*page[1:], None], strict=False):
        if block.caption.startswith(STUDENTS):
            follows = before is not None and before.caption.startswith(STUDENTS)
            cells = [*cells, block] if follows else [block]
        elif block.language == "python":
            found.append((cells, block, after.text if after and after.language == "text" else ""))
    return found


@pytest.mark.parametrize(
    ("cells", "block", "message"), examples(), ids=[f"line-{block.line}" for _, block, _ in examples()]
)
def test_a_test_on_the_page_passes_or_fails_with_the_message_that_is_shown(
    cells: list[Block], block: Block, message: str
) -> None:
    student = Student("import numpy as np")
    # As the run of a notebook has it, after the test cells before this one.
    token = failed.set(frozenset(other.caption for _, other, text in examples() if text and other.caption))
    try:
        for cell in cells:
            student.candidate.run(cell.text, f" `{cell.caption.removeprefix(STUDENTS)}`")
        verdict = student.test(block.text)
    finally:
        failed.reset(token)
        student.candidate.close()

    assert (verdict.error[1] if verdict.error else "") == message
    assert verdict.for_student == message


@pytest.mark.parametrize("name", sealgrade.testing.__all__)
def test_each_helper_is_described_in_the_guide_and_in_the_reference(name: str) -> None:
    if name != "Array":  # for annotations: nothing to use in a test cell
        assert re.search(rf"`{name}\b", PAGE.read_text()), f"docs/testing.md does not speak of {name}"


def test_the_constants_of_the_reference_are_those_of_the_code() -> None:
    reference = (DOCS / "api/testing.md").read_text()

    for name in ("RTOL", "FLOOR"):
        (value,) = re.findall(rf"data:: {name}\n   :value: (\S+)", reference)
        assert float(value) == getattr(sealgrade.testing, name)
