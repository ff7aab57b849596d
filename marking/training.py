"""Task 6, `train` and the toy data.

`train` is right if its steps are right, or are right steps with the student's own `backprop`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marking.network import (
    Case,
    OwnActivations,
    activation_sets,
    build,
    forward_keeps_its_argument,
    gradients_of,
    reference,
    set_parameters,
)
from sealgrade.testing import Array, any_of, call, compare, numbers, unchanged
from solution.network import Activation

Net = Any


@dataclass(frozen=True)
class Run:
    """What a training run left: the change of each parameter, weights first, and the losses before each step."""

    change: list[Array]
    losses: list[float]


def check_steps(
    student: Any, own: OwnActivations, cases: Sequence[Case], settings: Sequence[tuple[float, int]]
) -> None:
    """Check the parameters after training with each pair of step size and number of iterations."""
    for eta_and_iterations in settings:
        _judge(student, own, cases, eta_and_iterations, _compare_steps)


def check_losses(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check the returned losses and, by a call without them, the default step size and number of steps."""
    _judge(student, own, cases, (0.3, 4), _compare_losses)
    _judge(student, own, cases, (), _compare_losses)
    _judge(student, own, cases, (), _compare_steps)


def _compare_steps(what: str, got: Run, expected: Run) -> None:
    assert any(np.any(change) for change in expected.change), f"{what} changes no parameter."
    layers = len(got.change) // 2
    for i, (change, right) in enumerate(zip(got.change, expected.change, strict=True)):
        name = f"weight[{i}]" if i < layers else f"bias[{i - layers}]"
        # float32 parameters of size 1 carry steps to about 1e-7 each.
        compare(f"The change of {name} by {what}", change, right, atol=3e-6)


def _compare_losses(what: str, got: Run, expected: Run) -> None:
    assert len(got.losses) == len(expected.losses), (
        f"{what} should return {len(expected.losses)} losses, one before each step, but returns {len(got.losses)}."
    )
    compare(f"The list of losses of {what}", np.array(got.losses), np.array(expected.losses))


def _judge(
    student: Any,
    own: OwnActivations,
    cases: Sequence[Case],
    settings: tuple[float, int] | tuple[()],
    compare_runs: Callable[[str, Run, Run], None],
) -> None:
    """Compare the student's run with the right one or else with right steps by the student's own `backprop`.

    A network on which the student's own `backprop` crashes proves nothing about `train`; one network must remain.
    """
    eta, iterations = settings or (0.01, 100)
    judged = 0
    for case in cases:
        what = f"train(x, y{''.join(f', {s}' for s in settings)}) {case}"

        def check(activations: Sequence[Activation], case: Case = case, what: str = what) -> None:
            got = _run(student, case, activations, what, settings)
            any_of(
                [
                    lambda: compare_runs(what, got, _right_run(case, activations, eta, iterations)),
                    lambda: compare_runs(what, got, _own_run(student, case, activations, eta, iterations)),
                ]
            )

        try:
            any_of(lambda make=make: check(make()) for make in activation_sets(case, own))  # type: ignore[misc]
        except AssertionError:
            if not _backprop_crashes(student, case, own):
                raise
        else:
            judged += 1
    assert judged, "train cannot be judged: backprop crashes on every network that was tried."


def _run(student: Any, case: Case, activations: Sequence[Activation], what: str, settings: tuple[Any, ...]) -> Run:
    _, _, x, y = case.draw()
    net = build(student, case, activations)
    handed_in = x.copy(), y.copy()
    losses = numbers(f"What {what} returns", call(what, net.train, *handed_in, *settings))
    if forward_keeps_its_argument(student, case, activations):
        unchanged(f"x, an argument of {what},", handed_in[0], x)
    unchanged(f"y, an argument of {what},", handed_in[1], y)
    return Run(_changes(case, net), [float(loss) for loss in losses.ravel()])


def _changes(case: Case, net: Net) -> list[Array]:
    weight, bias, _, _ = case.draw()
    return [
        numbers(f"{name}[{l}] after train", now[l], shape=parameter.shape) - parameter
        for name, now, before in (("weight", net.weight, weight), ("bias", net.bias, bias))
        for l, parameter in enumerate(before)
    ]


