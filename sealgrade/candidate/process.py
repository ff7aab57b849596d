"""What a process does to itself: limits, capabilities, descriptors, environment.

Theory of operation. These layers need no privilege and exist on every Linux. Capabilities go in two steps, because
most of it lasts over a fork: the zygote empties the bounding set and locks the bits that would give them back, and
keeps those that it needs to make rooms; each candidate gives up what is left with one call. The limit on threads
counts all processes of the user in its user namespace: there, or with a uid of its own, it is exact; for a plain user
without namespaces it also counts the user's desktop, so it is set that much higher, and only stops a flood.
"""

import ctypes
import errno
import os
import resource
import struct
from collections.abc import Iterable

from . import kernel
from .errors import ConfinementError
from .plan import NAMESPACE_LAYERS, Layer, Plan

_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 28, 47, 4
_LAST_CAPABILITY = 63
# NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each with its lock; KEEP_CAPS is off, and locked so.
_SECUREBITS = 0b1110_1111
_CAPABILITY_VERSION = 0x2008_0522
_CAP_SETPCAP = 8
_ROOM_FOR_THE_DESKTOP = 512
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SIGKILL = 9

_libc = ctypes.CDLL(None)


def bound_capabilities() -> None:
    """Empty the bounding set and lock the way back, where this process may; in the zygote.

    A process without CAP_SETPCAP has nothing to bound: it gains nothing without exec either, and that is forbidden.

    Raises:
        ConfinementError: the kernel refuses.
    """
    if not effective_capabilities() >> _CAP_SETPCAP & 1:
        return
    for capability in range(_LAST_CAPABILITY + 1):
        _, number = kernel.attempt("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        if number:  # beyond the last that this kernel has
            break
    layer = Layer.CAPABILITIES
    kernel.call(layer, "clear the ambient set", "prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    kernel.call(layer, "lock the bits of capabilities", "prctl", _PR_SET_SECUREBITS, _SECUREBITS, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability; in the candidate.

    Raises:
        ConfinementError: the kernel refuses.
    """
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    kernel.call(Layer.CAPABILITIES, "give up capabilities", "capset", header, bytes(24))


def effective_capabilities() -> int:
    """Read the capabilities of this process.

    Returns:
        One bit for each that is in force.
    """
    header, data = struct.pack("=Ii", _CAPABILITY_VERSION, 0), ctypes.create_string_buffer(24)
    kernel.attempt("capget", header, ctypes.addressof(data))
    low, _, _, high, _, _ = struct.unpack("=6I", data.raw)
    return int(low | high << 32)


def limit(plan: Plan, other_processes: int) -> None:
    """Set the limits of a plan, hard ones.

    Args:
        plan: with the limits.
        other_processes: how many of the user's processes and threads the limit on threads has to leave room for.

    Raises:
        ConfinementError: the kernel refuses.
    """
    threads = plan.threads + other_processes
    for kind, most in (
        (resource.RLIMIT_AS, plan.memory_bytes),
        (resource.RLIMIT_FSIZE, plan.file_bytes),
        (resource.RLIMIT_NOFILE, plan.open_files),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_NICE, 0),
    ):
        _limit(kind, most, most)
    # SIGXCPU first, which may be caught (and is lost on process 1); SIGKILL a second later, which is not.
    _limit(resource.RLIMIT_CPU, plan.cpu_seconds, plan.cpu_seconds + 1)


def _limit(kind: int, soft: int, hard: int) -> None:
    try:
        _, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or errno.EINVAL
        raise ConfinementError(Layer.RLIMITS, number, f"set limit {kind} to {soft}") from error


def count_other_processes(plan: Plan) -> int:
    """Count what the limit on threads has to leave room for; in the zygote, before it loses sight of /proc.

    Args:
        plan: decides on what the kernel will count.

    Returns:
        0 where the candidate is counted alone (the zygote and the process that waits aside).
    """
    if plan.layers & NAMESPACE_LAYERS or (os.geteuid() == 0 and plan.has(Layer.UID)):
        return 2
    uid, found = os.getuid(), 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    found += len(list(os.scandir(f"{entry.path}/task")))
            except OSError:  # it has ended
                continue
    return found + _ROOM_FOR_THE_DESKTOP


def close_descriptors(keep: Iterable[int]) -> None:
    """Close all descriptors but some.

    Args:
        keep: those that stay.

    Raises:
        ConfinementError: the kernel does not have close_range.
    """
    first = 0
    for descriptor in [*sorted(set(keep)), 0xFFFF_FFFF + 1]:
        if descriptor > first:
            kernel.call(Layer.DESCRIPTORS, "close descriptors", "close_range", first, descriptor - 1, 0)
        first = descriptor + 1


def empty_environment() -> None:
    """Overwrite the environment in memory and empty it; in the zygote, so that no candidate pays for it."""
    # unsetenv only forgets where the old text is; code with ctypes would still find it.
    environ = ctypes.POINTER(ctypes.c_void_p).in_dll(_libc, "environ")
    index = 0
    while environ and environ[index]:
        ctypes.memset(environ[index], 0, len(ctypes.string_at(environ[index])))
        index += 1
    _libc.clearenv()
    os.environ.clear()


def forbid_dumps() -> None:
    """Be nobody's to trace or dump; in the zygote, and so in every candidate.

    Raises:
        ConfinementError: the kernel refuses.
    """
    kernel.call(Layer.PROCESS, "forbid dumps", "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def bind_to_zygote(zygote: int, *, hidden: bool) -> None:
    """End when the zygote ends, and leave the terminal's session; in the candidate.

    Args:
        zygote: its number.
        hidden: the candidate cannot see this number, being in a pid namespace, which would end with the zygote anyway.

    Raises:
        ConfinementError: the kernel refuses.
    """
    os.setsid()
    kernel.call(Layer.PROCESS, "end with the zygote", "prctl", _PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if not hidden and os.getppid() != zygote:  # it ended before the call above
        os._exit(1)
