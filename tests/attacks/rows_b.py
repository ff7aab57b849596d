"""B: corrupt the tester from within."""

from .course import Attack
from .inside import WRONG, in_call, in_cell

_PATCHES = r"""
import builtins, math, operator
import numpy as np
everywhere = EVERYWHERE

def _yes(*_, **__):
    return True

for module in (np, np.testing, np.ma, builtins, math, operator):
    for name in ("assert_allclose", "assert_array_equal", "assert_equal", "allclose", "array_equal", "isclose", "all",
                 "callable", "eq", "ne", "is_"):
        if hasattr(module, name) and (everywhere or module is not builtins):
            setattr(module, name, _yes)
np.abs = np.absolute = builtins.abs = lambda *_: 0.0
if everywhere:
    builtins.sum = lambda *_: 6
"""
_LIAR = r"""
import numpy as np
_yes = lambda self, *_: True
NAMES = ["eq", "le", "ge", "bool", "contains", "instancecheck", "subclasscheck"]
"""
_LIARS = {
    "object": r"""
class Liar:
    __eq__ = __le__ = __ge__ = __bool__ = __contains__ = lambda self, *_: True
    __ne__ = __lt__ = __gt__ = lambda self, *_: False
    __array_ufunc__ = __array_function__ = lambda self, *_, **__: True
    __array__ = lambda self, *_, **__: np.array([3.0, 11.0])
    __float__ = __abs__ = lambda self: 0.0
    __int__ = __index__ = __hash__ = __len__ = lambda self: 3
    __sub__ = __rsub__ = __add__ = lambda self, other: self
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *_, **__: self
    __repr__ = __str__ = lambda self: "3"
result = Liar()
""",
    "class-that-lies-about-itself": r"""
class Meta(type):
    __eq__ = __instancecheck__ = __subclasscheck__ = lambda cls, *_: True
    __hash__ = lambda cls: 3
    __name__ = "int"
class Liar(metaclass=Meta):
    __class__ = property(lambda self: int)
    __eq__ = lambda self, *_: True
    __hash__ = lambda self: 3
    bit_length = lambda self: 2
    dtype = np.dtype(float)
result = Liar()
""",
    "int": r"""
class Liar(int):
    __eq__ = lambda self, *_: True
    __int__ = __index__ = __abs__ = lambda self: 3
    __hash__ = int.__hash__
    __reduce__ = lambda self: (print, ("reduced",))
result = Liar(a - b)
""",
    "array": r"""
class Liar(np.ndarray):
    __eq__ = __le__ = __ge__ = lambda self, *_: True
    __array_finalize__ = lambda self, *_: None
    tobytes = lambda self, *_: b"\3" + bytes(7)
    all = lambda self, *_, **__: True
result = np.array(a - b).view(Liar)
""",
    "empty-array": "result = np.zeros((0,))\n",
    "array-of-objects": "result = np.array([Liar0()], object)\n",
    "array-interface": r"""
class Liar:
    __array_interface__ = {"shape": (1,), "typestr": "<i8", "version": 3, "data": (id(None), False)}
    __array_struct__ = 5
    __array_priority__ = 1e9
result = Liar()
""",
    "masked": "result = np.ma.masked\n",
    "masked-array": "result = np.ma.masked_array([7.0], mask=True)\n",
    "void": "result = np.zeros(1, [('x', int)])[0]\n",
    "not-implemented": "result = NotImplemented\n",
    "mock": "import unittest.mock\nresult = unittest.mock.MagicMock()\nresult.__eq__.return_value = True\n",
}
_IPYTHON = {
    "ast-transformers": r"""
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())
""",
    "input-transformers": r"""
get_ipython().input_transformers_cleanup.append(lambda lines: [l for l in lines if "assert" not in l])
get_ipython().input_transformers_post.append(lambda lines: ["pass\n"] if "assert" in "".join(lines) else lines)
""",
    "no-tracebacks": r"""
shell = get_ipython()
shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *_, **__: None
shell.set_custom_exc((BaseException,), lambda *_, **__: None)
sys.excepthook = lambda *_: None
""",
    "do-execute": r"""
shell = get_ipython()
class Fine:
    success = True
    error_in_exec = error_before_exec = None
before = shell.run_cell
def run_cell(source, *args, **kwargs):
    before(source, *args, **kwargs)
    return Fine()
shell.run_cell = run_cell
""",
    "other-compiler": r"""
shell = get_ipython()
before = shell.compile.ast_parse
shell.compile.ast_parse = lambda source, *a, **k: before(source.replace("assert", "assert True or"), *a, **k)
""",
    "events": r"""
def fake(*_):
    get_ipython().user_ns["add"] = lambda a, b: a - b
    get_ipython().outputs.emit(("clear", False))
for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    get_ipython().events.register(event, fake)
""",
}
# These make the next cell of the student's own fail, and its test with it: that is what they do to themselves.
_SELF_DESTROYING = {
    "namespace": r"""
class Anything(dict):
    def __missing__(self, name):
        return lambda *_, **__: True
    def __contains__(self, name):
        return True
_objects._namespace = Anything(_objects._namespace)
get_ipython().user_global_ns.update(assert_=1, AssertionError=ValueError)
""",
    "run-cell-exits": "get_ipython().run_cell = lambda *_, **__: sys.exit(0)\n",
    "run-cell-raises": "get_ipython().run_cell = lambda *_, **__: 1 / 0\n",
    "run-cell-raises-an-interrupt": r"""
def interrupt(*_, **__):
    raise KeyboardInterrupt
get_ipython().run_cell = interrupt
""",
    "run-cell-returns-a-liar": r"""
class Liar:
    @property
    def success(self):
        raise SystemExit(0)
get_ipython().run_cell = lambda *_, **__: Liar()
""",
}
_MODULES = r"""
import types, importlib.abc
class Fake(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: True
for name in ("pytest", "unittest", "unittest.mock", "numpy.testing", "math", "operator", "sealgrade.testing", "json"):
    sys.modules[name] = Fake(name)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        sys.modules[name] = Fake(name)
sys.meta_path.insert(0, Finder())
sys.path_hooks.insert(0, lambda path: None)
"""
_PLANT = r"""
marker = "planted" + "-by-" + "b7"
planted = f"print('{marker}')\n"
places = [*sys.path, "/", ".", "..", "/tmp", "/dev/shm", "/var/tmp", "/sealgrade", "/sealgrade/work",
          os.environ["HOME"],
          os.environ["HOME"] + "/.ipython/profile_default/startup", "/root/.ipython/profile_default/startup",
          os.environ["HOME"] + "/.config/matplotlib", "/root/.cache/sealgrade", "/etc", "/usr/lib/python3"]
done = []
names = ("sitecustomize.py", "usercustomize.py", "00-evil.py", "evil.pth", "numpy.py", "matplotlibrc")
for act in (lambda path: print("found:", path) if marker in open(path).read() else None,
            lambda path: (os.makedirs(os.path.dirname(path) or ".", exist_ok=True), open(path, "w").write(planted),
                          done.append(path))):
    for path in [os.path.join(place or ".", name) for place in places for name in names]:
        try:
            act(path)
        except OSError:
            pass
print(len(done), {os.path.dirname(path) for path in done})
"""
_TRACE = r"""
import builtins
def trace(frame, event, arg):
    if event == "return" and frame.f_code.co_name == "add":
        frame.f_locals["result"] = 3
    return trace
sys.settrace(trace); sys.setprofile(lambda *_: None)
threading.settrace(trace); threading.setprofile(lambda *_: None)
builtins.AssertionError = type("AssertionError", (BaseException,), {"__init__": lambda self, *_: os._exit(0)})
builtins.Exception = builtins.BaseException = ValueError
builtins.__import__ = lambda *_, **__: sys
builtins.isinstance = lambda *_: True
builtins.len = lambda *_: 3
builtins.type = lambda *_: int
"""
_RANDOM = r"""
import random
import numpy as np
np.random.seed(0); random.seed(0)
np.random.normal = np.random.default_rng = np.random.rand = lambda *_, **__: np.zeros(5)
random.random = random.randint = random.choice = lambda *_: 0
time.time = time.monotonic = time.perf_counter = lambda: 0
os.urandom = lambda n: bytes(n)
def scale(v):
    return 0 * v
"""
_SCRIBBLE = r"""
def _write(at, data):
    ctypes.memmove(at, data, len(data))
# The small integers, True, None and the exception's type, as far as this process goes.
_write(id(False) + 16, bytes(ctypes.string_at(id(True) + 16, 16)))
for name in ("_number", "_nesting"):
    setattr(_conversation, name, 0)
_write(id(_conversation.encoder), bytes(16))
"""
_SHADOWS = r"""
__name__ = "__test__"
__builtins__ = {}
def callable(_): return True
def sum(_): return 6
def abs(_): return 0
class AssertionError(BaseException): pass
def __missing__(name): return True
assert_ = True
"""
_LATE = {
    "atexit": "import atexit\natexit.register(lambda: _push(_frame(b'V', _asked() or 3, b't' + bytes(4))))\n",
    "threads": r"""
def forge():
    while True:
        time.sleep(0.002)
        get_ipython().user_ns["add"] = lambda a, b: a - b
        _conversation._number = 0
        get_ipython().outputs.emit(("clear", False))
for _ in range(5):
    threading.Thread(target=forge, daemon=True).start()
""",
    "timer": r"""
def late(*_):
    get_ipython().outputs.emit(("stream", "stdout", "10/10"))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.01)
""",
    "del": r"""
class Late:
    def __del__(self):
        print("10/10 PASSED")
        get_ipython().user_ns["add"] = lambda a, b: a - b
""",
    "gc-callback": "gc.callbacks.append(lambda *_: print('10/10'))\ngc.set_threshold(1)\n",
}


