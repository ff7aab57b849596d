"""Task 6, `train` and the toy data.

`train` is right if its steps are right, or are right steps with the student's own `backprop`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from marking.cases import (
    ACTIVATIONS,
    BEFORE_TRAIN,
    NOT_OWN,
    OWN_ACTIVATIONS,
    Case,
    OwnActivations,
    Unjudged,
    build,
    each_case_that_runs,
    note_network,
    reference,
    response,
    right_activations,
)
from marking.gradients import checked_gradients, gradients_of, note_backprop
from marking.network import forward_keeps_its_argument
from marking.right_methods import network_methods
from sealgrade.testing import (
    Array,
    Claim,
    Result,
    Steps,
    any_of,
    compare,
    lost,
    note_carried,
    numbers,
    read,
    stand_in,
    unchanged,
)
from solution.activations import ReLU, sigmoid
from solution.network import Activation

Net = Any

RIGHT_BACKPROP = "Marked with a right `backprop` in the place of yours."
_TIMES = 8  # a class that learns by luck in two cases of three does so in all of them in one case of 25
CLASS_AT_FAULT = "Accepted, since with your NeuralNetwork no training learns this data."


@dataclass(frozen=True)
class Run:
    """What a training run left: the change of each parameter, weights first, and what `train` returned."""

    change: list[Array]
    losses: Any


def check_steps(
    student: Any, own: OwnActivations, cases: Sequence[Case], settings: Sequence[tuple[float, int]]
) -> None:
    """Check the parameters after training with each pair of step size and iterations, on a second call too."""

    def steps() -> None:
        for eta_and_iterations in settings:
            _judge(student, own, cases, eta_and_iterations, _compare_steps)
        _judge(student, own, cases, settings[-1], _compare_steps, calls_before=1)

    _or_with_a_right_backprop(student, steps)


def check_losses(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check the returned losses and, by a call without them, the default step size and number of steps."""

    def losses() -> None:
        _judge(student, own, cases, (0.3, 4), _compare_losses)
        _judge(student, own, cases, (0.3, 4), _compare_losses, calls_before=1)
        # Of what 100 steps lead to, one small network says enough, if it can be judged on it.
        try:
            _judge(student, own, [cases[-1]], (), _compare_both)
        except Unjudged:
            _judge(student, own, [cases[0]], (), _compare_both)

    _or_with_a_right_backprop(student, losses)


def _or_with_a_right_backprop(student: Any, check: Callable[[], None]) -> None:
    """Run a check, and again with a right `backprop` where the student's own has lost its points.

    What follows from one that draws at random, or depends on what was called before it, cannot be told.
    """

    def with_a_right_one() -> None:
        assert lost("task6-backprop"), "a right backprop excuses nothing"
        with stand_in(student, {"backprop": network_methods()["backprop"]}):
            check()

    any_of([check, (RIGHT_BACKPROP, with_a_right_one)])


def _compare_steps(what: str, got: Run, expected: Run) -> None:
    layers = len(got.change) // 2
    for i, (change, right) in enumerate(zip(got.change, expected.change, strict=True)):
        name = f"weight[{i}]" if i < layers else f"bias[{i - layers}]"
        # float32 parameters of size 1 carry steps to about 1e-7 each.
        compare(f"The change of {name} by {what}", change, right, atol=3e-6)


def _compare_losses(what: str, got: Run, expected: Run) -> None:
    losses, right = numbers(f"What {what} returns", got.losses).ravel(), numbers("", expected.losses).ravel()
    assert losses.size == right.size, (
        f"{what} should return {right.size} losses, one before each step, but returns {losses.size}."
    )
    compare(f"The list of losses of {what}", losses, right)


def _compare_both(what: str, got: Run, expected: Run) -> None:
    _compare_losses(what, got, expected)
    _compare_steps(what, got, expected)


def _judge(
    student: Any,
    own: OwnActivations,
    cases: Sequence[Case],
    settings: tuple[float, int] | tuple[()],
    compare_runs: Callable[[str, Run, Run], None],
    calls_before: int = 0,
) -> None:
    """Compare the student's run with the right one or else with right steps by the student's own `backprop`.

    A network on which the student's own `backprop` crashes proves nothing about `train`; one network must remain.
    """
    eta, iterations = settings or (0.01, 100)

    def check(case: Case, activations: Sequence[Activation]) -> bool:
        what = f"train(x, y{''.join(f', {s}' for s in settings)}) {case}{', a second call' if calls_before else ''}"

        def own_run() -> Run:
            steps = Steps()
            net = _note_prepared(steps, student, case, activations, calls_before)
            done = steps.run()
            return _own_run(done[net] if isinstance(net, Result) else net, case, eta, iterations)

        got = _run(student, case, activations, what, settings, calls_before)
        claims: list[Claim] = [lambda: compare_runs(what, got, _right_run(case, activations, eta, iterations))]
        if lost(*ACTIVATIONS):
            right = right_activations(case)
            claims.append((NOT_OWN, lambda: compare_runs(what, got, _right_run(case, right, eta, iterations))))
        if lost(*BEFORE_TRAIN):
            claims.append(
                ("Accepted as right steps with your own backprop.", lambda: compare_runs(what, got, own_run()))
            )
        any_of(claims)
        # Where the student's own backprop finds nothing to change, standing still is right and proves nothing.
        return any(np.max(np.abs(change)) > 1e-6 for change in got.change)

    each_case_that_runs(student, own, cases, check, _backprop, BEFORE_TRAIN)


