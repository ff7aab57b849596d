"""Which known mistake is named, and when none is."""

from sealgrade.diagnosis import KnownMistake, diagnose, explanations, most_specific
from sealgrade.transcripts import Fingerprint, Transcript


def known(name: str, *misconceptions: str, **fails: tuple[float, ...] | None) -> KnownMistake:
    marks = {test.replace("_", "-"): values and Fingerprint(0, values) for test, values in fails.items()}
    return KnownMistake(name, misconceptions or (name,), f"{name} is wrong", "look", marks)  # type: ignore[arg-type]


def work(**values: tuple[float, ...] | None) -> dict[str, Transcript]:
    """A student's test cells: what came, or None where the test was passed."""
    return {
        test.replace("_", "-"): Transcript(sent is None, sent if sent is not None else ())
        for test, sent in values.items()
    }


def names(*mistakes: KnownMistake, **values: tuple[float, ...] | None) -> dict[str, str]:
    return {test: mistake.name for test, mistake in diagnose(work(**values), mistakes).items()}


SIGN = known("sign", a_test_x=(-0.731,), a_test_y=(-2.123,))


def test_a_mistake_is_named_in_each_test_cell_that_it_explains() -> None:
    assert names(SIGN, a_test_x=(-0.731,), a_test_y=(-2.123,)) == {"a-test-x": "sign", "a-test-y": "sign"}


def test_no_mistake_is_named_where_another_test_cell_of_the_part_is_passed() -> None:
    assert names(SIGN, a_test_x=(-0.731,), a_test_y=None) == {}


def test_no_mistake_is_named_where_another_test_cell_says_something_else() -> None:
    assert names(SIGN, a_test_x=(-0.731,), a_test_y=(9.87,)) == {}


def test_another_mistake_in_another_part_does_not_matter() -> None:
    assert names(SIGN, a_test_x=(-0.731,), a_test_y=(-2.123,), b_test_z=(5.55,))["a-test-x"] == "sign"


def test_of_two_mistakes_that_look_alike_none_is_named() -> None:
    other = known("other", a_test_x=(-0.731,), a_test_y=(-2.123,))
    assert names(SIGN, other, a_test_x=(-0.731,), a_test_y=(-2.123,)) == {}


def test_one_mistake_in_two_forms_is_named() -> None:
    one = known("one", "minus", a_test_x=(-0.731,))
    two = known("two", "minus", "and another", a_test_x=(-0.731,))
    assert names(one, two, a_test_x=(-0.731,)) == {"a-test-x": "one"}


def test_the_mistake_that_explains_more_is_the_one_that_is_named() -> None:
    wide = known("wide", a_test_x=(-0.731,), b_test_z=(0.123,))
    narrow = known("narrow", a_test_x=(-0.731,))
    assert names(wide, narrow, a_test_x=(-0.731,), b_test_z=(0.123,))["a-test-x"] == "wide"


def test_a_mistake_that_leaves_no_fingerprint_is_not_named() -> None:
    assert names(known("quiet", a_test_x=None), a_test_x=(0.731,)) == {}


def test_what_is_right_has_no_mistake() -> None:
    assert names(SIGN, a_test_x=None, a_test_y=None) == {}


def test_a_mistake_can_be_left_out_afterwards() -> None:
    both = known("both", "sign", "scale", a_test_x=(-0.731,), b_test_z=(0.377,))
    bank = [SIGN, both, known("scale", b_test_z=(0.377,)), known("other", a_test_x=(-0.731,), a_test_y=(-2.123,))]
    sent = work(a_test_x=(-0.731,), a_test_y=(-2.123,), b_test_z=(0.377,))

    for left_out in bank:
        others = [mistake for mistake in bank if mistake is not left_out]

        assert most_specific(explanations(sent, bank), but=left_out) == diagnose(sent, others)
