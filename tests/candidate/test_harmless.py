"""Honest code does not notice the confinement: what a student of scientific computing may do works."""

import importlib.util
import sys
from pathlib import Path

import pytest

from .conftest import Grader

# name -> code that says True
STANDARD = {
    "read, write, list and remove files": """
import os
from pathlib import Path
Path('a/b').mkdir(parents=True)
Path('a/b/c.txt').write_text('text')
Path('a/b/c.txt').rename('a/b/d.txt')
good = Path('a/b/d.txt').read_text() == 'text' and os.listdir('a/b') == ['d.txt']
with open('a/b/d.txt', 'r+') as file:
    file.truncate(2)
good = good and Path('a/b/d.txt').stat().st_size == 2
Path('a/b/d.txt').unlink()
os.removedirs('a/b')
say(good)
""",
    "copy and move": """
import os, shutil
open('a', 'w').write('text')
shutil.copy('a', 'b'); shutil.copy2('a', 'c'); shutil.copyfile('a', 'd')
os.mkdir('folder'); shutil.move('a', 'folder'); shutil.copytree('folder', 'other')
shutil.make_archive('packed', 'zip', 'other')
shutil.rmtree('folder')
say(sorted(os.listdir()) == ['b', 'c', 'd', 'other', 'packed.zip'])
""",
    "temporary files": """
import tempfile, os
with tempfile.NamedTemporaryFile('w') as named, tempfile.TemporaryFile() as file:
    named.write('x'); file.write(b'x')
    with tempfile.TemporaryDirectory() as folder:
        open(folder + '/x', 'w').close()
    good = named.name.startswith('/sealgrade/work')
with tempfile.SpooledTemporaryFile(max_size=1) as spooled:
    spooled.write(b'12345')
say(good and os.listdir() == [])
""",
    "threads": """
import threading, queue, signal
q = queue.Queue()
threads = [threading.Thread(target=lambda i=i: q.put(i), name=f't{i}') for i in range(20)]
[t.start() for t in threads]; [t.join() for t in threads]
threading.Timer(0.01, lambda: q.put(20)).start()
say(sorted(q.get(timeout=5) for _ in range(21)) == list(range(21)))
""",
    "a pool of threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    say(sum(pool.map(lambda x: x * x, range(100))) == 328350)
""",
    "asyncio": """
import asyncio
async def double(x):
    await asyncio.sleep(0.001)
    return 2 * await asyncio.to_thread(int, x)
async def main():
    return await asyncio.wait_for(asyncio.gather(*(double(i) for i in range(5))), 5)
say(asyncio.run(main()) == [0, 2, 4, 6, 8])
""",
    "pairs of sockets": """
import socket, selectors
a, b = socket.socketpair()
a.sendall(b'x' * 100); a.setblocking(False)
with selectors.DefaultSelector() as selector:
    selector.register(b, selectors.EVENT_READ)
    say(bool(selector.select(1)) and b.recv(200) == b'x' * 100)
""",
    "time": """
import time, datetime, zoneinfo
time.sleep(0.01)
time.perf_counter(), time.process_time(), time.thread_time(), time.localtime(), time.strftime('%c')
berlin = datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))
say(berlin.utcoffset() == datetime.timedelta(hours=2))
""",
    "sqlite": """
import sqlite3
for place in (':memory:', 'grades.db'):
    base = sqlite3.connect(place)
    base.execute('create table t (x)')
    base.executemany('insert into t values (?)', [[1], [2]])
    base.commit()
    total = base.execute('select sum(x) from t').fetchone()
    base.close()
say(total == (3,))
""",
    "ctypes": """
import ctypes
square = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x * x)
say(ctypes.CDLL(None).abs(-3) == 3 and square(4) == 16)
""",
    "random and hashes": """
import random, secrets, hashlib, uuid, os
random.SystemRandom().random(), secrets.token_hex(), uuid.uuid4(), os.urandom(3), open('/dev/urandom', 'rb').read(3)
say(hashlib.sha256(b'x').hexdigest().startswith('2d711642'))
""",
    "the system's answers": """
import os, platform, sys, locale, shutil, resource, gc
os.cpu_count(), os.getpid(), os.getcwd(), os.uname(), platform.platform(), locale.getlocale(), sys.version
shutil.disk_usage('.'), resource.getrusage(resource.RUSAGE_SELF), os.times(), os.get_terminal_size
os.path.expanduser('~') == '/sealgrade/work' and gc.collect()
say(os.getcwd() == os.environ['HOME'] == '/sealgrade/work')
""",
    "signals to itself": """
import os, signal, threading
seen = []
signal.signal(signal.SIGUSR1, lambda *a: seen.append(1))
signal.signal(signal.SIGALRM, lambda *a: seen.append(2))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.pause()
say(seen == [1, 1, 1, 2])
""",
    "lazy imports": """
