"""What a test cell says to the student, and what it lets pass."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from sealgrade.testing import (
    Array,
    any_of,
    call,
    central_differences,
    compare,
    is_close,
    numbers,
    show,
    unchanged,
)


def message(check: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """Return what the student reads when the check fails."""
    with pytest.raises(AssertionError) as failure:
        check(*arguments, **options)
    return str(failure.value)


# numbers


@pytest.mark.parametrize("value", [1, 2.5, True, np.float32(3), [1, 2], ((1, 2), (3, 4)), np.arange(6).reshape(2, 3)])
def test_numbers_takes_numbers_in_any_container_and_returns_floats(value: Any) -> None:
    array = numbers("s1", value)

    assert array.dtype == np.float64
    assert np.array_equal(array, np.asarray(value))


def test_numbers_says_that_nothing_was_returned() -> None:
    assert message(numbers, "fit(f)", None) == "fit(f) is None: nothing has been computed or returned."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.45", "str '0.45'"),
        (1 + 2j, "complex (1+2j)"),
        ({"a": 1}, "dict {'a': 1}"),
        ([1, None], "list [1, None]"),
        ([[1, 2], [3]], "list [[1, 2], [3]]"),
        (math.sin, "builtin_function_or_method <built-in function sin>"),
        (..., "ellipsis Ellipsis"),
    ],
)
def test_numbers_names_and_shows_what_is_not_numbers(value: Any, shown: str) -> None:
    assert message(numbers, "s1", value) == f"s1 should be numbers, but is {shown}."


def test_numbers_cuts_a_long_value_short() -> None:
    assert len(message(numbers, "s1", "word " * 1000)) < 120


def test_numbers_tells_both_shapes_when_one_is_asked_for() -> None:
    assert message(numbers, "W", np.zeros((2, 3)), shape=(3, 2)) == "W should have shape (3, 2), but has shape (2, 3)."
    assert numbers("W", [[1], [2]], shape=(2, 1)).shape == (2, 1)


@pytest.mark.parametrize("value", [[1, 2, 3], [[1, 2, 3]], [[1], [2], [3]]])
def test_numbers_takes_a_count_of_values_in_any_shape(value: Any) -> None:
    assert numbers("x1", value, count=3).tolist() == [1, 2, 3]
    assert message(numbers, "x1", value, count=2) == (
        f"x1 should be 2 value(s), but is 3 (shape {np.asarray(value).shape})."
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_lets_nothing_pass_that_is_not_finite(bad: float) -> None:
    text = message(numbers, "s1", [1.5, bad])

    assert text == f"s1 is not finite: {show(np.array([1.5, bad]))}."
    assert str(bad) in text


def test_numbers_complains_in_the_order_in_which_a_student_can_use_it() -> None:
    assert "shape" in message(numbers, "s1", [math.nan], shape=(2,))
    assert "value(s)" in message(numbers, "s1", [math.nan], count=2)
    assert "should be numbers" in message(numbers, "s1", ["a"], shape=(2,))


def test_a_message_shows_a_large_array_in_one_short_line() -> None:
    text = show(np.random.default_rng(0).normal(size=(50, 50)))

    assert "\n" not in text
    assert len(text) < 800


# call


def test_call_returns_the_result() -> None:
    assert call("add", lambda a, b: a + b, 1, 2) == 3


@pytest.mark.parametrize("error", [ValueError("wrong"), ZeroDivisionError("wrong"), SystemExit("wrong")])
def test_call_tells_what_the_student_s_code_raised(error: BaseException) -> None:
    def student() -> None:
        raise error

    assert message(call, "fit(f, 0, 1, 4)", student) == f"fit(f, 0, 1, 4) raised {type(error).__name__}: wrong"


def test_call_names_the_line_of_the_notebook() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def student():\n    return 1 / 0\n", "/tmp/ipykernel_1/2.py", "exec"), namespace)

    assert "(in line 2 of your cell" in message(call, "student()", namespace["student"])


def test_call_does_not_swallow_an_interruption() -> None:
    def student() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call("student()", student)


# compare, is_close, unchanged


def test_compare_says_where_the_first_wrong_entry_is_and_what_came() -> None:
    got, expected = np.array([[1.0, 2.0], [7.5, 8.5]]), np.array([[1.0, 2.0], [3.0, 4.0]])

    assert message(compare, "W", got, expected) == (
        "W is not right in 2 of 4 entries; the first is [1, 0]: got 7.5. Only row 1 is wrong."
    )
    assert message(compare, "E", np.array(7.5), np.array(3.0)) == "E is not right: got 7.5."
    assert message(compare, "E", np.array([7.5]), np.array([3.0])) == "E is not right: got 7.5."


def test_compare_tells_both_shapes_and_does_not_broadcast() -> None:
    assert message(compare, "x", np.zeros((2, 1)), np.zeros(2)) == "x should have shape (2,), but has shape (2, 1)."


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2), (40, 40)])
def test_the_expected_value_never_stands_in_a_message(shape: tuple[int, ...]) -> None:
    expected = np.full(shape, 0.73547458)
    checks: list[tuple[Any, ...]] = [
        (compare, "x2", np.full(shape, 0.25), expected),
        (compare, "x2", np.zeros((7, 7)), expected),
        (unchanged, "x", np.full(shape, 0.25), expected),
    ]

    for check, *arguments in checks:
        assert "0.73" not in message(check, *arguments)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_close_to_nothing(bad: float) -> None:
    assert is_close(np.array([bad, 1.0]), np.array([1.0, 1.0])).tolist() == [False, True]
    assert "got nan" in message(compare, "x", np.array([1.0, math.nan]), np.array([1.0, 2.0]))


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_closeness_is_relative_with_a_floor_for_entries_near_zero(scale: float) -> None:
    expected = scale * np.array([1.0, 0.5, 1e-6, 0.0])

    assert np.all(is_close(expected + scale * np.array([9e-5, 4e-5, 9e-6, -9e-6]), expected))
    assert not np.any(is_close(expected + scale * np.array([1.1e-4, 6e-5, 1.1e-5, -1.1e-5]), expected))


def test_an_absolute_tolerance_widens_the_floor() -> None:
    expected = np.zeros(2)

    assert not np.any(is_close(np.full(2, 1e-9), expected))
    assert np.all(is_close(np.full(2, 1e-9), expected, atol=1e-8))


@pytest.mark.parametrize("seed", range(10))
def test_work_in_float32_passes_and_one_part_in_a_thousand_does_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    A, B, C = (random.normal(size=(30, 30)) for _ in range(3))
    expected = A @ np.tanh(B @ C)
    short = A.astype(np.float32) @ np.tanh(B.astype(np.float32) @ C.astype(np.float32))

    compare("product", numbers("product", short), expected)
    assert "is not right" in message(compare, "product", 1.001 * expected, expected)


def test_unchanged_notices_a_value_and_a_shape_that_changed() -> None:
    before = np.array([1.0, 2.0])

    unchanged("x", [1.0, 2.0], before)
    assert message(unchanged, "x", [1.0, 2.5], before) == "x was changed by the call; it must come back as it was."
    assert "was changed" in message(unchanged, "x", [[1.0, 2.0]], before)


# any_of


def fails(error: Exception) -> Callable[[], None]:
    def claim() -> None:
        raise error

    return claim


def passes() -> None:
    pass


@pytest.mark.parametrize(
    "claims", [[passes], [fails(AssertionError("a")), passes], [fails(KeyError("a")), fails(AssertionError()), passes]]
)
def test_any_of_passes_where_one_claim_holds(claims: list[Callable[[], None]]) -> None:
    any_of(claims)


def test_any_of_makes_no_claim_beyond_the_one_that_holds() -> None:
    def claims() -> Iterator[Callable[[], None]]:
        yield passes
        raise RuntimeError("one claim too many")

    any_of(claims())


def test_any_of_raises_what_the_first_claim_said() -> None:
    assert message(any_of, [fails(AssertionError("first")), fails(AssertionError("second")), fails(KeyError())]) == (
        "first"
    )


def test_any_of_asks_for_a_claim() -> None:
    assert message(any_of, []) == "any_of needs a claim"


def test_any_of_does_not_swallow_an_interruption() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        any_of([interrupted, passes])


# central_differences


def test_central_differences_are_right_to_ten_digits_for_arrays_of_any_shape() -> None:
    def function(at: Sequence[Array]) -> float:
        A, b, c = at
        return float(np.sum(np.sin(A) * np.exp(b)) + c**3)

    A, b, c = np.array([[0.3, -1.2, 2.0], [1.0, 0.1, -0.4]]), np.array([[0.5], [-1.0]]), np.array(1.7)

    got = central_differences(function, [A, b, c])

    exact = [np.cos(A) * np.exp(b), np.sum(np.sin(A), axis=1, keepdims=True) * np.exp(b), 3 * c**2]
    for gradient, expected in zip(got, exact, strict=True):
        assert gradient.shape == np.shape(expected)
        np.testing.assert_allclose(gradient, expected, rtol=1e-10)


def test_central_differences_are_exact_for_polynomials_of_degree_four() -> None:
    (gradient,) = central_differences(lambda at: float(np.sum(at[0] ** 4)), [np.array([0.5, 1.0, 2.0])])

    np.testing.assert_allclose(gradient, [0.5, 4.0, 32.0], rtol=1e-11)


def test_central_differences_take_integers_and_leave_their_arguments_alone() -> None:
    at = np.array([1, 2])

    def function(at: Sequence[Array]) -> float:
        value = float(at[0] @ at[0])
        at[0][:] = 0  # what a student's function may do
        return value

    np.testing.assert_allclose(central_differences(function, [at])[0], [2, 4], rtol=1e-11)
    assert at.tolist() == [1, 2]
