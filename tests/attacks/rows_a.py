"""A: read what should be secret. What is found is printed, so that a leak shows; `test_secrets.py` looks for it."""

from .course import PACKAGE, PORT_NUMBER, SCALE, Attack
from .inside import in_call, in_cell, in_hidden_call

_READ = r"""
def _read(path):
    with open(path, "rb") as file:
        return file.read(500)

for up in ("", "../", "../../", "../../../", "/", "/proc/1/root/", "/proc/self/cwd/", "/proc/self/root/"):
    for path in PATHS:
        tried(up + path, lambda: _read(up + path))
"""
_WALK = r"""
import glob, sqlite3
for top in ("/", "..", ".", "/sealgrade", "/usr"):
    tried(top, lambda: os.listdir(top))
for top, folders, files in os.walk("/", followlinks=False):
    folders[:] = [f for f in folders if f not in ("lib", "lib64", "usr", "site-packages", "__pycache__")][:50]
    for name in files:
        if name.endswith((".ipynb", ".db", ".txt", ".html", ".json", ".py")) or "canary" in name:
            tried(os.path.join(top, name), lambda: open(os.path.join(top, name), "rb").read(3000))
    if top.count("/") > 6:
        folders[:] = []
"""
_DATABASE = r"""
import sqlite3
for path in ("gradebook.db", "../gradebook.db", "../../gradebook.db", "../../../gradebook.db", "/gradebook.db"):
    tried(path, lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(
        "select source from source_cell").fetchall())
"""
_ENVIRONMENT = r"""
print(dict(os.environ), os.environb)
block = ctypes.POINTER(ctypes.c_char_p).in_dll(_libc, "environ")
index = 0
while block and block[index]:
    print(block[index]); index += 1
for path in ("/proc/self/environ", "/proc/1/environ", "/proc/self/cmdline"):
    tried(path, lambda: open(path, "rb").read())
# The old block of variables lies above the arguments, at the top of the stack.
_libc.getauxval.restype = ctypes.c_void_p
where = _libc.getauxval(31)  # AT_EXECFN
print(ctypes.string_at(where - 3000, 3000) if where else None)
"""
_DESCRIPTORS = r"""
for fd in range(3, 256):
    try:
        os.fstat(fd)
    except OSError:
        continue
    tried(fd, lambda: os.readlink(f"/proc/self/fd/{fd}"))
    os.set_blocking(fd, False)
    tried(fd, lambda: os.read(fd, 1000))
    tried(fd, lambda: os.pread(fd, 1000, 0))
    tried(fd, lambda: socket.socket(fileno=os.dup(fd)).recvmsg(1000, 1000, socket.MSG_DONTWAIT))
"""
# Looked for is the beginning of the secrets only, spelt backwards: the whole of them is nowhere in this cell.
_HEAP = r"""
needle = "_fo_a_yranac"[:0:-1][:6] + "_of"
needles = [needle, needle.replace("_", "-")]

def _show(text):
    for one in needles:
        at = text.find(one)
        if at >= 0 and text[at + len(one):][:1] in ("_", "-"):  # else it is the needle itself
            print("found:", text[max(0, at - 40):at + 60])

seen = set()
todo = list(gc.get_objects()) + [sys.modules]
gc.unfreeze()
todo += gc.get_objects()
while todo:
    one = todo.pop()
    if id(one) in seen or len(seen) > 600_000:
        continue
    seen.add(id(one))
    if type(one) is str and len(one) < 100_000:
        _show(one)
    elif type(one) is bytes and len(one) < 100_000:
        _show(one.decode("latin-1"))
    elif type(one) not in (str, bytes, int, float):
        todo.extend(gc.get_referents(one))
print(len(seen), "objects,", [m for m in sys.modules if "examiner" in m or "reference" in m or "grading" in m])
"""
# `write` refuses an address that is not there, and does not crash: a way to read all memory without /proc.
_RAW_MEMORY = r"""
needle = ("_fo_a_yranac"[:0:-1][:6] + "_of").encode()
needles = [needle, needle.replace(b"_", b"-")]
_libc.sbrk.restype = ctypes.c_void_p
file = open("memory", "w+b")
_libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
_libc.write.restype = ctypes.c_ssize_t
PAGE = 1 << 16
spots = {id(o) // PAGE for o in gc.get_objects()} | {id(m) // PAGE for m in sys.modules.values()}
top = _libc.sbrk(0) // PAGE
spots |= set(range(top - 3000, top + 1)) | {s + i for s in list(spots) for i in (-1, 1)}
found = read = 0
start = time.process_time()
for spot in sorted(spots):
    file.seek(0)
    size = _libc.write(file.fileno(), spot * PAGE, PAGE)
    if size > 0:
        file.seek(0)
        data = file.read(size)
        read += size
        for one in needles:
            at = data.find(one)
            if at >= 0 and data[at + len(one):][:1] in (b"_", b"-"):  # else it is the needle itself
                print("found:", data[max(0, at - 40):at + 60])
    if time.process_time() - start > 2:
        break
print(read, "bytes read")
"""
_FRAMES = r"""
frame = sys._getframe()
while frame is not None:
    print(frame.f_code.co_name, {k: repr(v)[:300] for k, v in frame.f_locals.items() if k != "frame"})
    print([c for c in frame.f_code.co_consts if isinstance(c, str)][:20])
    frame = frame.f_back
shell = get_ipython()
print([repr(x)[-300:] for x in (shell.user_ns.get("In"), shell.user_ns.get("_ih"), shell.user_ns.get("_oh"))])
tried("history", lambda: list(shell.history_manager.get_range()))
import linecache
print([name for name in linecache.cache if "test" in name and "site-packages" not in name and "lib/python" not in name])
print(_conversation.channel._buffer, _objects._objects, _objects._namespace.get("__builtins__") is None)
"""
_PROC = r"""
for pid in ("self", "1", "2", str(os.getppid())):
    for name in ("mem", "maps", "environ", "cmdline", "fd", "root", "cwd", "task"):
        tried(f"/proc/{pid}/{name}", lambda: os.stat(f"/proc/{pid}/{name}"))

class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

buffer = ctypes.create_string_buffer(64)
mine, theirs = _Iovec(ctypes.addressof(buffer), 64), _Iovec(id(None), 64)
for pid in [*range(1, 60), os.getppid()]:
    for call in (310, 311):  # process_vm_readv and _writev
        result = _libc.syscall(call, pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        if result >= 0:
            print("found:", pid, call, buffer.raw)
    if _libc.syscall(101, 16, pid, 0, 0) >= 0:  # PTRACE_ATTACH
        print("found: traced", pid)
    if _libc.syscall(434, pid, 0) >= 0:  # pidfd_open
        print("found: pidfd", pid)
"""
_EXISTENCE = r"""
for path in ("/etc/passwd", "/etc/ssl", "/etc/shadow", "/etc/hostname", "/proc", "/sys", "/dev/shm",
             "/var", "/run", "/opt", "/srv", "/root/.ssh", "/tmp/pytest-of-root", "/nonexistent"):
    tried(path, lambda: "found: " + str(os.stat(path)))
    tried(path, lambda: "found: " + str(os.statvfs(path)))
    tried(path, lambda: "found: " + str(os.access(path, os.F_OK) or 1 / 0))
"""
_NETWORK = rf"""
def _ask(family, kind, protocol, address):
    with socket.socket(family, kind, protocol) as one:
        one.settimeout(0.3)
        one.connect(address)
        return one.recv(100)

for protocol in (0, 6, 262):
    tried("tcp", lambda: _ask(socket.AF_INET, socket.SOCK_STREAM, protocol, ("127.0.0.1", {PORT_NUMBER})))
tried("tcp6", lambda: _ask(socket.AF_INET6, socket.SOCK_STREAM, 0, ("::1", {PORT_NUMBER})))
tried("any", lambda: _ask(socket.AF_INET, socket.SOCK_STREAM, 0, ("0.0.0.0", {PORT_NUMBER})))
tried("unix", lambda: socket.socket(socket.AF_UNIX))
tried("names", lambda: socket.gethostbyname("example.org"))
"""

