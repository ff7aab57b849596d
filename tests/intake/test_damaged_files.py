"""Files that are not quite JSON, not quite UTF-8, not quite notebooks."""

import email.message
import json
import os
import quopri
from pathlib import Path
from typing import Any

import pytest

from sealgrade.errors import UnreadableNotebook
from sealgrade.intake import read_hand_in
from sealgrade.recovery import Recovery, recover
from sealgrade.submission import MAX_CELLS, Submitted, read_notebook

from .conftest import RIGHT, Notebook, answer, released, stripped, work

TEXT = json.dumps(work(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read(content: str | bytes | Notebook) -> tuple[Submitted, Recovery]:
    """Read a file, and put it into the shape of the release."""
    if isinstance(content, dict):
        content = json.dumps(content)
    submitted = read_notebook(content.encode() if isinstance(content, str) else content)
    return submitted, recover(submitted.notebook, released()["task5"])


def is_all_there(recovery: Recovery) -> bool:
    return all(answer(recovery.notebook, name) == text for name, text in RIGHT.items() if name.startswith("t5"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_any_encoding_of_unicode_is_read_without_a_word(encoding: str) -> None:
    submitted, recovery = read(TEXT.replace("Because.", "Weil für ∑.").encode(encoding))
    assert answer(recovery.notebook, "t5-why") == "Weil für ∑."
    assert (submitted.notes, recovery.notes) == ((), [])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_file_in_the_encoding_of_old_windows_is_read_and_that_is_said(encoding: str) -> None:
    submitted, recovery = read(TEXT.replace("Because.", "Weil für").encode(encoding))
    assert answer(recovery.notebook, "t5-why") == "Weil für"
    assert ["UTF-8" in note for note in submitted.notes] == [True]


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("}\n ],", "},\n ],"),
        TEXT.replace('"cells"', '"cells"').replace("\n]", ",\n]").rstrip()[:-1] + ",}",
        TEXT.replace('"def add(a, b):', '"# a ,] and ,} stay\\ndef add(a, b):').replace("}\n ],", "} , \n ],"),
    ],
    ids=["after-a-cell", "at-the-end", "not-in-a-text"],
)
def test_commas_too_many_cost_nothing(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    submitted, recovery = read(text)
    assert answer(recovery.notebook, "t5-sub") == RIGHT["t5-sub"]
    assert answer(recovery.notebook, "t5-add").replace("# a ,] and ,} stay\n", "") == RIGHT["t5-add"]
    assert submitted.notes == ("The file had commas too many.",)
    assert not submitted.notes[0].needs_a_look


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 100_000])
def test_numbers_that_are_none_cost_nothing(number: str) -> None:
    submitted, recovery = read(TEXT.replace('"execution_count": null', f'"execution_count": {number}'))
    assert is_all_there(recovery)
    assert submitted.notes == ()


def _in_conflict(ours: str, theirs: str, middle: str = "") -> str:
    start, end = TEXT.index('   "source": "def add'), TEXT.index("\n", TEXT.index('   "source": "def add')) + 1
    line = TEXT[start:end]
    sides = [line.replace("return a + b", f"return {side}") for side in (ours, theirs)]
    return f"{TEXT[:start]}<<<<<<< HEAD\n{sides[0]}{middle}=======\n{sides[1]}>>>>>>> other\n{TEXT[end:]}"


@pytest.mark.parametrize("middle", ["", '||||||| base\n   "source": "old"\n'], ids=["two-sides", "three-sides"])
def test_of_an_unresolved_merge_the_first_side_counts_and_a_person_is_to_look(middle: str) -> None:
    submitted, recovery = read(_in_conflict("a + b", "b + a", middle))
    assert is_all_there(recovery)
    assert "unresolved merge" in submitted.notes[0]
    assert submitted.notes[0].needs_a_look


def test_if_the_first_side_of_a_merge_cannot_be_read_the_second_counts() -> None:
    _, recovery = read(_in_conflict('a", "', "a + b"))
    assert is_all_there(recovery)


@pytest.mark.parametrize("cell", range(1, 7))
def test_of_a_file_that_was_cut_off_the_complete_cells_count_and_a_person_is_to_look(cell: int) -> None:
    starts = [at for at in range(len(TEXT)) if TEXT.startswith("\n  {\n", at)]
    submitted, recovery = read(TEXT[: starts[cell] + 12])
    found = [c["metadata"]["nbgrader"]["grade_id"] for c in submitted.notebook["cells"]]
    assert found == [c["id"] for c in work()["cells"][:cell]]
    assert f"{cell} complete cells" in submitted.notes[0]
    assert submitted.notes[0].needs_a_look
    assert (answer(recovery.notebook, "t5-add") == RIGHT["t5-add"]) == (cell > 2)


def test_a_file_that_is_damaged_in_the_middle_loses_only_the_cell_that_is_hit() -> None:
    at = TEXT.index("assert add")
    submitted, recovery = read(TEXT[: at - 40] + "\0\0\0\0" + TEXT[at + 10 :])
    assert is_all_there(recovery)
    assert "put back: `t5-add-test`" in str(recovery.notes)
    assert submitted.notes[0].needs_a_look


def test_a_cell_nested_too_deep_does_not_take_the_others_with_it() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    _, recovery = read(TEXT.replace('"metadata": {\n  "kernelspec"', f'"odd": {deep}, "metadata": {{\n  "kernelspec"'))
    assert is_all_there(recovery)


def _mail(transfer: str) -> bytes:
    message = email.message.EmailMessage()
    message["Subject"], message["From"] = "homework {late}", "ada@example.org"
    body = TEXT.encode()
    if transfer == "quoted-printable":
        body = quopri.encodestring(body)
    return message.as_bytes() + body + b"\n-- \nAda\n"


@pytest.mark.parametrize(
    "data",
    [
        b"Hello,\n\nhere is my notebook:\n\n" + TEXT.encode() + b"\n\nBest, Ada\n",
        _mail("8bit").replace(b" {late}", b""),
        _mail("quoted-printable").replace(b" {late}", b""),
        "".join(f"> {line}" for line in TEXT.splitlines(keepends=True)).encode(),
        b"```json\n" + TEXT.encode() + b"```\n",
    ],
    ids=["text", "mail", "quoted-printable", "quoted", "fenced"],
)
def test_a_notebook_within_a_mail_is_found_and_a_person_is_to_look(data: bytes) -> None:
    submitted, recovery = read(data)
    assert is_all_there(recovery)
    assert submitted.notes[0].needs_a_look


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"\0" * 1000, "not JSON"),
        (b"\xef\xbb\xbf", "not JSON"),
        (b"[]", "not a notebook"),
        (b"null", "not a notebook"),
        (b'"cells"', "not a notebook"),
        (b"{}", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": {}}', "no cells"),
        (b'{"worksheets": [1, {"cells": 2}], "cells": "x"}', "no cells"),
        (b"[" * 100_000, "not JSON that can be read"),
        (b'{"id":' * 100_000, "not JSON"),
        (b"<<<<<<<\n" * 10_000, "not JSON"),
        (b'\\"' * 1_000_000, "not JSON"),
        (b"def add(a, b):\n    return a + b\n", "not JSON from line 1"),
        (b"PK\x03\x04...", "archive"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (json.dumps({"cells": [{}] * (MAX_CELLS + 1)}).encode(), "2,001 cells"),
    ],
)
def test_a_file_that_holds_no_notebook_is_refused_with_a_plain_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableNotebook, match=reason):
        read_notebook(data)


