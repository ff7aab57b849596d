"""Right functions in the place of a student's, as values that cross the wall, for as long as a test wants them."""

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import NotebookRun
from sealgrade.examiner.present import present
from sealgrade.testing import ValueMethod, has_run, look_up, run_again, stand_in, until_cell_ends, update

NET = """
class Net:
    def __init__(self, width):
        self.width, self.seen = width, None
        self.weight = undefined * width

    def forward(self, x):
        raise NotImplementedError

    def loss(self, x):
        return self.forward(x) + 1

def make(*args): return Net(*args)
def empty(): return Net.__new__(Net)
def half(x): raise NotImplementedError
def quarter(x): return half(half(x))
"""
STOOD_IN = "raised by a right version of this, which stood in for yours"
HELPERS = (
    "from sealgrade.testing import ValueMethod, stand_in, update, read, look_up, run_again, until_cell_ends\n"
    "def right(net, x):\n    update(net, seen=x)\n    return 10 * x\n"
)


def test_a_right_method_answers_for_all_objects_of_the_class_and_sets_their_attributes(student: Any) -> None:
    student(NET).passes(
        HELPERS + "net = empty()\nwith stand_in(Net, {'forward': right}):\n    assert net.loss(4) == 41\n"
        "assert net.seen == 4"
    )


VALUES = "right = ValueMethod(lambda width, x, by=10: (by * width * x, {'seen': x}), ('width',))\n"


def test_a_right_method_that_works_on_values_gets_attributes_and_leaves_some(student: Any) -> None:
    one = student(NET + "net = empty()\nnet.width = 2\ndef half_loss(): return net.forward(4, by=5) + 1")
    one.passes(
        HELPERS + VALUES + "with stand_in(Net, {'forward': right}):\n"
        "    assert (net.loss(4), half_loss(), net.seen) == (81, 41, 4)"
    )


def test_a_value_method_can_be_given_what_is_no_plain_data(student: Any) -> None:
    one = student(NET + "net = empty()\nnet.width = lambda x: 3 * x\n")
    one.passes(
        HELPERS + "right = ValueMethod(lambda width, x: (width(x), {}), ('width',))\n"
        "with stand_in(Net, {'forward': right}):\n    assert net.loss(4) == 13"
    )


def test_a_value_method_fails_as_the_student_s_code_would_where_an_attribute_is_missing(student: Any) -> None:
    one = student(NET)
    assert one.fails(HELPERS + VALUES + "with stand_in(Net, {'forward': right}):\n    empty().loss(4)") == (
        "AttributeError"
    )


def test_it_is_taken_back_after_the_block(student: Any) -> None:
    one = student(NET)
    one.passes(HELPERS + "with stand_in(Net, {'forward': right}): pass")

    assert one.fails("empty().loss(4)") == "NotImplementedError"


def test_it_is_taken_back_when_the_test_fails_or_the_cell_ends(student: Any) -> None:
    one = student(NET)

    assert one.fails(HELPERS + "with stand_in(Net, {'forward': right}):\n    assert False") == "AssertionError"
    assert one.fails("empty().loss(4)") == "NotImplementedError"
    one.passes(HELPERS + "until_cell_ends(stand_in(Net, {'forward': right}))\nassert empty().loss(4) == 41")
    assert one.fails("empty().loss(4)") == "NotImplementedError"


def test_it_can_stand_for_the_method_of_one_object_only(student: Any) -> None:
    student(NET + "a, b = empty(), empty()").passes(
        HELPERS + "with stand_in(a, {'forward': right}):\n    assert a.loss(4) == 41\n"
        "    try:\n        b.loss(4)\n        raise AssertionError('b was changed too')\n"
        "    except NotImplementedError:\n        pass"
    )


def test_a_right_constructor_comes_after_what_the_student_s_own_has_set(student: Any) -> None:
    student(NET).passes(
        HELPERS + "def init(net, width):\n    net.weight = 2 * width\n"
        "with stand_in(Net, {'__init__': init}):\n    net = make(3)\n    assert (net.width, net.weight) == (3, 6)"
    )


