"""The verdict on a test cell: it passed if it ran to its end here, and no fault was recorded."""

import math
import time
from typing import Any

import pytest


def test_a_test_that_runs_to_its_end_has_passed(student: Any) -> None:
    verdict = student("def f(x): return x * x").test("assert f(2) == 4\nprint('fine')")
    assert verdict.error is None
    assert verdict.printed == "fine\n"
    assert verdict.credit is None


def test_a_test_that_fails_says_with_what_and_where(student: Any) -> None:
    verdict = student("def f(x): return x").test("x = 2\nassert f(x) == 4, 'not the square'")
    assert verdict.error == ("AssertionError", "not the square")
    assert verdict.for_student == "not the square"
    assert "assert f(x) == 4, 'not the square'" in "\n".join(verdict.traceback)
    assert "sealgrade" not in verdict.traceback[0]


def test_the_line_of_the_students_cell_is_named(student: Any) -> None:
    verdict = student("def f(x):\n    return 1 / x").test("f(0)")
    assert verdict.error == ("ZeroDivisionError", "division by zero  (in line 2 of your cell `theirs`: return 1 / x)")


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ndef f(): return np.float64(1e308) * 10",
        "import warnings\ndef f():\n    warnings.warn('careful'); return 4",
        "import warnings\nwarnings.simplefilter('ignore')\ndef f():\n    warnings.warn('careful', DeprecationWarning)",
        "import sys\ndef f(): print('x' * 200000); print('y', file=sys.stderr)",
        "import os\ndef f(): os.write(2, b'past Python')",
    ],
)
def test_what_a_student_prints_or_warns_of_in_a_call_fails_nobody(student: Any, source: str) -> None:
    student(source).passes("f()\nf()")


def test_a_warning_in_the_test_itself_fails_nobody(student: Any) -> None:
    student("").passes("import numpy as np, warnings\nnp.array([1e308]) * 10\nwarnings.warn('x')")


SWALLOW = """
try:
    f()
except Exception:
    pass
for i in range(3):
    try:
        f()
    except BaseException:
        pass
"""


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import os\ndef f(): os._exit(0)", "KernelDied"),
        ("import ctypes\ndef f(): ctypes.string_at(0)", "KernelDied"),
        ("def f():\n    while True: pass", "CellTimeoutError"),
        (
            "def f():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
            "CellTimeoutError",
        ),
        ("import time\ndef f(): time.sleep(60)", "CellTimeoutError"),
    ],
)
def test_a_test_cannot_swallow_a_fault(student: Any, source: str, error: str) -> None:
    verdict = student(source).test(SWALLOW, seconds=0.2)
    assert verdict.error is not None
    assert verdict.error[0] == error


# Finds the socket among the process's descriptors and writes to it past sealgrade.
_WRITES = """
import os, stat, gc
def socket():
    for n in range(3, 50):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode): return n
        except OSError: pass
def write(data):
    s = socket()
    os.set_blocking(s, True)
    os.write(s, data)
def f():
    {}
"""


@pytest.mark.parametrize(
    "breach",
    [
        "write(b'\\xff\\xff\\xff\\xff')",
        "write(b'\\6\\0\\0\\0V\\1\\0\\0\\0T')",
        "write(b'\\6\\0\\0\\0?\\1\\0\\0\\0T')",
        "write(b'\\2\\0\\0\\0zz')",
        "write(b'\\xff\\0\\0\\0Q\\0\\0\\0\\0' + b'l\\1\\0\\0\\0' * 50)",
    ],
)
def test_a_breach_of_the_protocol_is_a_fault(student: Any, breach: str) -> None:
    verdict = student(_WRITES.format(breach)).test(SWALLOW, seconds=2)
    assert verdict.error is not None
    assert verdict.error[0] == "ProtocolError"


def test_who_never_ceases_to_put_things_out_is_stopped(student: Any) -> None:
    one = student(_WRITES.format("while True: write(b'\\6\\0\\0\\0O\\0\\0\\0\\0N' * 500)"))
    start = time.monotonic()
    assert one.fails("f()", seconds=0.3) == "CellTimeoutError"
    assert time.monotonic() - start < 5


def test_who_never_ceases_to_call_back_is_stopped(student: Any) -> None:
    one = student("def f(g):\n    while True:\n        try: g(1)\n        except Exception: pass")
    start = time.monotonic()
    assert one.fails("f(lambda x: x)", seconds=0.3) == "CellTimeoutError"
    assert time.monotonic() - start < 5


def test_a_forged_answer_is_one_value_and_no_verdict(student: Any) -> None:
    answer = "b'\\7\\0\\0\\0V' + (n).to_bytes(4, 'little') + b'tT'"
    one = student(_WRITES.format(f"[write({answer}) for n in range(50)]"))
    assert one.fails("assert f() == 4") == "ProtocolError"