@pytest.mark.parametrize("fields", [{"nbformat_minor": minor} for minor in (0, 1, 2, 3, 4, 5, 999, "x", None)])
def test_a_notebook_of_any_minor_format_is_read_with_ids_and_without(fields: dict[str, Any]) -> None:
    for notebook in (work() | fields, stripped(work()) | fields):
        assert is_all_there(read(notebook)[1])


@pytest.mark.parametrize("keeps", [True, False], ids=["named", "stripped"])
def test_a_notebook_of_format_3_is_read(keeps: bool) -> None:
    cells: list[dict[str, Any]] = [{"cell_type": "heading", "level": 1, "source": ["Title"], "metadata": {}}]
    for cell in (work() if keeps else stripped(work()))["cells"]:
        old = {key: value for key, value in cell.items() if key not in ("id", "source", "execution_count")}
        text = {"input": cell["source"], "language": "python"} if cell["cell_type"] == "code" else cell
        cells.append(old | {key: text[key] for key in ("input", "language", "source") if key in text})
    old_one = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    _, recovery = read(old_one)
    assert is_all_there(recovery)
    assert "# Title" in [cell["source"] for cell in recovery.notebook["cells"]]


@pytest.mark.parametrize("number", [1, 2])
def test_a_notebook_of_the_oldest_formats_is_read(number: int) -> None:
    cells = [
        {"cell_type": cell["cell_type"], ("code" if number == 1 else "input"): cell["source"]}
        if cell["cell_type"] == "code"
        else {"cell_type": "markdown", "source": cell["source"]}
        for cell in work()["cells"]
    ]
    sheet = {"cells": cells}
    assert is_all_there(read({"nbformat": number} | (sheet if number == 1 else {"worksheets": [sheet]}))[1])


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}},
        {"kernelspec": {"name": "../../evil"}},
        {"kernelspec": ["bash"], "language_info": 3},
        {},
        None,
        [],
        "none",
    ],
)
def test_another_kernel_or_language_or_none_changes_nothing(metadata: Any) -> None:
    _, recovery = read(work() | {"metadata": metadata})
    assert is_all_there(recovery)
    assert recovery.notebook["metadata"] == released()["task5"]["metadata"]
    assert recovery.notes == []


def _link(path: Path) -> None:
    (path.parents[4] / "secret").write_text(TEXT)
    path.symlink_to(path.parents[4] / "secret")


def _hard_link(path: Path) -> None:
    (path.parents[4] / "secret").write_text(TEXT)
    os.link(path.parents[4] / "secret", path)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(8_000_000_000)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_link, "a link"),
        (_hard_link, "a hard link"),
        (os.mkfifo, "a pipe"),
        (_huge, "too large"),
        (Path.mkdir, "a folder"),
        (lambda path: path.touch(), "empty"),
    ],
    ids=["link", "hard-link", "pipe", "huge", "folder", "empty"],
)
def test_what_is_no_file_is_refused_with_a_reason_and_another_file_with_the_content_is_taken(
    tmp_path: Path, make: Any, reason: str
) -> None:
    folder = tmp_path / "course/submitted/ada/ex"
    folder.mkdir(parents=True)
    make(folder / "task5.ipynb")
    one = read_hand_in(folder, tmp_path / "course/submitted", released()).notebooks["task5"]
    assert (one.file, one.data, one.notebook) == ("task5.ipynb", b"", None)
    assert one.reason is not None
    assert reason in one.reason
    assert one.needs_a_look
    (folder / "task5 (1).ipynb").write_text(TEXT)
    one = read_hand_in(folder, tmp_path / "course/submitted", released()).notebooks["task5"]
    assert (one.file, one.reason) == ("task5 (1).ipynb", None)
    assert reason in "\n".join(one.notes)
