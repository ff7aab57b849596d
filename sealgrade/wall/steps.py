"""Several calls of a student's code, one after the other, as both sides of the wall know them."""

from collections.abc import Callable, Sequence
from typing import Any

_RESULT = "result of step"  # begins a pair that stands for what an earlier step has returned


def result_of(step: int) -> tuple[str, int]:
    """Return what stands for the result of a step, among the arguments of a later one."""
    return _RESULT, step


def take(kind: str, arguments: Sequence[Any], results: Sequence[Any]) -> Any:
    """Take a step and return what came of it.

    Args:
        kind: one of `call`, `method`, `keep`, `read`, `assign`.
        arguments: of the function of that name.
        results: of the earlier steps.
    """
    return _KINDS[kind](*(_filled(argument, results) for argument in arguments))


def _filled(value: Any, results: Sequence[Any]) -> Any:
    if type(value) is tuple and len(value) == 2 and type(value[0]) is str and value[0] == _RESULT:
        return results[value[1]]
    return type(value)(_filled(item, results) for item in value) if type(value) in (list, tuple) else value


def _call(function: Any, arguments: Sequence[Any]) -> Any:
    return function(*arguments)


def _method(target: Any, name: str, arguments: Sequence[Any]) -> Any:
    return getattr(target, name)(*arguments)


def _keep(target: Any, name: str, arguments: Sequence[Any]) -> Any:
    """Call a method; what it returns, and the arguments as they are afterwards."""
    return [getattr(target, name)(*arguments), arguments]


def _read(target: Any, names: Sequence[str]) -> Any:
    return [getattr(target, name) for name in names]


def _assign(target: Any, name: str, values: Sequence[Any]) -> None:
    for key, value in enumerate(values):
        getattr(target, name)[key] = value


_KINDS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "method": _method,
    "keep": _keep,
    "read": _read,
    "assign": _assign,
}
