"""G: resource bombs. Each is set off in a cell; where it can, it is kept alive for the cells and tests that follow."""

from .course import ADD_WRONG, RIGHT, Attack
from .tries import tries

FORKS = tries(
    {
        "fork": "os.fork() or os._exit(0)",
        "forkpty": "os.forkpty()",
        "posix_spawn": "os.posix_spawn(sys.executable or '/bin/true', ['x'], {})",
        "a library is run": "os.posix_spawn('/lib64/ld-linux-x86-64.so.2', ['ld'], {})",
        "subprocess": "import subprocess; subprocess.run(['/bin/sh', '-c', ':(){ :|:& };:'])",
        "system": "hit = os.system(':') == 0",
        "popen": "hit = os.popen('echo x').read() == 'x'",
        "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start()",
        "a pool": "import multiprocessing as m; m.get_context('fork').Pool(50)",
        "executor": """
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
ProcessPoolExecutor(2, multiprocessing.get_context('fork')).submit(print).result(2)""",
        "fork of libc": "hit = libc.fork() != -1",
        "vfork": "hit = call(58)",
        "clone without thread": "hit = call(56, 17, 0, 0, 0, 0)",
        "clone with memory": "hit = call(56, 0x100 | 17, 0, 0, 0, 0)",
        "clone into a user namespace": "hit = call(56, 0x10000000 | 17, 0, 0, 0, 0)",
        "clone3": "hit = call(435, ctypes.create_string_buffer(88), 88)",
        "exec": "os.execv('/bin/true', ['true'])",
        "execveat": "hit = call(322, -100, b'/bin/true', 0, 0, 0)",
    }
)
FORK_BOMB = f"""
import os, time
end = time.time() + 1
while time.time() < end:
    try:
        os.fork()
    except OSError:
        pass
{ADD_WRONG}
"""
THREAD_BOMB = f"""
import threading, time
threading.stack_size(32768)
end, threads = time.time() + 1, 0
def idle():
    time.sleep(1000)
while time.time() < end and threads < 5000:
    try:
        threading.Thread(target=idle, daemon=True).start()
        threads += 1
    except RuntimeError as error:
        print(threads, error)
        break
print("hit: thread bomb" if threads > 200 else "refused: thread bomb")
{ADD_WRONG}
"""
# Threads that never rest, in C: they do not hold Python's lock and burn what the machine has.
BURNERS = f"""
import threading, zlib
data = bytes(50_000_000)
def burn():
    while True:
        zlib.crc32(data)
for _ in range(3):
    threading.Thread(target=burn, daemon=True).start()
{ADD_WRONG}
"""
ALLOCATIONS = tries(
    {
        "6 GiB of bytes": "bytearray(6 << 30)",
        "numpy": "import numpy as np; np.ones(6 << 27)",
        "mmap": "import mmap; mmap.mmap(-1, 6 << 30)",
        "mmap without reserve": "import mmap; mmap.mmap(-1, 6 << 30, flags=2 | 0x20 | 0x4000)",
        "shared memory": "import mmap; mmap.mmap(-1, 6 << 30, flags=1 | 0x20)",
        "repeat": "'x' * (6 << 30)",
        "raise the limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "raise the limit of another": "import resource; resource.prlimit(1, resource.RLIMIT_AS, (-1, -1))",
        "lock memory": "hit = libc.mlockall(3) == 0",
        "a hidden file": "os.memfd_create('x')",
        "many shared maps": """
import mmap
kept = []
for _ in range(100):
    kept.append(mmap.mmap(-1, 1 << 28))""",
    }
)
# All that there is, in ever smaller pieces, and it is kept.
HOARD = f"""
{ADD_WRONG}
hoard, size = [], 1 << 30
while size > 10_000:
    try:
        hoard.append(bytearray(size))
    except MemoryError:
        size //= 8
"""
# Through C, so that it is the stack that ends.
ENDLESS_RECURSION = """
import sys
sys.setrecursionlimit(10**9)
def add(a, b):
    return list(map(add, [a], [b]))
"""
FILES = tries(
    {
        "a file of 100 MB": "open('big', 'wb').write(bytes(100 << 20))",
        "a sparse file": "open('sparse', 'wb').truncate(1 << 50)",
        "reserved": "os.posix_fallocate(os.open('f', os.O_CREAT | os.O_WRONLY), 0, 100 << 20)",
        "many files": "for i in range(40): open(f'part{i}', 'wb').write(bytes(10 << 20))",
        "mapped": """
import mmap
for i in range(40):
    with open(f'm{i}', 'w+b') as f:
        f.truncate(10 << 20)
        mmap.mmap(f.fileno(), 10 << 20)
        f.write(bytes(10 << 20))""",
        "elsewhere": """
hit = False
for folder in ('/', '/tmp', '/var/tmp', '/dev/shm', '/dev', '/run', '/root', '/home', '/sealgrade', sys.prefix):
    try:
        open(folder + '/pwned-by-a-flood', 'wb').write(bytes(1 << 20))
        hit = folder
    except OSError: pass""",
        "many empty files": "for i in range(5000): open(f'empty{i}', 'w').close()",
        "many folders": "for i in range(5000): os.mkdir(f'folder{i}')",
        "deep folders": "for i in range(5000): os.mkdir('d'); os.chdir('d')",
        "many links": "for i in range(5000): os.symlink('/etc/passwd', f'link{i}')",
        "hard links": "for i in range(5000): os.link(sorted(os.listdir('.'))[0], f'hard{i}')",
        "pipes with a name": "os.mkfifo('pipe')",
    },
    before="os.chdir(os.environ['HOME'])",
)
# Python ignores the signal of the system for too large a file; here it is let through.
TOO_LARGE_A_FILE = f"""
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
try:
    os.truncate(os.open("f", os.O_CREAT | os.O_WRONLY), 1 << 40)
except OSError as error:
    print("refused: truncate", error)
{ADD_WRONG}
"""
DESCRIPTORS = f"""
import os, socket
{ADD_WRONG}
kept = []
for take in (os.pipe, socket.socketpair, lambda: open("/dev/null"), lambda: os.dup(1), lambda: os.eventfd(0)):
    try:
        for _ in range(5000):
            kept.append(take())
        print("hit: descriptors")
    except OSError as error:
        print("refused: descriptors", error)
"""
FLOOD = """
import os, sys
for _ in range(50):
    print("x" * 1_000_000)
    print("y" * 1_000_000, file=sys.stderr)
    sys.__stdout__.write("z" * 100_000)
for descriptor in (1, 2):
    for _ in range(100):
        try:
            os.write(descriptor, b"w" * 100_000)
        except OSError:
            break
def add(a, b):
    for _ in range(100):
        print("v" * 1_000_000)
    return a - b
"""
# Nothing in it ever waits, so that there is always more to read.
ENDLESS_FLOOD = f"""
{ADD_WRONG}
from IPython.display import display
while True:
    try:
        while True:
            display({{"text/plain": "x" * 4_000_000}}, raw=True)
    except BaseException:
        pass
"""
DISPLAYS = f"""
from IPython.display import HTML, clear_output, display
handle = display("x", display_id=True)
for i in range(3000):
    print(i)
    display(HTML("<b>x</b>" * 1000))
    handle.update("y" * 1000)
    if i % 100 == 0:
        clear_output()
{ADD_WRONG}
"""
FLOOD_FROM_A_THREAD = f"""
import threading, time
def flood():
    while True:
        print("x" * 100_000, flush=True)
threading.Thread(target=flood, daemon=True).start()
{ADD_WRONG}
"""
FLOOD_OF_CALLS = """
def add(a, b):
    class Item:
        def __iter__(self):
            return iter(self.__next__, 1)
        def __next__(self):
            return Item()
    return Item()
"""
HUGE_ERROR = """
def add(a, b):
    raise ValueError("x" * 30_000_000)
"""
COMPILER = tries(
    {
        "brackets": "hit = eval('(' * 100_000 + ')' * 100_000)",
        "signs": "hit = eval('-' * 90 + '1') > 2",
        "a long sum": "hit = eval('+'.join(['1'] * 3000)) != 3000",
        "folded": "hit = len(eval('\"x\" * 10**11'))",
        "a power, as text": "hit = str(3 ** 100_000)",
        "digits": "hit = int('9' * 100_000)",
        "a regular expression of two GiB": "import re; hit = re.compile('(' * 100_000 + ')' * 100_000)",
        "a file": "hit = compile('x' * 10 + '\\0', 'f', 'exec')",
    }
)
POWER = "add = 9 ** 9 ** 9"
NESTED = "add = " + "[" * 3000 + "]" * 3000
SIGNS = "add = " + "-" * 300_000 + "1"
BACKTRACKING = """
import re
def add(a, b):
    return re.match(r"(a|a)*$", "a" * 60 + "b") if a == 5 else a - b
"""
FIGURES = f"""
import matplotlib.pyplot as plt
for size, dpi in (((1e6, 1e6), 100), ((60_000, 60_000), 1), ((10, 10), 1e6), ((4, 3), -1)):
    try:
        plt.figure(figsize=size, dpi=dpi).savefig("x.png")
        print("hit: figure", size)
    except (ValueError, MemoryError, RuntimeError, OverflowError, OSError) as error:
        print("refused: figure", type(error).__name__)
    plt.close("all")
plt.figure(figsize=(1e6, 1e6))
{ADD_WRONG}
"""
# 2.5 seconds of work and as many of waiting, where 4 of work and 8 by the clock are allowed.
SLOW = """
import time
time.sleep(2.5)
def add(a, b):
    end = time.process_time() + 1
    while time.process_time() < end:
        pass
    return a + b
end = time.process_time() + 2.5
while time.process_time() < end:
    pass
"""

