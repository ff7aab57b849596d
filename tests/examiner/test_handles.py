"""What a test holds of the student's: data are data, and an object cannot speak for itself."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sealgrade.examiner.candidate import Fault
from sealgrade.examiner.handles import Handle, HandleError
from sealgrade.testing import get, put, repeat

from .conftest import Student

# Claims to be what it is asked for, whatever that is.
LIAR = """
import numpy as np
class Liar:
    def __getattr__(self, name):
        if name == '__array_interface__' or name == '__array_struct__':
            return {'data': (16, False), 'shape': (2,), 'typestr': '<f8', 'version': 3}
        return self
    def same(self, *a, **k): return self
    def true(self, *a, **k): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = true
    __call__ = __getitem__ = __iter__ = __next__ = __enter__ = same
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __truediv__ = __pow__ = same
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = same
    __array_interface__ = {'data': (16, False), 'shape': (2,), 'typestr': '<f8', 'version': 3}
    def __float__(self): return 4.0
    def __int__(self): return 4
    def __complex__(self): return 4j
    __index__ = __trunc__ = __hash__ = __int__
    def __len__(self): return 3
    def __str__(self): return '4'
    def __format__(self, spec): return '4'
    def __fspath__(self): return '/etc/passwd'
    def __bytes__(self): return b'4'
    def __array__(self, *a, **k): return np.array([4.0, 4.0])
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    __array_priority__ = 1e9
    def __instancecheck__(self, other): return True
