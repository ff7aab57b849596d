"""What a test may hand to a student: data, the student's own objects, and functions, which stay here.

Theory of operation. A function or an object of the test's does not cross the wall, since its code may be the solution's
and what it refers to may be the expected values. The student gets a stand-in; a call of it comes back as a question
with plain data, is answered here, and the answer is plain data again. What can be asked is fixed when it is handed out:
the function itself, or those public methods of an object that are functions written in Python by the course. Objects of
the standard library or of numpy are not handed out at all: `Path` has `write_text`, an array's `dump` writes files.
Functions that the student has anyway (numpy's, Python's) go by name. At the end of a test cell all that was handed out
is withdrawn.
"""

import sys
import sysconfig
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from sealgrade.wall.abilities import BY_NAME, IS_FUNCTION
from sealgrade.wall.encoder import mine
from sealgrade.wall.format import NotPlain, WallError

_BY_NAME = {"builtins", "math", "cmath", "operator", "_operator", "statistics", "random", "numpy", "scipy"}
_INSTALLED = tuple(
    str(Path(path).resolve())
    for name, path in sysconfig.get_paths().items()
    if name in ("stdlib", "purelib", "platlib")
)
_OURS = f"{Path(__file__).resolve().parents[1]}/"  # also where sealgrade itself is not installed but being written


class Withdrawn:
    """Stands for something that an earlier test cell has handed out."""


class Exposures:
    """What is handed out at present, by number."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._numbers: dict[int, int] = {}
        self._next = 1
        self._ours: set[int] = set()  # of these, what stands in for the student's
        self._raised: tuple[Exception, bool] | None = None  # the last error, and whether one of these has raised it

    def refer(self, value: Any) -> bytes:
        """Hand a value out; return the bytes that refer to it.

        Raises:
            NotPlain: it is nothing that a student can be given.
        """
        by_name = _importable(value)
        if by_name:
            return mine(0, BY_NAME, by_name)
        number = self._numbers.get(id(value))
        if number is None:
            methods = _methods(value)
            if not methods:
                raise NotPlain(
                    f"A {type(value).__name__} cannot be handed to the student: only plain data, functions, and "
                    "objects of the course's own classes can."
                )
            number = self._next
            self._next += 1
            self._numbers[id(value)] = number
            self._values[number] = value, methods  # also keeps the id from being used again
        else:
            methods = self._values[number][1]
        # Attributes of a function's own can be asked for, as those of an object; another function has none.
        is_function = isinstance(value, FunctionType | MethodType) and not vars(value)
        bits = IS_FUNCTION if is_function else int("" in methods)
        return mine(number, bits, ",".join(sorted(name for name in methods if name)))

    def hand_out(self, function: Callable[..., Any]) -> int:
        """Hand out what stands in for a function of the student's; return the number that `take_back` takes."""
        number = self._next
        self._next += 1
        self._values[number] = function, {"": function}
        self._ours.add(number)
        return number

    def take_back(self, number: int) -> None:
        """Take one thing back that was handed out by `hand_out`."""
        self._values.pop(number, None)

    def find(self, number: int) -> Any:
        """Return what was handed out under a number and comes back.

        Raises:
            WallError: there never was such a number.
        """
        if not 0 < number < self._next:
            raise WallError("an object that was never handed out")
        return self._values[number][0] if number in self._values else Withdrawn()

    def call(self, number: int, method: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call what was handed out, on plain data.

        Raises:
            RuntimeError: it has been withdrawn, or has no such method.
            Exception: what it raises; see `stood_in`.
        """
        if number not in self._values:
            raise RuntimeError("This function was handed over by an earlier test and is not there any more.")
        value, methods = self._values[number]
        if method is not None and method.startswith("."):
            return _attribute(value, method[1:])
        if (method or "") not in methods:
            raise RuntimeError(f"There is no {method} to call.")
        try:
            return methods[method or ""](*args, **kwargs)
        except Exception as error:
            self._raised = error, number in self._ours  # kept here: an exception may refuse attributes
            raise

    def stood_in(self, error: BaseException) -> bool:
        """Whether the error that the last call has raised came from what stands in for a function of the student's."""
        raised, self._raised = self._raised, None
        return raised is not None and raised[0] is error and raised[1]

    def withdraw(self) -> None:
        """Take back all that was handed out."""
        self._values.clear()
        self._numbers.clear()
        self._ours.clear()
        self._raised = None


def _importable(value: Any) -> str:
    """Name a function or class that the student has too, as "module:name"; else return an empty text."""
    if isinstance(value, np.ufunc):
        name = value.__name__
        return f"numpy:{name}" if getattr(np, name, None) is value else ""
    if not isinstance(value, BuiltinFunctionType | FunctionType | type) and type(value).__module__ != "numpy":
        return ""
    module, name = getattr(value, "__module__", None) or "", getattr(value, "__qualname__", "")
    if module.partition(".")[0] not in _BY_NAME or not name or "<" in name:
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else ""


def _methods(value: Any) -> dict[str, Any]:
    """What can be called: `""` for the value itself, else public methods that the course has written."""
    if isinstance(value, FunctionType | MethodType):
        return {"": value} if _is_the_courses(value) else {}
    found: dict[str, Any] = {}
    if isinstance(value, type):
        return found
    for kind in type(value).__mro__:
        for name, member in vars(kind).items():
            called = "" if name == "__call__" else name
            if isinstance(member, FunctionType) and _is_the_courses(member) and not called.startswith("_"):
                found.setdefault(called, getattr(value, name))
    return found


def _is_the_courses(function: FunctionType | MethodType) -> bool:
    return _is_a_file_of_the_courses(function.__code__.co_filename)


@lru_cache(1000)
def _is_a_file_of_the_courses(file: str) -> bool:
    return not file.startswith("<frozen") and not str(Path(file).resolve()).startswith((*_INSTALLED, _OURS))


def _attribute(value: Any, name: str) -> Any:
    found = vars(value).get(name) if hasattr(value, "__dict__") and not name.startswith("_") else None
    if found is None:
        raise AttributeError(name)
    return found
