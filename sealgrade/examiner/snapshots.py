"""A student's lists, dicts and sets as they were when a test asked for them, which write through.

Theory of operation. `net.weight[0] = W` has to reach the student's list, so a snapshot knows where it was found: from
which object, by which keys. A change is made there first, then here. After it, what is in the snapshot is told its new
place, and what has been taken out of it has none any more: to change that is an error, not a change somewhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sealgrade.examiner.handles import HandleError, Root

Path = tuple[Any, ...]  # the path to what a value is in, and the key there; so that all of them share memory

_LIST = ("__setitem__", "__delitem__", "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse")
_DICT = ("__setitem__", "__delitem__", "update", "setdefault", "pop", "popitem", "clear", "__ior__")
_SET = ("add", "discard", "remove", "clear", "update", "__ior__", "__iand__", "__isub__", "__ixor__")


class ListSnapshot(list[Any]):
    """A student's list as it was when a test asked for it; changes go to the student's list too."""

    __slots__ = ("_path", "_root")


class DictSnapshot(dict[Any, Any]):
    """A student's dict as it was when a test asked for it; changes go to the student's dict too."""

    __slots__ = ("_path", "_root")


class SetSnapshot(set[Any]):
    """A student's set as it was when a test asked for it; changes go to the student's set too."""

    __slots__ = ("_path", "_root")


_KINDS = (ListSnapshot, DictSnapshot, SetSnapshot)


def snapshot(value: Any, root: Root, path: Path = ()) -> Any:
    """Return a value in which each list, dict and set writes through to the student's.

    Args:
        value: plain data, or a snapshot that has got a new place.
        root: what they are found from.
        path: where.
    """
    kind = type(value)
    found: Any = value
    if kind is list:
        found = ListSnapshot(snapshot(item, root, (path, i)) for i, item in enumerate(value))
    elif kind is dict:
        found = DictSnapshot({key: snapshot(item, root, (path, key)) for key, item in value.items()})
    elif kind is set:
        found = SetSnapshot(value)
    elif kind is tuple:
        return tuple(snapshot(item, root, (path, i)) for i, item in enumerate(value))
    elif kind not in _KINDS:
        return value
    found._root, found._path = root, path
    if found is value:
        _place_what_is_in(found)
    return found


def _items(found: Any) -> list[tuple[Any, Any]]:
    if isinstance(found, dict):
        return list(found.items())
    return list(enumerate(found)) if isinstance(found, list) else []


def _place_what_is_in(found: Any) -> None:
    base: Any = type(found).__mro__[1]
    for key, item in _items(found):
        if isinstance(item, list | dict | set | tuple):
            base.__setitem__(found, key, snapshot(item, found._root, (found._path, key)))


def _writes_through(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)  # it is used twice
        _change(self, name, args, kwargs)
        before = _touched(self, name, args)
        base: Any = type(self).__mro__[1]
        result = getattr(base, name)(self, *args, **kwargs)
        if name == "__setitem__" and not isinstance(args[0], slice):  # the others stay where they are
            item = base.__getitem__(self, args[0])
            base.__setitem__(self, args[0], snapshot(item, self._root, (self._path, args[0])))
        else:
            _place_what_is_in(self)
        there = {id(item) for _, item in _items(self)} if any(type(item) in _KINDS for item in before) else set()
        for item in before:
            if id(item) not in there and type(item) in _KINDS:
                item._root = None
        return dict.__getitem__(self, args[0]) if name == "setdefault" else result

    return method


def _touched(found: Any, name: str, args: tuple[Any, ...]) -> list[Any]:
    """What may have been taken out of a snapshot afterwards."""
    if name != "__setitem__" or isinstance(args[0], slice):
        return [item for _, item in _items(found)]
    if isinstance(found, dict):
        return [found[args[0]]] if args[0] in found else []
    return [found[args[0]]]


def _change(found: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if found._root is None:
        raise HandleError("This has been taken out of the student's object, and cannot be changed there any more.")
    path, link = [], found._path
    while link:
        link, key = link
        path.append(key)
    found._root.perform("change", found._root.number, tuple(reversed(path)), name, args, kwargs)


def _pop(self: Any) -> Any:
    # Which element goes first is not the same on both sides.
    item = next(iter(self), None)
    if self:
        self.remove(item)
        return item
    return set.pop(self)


def _as_plain(self: Any, protocol: Any) -> Any:
    """A copy is the test's own, and writes to nothing of the student's."""
    base = type(self).__mro__[1]
    return base, (base(self),)


for _name in (*_LIST, "__iadd__", "__imul__"):
    setattr(ListSnapshot, _name, _writes_through(_name))
for _name in _DICT:
    setattr(DictSnapshot, _name, _writes_through(_name))
for _name in (*_SET, "difference_update", "intersection_update", "symmetric_difference_update"):
    setattr(SetSnapshot, _name, _writes_through(_name))
SetSnapshot.pop = _pop  # type: ignore[method-assign]
for _kind in _KINDS:
    setattr(_kind, "__reduce_ex__", _as_plain)  # noqa: B010

# In messages a test calls them what the student calls them.
ListSnapshot.__name__, DictSnapshot.__name__, SetSnapshot.__name__ = "list", "dict", "set"
