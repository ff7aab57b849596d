"""D: forge the result channel."""

from .course import SCALE, Attack
from .inside import LIBRARY, WRONG, in_call, in_cell, in_hidden_call

_BREACH = "does not allow|does not fit|took longer|ended"
_OUTPUTS = r"""
emit = get_ipython().outputs.emit
emit(("result", {"text/plain": "6"}, {}, 1))
emit(("result", {"text/plain": "6.0", "application/json": "6"}, {"image/png": {"width": 10**30}}, 10**30))
emit(("display", {"text/plain": "6"}, None, ["x"], True))
emit(("clear", False))
emit(("stream", "stdout", "10/10 PASSED\n1 passed in 0.01s\n"))
emit(("stream", "stderr", "OK"))
"""
# Messages that are plain data, and nothing that the collector of outputs expects.
_ODD_OUTPUTS = r"""
import numpy as np
class Thing:
    pass
odd = [np.array([1, 2]), np.array(["stdout", "x"]), Thing(), None, [], {}, 10**4000, float("nan"), b"x",
       np.datetime64("NaT"), {1: 2}, (), ("stdout",), np.array([b"x"]), Thing]
emit = get_ipython().outputs.emit
for one in odd:
    for message in (("stream", one, "x"), ("stream", "stdout", one), ("display", one, one, one, one),
                    ("display", {"text/plain": one}, {"image/png": {"width": one}}, one, False),
                    ("display", {"image/png": "iVBORw0KGgo=", "text/html": "<script>"}, {"image/png": one}, one, one),
                    ("result", {"text/plain": "x"}, one, one), ("error", one, one, one), ("error", "E", "x", [one]),
                    ("clear", one), (one,), one, ("bundle", one), ("_add", one), ("take", one)):
        emit(message)
bad = np.frombuffer(b"\xff\xff\xff\xff", "<U1")  # a character that is none
for message in (("error", bad, bad, []), ("stream", bad, bad), ("display", {"text/plain": "x"}, {}, bad, True)):
    emit(message)
"""
_EARLY = "_push(_frame(b'V', _asked(), b'T'))\ntime.sleep(0.3)\n"
_GUESSES = (
    "_push(b''.join(_frame(b'V', n, b't\\2\\0\\0\\0' + b'i' + struct.pack('<q', 11) + b'i' + bytes(8))"
    " for n in range(1, 200)))\n"
)
_WRONG_NUMBER = "_push(_frame(b'V', _asked() + 1, b'T'))\ntime.sleep(0.2)\n"
# The student's side answers by itself from now on: all tests get what it likes, which is what a function can do too.
_TAKEN_OVER = r"""
def perform(operation, released, arguments):
    return b"t\2\0\0\0" + b"T" + b"i" + bytes(8)
_objects.perform = perform
_objects._answer = lambda value: perform(0, 0, 0)
"""
_LIES = r"""
import itertools
_answers = itertools.cycle([b"", b"N", b"T", b"l" + bytes(4), b"t\2\0\0\0NN", b"t\2\0\0\0Ni" + b"\xff" * 8,
                            b"M" + bytes(20),
                            b"Y" + bytes(8), b"Y" + b"\1" + bytes(7), b"d\1\0\0\0NN", bytes(100), b"\xff" * 100])
_objects.perform = lambda *_: next(_answers)
"""
_PICKLE = r"""
class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned-by-a-shadow",)
    __reduce_ex__ = lambda self, protocol: self.__reduce__()
    def __repr__(self):
        return "__import__('os').system('touch pwned-by-a-shadow')"
import pickle
payload = pickle.dumps(Evil())
"""
_RESULTS = r"""
for name in ("results.json", "/results.json", "../results.json", "/autograder/results/results.json", "gradebook.db",
             "../../gradebook.db", "/sealgrade/results.json", "ex/one.ipynb", "../autograded/one.ipynb"):
    tried(name, lambda: os.makedirs(os.path.dirname(name) or ".", exist_ok=True))
    tried(name, lambda: open(name, "w").write('{"score": 100, "tests": []}'))
    tried(name, lambda: os.chmod(name, 0))
tried("sqlite", lambda: __import__("sqlite3").connect("../../gradebook.db").execute("update grade set manual_score=99"))
for name in ("ncalls", "score", "points", "_credit", "total"):
    get_ipython().user_ns[name] = 100
"""
# Call the first function that was handed out, with nothing.
_QUESTION = r"b't\4\0\0\0i\1' + bytes(7) + b'Nt\0\0\0\0d\0\0\0\0'"
_LENGTHS = {
    "4-gib": "_push(struct.pack('<I', 0xFFFFFFFF) + bytes(1 << 20))",
    "nothing": "_push(struct.pack('<I', 0))",
    "a-little": "_push(struct.pack('<I', 3) + b'abc')",
    "inner": "_push(_frame(b'V', _asked(), b's' + struct.pack('<I', 0xFFFFFFF0)))",
    "inner-list": "_push(_frame(b'V', _asked(), b'l' + struct.pack('<I', 0xFFFFFFF0)))",
    "inner-array": "_push(_frame(b'V', _asked(), b'a\\3<f8\\1' + struct.pack('<q', 1 << 39)))",
    "inner-shape": "_push(_frame(b'V', _asked(), b'a\\3<f8\\2' + struct.pack('<qq', 1 << 62, 4)))",
    "negative-shape": "_push(_frame(b'V', _asked(), b'a\\3<f8\\2' + struct.pack('<qq', -1, -8) + bytes(64)))",
    "text-of-nothing": (
        "_push(_frame(b'V', _asked(), b't\\2\\0\\0\\0a\\3|S0\\1' + struct.pack('<q', 1 << 34) + b'i' + bytes(8)))"
    ),
    "kind": "_push(_frame(b'Z', _asked(), b'N'))",
    "dtype-object": "_push(_frame(b'V', _asked(), b'a\\2|O\\1' + struct.pack('<q', 1) + bytes(8)))",
    "dtype-list": "_push(_frame(b'V', _asked(), b'a\\7<f8,<f8\\1' + struct.pack('<q', 1) + bytes(16)))",
    "deep": "_push(_frame(b'V', _asked(), b't\\1\\0\\0\\0' * 100_000 + b'N'))",
    "many": "_push(_frame(b'V', _asked(), b'l' + struct.pack('<I', 2_000_000) + b'N' * 2_000_000))",
    "double-key": "_push(_frame(b'V', _asked(), b'd\\2\\0\\0\\0' + b's\\1\\0\\0\\0aN' * 2))",
    "unhashable": "_push(_frame(b'V', _asked(), b'd\\1\\0\\0\\0l\\0\\0\\0\\0N'))",
    "integer": "_push(_frame(b'V', _asked(), b'I' + struct.pack('<I', 1 << 20) + bytes(1 << 20)))",
    "range": "_push(_frame(b'V', _asked(), b'ri' + bytes(8) + b'i' + struct.pack('<q', 1 << 62) + b'i\\1' + bytes(7)))",
    "fraction": "_push(_frame(b'V', _asked(), b'Qi' + bytes(8) + b'i' + bytes(8)))",
    "decimal": "_push(_frame(b'V', _asked(), b'D\\x0d\\0\\0\\0' + b'1E99999999999'))",
    "by-name": "_push(_frame(b'V', _asked(), b't\\2\\0\\0\\0M' + struct.pack('<QQ', 5, 1 << 21)"
    " + b'\\x09\\0\\0\\0os:system' + b'i' + bytes(8)))",
    "number-too-large": "_push(_frame(b'V', _asked(), b't\\2\\0\\0\\0M' + b'\\xff' * 16 + bytes(4) + b'i' + bytes(8)))",
    "never-handed-out": "_push(_frame(b'V', _asked(), b't\\2\\0\\0\\0Y' + struct.pack('<q', 1) + b'i' + bytes(8)))",
    "question": f"_push(_frame(b'Q', 1, {_QUESTION}))\ntime.sleep(0.1)",
    "question-that-is-none": "_push(_frame(b'Q', 1, b'N'))",
    "error-that-is-none": "_push(_frame(b'E', _asked(), b'N'))",
    "error-of-everything": "_push(_frame(b'E', _asked(), b'l' + bytes(4)))",
}
_SLOW = r"""
header = struct.pack("<I", 1 << 20)
_push(header)
while True:
    time.sleep(0.2)
    _push(b"x")
"""
_FLOODS = {
    "of-outputs": r"""
while True:
    try:
        _push(_frame(b'O', 0, b'N') * 500)
    except BaseException:
        pass""",
    "of-questions": r"""
while True:
    try:
        _push(_frame(b'Q', 1, QUESTION))
        _conversation.channel.receive()
    except BaseException:
        pass""".replace("QUESTION", _QUESTION),
}
_DISPLAYS = "from IPython.display import display, clear_output\nwhile True:\n    display(1)\n    clear_output()\n"
_VALUES = {
    "nan": "float('nan')",
    "infinity": "float('inf')",
    "1e999": "1e999",
    "decimal-nan": "__import__('decimal').Decimal('NaN')",
    "decimal-snan": "__import__('decimal').Decimal('sNaN')",
    "decimal-huge": "__import__('decimal').Decimal('1E+999999999999999999')",
    "fraction-huge": "__import__('fractions').Fraction(10**4000, 10**4000 + 1)",
    "integer-huge": "10**4000",
    "integer-beyond": "1 << (1 << 26)",
    "range-huge": "range(10**18)",
    "range-of-many": "range(1_000_000)",
    "text-huge": "'3' * (1 << 26)",
    "lists-deep": "[__import__('functools').reduce(lambda x, _: [x], range(100_000), [])]",
    "list-of-itself": "(lambda x: x.append(x) or x)([])",
    "lists-of-lists": "[[] for _ in range(100_000)]",
    "dict-of-odd-keys": "{i * (2**61 - 1): i for i in range(9_000)}",
    "longdouble": "__import__('numpy').frombuffer(b'\\xff' * 16, '<f16')[0]",
    "endless-generator": "(0 for _ in iter(int, 1))",
    "dates": "__import__('numpy').array(['NaT', '2020'], 'M8[D]')",
    "bad-text": "__import__('numpy').frombuffer(b'\\xff' * 8, '<U1')",
    # D10
    "view": "__import__('numpy').lib.stride_tricks.as_strided(__import__('numpy').zeros(1), (10**5, 10**5), (0, 0))",
    "view-of-nothing": "__import__('numpy').zeros((0, 1 << 38))",
    "view-of-empty-texts": (
        "(lambda n: n.lib.stride_tricks.as_strided(n.zeros(1, 'S1'), (1 << 20, 1 << 16), (0, 0)))(__import__('numpy'))"
    ),
    "broadcast": "__import__('numpy').broadcast_to(0.0, (1 << 20, 1 << 10))",
}
_STASHED = r"""
kept = []

def apply(f, x):
    kept.append(f)
    return 0
"""
_LATER = """
for f in kept:
    try:
        print('found:', f(3))
    except RuntimeError as e:
        print(e)
"""
_CALLBACKS = {
    # What the test's function has returned is passed on as one's own: the wrong number of calls is found out.
    "thousands": """
def apply(f, x):
    for _ in range(3000):
        f(x)
    return f(x)""",
    "huge": """
def apply(f, x):
    try:
        f([0] * 10**6)
        f('x' * (1 << 24))
    except Exception:
        pass
    return f(x) + 0 * f(2)""",
    "objects": """
def apply(f, x):
    for odd in (object(), f, apply, type, (lambda: 1), [f]):
        try:
            f(odd)
        except Exception as e:
            print(e)
    return 144""",
    "attributes": """
def apply(f, x):
    for n in ('__globals__', '__code__', 'asked', '__closure__', 'func_globals'):
        try:
            print(n, 'found:', f._ask(f._number, '.' + n, (), {}))
        except BaseException as e:
            print(n, type(e))
    for n in range(-3, 100):
        try:
            print('found:', f._ask(n, 'append', (12,), {}))
        except BaseException:
            pass
    return 144""",
    "recursion": """
def apply(f, x):
    def deep(y):
        return f(deep)
    return deep(x)""",
    "endless": """
def apply(f, x):
    while True:
        try:
            f(x)
        except BaseException:
            pass""",
    "from-threads": """
def apply(f, x):
    import threading
    threads = [threading.Thread(target=lambda: [f(i) for i in range(50)]) for _ in range(20)]
    [t.start() for t in threads]
    return 144""",
}