def _right_run(case: Case, activations: Sequence[Activation], eta: float, iterations: int) -> Run:
    _, _, x, y = case.draw()
    net = reference(case, activations)
    losses = net.train(x, y, eta, iterations)
    return Run(_changes(case, net), losses)


def _own_run(student: Any, case: Case, activations: Sequence[Activation], eta: float, iterations: int) -> Run:
    """Take the steps here, with the student's own forward, loss and backprop."""
    _, _, x, y = case.draw()
    net = build(student, case, activations)
    losses: list[float] = []
    for _ in range(iterations):
        losses.extend(numbers("", net.loss(net.forward(x.copy()), y.copy())).ravel())
        gradients = gradients_of(net, x.copy(), y.copy(), case)
        layers = range(len(case.kinds))
        set_parameters(
            net,
            [np.asarray(net.weight[l]) - eta * gradients[0][l] for l in layers],
            [np.asarray(net.bias[l]) - eta * gradients[1][l] for l in layers],
        )
    return Run(_changes(case, net), losses)


def _backprop_crashes(student: Any, case: Case, own: OwnActivations) -> bool:
    _, _, x, y = case.draw()
    for make in activation_sets(case, own):
        try:
            gradients_of(build(student, case, make()), x, y, case)
        except Exception:
            continue
        return False
    return True


def toy_data() -> tuple[Array, Array]:
    """Return the given toy data, X of shape (2, 100) and y of shape (1, 100); a test holds the notebook to it."""
    rng = np.random.default_rng(2)
    t = np.linspace(0, np.pi, 50)
    upper = np.array([np.cos(t), np.sin(t)])
    lower = np.array([1 - np.cos(t), 0.1 - np.sin(t)])
    X = np.hstack([upper, lower]) + rng.normal(0, 0.12, (2, 100))
    return X, np.repeat([[0.0, 1.0]], 50, axis=1)


def check_toy_losses(losses: Any, student: Any) -> None:
    """Check that `losses` are numbers and fall; or else that the student's class cannot do it (see `class_learns`)."""
    assert losses is not None and np.size(losses) > 0, "losses holds nothing; it should be what train returned."

    def class_is_at_fault() -> None:
        assert not class_learns(student), "the class can do it"

    any_of([lambda: _fall(losses), class_is_at_fault])


def check_toy_network(net: Any, student: Any, own: OwnActivations) -> None:
    """Check that `net` is a network with one sigmoid output that has 90 % of the given samples right.

    The 90 % are not asked for where the student's class cannot get there (see `class_learns`).
    """
    X, y = toy_data()
    assert hasattr(net, "forward") and hasattr(net, "activation"), "net should be a NeuralNetwork."
    prediction = np.ravel(net.forward(X.copy()))
    assert prediction.size == 100, f"net.forward(X) should be one output for each sample, but is {prediction.size}."
    z = np.array([-1.5, -0.5, 0.5, 1.5])
    last = numbers("the output activation", net.activation[-1].evaluate(z), count=z.size)
    any_of(
        [
            lambda: compare("The output activation of net, which should be a sigmoid,", last, 1 / (1 + np.exp(-z))),
            lambda: compare("The output activation", last, numbers("", own()[1]().evaluate(z), count=z.size)),
        ]
    )
    right = _number_right(prediction, y)
    assert right >= 90 or not class_learns(student), f"net has {right} of the 100 samples right; 90 are asked for."


def _fall(losses: Any) -> None:
    values = numbers("losses", losses).ravel()
    assert values.size >= 2, f"losses should hold the loss before every step, but holds {values.size} value(s)."
    assert values[-1] < values[0], f"losses should fall, but go from {values[0]:.4g} to {values[-1]:.4g}."


def _number_right(prediction: Any, y: Array) -> int:
    return int(np.count_nonzero((np.ravel(prediction) > 0.5) == (y.ravel() > 0.5)))


def class_learns(student: Any) -> bool:
    """Return whether the student's class learns the toy data three times out of three, as a right class does.

    Where it does not, a mistake in the class has cost its points in an earlier part and costs none here.
    """
    X, y = toy_data()
    try:
        for _ in range(3):
            net = student([2, 8, 1])
            _fall(net.train(X.copy(), y.copy(), 0.1, 1000))
            assert _number_right(net.forward(X.copy()), y) >= 90
    except Exception:
        return False
    return True
