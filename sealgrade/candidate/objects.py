"""The student's side of the wall: what the examiner may do with the student's objects, and what a test hands in.

Nothing here is trusted by the examiner; the student's code can change all of it, and then sends other values, no more.
"""

import contextlib
import importlib
import threading
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from sealgrade.candidate.replacing import Replacements
from sealgrade.candidate.stand_ins import CallableStandIn, StandIn, stand_in_function
from sealgrade.wall.abilities import BY_NAME, IS_FUNCTION, abilities
from sealgrade.wall.channel import MAX_FRAME
from sealgrade.wall.conversation import Conversation, ToldError
from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder, joined, mine, yours
from sealgrade.wall.exceptions import describe, rebuild
from sealgrade.wall.format import NotPlain, Reference, TooLarge
from sealgrade.wall.steps import take

Result = TypeVar("Result")
_MOST_OF_A_MESSAGE = 0.9


class _Kept:
    """Marks a value that is to be referred to although it could cross."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Objects:
    """The student's objects that the examiner knows, by number.

    Args:
        namespace: the student's names.
        where: names the line of a notebook cell that a traceback ends in.
    """

    def __init__(self, namespace: dict[str, Any], where: Callable[[BaseException], str]) -> None:
        self._namespace = namespace
        self._where = where
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # id of an object -> its number
        self._told: dict[int, bytes] = {}  # how it was referred to first
        self._next = 1
        self._stand_ins: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._functions: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # of the stand-ins
        self._replacements = Replacements(namespace)
        self._lock = threading.RLock()
        self._turn = threading.Event()
        self.busy = False  # in the student's code: only there an interrupt means something
        self.encoder = Encoder(self._refer)
        self.decoder = Decoder(self._stand_in, self._own, writable=True)
        self.conversation: Conversation | None = None

    def _register(self, value: Any) -> int:
        number = self._next
        self._next += 1
        self._objects[number] = value
        return number

    def _refer(self, value: Any) -> bytes:
        if isinstance(value, StandIn):
            return yours(value._number)
        if type(value) is FunctionType and value in self._functions:
            return yours(self._functions[value])
        if type(value) is _Kept:
            value = value.value
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = self._register(value)
            kind = value if isinstance(value, type) else type(value)
            self._told[number] = mine(number, abilities(value), kind.__name__)
        return self._told[number]

    def _own(self, number: int) -> Any:
        return self._objects[number]

    def _stand_in(self, reference: Reference) -> Any:
        if reference.abilities & BY_NAME:
            module, _, name = reference.type_name.partition(":")
            found: Any = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
            return found
        known = self._stand_ins.get(reference.number)
        if known is None and reference.abilities & IS_FUNCTION:
            known = self._stand_ins[reference.number] = stand_in_function(reference.number, self._call_back)
            self._functions[known] = reference.number
        elif known is None:
            kind = CallableStandIn if reference.abilities & 1 else StandIn
            methods = tuple(reference.type_name.split(",")) if reference.type_name else ()
            known = self._stand_ins[reference.number] = kind(reference.number, methods, self._call_back)
        return known

    def _call_back(self, number: int, method: str | None, args: Any, kwargs: Any) -> Any:
        try:
            return self._ask_test(number, method, args, kwargs)
        except NotPlain as error:
            raise TypeError(f"A function of a test takes plain data only, not a {error}.") from None

    def _ask_test(self, number: int, method: str | None, args: Any, kwargs: Any) -> Any:
        assert self.conversation is not None
        while True:  # a thread of the student's waits until the student's code has the turn again
            self._turn.wait()
            with self._lock:
                if self._turn.is_set():
                    with self._uninterrupted():
                        try:
                            asked = self.conversation.put((number, method, args, kwargs), encoder=Encoder())
                            return self.conversation.await_answer(asked)
                        except ToldError as error:
                            raise rebuild(error.told) from None

    @contextlib.contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        """An interrupt in the middle of a message would garble the conversation."""
        before, self.busy = self.busy, False
        try:
            yield
        finally:
            self.busy = before

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Within, no other thread speaks, and no interrupt cuts a message in two."""
        with self._lock, self._uninterrupted():
            yield

    def in_students_turn(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Make a call that runs the student's code: it may be interrupted and call back."""
        before, self.busy = (self.busy, self._turn.is_set()), True
        try:
            self._turn.set()
            return work(*arguments)
        finally:
            self.busy = False
            with self._lock:
                self.busy = before[0]
                if not before[1]:
                    self._turn.clear()

    def describe(self, error: BaseException) -> Any:
        """Say what a student's code has raised."""
        return describe(error, self._where(error))

    def perform(self, operation: str, released: tuple[int, ...], arguments: tuple[Any, ...]) -> bytes:
        """Do what the examiner asks for; return the answer, encoded."""
        self._release(released)
        return self.in_students_turn(self._perform, operation, arguments)

    def _perform(self, operation: str, arguments: tuple[Any, ...]) -> bytes:
        if operation == "lookup":
            return joined([self._answer(self._namespace[n]) if n in self._namespace else b"N" for n in arguments])
        if operation == "steps":
            return self._steps(*arguments)
        return self._answer(getattr(self, f"_do_{operation}")(*arguments))

    def _answer(self, value: Any) -> bytes:
        """A value, with a number by which what is in it can be changed, if it can be."""
        root = self._register(value) if _can_change(value) else 0
        try:
            return self.encoder.encode((value, root))
        except TooLarge:
            return self.encoder.encode((_Kept(value), root))

    def _release(self, numbers: tuple[int, ...]) -> None:
        for number in numbers:
            value = self._objects.pop(number, None)
            if self._numbers.get(id(value)) == number:
                del self._numbers[id(value)], self._told[number]

    def _do_getattr(self, number: int, name: str) -> Any:
        return getattr(self._objects[number], name)

    def _do_setattr(self, number: int, name: str, value: Any) -> None:
        setattr(self._objects[number], name, value)

    def _do_delattr(self, number: int, name: str) -> None:
        delattr(self._objects[number], name)

    def _do_call(self, number: int, args: Any, kwargs: Any) -> Any:
        return self._objects[number](*args, **kwargs)

    def _do_special(self, number: int, name: str, args: Any) -> Any:
        value = self._objects[number]
        return getattr(type(value), name)(value, *args)

    def _do_items(self, number: int, most: int) -> list[Any]:
        """The next items of an iterator."""
        items: list[Any] = []
        for item in self._objects[number]:
            items.append(item)
            if len(items) >= most:
                break
        return items

    def _do_repeat(self, number: int, args: Any, times: int, steps: Any) -> Any:
        """What came of each call; arrays that are alike in one, which holds them in its first dimension."""
        results: list[Any] = []
        for _ in range(times):
            found = self._objects[number](*args)
            for step in steps:
                found = getattr(found, step) if isinstance(step, str) else found[step]
            results.append(found)
        kinds = {(type(one), one.dtype, one.shape) if type(one) is np.ndarray else None for one in results}
        alike = len(kinds) == 1 and None not in kinds and results[0].ndim > 0 and results[0].dtype.kind in "biuf"
        return np.stack(results) if alike else results

    def _steps(self, steps: Any) -> bytes:
        """Take several steps; return what came of each, as it was then, and what the first that failed has raised."""
        results: list[Any] = []
        answers: list[bytes] = []
        told, share = None, 0.0
        try:
            for kind, *arguments in steps:
                results.append(take(kind, arguments, results))
                answers.append(self._answer(results[-1]))
                share += max(self.encoder.share(), len(answers[-1]) / MAX_FRAME)
                if share > _MOST_OF_A_MESSAGE:  # the test can still ask for what is in it
                    answers[-1] = self.encoder.encode((_Kept(results[-1]), 0))
        except (Exception, SystemExit) as error:
            told = self.describe(error)
        return joined([joined(answers), self.encoder.encode(told)])

    def _do_keep(self, number: int, args: Any) -> Any:
        return [self._objects[number](*args), args]

    def _do_isinstance(self, value: Any, number: int) -> bool:
        return isinstance(value, self._objects[number])

    def _do_text(self, number: int) -> str:
        return str(self._objects[number])

    def _do_put(self, value: Any) -> Any:
        return _Kept(value)

    def _do_get(self, number: int) -> Any:
        return self._objects[number]

    def _do_update(self, number: int, attributes: dict[str, Any]) -> None:
        for name, value in attributes.items():
            setattr(self._objects[number], name, value)

    def _do_replace(self, number: int | None, name: str, function: int, takes: Any) -> int:
        owner = None if number is None else self._objects[number]
        return self._replacements.replace(owner, name, self._for_a_stand_in(function, takes))

    def _do_make_class(self, name: str, methods: dict[str, tuple[int, Any]]) -> int:
        found = {key: self._for_a_stand_in(*one) for key, one in methods.items()}
        return self._replacements.make_class(name, found)

    def _do_bind(self, name: str, value: Any) -> int:
        return self._replacements.bind(name, value)

    def _for_a_stand_in(self, function: int, takes: tuple[str, ...] | None) -> Callable[..., Any]:
        """Calls a function of a test's; `takes` names attributes that a method is given in place of its object."""

        def ask(*args: Any, **kwargs: Any) -> Any:
            given = args if takes is None else (*(getattr(args[0], name) for name in takes), *args[1:])
            result, left = self._ask_stand_in(function, given, kwargs, takes is not None)
            for name, value in left.items():
                setattr(args[0], name, value)
            return result

        return ask

    def _ask_stand_in(self, function: int, args: Any, kwargs: Any, only_values: bool) -> Any:
        """Plain data go with the call. At other things, and at what it may change, the test looks as at any object."""
        if only_values or not any(map(_can_change, (*args, *kwargs.values()))):
            with contextlib.suppress(NotPlain, TooLarge):
                return self._ask_test(function, None, (0, *args), kwargs)
        number = self._register((args, kwargs))
        try:
            return self._call_back(function, None, (number,), {})
        finally:
            self._objects.pop(number, None)

    def _do_keep_names(self) -> int:
        return self._replacements.keep_names()

    def _do_put_back(self, number: int) -> None:
        self._replacements.put_back(number)

    def _do_change(self, number: int, path: Any, method: str, args: Any, kwargs: Any) -> None:
        found = self._objects[number]
        for key in path:
            found = found[key]
        getattr(found, method)(*args, **kwargs)


def _can_change(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(map(_can_change, value[:1000]))
    return isinstance(value, list | dict | set)
