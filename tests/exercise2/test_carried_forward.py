"""A mistake costs its points once, for every pair of parts of which the later uses the earlier.

The earlier part is wrong, crashes, or is not written. A right later part keeps all its points; a wrong one loses them
all the same, also where a right earlier part had to stand in for one that does not run.
"""

from functools import cache

import pytest

from sealgrade.inline import solved_cells
from tests.exercise2.sealed import ROOT, failures, failures_in, graded, part_of

KINDS = ("wrong", "crashes", "not written")
FAILING = {"crashes": "[][1]", "not written": "raise NotImplementedError"}

# The parts of Task 6 as the tests group them; the loss is marked in a cell of its own.
LOSS, GRADIENT = "task6-backprop-test-loss", "task6-backprop"
METHODS = {
    "task6-init": "__init__",
    "task6-forward": "forward",
    LOSS: "loss",
    GRADIENT: "backprop",
    "task6-train": "train",
}
WRONG_METHODS = {
    "task6-init": "def __init__(self, layers, activations=None, own=NeuralNetwork.__init__):\n"
    "    own(self, layers, activations)\n    self.weight = [2 * W for W in self.weight]\n",
    "task6-forward": "def forward(self, x):\n    self._s, self._x = [], [x]\n"
    "    for W, b, g in zip(self.weight, self.bias, self.activation):\n"
    "        self._s.append(W @ self._x[-1] - b)\n        self._x.append(g.evaluate(self._s[-1]))\n"
    "    return self._x[-1]\n",
    LOSS: "def loss(self, p, y):\n    return np.sum((p - y) ** 2)\n",
    GRADIENT: "def backprop(self, x, y, own=NeuralNetwork.backprop):\n"
    "    dW, db = own(self, x, y)\n    return [3 * g for g in dW], db\n",
    "task6-train": "def train(self, x, y, eta=.01, iterations=100, own=NeuralNetwork.train):\n"
    "    return own(self, x, y, eta / 2, iterations)\n",
}
# As in the notebook that students get: nothing crashes in it, and nothing has a value.
UNWRITTEN_INIT = """def __init__(self, layers, activations=None):
    self.weight, self.bias, self.activation, self._s = ([None] * (len(layers) - 1) for _ in range(4))
    self._x = [None] * len(layers)
"""
WRONG_ACTIVATIONS = """
class ReLU:
    def evaluate(self, z):
        return np.where(np.asarray(z) > 0, z, 0.1 * np.asarray(z))

    def gradient(self, z):
        return np.where(np.asarray(z) > 0, 1.0, 0.1)

class sigmoid:
    def evaluate(self, z):
        return 0.5 + 0.5 * np.tanh(z)

    def gradient(self, z):
        return 0.5 / np.cosh(z) ** 2
"""
SYSTEM_WITHOUT_H = "def relu_system(f, a, b, n):\n    i, j = np.indices((n, n))\n" + (
    "    return np.maximum(0.0, i - j + 1), f(np.linspace(a, b, n))\n"
)
FIT = "def fit(f, a, b, n):\n    A, f_ = relu_system(f, a, b, n)\n    x, h = np.linspace(a, b, n, retstep=True)\n" + (
    "    return np.linalg.solve(A, f_), x - h\n"
)
EXPERIMENT = "errors = {}\nx = np.linspace(0, 6, 1000)\nfor n in (4, 8, 16, 32, 64):\n" + (
    "    lambda_, b_ = fit(np.sin, 0, 6, n)\n    errors[n] = np.max(np.abs(approx(x, lambda_, b_) - np.sin(x)))\n"
)
APPROX = "def approx(x, lambda_, b_):\n    return np.maximum(0, np.subtract.outer(x, b_)) @ lambda_\n"
FORWARD = (
    "sigma = lambda s: 1 / (1 + np.exp(-s))\ns1 = W1 @ x0 + b1\nx1 = sigma(s1)\ns2 = W2 @ x1 + b2\nx2 = sigma(s2)\n"
)
GRADIENTS = (
    "dE_db2 = (x2 - y) * x2 * (1 - x2)\ndE_dW2 = dE_db2 @ x1.T\n"
    "dE_db1 = (W2.T @ dE_db2) * x1 * (1 - x1)\ndE_dW1 = dE_db1 @ x0.T\n"
)

# Fewer steps than the solution takes: with a stand-in each one crosses the wall.
TOY = "net = NeuralNetwork([2, 8, 1])\nlosses = net.train(X, y, 0.3, 300)\n"

