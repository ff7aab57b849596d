"""A view of the system in which there is nothing but libraries and an empty folder: namespaces and a root of its own.

Theory of operation. The zygote calls `enter` once, single-threaded and after its imports. In this order:

1. /proc is opened, since the maps of a user namespace are written through it and the new root has none.
2. A user namespace (which plain users may make, and which alone gives the right to make the others) together with
   mount, network, ipc and uts namespaces. Root does this in two steps: first a mount namespace as root, because the
   folders of Python may be readable to root only, and the rest after it has taken the uid of its slot.
3. The new root, as root.py tells: libraries, read-only, at their usual paths, and nothing else.
4. A pid namespace needs a fork: the process that called `enter` stays behind, does nothing but wait, and ends as its
   child ends; the child goes on as the zygote, as process 1. Only in a pid namespace that its own user namespace owns
   may a process go back to where it was, and so make a new pid namespace for every candidate with one fork each. And if
   the zygote dies, however it dies, the kernel kills every candidate.

A candidate then takes a mount namespace of its own and mounts a fresh tmpfs on the scratch folder, limited in bytes and
in files: what it leaves behind is gone with it. It cannot undo any of this: it has no capability by then, and the
mounts of a parent namespace are locked.
"""

import errno
import os
import signal
import socket
from dataclasses import dataclass, field
from typing import NoReturn

from . import kernel
from .errors import ConfinementError
from .plan import NAMESPACE_LAYERS, Layer, Plan
from .root import make_root
from .seccomp import Program

SCRATCH = "/sealgrade/work"  # below a folder that holds nothing else: see landlock.py

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


@dataclass
class Rooms:
    """What the zygote holds for its candidates."""

    plan: Plan
    pid_namespace: int | None = None  # the zygote's own, to come back to
    proc: int | None = None  # the old /proc
    scratch: str | None = None  # in a candidate: where its files are
    program: Program | None = None
    ruleset: int | None = None
    zygote: int = 0  # its number
    other_processes: int = 0  # of the same user, where threads are not counted per user namespace
    canaries: list[socket.socket] = field(default_factory=list)  # listen outside, for the probe


def enter(plan: Plan) -> Rooms:
    """Go into the namespaces of a plan and the new root.

    Args:
        plan: its layers say which.

    Returns:
        The rooms; where the plan has the process layer, in a child of the calling process.

    Raises:
        ConfinementError: a layer cannot be had. The process is then half in and must end.
    """
    rooms = Rooms(plan, proc=os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
    root = os.geteuid() == 0
    if root and plan.has(Layer.MOUNT):
        kernel.unshare(Layer.MOUNT, "leave the system's mounts", kernel.CLONE_NEWNS)
        make_root(plan.read_only, SCRATCH)
    if root and plan.has(Layer.UID):
        _become(plan)
    if plan.layers & NAMESPACE_LAYERS:
        _unshare(rooms)
        if not root and plan.has(Layer.MOUNT):
            make_root(plan.read_only, SCRATCH)
        if plan.has(Layer.PROCESS):
            _go_on_as_process_one(rooms)
    return rooms


def new_process_namespace(rooms: Rooms) -> None:
    """Let the next fork, and no other, start a pid namespace.

    Args:
        rooms: from `enter`; in the zygote.

    Raises:
        ConfinementError: the system does not allow it.
    """
    kernel.unshare(Layer.PROCESS, "make a pid namespace", kernel.CLONE_NEWPID)


def back_to_own_processes(rooms: Rooms) -> None:
    """Undo `new_process_namespace` after the fork, so that it can be called again.

    Args:
        rooms: from `enter`; in the zygote.

    Raises:
        ConfinementError: the system does not allow it.
    """
    assert rooms.pid_namespace is not None
    kernel.call(Layer.PROCESS, "go back to the own pid namespace", "setns", rooms.pid_namespace, kernel.CLONE_NEWPID)


def private_scratch(rooms: Rooms) -> str:
    """Mount a fresh, limited, empty folder that only the calling candidate sees.

    Args:
        rooms: from `enter`; in a child of the zygote.

    Returns:
        Its path.

    Raises:
        ConfinementError: the system does not allow it.
    """
    kernel.unshare(Layer.MOUNT, "leave the zygote's mounts", kernel.CLONE_NEWNS)
    limits = f"mode=700,size={rooms.plan.scratch_bytes},nr_inodes={rooms.plan.scratch_files}"
    kernel.mount_tmpfs(Layer.MOUNT, SCRATCH, _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, limits)
    return SCRATCH


def _become(plan: Plan) -> None:
    uid = plan.uid
    if not uid:
        raise ConfinementError(
            Layer.UID, errno.EINVAL, "take the uid of the slot", "Give Plan.uid a number that is not root's."
        )
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise ConfinementError(Layer.UID, error.errno or 0, f"take uid {uid}") from error
    # Cleared by the change of uid; without it the process may not write its own uid_map.
    kernel.call(Layer.UID, "be its own owner again", "prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def _unshare(rooms: Rooms) -> None:
    plan = rooms.plan
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(_first_layer(plan), "make a user namespace", kernel.CLONE_NEWUSER)
    try:
        # An unprivileged writer of gid_map has to give up setgroups first.
        for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            descriptor = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=rooms.proc)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
    except OSError as error:
        raise ConfinementError(_first_layer(plan), error.errno or 0, "map the own user into a namespace") from error
    if plan.has(Layer.MOUNT):
        kernel.unshare(Layer.MOUNT, "make a mount namespace", kernel.CLONE_NEWNS)
    if plan.has(Layer.NETWORK):
        kernel.unshare(Layer.NETWORK, "make a network namespace", kernel.CLONE_NEWNET)
    if plan.has(Layer.PROCESS):
        flags = kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
        kernel.unshare(Layer.PROCESS, "make pid, ipc and uts namespaces", flags)
        kernel.call(Layer.PROCESS, "name the host", "sethostname", b"candidate", len(b"candidate"))


def _first_layer(plan: Plan) -> str:
    return min(plan.layers & NAMESPACE_LAYERS)


def _go_on_as_process_one(rooms: Rooms) -> None:
    waiting = os.fork()
    if waiting:
        _end_as(waiting)
    kernel.call(Layer.PROCESS, "end with the process that waits", "prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        rooms.pid_namespace = os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=rooms.proc)
    except OSError as error:
        raise ConfinementError(Layer.PROCESS, error.errno or 0, "find the own pid namespace") from error


def _end_as(child: int) -> NoReturn:
    """Wait for the zygote, and end as it ends; a signal that ends this process ends the zygote too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the examiner to act on
    # Else the zygote's end would not be seen by who reads from its pipes and sockets.
    kernel.attempt("close_range", 0, 0xFFFF_FFFF, 0)
    kernel.attempt("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL) if os.WTERMSIG(status) != signal.SIGKILL else None
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
