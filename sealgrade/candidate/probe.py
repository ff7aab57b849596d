"""Does the confinement hold here? A candidate of its own tries what is forbidden, and the zygote reports what it found.

Theory of operation. Reading a kernel's version or a setting tells what should be possible; containers, AppArmor and
odd kernels make it untrue. So a zygote forks one candidate that is confined like all others, except that its limits on
files are small, so that they are quickly met; it tries each forbidden act, and reports what the kernel answered. The
canaries - a TCP and a UDP port - were opened before the zygote left the system's network. A layer is *proved* if every
act that it forbids was refused, *missing* if one was not, *left out* if the plan does not have it. Where layers
overlap, as on the network, the refusal counts for each. What is wrong is told in words that an instructor can act on.
"""

import errno
import json
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from . import confinement
from .acts import LIBRARIES, VARIABLE, Act, forbidden
from .errors import ConfinementError
from .namespaces import Rooms
from .plan import MIB, TIERS, Layer

Tier = Literal["A", "B", "C", "D"]
_PATIENCE = 10.0

_FOLLOWS = {
    "mount": "Students' code can see which files exist on this computer, and can fill its disk.",
    "network": "Students' code may reach the network, or servers on this computer.",
    "process": "Students' code sees other processes, and may outlive its grading.",
    "uid": "Students' code runs as the user that grades.",
    "capabilities": "Students' code keeps rights of an administrator.",
    "landlock": "Students' code may read what it sees, and may plant links and pipes among its files.",
    "seccomp": "Students' code may use every part of the kernel.",
    "no_fork": "Students' code may start other processes, without number.",
    "rlimits": "Students' code may use up memory, time or disk.",
    "descriptors": "Students' code inherits open files.",
    "environment": "Students' code sees environment variables, which may hold passwords.",
    LIBRARIES: "Students' code cannot import what it has not imported yet. Python may lie in a folder of root's: "
    "install it elsewhere, or grade where namespaces are allowed.",
}


@dataclass(frozen=True)
class Finding:
    """What a probe found about a layer."""

    state: Literal["proved", "missing", "left out"]
    detail: str  # what was tried and what the kernel said; if missing, also what follows


def probe(rooms: Rooms) -> dict[str, Finding]:
    """Try every forbidden act in a confined candidate; in the zygote, after `prepare`, once.

    Args:
        rooms: from `confinement.prepare`. Its canaries are closed.

    Returns:
        A finding for each layer, and one for `LIBRARIES`.

    Raises:
        ConfinementError: not even a fork was possible.
    """
    small = replace(rooms, plan=replace(rooms.plan, scratch_bytes=MIB, scratch_files=40, file_bytes=MIB // 4))
    folder = None if rooms.plan.has(Layer.MOUNT) else tempfile.mkdtemp(prefix="sealgrade-probe-")
    inherited, source, sink = os.open("/dev/null", os.O_RDONLY), *os.pipe()
    try:
        pid = confinement.fork(small)
        if pid == 0:
            _candidate(small, folder, inherited, sink)
        os.close(sink)
        tried, end = _read(source, pid)
    finally:
        os.close(inherited)
        os.close(source)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    if _arrived(rooms.canaries):
        tried.append(("network", "reach a port of this computer", None))
    for canary in rooms.canaries:
        canary.close()
    rooms.canaries = []
    return {name: _finding(name, rooms, tried, end) for name in [*map(str, Layer), LIBRARIES]}


def tier(findings: dict[str, Finding]) -> Tier:
    """Give the best tier whose layers are all proved.

    Args:
        findings: from `probe`.

    Returns:
        "D" if not even C is: only for submissions that are trusted.
    """
    names: tuple[Tier, ...] = ("A", "B", "C")
    proved = (name for name in names if all(findings[layer].state == "proved" for layer in TIERS[name]))
    return next(proved, "D")


_Tried = list[tuple[str, str, int | None]]  # layer, act, the error number; None if the act succeeded


def _finding(name: str, rooms: Rooms, tried: _Tried, end: str) -> Finding:
    plain = name == Layer.UID and rooms.plan.uid is None and os.geteuid() != 0
    if plain:
        return Finding("proved", "the user that grades is not root; the candidate has its uid, and no other right")
    if name != LIBRARIES and name not in rooms.plan.layers:
        return Finding("left out", "the plan does not have it")
    mine = [(act, number) for layer, act, number in tried if layer == name]
    done = [act for act, number in mine if number is None]
    if done:
        return Finding("missing", f"it could: {', '.join(done)}. {_FOLLOWS[name]}")
    if end or not mine:
        return Finding("missing", f"the probe {end or 'did not get as far'}. {_FOLLOWS[name]}")
    return Finding("proved", "; ".join(f"{act}: {os.strerror(number) if number else 'no'}" for act, number in mine))


def _arrived(canaries: list[socket.socket]) -> bool:
    return bool(canaries) and bool(select.select(canaries, [], [], 0)[0])


def _read(source: int, pid: int) -> tuple[_Tried, str]:
    text, late = b"", time.monotonic() + _PATIENCE
    while select.select([source], [], [], max(0.0, late - time.monotonic()))[0]:
        chunk = os.read(source, 65536)
        if not chunk:
            break
        text += chunk
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    tried: _Tried = [tuple(json.loads(line)) for line in text.splitlines()]
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return tried, ""
    trying = f" while it tried to {tried[-1][1]}" if tried else " before it tried anything"
    return tried, f"ended with {code}{trying}"


def _candidate(rooms: Rooms, folder: str | None, inherited: int, sink: int) -> NoReturn:
    """Be confined, try everything, report each act as a line, and end; never return into the zygote's code."""
    code = 1
    try:
        os.environ[VARIABLE] = "1"
        zygote = os.getppid()
        ports = [canary.getsockname()[1] for canary in rooms.canaries]
        confinement.make_scratch(rooms, folder)
        try:
            confinement.confine(rooms, keep=[sink])
        except ConfinementError as error:
            os.write(sink, _line(error.layer, str(error), None))
            os._exit(1)
        for layer, name, act in forbidden(rooms.plan, inherited, zygote, ports):
            os.write(sink, _line(layer, name, _try(act)))
        code = 0
    finally:
        os._exit(code)


def _line(layer: str, act: str, number: int | None) -> bytes:
    return json.dumps([layer, act, number]).encode() + b"\n"


def _try(act: Act) -> int | None:
    """Give the error number of an act that was refused; 0 if it says itself that it came to nothing, None if not."""
    try:
        return 0 if act() is False else None
    except OSError as error:
        return error.errno or 0
    except MemoryError:
        return errno.ENOMEM
