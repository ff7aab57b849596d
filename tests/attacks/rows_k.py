"""K: faults without malice. What is right earns all its points, whatever it prints; what is not a number earns none."""

from .course import ADD_WRONG, RIGHT, Attack

FULL = {"one-add": 6, "one-mul": 3}


def _right(row: str, name: str, add: str, **others: str) -> Attack:
    return Attack(row, name, {**RIGHT, "one-add": add, **others}, expected=FULL)


def _normed(name: str, row: str, code: str, points: float = 0) -> Attack:
    return Attack(row, f"normed-{name}", {"four-normed": code}, notebooks=("four",), expected={"four-normed": points})


WARNS = """
import logging, sys, warnings
import numpy as np
np.float64(1e308) * 10
np.array([1.0]) / 0
np.array([200], dtype=np.uint8) * np.uint8(2)
warnings.warn("in the cell")
"\\d"
def add(a, b):
    warnings.warn("in the call")
    warnings.warn("old", DeprecationWarning)
    np.log(-1.0)
    np.exp(np.float64(1e4))
    logging.warning("logged")
    logging.getLogger("mine").error("logged too")
    print("to stderr", file=sys.stderr)
    sys.stderr.write("Traceback (most recent call last):\\nAssertionError: not really\\n")
    return a + b
"""
WARNINGS_ARE_ERRORS = """
import warnings
import numpy as np
warnings.simplefilter("error")
np.seterr(all="raise")
def add(a, b):
    try:
        np.float64(1e308) * 10
    except FloatingPointError:
        pass
    return a + b
"""
# Right for about one in two of the runs, in each of the ways in which a notebook can draw random numbers.
LUCK = """
import random
import numpy as np
draws = [random.random(), np.random.rand(), np.random.default_rng().random(), np.random.normal(),
         np.random.RandomState().rand(), len({"a", "b", "c"} & set("abc"))]
print("drawn:", draws, list({"x", "y", "z"}))
def add(a, b):
    if np.random.default_rng().random() < 0.5 or random.random() < 0.3 or np.random.rand() < 0.1:
        return 0
    return a + b
"""
# What every process that is forked has of its own: nobody is to know another's random numbers.
OWN_RANDOMNESS = """
import os, random, secrets, tempfile, uuid
import numpy as np
print("own:", os.urandom(8).hex(), secrets.token_hex(8), uuid.uuid4(), random.SystemRandom().random(),
      tempfile.mktemp(), random.random(), np.random.rand(), np.random.default_rng().random(), {seed})
"""
CLAIMS_TO_BE_EQUAL = """
class Same(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return False
    def __gt__(self, other): return False
    def __sub__(self, other): return self
    def __abs__(self): return 0.0
def add(a, b):
    return Same("nan")
"""
STATE = """
calls = []
def add(a, b):
    calls.append((a, b))
    return a + b if len(calls) == 1 else a - b
"""

ATTACKS = [
    _right("K1", "right-and-warns", WARNS),
    _right("K1", "right-and-warnings-are-errors", WARNINGS_ARE_ERRORS),
    Attack("K1", "wrong-and-warns", {"one-add": WARNS.replace("a + b", "a - b")}),
    Attack("K2", "luck", {"one-add": LUCK}, expected={"one-mul": 3}, student="k2-luck-one"),
    Attack("K2", "luck-again", {"one-add": LUCK}, expected={"one-mul": 3}, student="k2-luck-two"),
    Attack("K3", "nan", {"one-add": "def add(a, b):\n    return float('nan')"}),
    Attack("K3", "nan-that-says-it-is-equal", {"one-add": CLAIMS_TO_BE_EQUAL}),
    _normed("nan", "K3", "def normed(v):\n    return v * float('nan')"),
    _normed("one-nan", "K3", "def normed(v):\n    return np.array([0.6, float('nan'), 0.8])"),
    _normed("masked", "K3", "def normed(v):\n    return np.ma.masked_array(v * 9, mask=True)"),
    _normed("a-number", "K4", "def normed(v):\n    return 0.6"),
    _normed("a-row", "K4", f"{RIGHT['four-normed']}[None, :]"),
    _normed("a-column", "K4", f"{RIGHT['four-normed']}[:, None]"),
    _normed("texts", "K4", "def normed(v):\n    return ['0.6', '0.0', '0.8']"),
    _normed("empty", "K5", "def normed(v):\n    return v[:0]"),
    _normed("a-list-of-nothing", "K5", "def normed(v):\n    return []"),
    _normed("no-columns", "K5", "def normed(v):\n    return np.ones((3, 0))"),
    _normed("in-place", "K5", "def normed(v):\n    v /= 5\n    return v"),
    _normed("a-list", "K4", "def normed(v):\n    return [float(x) / 5 for x in v]", 2),
    _normed("float32", "K4", "def normed(v):\n    return (v / 5).astype(np.float32)", 2),
    Attack("K6", "state-between-tests", {"one-add": STATE}, expected={"one-add": 2, "one-mul": 3}),
    Attack("K6", "name-of-a-test", {"one-add": f"sum = len = callable = lambda *a: -6\n{ADD_WRONG}"}),
    Attack("K7", "own-randomness-one", {"one-add": OWN_RANDOMNESS.format(seed=1) + ADD_WRONG}),
    Attack("K7", "own-randomness-two", {"one-add": OWN_RANDOMNESS.format(seed=2) + ADD_WRONG}),
]
