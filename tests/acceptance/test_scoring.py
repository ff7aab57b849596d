"""The score rule is nbgrader's, but for the differences that are named here."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.tests.apps
import nbgrader.utils
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from sealgrade import cells
from sealgrade.scoring import auto_comment, compute_checksum, determine_grade

ROOT = Path(__file__).parents[2]
NBGRADERS = Path(nbgrader.tests.apps.__file__).parent / "files"


def result(text: str) -> Any:
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


ERROR = new_output("error", ename="AssertionError", evalue="", traceback=[])
PRINTED, WARNED = (new_output("stream", name=name, text="a line\n") for name in ("stdout", "stderr"))
FIGURE = new_output("display_data", data={"text/plain": "3"})


def a_test(*outputs: Any, points: float = 4) -> Any:
    cell = new_code_cell("assert add(1, 2) == 3", outputs=list(outputs))
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": "add-test", "points": points}
    return cell


def of_all_kinds() -> Iterator[Any]:
    """Cells with every combination of nbgrader's marks."""
    kinds = product((new_code_cell, new_markdown_cell), (True, False, None), (True, False, None), (True, False, None))
    for (new, grade, solution, locked), source in product(kinds, ("", "x = 'Grüße ☃'\n\n")):
        for points, task in product((0, 2, 2.5), (True, False)):
            given = {"grade": grade, "solution": solution, "locked": locked, "task": task}
            cell = new(source)
            cell.metadata["nbgrader"] = {name: value for name, value in given.items() if value is not None}
            cell.metadata["nbgrader"] |= {"grade_id": f"id-{points}", "points": points}
            yield cell


def of_real_notebooks() -> Iterator[Any]:
    """The cells of this repository's notebooks, and of those that nbgrader tests itself with."""
    for path in [*ROOT.glob("source/*/*.ipynb"), *ROOT.glob("release/*/*.ipynb"), *NBGRADERS.glob("*.ipynb")]:
        if "nbformat" in (raw := json.loads(path.read_bytes())) and raw["nbformat"] >= 4:
            yield from nbformat.from_dict(raw).cells


def ready(cell: Any) -> Any:
    """The cell as it is read from a file by nbformat, whose texts are not lists of lines."""
    if isinstance(cell.source, list):
        cell.source = "".join(cell.source)
    return cell


@cache
def many() -> list[Any]:
    found = [ready(cell) for cell in (*of_all_kinds(), *of_real_notebooks())]
    assert len(found) > 500
    return found


def test_the_checksum_is_nbgraders() -> None:
    compared = [cell for cell in many() if cells.marks(cell).get("grade_id")]
    compared = [cell for cell in compared if not cells.is_grade(cell) or "points" in cells.marks(cell)]
    assert len(compared) > 400
    assert [compute_checksum(c) for c in compared] == [nbgrader.utils.compute_checksum(c) for c in compared]


@pytest.mark.parametrize("name", ["is_grade", "is_solution", "is_task", "is_locked"])
def test_what_the_metadata_says_is_what_nbgrader_reads_in_it(name: str) -> None:
    ours, theirs = getattr(cells, name), getattr(nbgrader.utils, name)
    assert [ours(cell) for cell in many()] == [bool(theirs(cell)) for cell in many()]


@pytest.mark.parametrize(
    "outputs",
    [
        (),
        (PRINTED,),
        (FIGURE,),
        (ERROR,),
        (PRINTED, ERROR),
        (FIGURE, result("3")),
        *(
            (result(text),)
            for text in ("0", "2.5", "4", " 3 ", "1e-3", "None", "True", "'3'", "[1, 2]", "hello", "-1 m")
        ),
        (PRINTED, result("2")),
    ],
)
def test_a_test_earns_what_it_earns_in_nbgrader(outputs: tuple[Any, ...]) -> None:
    assert determine_grade(a_test(*outputs)) == nbgrader.utils.determine_grade(a_test(*outputs))


@pytest.mark.parametrize("source", ["released", "changed"])
def test_an_answer_marked_by_hand_earns_what_it_earns_in_nbgrader(source: str) -> None:
    for cell in of_all_kinds():
        if cells.is_grade(cell) and not cells.is_test(cell):
            cell.metadata.nbgrader.checksum = compute_checksum(cell)
            cell.source = cell.source if source == "released" else "changed"
            assert determine_grade(cell) == nbgrader.utils.determine_grade(cell)


