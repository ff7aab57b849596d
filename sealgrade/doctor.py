"""What `sealgrade doctor` shows: how far this machine keeps students' code from everything else, proved by trying."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from sealgrade.candidate.plan import default_plan
from sealgrade.examiner.zygote import ConfinementUnavailable, start

TIERS = {
    "A": "every layer: submissions of strangers can be graded.",
    "B": "no namespaces: students' code can see which files exist, though not what is in them; all else holds. Good "
    "enough for a class; grade where namespaces are allowed if you can.",
    "C": "no Landlock: the namespaces and the filter of system calls hold. Good enough for a class.",
    "D": "next to nothing: only for work of people whom you trust as much as yourself.",
}
_MOST = 2
_LAYERS = {
    "mount": "an empty root, libraries read-only, a small scratch folder",
    "network": "no network",
    "process": "no other process can be seen",
    "uid": "an own user where root grades",
    "capabilities": "no rights of an administrator",
    "landlock": "files again, without namespaces; no links and pipes",
    "seccomp": "the system calls that are allowed",
    "no_fork": "no second process",
    "rlimits": "memory, time, files, threads",
    "descriptors": "no open file of the examiner's",
    "environment": "no variable of the examiner's",
    "libraries": "and still: Python's packages can be imported",
}


def examine() -> dict[str, Any]:
    """Try to confine a process, and let it try to get out.

    Returns:
        `tier` ("A" to "C", None where nothing is confined), `refused` (why no better one), and `layers`: for each its
        `state` ("proved", "missing" or "left out") and what was tried, or what follows.
    """
    try:
        zygote = start(default_plan())
    except ConfinementUnavailable as error:
        return {"tier": None, "refused": [str(error)], "layers": {}}
    try:
        layers = {name: {"state": state, "detail": detail} for name, (state, detail) in zygote.findings.items()}
        return {"tier": zygote.tier, "refused": zygote.refused, "layers": layers}
    finally:
        zygote.close()


def table(found: dict[str, Any]) -> Table:
    """Return the layers as a table for the terminal."""
    colors = {"proved": "green", "missing": "red", "left out": "yellow"}
    shown = Table("Layer", "What it gives", "State", "What was tried, and the answer", box=box.SIMPLE_HEAD)
    for name, layer in found["layers"].items():
        state = f"[{colors[layer['state']]}]{layer['state']}[/]"
        acts = layer["detail"].split("; ")
        more = f"; and {len(acts) - _MOST} more" if len(acts) > _MOST else ""
        shown.add_row(name, _LAYERS.get(name, ""), state, escape("; ".join(acts[:_MOST]) + more))
    return shown
