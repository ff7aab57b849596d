"""C: escape early, never end, end others."""

from .course import Attack
from .inside import LIBRARY, WRONG, in_call, in_cell, in_hidden_call

_ENDED = "ended Python"
_RAISED = {
    "system-exit": "sys.exit(0)",
    "keyboard-interrupt": "raise KeyboardInterrupt",
    "generator-exit": "raise GeneratorExit",
    "stop-iteration": "raise StopIteration(3)",
    "base-exception": "raise BaseException('x')",
    "of-its-own": "raise type('Own', (BaseException,), {'__str__': lambda self: os._exit(0) if 0 else 1 / 0})()",
    "group": "raise BaseExceptionGroup('', [SystemExit(0), KeyboardInterrupt()])",
    "assertion-error": "raise AssertionError",
    "memory-error": "raise MemoryError",
    "recursion": "return add(a, b)",
    "with-a-bad-args": "e = ValueError(); e.args = (float('nan'), [], 10**5000); raise e",
    "bad-name": "raise type('SystemExit', (SystemExit,), {'__name__': 5, '__mro__': ()})(0)",
    # C11
    "skip-test": "import unittest; raise unittest.SkipTest('skipped')",
    "skipped": "raise type('Skipped', (BaseException,), {'__module__': 'builtins'})('skip')",
    "expected-failure": "import unittest.case; raise unittest.case._ShouldStop",
}
# How a process ends, and what the instructor reads of it.
_ENDS = {
    "exit": ("os._exit(0)", _ENDED),
    "segfault": ("ctypes.string_at(0)", "crashed Python"),
    "abort": ("os.abort()", "ended|crashed|was killed"),
    "signal": ("signal.raise_signal(signal.SIGSEGV); os.kill(os.getpid(), 9); os._exit(0)", "ended|crashed|was killed"),
    "c-stack": (
        "sys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6):\n    x = [x]\nrepr(x)\n"
        "last = None\nfor _ in range(10**6):\n    last = iter(map(None, last or ()))\ndel last\nos._exit(1)",
        "ended|crashed",
    ),
    "exec": ("try:\n    os.execv('/bin/true', ['true'])\nfinally:\n    os._exit(0)", _ENDED),
}
_HANGS = {
    # A loop of Python's is interrupted; the process goes on.
    "loop": "while True:\n    pass",
    # These are killed.
    "signals-ignored": r"""
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    try:
        while True:
            pass
    except BaseException:
        pass""",
    "one-call-of-c": "sum(range(10**13)); 9**9**9**9",
}
_SLEEPS = r"""
os.kill(os.getpid(), signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGTSTP)
while True:
    try:
        time.sleep(1000)
    except BaseException:
        pass
"""
_KILL = r"""
for pid in (-1, 0, 1, os.getppid(), -os.getpgrp(), *range(2, 3000)):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        if pid == os.getpid():
            continue
        try:
            os.kill(pid, number)
            print("found: signalled", pid)
        except OSError:
            pass
for call, arguments in ((200, (2, 9)), (234, (2, 2, 9)), (129, (2, 9, 0)), (424, (3, 9, 0, 0)), (62, (-1, 9))):
    tried(call, lambda: _libc.syscall(call, *arguments))
tried("killpg", lambda: os.killpg(0, 9))
tried("limit", lambda: __import__("resource").prlimit(2, 0, (1, 1)))
"""
_DAEMON = r"""
def _stay():
    while True:
        time.sleep(0.5)
        try:
            open("/tmp/still-here", "w")
        except OSError:
            pass
for make in (os.fork, os.forkpty, lambda: os.posix_spawn("/bin/sh", ["sh"], {}), lambda: _libc.syscall(57),
             lambda: _libc.syscall(56, 17, 0, 0, 0, 0), lambda: _libc.syscall(435, 0, 0), lambda: _libc.vfork(),
             lambda: __import__("subprocess").run(["true"]), lambda: __import__("multiprocessing").Process().start(),
             lambda: os.system("true") and 1 / 0):
    tried("fork", make)
for _ in range(20):
    threading.Thread(target=_stay).start()  # not a daemon: Python waits for it at its end
"""
_BUSY_THREADS = r"""
def _burn():
    while True:
        pass
threading.Thread(target=_burn, daemon=True).start()
"""
_CLOSE = {
    "close": "os.close(_socket.fileno())\ntime.sleep(0.1)",
    "close-all": "os.closerange(0, 200)\nwhile True: time.sleep(0.1)",
    "shutdown": "_socket.shutdown(socket.SHUT_RDWR)\nwhile True: time.sleep(0.1)",
    "half-shutdown": "_socket.shutdown(socket.SHUT_WR)\nwhile True: time.sleep(0.1)",
    "duplicate-over": "os.dup2(os.open('/dev/zero', os.O_RDWR), _socket.fileno())",
    "pipe-over": "r, w = os.pipe(); os.dup2(r, _socket.fileno()); os.dup2(w, 1); os.dup2(w, 2)",
    "own-pair": "a_, b_ = socket.socketpair(); os.dup2(a_.fileno(), _socket.fileno()); b_.send(bytes(1000))",
}