def test_it_can_stand_for_a_function_and_for_a_class_that_was_never_defined(student: Any) -> None:
    student(NET + "def slope(): return Line(3).at(2)").passes(
        HELPERS + "with stand_in(None, {'half': lambda x: x / 2}):\n    assert quarter(8) == 2\n"
        "def init(line, a): line.a = a\n"
        "with stand_in(None, {'Line': {'__init__': init, 'at': lambda line, x: line.a * x}}):\n"
        "    assert slope() == 6\n"
        "try:\n    slope()\n    raise AssertionError\nexcept NameError:\n    pass"
    )


def test_it_can_stand_for_a_value(student: Any) -> None:
    one = student("x1 = None\ndef double(): return 2 * x1")

    one.passes(HELPERS + "with stand_in(None, {'x1': np.ones(2)}):\n    assert double().tolist() == [2, 2]")
    one.passes("assert x1 is None")


def test_a_function_of_the_student_s_that_is_handed_in_is_called_through_the_wall(student: Any) -> None:
    one = student("def total(f): raise NotImplementedError\ndef use(): return total(lambda x: x ** 2)")

    one.passes(HELPERS + "with stand_in(None, {'total': lambda f: f(2) + f(3)}):\n    assert use() == 13")


def test_what_it_changes_of_its_arguments_is_changed_on_the_student_s_side(student: Any) -> None:
    one = student(
        "def order(values): raise NotImplementedError\ndef use():\n    a = [3, 1]\n    order(a)\n    return a"
    )

    one.passes(HELPERS + "with stand_in(None, {'order': lambda values: values.sort()}):\n    assert use() == [1, 3]")


@pytest.mark.parametrize("argument", ["text", "[text]"])
def test_what_the_student_s_code_calls_it_with_is_cut_out_of_messages(student: Any, argument: str) -> None:
    one = student(f"def f(x): pass\ndef use(h):\n    text = f'hidden {{h}}'\n    f({argument})")
    verdict = one.test(
        HELPERS
        + "got = []\nwith stand_in(None, {'f': got.append}):\n    use(12345678)\nassert not got, f'got {got[0]}'"
    )

    assert "12345678" in verdict.error[1]
    assert "12345678" not in verdict.for_student


def test_what_is_kept_of_it_answers_no_more(student: Any) -> None:
    one = student(NET + "kept = []\ndef keep(): kept.append(Net.forward)\ndef ask(): return kept[0](empty(), 3)")
    one.passes(HELPERS + "with stand_in(Net, {'forward': right}):\n    keep()\n    assert ask() == 30")

    assert one.fails("ask()") == "RuntimeError"


def test_the_right_code_is_not_in_the_student_s_process(student: Any) -> None:
    one = student(
        NET + "import gc\ndef look():\n    net = empty()\n    before = str(vars(Net)) + str(Net.forward.__closure__)\n"
        "    return net.forward(1), before + str([o for o in gc.get_objects() if type(o) is dict and 'secret' in o])"
    )
    one.passes(
        HELPERS + "def right(net, x, secret='the solution'):\n    return x\n"
        "with stand_in(Net, {'forward': right}):\n    assert 'solution' not in look()[1]"
    )


def test_an_error_of_the_right_function_says_nothing_of_it(student: Any) -> None:
    one = student(NET + "def tell():\n    try: empty().forward(1)\n    except Exception as e: return str(e)")

    one.passes(
        HELPERS + "def right(net, x): raise ValueError('expected 4711')\n"
        f"with stand_in(Net, {{'forward': right}}):\n    assert tell() == {STOOD_IN!r}"
    )


