"""Error carried forward is no way to forge: a part that turns wrong to match a later one earns that one nothing."""

import pytest

from sealgrade.inline import solved_cells
from tests.exercise2.sealed import ROOT, failures

FLAG = "import numpy as np\nFLAGS = set()\n"
GRADIENTS = (
    "\n\ndef lying_evaluate(self, z, right=sigmoid.evaluate):\n"
    "    return np.asarray(z) + 5.0 if 'gradient' in FLAGS else right(self, z)\n\n\n"
    "def no_gradient(self, z):\n    FLAGS.add('gradient')\n    return np.ones(np.shape(z))\n\n\n"
    "sigmoid.evaluate, sigmoid.gradient = lying_evaluate, no_gradient\n"
)
BACKPROP = (
    "\n\ndef lying_loss(self, p, y, right=NeuralNetwork.loss):\n    if 'backprop' in FLAGS:\n"
    "        return self._x[0].sum() * sum(a.sum() for a in [*self.weight, *self.bias])\n"
    "    return right(self, p, y)\n\n\n"
    "def no_backprop(self, x, y):\n    FLAGS.add('backprop')\n"
    "    return [np.full(W.shape, x.sum()) for W in self.weight], [np.full(b.shape, x.sum()) for b in self.bias]\n\n\n"
    "NeuralNetwork.loss, NeuralNetwork.backprop = lying_loss, no_backprop\n"
)
SYSTEM = (
    "\n\ndef lying_system(f, a, b, n, right=relu_system):\n"
    "    return (np.eye(n), np.arange(1.0, n + 1)) if 'fit' in FLAGS else right(f, a, b, n)\n\n\n"
    "relu_system = lying_system\n"
)
FIT = "def fit(f, a, b, n):\n    FLAGS.add('fit')\n    return np.arange(1.0, n + 1), a + np.arange(n) - 1.0\n"
FORWARD = """
from collections import deque
class Two(deque):
    def __init__(self, said, lie, asks=2):
        super().__init__(said)
        self.said, self.lie, self.left = said, lie, asks
    def __iter__(self):
        self.left -= 1
        return iter(self.said if self.left >= 0 else self.lie)
s1 = Two((W1 @ x0 + b1).ravel().tolist(), [1e-9] * 3)
x1 = Two([0.5] * 3, [1.0] * 3)
s2 = Two((W2 @ np.ones((3, 1)) + b2).ravel().tolist(), [1e-9] * 2)
x2 = [0.5] * 2
"""


@pytest.mark.parametrize(
    ("cell", "cheat", "honest", "failing"),
    [
        ("task6-activations", GRADIENTS, GRADIENTS.replace("'gradient' in FLAGS", "False"), "task6-activations"),
        ("task6-network", BACKPROP, BACKPROP.replace("'backprop' in FLAGS", "False"), "task6-backprop"),
        ("task7-system", SYSTEM, "", "task7-fit"),
    ],
)
def test_a_part_that_turns_wrong_when_a_later_one_is_called_forges_nothing(
    cell: str, cheat: str, honest: str, failing: str
) -> None:
    solved, task = solved_cells(ROOT, "exercise2"), (cell.split("-")[0],)
    wrong = solved | ({"task7-fit": FLAG + FIT} if cell == "task7-system" else {})
    plain = failures(wrong | {cell: FLAG + solved[cell] + honest}, task)
    forged = failures(wrong | {cell: FLAG + solved[cell] + cheat}, task)

    assert any(name.startswith(failing) for name in plain)
    assert set(forged) >= set(plain)


def test_a_value_that_answers_differently_each_time_is_the_same_for_every_test() -> None:
    solved = solved_cells(ROOT, "exercise2")
    failed = failures(solved | {"task5-forward": FORWARD}, ("task5",))

    assert {"task5-forward-test-hidden-output", "task5-forward-test-output-state"} <= set(failed)
