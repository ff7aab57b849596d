"""What a test hands to a student: data, and functions that stay here."""

from typing import Any

import numpy as np
import pytest

from sealgrade.examiner.exposure import Exposures
from sealgrade.wall.format import NotPlain, WallError

APPLY = """
kept = []
def apply(f, *a, **k):
    kept.append(f)
    return f(*a, **k)
def attribute(o, n): return getattr(o, n)
"""


def test_a_function_of_a_test_can_be_called_by_the_student(student: Any) -> None:
    student(APPLY).passes("y = 3\nassert apply(lambda x, k=0: x + y + k, 4, k=1) == 8")


def test_a_function_stays_here(student: Any) -> None:
    one = student(APPLY + "\nimport gc, types\ndef look(f): return [n for n in dir(f)], type(f).__name__, callable(f)")
    one.passes(
        "secret = 'expected'\ndef f(x): return secret\nnames, kind, called = look(f)\n"
        "assert called and kind == 'CallableStandIn'\n"
        "assert not {'__code__', '__closure__', '__globals__', '__defaults__', '__wrapped__'} & set(names)"
    )


def test_an_object_of_the_courses_offers_its_public_methods_only(student: Any) -> None:
    one = student(
        APPLY + "\ndef tries(o):\n    found = []\n"
        "    for n in ('area', '_secret', '__init__', '__class__', 'path', 'base'):\n"
        "        try: found.append(getattr(o, n)())\n        except Exception as e: found.append(type(e).__name__)\n"
        "    return found"
    )
    one.passes(
        "from pathlib import Path\nclass Base:\n    def base(self): return 'b'\n"
        "class Shape(Base):\n    def __init__(self): self.side = 2; self.path = Path('x'); self._hidden = 3\n"
        "    def area(self): return self.side ** 2\n    def _secret(self): return 'expected'\n"
        "found = tries(Shape())\nassert found[0] == 4 and found[5] == 'b', found\nassert 'expected' not in found\n"
        "assert attribute(Shape(), 'side') == 2\n"
        "for name in ('_hidden', 'path', '__dict__'):\n"
        "    try: found = attribute(Shape(), name)\n    except Exception: continue\n"
        "    assert '3' not in str(found) and 'side' not in str(found), (name, found)"
    )


@pytest.mark.parametrize(
    "thing",
    [
        "__import__('pathlib').Path('/etc/passwd')",
        "__import__('io').StringIO('x')",
        "__import__('os')",
        "__import__('sys').stdout",
        "(i for i in [1])",
        "object()",
        "type('Own', (), {})",
        "__import__('functools').partial(print)",
        "__import__('subprocess').run",
        "__import__('os').system",
        "__import__('shutil').rmtree",
        "__import__('os').environ",
        "np.vectorize(lambda x: x)",
        "np.array([1]).tofile",
        "np.array([None])",
        "[].append",
        "memoryview(b'x')",
        "__import__('threading').Lock()",
        "__import__('json').JSONEncoder()",
        "__import__('sealgrade.testing').testing.get",
    ],
)
def test_what_could_act_here_is_not_handed_out(student: Any, thing: str) -> None:
    one = student(APPLY)
    verdict = one.test(f"import numpy as np\napply({thing})")
    assert verdict.error is not None
    assert verdict.error[0] == "NotPlain", verdict.error
    assert one["kept"] == []


def test_functions_that_the_student_has_too_go_by_name(student: Any) -> None:
    student(APPLY).passes(
        "import math, operator\nimport numpy as np\n"
        "assert apply(np.sin, 0.0) == 0 and apply(math.sqrt, 4) == 2\n"
        "assert apply(abs, -1) == 1 and apply(operator.add, 1, 2) == 3\n"
        "assert apply(np.linalg.norm, np.array([3.0, 4.0])) == 5 and apply(int, '3') == 3 and apply(np.float32, 1) == 1"
    )


