"""What one can do with an object on the other side, as the bits of a number."""

from types import FunctionType
from typing import Any

# Python looks these up on the type. Operators, comparisons and conversions are left out on purpose: their result
# would be a claim of the student's object about itself, in a place where a test takes it for arithmetic.
SPECIAL = (
    "__call__",
    "__len__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__enter__",
    "__exit__",
)
_MOST_METHODS, _LONGEST = 30, 25  # together they stay below what a name may take
CALLABLE = 1 << SPECIAL.index("__call__")
IS_CLASS = 1 << 20
BY_NAME = 1 << 21


def abilities(value: Any) -> int:
    """Return the bits for an object."""
    kind = type(value)
    bits = sum(1 << i for i, name in enumerate(SPECIAL) if _has(kind, name))
    return bits | IS_CLASS if isinstance(value, type) else bits


def methods(value: Any) -> list[str]:
    """Return the names of methods of an object of a notebook's class: to call one of these, nothing need be asked for.

    Of ordinary methods only, that neither the object itself nor an `__getattribute__` of the class's own puts something
    else in the place of.
    """
    kind = type(value)
    if kind.__module__ != "__main__" or any("__getattribute__" in vars(base) for base in kind.__mro__[:-1]):
        return []
    own = getattr(value, "__dict__", {})
    found = {name: None for base in kind.__mro__ for name in vars(base)}
    return [n for n in found if n not in own and n[:1] != "_" and _is_method(kind, n)][:_MOST_METHODS]


def _is_method(kind: type, name: str) -> bool:
    first = next(vars(base)[name] for base in kind.__mro__ if name in vars(base))
    return isinstance(first, FunctionType) and len(name) <= _LONGEST


def _has(kind: type, name: str) -> bool:
    # Not by getattr, which goes on to the class of the class: that can always be called.
    return next((vars(base)[name] is not None for base in kind.__mro__ if name in vars(base)), False)
