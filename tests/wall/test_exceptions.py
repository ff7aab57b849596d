"""An exception is told as data, and told again as the nearest that Python itself has."""

from typing import Any

import numpy as np
import pytest

from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder
from sealgrade.wall.exceptions import KNOWN, describe, rebuild


class _OwnError(ValueError):
    def __str__(self) -> str:
        raise ZeroDivisionError


def again(error: BaseException) -> Any:
    return rebuild(Decoder().decode(Encoder().encode(describe(error, "there"))))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no", 3),
        KeyError("a"),
        OSError(2, "gone"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        np.linalg.LinAlgError("singular"),
        np.exceptions.AxisError(3, 2),
        SystemExit(1),
        ZeroDivisionError(),
        ValueError(10**5000),
    ],
)
def test_an_exception_keeps_its_class_and_its_message(error: BaseException) -> None:
    back = again(error)
    assert type(back) is type(error)
    assert back.student_line == "there"
    assert error.args == (10**5000,) or str(back) == str(error)


def test_a_class_of_ones_own_becomes_the_nearest_that_is_known() -> None:
    assert type(again(_OwnError("x"))) is ValueError
    assert type(again(type("Own", (BaseException,), {})())) is BaseException
    assert type(again(ExceptionGroup("g", [ValueError()]))) is Exception


@pytest.mark.parametrize("kind", [StopIteration, StopAsyncIteration, GeneratorExit, KeyboardInterrupt])
def test_a_signal_to_loops_or_runners_becomes_an_error(kind: type[BaseException]) -> None:
    assert type(again(kind("x"))) is RuntimeError
    assert type(again(type("Own", (kind,), {})("x"))) is RuntimeError


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_whatever_is_told_of_a_known_class_can_be_shown(name: str) -> None:
    for arguments in (None, (), ("x",), (1, 2, 3, 4, 5)):
        assert str(rebuild(((name,), arguments, "a message", ""))) is not None


@pytest.mark.parametrize(
    "told",
    [
        None,
        (),
        ((), None, "", ""),
        (("Nothing",), None, "", ""),
        ("ValueError", None, "", ""),
        ((["ValueError"],), None, "", ""),
        (("ValueError",), [1], "", ""),
        (("ValueError",), (object(),), "", ""),
        (("ValueError",), (np.zeros(2),), "", ""),
        (("ValueError",), None, 3, ""),
        (("ValueError",), None, "", np.zeros(2)),
        [("ValueError",), None, "", ""],
        (("ValueError",), None, "", "", ""),
    ],
)
def test_what_is_no_description_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="not a description"):
        rebuild(told)
