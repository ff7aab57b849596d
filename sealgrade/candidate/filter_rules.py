"""Which system calls a candidate has, and with which arguments.

Theory of operation. The list is one of what is allowed: a call that nobody thought of is refused. It was made from what
CPython 3.11 to 3.13, glibc, numpy with OpenBLAS, matplotlib, IPython and asyncio do when they compute, plot, sleep, run
threads and write files. There are five answers:

- allowed: it reads the process's own state, or acts on files and memory that other layers bound;
- success without effect: chmod, chown, utime and locks. Libraries call them on their own files and give up if they
  fail; on shared files, locks would let two candidates talk, and Landlock does not know chmod;
- EOPNOTSUPP or ENOSYS: the answer of a system that does not have it, on which libraries fall back;
- by argument (`rules`): signals to itself, threads but no processes, sockets of the internet's kinds where there is a
  network namespace without an interface (so that student code meets "network is unreachable", not a strange error);
- EPERM: all others. There is no exec, no second process, no tracing, no message queue, no key, no mount, no namespace,
  no io_uring (its operations pass no filter), and no sendmsg (it would pass descriptors to the examiner).

`symlink` is allowed here, and refused by Landlock in the scratch and by read-only mounts elsewhere.
"""

import errno
from dataclasses import dataclass

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
_ERRNO = 0x0005_0000
NOTHING = _ERRNO  # error number 0: success, and the call is not made
EPERM = _ERRNO | errno.EPERM
ENOSYS = _ERRNO | errno.ENOSYS
EOPNOTSUPP = _ERRNO | errno.EOPNOTSUPP

OWN_PID = -1  # stands for the number of the process, which is known after the fork

_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3 pipe
pipe2 open openat creat stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat
getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat
truncate ftruncate fallocate fsync fdatasync fadvise64 copy_file_range sendfile umask
brk mmap munmap mprotect mremap madvise msync
getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp capget
getrlimit getrusage times sysinfo uname getcpu sched_yield sched_getaffinity sched_getparam sched_getscheduler
sched_get_priority_max sched_get_priority_min sched_rr_get_interval
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause
alarm setitimer getitimer time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep restart_syscall
futex set_robust_list set_tid_address rseq getrandom exit exit_group wait4 waitid
select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
recvfrom recvmsg shutdown getsockname getpeername getsockopt
"""
_WITHOUT_EFFECT = """
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat flock
"""
_NOT_SUPPORTED = "getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr"

ANSWERS = {
    **dict.fromkeys(_ALLOWED.split(), ALLOW),
    **dict.fromkeys(_WITHOUT_EFFECT.split(), NOTHING),
    **dict.fromkeys(_NOT_SUPPORTED.split(), EOPNOTSUPP),
    "clone3": ENOSYS,  # its flags lie in memory, where a filter cannot see them; libc falls back on clone
}

_THREAD = 0x0001_0100  # CLONE_VM | CLONE_THREAD
_NEW_NAMESPACES = 0x7E02_0000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
# and CLONE_PTRACE, CLONE_UNTRACED, CLONE_PARENT, CLONE_PIDFD
_NEVER_CLONED = _NEW_NAMESPACES | 0x2000 | 0x0080_0000 | 0x8000 | 0x1000

_PRCTL = (15, 16, 39, 0x5356_4D41)  # SET_NAME, GET_NAME, GET_NO_NEW_PRIVS, SET_VMA (glibc names its memory)
# TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: isatty, terminal size, blocking, inheriting
_IOCTL = (0x5401, 0x802C_542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_FICLONE = 0x4004_9409
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)  # DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ
_FCNTL_LOCKS = (6, 7, 37, 38)  # SETLK, SETLKW, OFD_SETLK, OFD_SETLKW: sqlite wants them; nobody else shares its files
_SOCKET_KINDS = 0xFFFF_FFFF & ~(0x800 | 0x8_0000)  # without SOCK_NONBLOCK and SOCK_CLOEXEC


@dataclass(frozen=True)
class Check:
    """One argument of a call, masked, is one of some values. Only its low 32 bits are seen unless `high`."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFF_FFFF
    high: bool = False


@dataclass(frozen=True)
class Rule:
    """What a call is answered if all checks hold; the next rule is tried if not, and EPERM stands at the end."""

    checks: tuple[Check, ...]
    answer: int = ALLOW


def rules(*, network: bool, no_fork: bool) -> dict[str, tuple[Rule, ...]]:
    """Give the calls whose answer depends on their arguments.

    Args:
        network: the candidate is in a network namespace of its own, so sockets lead nowhere.
        no_fork: refuse a second process.

    Returns:
        The rules of each such call, in order.
    """
    to_itself = (Rule((Check(0, (OWN_PID,)),)),)
    of_itself = (Rule((Check(0, (0, OWN_PID)),)),)
    thread = Check(0, (_THREAD,), _THREAD | _NEVER_CLONED)
    process = Check(0, (0,), _NEW_NAMESPACES)
    ruled = {
        "clone": (Rule((thread if no_fork else process,)),),
        **dict.fromkeys(("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), to_itself),
        **dict.fromkeys(("prlimit64", "getpgid", "getsid"), of_itself),
        "prctl": (Rule((Check(0, _PRCTL),)),),
        "ioctl": (Rule((Check(1, _IOCTL),)), Rule((Check(1, (_FICLONE,)),), EOPNOTSUPP)),
        "fcntl": (Rule((Check(1, _FCNTL),)), Rule((Check(1, _FCNTL_LOCKS),), NOTHING)),
        # A datagram socket of the unix family could be connected to a service's path; a stream pair cannot.
        "socketpair": (Rule((Check(0, (1,)), Check(1, (1,), _SOCKET_KINDS), Check(2, (0,)))),),
        # Without an address: what socket.send does.
        "sendto": (Rule((Check(4, (0,)), Check(4, (0,), high=True))),),
    }
    if not no_fork:
        ruled |= dict.fromkeys(("fork", "vfork"), (Rule(()),))
    if network:
        # AF_INET, AF_INET6; streams and datagrams; TCP and UDP, since MPTCP is a protocol that Landlock does not know.
        internet = (Check(0, (2, 10)), Check(1, (1, 2), _SOCKET_KINDS), Check(2, (0, 6, 17)))
        ruled |= {"socket": (Rule(internet),)}
        ruled |= dict.fromkeys(("connect", "sendto", "setsockopt"), (Rule(()),))
    return ruled
