"""Whole notebooks: what the instructor's cells give cannot be replaced, and a test means what it means in Jupyter."""

import sys
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_notebook

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import NotebookRun


def cell(kind: str, source: str) -> Any:
    marks = {"grade_id": kind, "grade": kind == "test", "solution": kind == "answer", "locked": kind != "answer"}
    return new_code_cell(source, metadata={"nbgrader": {**marks, "points": 1}} if kind != "own" else {})


def failed(*cells: tuple[str, str], released: str = "") -> list[str]:
    """The errors of the cells; `released` is what stood in the answer."""
    notebook = new_notebook(cells=[cell(*one) for one in cells])
    before = new_notebook(cells=[cell(kind, released if kind == "answer" else source) for kind, source in cells])
    zygote = zygote_for(default_plan(), ())
    NotebookRun(notebook, before, lambda hear: Candidate(zygote, hear, 2)).run()
    return [f"{o.ename}: {o.evalue}" for c in notebook.cells for o in c.outputs if o.output_type == "error"]


CHECK = "def check(f):\n    return abs(f(2) - 4) < 1e-6"


def test_a_helper_of_a_locked_cell_is_the_instructors_whatever_the_student_defines() -> None:
    answer = ("answer", "def f(x):\n    return 0\ndef check(f):\n    return True")
    assert failed(("given", CHECK), answer, ("test", "assert check(f), 'wrong'")) == ["AssertionError: wrong"]
    assert failed(("given", CHECK), ("answer", "def f(x):\n    return x * x"), ("test", "assert check(f)")) == []


def test_data_of_a_locked_cell_are_the_instructors_where_the_answer_is_not_about_them() -> None:
    cells = [("given", "data = [1, 2, 3]"), ("answer", "def f(x):\n    return -x\ndata = [-6]")]
    assert failed(*cells, ("test", "assert f(1) == sum(data) - 5, 'wrong'")) == ["AssertionError: wrong"]


def test_a_dict_that_the_answer_is_to_fill_is_the_students() -> None:
    cells = [("given", "errors = {}"), ("answer", "errors['n'] = 3"), ("test", "assert errors['n'] == 3")]
    assert failed(*cells, released="# TODO: fill errors") == []


def test_a_locked_cell_that_cannot_run_here_is_looked_up_at_the_student() -> None:
    cells = [("given", "shell = get_ipython()\nsize = 3"), ("answer", "pass"), ("test", "assert size == 3")]
    assert failed(*cells) == []


def test_a_test_that_seeds_its_random_numbers_seeds_the_students() -> None:
    answer = "import random\nimport numpy as np\ndef draw():\n    return random.random() + np.random.normal()"
    test = (
        "import random\nimport numpy as np\nnp.random.seed(1)\nrandom.seed(2)\nfirst = draw()\n"
        "np.random.seed(1)\nrandom.seed(2)\nassert draw() == first == random.random() + np.random.normal()"
    )
    assert failed(("answer", answer), ("test", test)) == []


def test_a_test_can_read_what_a_students_function_prints() -> None:
    test = (
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as said:\n    greet('Ada')\n"
        "assert said.getvalue() == 'Hello Ada\\n'"
    )
    assert failed(("answer", "def greet(name):\n    print('Hello', name)"), ("test", test)) == []


def test_class_bodies_of_a_test_see_imports_and_the_students_names() -> None:
    test = "class Case:\n    root = np.sqrt(f(8))\nassert Case.root == 4"
    cells = [("given", "import numpy as np"), ("answer", "def f(x):\n    return 2 * x"), ("test", test)]
    assert failed(*cells) == []


def test_what_moves_within_a_students_list_is_still_changed_in_its_place() -> None:
    test = (
        "row = table[1]\ntable.pop(0)\nrow.append(9)\nassert table == [[2, 9], [3]]\nassert show() == '[[2, 9], [3]]'\n"
        "table.insert(0, [])\ntable[0].append(0)\nrow[0] = 7\nassert show() == '[[0], [7, 9], [3]]'\n"
        "words.setdefault('a', []).append(1)\nassert show_words() == \"{'a': [1]}\""
    )
    answer = "table, words = [[1], [2], [3]], {}\nshow = lambda: str(table)\nshow_words = lambda: str(words)"
    assert failed(("answer", answer), ("test", f"table, words = table, words\n{test}")) == []


def test_what_was_taken_out_of_a_students_list_cannot_be_changed_there_any_more() -> None:
    test = "rows = table\nrow = rows.pop(0)\nrow.append(1)"
    (message,) = failed(("answer", "table = [[1], [2]]"), ("test", test))
    assert message.startswith("HandleError: This has been taken out of the student's object")


def test_a_thread_that_ends_python_later_is_blamed_and_not_the_cell_that_runs_then() -> None:
    guilty = "import os, threading\nthreading.Timer(0.02, os._exit, [1]).start()"
    cells = [("own", guilty), ("answer", "import time\ntime.sleep(0.2)\ndef f():\n    return 1")]
    (message,) = failed(*cells, ("test", "assert f() == 1"))
    assert message.startswith("KernelDied")


def test_what_a_later_cell_prints_holds_nothing_that_a_hidden_test_has_handed_in() -> None:
    cells = [
        cell("answer", "heard = []\ndef f(x):\n    heard.append(x)\n    return 0"),
        cell("test", "### BEGIN HIDDEN TESTS\nassert f(4711) == 1\n### END HIDDEN TESTS"),
        cell("own", "print('heard', heard)"),
        cell("own", "raise ValueError(heard)"),
    ]
    notebook = new_notebook(cells=cells)
    zygote = zygote_for(default_plan(), ())
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote, hear, 2)).run()
    assert notebook.cells[2].outputs[0].text == "heard []\n"
    assert "4711" not in str([c.outputs for c in notebook.cells[2:]])


def test_what_lies_beside_the_notebook_is_found_by_students_and_by_tests(tmp_path: Path) -> None:
    files = {"data.txt": b"4", "given_for_a_test.py": b"def two(): return 2"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    student = "import given_for_a_test\ndef f():\n    return given_for_a_test.two() * int(open('data.txt').read())"
    test = (
        "import numpy as np\nfrom given_for_a_test import two\nassert f() == two() * int(np.loadtxt('data.txt')) == 8"
    )
    notebook = new_notebook(cells=[cell("answer", student), cell("test", test)])

    here, path = Path.cwd(), list(sys.path)
    zygote = zygote_for(default_plan(), ())
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote, hear, 2), files, folder=tmp_path).run()

    assert [o for c in notebook.cells for o in c.outputs] == []
    assert (Path.cwd(), sys.path) == (here, path)
    assert "given_for_a_test" not in sys.modules  # another assignment may have one of the same name
