"""Before and after a run with hostile students, the machine is the same, and the grader has touched nobody else.

The attackers know everything here: paths, ports and numbers of processes stand in their cells.
"""

import ctypes
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import ENVIRONMENT, TOOLS
from .course import SECRET, Attack, attack, copy_of, hand_in_honestly
from .tries import HIT, REFUSED, tries

SECONDS = 120  # for all; each of them alone may take 2 cells' time, and the machine may be busy
_PR_SET_CHILD_SUBREAPER = 36

VICTIM = """
import sys, time
token = sys.argv[1]
print("ready", flush=True)
while sys.stdin.readline():
    print(token, flush=True)
"""
FORKERS = """
import os, signal, threading, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
for _ in range(100):
    try:
        os.setsid()
    except OSError:
        pass
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    except OSError:
        pass
def stay():
    while True:
        try:
            time.sleep(600)
        finally:
            stay()
for _ in range(40):
    threading.Thread(target=stay).start()
"""
MEMORY = """
import mmap
kept = []
try:
    while True:
        kept.append(mmap.mmap(-1, 1 << 27))
        kept[-1].write(bytes(1 << 22))
except OSError:
    pass
"""
DISK = """
import os, tempfile
for folder in (".", tempfile.gettempdir(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm"):
    try:
        for i in range(100):
            open(f"{folder}/pwned{i}", "wb").write(bytes(1 << 24))
    except OSError:
        pass
"""
DESCRIPTORS = """
import os, socket
kept = []
try:
    while True:
        kept += socket.socketpair()
except OSError:
    pass
"""
HANGS = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
"""


@dataclass
class Canaries:
    """What lies around, for everybody to find."""

    root: Path
    home: Path
    temporary: Path
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket
    victim: "subprocess.Popen[str]"
    token: str

    def attempts(self) -> dict[str, str]:
        """What an attacker makes of it."""
        pid, paths = self.victim.pid, {}
        for path in (
            self.root / "secret.txt",
            self.root / "gradebook.db",
            self.root / "source/ex/one.ipynb",
            self.root / "submitted/ada/ex/one.ipynb",
            self.root / "nbgrader_config.py",
            self.home / ".ssh/id",
            self.temporary / "shared",
        ):
            paths |= {
                f"read {path}": f"open({str(path)!r}).read()",
                f"write {path}": f"open({str(path)!r}, 'a').write('pwned')",
                f"remove {path}": f"os.remove({str(path)!r})",
                f"see {path}": f"os.stat({str(path)!r})",
                f"write beside {path}": f"open({str(path.parent / 'pwned')!r}, 'w')",
                f"mode of {path}": f"os.chmod({str(path)!r}, 0o777); os.stat({str(path)!r})",
            }
        tcp, udp = self.tcp.getsockname(), self.udp.getsockname()
        return paths | {
            "tcp": f"socket.create_connection({tcp!r}, timeout=1)",
            "mptcp": f"socket.socket(2, 1, 262).connect({tcp!r})",
            "udp": f"socket.socket(2, 2).sendto(b'answers', {udp!r})",
            "unix": f"socket.socket(1).connect({self.unix.getsockname()!r})",
            "abstract": f"socket.socket(1).connect({self.abstract.getsockname()!r})",
            "kill": f"os.kill({pid}, 9)",
            "stop": f"os.kill({pid}, 19)",
            "limit": f"import resource; resource.prlimit({pid}, resource.RLIMIT_NOFILE, (3, 3))",
            "nice": f"os.setpriority(os.PRIO_PROCESS, {pid}, 19)",
            "cores": f"os.sched_setaffinity({pid}, {{0}})",
            "environ": f"open('/proc/{pid}/environ').read()",
            "memory": f"open('/proc/{pid}/mem', 'rb').read(1)",
            "trace": f"hit = call(101, 16, {pid}, 0, 0)",
            "examiner": "os.kill(os.getppid() or 2, 9)",
            "memory for all": "hit = libc.shmget(0x5EA2, 4096, 0o1666) != -1",
            "queue for all": "hit = libc.msgget(0x5EA2, 0o1666) != -1",
            "semaphore for all": "hit = libc.semget(0x5EA2, 1, 0o1666) != -1",
            "named memory": "hit = libc.shm_open(b'/pwned', 0o102, 0o666) != -1",
        }


def _attackers(canaries: Canaries) -> list[Attack]:
    attempts = canaries.attempts()
    wrong = "\ndef add(a, b):\n    return a - b\n"
    return [
        Attack("M", "knows-everything", {"one-add": tries(attempts)}),
        Attack("M", "stays", {"one-add": FORKERS + wrong}),
        Attack("M", "stays-and-dies", {"one-add": FORKERS + "\nos._exit(0)"}),
        Attack("M", "memory", {"one-add": MEMORY + wrong}),
        Attack("M", "disk", {"one-add": DISK + wrong}),
        Attack("M", "descriptors", {"one-add": DESCRIPTORS + wrong}),
        Attack("M", "hangs", {"one-add": HANGS + wrong}),
    ]


def _files(*roots: Path) -> dict[str, tuple[Any, ...]]:
    """Each file with its mode, owner, time and content."""
    found = {}
    for root in roots:
        for path in [root, *root.rglob("*")]:
            at = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(at.st_mode) else ""
            when = 0 if stat.S_ISDIR(at.st_mode) else at.st_mtime_ns
            found[str(path)] = (at.st_mode, at.st_uid, at.st_gid, when, content)
    return found


def _children() -> set[int]:
    """The processes below this one, that have not ended."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has ended
            continue
        if state not in "ZX":
            parents[int(path.parent.name)] = int(parent)
    below, found = {os.getpid()}, set()
    while below:
        below = {pid for pid, parent in parents.items() if parent in below} - found
        found |= below
    return found


