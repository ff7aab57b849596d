"""Task 6, `train`.

`train` is right if its steps are right, or are right steps with the student's own `backprop`.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from marking.cases import (
    ACTIVATIONS,
    BEFORE_TRAIN,
    NOT_OWN,
    Case,
    OwnActivations,
    Unjudged,
    each_case_that_runs,
    note_network,
    objects_of,
    reference,
    right_activations,
)
from marking.gradients import checked_gradients, gradients_of, note_backprop
from marking.network import forward_keeps_its_argument
from marking.right_methods import with_a_right_method
from sealgrade.testing import (
    Array,
    Claim,
    Result,
    Steps,
    any_of,
    compare,
    lost,
    numbers,
    unchanged,
)
from solution.activations import ReLU, sigmoid
from solution.network import Activation

Net = Any

DEFAULTS = 0.01, 100  # step size and number of steps, where a call names none


@dataclass(frozen=True)
class Run:
    """What a training run left: the change of each parameter, weights first, and what `train` returned."""

    change: list[Array]
    losses: Any


def check_steps(
    student: Any,
    own: OwnActivations,
    cases: Sequence[Case],
    settings: tuple[float, int],
    calls_before: int = 0,
    may_be_unjudged: bool = False,
) -> None:
    """Check the parameters after training.

    Args:
        settings: step size and iterations.
        calls_before: how often `train` was called before.
        may_be_unjudged: whether it is no fault if none of the cases can be judged; another check sees to that.
    """

    def steps() -> None:
        try:
            _judge(student, own, cases, settings, _compare_steps, calls_before)
        except Unjudged:
            if not may_be_unjudged:
                raise

    with_a_right_method(student, "backprop", "task6-backprop", steps)


def check_many_steps(student: Any, own: OwnActivations, case: Case, eta: float, iterations: int) -> None:
    """Check the parameters after so many steps that a `train` that ends, or does otherwise, after a while has done so.

    The case need not be one that can be judged.
    """
    halves = [(eta, iterations // 2), (eta, iterations - iterations // 2)]

    def steps() -> None:
        with contextlib.suppress(Unjudged):
            _judge_many(student, own, case, (eta, iterations), halves, _compare_steps)

    with_a_right_method(student, "backprop", "task6-backprop", steps)


def check_losses(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check the returned losses and, by a call without them, the default step size and number of steps."""

    def losses() -> None:
        _judge(student, own, cases, (0.3, 4), _compare_losses)
        with contextlib.suppress(Unjudged):
            _judge(student, own, cases[:2], (0.3, 4), _compare_losses, calls_before=1)
        # Of what 100 steps lead to, one small network says enough, if it can be judged on it.
        try:
            _judge_many(student, own, cases[-1], (), [DEFAULTS], _compare_defaults)
        except Unjudged:
            _judge_many(student, own, cases[0], (), [DEFAULTS], _compare_defaults)

    # What follows from one that draws at random, or depends on what was called before it, cannot be told.
    with_a_right_method(student, "backprop", "task6-backprop", losses)


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


def _compare_defaults(what: str, got: Run, expected: Run) -> None:
    returned = np.size(expected.losses)
    assert returned == DEFAULTS[1], f"{what} should return {DEFAULTS[1]} losses, one before each step."
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
    eta, iterations = settings or DEFAULTS

    def check(case: Case, activations: Sequence[Activation]) -> bool:
        what = f"{_train(settings)} {case}{', a second call' if calls_before else ''}"

        def own_run() -> Run:
            steps = Steps()
            net = _note_prepared(steps, student, case, activations, calls_before)
            done = steps.run()
            return _own_run(done[net] if isinstance(net, Result) else net, case, eta, iterations)

        got = _run(student, case, activations, what, [settings], calls_before)
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
        return _moves(got) or (compare_runs is _compare_losses and np.ptp(numbers("", got.losses)) > 1e-6)

    each_case_that_runs(student, own, cases, check, _backprop, BEFORE_TRAIN)


def _train(settings: Sequence[float]) -> str:
    return f"train({', '.join(map(str, ('x', 'y', *settings)))})"


def _moves(run: Run) -> bool:
    return any(np.max(np.abs(change)) > 1e-6 for change in run.change)


def _judge_many(
    student: Any,
    own: OwnActivations,
    case: Case,
    settings: tuple[float, int] | tuple[()],
    alike: Sequence[tuple[float, int]],
    compare_runs: Callable[[str, Run, Run], None],
) -> None:
    """Judge a call that takes many steps.

    Where an earlier part is lost, many steps by it would take long: what a call with few steps does has been judged
    then, and one with many has to do what other calls do that come to the same.

    Args:
        settings: of the call: step size and number of steps, or nothing.
        alike: those of the other calls.
        compare_runs: compares.
    """
    if not lost(*ACTIVATIONS, *BEFORE_TRAIN):
        _judge(student, own, [case], settings, compare_runs)
        return

    def check(case: Case, activations: Sequence[Activation]) -> bool:
        what, other = (f"{', '.join(map(_train, calls))} {case}" for calls in ([settings], alike))
        got = _run(student, case, activations, what, [settings])
        expected = _run(student, case, activations, other, alike)
        compare_runs(what, got, expected)
        return _moves(got)

    def with_own_activations() -> None:
        objects = dict(zip("rs", objects_of(own)(), strict=True))
        assert check(case, [objects[kind] for kind in case.kinds]), "standing still proves nothing"

    try:
        with_own_activations()
    except Exception:
        each_case_that_runs(student, own, [case], check, _backprop, BEFORE_TRAIN)


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
    calls: Sequence[tuple[Any, ...]],
    calls_before: int = 0,
) -> Run:
    _, _, x, y = case.draw()
    steps = Steps()
    net = _note_prepared(steps, student, case, activations, calls_before)
    trained = [steps.keep(what, net, "train", x, y, *settings) for settings in calls]
    parameters = steps.read(net, "weight", "bias")
    done = steps.take()
    losses, kept = done[trained[0]]
    if forward_keeps_its_argument(student, case, activations):
        unchanged(f"x, an argument of {what},", kept[0], x)
    unchanged(f"y, an argument of {what},", kept[1], y)
    return Run(changes(case, done[parameters]), losses)


def result_of_moving(student: Any, case: Case) -> Any:
    """Return what `train` of the student's class returns; raise where it does not run, or changes nothing."""
    _, _, x, y = case.draw()
    steps = Steps()
    net = note_network(steps, student, case, right_activations(case))
    result = steps.method("", net, "train", x, y, 0.1, 2)
    after = steps.read(net, "weight", "bias")
    done = steps.run()
    assert any(np.any(change) for change in changes(case, done[after])), "it changes nothing"
    return done[result]


def changes(case: Case, parameters: Sequence[Any]) -> list[Array]:
    """Return how far parameters, weights and biases, are from those of the case."""
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
    return Run(changes(case, (net.weight, net.bias)), losses)


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
    return Run(changes(case, (weight, bias)), losses)
