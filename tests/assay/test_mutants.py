import ast
import sys
from functools import cache

import pytest

from sealgrade.assay.mutants import Mutant, mutants
from sealgrade.errors import SealgradeError

NETWORK = '''
import numpy as np


class Net:
    """A network."""

    def forward(self, x: list[int]) -> float:
        """Return the prediction."""
        y = self.W @ x.T + self.b
        return np.sum(y, axis=0, keepdims=True)

    def train(self, steps=100):
        losses = []
        for i in range(steps):
            self.forward(self.x[i])  # a comment with a + b
            losses.append(self.loss[i - 1])
        return losses
'''
LOSS = "def loss(a, b):\n    return 0.5 * np.sum((a - b) ** 2)\n"


@cache
def of(source: str) -> list[Mutant]:
    return mutants({"cell": source})


def sources(source: str) -> set[str]:
    return {mutant.source.strip() for mutant in of(source)}


def in_function(line: str) -> set[str]:
    """Return what becomes of a line, the line itself apart."""
    return {source.split("\n    ", 1)[1] for source in sources(f"def f():\n    {line}")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("g(x + b)", {"g(x - b)", "g(x)", "g(b)"}),
        ("g(x - b)", {"g(x + b)", "g(b - x)", "g(x)", "g(b)"}),
        ("g(A @ x)", {"g(A * x)", "g(A.T @ x)", "g(A @ x.T)", "g(x @ A)"}),
        ("g(x.T)", {"g(x)"}),
        ("g((a + b).T @ x)", {"g((a + b) @ x)", "g((a - b).T @ x)"}),
        ("g(-x)", {"g(+x)"}),
        ("return a * b", {"return -(a * b)", "return a / b"}),
        ("g(2 / n)", {"g(3 / n)", "g(1 / n)", "g(2 * n)", "g(n / 2)", "g(2 // n)"}),
        ("g(0.5)", {"g(1.5)", "g(0.55)", "g(-0.5)"}),
        ("g(x[i])", {"g(x[i + 1])", "g(x[i - 1])"}),
        ("g(x[0])", {"g(x[1])", "g(x[-1])"}),
        ("g(x[:-1])", {"g(x[:])", "g(x[:-2])"}),
        ("g(x[1:n])", {"g(x[:n])", "g(x[1:])", "g(x[1:n - 1])", "g(x[2:n])"}),
        ("g(range(n))", {"g(range(n - 1))", "g(range(n + 1))", "g(range(1, n))"}),
        ("g(x.sum(axis=1, keepdims=True))", {"g(x.sum(axis=1))", "g(x.sum(keepdims=True))", "g(x)"}),
        ("g(x.sum(axis=1))", {"g(x.mean(axis=1))", "g(x.sum(axis=0))", "g(x.sum())"}),
        ("g(np.abs(x))", {"g(x)"}),
        ("g(f(a, b))", {"g(f(b, a))", "g(f(a))", "g(f(b))"}),
        ("return A, b", {"return b, A", "pass"}),
        ("g(x > 0)", {"g(x >= 0)", "g(x < 0)"}),
        ("g(a if b is None else c)", {"g(a if b is not None else c)"}),
        ("self.forward(x)", {"pass"}),
        ("x += b", {"x -= b", "x = b", "pass"}),
        ("while a < b: g()", {"while False: g()"}),
        ("for i in a: g()", {"for i in []: g()"}),
        ("if a: g()", {"if not a: g()", "if True: g()", "if False: g()"}),
    ],
)
def test_slips_of_numerical_code_are_made(line: str, expected: set[str]) -> None:
    made = {"".join(text.replace("(-1)", "-1").replace("(-0.5)", "-0.5").split()) for text in in_function(line)}

    assert {"".join(text.split()) for text in expected} <= made


def test_operands_keep_together_when_they_change_places() -> None:
    assert "g(c - (a - b))" in in_function("g(a - b - c)")


@pytest.mark.parametrize(
    "source",
    [
        '"""A text with 1 + 1."""',
        "import numpy as np",
        "from numpy import sum",
        "def f(a: list[int]) -> dict[int, int]: ...",
        "Array = list[int]\nMap = dict[int, Array]\n\n\ndef f(a: Map) -> Array: ...",
        "print(1 + 1)",
        "@functools.lru_cache(maxsize=3)\ndef f(): ...",
        "class Net(Base[1]): ...",
    ],
)
def test_texts_imports_types_decorators_and_what_is_printed_are_left_alone(source: str) -> None:
    assert of(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "plt.plot(x, x + 1, linewidth=2)",
        "plt.gca().set(xlim=(0, 1))",
        "figure, (left, right) = plt.subplots(1, 2)\nleft.plot(x + 1)\nright.lines[0].set(lw=2)",
        "axes = plt.subplots(1, 2)[1]\nfor n, ax in zip((4, 8), axes):\n    plt.plot(n + 1)",
        "for ax in plt.gcf().axes:\n    if a > 2:\n        ax.plot(1)\n    else:\n        ax.plot(2)",
        "from matplotlib import cm as colours\ncolours.register_cmap(1, 2)",
        "import matplotlib as mpl\nmpl.rc(1, 2)",
    ],
)
def test_statements_that_only_draw_are_left_alone(source: str) -> None:
    assert of(source) == []