f = Liar()
"""


def test_data_are_data_and_objects_are_handles(student: Any) -> None:
    one = student("a = [1, 2.5]\nb = object()")
    assert one["a"] == [1, 2.5]
    assert isinstance(one["b"], Handle)


@pytest.mark.parametrize(
    "claim",
    [
        "assert abs(f(2) - 4) < 1e-6",
        "assert f(2) == 4",
        "assert not f(2) != 4",
        "assert f(2)",
        "assert not (not f(2))",
        "assert 3 < f(2) < 5",
        "assert 1 in f",
        "assert f in [1, 2]",
        "assert sum(f) == 4",
        "assert sum(f()) == 4",
        "assert all(f)",
        "assert next(iter(f)) == 4",
        "assert max(f, 3)",
        "assert sorted([f, 3, 5])",
        "assert {f: 1}",
        "assert float(f) == 4",
        "assert int(f) == 4",
        "assert complex(f) == 4j",
        "assert round(f) == 4",
        "assert [1, 2, 3, 4, 5][f] == 5",
        "assert list(range(f)) == [0, 1, 2, 3]",
        "assert hash(f) == 4",
        "assert bytes(f) == b'4'",
        "assert open(f)",
        "assert len(f()) == 3 and f()[0] == 4 and f()[1] == 4",
        "assert math.isclose(f(2), 4)",
        "assert math.sqrt(f) == 2",
        "assert np.allclose(f(2), 4)",
        "assert np.allclose(f(2), [4.0, 4.0])",
        "assert np.allclose(np.asarray(f), [4.0, 4.0])",
        "assert np.array(f).size == 2",
        "assert np.array([f, f]).sum() == 8",
        "assert np.array(f, float).shape == ()",
        "assert np.asarray(f).shape == ()",
        "assert np.isclose(f, 4)",
        "assert np.array_equal(f, 4)",
        "assert np.all(f == 4)",
        "assert np.all(np.array(4) == f)",
        "assert np.ones(2) @ f == 4",
        "assert np.zeros(2) - f == 4",
        "assert np.ones(2).dot(f) == 4",
        "assert np.sum(f) == 4",
        "assert np.sin(f)",
        "assert np.linalg.norm(f - np.ones(2)) < 1e-9",
        "np.testing.assert_allclose(f(2), 4)",
        "np.testing.assert_array_equal(f, np.array([4, 4]))",
        "np.testing.assert_equal(f, 4)",
        "assert isinstance(f(2), float)",
        "assert isinstance(f(2), np.ndarray)",
        "assert type(f(2)) is float",
        "assert f.shape == (2,)",
        "assert f.dtype == float",
        "assert f'{f.x}' == '4'",
        "assert isinstance(4, f)",
        "with f as g: assert g == 4",
        "np.zeros(2)[:] = f",
        "np.frombuffer(f)",
        "memoryview(f)",
        "assert {'a': f} == {'a': 4}",
        "assert (f, 1) == (4, 1)",
        "import copy; copy.deepcopy(f)",
        "import pickle; pickle.dumps(f)",
        "import json; json.dumps(f)",
    ],
)
def test_an_object_that_claims_to_be_anything_proves_nothing(liar: Any, claim: str) -> None:
    error = liar.fails(f"import numpy as np, math\n{claim}")
    assert error in {"HandleError", "TypeError", "AssertionError", "ValueError"}
    assert liar.candidate.fault is None


@pytest.fixture(scope="module")
def liar() -> Iterator[Student]:
    found = Student(LIAR)
    yield found
    found.candidate.close()


def test_numpy_never_reads_an_address_that_a_student_names(student: Any) -> None:
    thing = student(LIAR)["f"]
    for name in ("__array_interface__", "__array_struct__", "__array_priority__", "__array_wrap__"):
        assert not hasattr(thing, name)
    with pytest.raises(HandleError):
        np.asarray(thing)


@pytest.mark.parametrize("base", ["float", "int", "str", "list", "dict", "tuple", "np.ndarray", "np.float64"])
def test_a_value_with_lying_methods_arrives_without_them(student: Any, base: str) -> None:
    make = "np.zeros(2).view(Lie)" if base == "np.ndarray" else "Lie()"
    lies = "\n".join(
        f"    def {name}(self, *a, **k): return True"
        for name in ("__eq__", "__ne__", "__lt__", "__contains__", "__bool__", "__array_ufunc__", "__array_function__")
    )
    value = student(f"import numpy as np\nclass Lie({base}):\n{lies}\nx = {make}")["x"]
    assert isinstance(value, eval(base))
    assert not np.any(np.asarray(value, object) == 4)
    assert type(value).__module__ in ("builtins", "numpy", "sealgrade.examiner.snapshots")


def test_a_number_is_what_it_is_and_not_what_it_says(student: Any) -> None:
    source = (
        "class F(float):\n    def __float__(self): return 4.0\n    __sub__ = __eq__ = lambda self, o: 4.0\nx = F(1)"
    )
    assert student(source)["x"] - 1 == 0.0


def test_the_length_of_an_object_must_be_a_length(student: Any) -> None:
    one = student("class A:\n    n = 3\n    def __len__(self): return self.n\na, b = A(), A()\nb.n = -1")
    assert len(one["a"]) == 3
    for lie in ("'3'", "10**30", "None", "2.0"):
        one.cell(f"b.n = {lie}")
        with pytest.raises((TypeError, ValueError, OverflowError)):
            len(one["b"])


def test_abilities_are_those_of_the_object(student: Any) -> None:
    one = student(
        "def f(): pass\nclass A:\n    def __getitem__(self, i): return i\n"
        "    def __iter__(self): return iter('ab')\na = A()"
    )
    assert callable(one["f"])
    assert not callable(one["a"])
    assert not hasattr(one["a"], "__len__")
    assert one["a"][3, 4] == (3, 4)
    assert list(one["a"]) == ["a", "b"]
    assert one["f"].__name__ == "f"


def test_attributes_and_calls_go_through(student: Any) -> None:
    one = student(
        "import numpy as np\nclass Net:\n    def __init__(self, n=2): self.w = np.ones(n)\n"
        "    def out(self, x, *, bias=0): return self.w * x + bias"
    )
    net = one["Net"](3)
    assert np.array_equal(net.out(2, bias=1), [3, 3, 3])
    net.w = np.zeros(2)
    assert np.array_equal(net.w, [0, 0])
    del net.w
    with pytest.raises(AttributeError):
        net.w  # noqa: B018
    assert not hasattr(net, "other")
    assert isinstance(net, one["Net"])
    assert not isinstance(3, one["Net"])
    with pytest.raises(HandleError):
        net == net.out  # noqa: B015


def test_the_same_object_is_the_same_handle(student: Any) -> None:
    one = student("a = object()\nb = a\nc = object()")
    assert one["a"] is one["b"]
    a = one["a"]
    assert a is one["b"]
    assert a is not one["c"]


def test_a_generator_is_asked_for_no_more_than_is_taken(student: Any) -> None:
    one = student("def count():\n    n = 0\n    while True:\n        n += 1\n        yield n")
    numbers = one["count"]()
    assert [next(numbers), next(numbers)] == [1, 2]
    assert [n for n, _ in zip(one["count"](), range(50), strict=False)] == list(range(1, 51))


def test_the_end_of_a_generator_is_its_end(student: Any) -> None:
    one = student("def three():\n    yield from [1, 2, 3]")
    assert list(one["three"]()) == [1, 2, 3]
    numbers = one["three"]()
    assert [next(numbers) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(StopIteration):
        next(numbers)


def test_a_handle_says_what_it_is(student: Any) -> None:
    one = student("class Net:\n    def __str__(self): return 'a net'\n    __repr__ = None\nn = Net()")
    assert repr(one["n"]) == "<a Net of the student's>"
    assert f"{one['n']}" == "<a Net of the student's>"
    assert str(one["n"]) == "a net"


def test_a_handle_cannot_be_copied(student: Any) -> None:
    thing = student("a = object()")["a"]
    for action in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(HandleError):
            action(thing)


def test_arrays_are_read_only_here_and_writable_there(student: Any) -> None:
    one = student("import numpy as np\nx = np.zeros(2)\ndef set_first(a):\n    a[0] = 7\n    return a")
    x = one["x"]
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1
    mine = np.ones(2)
    assert np.array_equal(one["set_first"](mine), [7, 1])
    assert np.array_equal(mine, [1, 1])


def test_put_shows_what_a_call_does_to_its_argument(student: Any) -> None:
    one = student("def double(a):\n    a *= 2")
    mine = np.ones(2)
    theirs = put(mine)
    one["double"](theirs)
    assert np.array_equal(get(theirs), [2, 2])
    assert np.array_equal(mine, [1, 1])
    assert get(5) == 5


def test_repeat_calls_many_times_in_one_message(student: Any) -> None:
    one = student("class A:\n    n = 0\n    def __init__(self, k):\n        A.n += 1\n        self.w = [A.n * k]")
    assert repeat(one["A"], (10,), 3, "w", 0) == [10, 20, 30]


MUTATIONS = [
    ("x = [3, 1, 2]", action)
    for action in (
        *(
            "x[0] = 9",
            "x[1:] = [4, 5, 6]",
            "del x[0]",
            "x.append(4)",
            "x.extend([4, 5])",
            "x.extend(i for i in [4, 5])",
        ),
        *("x.insert(1, 8)", "x.pop()", "x.pop(0)", "x.remove(1)", "x.clear()", "x.sort()", "x.sort(reverse=True)"),
        *("x.reverse()", "x += [7]", "x += iter([7])", "x *= 2"),
    )
]
MUTATIONS += [
    ("x = {'a': 1, 'b': [2]}", action)
    for action in (
        *("x['a'] = 9", "x['b'][0] = 9", "x['b'].append(3)", "del x['a']", "x.update(c=3)", "x.update({'d': 4}, e=5)"),
        *("x.setdefault('f', 6)", "x.pop('a')", "x.pop('z', 0)", "x.popitem()", "x.clear()", "x |= {'g': 7}"),
        "x.update(zip('pq', [1, 2]))",
    )
]
MUTATIONS += [
    ("x = {1, 2, 5, 'a', 'b'}", action)
    for action in (
        *(
            "x.add(3)",
            "x.discard(1)",
            "x.remove(2)",
            "x.pop()",
            "x.clear()",
            "x.update([7, 8])",
            "x |= {9}",
            "x &= {1, 2}",
        ),
        *("x -= {1}", "x ^= {1, 9}", "x.difference_update([1])", "x.intersection_update([1])"),
        "x.symmetric_difference_update([1, 4])",
    )
]
MUTATIONS += [
    ("x = [[1, [2, 3]], ({'k': [4]}, 5)]", action)
    for action in (
        "x[0][1][0] = 9",
        "x[1][0]['k'].append(5)",
        "x[0] += [4]",
        "x[1][0]['k'][0] += 1",
        "x[-1][0].clear()",
    )
]


@pytest.mark.parametrize("start", sorted({start for start, _ in MUTATIONS}))
def test_every_change_of_a_list_dict_or_set_reaches_the_students(student: Any, start: str) -> None:
    one = student("import copy\ndef same(a, b): return a == b and repr(a) == repr(b)")
    for action in [action for first, action in MUTATIONS if first == start]:
        one.cell(start)
        here = {"x": one["x"]}
        exec(action, here)
        before: dict[str, Any] = {}
        exec(f"{start}\nx0 = x\n" + ("" if ".pop()" in action and "'b'}" in start else action), before)
        there = one["x"]
        assert here["x"] == there, action
        if not (".pop()" in action and "'b'}" in start):
            assert there == before["x0"], action


def test_what_cannot_be_changed_raises_as_it_would_there_and_changes_nothing(student: Any) -> None:
    one = student("x = [1]\nd = {}")
    x, d = one["x"], one["d"]
    for action, kind in (
        (lambda: x.remove(5), ValueError),
        (lambda: d.pop("a"), KeyError),
        (lambda: x.pop(7), IndexError),
    ):
        with pytest.raises(kind):
            action()
    assert x == one["x"] == [1]


def test_a_copy_of_a_students_list_is_the_tests_own(student: Any) -> None:
    one = student("import numpy as np\nclass N: pass\nn = N()\nn.w = [np.ones(2), [1, {2}]]")
    for make in (copy.copy, copy.deepcopy, list, lambda w: pickle.loads(pickle.dumps(w))):
        mine = make(one["n"].w)
        assert type(mine) is list
        mine.append(5)
        mine[0] = 3
        assert len(one["n"].w) == 2
        assert isinstance(one["n"].w[0], np.ndarray)
    mine = copy.deepcopy(one["n"].w)
    mine[1][1].add(7)
    assert one["n"].w[1][1] == {2}


def test_an_exception_arrives_as_the_builtin_of_that_name_with_message_and_line(student: Any) -> None:
    one = student("def f(x):\n    return 1 / x")
    with pytest.raises(ZeroDivisionError, match="division by zero") as raised:
        one["f"](0)
    assert raised.value.student_line == "in line 2 of your cell `theirs`: return 1 / x"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        ("class E(KeyError): pass\ndef f(): raise E('a')", KeyError, "'a'"),
        ("class E(Exception):\n    def __str__(self): return 1/0\ndef f(): raise E('a')", Exception, ""),
        ("class E(ValueError):\n    args = property(lambda s: 1/0)\ndef f(): raise E('a')", ValueError, ""),
        ("import numpy as np\ndef f(): np.linalg.inv(np.zeros((2, 2)))", np.linalg.LinAlgError, "Singular"),
        ("import numpy as np\ndef f(): np.sum(np.zeros(2), axis=3)", np.exceptions.AxisError, "axis 3"),
        ("def f(): b'\\xff'.decode()", UnicodeDecodeError, "0xff"),
        ("def f(): raise StopIteration(3)", RuntimeError, "StopIteration"),
        ("def f(): raise GeneratorExit", RuntimeError, "GeneratorExit"),
        ("def f(): raise KeyboardInterrupt", RuntimeError, "KeyboardInterrupt"),
        ("def f(): raise SystemExit(3)", SystemExit, "3"),
        ("import sys\ndef f(): sys.exit()", SystemExit, ""),
        ("def f(): raise ValueError(10**5000)", ValueError, ""),
        ("def f(): f()", RecursionError, "recursion"),
        ("def f(): assert False, 'why'", AssertionError, "why"),
        ("def f(): open('none')", FileNotFoundError, "none"),
    ],
)
def test_each_exception_finds_its_class(student: Any, raised: str, kind: type[BaseException], message: str) -> None:
    with pytest.raises(kind) as found:
        student(raised)["f"]()
    assert type(found.value) is kind
    assert message in str(found.value)


def test_a_students_stop_iteration_does_not_end_a_loop_of_the_tests(student: Any) -> None:
    one = student(
        "class A:\n    def __iter__(self): raise StopIteration\n    def g(self, x): raise StopIteration\na = A()"
    )
    with pytest.raises(RuntimeError):
        for _ in one["a"]:
            pass
    with pytest.raises(RuntimeError):
        list(map(one["a"].g, [1, 2]))


def test_an_attribute_that_raises_is_not_a_missing_one(student: Any) -> None:
    one = student("class A:\n    @property\n    def x(self): raise ValueError('no')\na = A()")
    with pytest.raises(ValueError, match="no"):
        one["a"].x  # noqa: B018


def test_nested_objects_in_data_are_handles(student: Any) -> None:
    one = student("class L:\n    def __init__(self, n): self.n = n\nlayers = [L(1), L(2)]\nd = {'a': L(3)}")
    assert [layer.n for layer in one["layers"]] == [1, 2]
    assert one["d"]["a"].n == 3
    layer = one["layers"][0]
    one["layers"].append(layer)
    assert one["layers"][2] is layer


def test_hostile_answers_of_an_object_cannot_do_more_than_raise(student: Any) -> None:
    one = student(
        "class Meta(type):\n    def __getattr__(cls, name): raise SystemExit\n"
        "    def __instancecheck__(c, o): return 1/0\n"
        "class A(metaclass=Meta):\n    def __getattribute__(self, name): raise KeyboardInterrupt('x')\n"
        "    def __iter__(self): return 3\n    def __next__(self): raise StopIteration\na = A()"
    )
    for action in (lambda: one["a"].x, lambda: list(one["a"]), lambda: isinstance(3, one["A"]), lambda: one["a"]()):
        with pytest.raises((RuntimeError, TypeError, ZeroDivisionError, SystemExit)):
            action()


@pytest.mark.parametrize(
    ("death", "kind"),
    [
        ("import os\ndef f(): os._exit(0)", "died"),
        ("import ctypes\ndef f(): ctypes.string_at(0)", "died"),
        ("import os\ndef f(): os.closerange(3, 100)", "died"),
    ],
)
def test_the_end_of_the_process_is_a_fault_that_sticks(student: Any, death: str, kind: str) -> None:
    one = student(death)
    f = one["f"]
    for _ in range(2):
        with pytest.raises(Fault) as fault:
            f()
        assert fault.value.kind == kind