# What a function can do with the inputs of a hidden test, so that they come into the feedback.
_ERROR_TEXT = "raise ValueError(f'leak {a} {b}')"
_SHORT_TEXT = "raise ValueError(chr(0x4e00 + a) + chr(0x4e00 + b))"
_SHORT_NAME = "return type(chr(0x4e00 + a) + chr(0x4e00 + b), (), {})()"
_LONG_NAME = "return type(f'leak {a} {b}', (), {})()"
_LINE = r"""
import linecache
name = sys._getframe().f_code.co_filename
linecache.cache[name] = (1, None, [f"leak {a} {b}\n"] * 500, name)
linecache.getline = lambda *_: f"leak {a} {b}"
raise ValueError("x")
"""
_FORGED_LINE = r"""
_objects.describe = lambda error: (("ValueError",), None, "", f"leak {a} {b}")
_conversation._describe = _objects.describe
raise ValueError
"""
_FLOOD_OF_NAMES = r"""
names = [type(f"{i:06d}" * 30, (), {})() for i in range(10_050)]
_conversation._describe = lambda error: (("ValueError",), (names,), f"leak {a} {b}", "")
raise ValueError
"""
_LENGTH = "_push(struct.pack('<I', 3_000_000_000 + 1000 * a + b))\ntime.sleep(0.2)"
_TAG = "_push(_frame(b'V', _asked(), b'a' + bytes([7]) + f'<f{a}00{b}'.encode()))\ntime.sleep(0.2)"
_GROUP = "raise ExceptionGroup(f'leak {a} {b}', [ValueError(f'leak {a} {b}')])"
_OWN_STR = r"""
class Loud(ValueError):
    def __str__(self):
        return f"leak {a} {b}"
Loud.__name__ = f"leak {a} {b}"
raise Loud(1, 2)
"""
_PRINTED = r"""
import warnings
print(f"leak {a} {b}")
warnings.warn(f"leak {a} {b}")
os.write(1, f"leak {a} {b}".encode()); os.write(2, f"leak {a} {b}".encode())
get_ipython().display_pub.publish({"text/plain": f"leak {a} {b}"})
get_ipython().outputs.emit(("error", f"leak {a} {b}", f"leak {a} {b}", [f"leak {a} {b}"]))
"""
_SIGNAL = "signal.signal(10 + a, signal.SIG_DFL); os.kill(os.getpid(), 10 + a); os._exit(10 * a + b)"
_ODD_TEXT = "def scale(v):\n    return f'leak\\x00 {v.size} 5 {chr(0xe000)}' + 100 * 'x'"