Cells = dict[str, str]


@cache
def right() -> Cells:
    own = {
        "task5-forward": FORWARD,
        "task5-gradients": GRADIENTS,
        "task6-toy-data": TOY,
        "task7-fit": FIT,
        "task7-approx": APPROX,
        "task7-experiment": EXPERIMENT,
    }
    return solved_cells(ROOT, "exercise2") | own


def method(part: str, body: str) -> str:
    """What is added to the class for another method."""
    return f"\n\n{body}\n\nNeuralNetwork.{METHODS[part]} = {METHODS[part]}\n"


def with_part(cells: Cells, part: str, kind: str) -> Cells:
    """Return the cells with a part that is wrong, crashes, or is not written."""
    if part in METHODS:
        body = f"def {METHODS[part]}(self, *args, **kwargs):\n    {FAILING.get(kind)}\n"
        if kind == "not written" and part == "task6-init":
            body = UNWRITTEN_INIT
        body = WRONG_METHODS[part] if kind == "wrong" else body
        return cells | {"task6-network": cells["task6-network"] + method(part, body)}
    return cells | {part: (WRONG[part] if kind == "wrong" else _failing(part, FAILING[kind]))}


WRONG = {
    "task5-forward": FORWARD.replace("+ b", "- b"),
    "task5-gradients": GRADIENTS.replace("(x2 - y)", "(y - x2)"),
    "task6-activations": WRONG_ACTIVATIONS,
    "task6-toy-data": "net = NeuralNetwork([2, 8, 1])\nlosses = net.train(X, y, 0.0, 5)\n",
    "task7-system": SYSTEM_WITHOUT_H,
    "task7-fit": FIT.replace("x - h", "x"),
    "task7-approx": APPROX.replace("np.maximum(0, np.subtract.outer(x, b_))", "np.abs(np.subtract.outer(x, b_))"),
    "task7-experiment": EXPERIMENT.replace("np.max", "np.mean"),
}


def _failing(part: str, body: str) -> str:
    if part == "task5-forward":
        return "s1 = x1 = s2 = x2 = None" if "NotImplemented" in body else "s1 = 1 / 0"
    if part == "task6-activations":
        methods = "".join(f"    def {name}(self, z):\n        {body}\n" for name in ("evaluate", "gradient"))
        return f"class ReLU:\n{methods}\nclass sigmoid:\n{methods}"
    name = {"task7-system": "relu_system", "task7-fit": "fit", "task7-approx": "approx"}[part]
    return f"def {name}(*args):\n    {body}\n"


# Which later parts use an earlier one. Each test cell is of the part, or is named itself, as that of the loss is.
USED_BY = {
    "task5-forward": ("task5-gradients",),
    "task6-activations": ("task6-init", "task6-forward", GRADIENT, "task6-train", "task6-toy-data"),
    "task6-init": ("task6-forward", LOSS, GRADIENT, "task6-train", "task6-toy-data"),
    "task6-forward": (GRADIENT, "task6-train", "task6-toy-data"),
    LOSS: (GRADIENT, "task6-train", "task6-toy-data"),
    GRADIENT: ("task6-train", "task6-toy-data"),
    "task6-train": ("task6-toy-data",),
    "task7-system": ("task7-fit", "task7-experiment"),
    "task7-fit": ("task7-experiment",),
    "task7-approx": ("task7-experiment",),
}
PAIRS = [(earlier, later) for earlier, users in USED_BY.items() for later in users]


def of(part: str, failed: dict[str, str]) -> dict[str, str]:
    """Return what failed of a part; the loss and the rest of `task6-backprop` are looked at apart."""
    return {cell: why for cell, why in failed.items() if (cell if cell == LOSS else part_of(cell)) == part}


@cache
def results(*parts: tuple[str, str]) -> dict[str, str]:
    """Return what fails when these parts are as is said of each."""
    cells = right()
    for part, kind in parts:
        cells = with_part(cells, part, kind)
    return failures(cells, (parts[0][0].split("-")[0],))


