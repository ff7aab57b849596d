"""What one can do with an object on the other side, as the bits of a number."""

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
IS_CLASS = 1 << 20
BY_NAME = 1 << 21
IS_FUNCTION = 1 << 22  # and no other thing that can be called


def abilities(value: Any) -> int:
    """Return the bits for an object."""
    kind = type(value)
    bits = sum(1 << i for i, name in enumerate(SPECIAL) if _has(kind, name))
    return bits | IS_CLASS if isinstance(value, type) else bits


def _has(kind: type, name: str) -> bool:
    # Not by getattr, which goes on to the class of the class: that can always be called.
    return next((vars(base)[name] is not None for base in kind.__mro__ if name in vars(base)), False)