def _of_system() -> dict[str, Any]:
    memory = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    names = ("shm", "msg", "sem")
    segments = {name: Path(f"/proc/sysvipc/{name}") for name in names}
    return {
        "memory": int(memory.group(1)) * 1024 if memory else 0,
        "descriptors": int(Path("/proc/sys/fs/file-nr").read_text().split()[0]),
        "segments": {n: p.read_text().count("\n") if p.exists() else 0 for n, p in segments.items()},
        "named": [path.name for path in Path("/dev/shm").glob("*pwned*")],
        "pwned": [str(p) for f in ("/tmp", "/var/tmp", "/", "/run") for p in Path(f).glob("pwned*")],
    }


def _of_victim(pid: int) -> dict[str, str]:
    process = Path(f"/proc/{pid}")
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return {
        "nice and start": f"{fields[16]} {fields[19]}",
        "limits": (process / "limits").read_text(),
        "environ": (process / "environ").read_text(),
        "command": (process / "cmdline").read_text(),
        "cores": re.findall("Cpus_allowed:.*", (process / "status").read_text())[0],
    }


@dataclass
class Told:
    """What there was before and after the run."""

    canaries: Canaries
    root: Path
    seconds: float
    before: dict[str, Any]
    after: dict[str, Any]
    report: dict[str, Any]


