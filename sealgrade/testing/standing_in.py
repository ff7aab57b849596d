"""A right earlier part in the place of a student's that does not run, so that the later part can be judged at all.

Theory of operation. The right code never enters the student's process. What stands there in the place of the student's
function asks back here when it is called, and here the right one answers: it gets plain data, and the student's
objects as any test sees them, through the wall; what it returns has to be plain data. So a student's code can have, for
the time being, the values that the right part gives, and nothing else. All is taken back when the `with` block ends, at
the latest when the test cell does, and a stand-in that was kept for later does not answer any more.

Use it only where the part has lost its points and does not run: then nobody gains by it, since the values are those of
a part that is lost already. In plain Jupyter, where there is no wall, the function itself is put there.
"""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from sealgrade.candidate.replacing import Replacements
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.handles import Handle, number_of
from sealgrade.examiner.present import carried, cell_end, present
from sealgrade.testing.carrying import note_carried

Function = Callable[..., Any]
Right = Any  # a function or a `ValueMethod`; a mapping from names to these, for a class; or plain data

STOOD_IN = "Marked with a right `{}` in place of yours."


@dataclass(frozen=True)
class ValueMethod:
    """A right method that gets and leaves values only: on its way over the wall once, where another goes many times.

    Args:
        function: takes the values of the attributes in place of the object, then what the method is called with;
            returns the method's result, and the attributes that are to be set, by name.
        takes: the names of the attributes.
    """

    function: Callable[..., tuple[Any, Mapping[str, Any]]]
    takes: tuple[str, ...] = ()

    def __call__(self, target: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what the method does, where there is no wall."""
        result, left = self.function(*(getattr(target, name) for name in self.takes), *args, **kwargs)
        for name, value in left.items():
            setattr(target, name, value)
        return result


@contextlib.contextmanager
def stand_in(owner: Any, right: Mapping[str, Right], reason: str = STOOD_IN) -> Iterator[None]:
    """Within, what is right stands in the place of a student's functions or values.

    Args:
        owner: the student's class, for methods of all its objects; an object of the student's, for its own methods;
            None for what stands among the student's names.
        right: functions by name. A method takes the student's object first, of which it can get, set and call what a
            test can: `read` and `update` do so in one step. A `ValueMethod` takes values in its place. One for
            `__init__` is called after the student's own, whatever that raises, and returns None. Among the names, a
            mapping makes a class with these methods, and plain data are a value.
        reason: what the student reads, if the test cell passes and the function was called (a value is taken to be
            used); `{}` is its name.

    Raises:
        Exception: the student's class does not let itself be changed.
    """
    candidate = present.get()
    given = {name: _noting(one, name, reason) for name, one in right.items()}
    with _in_place(owner, given) if candidate is None else _behind_the_wall(candidate, owner, given):
        yield


def _noting(function: Any, name: str, reason: str) -> Any:
    if isinstance(function, Mapping):
        return {key: _noting(one, f"{name}.{key}", reason) for key, one in function.items()}
    if isinstance(function, ValueMethod):
        return replace(function, function=_noting(function.function, name, reason))
    if not callable(function):
        note_carried(reason.format(name))
        return function

    def noting(*args: Any, **kwargs: Any) -> Any:
        note_carried(reason.format(name))
        return function(*args, **kwargs)

    return noting


@contextlib.contextmanager
def _in_place(owner: Any, functions: Mapping[str, Any]) -> Iterator[None]:
    replacements = Replacements(vars(sys.modules["__main__"]))
    try:
        for name, function in functions.items():
            if isinstance(function, Mapping):
                replacements.make_class(name, function)
            elif not callable(function):
                replacements.bind(name, function)
            else:
                replacements.replace(owner, name, function)
        yield
    finally:
        replacements.put_back(0)


@contextlib.contextmanager
def _behind_the_wall(candidate: Candidate, owner: Any, functions: Mapping[str, Any]) -> Iterator[None]:
    handed_out: list[int] = []

    def hand_out(function: Function, is_method: bool) -> tuple[int, tuple[str, ...] | None]:
        takes = function.takes if isinstance(function, ValueMethod) else None

        def answer(call: int, /, *values: Any, **named: Any) -> tuple[Any, Mapping[str, Any]]:
            args, kwargs = candidate.perform("get", call) if call else (values, named)
            if isinstance(function, ValueMethod):
                return function.function(*args, **kwargs)
            # What a test has handed out comes back as itself, and must not be taken for the object that is changed.
            if is_method and not (args and isinstance(args[0], Handle)):
                raise TypeError("a method of the student's needs an object of the student's")
            return function(*args, **kwargs), {}

        handed_out.append(candidate.exposures.hand_out(answer))
        return handed_out[-1], takes

    number = None if owner is None else number_of(owner)
    first: int | None = None
    try:
        for name, function in functions.items():
            if isinstance(function, Mapping):
                methods = {key: hand_out(one, True) for key, one in function.items()}
                replaced = candidate.perform("make_class", name, methods)
            elif not callable(function):
                replaced = candidate.perform("bind", name, function)
            else:
                replaced = candidate.perform("replace", number, name, *hand_out(function, owner is not None))
            first = replaced if first is None else first
        yield
    finally:
        for one in handed_out:
            candidate.exposures.take_back(one)
        _put_back(candidate, first)


def _put_back(candidate: Candidate, number: int | None) -> None:
    if number is not None and candidate.fault is None:
        with contextlib.suppress(Exception):  # what the student's code raises now has nothing to do with the test
            candidate.perform("put_back", number)


@contextlib.contextmanager
def run_again(cell: str) -> Iterator[bool]:
    """Run a student's cell once more: within, the student's names are what it has left.

    For a cell that failed because of an earlier part for which there is a stand-in now. It has the time of a cell, and
    what it puts out is not shown.

    Args:
        cell: its grade_id.

    Yields:
        Whether it has run to its end.

    Raises:
        AssertionError: in plain Jupyter, where nobody knows which cell that is; or there was none.
    """
    candidate = present.get()
    assert candidate is not None, f"The cell {cell} cannot be run again here."
    label = f" `{cell}`"
    try:
        source, _ = candidate.cells.first(label)
    except KeyError:
        raise AssertionError(f"The cell {cell} was not run.") from None
    number = candidate.perform("keep_names")
    try:
        candidate.time.start(candidate.time.seconds)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            done = candidate.run(source, label, draws=False)
        yield done
    finally:
        _put_back(candidate, number)


def has_run(cell: str) -> bool:
    """Return whether a student's cell has run to its end; True in plain Jupyter, where nobody knows.

    Args:
        cell: its grade_id.
    """
    candidate = present.get()
    try:
        return candidate is None or candidate.cells.first(f" `{cell}`")[1]
    except KeyError:
        return False


def look_up(name: str) -> Any:
    """Return what a name of the student's stands for now, where a test cell would keep an object that it had before.

    Raises:
        NameError: there is no such name.
    """
    candidate = present.get()
    names = vars(sys.modules["__main__"])
    found = candidate.lookup(name)[0] if candidate is not None else [names[name]] if name in names else []
    if not found:
        raise NameError(f"name '{name}' is not defined")
    return found[0]


def update(target: Any, **attributes: Any) -> None:
    """Set several attributes of a student's object in one step."""
    candidate = present.get()
    if candidate is not None and isinstance(target, Handle):
        candidate.perform("update", number_of(target), attributes)
        return
    for name, value in attributes.items():
        setattr(target, name, value)


def runs(what: Function, *arguments: Any) -> bool:
    """Return whether a call raises nothing: to find out whether a part of the student's can be built on.

    What is noted for the student meanwhile does not count: nothing is judged by it.
    """
    before = list(carried.get() or [])
    try:
        what(*arguments)
    except Exception:
        return False
    finally:
        (carried.get() or [])[:] = before
    return True


def until_cell_ends(context: AbstractContextManager[Any]) -> Any:
    """Enter a context, such as `stand_in(...)`, that is left when the test cell ends; return what it gives."""
    stack = cell_end.get()
    if stack is not None:
        return stack.enter_context(context)
    shell = sys.modules["IPython"].get_ipython()
    value = context.__enter__()

    def leave(*_: Any) -> None:
        shell.events.unregister("post_run_cell", leave)
        context.__exit__(None, None, None)

    shell.events.register("post_run_cell", leave)
    return value
