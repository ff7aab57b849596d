"""The zygote's process; it can be started ahead, by a process that will not be the one that it serves.

Theory of operation. A zygote needs a second before it can fork. The command starts one when it begins, long before a
worker knows what there is to grade. What a worker needs of it, its descriptors, waits as a message in a socket that
every worker has: the first one that takes the message has the zygote, and nobody else has it any more. So it ends when
that worker does, and if nobody takes it, with the command, however that ends.
"""

import atexit
import contextlib
import os
import select
import signal
import site
import socket
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import sealgrade

_BOOT = """
import gc, sys
gc.disable()
descriptor, paths, home = {!r}, {!r}, {!r}
sys.path[:] = [p for p in sys.path if p] + paths
sys.path.append(home)
import sealgrade.candidate.zygote
if home not in paths:
    sys.path.remove(home)
sys.argv[:] = [""]
sys.orig_argv[:] = [""]
sealgrade.candidate.zygote.main(descriptor)
"""
_box: socket.socket | None = None  # where one that was started ahead waits


def package_folders() -> list[str]:
    """Return where installed packages are: what the student's code may import beside the standard library."""
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    return [folder for folder in dict.fromkeys(folders) if Path(folder).is_dir()]


@dataclass
class Process:
    """A zygote's process.

    Attributes:
        control: it answers here.
        handle: a descriptor of the process.
        errors: what it says when it fails.
        own: as its parent knows it, which has to take note of its end; None in other processes.
        is_ended: whether this process has done with it.
    """

    control: socket.socket
    handle: int
    errors: int
    own: subprocess.Popen[bytes] | None = None
    is_ended: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self.is_ended and not self._wait(0)

    def _wait(self, milliseconds: int | None = None) -> bool:
        """Wait for its end, whoever's child it is; return whether that has come."""
        end = select.poll()
        end.register(self.handle, select.POLLIN)
        return bool(end.poll(milliseconds))

    def said(self) -> bytes:
        """Return what it said before it ended; nothing, if it has not."""
        chunks = []
        while self._wait(0) and (chunk := os.read(self.errors, 1 << 16)):
            chunks.append(chunk)
        return b"".join(chunks)

    def end(self) -> None:
        """End it, and with it every candidate."""
        if self.is_ended:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        self._wait()
        if self.own is not None:
            self.own.wait()
        self.let_go()

    def let_go(self) -> None:
        """Close what this process has of it."""
        self.is_ended = True
        self.control.close()
        os.close(self.handle)
        os.close(self.errors)


def launch() -> Process:
    """Start one."""
    # Messages that keep their bounds: one may come while another has not been read.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    home = str(Path(sealgrade.__file__).resolve().parents[1])
    code = _BOOT.format(theirs.fileno(), package_folders(), home)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sealgrade"
    errors, said = os.pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-s", "-S", "-P", "-B", "-c", code],
            env={
                "LANG": "C.UTF-8",
                "PYTHONHASHSEED": "0",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                "MKL_NUM_THREADS": "1",
                "MPLCONFIGDIR": str(cache),  # for the list of fonts, which takes seconds to make
            },
            pass_fds=[theirs.fileno()],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # an interrupt at the terminal is for the examiner
        )
    os.close(said)
    return Process(ours, os.pidfd_open(process.pid), errors, process)


def launch_ahead() -> None:
    """Start one for the worker that needs one first."""
    global _box
    process = launch()
    outside, _box = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with outside:
        socket.send_fds(outside, [b"a zygote"], [process.control.fileno(), process.handle, process.errors])
    own = process.own
    process.let_go()
    assert own is not None

    def end() -> None:
        own.kill()  # who has it would end it, but it may still be with nobody
        own.wait()

    atexit.register(end)


def box() -> socket.socket | None:
    """Return where one that was started ahead waits, if there is one: for other processes' `use_box`."""
    return _box


def use_box(given: socket.socket | None) -> None:
    """Take over in this process from where another one has said that a zygote waits."""
    global _box
    _box = given


def take() -> Process | None:
    """Return one that was started ahead and that nobody has taken, if there is one."""
    global _box
    if _box is None:
        return None
    with _box:
        try:
            _, descriptors, _, _ = socket.recv_fds(_box, 16, 3, socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC)
        except OSError:  # another one was quicker
            descriptors = []
    _box = None
    if not descriptors:
        return None
    control, handle, errors = descriptors
    process = Process(socket.socket(fileno=control), handle, errors)
    if process.is_alive:
        return process
    process.let_go()
    return None
