"""The bank of an assignment: known mistakes, and right answers that differ from the reference.

An entry is a TOML file, written by hand, that says what a student wrote in one or more solution cells::

    kind = "mistake"                        # or "alternative": right but different, earns full marks
    summary = "the misconception, or what is different, in one line"
    hint = "what the student could check"   # mistakes only
    loses = ["task6-backprop"]              # mistakes only: the parts that lose points; all others keep theirs
    misconception = ["a name"]              # optional: entries that are one mistake in several forms share a name

    [[change]]
    cell = "task6-network"                  # a solution cell
    old = "gradient(self._s[l])"            # stands exactly once in the solved cell ...
    new = "gradient(self._x[l + 1])"        # ... and is replaced by this

    [[change]]
    cell = "task7-fit"
    source = "..."                          # or the whole cell
"""

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from sealgrade.errors import SealgradeError

_REQUIRED = {"mistake": {"kind", "summary", "hint", "loses", "change"}, "alternative": {"kind", "summary", "change"}}
_OPTIONAL = {"mistake": {"misconception"}, "alternative": set[str]()}


class BankError(SealgradeError):
    """An entry of the bank is not written as it should be, or does not fit the solution."""


@dataclass(frozen=True)
class Change:
    """What stands in one solution cell instead of the reference: either the whole `source`, or `new` for `old`."""

    cell: str
    source: str | None = None
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of the bank.

    Attributes:
        name: the name of its file, without the suffix.
        kind: a mistake, or a right alternative.
        summary: the misconception, or what is different.
        hint: what a student who made the mistake could check; empty for an alternative.
        loses: the parts that lose points; none for an alternative.
        changes: what stands in the solution cells.
        misconceptions: what it has in common with entries that are the same mistake in another form; else its name.
    """

    name: str
    kind: Literal["mistake", "alternative"]
    summary: str
    hint: str
    loses: tuple[str, ...]
    changes: tuple[Change, ...]
    misconceptions: tuple[str, ...] = ()

    def apply(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return the solution cells as this entry has them.

        Args:
            cells: the source of each solved cell, by `grade_id`.

        Raises:
            BankError: a cell does not exist, or the text to replace does not stand in it exactly once.
        """
        changed = dict(cells)
        for change in self.changes:
            if change.cell not in changed:
                known = ", ".join(sorted(cells))
                raise BankError(f"{self.name}.toml: cell = {change.cell!r} is not a solution cell. These are: {known}.")
            if change.source is not None:
                changed[change.cell] = change.source
                continue
            assert change.old is not None and change.new is not None
            count = changed[change.cell].count(change.old)
            if count != 1:
                raise BankError(
                    f"{self.name}.toml: old = {change.old!r} stands {count} times in the solved cell {change.cell} and "
                    "must stand there exactly once. Quote more of its surroundings, or adapt it to the solution."
                )
            changed[change.cell] = changed[change.cell].replace(change.old, change.new)
        return changed


def load_bank(folder: Path, cells: Mapping[str, str] | None = None) -> list[Entry]:
    """Read all entries of an assignment's bank, sorted by name.

    Args:
        folder: the folder with the entries, `bank/ASSIGNMENT`.
        cells: the source of each solved cell, by `grade_id`; if given, each entry has to fit them.

    Raises:
        BankError: the folder does not exist or entries are not valid; it names all of them.
    """
    if not folder.is_dir():
        raise BankError(f"There is no bank in {folder}. Create the folder and put one TOML file for each entry in it.")
    entries, wrong = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            entry = _read_entry(path)
            if cells is not None:
                entry.apply(cells)
        except BankError as error:
            wrong.append(str(error))
        else:
            entries.append(entry)
    if wrong:
        raise BankError("\n".join(wrong))
    return entries


def _read_entry(path: Path) -> Entry:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", path.stem):
        raise BankError(f"{path}: the file's name is used in student ids. Use letters, digits, '-', '_' and '.' only.")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BankError(f"{path} is not a TOML file: {error}. Correct it there.") from error
    kind = data.get("kind")
    if kind not in ("mistake", "alternative"):
        raise BankError(f'{path}: kind = {kind!r}. Write kind = "mistake" or kind = "alternative".')
    _check_keys(path, f'an entry of kind "{kind}"', data, _REQUIRED[kind], _OPTIONAL[kind])
    loses = data.get("loses", [])
    if kind == "mistake":
        if not isinstance(loses, list) or not loses or not all(isinstance(part, str) and part for part in loses):
            raise BankError(f'{path}: loses = {loses!r}. List the parts that lose points, as ["task6-backprop"].')
        if len(set(loses)) < len(loses):
            raise BankError(f"{path}: loses names a part twice. Name each once.")
    changes = data["change"]
    if not isinstance(changes, list) or not changes or not all(isinstance(change, dict) for change in changes):
        raise BankError(f"{path}: change is {changes!r}. Write one or more tables, each headed [[change]].")
    return Entry(
        name=path.stem,
        kind=kind,
        summary=_line(path, data, "summary"),
        hint=_line(path, data, "hint") if kind == "mistake" else "",
        loses=tuple(loses),
        changes=tuple(_read_change(path, change) for change in changes),
        misconceptions=_misconceptions(path, data.get("misconception", [path.stem])),
    )


def _misconceptions(path: Path, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise BankError(f'{path}: misconception = {names!r}. List names, as ["bias subtracted"].')
    return tuple(names)


def _read_change(path: Path, data: dict[str, Any]) -> Change:
    _check_keys(path, "a [[change]]", data, {"cell", "source"} if "source" in data else {"cell", "old", "new"})
    for key, value in data.items():
        if not isinstance(value, str) or (key != "new" and not value.strip()):
            raise BankError(f"{path}: {key} = {value!r} in a [[change]]. Write a text.")
    if "source" in data:
        return Change(cell=data["cell"], source=data["source"].strip("\n"))
    if data["old"] == data["new"]:
        raise BankError(f"{path}: old and new are the same in a [[change]]. Write in new what differs.")
    return Change(cell=data["cell"], old=data["old"], new=data["new"])


def _check_keys(
    path: Path, what: str, data: dict[str, Any], expected: set[str], optional: Set[str] = frozenset()
) -> None:
    wrong = []
    for key in sorted(data.keys() - expected - optional):
        meant = get_close_matches(key, (expected | optional) - data.keys(), 1)
        known = ", ".join(sorted(expected | optional))
        advice = f"Is {meant[0]} meant?" if meant else f"Remove it; known are {known}."
        wrong.append(f"{key} is not known in {what}. {advice}")
    if missing := sorted(expected - data.keys()):
        are = "is" if len(missing) == 1 else "are"
        wrong.append(f"{', '.join(missing)} {are} missing. {what.capitalize()} needs {', '.join(sorted(expected))}.")
    if wrong:
        raise BankError(f"{path}: {' '.join(wrong)}")


def _line(path: Path, data: dict[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
        raise BankError(f"{path}: {key} = {value!r}. Write one line of text.")
    return value.strip()
