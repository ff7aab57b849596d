"""A function in the place of one of the student's, for a while: of a class, of one object, or of the student's names.

What is replaced is put back in the opposite order, by the number that each replacement has.
"""

import contextlib
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any

Function = Callable[..., Any]


class Replacements:
    """What is replaced at present.

    Args:
        names: the student's.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, function: Function) -> int:
        """Put a function in the place of a method, or of a function of the student's.

        Args:
            owner: the class, the object, or None for the student's names.
            name: of the function. In the place of `__init__` it is called after the student's own, which has come as
                far as it did: what that has set may be needed elsewhere.
            function: takes the object first, where it stands for a method.

        Returns:
            Its number, for `put_back`.
        """
        if owner is None:
            return self.bind(name, function)
        held = vars(owner).get(name) if hasattr(owner, "__dict__") else None
        own = getattr(owner, name, None)

        def stub(*args: Any, **kwargs: Any) -> Any:
            if name == "__init__" and own is not None:
                with contextlib.suppress(Exception):
                    own(*args, **kwargs)
            return function(*args, **kwargs)

        setattr(owner, name, stub if isinstance(owner, type) else MethodType(stub, owner))
        # As it is held, a static method for example, and not as it is got.
        return self._note(lambda: delattr(owner, name) if held is None else setattr(owner, name, held))

    def make_class(self, name: str, methods: Mapping[str, Function]) -> int:
        """Make a class among the student's names; return its number, for `put_back`.

        Args:
            name: of the class.
            methods: take the object first.
        """
        # Each in a function of its own: what is not a function would not be given the object.
        made = {key: (lambda *args, _method=method, **kw: _method(*args, **kw)) for key, method in methods.items()}
        return self.bind(name, type(name, (), made))

    def keep_names(self) -> int:
        """Remember what the student's names stand for; return a number, for `put_back`."""
        before = dict(self._names)

        def undo() -> None:
            for name in [name for name in self._names if name not in before]:
                del self._names[name]
            self._names.update(before)

        return self._note(undo)

    def put_back(self, number: int) -> None:
        """Undo a replacement, and those that have come after it."""
        while len(self._undo) > number:
            with contextlib.suppress(Exception):  # what the student has taken away meanwhile cannot be taken away
                self._undo.pop()()

    def bind(self, name: str, value: Any) -> int:
        """Let one of the student's names stand for a value; return a number, for `put_back`."""
        missing = name not in self._names
        before = self._names.get(name)
        self._names[name] = value
        return self._note(lambda: self._names.__delitem__(name) if missing else self._names.update({name: before}))

    def _note(self, undo: Callable[[], None]) -> int:
        self._undo.append(undo)
        return len(self._undo) - 1
