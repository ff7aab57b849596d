"""Each layer stops something: with all layers the attack fails; without that layer it succeeds.

Where two layers stop the same attack, both have to go before it succeeds, and each alone is shown to be enough.
"""

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from sealgrade.candidate.plan import ALL_LAYERS, MIB, TIERS, Plan

from .conftest import Grader

# layers that have to be away -> an attack that says True if it succeeds, and fails or says False if not
ATTACKS = {
    ("mount",): "import os; os.stat('/etc/passwd'); say(True)",
    ("process",): "import os; say(os.getppid() != 0)",
    ("landlock",): "import os; os.symlink('/etc/passwd', 'answers'); say(True)",
    ("seccomp",): "import os; os.memfd_create('hidden'); say(True)",
    ("no_fork",): """
import os
pid = os.fork()
if pid == 0:
    os._exit(0)
say(True)
""",
    ("rlimits",): "import mmap; mmap.mmap(-1, 5 * 2**30, flags=mmap.MAP_PRIVATE | 0x20 | 0x4000); say(True)",
    ("descriptors",): "import os; os.fstat(inherited); say(True)",
    ("environment",): "import os; say('CANARY' in os.environ)",
    # Without capabilities the host's name cannot be set, and the filter has no such call either.
    ("capabilities", "seccomp"): "say(kernel.attempt('sethostname', b'mine', 4)[0] == 0)",
}

NETLINK = "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); say(True)"


def succeeded(grader: Grader, attack: str, *without: str) -> bool:
    (outcome,) = grader.run(attack, without=without)
    return outcome.said == [True]


@pytest.mark.parametrize("layers", ATTACKS, ids="+".join)
def test_an_attack_succeeds_only_without_the_layers_that_stop_it(grader: Grader, layers: tuple[str, ...]) -> None:
    attack = ATTACKS[layers]
    assert not succeeded(grader, attack)
    for fewer in combinations(layers, len(layers) - 1):
        assert not succeeded(grader, attack, *fewer)
    assert succeeded(grader, attack, *layers)


def test_a_datagram_reaches_this_computer_only_without_network_namespace_and_filter(grader: Grader) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0.1)
        attack = f"""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'answers', {port.getsockname()!r})
"""
        for without in [(), ("network",), ("seccomp",)]:
            grader.run(attack, without=without)
            with pytest.raises(TimeoutError):
                port.recv(100)
        grader.run(attack, without=("network", "seccomp"))
        assert port.recv(100) == b"answers"


def test_a_connection_needs_three_layers_away(grader: Grader) -> None:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.listen()
        attack = f"import socket; socket.create_connection({port.getsockname()!r}); say(True)"
        for without in combinations(("network", "seccomp", "landlock"), 2):
            assert not succeeded(grader, attack, *without)
        assert succeeded(grader, attack, "network", "seccomp", "landlock")


def test_mptcp_is_stopped_by_the_filter_where_landlock_does_not_know_it(grader: Grader) -> None:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.listen()
        attack = f"""
import socket
channel = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
channel.connect({port.getsockname()!r})
say(True)
"""
        assert not succeeded(grader, attack)
        assert not succeeded(grader, attack, "network")
        assert not succeeded(grader, attack, "seccomp")


