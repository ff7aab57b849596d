"""The filter, run by an interpreter of classic BPF: every number on both architectures, and telling arguments."""

import errno
import os
import re
import struct
from pathlib import Path

import pytest

from sealgrade.candidate import seccomp, syscalls
from sealgrade.candidate.errors import ConfinementError
from sealgrade.candidate.filter_rules import ALLOW, ANSWERS, ENOSYS, EOPNOTSUPP, EPERM, KILL, NOTHING, OWN_PID, rules
from sealgrade.candidate.plan import Plan

ARCHES = ["x86_64", "aarch64"]
PLANS = {
    "all": Plan(),
    "without network": Plan().without("network"),
    "with fork": Plan().without("no_fork"),
}
PID = 4711
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# The bit of x32 would be read as another ABI's number, so nothing above the table may be allowed either.
ODD_NUMBERS = [512, 547, 1024, 2**30 - 1, 2**31, 2**32 - 1]

NEVER = """
execve execveat fork vfork tkill ptrace process_vm_readv process_vm_writev process_madvise kcmp keyctl add_key
request_key bpf userfaultfd io_uring_setup io_uring_enter io_uring_register perf_event_open memfd_create memfd_secret
mount umount2 pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig fsmount setns unshare personality
quotactl pidfd_open pidfd_getfd pidfd_send_signal bind listen accept accept4 sendmsg sendmmsg link linkat mknod mknodat
setxattr name_to_handle_at open_by_handle_at fanotify_init inotify_init inotify_init1 splice tee vmsplice shmget shmat
msgget semget mq_open setpriority sched_setaffinity sched_setscheduler seccomp capset setuid setgid setresuid setresgid
setgroups setsid setpgid reboot swapon init_module finit_module delete_module kexec_load syslog acct sethostname
settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt lookup_dcookie landlock_create_ruleset
landlock_restrict_self
"""


def interpret(program: bytes, number: int, *arguments: int, arch: int) -> int:
    """Do what the kernel does with the filter for one system call."""
    words = [argument & (2**64 - 1) for argument in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *words)
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator, at = 0, 0
    for _ in range(len(code)):
        operation, yes, no, k = code[at]
        at += 1
        match operation:
            case 0x20:
                assert k % 4 == 0
                (accumulator,) = struct.unpack_from("=I", data, k)
            case 0x54:
                accumulator &= k
            case 0x05:
                at += k
            case 0x15:
                at += yes if accumulator == k else no
            case 0x35:
                at += yes if accumulator >= k else no
            case 0x06:
                return k
            case _:
                raise AssertionError(f"no instruction of ours: {operation:#x}")
    raise AssertionError("the program does not end")


class Filter:
    """A program of one architecture that can be asked by name."""

    def __init__(self, arch: str, plan: Plan) -> None:
        self.arch = arch
        self.code = seccomp.program(plan, arch).packed(PID)

    def __call__(self, name: str | int, *arguments: int) -> int:
        number = syscalls.NUMBERS[self.arch][name] if isinstance(name, str) else name
        return interpret(self.code, number, *arguments, arch=syscalls.AUDIT_ARCH[self.arch])


@pytest.fixture(params=ARCHES)
def arch(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(arch: str) -> Filter:
    return Filter(arch, Plan())


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_every_number_gets_the_answer_of_the_list(arch: str, plan: Plan) -> None:
    ask = Filter(arch, plan)
    ruled = rules(network="network" in plan.layers, no_fork="no_fork" in plan.layers)
    names = {number: name for name, number in syscalls.NUMBERS[arch].items()}
    for number in range(syscalls.NEWEST + 1):
        name = names.get(number, "")
        if name not in ruled:
            assert ask(number) == ANSWERS.get(name, EPERM), (number, name)


def test_numbers_that_nobody_knew_are_answered_as_by_an_older_kernel(arch: str, ask: Filter) -> None:
    assert ask(syscalls.NEWEST + 1) == ENOSYS
    for number in ODD_NUMBERS:
        assert ask(number) in {ENOSYS, KILL}


def test_another_architecture_ends_the_process(arch: str) -> None:
    code = seccomp.program(Plan(), arch).packed(PID)
    i386, unknown = 0x4000_0003, 0x1234
    others = {*syscalls.AUDIT_ARCH.values(), i386, unknown} - {syscalls.AUDIT_ARCH[arch]}
    for other in others:
        for number in range(syscalls.NEWEST + 1):
            assert interpret(code, number, arch=other) == KILL


def test_the_x32_numbers_end_the_process() -> None:
    ask = Filter("x86_64", Plan())
    for number in range(600):
        assert ask(number | syscalls.X32_BIT) == KILL


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*real[:4], "riscv64")))
    with pytest.raises(ConfinementError, match="riscv64"):
        seccomp.program(Plan())