def test_a_function_is_withdrawn_at_the_end_of_the_cell(student: Any) -> None:
    one = student(APPLY + "\ndef later(): return kept[0](1)")
    one.passes("assert apply(lambda x: 'expected', 1) == 'expected'")
    verdict = one.test("later()")
    assert verdict.error is not None
    assert verdict.error[0] == "RuntimeError"


def test_a_function_gets_plain_data_only(student: Any) -> None:
    one = student(APPLY + "\nclass A: pass\ndef hand(f): return f(A())\ndef hand_back(f): return f(f)")
    for source in ("hand(lambda x: 1)", "hand_back(lambda x: 1)"):
        assert one.fails(source) == "TypeError"
    one.passes("assert apply(lambda x: type(x).__name__, [1]) == 'list'")


def test_arguments_are_read_only_and_the_students_own_stay_as_they_are(student: Any) -> None:
    one = student("import numpy as np\ndef g(f):\n    x = np.zeros(2)\n    f(x)\n    return x")
    assert one.fails("def f(x): x[0] = 1\ng(f)") == "ValueError"


@pytest.mark.parametrize("result", ["lambda x: print", "lambda x: (lambda y: y)", "lambda x: object()", "lambda x: np"])
def test_the_result_of_a_function_is_data_only(student: Any, result: str) -> None:
    one = student(APPLY)
    verdict = one.test(f"import numpy as np\napply({result}, 1)")
    assert verdict.error is not None
    assert one.candidate.fault is None


def test_an_error_in_a_function_tells_the_student_little(student: Any) -> None:
    one = student("def f(g):\n    try: g(1)\n    except Exception as e: return type(e).__name__, str(e), e.__dict__")
    one.passes("def g(x): raise KeyError('expected')\nfound = f(g)\nassert 'expected' not in str(found), found")


def test_a_handle_goes_back_as_the_object_itself(student: Any) -> None:
    one = student("a = object()\ndef same(b): return b is a\ndef first(b): return b['k'][0] is a")
    one.passes("assert same(a) and first({'k': [a]})")


def test_a_function_that_comes_back_is_the_function_itself(student: Any) -> None:
    student("def same(f): return f").passes("def g(x): return x\nassert same(g) is g\nassert same([g])[0] is g")


def test_callbacks_may_nest(student: Any) -> None:
    student("def twice(f, x): return f(f(x))").passes("assert twice(lambda x: twice(lambda y: y + 1, x), 0) == 4")


def test_a_callback_that_fails_the_test_does_so_though_the_student_swallows_it(student: Any) -> None:
    """An assertion inside a callback is told to the student; a test must look at the outcome as well."""
    one = student("def f(g):\n    try: g(1)\n    except BaseException: pass\n    return 4")
    one.passes("seen = []\nassert f(lambda x: seen.append(x)) == 4\nassert seen == [1]")


def test_a_number_that_was_never_handed_out_is_no_object() -> None:
    exposures = Exposures()
    exposures.refer(test_callbacks_may_nest)
    for number in (0, -1, 2, 1 << 62):
        with pytest.raises(WallError):
            exposures.find(number)
    exposures.withdraw()
    assert type(exposures.find(1)).__name__ == "Withdrawn"
    with pytest.raises(RuntimeError):
        exposures.call(1, None, (1,), {})


def test_only_what_was_handed_out_can_be_called() -> None:
    class Course:
        def method(self) -> int:
            return 3

    exposures = Exposures()
    exposures.refer(Course())
    assert exposures.call(1, "method", (), {}) == 3
    for name in ("__init__", "__class__", "__dict__", "", "_x", "nothing", "method.__globals__", None):
        with pytest.raises((RuntimeError, AttributeError)):
            exposures.call(1, name, (), {})
    for name in (".__class__", ".__dict__", ".method", "..method", "._x"):
        with pytest.raises(AttributeError):
            exposures.call(1, name, (), {})


def test_what_only_pretends_to_be_numpys_is_not_taken_by_name() -> None:
    def sin(x: float) -> float:
        return x

    sin.__module__, sin.__qualname__ = "numpy", "sin"
    assert b"numpy:sin" not in Exposures().refer(sin)
    with pytest.raises(NotPlain):
        Exposures().refer(np)
