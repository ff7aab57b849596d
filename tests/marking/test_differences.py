"""What a message says of how a wrong result differs, from its values alone."""

from collections.abc import Callable

import numpy as np
import pytest

from sealgrade.testing import compare
from sealgrade.testing.comparing import Array

RIGHT = np.array([[0.7, -1.3, 2.9], [0.2, 5.1, -0.4], [1.7, 0.6, 0.9]])

SAID: dict[str, tuple[Callable[[Array], Array], str]] = {
    "twice": (lambda right: 2 * right, "All entries are 2 times what they should be."),
    "half": (lambda right: right / 2, "All entries are 1/2 of what they should be."),
    "divided by the number of samples": (lambda right: right / 7, "All entries are 1/7 of what they should be."),
    "negative": (lambda right: -right, "All entries are the negative of what they should be."),
    "minus half": (lambda right: -right / 2, "All entries are minus 1/2 of what they should be."),
    "transposed": (lambda right: right.T, "It is the transpose of what it should be."),
    "reversed": (lambda right: right[::-1], "Its entries come in the reverse order."),
    "absolute values": (np.abs, "Only signs are wrong."),
    "shifted": (lambda right: right + 0.5, "All entries are off by the same amount."),
    "zeros": (lambda right: 0 * right, "All entries are 0."),
    "one row": (lambda right: right * [[1], [1.5], [1]], "Only row 1 is wrong."),
    "one column": (lambda right: right * [[1, 1, 1.5]], "Only column 2 is wrong."),
}


@pytest.mark.parametrize("name", SAID)
def test_a_message_says_what_a_wrong_array_is_right_but_for(name: str) -> None:
    spoil, said = SAID[name]
    with pytest.raises(AssertionError, match=said.replace(".", r"\.")):
        compare("A", spoil(RIGHT), RIGHT)


@pytest.mark.parametrize("factor", [1.37, 2.05, 0.4, 1 / 1500])
def test_a_factor_that_means_nothing_is_not_told(factor: float) -> None:
    with pytest.raises(AssertionError) as caught:
        compare("A", factor * RIGHT, RIGHT)
    assert "what" not in str(caught.value)


def test_nothing_is_said_of_a_single_number() -> None:
    with pytest.raises(AssertionError, match=r"^a is not right: got 4\.$"):
        compare("a", np.array(4.0), np.array(2.0))


def test_no_message_holds_an_expected_value() -> None:
    digits = {f"{value:.4g}" for value in np.abs(RIGHT).ravel()}
    for spoil, _ in SAID.values():
        with pytest.raises(AssertionError) as caught:
            compare("A", spoil(RIGHT) + 0.0, RIGHT)
        got = {f"{value:.4g}" for value in np.abs(spoil(RIGHT)).ravel()}
        assert not {word.strip(".,") for word in str(caught.value).split()} & (digits - got)
