"""Right but odd work: full marks, and no note that an honest student would be blamed for."""

from dataclasses import replace
from typing import Any

from nbformat.v4 import new_code_cell

from .course import ADD, MUL, RIGHT, Attack

# The notes of all who hand in one notebook of several; nothing else may be said.
NO_BLAME = r"\A((one: )?\w+\.ipynb was not handed in\.\s*)+\Z"


def _right(name: str, before: str = "", add: str = ADD, mul: str = MUL) -> Attack:
    """Something odd before or in the right answer."""
    cells = {**RIGHT, "one-add": f"{before}\n{add}", "one-mul": mul}
    return Attack("Right", name, cells, expected={"one-add": 6, "one-mul": 3}, note=NO_BLAME)


PRINTS = """
import os, sys
print("to stdout")
print("to stderr", file=sys.stderr)
os.write(1, b"to the descriptor 1\\n")
os.write(2, b"to the descriptor 2\\n")
sys.stdout.write("x\\r\\x1b[31mred\\x1b[0m")
sys.__stdout__.write("past IPython")
print("Résultat: ü 你好 \\ud83d\\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
for i in range(300_000):
    print(i, end=" ")
"""
THREADS = """
import threading, queue
from concurrent.futures import ThreadPoolExecutor
results = queue.Queue()
workers = [threading.Thread(target=lambda i=i: results.put(i * i)) for i in range(20)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert sorted(results.queue) == [i * i for i in range(20)]
pool = ThreadPoolExecutor(8)
assert list(pool.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]
stop = threading.Event()
def wait():
    while not stop.wait(0.01):
        pass
background = threading.Thread(target=wait, daemon=True)
background.start()
def printing():
    for i in range(50):
        print("thread", i)
threading.Thread(target=printing).start()
timer = threading.Timer(0.05, print, ["late"])
timer.start()
"""
ADD_IN_A_POOL = "def add(a, b):\n    return pool.submit(lambda: a + b).result()"
# What they print must not get into the middle of an answer.
PRINTING_THREADS = """
import threading, time
times = []
def printing():
    while True:
        print("x" * 3000, flush=True)
        times.append(1)
for _ in range(3):
    threading.Thread(target=printing, daemon=True).start()
while len(times) < 100:
    time.sleep(0.01)
"""
ASYNC = """
import asyncio
async def later(x):
    await asyncio.sleep(0.01)
    return x
assert await later(3) == 3
assert await asyncio.gather(later(1), later(2)) == [1, 2]
async with asyncio.timeout(1):
    await later(1)
task = asyncio.create_task(later(5))
result = await task
"""
ADD_ASYNC = """def add(a, b):
    async def both():
        return await later(a) + await later(b)
    return asyncio.new_event_loop().run_until_complete(both())"""
MAGICS = """
%matplotlib inline
%config InlineBackend.figure_format = "retina"
%load_ext autoreload
%autoreload 2
%timeit -n 2 -r 2 sum(range(10))
%time x = 1
%pwd
%cd .
%ls
%who
%whos
%env LANG
%precision 3
%lsmagic
%prun -q sum(range(10))
%history
%reset_selective -f nothing
"""
HELP = """
help(print)
import this
add_ = 1
print?
print??
?len
%pdoc len
%pinfo len
np?
int.*r*?
dir()
vars()
locals()
"""
MUL_TIMED = "%%time\ndef mul(a, b):\n    return a * b"
MUL_CAPTURED = "%%capture out\nprint('captured')\ndef mul(a, b):\n    return a * b"
FIGURES = """
import numpy as np
import matplotlib.pyplot as plt
fig, axes = plt.subplots(2, 2)
axes[0, 0].plot(np.linspace(0, 1))
axes[0, 1].imshow(np.eye(5))
axes[1, 0].hist(np.random.randn(100))
axes[1, 1].set_title(r"$\\frac{a}{b}$ öä")
plt.savefig("figure.pdf")
plt.savefig("figure.png", dpi=50)
plt.show()
plt.contourf(np.outer(range(5), range(5)))
plt.colorbar()
"""
CLASSES = """
from __future__ import annotations
import abc, collections, contextlib, dataclasses, enum, functools, itertools, math, operator, typing
from dataclasses import dataclass, field
import numpy as np

@dataclass(frozen=True)
class Pair:
    a: int
    b: int = 0
    extra: list[int] = field(default_factory=list)

class Color(enum.Enum):
    RED = 1

class Base(abc.ABC):
    @abc.abstractmethod
    def value(self) -> int: ...

class Sum(Base):
    __slots__ = ("pair",)
    def __init__(self, pair): self.pair = pair
    def value(self): return self.pair.a + self.pair.b

class Vector(np.ndarray):
    def __new__(cls, values): return np.asarray(values).view(cls)

Point = collections.namedtuple("Point", "x y")

class Typed(typing.NamedTuple):
    x: int

def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        logged.calls += 1
        return function(*args, **kwargs)
    return inner
logged.calls = 0

def numbers():
    received = yield 1
    yield from itertools.count(2)

@contextlib.contextmanager
def manager():
    yield 5

@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

@functools.cache
def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)

match Point(1, 2):
    case Point(x=1, y=y):
        assert y == 2
with manager() as five:
    assert five == 5
assert fib(200) > 10**40 and deep(500) == 500
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
assert depth(2500) == 2500
import sys
sys.setrecursionlimit(20_000)
assert depth(15_000) == 15_000
"""
ADD_OF_CLASSES = """@logged
@functools.lru_cache
def add(a, b):
    return Sum(Pair(a, b)).value() + 0 * int(Vector([1, 2]).sum()) + 0 * next(numbers())"""
