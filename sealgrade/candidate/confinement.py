"""The one way into confinement: `prepare` and `fork` in the zygote, `make_scratch` and `confine` in the candidate.

Theory of operation. Against a student's code that does whatever a process can do: read the examiner's files, talk to
the network or to other students' processes, outlive its grading, use up the machine, or trick a trusted program into
acting for it. What it promises: the candidate sees libraries and an empty folder, reaches no other process and no
network, cannot start another process, and is bounded in memory, time, threads, files and bytes. It does not promise
to withstand a hole in the kernel, nor to hide what the zygote's own memory holds: a zygote must know no secrets.

The order matters. Before the fork: canaries (they must lie outside), namespaces and root, then what can be made once,
as the filter and the ruleset. After it: session, scratch, descriptors, environment, limits; capabilities when nothing
needs them any more; no_new_privs, which the last two require; Landlock, which the filter would forbid; the filter. Each
layer stands by itself, so that one of them can fail, or be left out by a test, and the others still hold.

    rooms = prepare(plan)          # zygote, once, one thread, after its imports; may go on in a child process
    pid = fork(rooms)              # zygote, for each candidate
    if pid == 0:
        folder = make_scratch(rooms)   # then put the released data into it
        confine(rooms, keep=[channel])
        ...                            # student code from here on; never return into the zygote's code
"""

import contextlib
import errno
import os
import socket
from collections.abc import Iterable

from . import kernel, landlock, namespaces, process, seccomp
from .errors import ConfinementError
from .namespaces import Rooms
from .plan import Layer, Plan

_PR_SET_NO_NEW_PRIVS = 38


def prepare(plan: Plan) -> Rooms:
    """Make everything that candidates share, and go into it; once, in the zygote, with one thread, after its imports.

    With the process layer the caller goes on in a child: the process that was started stays as its guard, has closed
    all descriptors, and ends as the zygote ends. Killing the guard kills the zygote and every candidate.

    Args:
        plan: the layers and limits.

    Returns:
        What the other functions need.

    Raises:
        ConfinementError: a layer cannot be had; the process must end, and a weaker plan starts in a new one.
    """
    canaries = _plant_canaries()
    others = process.count_other_processes(plan)
    program = seccomp.program(plan) if plan.has(Layer.SECCOMP) else None
    rooms = namespaces.enter(plan)
    rooms.canaries, rooms.other_processes, rooms.program = canaries, others, program
    rooms.zygote = os.getpid()
    if plan.has(Layer.LANDLOCK) and plan.has(Layer.MOUNT):
        rooms.ruleset = landlock.make_ruleset(plan.read_only, os.path.dirname(namespaces.SCRATCH), alone=False)  # noqa: PTH120
    if not plan.has(Layer.MOUNT):
        _check_libraries(plan)
    if plan.has(Layer.CAPABILITIES):
        process.bound_capabilities()
    if plan.has(Layer.ENVIRONMENT):
        process.empty_environment()
    if rooms.proc is not None:
        os.close(rooms.proc)
        rooms.proc = None
    process.forbid_dumps()
    return rooms


def fork(rooms: Rooms) -> int:
    """Fork a candidate, as the first process of a pid namespace of its own.

    Args:
        rooms: from `prepare`.

    Returns:
        0 in the candidate; in the zygote the candidate's number, as the zygote's namespace counts.

    Raises:
        ConfinementError: the system refuses the namespace.
    """
    if not rooms.plan.has(Layer.PROCESS):
        return os.fork()
    namespaces.new_process_namespace(rooms)
    try:
        pid = os.fork()
    except OSError:
        namespaces.back_to_own_processes(rooms)
        raise
    if pid:
        namespaces.back_to_own_processes(rooms)
    return pid


def scratch(rooms: Rooms) -> str:
    """Tell where a candidate's files will be.

    Args:
        rooms: from `prepare`.

    Returns:
        The path of the scratch: the same for every candidate where there is a mount layer.

    Raises:
        ConfinementError: without a mount layer, before `make_scratch` was given a folder.
    """
    if rooms.scratch is None and not rooms.plan.has(Layer.MOUNT):
        raise ConfinementError(Layer.MOUNT, errno.ENOENT, "find the scratch", "Give make_scratch an empty folder.")
    return rooms.scratch or namespaces.SCRATCH


def make_scratch(rooms: Rooms, folder: str | None = None) -> str:
    """Give the calling candidate its scratch; after the fork, before `confine`, at most once.

    Args:
        rooms: from `prepare`.
        folder: an empty folder that nobody else uses, where the plan has no mount layer. Its size is not bounded then:
            watch it, and remove it afterwards.

    Returns:
        The path of the scratch.

    Raises:
        ConfinementError: the system refuses the mount, or there is no folder.
    """
    rooms.scratch = namespaces.private_scratch(rooms) if rooms.plan.has(Layer.MOUNT) else folder
    return scratch(rooms)


def confine(rooms: Rooms, keep: Iterable[int] = ()) -> None:
    """Apply every layer of the plan to the calling candidate, for good; it has one thread, and its scratch.

    Args:
        rooms: from `prepare`.
        keep: descriptors that stay open, besides 0, 1 and 2.

    Raises:
        ConfinementError: a layer cannot be had; the candidate must end at once.
    """
    plan = rooms.plan
    here = rooms.scratch or make_scratch(rooms)
    process.bind_to_zygote(rooms.zygote, hidden=plan.has(Layer.PROCESS))
    ruleset = rooms.ruleset
    if plan.has(Layer.LANDLOCK) and ruleset is None:
        ruleset = landlock.make_ruleset(plan.read_only, here, alone=True)
    if plan.has(Layer.DESCRIPTORS):
        process.close_descriptors({0, 1, 2, *keep} | ({ruleset} if ruleset is not None else set()))
    if plan.has(Layer.ENVIRONMENT):
        os.environ.clear()
        os.environ.update({"HOME": here, "TMPDIR": here, "LANG": "C.UTF-8", "PATH": "", "MPLBACKEND": "agg"})
        os.environ["NBGRADER_EXECUTION"] = "autograde"  # nbgrader's word to notebooks that they are being graded
    os.umask(0o077)
    os.chdir(here)
    if plan.has(Layer.RLIMITS):
        process.limit(plan, rooms.other_processes)
    if plan.has(Layer.CAPABILITIES):
        process.drop_capabilities()
    kernel.call(Layer.SECCOMP, "rule out new privileges", "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if ruleset is not None:
        landlock.restrict(ruleset)
        os.close(ruleset)
    if rooms.program is not None:
        seccomp.install(rooms.program.packed(os.getpid()))


def _check_libraries(plan: Plan) -> None:
    """Refuse a uid that cannot read Python: a candidate would fail at its next import, and look like wrong work."""
    for path in plan.read_only:
        if not os.access(path, os.R_OK):
            raise ConfinementError(
                Layer.UID,
                errno.EACCES,
                f"read {path} with uid {os.getuid()}",
                "Install Python and the course's environment where every user can read them, or grade where a mount "
                "namespace is allowed.",
            )


def _plant_canaries() -> list[socket.socket]:
    """Listen outside of the confinement, so that the probe can show that nothing gets there: TCP, then UDP."""
    canaries: list[socket.socket] = []
    with contextlib.suppress(OSError):  # a system without a loopback interface: there is nothing to reach
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            canary = socket.socket(socket.AF_INET, kind)
            canaries.append(canary)
            canary.bind(("127.0.0.1", 0))
            canary.settimeout(0.05)
        canaries[0].listen(1)
    return canaries