def test_an_error_that_is_raised_twice_says_each_time_by_what(student: Any) -> None:
    one = student(NET + "def tell(f, *a):\n    try: f(*a)\n    except Exception as e: return str(e)\n"
                  "def tell_net(): return tell(Net.forward, empty(), 1)")  # fmt: skip

    one.passes(
        HELPERS + "error = ValueError('expected 4711')\ndef right(net, x): raise error\ndef own(x): raise error\n"
        f"with stand_in(Net, {{'forward': right}}):\n    assert tell_net() == {STOOD_IN!r}\n"
        "    assert tell(own, 1) == 'raised by a function of the test'\n"
        f"    assert tell_net() == {STOOD_IN!r}"
    )


def test_the_student_reads_that_it_was_used_only_where_it_was(student: Any) -> None:
    one = student(NET)
    used = HELPERS + "with stand_in(Net, {'forward': right}):\n    empty().forward(1)"

    assert one.test(used).carried == ["Marked with a right `forward` in place of yours."]
    assert one.test(used + "\n    assert False").carried == []
    assert one.test(HELPERS + "with stand_in(Net, {'forward': right}): pass").carried == []


def test_a_cell_that_is_run_again_leaves_its_names_only_as_long_as_wanted(student: Any) -> None:
    one = student(NET + "result = None")
    one.candidate.run("result = quarter(8)", " `use`")

    one.passes(
        HELPERS + "assert result is None\nwith stand_in(None, {'half': lambda x: x / 2}), run_again('use') as done:\n"
        "    assert done and result == 2\nassert result is None"
    )


def test_whether_a_cell_ran_to_its_end_is_known(student: Any) -> None:
    one = student(NET)
    one.candidate.run("1 / 0", " `bad`")

    assert (has_run("theirs"), has_run("bad"), has_run("another")) == (True, False, False)


def test_a_cell_that_is_run_again_has_a_cell_s_time_and_no_more(student: Any) -> None:
    one = student("def f(): raise NotImplementedError")
    one.candidate.run("f()\nwhile True: pass", " `endless`")

    verdict = one.test(HELPERS + "with stand_in(None, {'f': lambda: None}), run_again('endless'): pass", seconds=0.5)
    assert verdict.error is not None and verdict.error[0] == "CellTimeoutError"


def test_an_object_of_the_test_s_is_not_taken_for_the_student_s(student: Any) -> None:
    one = student(NET + "def misuse(thing):\n    try: Net.forward(thing, 4)\n    except Exception as e: return str(e)")

    one.passes(
        HELPERS + "class Own:\n    def __init__(self): self.seen = 1\n    def method(self): pass\nown = Own()\n"
        f"with stand_in(Net, {{'forward': right}}):\n    assert misuse(own) == {STOOD_IN!r}\n"
        "assert own.seen == 1"
    )


def test_a_student_who_forbids_changes_of_the_class_gets_no_stand_in(student: Any) -> None:
    one = student(
        "class Meta(type):\n    def __setattr__(cls, n, v): raise TypeError('no')\n"
        "class Net(metaclass=Meta):\n    def forward(self, x): return 1 / 0"
    )

    assert one.fails(HELPERS + "with stand_in(Net, {'forward': right}): pass") == "TypeError"


# In a notebook


def graded(*cells: tuple[str, str, bool]) -> list[Any]:
    """Return the cells of a notebook as graded; each is given by its id, its source, and whether it is a test."""
    made = [
        new_code_cell(
            source, metadata={"nbgrader": {"grade_id": name, "grade": test, "solution": not test, "points": 1}}
        )
        for name, source, test in cells
    ]
    notebook = new_notebook(cells=made)
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote_for(default_plan(), ()), hear, 2)).run()
    return list(notebook.cells)


