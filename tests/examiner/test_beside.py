"""Modules that lie beside a notebook are there for its tests, and gone afterwards."""

import importlib
import sys
from pathlib import Path

import pytest

from sealgrade.examiner.beside import beside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper_beside.py").write_text("ANSWER = 42\n")
    return tmp_path


def test_a_module_is_found_and_forgotten(folder: Path) -> None:
    with beside(folder):
        assert importlib.import_module("helper_beside").ANSWER == 42

    assert "helper_beside" not in sys.modules


def test_it_is_forgotten_though_an_older_module_has_been_loaded_again_after_it(folder: Path) -> None:
    newest = next(reversed(sys.modules))
    with beside(folder):
        importlib.import_module("helper_beside")
        sys.modules[newest] = sys.modules.pop(newest)

    assert "helper_beside" not in sys.modules


def test_a_module_that_was_there_before_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    importlib.import_module("helper_beside")
    with beside(folder):
        importlib.import_module("helper_beside")

    assert sys.modules.pop("helper_beside").ANSWER == 42