# Graded by the engine alone; some of them also by the command.
MORE = [
    *(
        Attack(
            "C11" if "skip" in name or "expected" in name else "C1" if "exit" in name else "C5",
            f"raised-{name}",
            in_call(code),
        )
        for name, code in _RAISED.items()
    ),
    *(
        Attack("C12", name, in_hidden_call(code), note="ended|does not allow|took longer|cut its connection")
        for name, code in _CLOSE.items()
    ),
    *(
        Attack(
            "C7" if name in ("signals-ignored", "one-call-of-c") else "C6",
            name,
            in_hidden_call(code),
            note="took longer than",
        )
        for name, code in _HANGS.items()
    ),
    Attack("C8", "stops-and-sleeps", in_hidden_call(_SLEEPS), note="took longer than"),
]
ATTACKS = [
    *MORE[:2],
    Attack("C1", "exit-when-the-cell-runs", {"one-add": f"{WRONG}\nimport sys\nsys.exit(0)\n"}),
    *(
        Attack(
            "C4" if name in ("segfault", "abort", "c-stack", "signal") else "C3" if name == "exec" else "C2",
            f"{name}-in-a-call",
            in_call(code),
            note=note,
        )
        for name, (code, note) in _ENDS.items()
    ),
    *(
        Attack("C4" if name in ("segfault", "abort") else "C2", f"{name}-in-the-cell", in_cell(code), note=note)
        for name, (code, note) in _ENDS.items()
        if name in ("exit", "segfault", "abort")
    ),
    Attack(
        "C2",
        "exit-in-a-comparison",
        in_call(
            "names = ('__eq__', '__len__', '__getattr__', '__del__')\n"
            "return type('Gone', (), {n: lambda *_: os._exit(0) for n in names})()"
        ),
    ),
    Attack(
        "C2",
        "exit-in-a-str-of-an-error",
        in_call("raise type('Gone', (Exception,), {'__str__': lambda self: os._exit(0)})()"),
        note=_ENDED,
    ),
    Attack(
        "C2",
        "exit-in-a-repr",
        {"one-add": f"{LIBRARY}{WRONG}\ntype('G', (), {{'__repr__': lambda s: os._exit(0)}})()"},
        note=_ENDED,
    ),
    # The thread ends the process in the middle of later cells: the cell that started it is found, and left out.
    Attack(
        "C2",
        "exit-in-a-thread",
        {
            "one-add": f"{LIBRARY}{WRONG}\n"
            "def _end():\n    time.sleep(0.002)\n    os._exit(0)\nthreading.Thread(target=_end).start()",
        },
        note="ended Python",
    ),
    *(one for one in MORE if one.name == "loop"),
    Attack("C6", "loop-in-the-cell", {"one-add": f"{WRONG}\nwhile True:\n    pass"}, note="took longer than"),
    Attack("C9", "kills-everybody", in_cell(_KILL)),
    Attack("C9", "kills-everybody-while-a-test-runs", in_call(_KILL)),
    Attack("C10", "daemons", in_cell(_DAEMON)),
    Attack("C10", "busy-thread", in_cell(_BUSY_THREADS)),
    *(one for one in MORE if one.row in ("C11", "C12") and one.name in ("raised-skip-test", "close", "duplicate-over")),
]