ATTACKS = [
    Attack(
        "A1",
        "files-by-path",
        in_cell(
            _READ.replace(
                "PATHS",
                repr(
                    (
                        "secret.txt",
                        "source/ex/one.ipynb",
                        "release/ex/one.ipynb",
                        "nbgrader_config.py",
                        ".nbgrader.log",
                        "ex/one.ipynb",
                        "etc/passwd",
                        "root/.bash_history",
                    )
                ),
            )
        ),
    ),
    Attack("A1", "walk-from-the-root", in_cell(_WALK)),
    Attack("A2", "gradebook", in_cell(_DATABASE)),
    Attack(
        "A3",
        "other-students",
        in_cell(
            _READ.replace(
                "PATHS",
                repr(
                    ("ada/private.txt", "ada/ex/one.ipynb", "submitted/ada/private.txt", "autograded/ada/ex/one.ipynb")
                ),
            )
            + 'import glob\nprint([p for up in ("..", "../..", "/*", "/*/*") for p in glob.glob(up + "/*.ipynb")])'
        ),
    ),
    Attack(
        "A4",
        "solution-package",
        in_cell(
            f"import importlib\ntried('import', lambda: importlib.import_module('{PACKAGE}').__doc__)\n"
            f"sys.path += ['/', '..', '../..', '/proc/1/cwd']\n"
            f"tried('import', lambda: importlib.import_module('{PACKAGE}').__doc__)\n"
            "for name in ('sealgrade.examiner.test_cell', 'sealgrade.grading', 'source', 'solution', 'marking'):\n"
            "    tried(name, lambda: importlib.import_module(name))"
        ),
    ),
    Attack("A5", "environment", in_cell(_ENVIRONMENT)),
    Attack("A6", "descriptors", in_cell(_DESCRIPTORS)),
    Attack("A7", "heap", in_cell(_HEAP)),
    Attack("A7", "heap-while-a-test-runs", in_hidden_call(_HEAP)),
    Attack("A7", "raw-memory", in_cell(_RAW_MEMORY)),
    Attack("A7", "raw-memory-while-a-test-runs", in_hidden_call(_RAW_MEMORY)),
    Attack("A8", "frames", in_cell(_FRAMES)),
    Attack("A8", "frames-while-a-test-runs", in_call(_FRAMES)),
    Attack("A9", "error-text", in_hidden_call(_ERROR_TEXT)),
    Attack("A9", "short-error-text", in_hidden_call(_SHORT_TEXT)),
    Attack("A9", "name-of-a-class", in_hidden_call(_LONG_NAME)),
    Attack("A9", "short-name-of-a-class", in_hidden_call(_SHORT_NAME)),
    Attack("A9", "line-of-the-notebook", in_hidden_call(_LINE)),
    Attack("A9", "forged-line-of-the-notebook", in_hidden_call(_FORGED_LINE)),
    Attack("A9", "ten-thousand-other-texts", in_hidden_call(_FLOOD_OF_NAMES)),
    Attack("A9", "length-of-a-frame", in_hidden_call(_LENGTH), note="does not allow"),
    Attack("A9", "tag-of-a-frame", in_hidden_call(_TAG), note="does not allow"),
    Attack("A9", "group-of-exceptions", in_hidden_call(_GROUP)),
    Attack("A9", "own-str", in_hidden_call(_OWN_STR)),
    Attack("A9", "printed", in_hidden_call(_PRINTED)),
    Attack("A9", "way-of-ending", in_hidden_call(_SIGNAL), note="ended Python|ended by signal"),
    Attack(
        "A9",
        "text-that-is-cut-and-escaped",
        {"three-scale": _ODD_TEXT},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 0},
    ),
    # What a function has heard in a hidden test, a later cell of the student's could show.
    Attack(
        "A9",
        "shown-by-a-later-cell",
        {
            "one-add": "heard = []\n\ndef add(a, b):\n    heard.append(f'leak {a} {b}')\n    return a - b",
            "one-mul": "print(heard)\n\n\ndef mul(a, b):\n    return a * b",
        },
    ),
    # Open: a number that comes back can say what was handed in, if the test's message shows it. A test that is to keep
    # its inputs to itself must not show results; texts, names and lines of the student's are taken out.
    Attack(
        "A9",
        "number-that-the-message-shows",
        {"three-scale": "def scale(v):\n    return v.size * 1001.0"},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 0},
    ),
    # An oracle of a few bits for each hand-in remains: which exception it is, and whether a test is passed.
    Attack(
        "A10",
        "kind-of-exception-as-an-oracle",
        in_hidden_call("raise [ValueError, KeyError, TypeError, IndexError, OSError, LookupError, EOFError][b]"),
    ),
    Attack(
        "A12",
        "marshalled-tests",
        in_cell(
            "import marshal, base64\n"
            "codes = [o for o in gc.get_objects() if type(o).__name__ == 'function'][:20_000]\n"
            "print([c.__name__ for c in codes if 'test' in getattr(c.__code__, 'co_filename', '')[:6]])"
        ),
    ),
    Attack("A13", "proc-and-ptrace", in_cell(_PROC)),
    Attack("A14", "existence", in_cell(_EXISTENCE)),
    Attack("A14", "network", in_cell(_NETWORK)),
    Attack(
        "A9",
        "honest-work-beside",
        {"three-scale": SCALE},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 2, "three-share": 1.5},
    ),
]