ADD_IS_AN_OBJECT = """class Adder:
    def __init__(self): self.count = 0
    def __call__(self, a, b):
        self.count += 1
        return a + b
add = Adder()"""
ADD_IS_PARTIAL = "import functools, operator\nadd = functools.partial(operator.add)"
ADD_IS_A_LAMBDA = "add = lambda *numbers, **options: sum(numbers)"
ADD_OF_NUMPY = "import numpy as np\ndef add(a, b):\n    return np.add(a, b)"
ADD_NUMPY_ARRAY = "import numpy as np\ndef add(a, b):\n    return np.array(a) + np.array(b)"
ADD_IS_SLOW = """import time
def add(a, b):
    end = time.process_time() + 1
    while time.process_time() < end: pass
    return a + b"""
FILES = """
import csv, glob, gzip, io, json, os, pathlib, pickle, shelve, shutil, sqlite3, tempfile, zipfile
import numpy as np
path = pathlib.Path("folder/below")
path.mkdir(parents=True)
(path / "a.txt").write_text("5 ü", encoding="utf-8")
assert (path / "a.txt").read_text(encoding="utf-8") == "5 ü"
np.save("x.npy", np.arange(3)); np.savetxt("x.txt", np.arange(3)); np.savez("x.npz", a=1)
assert np.load("x.npy").sum() == 3 and np.loadtxt("x.txt").sum() == 3 and np.load("x.npz")["a"] == 1
with open("x.csv", "w", newline="") as file: csv.writer(file).writerow([1, 2])
with gzip.open("x.gz", "wt") as file: file.write("x")
with zipfile.ZipFile("x.zip", "w") as archive: archive.writestr("a", "b")
with open("x.pickle", "wb") as file: pickle.dump({"a": 1}, file)
with shelve.open("shelf") as shelf: shelf["a"] = 1
with tempfile.TemporaryDirectory() as folder: open(os.path.join(folder, "x"), "w").close()
with tempfile.NamedTemporaryFile("w+") as file: file.write("x"); file.flush()
shutil.copy("x.csv", "y.csv"); shutil.copytree("folder", "copy"); os.rename("y.csv", "z.csv"); os.remove("z.csv")
os.makedirs(os.path.expanduser("~/data"), exist_ok=True)
os.chmod("x.csv", 0o644); shutil.move("x.csv", "folder")
shutil.rmtree("copy")
with sqlite3.connect(":memory:") as db: assert db.execute("select 1 + 1").fetchone() == (2,)
with sqlite3.connect("x.db") as db: db.execute("create table t (a)"); db.execute("insert into t values (1)")
assert glob.glob("*.npy") == ["x.npy"]
"""
NO_NETWORK = """
import urllib.request, socket
for act in (lambda: urllib.request.urlopen("https://example.org/data.csv", timeout=2),
            lambda: urllib.request.urlretrieve("http://example.org/data.csv", "data.csv"),
            lambda: socket.create_connection(("example.org", 80), timeout=2),
            lambda: socket.gethostbyname("example.org")):
    try:
        act()
    except OSError as error:
        print("offline:", error)
try:
    import pandas as pd
    import torch
except ImportError:
    pd = None
"""
NO_PROGRAMS = """
!pip install numpy
!ls -la
files = !ls
%pip install numpy
%conda install numpy
%system ls
import os, subprocess
os.system("ls")
try:
    subprocess.run(["nvidia-smi"], check=False)
except OSError as error:
    print("no:", error)
try:
    import multiprocessing
    with multiprocessing.Pool(2) as pool: pool.map(abs, [1])
except OSError as error:
    print("no:", error)
"""
ODDITIES = """
import calendar, datetime, decimal, fractions, getpass, locale, os, platform, random, re, statistics, string, sys, time
import textwrap, traceback, unicodedata, uuid, zoneinfo, inspect, pprint, warnings, signal, doctest, unittest, timeit
from zoneinfo import ZoneInfo
print(datetime.datetime(2024, 5, 1, tzinfo=ZoneInfo("Europe/Berlin")), time.strftime("%A"), time.tzname)
print(locale.getlocale(), locale.setlocale(locale.LC_ALL, ""), platform.platform(), sys.version, os.cpu_count())
print(os.getcwd(), sys.argv, sys.executable, __name__, os.getpid(), sys.path)
random.seed(5); print(random.choice("abc"), random.gauss(0, 1), uuid.uuid4())
print(decimal.Decimal("1.1") / 3, fractions.Fraction(1, 3), statistics.mean([1, 2]))
timeit.timeit("1 + 1", number=10)
class Test(unittest.TestCase):
    def test(self): self.assertEqual(1 + 1, 2)
unittest.main(argv=[""], exit=False)
doctest.testmod()
# A function that is asked for its own source, as some notebooks show it.
def shown(): return 1
print(inspect.getsource(shown))
from IPython import get_ipython
from IPython.display import HTML, Image, Latex, Markdown, Math, clear_output, display
assert get_ipython() is not None
display(HTML("<b>bold</b>"), Markdown("**bold**"), Latex("$x$"), Math("x"), {"a": 1})
clear_output(wait=True)
get_ipython().run_line_magic("matplotlib", "inline")
name = "x"; f"{name!r:>10}"
_, __, _1 = 1, 2, 3
_
"""
WIDGETS = """
try:
    import ipywidgets as widgets
    from IPython.display import display
    slider = widgets.IntSlider(5)
    display(slider)
    @widgets.interact(x=(0, 10))
    def show(x=3): print(x)
except ImportError:
    print("no widgets")
try:
    from tqdm.notebook import tqdm
    for _ in tqdm(range(3)): pass
except ImportError:
    print("no tqdm")
"""
NAMES = """
list = [1, 2]
sum = 5
data2 = data
data = [1, 2, 3]
max = min = print_ = None
"""
EXIT = "print('before')\nexit()\nquit()"
OPTIMISTIC = """
from math import *
from numpy import *
from random import *
"""


