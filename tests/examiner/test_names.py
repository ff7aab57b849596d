"""Which names of a test cell are the instructor's, and which the student's."""

from typing import Any

import pytest

from sealgrade.examiner.names import Namespace

FAKE = """
class Fake:
    def __getattr__(self, name): return lambda *a, **k: True
np = numpy = math = plt = Fake()
def isclose(*a): return True
allclose = isclose
abs = all = isinstance = print = len = isclose
f = lambda x: 0
"""


@pytest.mark.parametrize("locked", [True, False])
def test_an_import_in_a_released_cell_is_the_instructors(student: Any, locked: bool) -> None:
    one = student(FAKE)
    one.namespace.released_cell("import numpy as np\nfrom math import isclose\nfrom numpy import allclose", locked)
    for claim in ("np.allclose(f(2), 4)", "isclose(f(2), 4)", "allclose(f(2), 4)"):
        assert one.fails(f"assert {claim}") == "AssertionError"


@pytest.mark.parametrize("claim", ["np.allclose(f(2), 4)", "numpy.allclose(f(2), 4)", "math.isclose(f(2), 4)"])
def test_what_tests_judge_with_is_never_the_students(student: Any, claim: str) -> None:
    assert student(FAKE).fails(f"assert {claim}") == "AssertionError"


def test_an_import_that_only_the_student_has_is_the_students(student: Any) -> None:
    one = student("import sys, types\nm = types.ModuleType('nowhere')\nm.h = 3\nfrom math import pi as h")
    one.namespace.released_cell("from nowhere import h", locked=False)
    one.passes("assert 3 < h < 4")


def test_builtins_are_the_instructors(student: Any) -> None:
    one = student(FAKE)
    for claim in ("abs(f(2) - 4) < 1e-6", "all([f(2)])", "len([1]) == True + 1"):
        assert one.fails(f"assert {claim}") == "AssertionError"


def test_a_function_named_like_a_builtin_is_the_students_where_the_stub_asks_for_it(student: Any) -> None:
    one = student("def sum(x): return 'mine'")
    one.namespace.released_cell("def sum(x):\n    ...", locked=False)
    one.passes("assert sum([1]) == 'mine'")


def test_a_stub_that_does_not_parse_asks_for_nothing(student: Any) -> None:
    one = student("x = 3")
    one.namespace.released_cell("%matplotlib inline\nabs = ???", locked=False)
    one.passes("assert x == abs(-3)")


def test_names_of_a_test_are_there_in_the_next(student: Any) -> None:
    one = student("def check(v): return True")
    one.passes("def check(v):\n    assert v == 4")
    one.cell("def check(v): return True")
    assert one.fails("check(3)") == "AssertionError"


def test_a_stub_that_defines_the_name_again_takes_it_over(student: Any) -> None:
    one = student("def check(v): return 'theirs'")
    one.passes("def check(v): return 'ours'")
    one.namespace.released_cell("def check(v):\n    ...", locked=False)
    one.passes("assert check(1) == 'theirs'")


def test_functions_of_a_test_find_the_students_names(student: Any) -> None:
    one = student("def f(x): return x * x")
    one.passes("def both(x):\n    return [f(v) for v in x]\nassert both([1, 2]) == [1, 4]")


def test_values_are_fresh_on_each_use(student: Any) -> None:
    student("n = 0\ndef f():\n    global n\n    n += 1").passes("f()\nassert n == 1\nf()\nassert n == 2")


def test_a_name_that_is_nowhere_is_a_name_error(student: Any) -> None:
    one = student("")
    assert one.fails("nothing") == "NameError"
    one.passes("try:\n    nothing\nexcept NameError as e:\n    assert 'nothing' in str(e)")


@pytest.mark.parametrize("name", ["__file__", "__loader__", "__spec__"])
def test_names_of_the_shell_are_no_names_of_a_tests(student: Any, name: str) -> None:
    one = student("__file__ = __loader__ = __spec__ = 'theirs'")
    one.test(f"seen = {name}")
    assert one.namespace.get("seen") != "theirs"


def test_a_test_cannot_be_run_by_names_of_the_students(student: Any) -> None:
    one = student("__builtins__ = {}\n__name__ = 'x'\n__import__ = None\n__build_class__ = None")
    one.passes("import math\nclass A: pass\nassert __name__ == '__main__'\nassert abs(-1) == 1")


def test_the_namespace_finds_what_a_statement_binds() -> None:
    space = Namespace()
    space.released_cell(
        "for len in []:\n    with x as abs: pass\nif (sum := 3): max, [min] = 1, [2]\n[all for all in []]", False
    )
    asked: list[str] = []

    def lookup(name: str) -> list[Any]:
        asked.append(name)
        return [["theirs"]]

    space.start_cell(lookup)
    for name in ("len", "abs", "sum", "max", "min"):
        assert space[name] == "theirs"
    with pytest.raises(KeyError):
        space["all"]