import csv, decimal, fractions, statistics, email.message, xml.etree.ElementTree, unittest, doctest, zipfile, bz2, lzma
import http.client, urllib.request, logging.handlers, multiprocessing, ssl, curses, dbm, pdb, cProfile, timeit
say(True)
""",
    "the network is unreachable, and nothing worse": """
import urllib.request, urllib.error
try:
    urllib.request.urlopen('http://example.org', timeout=5)
except urllib.error.URLError:
    say(True)
""",
    "devices": """
open('/dev/null', 'w').write('x')
with open('/dev/full', 'w') as full:
    try:
        full.write('x'); full.flush()
    except OSError: pass
    try: full.close()
    except OSError: pass
say(open('/dev/zero', 'rb').read(3) == bytes(3))
""",
    "a deep recursion": """
def down(n): return n and down(n - 1)
try:
    down(10**6)
except RecursionError:
    say(True)
""",
    "too much memory is an exception": """
try:
    bytearray(6 * 2**30)
except MemoryError:
    say(True)
""",
    "memory maps, pipes and descriptors": """
import mmap, os, select
with open('m', 'w+b') as file:
    file.write(bytes(4096)); file.flush()
    mapped = mmap.mmap(file.fileno(), 4096); mapped[0] = 1; mapped.flush(); mapped.close()
r, w = os.pipe(); os.write(w, b'x'); os.set_inheritable(w, True); os.set_blocking(r, False)
say(select.select([r], [], [], 1)[0] == [r] and os.read(r, 1) == b'x')
""",
}

SCIENCE = {
    "numpy": """
import numpy as np
a = np.random.default_rng(1).normal(size=(200, 200))
np.save('a.npy', a); np.savetxt('a.txt', a[:3]); np.savez_compressed('a.npz', a=a)
m = np.memmap('m.dat', dtype=float, mode='w+', shape=(10,)); m[:] = 1; m.flush()
good = np.allclose(np.linalg.inv(a) @ a, np.eye(200)) and np.allclose(np.load('a.npy'), a)
np.fft.fft(a), np.linalg.svd(a), np.linalg.eig(a), np.polyfit([1, 2, 3], [1, 4, 9], 2), np.loadtxt('a.txt')
say(bool(good))
""",
    "matplotlib": """
import os
import matplotlib.pyplot as plt
figure, axes = plt.subplots(2, 2, subplot_kw={'xscale': 'log'})
axes[0, 0].plot([1, 2], [3, 4], label=r'$\\alpha^2$'); axes[0, 0].legend(); axes[1, 1].set_title('Grüße')
axes[0, 1].imshow([[1, 2], [3, 4]])
figure.savefig('a.png'); figure.savefig('a.pdf'); figure.savefig('a.svg'); plt.close('all')
say(all(os.path.getsize(f'a.{kind}') > 1000 for kind in ('png', 'pdf', 'svg')))
""",
    "ipython": """
shell.run_cell('import numpy as np\\nx = np.arange(3).sum()\\n%time y = 2 * x\\n!ls')
shell.run_cell('%timeit -n 2 -r 2 sum([1])')
shell.run_cell('import time\\nawait __import__("asyncio").sleep(0.001)\\nz = y')
say(bool(shell.user_ns['z'] == 6))
""",
}
IMPORTS = """
import os
os.environ.update(HOME="{home}", MPLBACKEND="agg")
import builtins
import numpy, matplotlib.pyplot
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
# The thread that saves the history would keep the zygote from making namespaces.
builtins.shell = InteractiveShell.instance(config=Config(HistoryManager=Config(enabled=False)))
"""


def test_the_standard_library_works(grader: Grader) -> None:
    outcomes = grader.run(*STANDARD.values())
    assert {name: o for name, o in zip(STANDARD, outcomes, strict=True) if o.said != [True] or o.code} == {}


def test_the_standard_library_works_without_namespaces(grader: Grader) -> None:
    # What is different there: no sockets, the scratch is elsewhere, and its size is not bounded.
    other = {"the network is unreachable, and nothing worse", "the system's answers", "temporary files"}
    codes = {name: code for name, code in STANDARD.items() if name not in other}
    outcomes = grader.run(*codes.values(), without=("mount", "network", "process"))
    assert {name: o for name, o in zip(codes, outcomes, strict=True) if o.said != [True] or o.code} == {}


def test_scientific_libraries_work(here: Grader, tmp_path: Path) -> None:
    missing = [name for name in ("numpy", "matplotlib", "IPython") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed in {sys.prefix}: {', '.join(missing)}")
    outcomes = here.run(*SCIENCE.values(), imports=IMPORTS.format(home=tmp_path))
    assert {name: o for name, o in zip(SCIENCE, outcomes, strict=True) if o.said != [True] or o.code} == {}


def test_libraries_can_be_imported_after_confinement(here: Grader) -> None:
    if importlib.util.find_spec("numpy") is None:
        pytest.skip(f"numpy is not installed in {sys.prefix}")
    (outcome,) = here.run("import numpy; say(int(numpy.arange(3).sum()))")
    assert outcome.said == [3]
