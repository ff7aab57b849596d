"""A student's autograded notebook with everything that a feedback page shows, and what the gradebook says of it."""

import base64
import struct
import zlib
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sealgrade.grades import Grades, Mark

from ..small_course import nbgrader_cell

HIDDEN = (
    "### BEGIN HIDDEN TESTS\nsecret = 4711\nassert f(secret) == 4712, 'wrong for other numbers'\n### END HIDDEN TESTS"
)
LONG = "x = 1  # " + "a long line of code " * 12
WIDE_TABLE = "|" + "a wide column|" * 14 + "\n|" + "-|" * 14 + "\n|" + "1000000|" * 14
WIDE_FORMULA = "$$ s = " + " + ".join(f"x_{{{i}}}^2 w_{{{i}}}" for i in range(60)) + " $$"


def picture(width: int = 900, height: int = 40) -> str:
    """A grey picture, as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def failure(name: str, text: str) -> Any:
    """The output of a cell in which an exception was raised."""
    trace = ["Traceback (most recent call last)", "  assert f(secret) == 4712", f"{name}: {text}"]
    return new_output("error", ename=name, evalue=text, traceback=trace)


def notebook() -> Any:
    """The notebook; each test of it is told from the others by its name."""
    failed = nbgrader_cell("test", "ex-forward-test-values", f"assert callable(f)\n{HIDDEN}", 3)
    failed.outputs = [failure("AssertionError", "f(4711) is 1, which is <wrong>")]
    failed.metadata["sealgrade"] = {
        "for_student": "f is <wrong> for other numbers",
        "diagnosis": {"summary": "the <b>bias</b> is missing.", "hint": "Set all weights to 0 & look again."},
    }
    also = nbgrader_cell("test", "ex-forward-test-shape", "assert f(1).shape == (2,)", 1)
    also.outputs = [failure("TypeError", "no shape")]
    carried = nbgrader_cell("test", "ex-backprop-test-batch", "assert True", 4)
    carried.metadata["sealgrade"] = {"carried": ["accepted as what follows from your own <forward> and loss"]}
    partly = nbgrader_cell("test", "ex-backprop-test-speed", "1.5", 2)
    partly.outputs = [new_output("execute_result", {"text/plain": "1.5"}, execution_count=1)]
    broken = nbgrader_cell("solution", "ex-bonus", "def g(:")
    broken.outputs = [failure("SyntaxError", "invalid syntax")]
    bonus = nbgrader_cell("test", "ex-bonus-test", "assert g(1) == 1", 2, tags=("bonus",))
    bonus.outputs = [failure("NameError", "name 'g' is not defined")]
    figure = new_code_cell("plt.plot(x)")
    figure.outputs = [
        new_output("display_data", {"image/png": picture(), "text/plain": "<Figure>"}),
        new_output("stream", name="stdout", text="\x1b[31mprinted\x1b[0m " + "wide " * 80),
        new_output("display_data", {"text/html": "<h1>html</h1><table class='dataframe'><tr><td>1</td></tr></table>"}),
        new_output("display_data", {"text/latex": r"$\frac{1}{2}$"}),
    ]
    return new_notebook(
        cells=[
            new_markdown_cell(f"# The exercise\n\n## A part\n\nLet $x<1$ be.\n\n{WIDE_FORMULA}\n\n{WIDE_TABLE}"),
            nbgrader_cell("solution", "ex-forward", f"def f(x):\n    return x\n{LONG}"),
            failed,
            also,
            carried,
            partly,
            figure,
            broken,
            bonus,
            nbgrader_cell("answer", "ex-why", r"Because \begin{align} a &= b \\ &= c \end{align} holds.", 5),
            nbgrader_cell("answer", "ex-how", "By hand.", 5),
            nbgrader_cell("answer", "ex-not", "", 1),
        ],
        metadata={"language_info": {"name": "python"}, "sealgrade": {"notes": ["The cell `ex-bonus` <was> damaged."]}},
    )


def grades() -> Grades:
    """What the gradebook says of the notebook."""
    cells = {
        "ex-forward": Mark(),
        "ex-forward-test-values": Mark(0, 3),
        "ex-forward-test-shape": Mark(0, 1),
        "ex-backprop-test-batch": Mark(4, 4),
        "ex-backprop-test-speed": Mark(1.5, 2),
        "ex-bonus": Mark(),
        "ex-bonus-test": Mark(0, 2),
        "ex-why": Mark(0, 5, waits=True),
        "ex-how": Mark(3.25, 5, "Well *said*, but $a^2$ <script>is</script> missing."),
        "ex-not": Mark(0, 1, "No response."),
    }
    score = sum(mark.score or 0 for mark in cells.values())
    return Grades("week3", "ex", "ada", score, 23, late_penalty=1, cells=cells)