def _backprop(net: Net, case: Case) -> object:
    _, _, x, y = case.draw()
    return gradients_of(net, x.copy(), y.copy(), case)


def _note_prepared(steps: Steps, student: Any, case: Case, activations: Sequence[Activation], calls_before: int) -> Net:
    """Note how the student's network gets the parameters of the case, after some training that they do not show."""
    weight, bias, x, y = case.draw()
    net = note_network(steps, student, case, activations)
    for _ in range(calls_before):
        steps.method(f"train(x, y, 0.1, 2) {case}", net, "train", 1 - x, y, 0.1, 2)
        steps.assign(net, weight=weight, bias=bias)
    return net


def _run(
    student: Any,
    case: Case,
    activations: Sequence[Activation],
    what: str,
    settings: tuple[Any, ...],
    calls_before: int,
) -> Run:
    _, _, x, y = case.draw()
    steps = Steps()
    net = _note_prepared(steps, student, case, activations, calls_before)
    trained, parameters = steps.keep(what, net, "train", x, y, *settings), steps.read(net, "weight", "bias")
    done = steps.take()
    losses, kept = done[trained]
    if forward_keeps_its_argument(student, case, activations):
        unchanged(f"x, an argument of {what},", kept[0], x)
    unchanged(f"y, an argument of {what},", kept[1], y)
    return Run(_changes(case, done[parameters]), losses)


def _changes(case: Case, parameters: Sequence[Any]) -> list[Array]:
    weight, bias, _, _ = case.draw()
    return [
        numbers(f"{name}[{l}] after train", now[l], shape=parameter.shape) - parameter
        for name, now, before in zip(("weight", "bias"), parameters, (weight, bias), strict=True)
        for l, parameter in enumerate(before)
    ]


def _right_run(case: Case, activations: Sequence[Activation], eta: float, iterations: int) -> Run:
    if all(isinstance(one, ReLU | sigmoid) for one in activations):
        return _run_of_reference(case, eta, iterations)
    return _run_with(case, activations, eta, iterations)


@cache  # the same for each student
def _run_of_reference(case: Case, eta: float, iterations: int) -> Run:
    return _run_with(case, right_activations(case), eta, iterations)


def _run_with(case: Case, activations: Sequence[Activation], eta: float, iterations: int) -> Run:
    _, _, x, y = case.draw()
    net = reference(case, activations)
    losses = net.train(x, y, eta, iterations)
    return Run(_changes(case, (net.weight, net.bias)), losses)


def _own_run(net: Net, case: Case, eta: float, iterations: int) -> Run:
    """Take the steps here, with the student's own forward, loss and backprop."""
    weight, bias, x, y = case.draw()
    losses = []
    for _ in range(iterations):
        steps = Steps()
        steps.assign(net, weight=weight, bias=bias)
        loss = steps.method("", net, "loss", steps.method("", net, "forward", x), y)
        # From where the network is then: a backprop that moves the parameters has lost its points for that.
        returned, now = note_backprop(steps, net, x, y, case), steps.read(net, "weight", "bias")
        done = steps.run()
        losses.append(done[loss])
        gradients = checked_gradients(done[returned], case)
        weight, bias = (
            [np.asarray(before[l]) - eta * gradient[l] for l in range(len(case.kinds))]
            for before, gradient in zip(done[now], gradients, strict=True)
        )
    return Run(_changes(case, (weight, bias)), losses)


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
        assert class_is_at_fault(student), "the class can do it"

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
        assert class_is_at_fault(student), f"net has {right} of the 100 samples right; 90 are asked for."
        note_carried(CLASS_AT_FAULT)


def _fall(losses: Any) -> None:
    values = numbers("losses", losses).ravel()
    assert values.size >= 2, f"losses should hold the loss before every step, but holds {values.size} value(s)."
    assert values[-1] < values[0], f"losses should fall, but go from {values[0]:.4g} to {values[-1]:.4g}."


def _number_right(prediction: Any, y: Array) -> int:
    return int(np.count_nonzero((np.ravel(prediction) > 0.5) == (y.ravel() > 0.5)))


def class_is_at_fault(student: Any) -> bool:
    """Return whether the student's class trains, but does not learn the toy data.

    A right class learns them each time with these settings. Where another does not, a mistake in the class has cost its
    points in an earlier part and costs none here. A `train` that does nothing excuses nothing.
    """
    if not lost(*ACTIVATIONS, "task6-init", *BEFORE_TRAIN, "task6-train"):
        return False
    X, y = toy_data()
    case = Case((2, 3, 1), "ss", 4)
    try:
        net = build(student, case, [sigmoid(), sigmoid()])
        net.train(*case.draw()[2:], 0.1, 2)
        if not any(np.any(change) for change in _changes(case, read(net, "weight", "bias"))):
            return False
        return not all(_learns(student([2, 8, 1]), X, y) for _ in range(_TIMES))
    except Exception:
        return False


def _learns(net: Net, X: Array, y: Array) -> bool:
    losses = net.train(X.copy(), y.copy(), 0.25, 200)
    try:
        _fall(losses)
        return _number_right(net.forward(X.copy()), y) >= 90
    except AssertionError:
        return False
