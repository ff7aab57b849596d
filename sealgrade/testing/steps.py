"""Several calls of a student's code in one step over the wall."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from sealgrade.examiner.handles import Handle
from sealgrade.examiner.present import present
from sealgrade.testing.calling import call
from sealgrade.wall.steps import result_of, take


@dataclass(frozen=True)
class Result:
    """Stands, among the arguments of a later step, for what an earlier step has returned."""

    step: int


class Done:
    """What came of steps.

    Args:
        results: of each, up to the first that failed.
        failure: raises what that one has raised; None if all were taken.
    """

    def __init__(self, results: Sequence[Any], failure: Callable[[], NoReturn] | None) -> None:
        self._results, self._failure = results, failure

    def __getitem__(self, step: Result) -> Any:
        """Return what came of a step, as it was then; raises what it, or one before it, has raised."""
        if step.step >= len(self._results) and self._failure is not None:
            self._failure()
        return self._results[step.step]

    def check(self) -> None:
        """Raise what a step has raised, if one has."""
        if self._failure is not None:
            self._failure()


class Steps:
    """Calls that are noted, and then made one after the other, which is much quicker than one by one.

    Each method notes a step, and returns what stands for its result in later steps and in what `run` returns:

        steps = Steps()
        net = steps.call("Network([2, 1])", Network, [2, 1])
        output = steps.method("forward(x)", net, "forward", x)
        prediction = steps.run()[output]

    The first argument of a call names it in an error; if it is empty, the error stays what it is.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._steps: list[tuple[Any, ...]] = []

    def _add(self, name: str, kind: str, *arguments: Any) -> Result:
        self._names.append(name)
        self._steps.append((kind, *map(_placed, arguments)))
        return Result(len(self._steps) - 1)

    def call(self, what: str, function: Any, *arguments: Any) -> Result:
        """Call a function."""
        return self._add(what, "call", function, arguments)

    def method(self, what: str, target: Any, name: str, *arguments: Any) -> Result:
        """Call a method."""
        return self._add(what, "method", target, name, arguments)

    def keep(self, what: str, target: Any, name: str, *arguments: Any) -> Result:
        """Call a method; the result is what it returns, and the arguments as they are afterwards."""
        return self._add(what, "keep", target, name, arguments)

    def read(self, target: Any, *names: str) -> Result:
        """Take several attributes."""
        return self._add("", "read", target, names)

    def assign(self, target: Any, **items: Sequence[Any]) -> None:
        """Assign to the items of lists: `assign(net, weight=[A, B])`."""
        for name, values in items.items():
            self._add(f"{name}[i] = ...", "assign", target, name, list(values))

    def run(self) -> Done:
        """Take the steps.

        Raises:
            AssertionError: a step that has a name raised an exception; see `call`.
        """
        done = self.take()
        done.check()
        return done

    def take(self) -> Done:
        """Do as `run`, but raise what a step has raised only where its result, or a later one, is asked for."""
        candidate = present.get()
        if candidate is not None and any(isinstance(value, Handle) for step in self._steps for value in step):
            results, error = candidate.perform_all(self._steps)
        else:
            results, error = self._taken_here()
        if error is None:
            return Done(results, None)
        name = self._names[len(results)]

        def fail() -> NoReturn:
            if name:
                call(name, _raise, error)
            _raise(error)

        return Done(results, fail)

    def _taken_here(self) -> tuple[list[Any], BaseException | None]:
        """Take the steps in plain Jupyter, with copies as the wall would make them."""
        results: list[Any] = []
        as_they_were: list[Any] = []
        try:
            for kind, *arguments in self._steps:
                results.append(take(kind, [_copied(argument) for argument in arguments], results))
                as_they_were.append(_copied(results[-1]))
        except (Exception, SystemExit) as error:
            return as_they_were, error
        return as_they_were, None


def read(target: Any, *names: str) -> list[Any]:
    """Return several attributes of a student's object in one step."""
    if not isinstance(target, Handle):
        return [getattr(target, name) for name in names]
    steps = Steps()
    found = steps.read(target, *names)
    values: list[Any] = steps.run()[found]
    return values


def assign(target: Any, **items: Sequence[Any]) -> None:
    """Assign to the items of lists of a student's object: `assign(net, weight=[A, B])` in one step.

    An error says which list it was, as `call` does.
    """
    steps = Steps()
    steps.assign(target, **items)
    steps.run()


def call_methods(target: Any, *steps: tuple[Any, ...]) -> list[Any]:
    """Call methods of a student's object one after the other, which is quicker than one by one.

    Args:
        target: the object.
        steps: name and arguments of each call: `("forward", x), ("loss", Result(0), y)` is `loss(forward(x), y)`.

    Returns:
        What came of each call.
    """
    noted = Steps()
    results = [noted.method("", target, name, *arguments) for name, *arguments in steps]
    done = noted.run()
    return [done[result] for result in results]


def _raise(error: BaseException) -> NoReturn:
    raise error


def _copied(value: Any) -> Any:
    """Return data as a copy, and objects as they are."""
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    return copy.deepcopy(value) if isinstance(value, np.ndarray | dict | set) else value


def _placed(value: Any) -> Any:
    """Put into the place of a `Result` what both sides know it by."""
    if type(value) is Result:  # `isinstance` would go through a handle's `__getattribute__`
        return result_of(value.step)
    return type(value)(map(_placed, value)) if type(value) in (list, tuple) else value
