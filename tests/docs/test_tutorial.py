"""The tutorial, done from the first line to the last: what it shows is what happens."""

from pathlib import Path

import pytest

from .following import RENAMES, Reader
from .reading import DOCS, Table, read

PAGE = DOCS / "tutorial.md"


@pytest.mark.thorough
def test_every_command_of_the_tutorial_prints_what_it_shows(tmp_path: Path) -> None:
    reader = Reader(tmp_path)

    for step in read(PAGE):
        reader.follow(step)

    assert sum("check" in command for command, _ in reader.printed) >= 5


def test_every_block_of_the_tutorial_is_run_written_or_looked_for() -> None:
    for step in read(PAGE):
        if isinstance(step, Table):
            assert step.rows[0][0] == RENAMES, f"line {step.line}"
        else:
            assert step.language == "console" or step.caption, f"line {step.line}: nobody runs this"


def test_a_tutorial_that_shows_something_else_than_what_is_printed_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one; echo two\none\nthree\n```\n")
    (step,) = read(page)

    with pytest.raises(AssertionError, match="line 1: echo one"):
        Reader(tmp_path).follow(step)