def test_a_secret_of_roots_among_the_libraries_is_read_only_without_the_own_uid(root: Grader, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("answers")
    secret.chmod(0o600)
    plan = replace(root.plan, read_only=(*root.plan.read_only, str(tmp_path)))
    attack = f"say(open({str(secret)!r}).read() == 'answers')"
    (with_uid,) = root.run(attack, plan=plan)
    (without_uid,) = root.run(attack, plan=plan, without=("uid",))
    assert with_uid.said == ["Permission denied"]
    assert without_uid.said == [True]


def test_root_leaves_its_uid_and_its_groups(root: Grader) -> None:
    (outcome,) = root.run("import os; say([os.getuid(), os.getgid(), os.getgroups()])")
    assert outcome.said == [[root.plan.uid, root.plan.uid, []]]


def test_a_system_without_namespaces_still_stops_what_it_can(grader: Grader) -> None:
    stopped = [
        "import os; os.listdir('/etc')",
        "open('/etc/passwd').read()",
        "open('/tmp/mine', 'w')",
        "import os; os.fork()",
        "import os; os.kill(os.getppid(), 0)",
        "import os; os.kill(-1, 0)",
        "import socket; socket.socket()",
        "import os; os.symlink('a', 'b')",
    ]
    outcomes = grader.run(*stopped, without=("mount", "network", "process"))
    assert [outcome.code for outcome in outcomes] == [3] * len(stopped), outcomes


# name -> code that fails if the attack is refused; from the catalogue, sections A, C, G, H and I
CATALOGUE = {
    "read a file outside": "open('/etc/passwd')",
    "list a folder outside": "import os; os.listdir('/etc')",
    "list the root": "import os; os.listdir('/')",
    "ask whether a file exists": "import os; os.stat('/etc/hostname')",
    "follow a link out": "import os; os.symlink('/etc', 'etc')",
    "climb out": "open('../../../../../etc/passwd')",
    "read /proc": "open('/proc/self/environ')",
    "read memory of another": "assert kernel.attempt('process_vm_readv', ZYGOTE, None, 0, None, 0, 0)[1] != 1",
    "trace another": "assert kernel.attempt('ptrace', 16, ZYGOTE, 0, 0)[1] != 1",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "exec a library": "import os; os.execve('/lib64/ld-linux-x86-64.so.2', ['ld'], {})",
    "exec a file of its own": """
import os
open('run', 'w').write('#!/bin/sh')
os.chmod('run', 0o755)
os.execv('run', ['run'])
""",
    "fork": "import os; os.fork()",
    "start a program": "import subprocess; subprocess.run(['/bin/true'])",
    "start by posix_spawn": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start()",
    "kill the zygote": "import os; os.kill(ZYGOTE, 9)",
    "kill all": "import os, signal; signal.signal(15, signal.SIG_IGN); os.kill(-1, 15)",
    "kill the group": "import os, signal; signal.signal(15, signal.SIG_IGN); os.kill(0, 15)",
    "signal by pidfd": "import signal, os; os.pidfd_open(1)",
    "new session": "import os; os.setsid()",
    "too much memory": "bytearray(6 * 2**30)",
    "too large a file": "import os; os.posix_fallocate(os.open('f', os.O_CREAT | os.O_WRONLY), 0, 65 * 2**20)",
    "fill the disk": "import os\nfor i in range(9): open(str(i), 'wb').write(bytes(16 * 2**20))",
    "files without end": "for i in range(2500): open(str(i), 'w').close()",
    "folders without end": "import os\nfor i in range(2500): os.mkdir(str(i))",
    "descriptors without end": "kept = [open('/dev/null') for _ in range(200)]",
    "threads without end": """
import threading, time
threading.stack_size(65536)
for _ in range(200): threading.Thread(target=time.sleep, args=[0.5], daemon=True).start()
""",
    "raise a limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))",
    "limit another": "import resource; resource.prlimit(ZYGOTE, resource.RLIMIT_CPU, (1, 1))",
    "slow another down": "import os; os.setpriority(os.PRIO_PROCESS, ZYGOTE, 19)",
    "go faster": "import os; os.nice(-5)",
    "choose cores": "import os; os.sched_setaffinity(0, {0})",
    "hard link to a library": "import os; os.link(os.__file__, 'os.py')",
    "write into a library": "import os; open(os.__file__, 'a')",
    "write beside a library": "import os; open(os.path.dirname(os.__file__) + '/mine.py', 'w')",
    "remove a library": "import os; os.remove(os.__file__)",
    "truncate a library": "import os; os.truncate(os.__file__, 0)",
    "write outside": "open('/tmp/mine', 'w')",
    "write in the root": "open('/mine', 'w')",
    "write beside the scratch": "open('/sealgrade/mine', 'w')",
    "a pipe with a name": "import os; os.mkfifo('p')",
    "a device": "import os; os.mknod('d', 0o20666, os.makedev(1, 3))",
    "a disk": "import os; os.mknod('d', 0o60666, os.makedev(8, 0))",
    "a socket with a name": "import socket; socket.socket(socket.AF_UNIX).bind('s')",
    "memory with a name": "import multiprocessing.shared_memory as m; m.SharedMemory(create=True, size=100)",
    "System V memory": "assert kernel.attempt('shmget', 1, 4096, 0o1666)[1] != 1",
    "System V messages": "assert kernel.attempt('msgget', 1, 0o1666)[1] != 1",
    "System V semaphores": "assert kernel.attempt('semget', 1, 1, 0o1666)[1] != 1",
    "keys": "assert kernel.attempt('add_key', b'user', b'k', b'v', 1, -3)[1] != 1",
    "a hidden file": "import os; os.memfd_create('m')",
    "userfaultfd": "assert kernel.attempt('userfaultfd', 1)[1] != 1",
    "io_uring": "assert kernel.attempt('io_uring_setup', 8, 0)[1] != 1",
    "bpf": "assert kernel.attempt('bpf', 0, 0, 0)[1] != 1",
    "perf": "assert kernel.attempt('perf_event_open', 0, 0, -1, -1, 0)[1] != 1",
    "a user namespace": "assert kernel.attempt('unshare', kernel.CLONE_NEWUSER)[1] != 1",
    "a user namespace by clone": "assert kernel.attempt('clone', kernel.CLONE_NEWUSER | 17, 0, 0, 0, 0)[1] != 1",
    "mount": "assert kernel.attempt('mount', b'x', b'/sealgrade/work', b'tmpfs', 0, None)[1] != 1",
    "unmount": "assert kernel.attempt('umount2', b'/sealgrade/work', 2)[1] != 1",
    "chroot": "import os; os.chroot('.')",
    "become root": "import os; os.setuid(0)",
    "a file by handle": "assert kernel.attempt('open_by_handle_at', 3, 0, 0)[1] != 1",
    "connect": "import socket; socket.create_connection(('127.0.0.1', 22), timeout=1)",
    "connect far": "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "connect by IPv6": "import socket; socket.socket(socket.AF_INET6).connect(('::1', 22))",
    "find a name": "import socket; socket.getaddrinfo('example.org', 80)",
    "send a datagram": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
    "MPTCP": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "raw packets": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "vsock": "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "docker's socket": "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    "a service's datagram socket": "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "serve": "import socket; socket.socket().bind(('127.0.0.1', 0))",
    "pass a descriptor": "import socket; a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0])",
    "read an inherited descriptor": "import os; os.fstat(inherited)",
    "read the environment": "import os; os.environ['CANARY']",
    "read the environment's old place": """
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
assert any(environ[i].startswith(b'CANARY') for i in range(5))
""",
}  # fmt: skip


def test_no_attack_of_the_catalogue_succeeds(grader: Grader) -> None:
    outcomes = grader.run(*CATALOGUE.values())
    assert [name for name, outcome in zip(CATALOGUE, outcomes, strict=True) if outcome.code == 0] == []
    # Refused, not killed: nothing but a message may come of an attempt.
    assert {name: o.code for name, o in zip(CATALOGUE, outcomes, strict=True) if o.code != 3} == {}


def test_the_modes_and_times_of_files_do_not_change(grader: Grader) -> None:
    (outcome,) = grader.run("""
import os
open('f', 'w').close()
before = os.stat('f')
os.chmod('f', 0o777)
os.utime('f', (1, 1))
os.chown('f', 0, 0)
after = os.stat('f')
say([before.st_mode == after.st_mode, before.st_mtime == after.st_mtime, before.st_uid == after.st_uid])
""")
    assert outcome.said == [[True, True, True]]


def test_what_a_candidate_leaves_is_gone_for_the_next(grader: Grader) -> None:
    _, second = grader.run("open('mine', 'w').write('x')", "import os; say(os.listdir('.'))")
    assert second.said == [[]]


def test_a_loop_ends_at_the_limit_of_cpu_time(grader: Grader) -> None:
    started = time.monotonic()
    (outcome,) = grader.run(
        "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        plan=replace(grader.plan, cpu_seconds=1),
    )
    assert outcome.code == -9
    assert time.monotonic() - started < 20


def test_candidates_die_with_the_process_that_was_started(grader: Grader) -> None:
    source, sink = os.pipe()
    code = f"import os, time; os.write({sink}, b'running'); time.sleep(60)"
    task = grader.task((code,), grader.plan)
    zygote = subprocess.Popen(
        [*grader.command()[:-1], grader.command()[-1].replace("keep=[sink]", f"keep=[sink, {sink}]")],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[sink], cwd="/", **grader.who(),
    )  # fmt: skip
    os.close(sink)
    try:
        assert zygote.stdin
        zygote.stdin.write(json.dumps(task).encode())
        zygote.stdin.close()
        assert os.read(source, 100) == b"running"
        zygote.kill()
        # The end of the pipe: nobody is left who could write.
        started = time.monotonic()
        assert os.read(source, 100) == b""
        assert time.monotonic() - started < 10
    finally:
        zygote.kill()
        zygote.wait()
        os.close(source)


def test_the_process_that_was_started_ends_as_the_zygote_ends(grader: Grader) -> None:
    for end, code in (("os._exit(7)", 7), ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV)):
        done = subprocess.run(
            grader.command(),
            input=json.dumps(grader.task((), grader.plan, zygote=end)),
            text=True, timeout=30, check=False, cwd="/", **grader.who(),
        )  # fmt: skip
        assert done.returncode == code


