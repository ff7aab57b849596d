"""A warm process from which candidates are forked.

Theory of operation. Starting Python, numpy, matplotlib and IPython takes a second; a fork of a process that has them
takes milliseconds. What a process has in its memory, its forks can read. So the zygote is started afresh, not forked
from the examiner; it gets an empty environment and a module path without the course; it imports what notebooks use and
nothing else; and it never runs a student's code itself. It has one thread, since a fork copies only one.

No garbage is collected while it starts, since next to nothing of what imports make is garbage.

It serves one socket, from the examiner: `fork` comes with the candidate's end of the wall, and is answered with the
candidate's process number; `wait` is answered with the status that a candidate ended with; `forget` is not answered.
"""

import _sitebuiltins
import builtins
import gc
import importlib.util
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.fft
import numpy.linalg
import numpy.polynomial
import numpy.random  # numpy imports these when they are first used: here, and not in every candidate

from sealgrade.candidate import confinement, plotting, probe, scratch  # noqa: F401 - before all that needs matplotlib
from sealgrade.candidate.errors import ConfinementError
from sealgrade.candidate.objects import Objects
from sealgrade.candidate.plan import Layer, Plan
from sealgrade.candidate.shell import StudentShell, make_shell
from sealgrade.wall.channel import Channel, Closed
from sealgrade.wall.conversation import Breach, Conversation


def main(descriptor: int) -> None:
    """Serve the examiner on a socket until it closes."""
    control = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shell = make_shell()
    builtins.help = _sitebuiltins._Helper()
    order = json.loads(control.recv(1 << 16))
    try:
        _check_imports(order["forbidden"])
        plan = Plan.from_json(order["plan"])
        shell.outputs.most = plan.output
        rooms = confinement.prepare(plan)
        findings = probe.probe(rooms)
    except (ConfinementError, ImportError, OSError) as error:
        control.sendall(json.dumps({"error": str(error)}).encode())
        return
    folders: dict[int, str] = {}
    gc.freeze()  # so that a candidate's garbage collection does not copy what it shares
    gc.enable()
    told = {name: (finding.state, finding.detail) for name, finding in findings.items()}
    control.sendall(json.dumps({"findings": told, "tier": probe.tier(findings)}).encode())
    ended: list[int] = []
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not data:
            return
        order = json.loads(data)
        if "fork" in order:
            # To end takes a process some milliseconds. Nobody waits for that but who asks for the status.
            ended = [pid for pid in ended if not _has_ended(pid, folders, os.WNOHANG)]
            folder = None if plan.has(Layer.MOUNT) else tempfile.mkdtemp(prefix="sealgrade-")
            pid = confinement.fork(rooms)
            if pid == 0:
                control.close()
                _become_candidate(descriptors[0], rooms, shell, folder)
            if folder:
                folders[pid] = folder
            os.close(descriptors[0])
            # A number could be given to another process once this one has ended; a descriptor cannot.
            process = os.pidfd_open(pid)
            socket.send_fds(control, [json.dumps({"pid": pid, "folder": folder}).encode()], [process])
            os.close(process)
        elif "forget" in order:
            ended.append(order["forget"])
        else:
            status = _has_ended(order["wait"], folders, 0)
            control.sendall(json.dumps({"status": status[0] if status else 0}).encode())


def _has_ended(pid: int, folders: dict[int, str], options: int) -> tuple[int] | None:
    """Take note of a candidate's end; return its exit status, if it has ended."""
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | options) is None:
        return None
    _, status = os.waitpid(pid, 0)
    if pid in folders:
        scratch.remove(folders.pop(pid))
    return (os.waitstatus_to_exitcode(status),)


def _check_imports(forbidden: list[str]) -> None:
    for name in forbidden:
        if importlib.util.find_spec(name) is not None:
            raise ImportError(
                f"The course's package `{name}` is installed where students' code can import it. Uninstall it (an "
                "editable install is fine), or rename the folder."
            )


def _become_candidate(descriptor: int, rooms: Any, shell: StudentShell, folder: str | None) -> None:
    """Confine this process and serve the examiner; never return to the zygote's code."""
    try:
        shell.outputs.catch_descriptors()
        confinement.make_scratch(rooms, folder)
        confinement.confine(rooms, [descriptor, *shell.outputs.descriptors])
        _serve(socket.socket(fileno=descriptor), shell)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(0)


class _SharedChannel(Channel):
    """A channel that several threads send on: what one prints must not get into the middle of another's answer."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._sending = threading.RLock()

    def send(self, body: bytes, deadline: float | None = None) -> None:
        with self._sending:
            super().send(body, deadline)

    def _flush(self, deadline: float | None) -> None:
        with self._sending:  # to receive sends first what is left
            super()._flush(deadline)


def _serve(connection: socket.socket, shell: StudentShell) -> None:
    objects = Objects(shell.user_ns, shell.line_in_notebook)

    def serve(question: Any) -> bytes:
        operation, released, arguments = question
        if operation == "run":
            return objects.encoder.encode(objects.in_students_turn(shell.run, *arguments))
        if operation in ("start", "seed", "write"):
            own: dict[str, Callable[..., None]] = {"start": _start, "seed": _seed, "write": _write}
            own[operation](*arguments)
            return objects.encoder.encode(None)
        shell.outputs.start_cell()
        try:
            return objects.perform(operation, released, arguments)
        finally:
            shell.outputs.end_text()  # a test may look at what its call has printed

    conversation = Conversation(
        _SharedChannel(connection), objects.encoder, objects.decoder, serve, objects.describe, caught=BaseException
    )
    objects.conversation = conversation

    def emit(output: tuple[Any, ...]) -> None:
        with objects.speaking():
            conversation.put_out(output)

    def on_interrupt(*_: Any) -> None:
        if objects.busy:
            raise KeyboardInterrupt

    shell.outputs.emit = emit
    signal.signal(signal.SIGINT, on_interrupt)
    while True:
        try:
            conversation.answer_next()
        except (Closed, Breach):
            return


def _start(seed: int) -> None:
    """Seed what is random, so that a second grading sees the same; modules of the assignment can be imported."""
    sys.path.append(str(Path.cwd()))  # last: what lies there takes nobody else's place
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # Where `default_rng()` and its like, without a seed, get one from.
    vars(np.random.bit_generator)["randbits"] = random.Random(seed).getrandbits


def _seed(module: str, value: Any) -> None:
    """Follow a test that seeds its random numbers: in plain Jupyter they are the student's too."""
    (np.random.seed if module == "numpy" else random.seed)(value)


def _write(name: str, content: bytes) -> None:
    """Add to a file of the assignment, in the scratch folder."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(content)
