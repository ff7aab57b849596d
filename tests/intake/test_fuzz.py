"""Whatever becomes of a notebook's file: no exception, and the released cells are there, once, in order."""

import json
from typing import Any

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgrade.errors import UnreadableNotebook
from sealgrade.matching import is_fixed
from sealgrade.recognition import recognise
from sealgrade.recovery import recover
from sealgrade.snapshot import Snapshot
from sealgrade.submission import read_notebook

from .conftest import released, stripped, work

RELEASED = released()
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["\ud800", "t5-add", "code", "markdown", "raw", "heading", "import math\nimport random", "x = 1"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "source", "metadata", "nbgrader", "grade_id", "id", "attachments", "cell_type", "a.png"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
WAYS = st.sampled_from(["delete", "replace", "duplicate", "shuffle", "move", "merge", "split", "retype"])


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a notebook, as what holds it and the key."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def _damage(notebook: Any, data: st.DataObject) -> None:
    places = _places(notebook)
    if not places:
        return
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    cells = notebook.get("cells")
    way = data.draw(WAYS)
    if way == "replace":
        holder[key] = data.draw(JUNK)
    elif way == "delete":
        del holder[key]
    elif not isinstance(cells, list) or len(cells) < 2:
        return
    elif way == "shuffle":
        cells[:] = data.draw(st.permutations(cells))
    else:
        here, there = (data.draw(st.integers(0, len(cells) - 1)) for _ in range(2))
        one, other = cells[here], cells[there]
        if way == "duplicate":
            cells.insert(there, json.loads(json.dumps(one)))
        elif way == "move":
            cells.insert(there, cells.pop(here))
        elif isinstance(one, dict) and isinstance(other, dict) and one is not other:
            texts = [text if isinstance(text := cell.get("source"), str) else "" for cell in (one, other)]
            if way == "merge":
                one["source"] = "\n".join(texts)
                cells.remove(other)
            elif way == "split":
                at = data.draw(st.integers(0, len(texts[0])))
                cells.insert(here, {**one, "source": texts[0][:at]})
                one["source"] = texts[0][at:]
            else:
                one["cell_type"] = other.get("cell_type")


def _check(data: bytes) -> None:
    try:
        submitted = read_notebook(data).notebook
    except UnreadableNotebook as error:
        assert str(error)
        return
    for release in RELEASED.values():
        recovery = recover(submitted, release)
        nbformat.validate(nbformat.from_dict(recovery.notebook))
        assert json.dumps(recovery.notebook, ensure_ascii=False).encode()
        assert (recovery.notebook["nbformat"], recovery.notebook["nbformat_minor"]) == (4, 5)
        found = [cell for cell in recovery.notebook["cells"] if cell["metadata"]]
        assert [cell["metadata"] for cell in found] == [cell["metadata"] for cell in release["cells"]]
        for cell, wanted in zip(found, release["cells"], strict=True):
            assert cell["cell_type"] == wanted["cell_type"]
            assert cell["source"] == wanted["source"] or not is_fixed(wanted)
        assert all(isinstance(note, str) and note for note in recovery.notes)
    one = recognise(Snapshot({"task6.ipynb": data, "x.ipynb": data}, {}, ""), RELEASED)[0]["task5"]
    assert (one.notebook is None) == (one.reason is not None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_notebook_that_is_damaged_in_any_way_comes_out_in_the_shape_of_the_release(data: st.DataObject) -> None:
    notebook = json.loads(json.dumps(work()))
    if data.draw(st.booleans()):
        notebook = stripped(notebook)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    for _ in range(data.draw(st.integers(1, 6))):
        _damage(notebook, data)
    _check(json.dumps(notebook).encode())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0), st.integers(min_value=0), st.binary(max_size=20), st.sampled_from([None, 0, 1]))
def test_a_file_in_which_bytes_were_lost_or_overwritten_is_read_or_refused_with_a_reason(
    start: int, length: int, instead: bytes, indent: int | None
) -> None:
    content = json.dumps(work(), indent=indent).encode()
    start %= len(content)
    _check(content[:start] + instead + content[start + length % 200 :])
    _check(content[:start])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\<=>|\n \ufeff' + "cells0", max_size=300).map(str.encode))
def test_a_file_of_anything_is_read_or_refused_with_a_reason(content: bytes) -> None:
    _check(content)