def test_the_notebook_tells_of_each_test_cell_that_passed_what_it_was_accepted_by() -> None:
    any_of = "from sealgrade.testing import any_of\ndef no(): assert False, say()\n"
    answer, right, own, wrong = graded(
        ("answer", "def say(): return 'told ' + 'by the student'", False),
        ("a-test-right", any_of + "any_of([lambda: None, no])", True),
        ("a-test-own", any_of + "any_of([no, ('Your own.', lambda: None)])", True),
        ("a-test-wrong", any_of + "any_of([no, ('Your own.', lambda: None)])\nno()", True),
    )

    assert "sealgrade" not in answer.metadata
    assert "sealgrade" not in right.metadata
    assert own.metadata["sealgrade"] == {"carried": ["Your own."]}
    assert set(wrong.metadata["sealgrade"]) == {"for_student"}


def test_what_a_cell_puts_out_when_it_is_run_again_is_shown_nowhere() -> None:
    again = "until_cell_ends(stand_in(None, {'half': lambda x: x / 2}))\nuntil_cell_ends(run_again('use'))\n"
    cells = graded(
        ("half", "def half(x): raise NotImplementedError", False),
        ("use", "result = half(3)\nprint('sh' + 'own', result)", False),
        ("use-test-result", HELPERS + again + "assert result == 1.5", True),
        ("after", "print(dir().count('result'))", False),
    )

    assert "shown" not in str([cell.outputs for cell in cells])
    assert [cell.outputs[0].get("ename") for cell in cells[1:2]] == ["NotImplementedError"]
    assert cells[2].outputs == []
    assert cells[3].outputs[0].text == "0\n"


# Without the wall, in plain Jupyter


class Plain:
    def forward(self, x: int) -> int:
        raise NotImplementedError


@pytest.fixture
def no_wall() -> None:
    present.set(None)


@pytest.mark.usefixtures("no_wall")
def test_without_the_wall_the_right_function_itself_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    monkeypatch.setattr(__main__, "half", None, raising=False)

    def right(net: Any, x: int) -> int:
        update(net, seen=x)
        return 2 * x

    net = Plain()
    with stand_in(Plain, {"forward": right}), stand_in(None, {"half": lambda x: x / 2}):
        assert (net.forward(3), look_up("half")(3)) == (6, 1.5)
    assert net.seen == 3  # type: ignore[attr-defined]
    assert look_up("half") is None
    with stand_in(net, {"forward": ValueMethod(lambda seen, x: (seen + x, {"seen": x}), ("seen",))}):
        assert (net.forward(4), net.seen) == (7, 4)  # type: ignore[attr-defined]
    with pytest.raises(NotImplementedError):
        net.forward(3)


@pytest.mark.usefixtures("no_wall")
def test_without_the_wall_nobody_knows_which_cell_to_run_again() -> None:
    with pytest.raises(AssertionError, match="cannot be run again"), run_again("a-cell"):
        pass


@pytest.mark.usefixtures("no_wall")
def test_without_the_wall_jupyter_says_when_a_cell_has_ended() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        shell.push({"stand_in": stand_in, "until_cell_ends": until_cell_ends, "Plain": Plain})
        shell.run_cell("until_cell_ends(stand_in(Plain, {'forward': lambda net, x: x}))\nfound = Plain().forward(5)")
        assert shell.user_ns["found"] == 5
        with pytest.raises(NotImplementedError):
            Plain().forward(5)
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("asks", "error"),
    [
        ("lost('double')", None),
        ("lost('double-test-right')", None),
        ("lost('dubble')", "LookupError"),
        ("follows('x', 1.0, 1.0, lambda: 1.0, built_on=('dubble',))", "LookupError"),
    ],
)
def test_to_ask_for_a_part_that_the_notebook_does_not_have_is_an_error(asks: str, error: str | None) -> None:
    _, _, last = graded(
        ("double", "def double(x): return 2 * x", False),
        ("double-test-right", "assert double(1) == 2", True),
        ("use-test-right", f"from sealgrade.testing import follows, lost\n{asks}", True),
    )

    assert [output.ename for output in last.outputs if output.output_type == "error"] == ([error] if error else [])
    if error:
        assert last.outputs[0].evalue == (
            "`dubble` is no test cell of this notebook, and no part with test cells. Correct the name."
        )