def test_a_loop_that_also_computes_is_changed_where_it_computes() -> None:
    (changed,) = [s for s in sources("for n in sizes:\n    errors[n] = n\n    plt.plot(n + 1)") if "pass" in s]

    assert changed == "for n in sizes:\n    pass\n    plt.plot(n + 1)"


def test_a_mutant_says_what_was_changed_and_in_which_line() -> None:
    told = [mutant.what for mutant in of(NETWORK)]

    assert "line 10: `self.W @ x.T + self.b` became `self.W @ x.T - self.b`" in told
    assert "line 16: `self.forward(self.x[i])` was left out" in told
    assert "line 15: `for i in range(steps):` became `for i in []:`" in told
    assert "line 11: `np.sum(y, axis=0, keepdims=True)` became `np.sum(y, axis=0)`" in told
    assert all("\n" not in what and len(what) < 250 for what in told)


def test_a_mutant_is_the_whole_cell_with_one_line_changed() -> None:
    for mutant in of(NETWORK):
        pairs = zip(NETWORK.split("\n"), mutant.source.split("\n"), strict=True)

        assert [i for i, (old, new) in enumerate(pairs, 1) if old != new] == [mutant.line], mutant.what


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if a:\n    x = 1; y = a + b; z = c", "if a:\n    x = 1; y = a - b; z = c"),
        ("if a:\n    g(a,\n      a + b)\n    h()", "if a:\n    g(a,\n      a - b)\n    h()"),
        ("while (a + b) > (c): g()", "while (a - b) > (c): g()"),
        ("for i in range(n):\n\n    # why\n    g()  # what", "for i in range(n + 1):\n\n    # why\n    g()  # what"),
        ("def f(a=b + c): ...", "def f(a=b - c): ..."),
        ("if a:\r\n    x = a + b\r\ny = c", "if a:\r\n    x = a - b\r\ny = c"),
    ],
)
def test_all_around_a_change_stays_as_it_is_written(source: str, expected: str) -> None:
    assert expected in sources(source)


@pytest.mark.parametrize("source", ["if(a > b): g()", "while(a > b): g()", "def f():\n    return(a > b)"])
def test_parentheses_right_behind_a_keyword_are_no_obstacle(source: str) -> None:
    assert source.replace("a > b", "a < b") in sources(source)


def test_what_two_kinds_of_changes_make_alike_is_made_once() -> None:
    made = [mutant.source for mutant in of("while True: g()")]

    assert sorted(made) == ["while False: g()", "while True: pass"]


def test_all_mutants_can_be_compiled_and_differ() -> None:
    trees = [ast.dump(ast.parse(mutant.source)) for mutant in of(NETWORK)]

    assert len(trees) > 30
    assert len({ast.dump(ast.parse(NETWORK)), *trees}) == len(trees) + 1


def test_the_same_cells_have_the_same_mutants_with_the_same_names() -> None:
    first = mutants({"network": NETWORK, "loss": LOSS})

    assert first == mutants({"network": NETWORK, "loss": LOSS})
    assert first[0].name == "network~001"
    assert len({mutant.name for mutant in first}) == len(first)
    assert [mutant for mutant in first if mutant.cell == "loss"] == mutants({"loss": LOSS})


def test_a_selection_keeps_names_and_order() -> None:
    every = mutants({"network": NETWORK, "loss": LOSS})
    some = mutants({"network": NETWORK, "loss": LOSS}, 20)

    assert len(some) == 20
    assert [mutant for mutant in every if mutant in some] == some


def test_a_selection_is_spread_over_cells_and_kinds_of_changes() -> None:
    some = mutants({"network": NETWORK, "loss": LOSS}, 12)

    assert [mutant.cell for mutant in some].count("loss") == 6
    assert len({mutant.line for mutant in some if mutant.cell == "network"}) > 2
    assert sum("was left out" in mutant.what for mutant in some) <= 2


@pytest.mark.parametrize(("most", "taken"), [(0, 0), (1, 1), (10_000, 22)])
def test_a_selection_has_as_many_as_were_asked_for_or_all_there_are(most: int, taken: int) -> None:
    assert len(mutants({"loss": LOSS}, most)) == taken


def test_lines_for_ipython_stay_as_they_are() -> None:
    cell = "%matplotlib inline\nif a:\n    !ls\nx = a + b"

    assert "%matplotlib inline\nif a:\n    !ls\nx = a - b" in sources(cell)
    assert all("%matplotlib inline\n" in source for source in sources(cell))


def test_a_cell_that_is_not_python_is_an_error_that_names_it() -> None:
    with pytest.raises(SealgradeError, match="The solution cell answer is not Python"):
        mutants({"answer": "The gradient vanishes because $x > 0$."})


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcst", None)

    with pytest.raises(SealgradeError, match=r'pip install "sealgrade\[check\]"'):
        mutants({"loss": LOSS})