def test_an_endless_loop_on_this_side_is_ended(student: Any) -> None:
    one = student("class Endless:\n    def __getitem__(self, i): return i\ne = Endless()")
    start = time.monotonic()
    assert one.fails("for i in e: pass", seconds=0.2) == "CellTimeoutError"
    assert (
        one.fails("while True:\n    try:\n        while True: pass\n    except Exception: pass", 0.2)
        == "CellTimeoutError"
    )
    assert time.monotonic() - start < 60  # of which a busy machine takes most


@pytest.mark.parametrize(
    ("source", "credit"),
    [
        ("f(1)", 1.0),
        ("f(7)", 2.0),
        ("f(-1)", 0.0),
        ("f(float('nan'))", 0.0),
        ("f(float('inf'))", 0.0),
        ("f(True)", None),
        ("f('2')", None),
        ("np.float64(1.5)", 1.5),
        ("f(None)", None),
        ("x = f(1)", None),
    ],
)
def test_a_number_at_the_end_is_credit_held_between_none_and_all(
    student: Any, source: str, credit: float | None
) -> None:
    verdict = student("def f(x): return x").test(f"import numpy as np\n{source}")
    assert verdict.error is None
    assert verdict.credit == credit


def test_an_object_at_the_end_is_no_credit(student: Any) -> None:
    verdict = student("class A(float):\n    pass\nclass B:\n    def __float__(self): return 2.0\nb = B()").test("b")
    assert (verdict.error, verdict.credit) == (None, None)


def test_what_a_student_says_as_text_is_left_out_of_what_the_student_sees(student: Any) -> None:
    one = student("def f(secret): return f'got {secret}'\ndef g(secret): raise ValueError(f'in {secret}')")
    for source in (
        "assert f('hidden42') == 1, f'is {f(\"hidden42\")}'",
        "g('hidden42')",
        "assert 0, repr([f('hidden42')])",
    ):
        verdict = one.test(source)
        assert verdict.error is not None
        assert "hidden42" in verdict.error[1]
        assert "hidden42" not in verdict.for_student


@pytest.mark.parametrize(
    "says",
    [
        "'\\n'.join([secret, 'x'])",
        "{secret: 1}",
        "[[secret]]",
        "np.array([secret])",
        "secret.encode()",
        "(1, {secret})",
    ],
)
def test_texts_in_other_data_are_left_out_too(student: Any, says: str) -> None:
    verdict = student(f"import numpy as np\ndef f(secret): return {says}").test("assert 0, str(f('hidden42'))")
    assert "hidden42" not in verdict.for_student


def test_the_name_of_a_class_made_for_the_purpose_is_left_out(student: Any) -> None:
    one = student("def f(secret): return type(secret, (), {})()")
    verdict = one.test("assert f('hidden42') == 1")
    assert "hidden42" not in verdict.for_student


def test_a_message_that_is_an_object_of_the_students_does_not_end_the_examiner(student: Any) -> None:
    one = student("class A:\n    def __str__(self): raise ValueError('no')\na = A()")
    assert one.fails("assert False, a") == "AssertionError"


def test_a_message_that_hangs_does_not_end_the_examiner(student: Any) -> None:
    one = student("class A:\n    def __str__(self):\n        while True: pass\na = A()")
    assert one.fails("assert False, a", seconds=0.3) in {"AssertionError", "CellTimeoutError"}


def test_a_syntax_error_in_a_test_is_its_failure(student: Any) -> None:
    assert student("").fails("assert (") == "SyntaxError"


def test_the_next_test_starts_anew_after_one_that_failed(student: Any) -> None:
    one = student("def f(x): return x")
    assert one.fails("assert f(1) == 2") == "AssertionError"
    one.passes("assert f(1) == 1")


def test_the_next_test_can_go_on_after_one_ran_out_of_time_on_this_side(student: Any) -> None:
    """Or the candidate says that it has to be replaced."""
    one = student("def f(x): return x")
    assert one.fails("while True: f(1)", seconds=0.15) == "CellTimeoutError"
    if one.candidate.fault is None:
        one.passes("assert f(1) == 1")


def test_not_a_number_is_equal_to_nothing(student: Any) -> None:
    assert math.isnan(student("x = float('nan')")["x"])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("yield 1", "a generator"), ("return A()", "an A"), ("return f", "a function")],
)
def test_a_student_reads_what_was_given_in_place_of_plain_data(student: Any, answer: str, kind: str) -> None:
    one = student(f"class A: pass\ndef f():\n    {answer}")
    for test in ("assert np.ndim(f()) == 0", "assert f() == 2", "float(f())"):
        verdict = one.test(f"import numpy as np\n{test}")
        assert verdict.error[0] == "HandleError"
        assert verdict.for_student == f"What your code gave is {kind}, and not a number, a text, a list or an array."
    verdict = one.test("from sealgrade.testing import numbers\nnumbers('f()', f())")
    assert verdict.for_student == f"f() should be numbers, but is {kind}."
