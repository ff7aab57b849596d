"""Where the time of a call goes, in one line."""

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WAITING = ("recv", "poll", "select", "read", "acquire", "sched_yield", "send", "write")
_MOST = 6


def shares(call: Callable[[], Any]) -> str:
    """Make a call; return which packages it spent its time in, as percentages.

    What the student's process does meanwhile is the time in which this one waits.
    """
    profile = cProfile.Profile()
    profile.runcall(call)
    spent: Counter[str] = Counter()
    stats: Any = pstats.Stats(profile)
    for (file, _, function), (_, _, own, _, callers) in stats.stats.items():
        if file != "~":
            spent[_package(file)] += own
        elif any(word in function for word in _WAITING):
            spent["to and from the student's process, and waiting for it"] += own
        else:  # what C does counts for who asked for it
            for (caller, _, _), (_, _, part, _) in callers.items():
                spent[_package(caller)] += part
    whole = sum(spent.values())
    return ", ".join(f"{name} {100 * own / whole:.0f} %" for name, own in spent.most_common(_MOST))


def _package(file: str) -> str:
    parts = Path(file).parts
    if "sealgrade" in parts[:-1]:
        inner = parts[len(parts) - 1 - parts[::-1].index("sealgrade") :]
        return ".".join(inner[:2]).removesuffix(".py")
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    return "the tests' own code" if file.startswith("<") else "Python's library and the course's packages"