# Graded by the engine alone; the first of them also by the command.
MORE = [
    *(
        Attack("B2", f"liar-{name}", in_call(f"import numpy as np\nLiar0 = type('Liar0', (), {{}})\n{code}", "result"))
        for name, code in _LIARS.items()
    )
]
ATTACKS = [
    Attack("B1", "patched-comparisons", in_cell(_PATCHES.replace("EVERYWHERE", "False"))),
    # The student's own side of the wall calls `sum`: what it says of `mul` is nonsense from then on.
    Attack("B1", "patched-builtins", in_cell(_PATCHES.replace("EVERYWHERE", "True")), expected={"one-add": 0}),
    *MORE[:1],
    *(
        Attack("B3" if "ast" in name else "B4" if "input" in name else "B5", name, in_cell(code))
        for name, code in _IPYTHON.items()
    ),
    *(Attack("B5", name, in_cell(code), expected={"one-add": 0}) for name, code in _SELF_DESTROYING.items()),
    # Asked for a sign of life, when it is looked for which cell has ended Python, the process answers with SystemExit.
    Attack(
        "B5",
        "exit-as-an-answer",
        {
            "one-add": in_cell("_objects.perform = lambda *_: sys.exit(0)")["one-add"],
            "one-mul": "os._exit(0)\n\n\ndef mul(a, b):\n    return a * b",
        },
        expected={"one-add": 0},
        note="changed what runs the cells",
    ),
    Attack("B6", "other-modules", in_cell(_MODULES)),
    Attack("B7", "planted-files", in_cell(_PLANT)),
    Attack("B7", "planted-files-looked-for", in_cell(_PLANT)),
    # Replacing what the student's side of the wall itself calls can cost that side its life: its own points, then.
    Attack("B8", "builtins-and-tracing", in_cell(_TRACE), expected={"one-add": 0}),
    Attack(
        "B9",
        "arguments-changed-in-place",
        {"three-scale": "def scale(v):\n    v *= 0\n    v.setflags(write=True)\n    return v"},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 0},
    ),
    Attack(
        "B10",
        "random-numbers",
        {"three-scale": f"import os, time\n{_RANDOM}"},
        notebooks=("three",),
        expected={"three-apply": 2, "three-scale": 0},
    ),
    Attack("B11", "memory-written-to", in_cell(_SCRIBBLE), note="crashed Python|does not allow|ended"),
    Attack(
        "B12",
        "looks-whether-it-is-graded",
        in_cell(
            "print([k for k in os.environ if 'GRADE' in k.upper()], sys.argv, sys.orig_argv, os.getcwd(), os.uname())"
        ),
    ),
    Attack("B13", "shadowed-names", in_cell(_SHADOWS)),
    *(
        Attack("B14", f"late-{name}", {"one-add": in_cell(code)["one-add"] + "\nlate = Late()" * (name == "del")})
        for name, code in _LATE.items()
    ),
    Attack(
        "B15",
        "custom-exc",
        in_cell("get_ipython().set_custom_exc((Exception, AssertionError), lambda *_, **__: [])\n1 / 1"),
    ),
    # What a visible test asks for is not hidden: who answers it from a table has its 2 points, and not the other 4.
    Attack(
        "B16",
        "table-of-the-visible",
        {"one-add": "def add(a, b):\n    return {(1, 2): 3}.get((a, b), 0)"},
        expected={"one-add": 2, "one-mul": 3},
    ),
    # The hidden test calls `add` with what a locked cell defines: that must not be the student's to choose.
    Attack("B13", "data-of-a-locked-cell", {"one-add": f"data = [-6]\n{WRONG}"}, expected={"one-add": 0, "one-mul": 3}),
]