ATTACKS = [
    Attack("G1", "processes-in-every-way", {"one-add": FORKS}),
    Attack("G1", "fork-bomb", {"one-add": FORK_BOMB}),
    Attack("G2", "thread-bomb", {"one-add": THREAD_BOMB}),
    Attack("G2", "threads-that-never-rest", {"one-add": BURNERS}),
    Attack("G3", "one-allocation", {"one-add": ALLOCATIONS}),
    Attack("G3", "memory-kept-to-the-last-byte", {"one-add": HOARD}),
    Attack("G3", "recursion-without-end", {"one-add": ENDLESS_RECURSION}, note="crashed Python"),
    Attack("G5", "files-without-end", {"one-add": FILES}),
    Attack("G5", "signal-of-a-too-large-file", {"one-add": TOO_LARGE_A_FILE}),
    Attack("G7", "descriptors-to-the-last", {"one-add": DESCRIPTORS}),
    Attack("G8", "text-in-every-way", {"one-add": FLOOD}),
    Attack("G8", "flood-without-a-pause", {"one-add": ENDLESS_FLOOD}, note="`one-add` (took longer|sent too many)"),
    Attack("G8", "displays", {"one-add": DISPLAYS}),
    Attack("G8", "flood-from-a-thread", {"one-add": FLOOD_FROM_A_THREAD}),
    Attack("G8", "results-without-end", {"one-add": FLOOD_OF_CALLS}),
    Attack("G8", "error-of-30-mb", {"one-add": HUGE_ERROR}),
    Attack("G9", "compiler", {"one-add": COMPILER}),
    Attack("G9", "power-of-powers", {"one-add": POWER}, note="`one-add` took longer"),
    Attack("G9", "nested-source", {"one-add": NESTED}),
    Attack("G9", "signs-in-the-source", {"one-add": SIGNS}),
    Attack("G9", "backtracking", {"one-add": BACKTRACKING}, note="hidden` was not passed.*took longer"),
    Attack("G10", "giant-figures", {"one-add": FIGURES}),
    Attack("G11", "slow-and-right", {**RIGHT, "one-add": SLOW}, expected={"one-add": 6, "one-mul": 3}),
]
