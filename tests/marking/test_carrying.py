"""What follows rightly from a student's own earlier, wrong result is accepted, and the verdict says by what."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from sealgrade.examiner.present import carried, failed
from sealgrade.testing import (
    Array,
    any_of,
    check_gradient,
    check_steps,
    compare_all,
    follows,
    gradient_descent,
    lost,
    note_carried,
)


@pytest.fixture
def notes() -> Iterator[list[str]]:
    """What the student reads, in a test cell after one of `task-first` has failed."""
    lines: list[str] = []
    before = carried.set(lines), failed.set(frozenset({"task-first-test-values"}))
    yield lines
    carried.reset(before[0])
    failed.reset(before[1])


def refuses(check: Callable[..., object], *arguments: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as failure:
        check(*arguments, **options)
    return str(failure.value)


def no() -> None:
    raise AssertionError("no")


def yes() -> None:
    pass


# any_of


def test_nothing_is_noted_where_the_right_claim_holds(notes: list[str]) -> None:
    any_of([yes, ("never", yes)])

    assert notes == []


def test_the_reason_of_the_claim_that_holds_is_noted_once(notes: list[str]) -> None:
    any_of([no, ("first reason", no), ("second reason", yes)])
    any_of([no, ("second reason", yes)])

    assert notes == ["second reason"]


def test_a_claim_without_a_reason_takes_the_common_one(notes: list[str]) -> None:
    any_of([no, yes])
    any_of([no, yes], "of all")
    any_of([no, yes], reason="")

    assert notes == ["Accepted as what follows from your own earlier results.", "of all"]


def test_what_is_noted_on_the_way_to_a_claim_that_does_not_hold_is_forgotten(notes: list[str]) -> None:
    def misleading() -> None:
        note_carried("misleading")
        no()

    note_carried("before")
    any_of([misleading, ("reason", yes)])

    assert notes == ["before", "reason"]


def test_claims_within_a_claim_are_noted_first(notes: list[str]) -> None:
    any_of([no, ("outer", lambda: any_of([no, ("inner", yes)]))])

    assert notes == ["inner", "outer"]


def test_in_plain_jupyter_nobody_reads_reasons() -> None:
    any_of([no, ("reason", yes)])
    note_carried("reason")


# follows


def test_a_right_result_in_any_shape_follows(notes: list[str]) -> None:
    follows("s", [[1.0], [2.0]], np.array([1.0, 2.0]), no, built_on=("task-first",))

    assert notes == []


def test_a_result_follows_from_own_values_where_their_part_has_lost_points(notes: list[str]) -> None:
    follows("s", [3.0, 4.0], [1.0, 2.0], no, lambda: [3.0, 4.0], built_on=("task-first",), reason="your own")

    assert notes == ["your own"]
    assert "s is not right in 2 of 2 entries" in refuses(
        follows, "s", [3.0, 4.0], [1.0, 2.0], lambda: [3.0, 4.0], built_on=("task-second",)
    )


def test_a_result_that_follows_from_nothing_is_told_as_not_the_right_one(notes: list[str]) -> None:
    assert refuses(follows, "s", [5.0], [1.0], lambda: [3.0]) == "s is not right: got 5."
    assert notes == []


def test_the_shape_counts_where_it_is_asked_for() -> None:
    right = np.ones((2, 1))

    follows("b", right, right, shaped=True)
    assert "should have shape (2, 1)" in refuses(follows, "b", [1.0, 1.0], right, shaped=True)


def test_own_values_may_be_of_another_number(notes: list[str]) -> None:
    follows("s", [1.0, 2.0, 3.0], [1.0, 2.0], lambda: [1.0, 2.0, 3.0])

    assert len(notes) == 1


# check_gradient

AT = [np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([2.0])]
NAMES = ["dA", "db"]


def right_loss(at: Sequence[Array]) -> float:
    return float(np.sum(at[0] ** 2) + at[1][0])


RIGHT = [2 * AT[0], np.ones(1)]


def own_loss(at: Sequence[Array]) -> float:
    return float(np.float32(np.sum(at[0] ** 3) - 5 * at[1][0]))


OWN = [3 * AT[0] ** 2, np.array([-5.0])]


def test_the_right_gradient_is_accepted_without_asking_the_student_s_function(notes: list[str]) -> None:
    check_gradient(NAMES, RIGHT, RIGHT, lambda at: 1 / 0, AT, built_on=("task-first",))

    assert notes == []


def test_the_gradient_of_the_student_s_own_float32_function_is_accepted(notes: list[str]) -> None:
    check_gradient(NAMES, OWN, RIGHT, own_loss, AT, built_on=("task-first",))

    assert notes == ["Accepted as what follows from your own forward and loss."]
    assert "dA is not right" in refuses(check_gradient, NAMES, OWN, RIGHT, own_loss, AT, built_on=("task-second",))


def test_a_gradient_that_is_nearly_that_of_the_own_function_is_not_accepted() -> None:
    off = [OWN[0] * 1.01, OWN[1]]

    assert "dA is not right" in refuses(check_gradient, NAMES, off, RIGHT, own_loss, AT)


def test_another_rule_may_give_the_gradient_too(notes: list[str]) -> None:
    check_gradient(NAMES, OWN, RIGHT, lambda at: 1 / 0, AT, also=[lambda: OWN], reason="by the rule")

    assert notes == ["by the rule"]


def test_zeros_are_no_gradient_to_show_for_a_function_that_depends_on_nothing() -> None:
    zeros = [np.zeros_like(a) for a in AT]

    assert "dA is not right" in refuses(check_gradient, NAMES, zeros, RIGHT, lambda at: 4.0, AT)
    check_gradient(NAMES, zeros, RIGHT, lambda at: 4.0, AT, zeros=True)


def test_each_array_of_a_gradient_has_its_shape() -> None:
    assert "db should have shape (1,)" in refuses(check_gradient, NAMES, [RIGHT[0], 1.0], RIGHT, right_loss, AT)


# gradient_descent and check_steps


def test_gradient_descent_steps_against_the_gradient_and_leaves_its_start() -> None:
    start = [np.array([1.0, 2.0])]

    (end,) = gradient_descent(lambda at: [2 * at[0]], start, 0.25, 3)

    assert end.tolist() == [0.125, 0.25]
    assert start[0].tolist() == [1.0, 2.0]


def half(at: list[Array]) -> list[Array]:
    return [a / 2 for a in at]


START = [np.array([1.0, -4.0]), np.array([[2.0]])]
NAMED = ["weight", "bias"]


def test_right_steps_are_accepted_without_asking_the_student_s_gradient(notes: list[str]) -> None:
    end = gradient_descent(half, START, 0.1, 3)

    check_steps(NAMED, end, end, START, lambda at: [1 / 0], 0.1, 3)
    assert notes == []


def test_right_steps_with_the_student_s_own_gradient_are_accepted(notes: list[str]) -> None:
    right, own = (gradient_descent(gradient, START, 0.1, 3) for gradient in (half, lambda at: [-a for a in at]))

    check_steps(NAMED, own, right, START, lambda at: [-a for a in at], 0.1, 3, built_on=("task-first",))
    assert notes == ["Accepted as right steps with your own gradient."]
    assert "The change of weight is not right" in refuses(
        check_steps, NAMED, own, right, START, lambda at: [-a for a in at], 0.1, 3, built_on=("task-second",)
    )
    assert "The change of weight" in refuses(check_steps, NAMED, own, right, START, lambda at: [-a for a in at], 0.1, 2)


def test_standing_still_shows_nothing_with_a_gradient_of_zeros() -> None:
    right = gradient_descent(half, START, 0.1, 3)

    assert "The change of weight" in refuses(
        check_steps, NAMED, START, right, START, lambda at: [0 * a for a in at], 0.1, 3
    )


def test_the_first_array_that_is_not_right_is_named() -> None:
    assert "second" in refuses(compare_all, ["first", "second"], [np.ones(1), np.ones(1)], [np.ones(1), np.zeros(1)])


@pytest.mark.usefixtures("notes")
def test_a_part_has_lost_points_where_one_of_its_test_cells_failed() -> None:
    assert lost("task-first")
    assert lost("task-first-test-values")
    assert not lost("task", "task-first-test", "task-second")
