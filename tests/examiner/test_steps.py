"""Several calls of a student's code in one step over the wall."""

from typing import Any

import numpy as np
import pytest

from sealgrade.examiner.handles import Handle
from sealgrade.testing import Result, Steps, call_methods

CODE = """
class Counter:
    def __init__(self, start):
        self.seen = [start]
    def add(self, x):
        self.seen.append(x)
        return self.seen
    def divide(self, x):
        return 1 / x
    def double(self, values):
        values *= 2
    def total(self, others):
        return sum(sum(other.seen) for other in others)
"""


@pytest.fixture(params=["over the wall", "in plain Jupyter"])
def counter(request: Any) -> Any:
    """The student's class."""
    if request.param == "over the wall":
        return request.getfixturevalue("student")(CODE)["Counter"]
    namespace: dict[str, Any] = {}
    exec(CODE, namespace)
    return namespace["Counter"]


def test_steps_take_what_earlier_ones_have_returned(counter: Any) -> None:
    steps = Steps()
    one, two = steps.call("", counter, 1), steps.call("", counter, 2)
    steps.method("", one, "add", 10)
    total = steps.method("", one, "total", [one, two])
    assert steps.run()[total] == 13


def test_a_result_is_as_it_was_then(counter: Any) -> None:
    steps = Steps()
    made = steps.call("", counter, 1)
    first, second = steps.method("", made, "add", 2), steps.method("", made, "add", 3)
    done = steps.run()
    assert (done[first], done[second]) == ([1, 2], [1, 2, 3])


def test_what_is_in_a_result_can_be_changed_there(student: Any) -> None:
    steps = Steps()
    made = steps.call("", student(CODE)["Counter"], 1)
    read = steps.read(made, "seen")
    done = steps.run()
    done[read][0].append(5)
    assert done[made].seen == [1, 5]


def test_arguments_are_kept_as_they_are_afterwards(counter: Any) -> None:
    steps, mine = Steps(), np.ones(2)
    kept = steps.keep("", steps.call("", counter, 0), "double", mine)
    result, (theirs,) = steps.run()[kept]
    assert result is None
    assert (theirs.tolist(), mine.tolist()) == ([2, 2], [1, 1])


def test_what_a_test_hands_over_is_left_as_it_is(counter: Any) -> None:
    steps, mine = Steps(), np.ones(2)
    steps.method("", steps.call("", counter, 0), "double", mine)
    steps.run()
    assert mine.tolist() == [1, 1]


def test_items_are_set_before_later_steps(counter: Any) -> None:
    steps = Steps()
    made = steps.call("", counter, 1)
    steps.assign(made, seen=[7])
    seen = steps.read(made, "seen")
    assert steps.run()[seen] == [[7]]


def test_an_error_names_its_step_and_comes_where_its_result_is_asked_for(counter: Any) -> None:
    steps = Steps()
    made = steps.call("Counter(1)", counter, 1)
    half = steps.method("divide(2)", made, "divide", 2)
    none, later = steps.method("divide(0)", made, "divide", 0), steps.method("divide(1)", made, "divide", 1)
    done = steps.take()
    assert done[half] == 0.5
    for step in (none, later):
        with pytest.raises(AssertionError, match=r"divide\(0\) raised ZeroDivisionError: "):
            done[step]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        steps.run()


def test_methods_are_called_one_after_the_other_on_what_earlier_ones_have_returned(counter: Any) -> None:
    assert call_methods(counter(1), ("add", 2), ("divide", 4), ("add", Result(1)))[1:] == [0.25, [1, 2, 0.25]]


def test_an_error_of_a_step_without_a_name_is_the_students(counter: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        call_methods(counter(1), ("divide", 1), ("divide", 0))


def test_a_pair_that_a_test_hands_over_is_no_result(student: Any) -> None:
    one = student("class A:\n    def f(self, x): return x[1]")["A"]()
    assert call_methods(one, ("f", (np.ones(2), 5)), ("f", ("a", 6))) == [5, 6]


def test_results_that_are_too_large_together_stay_with_the_student(student: Any) -> None:
    make = student("import numpy as np\ndef make(): return np.zeros(3_000_000)")["make"]
    steps = Steps()
    made = [steps.call("", make) for _ in range(3)]
    done = steps.run()
    assert [isinstance(done[one], Handle) for one in made] == [False, False, True]
    assert len(done[made[2]]) == 3_000_000
