"""Through the engine, each layer stops something: without it a cell of a student's succeeds, with it the cell fails."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pytest

from sealgrade.candidate.plan import default_plan
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.outputs import CellOutputs
from sealgrade.examiner.zygote import ConfinementUnavailable, Zygote

from .tries import HIT, REFUSED, tries

IS_ROOT = os.geteuid() == 0
Run = Callable[..., str]

# layers that have to be away -> what succeeds without them
ATTACKS = {
    ("mount",): "os.stat('/etc/passwd')",
    ("process",): "hit = os.getppid() != 0",
    ("uid",): "hit = os.getuid() == 0",
    ("landlock",): "os.symlink('/etc/passwd', 'one.ipynb')",
    ("seccomp",): "os.memfd_create('hidden')",
    ("no_fork",): "os.fork() or os._exit(0)",
    ("rlimits",): "import mmap; mmap.mmap(-1, 5 << 30, flags=2 | 0x20 | 0x4000)",
    # Its own are the wall, and the pipe behind the descriptors 1 and 2.
    ("descriptors",): """
found = []
for number in range(3, 100):
    try:
        os.fstat(number)
    except OSError:
        continue
    found.append(number)
hit = len(found) > 2""",
    ("environment",): "hit = 'PYTHONHASHSEED' in os.environ",
    # Without capabilities the host's name cannot be set, and the filter has no such call either.
    ("capabilities", "seccomp"): "hit = libc.sethostname(b'mine', 4) == 0",
}


def _readable_for_all() -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in Path(sys.executable).resolve().parents)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs code as a student's cell, in a candidate without some layers; returns what the cell printed."""
    zygotes: dict[tuple[str, ...], Zygote] = {}

    def run_without(code: str, *without: str) -> str:
        if "mount" in without and IS_ROOT and not _readable_for_all():
            without = (*without, "uid")  # a uid of its own could not read Python there
        if without not in zygotes:
            zygotes[without] = Zygote(default_plan().without(*without))
        outputs = CellOutputs()
        candidate = Candidate(zygotes[without], outputs.take, 2)
        try:
            candidate.start_cell(10)
            candidate.start(0, {})
            candidate.run(tries({"attack": code}), "")
        finally:
            candidate.close()
        text = "".join(output.get("text", "") for output in outputs.outputs)
        assert "tried: 1" in text, outputs.outputs
        return text

    try:
        run_without("hit = False")
    except ConfinementUnavailable as error:
        pytest.skip(f"this system does not give every layer: {error}")
    yield run_without
    for zygote in zygotes.values():
        zygote.close()


def succeeds(run: Run, code: str, *without: str) -> bool:
    text = run(code, *without)
    assert (HIT in text) != (REFUSED in text), text
    return HIT in text


@pytest.mark.parametrize("layers", ATTACKS, ids="+".join)
def test_a_cell_succeeds_only_without_the_layers_that_stop_it(run: Run, layers: tuple[str, ...]) -> None:
    if "uid" in layers and not IS_ROOT:
        pytest.skip("only root has another uid to take")
    for fewer in range(len(layers)):
        for without in combinations(layers, fewer):
            assert not succeeds(run, ATTACKS[layers], *without), without
    assert succeeds(run, ATTACKS[layers], *layers)


def test_a_datagram_leaves_only_without_network_namespace_and_filter(run: Run) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0.1)
        code = f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'answers', {port.getsockname()!r})"
        for without in [(), ("network",), ("seccomp",)]:
            assert not succeeds(run, code, *without)
            with pytest.raises(TimeoutError):
                port.recv(100)
        assert succeeds(run, code, "network", "seccomp")
        assert port.recv(100) == b"answers"
