"""F10 and F4: what is graded is what was read, whatever happens to a folder in the meantime."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealgrade import intake, snapshot
from sealgrade.intake import Taken, bad_id, take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with a notebook and a picture."""
    made = tmp_path / "submitted/eve/ex"
    made.mkdir(parents=True)
    (made / "one.ipynb").write_text("first")
    (made / "plot.png").write_text("picture")
    (tmp_path / "secret.txt").write_text("secret")
    return made


def _take(folder: Path, copy: str = "copy", **kw: Any) -> Taken:
    root = folder.parents[2]
    return take(folder, root / "submitted", root / copy, {"one": {"cells": []}}, **kw)


def _between(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Do something after a file was looked at and before it is opened."""
    ordinary = os.open

    def late(path: Any, *args: Any, **kw: Any) -> int:
        if path == name:
            monkeypatch.setattr(os, "open", ordinary)
            act()
        return ordinary(path, *args, **kw)

    monkeypatch.setattr(os, "open", late)


def test_what_is_graded_is_what_was_fingerprinted(folder: Path) -> None:
    taken = _take(folder)
    (folder / "one.ipynb").write_text("second")
    assert (folder.parents[2] / "copy/one.ipynb").read_text() == "first"
    assert _take(folder, "again").digest != taken.digest


def test_the_same_folder_has_the_same_fingerprint(folder: Path) -> None:
    taken = _take(folder)
    (folder / "one.ipynb").touch()
    assert _take(folder, "again") == taken


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("../../../secret.txt"), os.mkfifo], ids=["link", "pipe"])
def test_a_file_that_is_swapped_after_the_look_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    def swap() -> None:
        (folder / "one.ipynb").unlink()
        make(folder / "one.ipynb")

    _between(monkeypatch, "one.ipynb", swap)
    taken = _take(folder)
    assert taken.notebooks == {"one"}
    assert (folder.parents[2] / "copy/one.ipynb").read_bytes() == b""
    assert intake.refused(folder.parents[2] / "copy/one.ipynb")


def test_a_file_that_is_gone_after_the_look_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _between(monkeypatch, "plot.png", (folder / "plot.png").unlink)
    assert "plot.png: not taken" in _take(folder).notes[0]


@pytest.mark.parametrize("part", ["submitted/eve", "submitted/eve/ex"])
def test_a_folder_that_is_a_link_is_not_followed(folder: Path, part: str) -> None:
    real = folder.parents[2] / part
    elsewhere = real.rename(folder.parents[2] / "elsewhere")
    real.symlink_to(elsewhere)
    with pytest.raises(OSError, match="Not a directory"):
        _take(folder)


def test_all_files_together_have_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_TOTAL", 8)
    taken = _take(folder)
    assert "plot.png: not taken" in taken.notes[0]
    assert not (folder.parents[2] / "copy/plot.png").exists()


def test_a_notebook_named_as_macos_writes_it_is_taken_under_its_name(folder: Path) -> None:
    (folder / "u\u0308bung.ipynb").write_text("mine")
    root = folder.parents[2]
    taken = take(folder, root / "submitted", root / "copy", {"\u00fcbung": {"cells": []}})
    assert taken.notebooks == {"\u00fcbung"}
    assert (root / "copy/\u00fcbung.ipynb").read_text() == "mine"


def test_files_that_the_instructor_asks_for_are_taken(folder: Path) -> None:
    (folder / "helpers.py").write_text("x = 1")
    assert _take(folder).notes == ("helpers.py: not taken, only notebooks, pictures and data are.",)
    assert _take(folder, "again", allowed=["helpers.py"]).notes == ()
    assert (folder.parents[2] / "again/helpers.py").exists()


@pytest.mark.parametrize(
    "name", ["ada", "Ada Lovelace", "o'brien", "a.b@uni.de", "\u00fcml", "u\u0308ml", "12345", "_x", "\u738b"]
)
def test_ordinary_ids_are_ids(name: str) -> None:
    assert bad_id(name) is None
