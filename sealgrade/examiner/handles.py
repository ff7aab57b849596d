"""What a test cell holds of the student's: handles for objects, snapshots for lists and dicts.

Theory of operation. Plain data arrive as plain data, and all that Python and numpy make of them is done here. An object
stays where it is; the test holds a handle. To get or set an attribute, to call, to ask for an item or the length, or to
iterate is to *ask the student's process*, and what comes back is again data or a handle. Everything by which an object
could speak for itself in a place where a test expects arithmetic or truth raises `HandleError`: comparison, truth
value, conversion to a number or an array, hashing, operators, numpy's protocols (`__array_interface__` would even make
numpy read any address of this process). So an object that claims to be equal to everything proves nothing.

Classes of handles are made to measure: `callable(h)` and `hasattr(h, "__len__")` say what holds for the object.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sealgrade.wall.abilities import IS_CLASS, SPECIAL

Perform = Callable[..., Any]

_ITEMS_AT_ONCE, _MOST_ITEMS = 1000, 1_000_000
# Dunder attributes that are asked for by name; all others are a matter between Python and this process.
_ASKED = {"__name__", "__qualname__", "__doc__", "__module__", "__dict__", "__annotations__", "__defaults__"}


class HandleError(TypeError):
    """A test does something with a student's object that only plain data can take.

    Args:
        message: for the author of the test.
        for_student: what the student's code has to do with it.
    """

    def __init__(self, message: str, for_student: str = "") -> None:
        super().__init__(message)
        self.for_student = for_student or message


class Root:
    """A mutable object of the student's, of which a snapshot has been taken."""

    def __init__(self, number: int, perform: Perform, forget: Callable[[int], None]) -> None:
        self.number = number
        self.perform = perform
        self._forget = forget

    def __del__(self) -> None:
        self._forget(self.number)


class Handle:
    """An object in the student's process."""

    __slots__ = ("__weakref__", "_sealed")

    def __init__(self, root: Root, type_name: str) -> None:
        object.__setattr__(self, "_sealed", (root, type_name))

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in _ASKED:
            if name.startswith("__array") and name != "__array__":
                # numpy asks for these; an answer of the student's must never get there.
                raise AttributeError(name)
            return object.__getattribute__(self, name)
        root, _ = object.__getattribute__(self, "_sealed")
        return root.perform("getattr", root.number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        root, _ = _sealed(self)
        root.perform("setattr", root.number, name, value)

    def __delattr__(self, name: str) -> None:
        root, _ = _sealed(self)
        root.perform("delattr", root.number, name)

    def __repr__(self) -> str:
        _, type_name = _sealed(self)
        return f"<a {type_name} of the student's>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __str__(self) -> str:
        root, _ = _sealed(self)
        text: str = root.perform("text", root.number)
        return text

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise HandleError(f"{self!r} cannot be copied or pickled: it is in the student's process.", _not_plain(self))

    __hash__ = None  # type: ignore[assignment]


def _sealed(handle: Handle) -> tuple[Root, str]:
    found: tuple[Root, str] = object.__getattribute__(handle, "_sealed")
    return found


def kind_of(handle: Handle) -> str:
    """Return what an object is, as "a generator"."""
    _, type_name = _sealed(handle)
    return f"{'an' if type_name[:1].lower() in tuple('aeiou') else 'a'} {type_name}"


def _not_plain(handle: Handle) -> str:
    return f"What your code gave is {kind_of(handle)}, and not a number, a text, a list or an array."


def number_of(handle: Handle) -> int:
    """Return the number by which the student's process knows the object."""
    return _sealed(handle)[0].number


def _refuses(what: str) -> Callable[..., Any]:
    def refuse(self: Handle, *_: Any, **__: Any) -> Any:
        raise HandleError(
            f"{self!r} cannot be {what}: it is an object in the student's process, and what it says of itself proves "
            "nothing. Ask for plain data, by an attribute, an item or a call.",
            _not_plain(self),
        )

    return refuse


def _add_refusals() -> None:
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Handle, f"__{name}__", _refuses("compared"))
    Handle.__bool__ = _refuses("taken for true or false")  # type: ignore[attr-defined]
    Handle.__contains__ = _refuses("asked whether it holds something")  # type: ignore[operator]
    for name in ("float", "int", "complex", "index", "trunc", "floor", "ceil", "round", "array", "bytes", "fspath"):
        setattr(Handle, f"__{name}__", _refuses("converted"))
    for name in ("array_function", "array_ufunc"):
        setattr(Handle, f"__{name}__", _refuses("given to a function of numpy"))
    for name in (
        *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow"),
        *("lshift", "rshift", "and", "or", "xor"),
    ):
        for form in (name, f"r{name}", f"i{name}"):
            setattr(Handle, f"__{form}__", _refuses("calculated with"))
    for name in ("neg", "pos", "abs", "invert"):
        setattr(Handle, f"__{name}__", _refuses("calculated with"))


_add_refusals()


def _call(self: Handle, *args: Any, **kwargs: Any) -> Any:
    root, _ = _sealed(self)
    return root.perform("call", root.number, args, kwargs)


def _special(name: str) -> Callable[..., Any]:
    def ask(self: Handle, *args: Any) -> Any:
        root, _ = _sealed(self)
        return root.perform("special", root.number, name, args)

    return ask


def _len(self: Handle) -> int:
    length = _special("__len__")(self)
    if type(length) is not int or not 0 <= length < 1 << 31:
        raise HandleError(
            f"The length of {self!r} is not a length.", f"The length of {kind_of(self)} of yours is no whole number."
        )
    return length


def _iter(self: Handle) -> Iterator[Any]:
    root, _ = _sealed(self)
    iterator = root.perform("special", root.number, "__iter__", ())
    if not isinstance(iterator, Handle):
        return iter(iterator)
    inner, _ = _sealed(iterator)

    def items() -> Iterator[Any]:
        # In pieces that grow: a test that takes one item must not ask an endless generator for a thousand.
        most, count = 1, 0
        while count < _MOST_ITEMS:
            piece = inner.perform("items", inner.number, most)
            yield from piece
            if len(piece) < most:
                return
            count += len(piece)
            most = min(2 * most, _ITEMS_AT_ONCE)
        more = f"has more than {_MOST_ITEMS:,} items, or no end."
        raise HandleError(f"{self!r} {more}", f"What your code gave is {kind_of(self)} that {more}")

    return items()


def _next(self: Handle) -> Any:
    root, _ = _sealed(self)
    for item in root.perform("items", root.number, 1):
        return item
    raise StopIteration


def _is_instance(self: Handle, value: Any) -> bool:
    root, _ = _sealed(self)
    return root.perform("isinstance", value, root.number) is True


_METHODS = {"__call__": _call, "__len__": _len, "__iter__": _iter, "__next__": _next}


@cache
def handle_class(abilities: int) -> type[Handle]:
    """Return the class of handles for objects with these abilities."""
    methods: dict[str, Any] = {"__slots__": ()}
    for i, name in enumerate(SPECIAL):
        if abilities >> i & 1:
            methods[name] = _METHODS.get(name) or _special(name)
    if abilities & IS_CLASS:
        methods["__instancecheck__"] = _is_instance
    return type("Handle", (Handle,), methods)