def test_a_cell_that_earns_no_points_has_no_score() -> None:
    with pytest.raises(ValueError, match="earns points"):
        determine_grade(new_code_cell("1"))


@pytest.mark.parametrize("outputs", [(WARNED,), (WARNED, PRINTED), (PRINTED, WARNED)])
def test_what_comes_on_stderr_is_no_failure(outputs: tuple[Any, ...]) -> None:
    assert nbgrader.utils.determine_grade(a_test(*outputs))[0] == 0
    assert determine_grade(a_test(*outputs)) == (4, 4)
    assert determine_grade(a_test(*outputs, result("3"))) == (3, 4)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("np.float64(2.5)", 2.5),
        ("np.float32(2.5)", 2.5),
        ("np.float16(0.5)", 0.5),
        ("np.longdouble('2.5')", 2.5),
        ("np.int64(3)", 3),
        ("np.uint8(3)", 3),
        ("np.longlong(3)", 3),
        ("array(2.5)", 2.5),
        ("array(2.5, dtype=float32)", 2.5),
        ("np.float64(0.0)", 0),
        ("np.float64(1e-05)", 1e-5),
        ("np.float64(nan)", 0),
        ("np.float64(-2.0)", 0),
        ("np.float64(99.0)", 4),
    ],
)
def test_a_number_of_numpys_is_partial_credit(text: str, points: float) -> None:
    assert determine_grade(a_test(result(text))) == (points, 4)


def test_numpys_numbers_are_read_as_numpy_shows_them_today() -> None:
    script = (
        "import numpy as np\n"
        "kinds = {np.dtype(code).type for code in 'bhilqBHILQefdg'}\n"
        "print(*[repr(kind(3)) for kind in kinds] + [repr(np.array(3.0)), repr(np.array(3, dtype='int8'))], sep='\\n')"
    )
    shown = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True).stdout
    assert len(shown.splitlines()) > 12
    assert [determine_grade(a_test(result(text))) for text in shown.splitlines()] == [(3, 4)] * len(shown.splitlines())


@pytest.mark.parametrize(
    ("text", "points"), [("nan", 0), ("-2", 0), ("-0.0", 0), ("99", 4), ("4.0000001", 4), ("inf", 0), ("-inf", 0)]
)
def test_credit_is_held_between_none_and_all(text: str, points: float) -> None:
    assert determine_grade(a_test(result(text))) == (points, 4)


@pytest.mark.parametrize("text", ["np.True_", "np.str_('3')", "array([1, 2])", "array('3', dtype='<U1')", "4 + 4j", ""])
def test_what_is_not_a_number_says_nothing_of_points(text: str) -> None:
    assert determine_grade(a_test(result(text))) == (4, 4)


def test_nothing_of_what_a_student_can_show_is_evaluated() -> None:
    assert determine_grade(a_test(result("np.float64(__import__('os').abort())"))) == (4, 4)


def test_a_value_without_a_text_says_nothing_of_points() -> None:
    picture = new_output("execute_result", data={"image/png": ""}, execution_count=1)
    assert determine_grade(a_test(picture)) == (4, 4)


@pytest.mark.parametrize("outputs", [(result("4"), ERROR), (ERROR, result("4")), (WARNED, result("4"), ERROR)])
def test_an_error_is_a_failure_whatever_is_shown_beside_it(outputs: tuple[Any, ...]) -> None:
    assert determine_grade(a_test(*outputs)) == (0, 4)


def test_of_several_values_the_last_counts() -> None:
    assert determine_grade(a_test(result("4"), result("1"))) == (1, 4)


def test_only_an_answer_left_as_it_was_released_is_no_response() -> None:
    for cell in of_all_kinds():
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
        assert auto_comment(cell) == (None if cells.is_task(cell) else "No response.")
        cell.source += "!"
        assert auto_comment(cell) is None
        del cell.metadata.nbgrader["checksum"]
        assert auto_comment(cell) is None


def test_scores_are_told_without_loading_nbgrader() -> None:
    script = "import sys, sealgrade.scoring; assert not {'nbgrader', 'nbformat', 'numpy', 'IPython'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
