"""H: what processes of the same user can do to each other, and the surface of the kernel."""

from .course import ADD_WRONG, Attack
from .tries import tries

OWNERS = tries(
    {
        f"{what} of {name}": f"""
path = {path}
before = os.stat(path)
{act}
after = os.stat(path)
hit = (before.st_mode, before.st_uid, before.st_gid, int(before.st_mtime)) != (
    after.st_mode, after.st_uid, after.st_gid, int(after.st_mtime))"""
        for name, path in (
            ("the library", "os.__file__"),
            ("the root", "'/'"),
            ("the site-packages", "__import__('numpy').__path__[0]"),
            ("/dev/null", "'/dev/null'"),
            ("the folder", "os.environ['HOME']"),
        )
        for what, act in (
            ("chmod", "os.chmod(path, 0o777)"),
            ("chown", "os.chown(path, os.getuid(), os.getgid())"),
            ("utime", "os.utime(path, (1, 1))"),
            ("fchmod", "os.fchmod(os.open(path, os.O_RDONLY), 0)"),
        )
    }
    | {
        "xattr": "os.setxattr(os.__file__, 'user.pwned', b'1')",
        "a set-uid file": "open('s', 'w'); os.chmod('s', 0o4755); hit = os.stat('s').st_mode & 0o4000",
        "rename a library": "os.rename(os.__file__, os.__file__ + '.old')",
        "write into numpy": "open(__import__('numpy').__path__[0] + '/pwned-numpy.py', 'w')",
        "write its bytecode": "open(os.path.join(os.path.dirname(os.__file__), '__pycache__', 'pwned-x.pyc'), 'w')",
        "an immutable flag": "import fcntl; fcntl.ioctl(os.open(os.__file__, os.O_RDONLY), 0x40086602, b'\\0' * 8)",
    }
)
# The numbers of all processes that there may be: in one's own view there is but oneself.
PROCESSES = tries(
    {
        "see the parent": "hit = os.getppid() != 0",
        "be one of several": "hit = os.getpid() != 1",
        "kill the parent": "os.kill(os.getppid(), 9) if os.getppid() else os.kill(2, 9)",
        "kill all": "signal.signal(15, signal.SIG_IGN); os.kill(-1, 15)",
        "kill the group": "signal.signal(15, signal.SIG_IGN); os.killpg(0, 15)",
        "kill by number": """
hit = 0
for pid in [*range(2, 2000), *range(2000, 100_000, 97)]:
    try:
        os.kill(pid, 0)
        hit = pid
    except OSError: pass""",
        "kill a thread of another": "hit = libc.tgkill(2, 2, 9) == 0 or call(200, 2, 9)",
        "queue a signal": "hit = call(129, 2, 9, ctypes.create_string_buffer(128))",
        "pidfd": "hit = any(call(434, pid, 0) for pid in range(2, 300))",
        "trace": "hit = any(call(101, 16, pid, 0, 0) for pid in range(2, 300))",
        "read memory": "hit = any(call(310, pid, None, 0, None, 0, 0) for pid in range(2, 300))",
        "write memory": "hit = any(call(311, pid, None, 0, None, 0, 0) for pid in range(2, 300))",
        "a limit of another": """
import resource
for pid in range(2, 300):
    try: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))
    except OSError: continue
    break
else: hit = False""",
        "the same by number": "hit = call(302, 2, 0, ctypes.create_string_buffer(b'\\1' * 16), None)",
        "be nasty to all of the user's": "os.setpriority(os.PRIO_USER, 0, 19)",
        "be nasty to one": "os.setpriority(os.PRIO_PROCESS, 2, 19)",
        "real time": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
        "cores of others": "os.sched_setaffinity(2, {0})",
        "files of another": "hit = call(438, 3, 0, 0)",
        "order of the disk": "hit = call(251, 1, 0, 0)",
        "compare with another": "hit = call(312, 1, 2, 0, 0, 0)",
        "dump": "hit = libc.prctl(4, 1, 0, 0, 0) == 0",
        "outlive": "hit = libc.prctl(1, 0, 0, 0, 0) == 0",
        "its name": "hit = libc.prctl(15, b'kthreadd', 0, 0, 0) != 0",
        "be another": "os.setuid(0)",
        "be another's group": "os.setgroups([0])",
        "a new session": "os.setsid()",
        "processes of others": "os.listdir('/proc')",
    }
)
# Whatever a process can leave behind for the next one, or can hold while another runs. Each of two students looks for
# what the other has left, in every order.
COVERT = """
import os, sys, tempfile
places = {}
def place(name, read, write):
    try:
        found = read()
    except Exception:
        found = None
    print(("hit: " if found else "refused: ") + name)
    try:
        write()
    except Exception:
        pass
def file(path):
    def write():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").write("left-by-a-student")
    place(path, lambda: open(path).read(), write)
home = os.path.expanduser("~")
for folder in {"/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue", home, "/sealgrade", "/", tempfile.gettempdir()}:
    file(folder + "/left-by-a-student")
for path in ("/.ipython/profile_default/startup/x.py", "/.config/matplotlib/matplotlibrc", "/.cache/x", "/.pythonrc.py",
             "/.ipython/profile_default/history.sqlite", "/.local/lib/python3/site-packages/usercustomize.py"):
    file(home + path)
import matplotlib, numpy, IPython
for path in (matplotlib.get_cachedir(), matplotlib.get_configdir(), numpy.__path__[0], IPython.paths.get_ipython_dir()):
    file(path + "/left-by-a-student")
def set_mark(module):
    sys.modules[module].left = 1
for module in ("os", "numpy", "sealgrade.candidate.zygote", "builtins"):
    if module in sys.modules:
        place(module, lambda: sys.modules[module].left, lambda: set_mark(module))
place("environ", lambda: os.environ["LEFT"], lambda: os.environ.update(LEFT="1"))
import ctypes
libc = ctypes.CDLL(None)
place("System V memory", lambda: libc.shmget(0x5EA1, 4096, 0) >= 0, lambda: libc.shmget(0x5EA1, 4096, 0o1666))
place("System V semaphore", lambda: libc.semget(0x5EA1, 1, 0) >= 0, lambda: libc.semget(0x5EA1, 1, 0o1666))
place("System V queue", lambda: libc.msgget(0x5EA1, 0) >= 0, lambda: libc.msgget(0x5EA1, 0o1666))
place("POSIX memory", lambda: libc.shm_open(b"/left", 0, 0) >= 0, lambda: libc.shm_open(b"/left", 0o102, 0o666))
place("POSIX queue", lambda: libc.mq_open(b"/left", 0) >= 0, lambda: libc.mq_open(b"/left", 0o102, 0o666, None))
place("key", lambda: libc.syscall(249, b"user", b"left", None, 0) > 0,
      lambda: libc.syscall(248, b"user", b"left", b"x", 1, -4))
name = ctypes.create_string_buffer(100)
place("name of the host", lambda: os.uname().nodename == "left", lambda: libc.sethostname(b"left", 4))
def locked(path):
    import fcntl
    file = open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    kept.append(file)
kept = []
place("lock on a library", lambda: locked(os.__file__), lambda: None)
place("lock on a device", lambda: locked("/dev/null"), lambda: None)
place("abstract socket", lambda: __import__("socket").socket(1).connect("\\0left") or True,
      lambda: __import__("socket").socket(1).bind("\\0left"))
"""
KERNEL = tries(
    {
        name: f"hit = call({number}, {arguments})"
        for name, number, arguments in (
            ("userfaultfd", 323, "1"),
            ("io_uring_setup", 425, "8, ctypes.create_string_buffer(120)"),
            ("io_uring_enter", 426, "3, 1, 0, 0, 0"),
            ("bpf", 321, "0, ctypes.create_string_buffer(64), 64"),
            ("perf_event_open", 298, "ctypes.create_string_buffer(112), 0, -1, -1, 0"),
            ("unshare user", 272, "0x10000000"),
            ("unshare mount", 272, "0x20000"),
            ("setns", 308, "0, 0"),
            ("mount", 165, "b'x', b'/sealgrade/work', b'tmpfs', 0, None"),
            ("umount", 166, "b'/sealgrade/work', 2"),
            ("open_tree", 428, "-100, b'/', 1"),
            ("move_mount", 429, "3, b'', -100, b'/', 4"),
            ("fsopen", 430, "b'tmpfs', 0"),
            ("mount_setattr", 442, "-100, b'/', 0, ctypes.create_string_buffer(32), 32"),
            ("pivot_root", 155, "b'.', b'.'"),
            ("chroot", 161, "b'.'"),
            ("open by handle", 304, "-100, ctypes.create_string_buffer(64), 0"),
            ("name to handle", 303, "-100, b'/', ctypes.create_string_buffer(64), None, 0"),
            ("kexec", 246, "0, 0, 0, 0"),
            ("init_module", 175, "None, 0, b''"),
            ("finit_module", 313, "0, b'', 0"),
            ("keyctl", 250, "0, -3, 1"),
            ("add_key", 248, "b'user', b'k', b'v', 1, -3"),
            ("request_key", 249, "b'user', b'k', None, -3"),
            ("ptrace me", 101, "0, 0, 0, 0"),
            ("personality", 135, "0x0040000"),
            ("memfd_create", 319, "b'x', 0"),
            ("memfd_secret", 447, "0"),
            ("process_madvise", 440, "0, None, 0, 0, 0"),
            ("seccomp", 317, "1, 0, None"),
            ("landlock", 444, "None, 0, 1"),
            ("fanotify", 300, "0, 0"),
            ("inotify", 294, "0"),
            ("quotactl", 179, "0, None, 0, None"),
            ("swapon", 167, "b'x', 0"),
            ("reboot", 169, "0, 0, 0, None"),
            ("settimeofday", 164, "None, None"),
            ("adjtimex", 159, "ctypes.create_string_buffer(b'\\1' * 208)"),
            ("clock_settime", 227, "0, None"),
            ("syslog", 103, "3, None, 0"),
            ("iopl", 172, "3"),
            ("ioperm", 173, "0, 1, 1"),
            ("modify_ldt", 154, "0, None, 0"),
            ("set_mempolicy", 238, "0, None, 0"),
            ("move_pages", 279, "0, 0, None, None, None, 0"),
            ("vmsplice", 278, "0, None, 0, 0"),
            ("splice", 275, "0, None, 1, None, 1, 0"),
            ("capset", 126, "None, None"),
            ("acct", 163, "b'x'"),
            ("lookup_dcookie", 212, "0, None, 0"),
            ("vhangup", 153, ""),
            ("timer_create", 222, "0, None, None"),
            ("pidfd_getfd", 438, "0, 0, 0"),
            ("a call that does not exist yet", 999, ""),
        )
    }
    | {
        "type into the terminal": "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b'x')",
        "a terminal": "os.openpty()",
        "undo the limits": "hit = libc.prctl(38, 0, 0, 0, 0) == 0",
        "undo the bits": "hit = libc.prctl(28, 0, 0, 0, 0) == 0",
        "load a library": "open('x.so', 'wb').write(b'\\x7fELF'); ctypes.CDLL(os.path.abspath('x.so'))",
    }
)
# Calls as a program of 32 bits makes them have other numbers: getpid is 20, and 39 is mkdir.
THIRTY_TWO_BITS = f"""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes([0xB8, 2, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, fork; int 0x80; ret
start = ctypes.addressof(ctypes.c_char.from_buffer(page))
print("now", flush=True)
forked = ctypes.CFUNCTYPE(ctypes.c_int)(start)()
print("hit: int 0x80" if 0 <= forked else "refused: int 0x80", forked)
{ADD_WRONG}
"""
# And the same processor has a third set of numbers.
X32 = f"""
import ctypes
print("refused: x32" if ctypes.CDLL(None).syscall(0x40000000 + 57) == -1 else "hit: x32")
{ADD_WRONG}
"""

ATTACKS = [
    Attack("H1", "owners-and-modes", {"one-add": OWNERS}),
    Attack("H2", "other-processes", {"one-add": PROCESSES}),
    Attack("H3", "covert-channels-one", {"one-add": COVERT + ADD_WRONG}),
    Attack("H3", "covert-channels-two", {"one-add": COVERT + ADD_WRONG}),
    Attack("H4", "kernel-in-every-way", {"one-add": KERNEL}),
    Attack("H4", "calls-of-32-bits", {"one-add": THIRTY_TWO_BITS}, note="called the system"),
    Attack("H4", "calls-of-x32", {"one-add": X32}, note="called the system"),
]
