"""What crossed the wall, as a row of numbers, and whether it fits what a known mistake sends."""

import math

import numpy as np
import pytest

from sealgrade.transcripts import ANY, Fingerprint, Raised, Transcript, fingerprint, fits, flat, is_telling


def failed(*values: float | str, observed: tuple[float, ...] = ()) -> Transcript:
    return Transcript(False, values, observed)


RIGHT = Transcript(True, (1.0, 0.25, 3.14159265, 2.71828183))
TWICE = failed(1.0, 0.25, 6.2831853)


@pytest.mark.parametrize(
    "answers",
    [
        [[1, 2, 3]],
        [np.array([[1.0], [2.0], [3.0]])],
        [(1, (2.0, [3]))],
        [np.float32(1), 2, np.array(3, dtype=np.int8)],
        [{1: 2, 3: {}}],
    ],
)
def test_the_style_of_an_answer_leaves_no_trace(answers: list[object]) -> None:
    assert flat(answers) == (1.0, 2.0, 3.0)


def test_what_is_no_number_leaves_a_word() -> None:
    assert flat([None, Raised("ValueError"), "text", True]) == ("None", "ValueError", "text", 1.0)


def test_a_fingerprint_begins_where_a_mistake_is_no_longer_like_the_reference() -> None:
    assert fingerprint(TWICE, RIGHT, RIGHT) == Fingerprint(2, (6.28319,), (1.0, 0.25))


def test_numbers_that_are_drawn_at_random_are_left_open() -> None:
    once, again = Transcript(True, (0.5, 3.3, 1.5)), Transcript(True, (0.5, 4.4, 1.5))
    found = fingerprint(failed(0.5, 9.9, 7.25), once, again)
    assert found == Fingerprint(2, (7.25,), (0.5, ANY))
    found = fingerprint(failed(0.75, 9.9, 7.25), once, again)
    assert found == Fingerprint(0, (0.75, ANY, 7.25))
    assert fits(failed(0.75, 1.1, 7.25), found)


def test_nothing_tells_a_mistake_that_sends_what_the_reference_sends() -> None:
    assert fingerprint(failed(1.0, 0.25), RIGHT, RIGHT) is None


def test_what_is_computed_fits_to_what_float32_keeps() -> None:
    mistake = Fingerprint(2, (6.2831853,))
    assert fits(failed(1.0, 0.25, float(np.float32(6.2831853))), mistake)
    assert not fits(failed(1.0, 0.25, 6.2838), mistake)


def test_what_is_typed_fits_within_the_decimals_that_were_given() -> None:
    mistake = Fingerprint(0, (0.40131234, 0.09114321, 0.73105858))
    assert fits(failed(0.4013, 0.0911, 0.7311), mistake)
    assert fits(failed(0.40, 0.09, 0.73), mistake)
    assert not fits(failed(0.4013, 0.0911, 0.7321), mistake)


def test_two_typed_numbers_are_too_few_to_say_anything() -> None:
    assert not fits(failed(0.40, 0.09), Fingerprint(0, (0.40131234, 0.09114321)))


def test_what_a_test_has_observed_of_random_draws_fits_loosely() -> None:
    reference = Transcript(True, (), (1.0, 0.67))
    mistake = fingerprint(failed(1.0, observed=(1.41, 0.95)), reference, reference)
    assert mistake is not None
    assert fits(failed(2.0, observed=(1.42, 0.955)), mistake)
    assert not fits(failed(2.0, observed=(1.3, 0.95)), mistake)


def test_a_mistake_of_which_the_right_law_is_observed_has_no_fingerprint() -> None:
    reference = Transcript(True, (), (1.0, 0.67, 1.01))
    assert fingerprint(failed(observed=(1.005, 0.672)), reference, reference) is None


@pytest.mark.parametrize("values", [(0.0,), (1.0, 0.5), ("ValueError",), (math.nan, 1.0), (0.0, 1.0, 2.0)])
def test_numbers_that_come_about_by_themselves_tell_nothing(values: tuple[float | str, ...]) -> None:
    assert not is_telling(Fingerprint(0, values))


@pytest.mark.parametrize("values", [(0.731,), (1.0, 2.0, 3.0, 4.0)])
def test_one_odd_number_or_many_plain_ones_tell_something(values: tuple[float, ...]) -> None:
    assert is_telling(Fingerprint(0, values))


def test_what_comes_before_a_mistake_has_to_be_right() -> None:
    mistake = fingerprint(TWICE, RIGHT, RIGHT)
    assert mistake is not None
    assert fits(TWICE, mistake)
    assert not fits(failed(1.0, 0.75, 6.2831853), mistake)