PROBE = """
found = probe.probe(rooms)
outcomes_of_probe = {name: [finding.state, finding.detail] for name, finding in found.items()}
print(json.dumps([{"said": [probe.tier(found), outcomes_of_probe], "code": 0}]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("tier", TIERS)
def test_the_probe_proves_each_tier(grader: Grader, tier: str) -> None:
    (outcome,) = grader.run(plan=grader.plan.for_tier(tier), zygote=PROBE)
    found_tier, findings = outcome.said
    assert found_tier == tier, findings
    unproved = {layer: findings[layer] for layer in TIERS[tier] if findings[layer][0] != "proved"}
    assert unproved == {}


@pytest.mark.parametrize("layer", sorted(ALL_LAYERS))
def test_the_probe_does_not_call_a_layer_proved_that_is_left_out(grader: Grader, layer: str) -> None:
    (outcome,) = grader.run(without=(layer,), zygote=PROBE)
    found_tier, findings = outcome.said
    if layer == "uid" and not grader.is_root:
        assert findings["uid"][0] == "proved"
    else:
        assert findings[layer][0] == "left out"
        assert found_tier != "A"


@pytest.mark.parametrize("layer", ["landlock", "seccomp", "rlimits", "descriptors", "environment"])
def test_the_probe_finds_a_layer_that_is_promised_and_does_not_hold(grader: Grader, layer: str) -> None:
    # Candidates are confined without it, while the plan that the probe looks at has it.
    broken = f"""
real = confinement.confine
def confine(rooms, keep=()):
    promised, rooms.plan = rooms.plan, rooms.plan.without({layer!r})
    rooms.ruleset = None if {layer!r} == "landlock" else rooms.ruleset
    rooms.program = None if {layer!r} == "seccomp" else rooms.program
    real(rooms, keep)
confinement.confine = confine
"""
    (outcome,) = grader.run(zygote=broken + PROBE)
    found_tier, findings = outcome.said
    assert findings[layer][0] == "missing", findings[layer]
    assert findings[layer][1].startswith("it could: ")
    assert found_tier == ("C" if layer == "landlock" else "D")


def test_a_plan_survives_its_journey_as_json() -> None:
    plan = Plan(read_only=("/usr/lib",), memory_bytes=MIB, uid=7).without("uid")
    assert Plan.from_json(plan.to_json()) == plan


def test_a_layer_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="sandbox"):
        Plan(layers=frozenset({"sandbox"}))