# Graded by the engine alone; some of them also by the command.
COMMAND = {
    "frame-4-gib",
    "frame-deep",
    "value-nan",
    "value-integer-huge",
    "value-view",
    "own-points-many",
    "own-points-huge",
    "callbacks-thousands",
    "callbacks-attributes",
}
MORE = [
    *(
        Attack("D8" if "a" in name else "D9", f"frame-{name}", in_hidden_call(code), note=_BREACH)
        for name, code in _LENGTHS.items()
        if name not in ("by-name", "number-too-large", "text-of-nothing", "question")
    ),
    *(
        Attack("D8", f"frame-{name}", in_hidden_call(_LENGTHS[name]))
        for name in ("by-name", "number-too-large", "text-of-nothing", "question")
    ),
    *(
        Attack("D10" if "view" in name or name == "broadcast" else "D9", f"value-{name}", in_call("", value))
        for name, value in _VALUES.items()
    ),
    *(
        Attack(
            "D11",
            f"own-points-{name}",
            {"three-share": f"def share():\n    return {value}"},
            notebooks=("three",),
            expected={"three-apply": 2, "three-scale": 2, "three-share": points},
        )
        for name, value, points in (
            # A test that ends with the student's own number gives it; never more than there is, or less than nothing.
            ("many", "1e9", 2),
            ("negative", "-5", 0),
            ("nan", "float('nan')", 0),
            ("infinite", "float('inf')", 0),
            ("huge", "10**4000", 2),
            ("object", "object()", 2),
            ("text", "'2'", 2),
            ("text-that-raises", "type('T', (), {'__call__': id, '__str__': lambda self: 1 / 0})()", 0),
            (
                "text-that-exits",
                "type('T', (), {'__call__': id, '__str__': lambda self: __import__('os')._exit(0)})()",
                0,
            ),
        )
    ),
    # 32 million small numbers, which the test's numpy spreads over 160 million large ones, several times.
    Attack(
        "D10",
        "broadcast-by-the-test",
        {"three-scale": "def scale(v):\n    return np.zeros((1 << 25, 1), np.int8)[:-100]"},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 0},
    ),
    *(
        Attack(
            "D4",
            f"callbacks-{name}",
            {"three-apply": f"import numpy as np\n{code}"},
            notebooks=("three",),
            expected={"three-apply": 0, "three-scale": 2},
        )
        for name, code in _CALLBACKS.items()
    ),
    Attack("D8", "slow-frame", in_hidden_call(_SLOW), note="took longer"),
    *(
        Attack("D8", f"flood-{name}", in_hidden_call(code), note="took longer|too many")
        for name, code in _FLOODS.items()
    ),
    Attack(
        "D8",
        "flood-of-frames-in-the-cell",
        {"one-add": f"{LIBRARY}{WRONG}\n{_FLOODS['of-outputs']}"},
        note="took longer|too many",
    ),
]
ATTACKS = [
    Attack("D1", "printed-verdict", in_call("print('10/10 PASSED'); os.write(1, b'1 passed')")),
    Attack("D2", "forged-outputs", in_cell(_OUTPUTS)),
    Attack("D2", "forged-outputs-while-a-test-runs", in_call(_OUTPUTS)),
    Attack("D2", "odd-outputs", in_cell(_ODD_OUTPUTS)),
    Attack("D2", "odd-outputs-while-a-test-runs", in_call(_ODD_OUTPUTS)),
    Attack("D3", "answered-early", in_cell(_EARLY), note=_BREACH),
    Attack("D3", "answered-early-in-a-call", in_hidden_call(_EARLY), note=_BREACH),
    Attack("D4", "answers-in-advance", in_cell(_GUESSES), note=_BREACH),
    Attack("D4", "answers-in-advance-in-a-call", in_call(_GUESSES), note=_BREACH),
    Attack("D4", "wrong-number", in_hidden_call(_WRONG_NUMBER), note=_BREACH),
    Attack(
        "D4", "exit-after-a-verdict", in_hidden_call("_push(_frame(b'V', _asked(), b'T'))\nos._exit(0)"), note=_BREACH
    ),
    # The answers of a process are the student's, for all parts of a notebook.
    Attack("D4", "answers-by-themselves", in_cell(_TAKEN_OVER), expected={"one-add": 0}),
    Attack("D4", "answers-that-lie", in_cell(_LIES), expected={"one-add": 0}),
    Attack("D5", "pickles", in_call(_PICKLE, "payload")),
    Attack("D5", "pickled-object", in_call(_PICKLE, "Evil()")),
    Attack("D5", "pickle-as-a-frame", in_hidden_call(_PICKLE + "_push(_frame(b'V', _asked(), payload))"), note=_BREACH),
    Attack("D6", "results-file", in_cell(_RESULTS)),
    Attack("D7", "gradebook", in_call(_RESULTS)),
    Attack("D8", "flood-of-displays", {"one-add": f"{WRONG}\n{_DISPLAYS}"}, note="took longer|too many"),
    *(one for one in MORE if one.name in COMMAND),
    Attack(
        "D4",
        "callbacks-kept-for-later",
        {
            "three-apply": _STASHED,
            "three-scale": f"{_LATER}\n{SCALE}",
        },
        notebooks=("three",),
        expected={"three-apply": 0, "three-scale": 2},
    ),
]
