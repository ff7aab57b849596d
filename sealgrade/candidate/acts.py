"""The forbidden acts that a probing candidate tries, each with the layer that is to refuse it.

Theory of operation. Every act is chosen so that it does no harm if it succeeds, even as root on a system that has none
of the layers: what it makes is empty or removed at once, what it calls has arguments that the call itself refuses. An
error of the kernel's means that the act was refused. The order matters where one act would spoil another: descriptors
come first, and what fills the scratch comes last.
"""

import errno
import mmap
import os
import resource
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from . import kernel, process
from .plan import Layer, Plan

LIBRARIES = "libraries"  # not a layer: whether a candidate can still read what it has to import
VARIABLE = "SEALGRADE_PROBE"
_OUTSIDE = ("/etc/passwd", "/proc/self/status", "/sys/kernel")
_IPPROTO_MPTCP = 262

Act = Callable[[], object]


def forbidden(plan: Plan, inherited: int, zygote: int, ports: Sequence[int]) -> Iterator[tuple[str, str, Act]]:
    """Name each forbidden act with its layer; it was refused if it raises an OSError or returns False.

    Args:
        plan: the limits to run into.
        inherited: a descriptor that the zygote had open.
        zygote: the number of the zygote's process.
        ports: the TCP and the UDP port of a canary on this computer.

    Yields:
        The layer, what is done in words, and the act.
    """
    # First, since what is opened later takes free numbers.
    yield "descriptors", "use a descriptor of the zygote's", partial(os.fstat, inherited)
    yield "environment", "read a variable of the zygote's", lambda: VARIABLE in os.environ
    for path in _OUTSIDE:
        yield "mount", f"see {path}", partial(os.stat, path)
    yield "landlock", "make a symbolic link", partial(os.symlink, "/etc/passwd", "link")
    yield "landlock", "make a pipe with a name", partial(os.mkfifo, "pipe")
    for folder in ("/", "/tmp", "/dev", *plan.read_only[:1]):
        yield "landlock", f"write in {folder}", partial(_make_outside, folder)
    tcp, udp = ports or (9, 9)
    yield "network", "send a datagram to this computer", partial(_send, udp)
    yield "network", "connect to a port of this computer", partial(_connect, tcp, 0)
    yield "network", "connect by MPTCP", partial(_connect, tcp, _IPPROTO_MPTCP)
    yield "process", "see the number of the zygote", lambda: os.getppid() != 0
    yield "process", "signal the zygote", partial(os.kill, zygote, 0)
    yield "uid", "be root", lambda: os.getuid() == 0
    yield "uid", "become root", partial(os.setuid, 0)
    yield "capabilities", "have capabilities", lambda: process.effective_capabilities() != 0
    for name, arguments in _FORBIDDEN_CALLS:
        yield "seccomp", f"call {name}", partial(_call, name, *arguments)
    yield "seccomp", "open a netlink socket", partial(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 0)
    yield "seccomp", "open a unix socket", partial(socket.socket, socket.AF_UNIX)
    yield "no_fork", "fork", _fork
    yield "rlimits", "take too much memory", partial(mmap.mmap, -1, plan.memory_bytes)
    yield "rlimits", "write too large a file", partial(_write, "large", plan.file_bytes + 1)
    yield "rlimits", "open too many files", partial(_open, plan.open_files)
    yield "rlimits", "run without end", partial(_is_unlimited, resource.RLIMIT_CPU)
    yield "rlimits", "start threads without end", partial(_is_unlimited, resource.RLIMIT_NPROC)
    yield LIBRARIES, "be kept from Python's own files", lambda: not os.access(os.__file__, os.R_OK)
    if plan.has(Layer.MOUNT):
        yield "mount", "fill the disk", partial(_fill, plan.scratch_bytes, plan.file_bytes)
        yield "mount", "make files without end", partial(_make_many, plan.scratch_files)


# With arguments that are wrong, so that nothing happens where the call itself, and no filter, refuses them.
_FORBIDDEN_CALLS: tuple[tuple[str, tuple[kernel.Argument, ...]], ...] = (
    ("execve", (b"/nonexistent", None, None)),
    ("ptrace", (16, 0, 0, 0)),
    ("unshare", (1,)),
    ("mount", (b"none", b"/nonexistent", b"tmpfs", 0, None)),
    ("keyctl", (0, -3, 1)),
    ("memfd_create", (b"probe", 1)),
    ("io_uring_setup", (0, None)),
    ("bpf", (0, None, 0)),
    ("userfaultfd", (1,)),
    ("perf_event_open", (None, 0, 0, 0, 0)),
    ("shmget", (0, 0, 0)),
    ("setpriority", (0, 0, 0)),
)


def _call(name: str, *arguments: kernel.Argument) -> None:
    """Raise what a filter answers; any other answer came from the call itself: nothing was in its way."""
    _, number = kernel.attempt(name, *arguments)
    if number in (errno.EPERM, errno.ENOSYS):
        raise OSError(number, os.strerror(number))


def _make_outside(folder: str) -> None:
    path = f"{folder}/sealgrade-probe-{os.getpid()}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    os.unlink(path)  # noqa: PTH108


def _send(port: int) -> bool:
    """Send a datagram; whether it arrived is for the zygote to see."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"probe", ("127.0.0.1", port))
    return False


def _connect(port: int, protocol: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as channel:
        channel.settimeout(0.2)
        channel.connect(("127.0.0.1", port))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _is_unlimited(kind: int) -> bool:
    return resource.getrlimit(kind)[1] == resource.RLIM_INFINITY


def _open(many: int) -> None:
    opened: list[int] = []
    try:
        opened.extend(os.dup(2) for _ in range(many))
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _write(name: str, size: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT)
    try:
        if size:
            os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _make_many(files: int) -> None:
    for i in range(files):
        _write(f"file{i}", 0)


def _fill(most: int, each: int) -> None:
    for i in range(most // each + 1):
        _write(f"part{i}", each)