def test_what_is_varied_here_is_right() -> None:
    assert failures(right()) == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_a_right_part_keeps_its_points_on_an_earlier_one_that_is_not_right(earlier: str, later: str, kind: str) -> None:
    failed = results((earlier, kind))

    assert of(earlier, failed)
    assert of(later, failed) == {}


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_a_wrong_part_loses_its_points_on_an_earlier_one_that_does_not_run(earlier: str, later: str, kind: str) -> None:
    alone = of(later, results((later, "wrong")))
    failed = results((earlier, kind), (later, "wrong"))

    assert alone
    assert set(of(later, failed)) >= set(alone)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("task5-forward", {"task5-forward"}),
        ("task6-activations", {"task6-activations"}),
        ("task6-network", {"task6-init", "task6-forward", "task6-backprop", "task6-train"}),
        ("task7-system", {"task7-system"}),
        ("task7-fit", {"task7-fit"}),
        ("task7-approx", {"task7-approx"}),
    ],
)
def test_a_cell_that_python_cannot_read_costs_the_parts_that_it_defines(cell: str, parts: set[str]) -> None:
    failed = failures(right() | {cell: "def f(:"}, (cell.split("-")[0],))

    assert {part_of(test) for test in failed} == parts


# A solution that is never put in place where its part has kept its points, and is gone when the test is over


def test_a_part_that_has_kept_its_points_gets_no_stand_in_when_it_fails_later() -> None:
    """`fit` passes its own tests and refuses to be used then: the experiment is not marked with a right one."""
    refusing = "def fit(f, a, b, n, right=fit):\n    if f is np.sin:\n        [][1]\n    return right(f, a, b, n)\n"
    failed = failures(right() | {"task7-fit": FIT + refusing}, ("task7",))

    assert {part_of(cell) for cell in failed} == {"task7-experiment"}


def test_a_stand_in_that_was_kept_answers_no_later_part() -> None:
    """`fit` for two points, asked again and again, would do the bonus part, whose tests come after the experiment."""
    keeper = "kept = []\n" + EXPERIMENT.replace("fit(np", "(kept.append(fit) or fit)(np")
    oracle = """
def fit_points(x, f_):
    lambda_, before = [], 0.0
    b_ = np.concatenate([[2 * x[0] - x[1]], x[:-1]])
    for i in range(len(x)):
        left, low = (b_[0], 0.0) if i == 0 else (x[i - 1], f_[i - 1])
        slope = kept[-1](lambda t: low + (f_[i] - low) * (t - left) / (x[i] - left), left, x[i], 2)[0]
        lambda_.append(np.sum(slope) - before - (low / (x[i] - left)))
        before += lambda_[-1]
    return np.array(lambda_), b_
"""
    cells = with_part(right(), "task7-fit", "not written")
    failed = failures(cells | {"task7-experiment": keeper, "task7-nonequidistant": oracle}, ("task7",))

    assert {part_of(cell) for cell in failed} == {"task7-fit", "task7-nonequidistant"}
    messages = of("task7-nonequidistant", failed)
    assert all("RuntimeError" in why or "NotImplementedError" in why for why in messages.values()), messages


# What the student reads of it


def carried(cells: Cells, task: str) -> dict[str, list[str]]:
    (notebook,) = graded(cells, (task,))
    told = {
        cell.metadata.nbgrader.grade_id: cell.metadata.get("sealgrade", {}).get("carried") for cell in notebook.cells
    }
    assert not set(failures_in(notebook)) & {cell for cell, lines in told.items() if lines}
    return {cell: lines for cell, lines in told.items() if lines}


def test_nothing_is_carried_on_in_right_work() -> None:
    assert carried(right(), "task7") == carried(right(), "task6") == carried(right(), "task5") == {}


@pytest.mark.parametrize(
    ("earlier", "kind", "cell", "line"),
    [
        (
            "task5-forward",
            "wrong",
            "task5-gradients-test-output-bias",
            "Accepted as what follows from your own earlier values.",
        ),
        (
            "task6-forward",
            "wrong",
            "task6-backprop-test-batch",
            "Accepted as what follows from your own forward and loss.",
        ),
        (
            "task6-forward",
            "crashes",
            "task6-backprop-test-batch",
            "Marked with a right `forward` in place of yours.",
        ),
        (GRADIENT, "wrong", "task6-train-test-steps", "Accepted as right steps with your own backprop."),
        (
            "task7-fit",
            "not written",
            "task7-experiment-test-fine",
            "Marked with a right `fit` in place of yours.",
        ),
        ("task7-approx", "wrong", "task7-experiment-test-fine", "Accepted as the errors of your own fit and approx."),
    ],
)
def test_the_student_reads_what_a_part_was_accepted_by(earlier: str, kind: str, cell: str, line: str) -> None:
    task = earlier.split("-")[0]

    assert carried(with_part(right(), earlier, kind), task)[cell] == [line]
