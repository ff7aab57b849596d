"""What a cell puts out: of few kinds, bounded, harmless, and never a reason to stop."""

import base64
from typing import Any

import numpy as np
import pytest

from sealgrade.examiner.outputs import (
    MAX_DATA,
    MAX_ERRORS,
    MAX_OUTPUTS,
    MAX_TEXT,
    ROOM_TO_SAY_SO,
    CellOutputs,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8)).decode()


def taken(*messages: Any) -> list[Any]:
    found = CellOutputs()
    for message in messages:
        found.take(message)
    return found.outputs


def display(data: Any, metadata: Any = None, display_id: Any = None, update: Any = False) -> tuple[Any, ...]:
    return "display", data, metadata, display_id, update


def test_what_a_cell_prints_comes_in_order(student: Any) -> None:
    one = student("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n'last'")
    assert [(o.output_type, o.get("name"), o.get("text")) for o in one.outputs()[:3]] in (
        [("stream", "stdout", "a\nc\n"), ("stream", "stderr", "b\n"), ("execute_result", None, None)],
        [("stream", "stdout", "a\n"), ("stream", "stderr", "b\n"), ("stream", "stdout", "c\n")],
    )
    assert one.outputs()[-1].data["text/plain"] == "'last'"


def test_a_figure_is_a_picture(student: Any) -> None:
    one = student("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert any(
        base64.b64decode(o.data.get("image/png", "")).startswith(b"\x89PNG") for o in one.outputs() if "data" in o
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("await __import__('asyncio').sleep(0, 7)", "7"),
        ("%precision 3\n1 / 3", "0.333"),
        ("x = 3;\nx", "3"),
        ("from IPython.display import HTML\nHTML('<b>x</b>')", "<IPython.core.display.HTML object>"),
    ],
)
def test_the_last_expression_is_shown_as_in_a_notebook(student: Any, source: str, text: str) -> None:
    assert student(source).outputs()[-1].data["text/plain"] == text


def test_a_magic_works_and_another_program_does_not(student: Any) -> None:
    one = student("%timeit -n1 -r1 1\n!ls\nfiles = !ls\nprint(files)")
    text = "".join(o.get("text", "") for o in one.outputs())
    assert "loop" in text
    assert "was not run" in text
    assert "[]" in text


def test_an_error_says_its_name_message_and_line(student: Any) -> None:
    error = student("x = 0\n1 / x").outputs()[-1]
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
    assert "----> 2 1 / x" in "\n".join(error.traceback)


@pytest.mark.parametrize(
    "source", ["raise SystemExit", "exit()", "raise KeyboardInterrupt", "def", "import nothing_such"]
)
def test_a_cell_that_fails_does_not_end_the_notebook(student: Any, source: str) -> None:
    one = student(source)
    assert one.cell("x = 3")
    assert one["x"] == 3


def test_displays_can_be_updated_and_cleared(student: Any) -> None:
    one = student(
        "from IPython.display import display, clear_output, update_display\n"
        "print('gone')\nclear_output()\nh = display('first', display_id='d')\nupdate_display('second', display_id='d')"
    )
    assert [o.data["text/plain"] for o in one.outputs()] == ["'second'"]


def test_clear_with_wait_clears_when_the_next_thing_comes() -> None:
    stream = ("stream", "stdout", "a")
    assert len(taken(stream, ("clear", True))) == 1
    assert [o.text for o in taken(stream, ("clear", True), ("stream", "stdout", "b"))] == ["b"]
    assert taken(stream, ("clear", False)) == []


def test_only_kinds_that_run_nothing_are_kept() -> None:
    kinds = ["text/plain", "text/html", "text/latex", "text/markdown"]
    bad = ["application/javascript", "image/svg+xml", "application/vnd.jupyter.widget-view+json", "text/x-evil"]
    (output,) = taken(display(dict.fromkeys(kinds + bad, "x")))
    assert sorted(output.data) == sorted(kinds)


@pytest.mark.parametrize("content", ["", "no base64!", base64.b64encode(b"<script>").decode(), PNG[:4], "é", 3, None])
def test_a_picture_that_is_none_is_left_out(content: Any) -> None:
    assert taken(display({"image/png": content})) == []


def test_nothing_but_base64_stands_in_a_picture() -> None:
    (output,) = taken(display({"image/png": PNG[:12] + '"<>\n' + PNG[12:]}))
    assert output.data["image/png"] == PNG


def test_text_data_and_numbers_of_outputs_are_bounded() -> None:
    text = taken(*[("stream", "stdout", "x" * 60_000)] * 3)
    assert sum(len(o.text) for o in text) == MAX_TEXT + ROOM_TO_SAY_SO
    assert len(taken(*[display({"text/plain": "x"})] * (MAX_OUTPUTS + 50))) == MAX_OUTPUTS
    large = taken(*[display({"text/html": "x" * (MAX_DATA // 2)})] * 5)
    assert len(large) == 2
    assert len(taken(*[("error", "E", "m", ["l"])] * 10)) == MAX_ERRORS
    (error,) = taken(("error", "E" * 10**6, "m" * 10**6, ["l" * 10**6] * 3))
    assert len(str(error)) < 3 * MAX_TEXT
    flip = taken(*[("stream", name, "x") for name in ("stdout", "stderr")] * 500)
    assert len(flip) == MAX_OUTPUTS


def test_updates_without_end_are_bounded() -> None:
    first = display({"text/plain": "x"}, display_id="d")
    (output,) = taken(first, *[display({"text/plain": "y" * 1_000_000}, display_id="d", update=True)] * 20)
    assert len(output.data.get("text/plain", "")) <= MAX_DATA


def test_of_metadata_only_the_sizes_of_pictures_are_kept() -> None:
    sizes = {"width": 3, "height": "<script>", "onload": 1, 5: 5}
    (output,) = taken(display({"image/png": PNG}, {"image/png": sizes, "x": 1}))
    assert output.metadata == {"image/png": {"width": 3}}
    (output,) = taken(display({"image/png": PNG}, {"image/png": {"width": 1 << 70, "height": -1}}))
    assert output.metadata == {"image/png": {}}


class Touchy:
    """As a handle is: whoever looks gets an error."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise TypeError

    __bool__ = __len__ = __iter__ = __str__ = lambda self: 1 / 0  # type: ignore[assignment]


ODD = [
    None,
    True,
    3,
    "",
    "stdout",
    b"x",
    [1],
    (1,),
    {1: 2},
    {"a": Touchy()},
    {(1, 2): "x"},
    np.zeros(2),
    Touchy(),
    2**70,
]


@pytest.mark.parametrize("kind", ["stream", "display", "result", "error", "clear", "nothing", "__class__"])
def test_whatever_comes_as_an_output_raises_nothing(kind: str) -> None:
    for odd in ODD:
        for arguments in range(6):
            taken(
                (kind, *[odd] * arguments),
                ("stream", odd, "x"),
                ("result", {"text/plain": "x"}, {"image/png": odd}, odd),
            )
            taken(display({"text/plain": "x"}, odd, odd, odd), display(odd, {"image/png": {"width": odd}}))
        taken(odd, (odd,), ("display", {"image/png": odd, "text/plain": odd}, odd, odd, odd))
