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
    one = student(
        APPLY + "\nimport inspect\ndef look(f):\n"
        "    held = [cell.cell_contents for cell in f.__closure__]\n"
        "    return [repr(x) for x in (f.__name__, f.__qualname__, f.__doc__, f.__module__, f.__defaults__, vars(f), "
        "f.__annotations__, f.__code__.co_consts, f.__code__.co_names, f.__code__.co_varnames, f.__code__.co_filename, "
        "str(inspect.signature(f)), held)]"
    )
    one.passes(
        "secret = 'expected'\ndef f_secret(x: 'secret', secret='secret'):\n    'secret'\n    return secret\n"
        "for text in look(f_secret): assert 'secret' not in text and 'expected' not in text and 'a-test' not in text"
    )


def test_a_function_of_a_test_is_a_function_for_the_student_too(student: Any) -> None:
    one = student(
        "import inspect, types\nimport numpy as np\n"
        "class A:\n    def __init__(self, f):\n        self.name = f.__name__\n        self.f = f\n"
        "def is_function(f): return isinstance(f, types.FunctionType) and inspect.isfunction(f) and callable(f)\n"
        "def many(f): return np.vectorize(f)(np.arange(3)), str(inspect.signature(f)), f.__doc__\n"
        "def same(f, g): return f is g"
    )
    one.passes("assert A(lambda x: x).name == 'function'")
    one.passes(
        "def f(x): return x\nclass B:\n    def g(self, x): return x\nassert is_function(f)\nassert is_function(B().g)"
    )
    one.passes(
        "got = many(lambda x: x**2)\nassert got[0].tolist() == [0, 1, 4] and got[1:] == ('(*args, **kwargs)', None)"
    )
    one.passes("def f(x): return x\nassert same(f, f) and A(f).f is f")


def test_the_attributes_of_a_function_of_a_test_can_be_asked_for(student: Any) -> None:
    student(APPLY).passes("def f(x): return x\nf.order = 3\nassert attribute(f, 'order') == 3 and apply(f, 2) == 2")


@pytest.mark.parametrize(
    ("passed", "message"),
    [
        ("[1]", "unsupported operand type(s) for ** or pow(): 'list' and 'int'"),
        ("np.zeros(3)", "raised by a function of the test"),
        ("1, 2", "raised by a function of the test"),
    ],
)
def test_what_python_says_of_types_in_a_function_of_a_test_is_told(student: Any, passed: str, message: str) -> None:
    one = student(
        f"import numpy as np\ndef f_(f):\n    try: f({passed})\n    except Exception as e: return str(e)\n"
        f"def raises(f): return f({passed})"
    )

    test = "import numpy as np\ndef my_secret(t): return t**2 + np.ones(2)\n"
    one.passes(test + f"assert f_(my_secret) == {message!r}")
    verdict = one.test(test + "raises(my_secret)")
    assert verdict.for_student == f"{message}  (in line 5 of your cell `theirs`: def raises(f): return f({passed}))"


@pytest.mark.parametrize(
    "raises",
    [
        "ValueError('expected 4711')",
        "NameError(\"name 'secret' is not defined\")",
        "AttributeError(\"'Secret' object has no attribute 'secret'\")",
        "ValueError('could not convert string to float: secret')",
        "type('Own', (ValueError,), {})('division by zero')",
        "IndexError('index 42 is out of bounds for axis 0 with size 1')",
        "ValueError('cannot reshape array of size 1 into shape (3,14)')",
        "ValueError('operands could not be broadcast together with shapes (3,) (7,) ')",
        "NameError(\"name 'sum' is not defined\")",
        'TypeError("sum() takes 1 positional argument but 2 were given")',
    ],
)
def test_other_messages_in_a_function_of_a_test_are_not_told(student: Any, raises: str) -> None:
    one = student("def f_(f):\n    try: f(1)\n    except Exception as e: return str(e)")

    one.passes(f"def f(x): raise {raises}\nassert f_(f) == 'raised by a function of the test'")


def test_an_exception_that_refuses_attributes_is_told_by_its_type_alone(student: Any) -> None:
    one = student("def f_(f):\n    try: f(1)\n    except Exception as e: return type(e).__name__, str(e)")

    one.passes(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass E(ValueError):\n    x: int = 0\n"
        "def f(x): raise E(4711)\nassert f_(f) == ('ValueError', 'raised by a function of the test')"
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