def test_a_clone_makes_threads_and_nothing_else(ask: Filter) -> None:
    glibc_thread = 0x003D_0F00
    assert ask("clone", glibc_thread) == ALLOW
    assert ask("clone3") == ENOSYS
    fork = 0x0120_0011
    for flags in (0, 17, fork, glibc_thread & ~0x1_0000, glibc_thread & ~0x100, 0x1000_0000):
        assert ask("clone", flags) == EPERM
    for bit in (0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x2000, 0x1000):
        assert ask("clone", glibc_thread | bit) == EPERM


def test_without_the_rule_a_fork_is_allowed_and_a_namespace_is_not(arch: str) -> None:
    ask = Filter(arch, Plan().without("no_fork"))
    assert ask("clone", 0x0120_0011) == ALLOW
    assert ask("clone", 0x1000_0011) == EPERM
    assert ask("execve") == EPERM


@pytest.mark.parametrize("name", ["kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"])
def test_signals_go_to_itself_only(ask: Filter, name: str) -> None:
    assert ask(name, PID, 9) == ALLOW
    for other in (0, 1, -1, -PID, PID + 1):
        assert ask(name, other, 9) == EPERM


def test_a_pid_namespace_makes_it_number_one(arch: str) -> None:
    code = seccomp.program(Plan(), arch).packed(1)
    number, audit = syscalls.NUMBERS[arch]["kill"], syscalls.AUDIT_ARCH[arch]
    assert interpret(code, number, 1, 9, arch=audit) == ALLOW
    assert interpret(code, number, PID, 9, arch=audit) == EPERM


def test_limits_are_its_own(ask: Filter) -> None:
    assert ask("prlimit64", 0, 9) == ALLOW
    assert ask("prlimit64", PID, 9) == ALLOW
    assert ask("prlimit64", PID + 1, 9) == EPERM


def test_prctl_names_threads_and_does_not_undo_what_confines(ask: Filter) -> None:
    pr_set_name, pr_set_pdeathsig, pr_set_dumpable, pr_set_seccomp, pr_cap_ambient = 15, 1, 4, 22, 47
    assert ask("prctl", pr_set_name) == ALLOW
    for option in (pr_set_pdeathsig, pr_set_dumpable, pr_set_seccomp, pr_cap_ambient, 36, 53, 59):
        assert ask("prctl", option) == EPERM


def test_ioctl_asks_about_terminals_and_does_not_type_into_them(ask: Filter) -> None:
    tcgets, fionbio, tiocsti, tioclinux, ficlone = 0x5401, 0x5421, 0x5412, 0x541C, 0x4004_9409
    assert ask("ioctl", 0, tcgets) == ALLOW
    assert ask("ioctl", 0, fionbio) == ALLOW
    assert ask("ioctl", 0, ficlone) == EOPNOTSUPP
    assert ask("ioctl", 0, tiocsti) == EPERM
    assert ask("ioctl", 0, tioclinux) == EPERM
    # The kernel reads 32 bits of the request: what stands above them must not hide it.
    assert ask("ioctl", 0, tiocsti | 1 << 32) == EPERM


def test_locks_succeed_without_effect(ask: Filter) -> None:
    f_getfl, f_setlk, f_setown, f_setpipe_sz, f_setlease = 3, 6, 8, 1031, 1024
    assert ask("fcntl", 3, f_getfl) == ALLOW
    assert ask("fcntl", 3, f_setlk) == NOTHING
    assert ask("flock", 3, 2) == NOTHING
    for command in (f_setown, f_setpipe_sz, f_setlease, 5, 1033):
        assert ask("fcntl", 3, command) == EPERM


