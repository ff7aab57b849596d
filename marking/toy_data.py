"""Task 6, the toy data: whether the student's network was trained on it."""

from typing import Any

import numpy as np

from marking.cases import ACTIVATIONS, BEFORE_TRAIN, OWN_ACTIVATIONS, Case, OwnActivations, response
from marking.training import result_of_moving
from sealgrade.testing import Array, any_of, compare, lost, note_carried, numbers
from solution.activations import sigmoid

Net = Any

_TIMES = 8  # a class that learns by luck in two cases of three does so in all of them in one case of 25
TOY_CASE = Case((2, 3, 1), "ss", 4)  # a network with as many inputs and outputs as the toy data ask for
CLASS_AT_FAULT = "Accepted, since with your NeuralNetwork no training learns this data."


def toy_data() -> tuple[Array, Array]:
    """Return the given toy data, X of shape (2, 100) and y of shape (1, 100); a test holds the notebook to it."""
    rng = np.random.default_rng(2)
    t = np.linspace(0, np.pi, 50)
    upper = np.array([np.cos(t), np.sin(t)])
    lower = np.array([1 - np.cos(t), 0.1 - np.sin(t)])
    X = np.hstack([upper, lower]) + rng.normal(0, 0.12, (2, 100))
    return X, np.repeat([[0.0, 1.0]], 50, axis=1)


def check_toy_losses(losses: Any, student: Any) -> None:
    """Check that `losses` are numbers and fall, unless the student's class is at fault (see `class_is_at_fault`)."""
    assert losses is not None and np.size(losses) > 0, "losses holds nothing; it should be what train returned."

    def carried() -> None:
        assert class_is_at_fault(student, falls=True), "the class can do it"

    any_of([lambda: _fall(losses), carried], CLASS_AT_FAULT)


def check_toy_network(net: Any, student: Any, own: OwnActivations) -> None:
    """Check that `net` is a network with one sigmoid output that has 90 % of the given samples right.

    The 90 % are not asked for where the student's class cannot get there (see `class_is_at_fault`).
    """
    X, y = toy_data()
    assert hasattr(net, "forward") and hasattr(net, "activation"), "net should be a NeuralNetwork."
    prediction = np.ravel(net.forward(X.copy()))
    assert prediction.size == 100, f"net.forward(X) should be one output for each sample, but is {prediction.size}."
    last = response("The output activation of net", net.activation[-1])
    right_one = response("", sigmoid())
    claims = [lambda: compare("The output activation of net, which should be a sigmoid,", last, right_one)]
    if lost("task6-activations"):
        claims.append(lambda: compare("The output activation", last, response("", own()[1]())))
    any_of(claims, OWN_ACTIVATIONS)
    right = _number_right(prediction, y)
    if right < 90:
        at_fault = class_is_at_fault(student, falls=False)
        assert at_fault, f"net has {right} of the 100 samples right; 90 are asked for."
        note_carried(CLASS_AT_FAULT)


def _fall(losses: Any) -> None:
    values = numbers("losses", losses).ravel()
    assert values.size >= 2, f"losses should hold the loss before every step, but holds {values.size} value(s)."
    assert values[-1] < values[0], f"losses should fall, but go from {values[0]:.4g} to {values[-1]:.4g}."


def _number_right(prediction: Any, y: Array) -> int:
    return int(np.count_nonzero((np.ravel(prediction) > 0.5) == (y.ravel() > 0.5)))


def class_is_at_fault(student: Any, *, falls: bool) -> bool:
    """Return whether the student's class trains, but does not learn the toy data.

    With `falls` the losses that it returns have to fall, too.

    A right class learns them each time with these settings. Where another does not, a mistake in the class has cost its
    points in an earlier part and costs none here. A `train` that does nothing excuses nothing.
    """
    if not lost(*ACTIVATIONS, "task6-init", *BEFORE_TRAIN, "task6-train"):
        return False
    X, y = toy_data()
    try:
        result_of_moving(student, TOY_CASE)
        return not all(_learns(student([2, 8, 1]), X, y, falls) for _ in range(_TIMES))
    except Exception:
        return False


def _learns(net: Net, X: Array, y: Array, falls: bool) -> bool:
    losses = net.train(X.copy(), y.copy(), 0.25, 60)
    try:
        if falls:
            _fall(losses)
        return _number_right(net.forward(X.copy()), y) >= 90
    except AssertionError:
        return False