@pytest.fixture(scope="module")
def told(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    base = tmp_path_factory.mktemp("machine")
    root, home, temporary = base / "course", base / "home", base / "tmp"
    copy_of(bare, root)
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/id").write_text(SECRET)
    temporary.mkdir(mode=0o777)
    temporary.chmod(0o777)
    (temporary / "shared").write_text(SECRET)
    (temporary / "shared").chmod(0o666)
    environment = {**ENVIRONMENT, "HOME": str(home), "TMPDIR": str(temporary)}

    def grade(*options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [TOOLS / "sealgrade", "grade", "ex", *options],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=5 * SECONDS,
            check=True,
        )

    hand_in_honestly(root)
    grade()  # fills the caches of the user that grades
    libc = ctypes.CDLL(None)
    with ExitStack() as stack:
        # Whoever outlives its parent becomes a child of this process, and so is seen.
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        stack.callback(libc.prctl, _PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        ports = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"/tmp/canary-{secrets.token_hex(4)}"),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0canary-{secrets.token_hex(4)}"),
        ):
            port = stack.enter_context(socket.socket(family, kind))
            port.bind(address)
            if kind == socket.SOCK_STREAM:
                port.listen()
            port.setblocking(False)
            ports.append(port)
        stack.callback(os.unlink, ports[2].getsockname())
        os.chmod(ports[2].getsockname(), 0o777)  # noqa: PTH101
        token = secrets.token_hex()
        victim = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", VICTIM, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        assert victim.stdout
        assert victim.stdout.readline() == "ready\n"
        canaries = Canaries(root, home, temporary, *ports, victim, token)
        for one in _attackers(canaries):
            attack(root, one)

        def now() -> dict[str, Any]:
            return {
                "files": _files(root, home, temporary),
                "children": _children(),
                "victim": _of_victim(victim.pid),
                **_of_system(),
            }

        before, start = now(), time.monotonic()
        grade()
        seconds = time.monotonic() - start
        late = time.monotonic() + 5  # for the kernel to end what was killed
        while _children() != before["children"] and time.monotonic() < late:
            time.sleep(0.1)
        after = now()
        report = json.loads(grade("--json").stdout)
        yield Told(canaries, root, seconds, before, after, report)
        victim.kill()
    shutil.rmtree(base)


def test_the_run_ends_in_time(told: Told) -> None:
    assert told.seconds < SECONDS


def test_no_process_is_left(told: Told) -> None:
    assert told.after["children"] == told.before["children"]


def test_no_file_is_changed_but_the_courses_own_results(told: Told) -> None:
    before, after = told.before["files"], told.after["files"]
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    own = ("autograded", "feedback", ".sealgrade", ".nbgrader.log", "gradebook.db")
    assert {path for path in changed if not path.startswith(tuple(str(told.root / name) for name in own))} == set()
    assert not [path for path in after if "pwned" in path]


def test_nothing_is_left_in_memory_descriptors_and_folders_of_all(told: Told) -> None:
    before, after = told.before, told.after
    assert after["segments"] == before["segments"]
    assert after["named"] == after["pwned"] == []
    assert abs(after["descriptors"] - before["descriptors"]) < 2000
    assert after["memory"] > before["memory"] - (3 << 30)  # a bomb that is left has 4 GiB; others work here too
    assert sum(path.stat().st_size for path in told.root.rglob("*") if path.is_file()) < 50_000_000


def test_a_process_of_the_same_user_lives_and_is_as_it_was(told: Told) -> None:
    assert told.after["victim"] == told.before["victim"]
    victim = told.canaries.victim
    assert victim.stdin
    assert victim.stdout
    victim.stdin.write("\n")
    victim.stdin.flush()
    assert victim.stdout.readline().strip() == told.canaries.token


def test_nobody_has_knocked_at_a_port(told: Told) -> None:
    canaries = told.canaries
    for port in (canaries.tcp, canaries.unix, canaries.abstract):
        with pytest.raises(BlockingIOError):
            port.accept()
    with pytest.raises(BlockingIOError):
        canaries.udp.recv(100)


def test_no_attempt_succeeds(told: Told) -> None:
    text = (told.root / "autograded/m-knows-everything/ex/one.ipynb").read_text()
    assert HIT not in text.replace(repr(HIT), "")
    assert text.count(f'"{REFUSED}') == len(told.canaries.attempts())
    assert SECRET not in text


def test_each_attacker_is_graded_and_told_why(told: Told) -> None:
    results = {result["student"]: result for result in told.report["students"]}
    for one in _attackers(told.canaries):
        parts = {part["name"]: part for part in results[one.who]["parts"]}
        assert {name: parts[name]["score"] for name in one.expected} == one.expected
        assert parts["one-add"]["message"]
    assert "was killed" in " ".join(results["m-hangs"]["notes"]) or "interrupted" in " ".join(
        results["m-hangs"]["notes"]
    )
    assert results["ada"]["total"] == 10