def test_sockets_are_of_the_internets_kinds(ask: Filter) -> None:
    stream, datagram, raw, nonblocking = 1, 2, 3, 0x800
    assert ask("socket", 2, stream | nonblocking, 6) == ALLOW
    assert ask("socket", 10, datagram, 0) == ALLOW
    mptcp, icmp = 262, 1
    for family, kind, protocol in [
        (1, stream, 0), (16, raw, 0), (17, raw, 0), (40, stream, 0), (38, stream, 0),
        (2, raw, 0), (2, stream, mptcp), (2, datagram, icmp), (2, 5, 0), (2, 6, 33),
    ]:  # fmt: skip
        assert ask("socket", family, kind, protocol) == EPERM
    for name in ("bind", "listen", "accept", "accept4", "sendmsg", "sendmmsg"):
        assert ask(name) == EPERM


def test_pairs_of_sockets_are_streams_that_cannot_be_redirected(ask: Filter) -> None:
    unix, stream, datagram, cloexec = 1, 1, 2, 0x8_0000
    assert ask("socketpair", unix, stream | cloexec, 0) == ALLOW
    assert ask("socketpair", unix, datagram, 0) == EPERM
    assert ask("socketpair", 2, stream, 0) == EPERM


def test_without_a_network_namespace_there_are_no_sockets_and_no_addresses(arch: str) -> None:
    ask = Filter(arch, Plan().without("network"))
    for family in (1, 2, 10, 16):
        assert ask("socket", family, 1, 0) == EPERM
    assert ask("connect", 3, 1, 16) == EPERM
    assert ask("sendto", 3, 1, 5, 0, 0, 0) == ALLOW
    assert ask("sendto", 3, 1, 5, 0, 1, 16) == EPERM
    assert ask("sendto", 3, 1, 5, 0, 1 << 32, 16) == EPERM


def test_what_gives_power_is_not_on_the_list() -> None:
    allowed = {name for name, answer in ANSWERS.items() if answer == ALLOW} | set(rules(network=True, no_fork=True))
    never = set(NEVER.split())
    assert allowed.isdisjoint(never)
    # A name that the table does not have would not be refused by name, but forgotten.
    assert never <= set(syscalls.NUMBERS["x86_64"])


def test_every_name_of_the_list_is_in_the_table() -> None:
    known = set(syscalls.NUMBERS["x86_64"]) | set(syscalls.NUMBERS["aarch64"])
    assert set(ANSWERS) | set(rules(network=True, no_fork=False)) <= known


@pytest.mark.parametrize("arch", ARCHES)
def test_the_numbers_are_those_of_the_systems_headers(arch: str) -> None:
    if not HEADERS[arch].exists():
        pytest.skip(f"{HEADERS[arch]} is not installed (linux-libc-dev)")
    text = HEADERS[arch].read_text()
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.MULTILINE))
    if arch == "aarch64":
        found["newfstatat"] = found["fstatat"]  # as the C library names it
    newer_than_the_header = {"fchmodat2"}
    for name, number in syscalls.NUMBERS[arch].items():
        if name in newer_than_the_header and name not in found:
            continue
        assert found[name] == str(number), name


@pytest.mark.parametrize("arch", ARCHES)
def test_no_two_names_share_a_number(arch: str) -> None:
    numbers = list(syscalls.NUMBERS[arch].values())
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_program_is_short_and_waits_for_no_number(arch: str, plan: Plan) -> None:
    program = seccomp.program(plan, arch)
    assert len(program.instructions) < 1000
    words = [k for *_, k in struct.iter_unpack("=HBBI", program.packed(PID))]
    assert OWN_PID & 0xFFFF_FFFF not in words
    assert PID in words


def test_errors_are_told_apart() -> None:
    texts = {number: str(ConfinementError("network", number, "unshare")) for number in (errno.EPERM, errno.ENOSPC)}
    assert "AppArmor" in texts[errno.EPERM]
    assert "max_user_namespaces" in texts[errno.ENOSPC]
    assert "older" in str(ConfinementError("mount", errno.ENOSYS, "clone"))
    assert "lsm=landlock" in str(ConfinementError("landlock", errno.EOPNOTSUPP, "ask"))