# What cannot work here, not wrapped in `try`, each in a cell of its own; the notebook goes on.
FAILING = {
    "import urllib.request\nurllib.request.urlopen('https://example.org/data.csv')": "There is no network",
    "import subprocess\nsubprocess.run(['ls'])": "no other program can be started",
    "%%bash\nls": "no other program can be started",
    "name = input('Who? ')": "EOFError",
    "import getpass\ngetpass.getpass()": "EOFError",
    "import pandas as pd\npd.read_csv('data.csv')": "ModuleNotFoundError",
    "open('C:\\\\Users\\\\me\\\\data.csv')": "FileNotFoundError",
    "from google.colab import drive\ndrive.mount('/content/drive')": "ModuleNotFoundError",
    "1 / 0": "ZeroDivisionError",
    "def (:": "SyntaxError",
    "breakpoint()": "",
    "import sys\nsys.exit(1)": "SystemExit",
}


def _failing(notebook: Any) -> None:
    notebook.cells[1:1] = [new_code_cell(code, id=f"mine-{i}") for i, code in enumerate(FAILING)]


ATTACKS = [
    _right("prints", PRINTS),
    _right("threads", THREADS, ADD_IN_A_POOL),
    _right("threads-that-keep-printing", PRINTING_THREADS),
    _right("async", ASYNC, ADD_ASYNC),
    _right("magics", MAGICS, mul=MUL_TIMED),
    _right("help", HELP, mul=MUL_CAPTURED),
    _right("figures", FIGURES),
    _right("classes", "", CLASSES + ADD_OF_CLASSES, ADD_IS_AN_OBJECT.replace("add", "mul").replace("a + b", "a * b")),
    _right("lambda", ADD_IS_PARTIAL, ADD_IS_A_LAMBDA, "import numpy as np\ndef mul(a, b):\n    return np.prod([a, b])"),
    _right("numpy-numbers", "", ADD_OF_NUMPY, "import numpy as np\ndef mul(a, b):\n    return np.array(a) * b"),
    _right("slow", "", ADD_IS_SLOW),
    _right("files", FILES),
    _right("no-network", NO_NETWORK),
    _right("no-programs", NO_PROGRAMS),
    _right("oddities", ODDITIES),
    _right("widgets", WIDGETS),
    _right("names", NAMES),
    _right("star-imports", OPTIMISTIC),
    _right("exit", "", f"{ADD}\n{EXIT}"),
    replace(_right("cells-that-fail"), change=_failing),
]
