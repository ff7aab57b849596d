"""What a student's code gets for the objects and functions of a test, which stay with the test."""

from collections.abc import Callable
from typing import Any


class StandIn:
    """Stands for an object of a test's: calls of its methods go back to the test."""

    def __init__(self, number: int, methods: tuple[str, ...], ask: Callable[..., Any]) -> None:
        self._number = number
        self._ask = ask
        for name in methods:
            setattr(self, name, _Method(self, name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._ask(self._number, f".{name}", (), {})

    def __deepcopy__(self, memo: Any) -> "StandIn":
        return self

    def __copy__(self) -> "StandIn":
        return self


class CallableStandIn(StandIn):
    """... that can be called itself, and is no function."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        return self._ask(self._number, None, args, kwargs)


def stand_in_function(number: int, ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that stands for one of a test's: of its own name and documentation nothing is known here."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return ask(number, None, args, kwargs)

    function.__qualname__, function.__module__ = function.__name__, "__main__"
    function.__annotations__.clear()
    return function


class _Method:
    def __init__(self, owner: StandIn, name: str) -> None:
        self._owner = owner
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._owner._ask(self._owner._number, self.__name__, args, kwargs)
