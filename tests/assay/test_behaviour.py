from typing import Any

import numpy as np
import pytest

from sealgrade.assay.behaviour import equivalent

NAN = float("nan")


@pytest.mark.parametrize(
    ("reference", "mutant"),
    [
        (1.0, 1.0 + 1e-12),
        (1e200, 1e200 * (1 + 1e-12)),
        (0.0, 1e-15),
        (0.0, -0.0),
        (1, 1.0),
        (True, 1),
        (2, np.float32(2)),
        (NAN, NAN),
        (np.inf, np.inf),
        (1 + 2j, 1 + 2j),
        ("ValueError", "ValueError"),
        (None, None),
        (b"a", b"a"),
        ([1, [2, 3]], [1, [2, 3.0]]),
        ([1, 2], (1, 2)),
        ([1.0, 2.0], np.array([1, 2])),
        (np.array([1.0, NAN, -np.inf]), np.array([1.0, NAN, -np.inf])),
        (np.zeros((2, 3)), np.zeros((2, 3), dtype=int)),
        ([], []),
        ({"a": [np.ones(2), "text"], "b": None}, {"b": None, "a": [np.ones(2), "text"]}),
        ([[1.0], [1.0, 2.0]], [[1.0], [1.0, 2.0]]),
        (10**400, 10**400),
    ],
)
def test_values_that_differ_by_rounding_or_type_alone_are_equivalent(reference: Any, mutant: Any) -> None:
    assert equivalent(reference, mutant)
    assert equivalent(mutant, reference)


@pytest.mark.parametrize(
    ("reference", "mutant"),
    [
        (1.0, 1.0 + 1e-7),
        (0.0, 1e-9),
        (1.0, NAN),
        (np.inf, -np.inf),
        (np.inf, NAN),
        (1.0, 1e308),
        (1, "1"),
        (0, None),
        ("", None),
        ("a", b"a"),
        ("ValueError", "TypeError"),
        ([1, 2], [2, 1]),
        ([1, 2], [1, 2, 2]),
        ([], 0),
        ([], {}),
        (np.zeros((2, 1)), np.zeros((1, 2))),
        (np.zeros(()), np.zeros(1)),
        (np.zeros(3), 0.0),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 1}),
        ({"a": 1}, [1]),
        ([[1.0], [1.0, 2.0]], [[1.0], [1.0, 3.0]]),
        (10**400, 10**400 + 1),
        ([object()], [1]),
        (1, 1j),
    ],
)
def test_other_values_are_not_equivalent(reference: Any, mutant: Any) -> None:
    assert not equivalent(reference, mutant)
    assert not equivalent(mutant, reference)


def test_what_is_not_plain_is_like_nothing_not_even_itself() -> None:
    thing = object()

    assert not equivalent(thing, thing)
    assert not equivalent({"a": [thing]}, {"a": [thing]})
    assert not equivalent({1, 2}, {1, 2})
