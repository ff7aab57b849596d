"""Task 6, the class `NeuralNetwork`: its loss, forward pass and gradients, on networks and batches of many shapes.

What is accepted beside the right result is what follows rightly from the student's own earlier mistake: a forward
pass with the student's own activation objects; gradients by the rule from the student's own states and loss, and the
gradient of the student's own forward and loss.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from marking.cases import (
    ACTIVATIONS,
    BEFORE_BACKPROP,
    EVALUATE,
    Case,
    OwnActivations,
    build,
    each_case,
    each_case_that_runs,
    reference,
    right_activations,
    set_parameters,
)
from sealgrade.testing import (
    Array,
    any_of,
    call,
    call_and_keep,
    central_differences,
    compare,
    get,
    lost,
    numbers,
    put,
    read,
    unchanged,
)
from solution.activations import sigmoid
from solution.network import Activation, NeuralNetwork

Gradients = tuple[list[Array], list[Array]]


def check_forward(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check what `forward` returns, and that it leaves its argument as it was."""

    def returns(case: Case, activations: Sequence[Activation]) -> None:
        x = case.draw()[2]
        expected = reference(case, activations).forward(x)
        what = f"forward(x) {case}"
        result, (kept,) = call_and_keep(what, build(student, case, activations).forward, x)
        got = numbers(what, result, count=expected.size)
        compare(what, got.reshape(expected.shape), expected)
        unchanged(f"The argument x of {what}", kept, x)

    each_case(cases, own, returns, EVALUATE)


def check_states(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check `_x` and `_s` after `forward`, on a second call too."""

    def stores(case: Case, activations: Sequence[Activation]) -> None:
        net, right = build(student, case, activations), reference(case, activations)
        x = case.draw()[2]
        for inputs in (x, 0.5 - x[:, :1]):
            right.forward(inputs)
            call(f"forward(x) {case}", net.forward, inputs.copy())
            inputs_and_outputs, states = read(net, "_x", "_s")
            assert len(inputs_and_outputs) == len(right._x), (
                f"_x should hold {len(right._x)} arrays after forward(x) {case}: the input and each layer's output."
            )
            for name, got, expected in (("_s", states, right._s), ("_x", inputs_and_outputs, right._x)):
                for l, state in enumerate(expected):
                    what = f"{name}[{l}] after forward(x) {case}"
                    compare(what, numbers(what, got[l], shape=state.shape), state)

    each_case(cases, own, stores, EVALUATE)


def check_loss(student: Any, shapes: Sequence[tuple[int, int]]) -> None:
    """Check `loss(y_prediction, y)` on arrays of these shapes, (outputs, samples)."""
    for shape in shapes:
        rng = np.random.default_rng([7, *shape])
        prediction, y = rng.uniform(-1, 2, shape), rng.uniform(0, 1, shape)
        net = call("NeuralNetwork([2, d], [...])", student, [2, shape[0]], [sigmoid()])
        what = f"loss(y_prediction, y) for {shape[0]} output(s) and {shape[1]} sample(s)"
        result, kept = call_and_keep(what, net.loss, prediction, y)
        compare(what, numbers(what, result, count=1), np.array([0.5 * np.sum((prediction - y) ** 2)]))
        unchanged(f"y_prediction, the argument of {what},", kept[0], prediction)
        unchanged(f"y, the argument of {what},", kept[1], y)


def check_backprop(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that `backprop` returns the gradients, one network after the other."""

    def returns(case: Case, activations: Sequence[Activation]) -> bool:
        _, _, x, y = case.draw()
        got = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)
        any_of(
            lambda make=make, slack=slack: _compare_gradients(got, make(), case, slack=slack)  # type: ignore[misc]
            for make, slack in accepted_gradients(student, case, activations)
        )
        # Zeros are right only where the student's own, wrong forward pass depends on nothing: that proves nothing.
        return any(np.any(g) for g in [*got[0], *got[1]])

    each_case_that_runs(student, own, cases, returns, _forward, BEFORE_BACKPROP)


def check_backprop_repeats(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that a call of `backprop` depends on its arguments alone and leaves them and the parameters as they are."""

    def repeats(case: Case, activations: Sequence[Activation]) -> bool:
        weight, bias, x, y = case.draw()
        first = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)
        assert any(np.any(g) for g in [*first[0], *first[1]]), f"backprop(x, y) {case} returns nothing but zeros."
        net = build(student, case, activations)
        other = gradients_of(net, 1 - x, y[:, ::-1].copy(), case)
        assert not all(
            np.allclose(a, b) for a, b in zip([*other[0], *other[1]], [*first[0], *first[1]], strict=True)
        ), f"backprop(x, y) {case} returns the same for other samples."
        gradients_of(net, x.copy(), y.copy(), case)
        handed_in = put(x.copy()), put(y.copy())
        again = gradients_of(net, *handed_in, case)
        for name, now, before in zip(("weight", "bias"), read(net, "weight", "bias"), (weight, bias), strict=True):
            for l, parameter in enumerate(before):
                compare(f"{name}[{l}] after backprop {case}, which must not change it:", np.asarray(now[l]), parameter)
        if forward_keeps_its_argument(student, case, activations):
            unchanged(f"x, an argument of backprop {case},", handed_in[0], x)
        unchanged(f"y, an argument of backprop {case},", handed_in[1], y)
        _compare_gradients(again, first, case, "of a second call, after other samples,")
        return True

    each_case_that_runs(student, own, cases, repeats, _forward, BEFORE_BACKPROP)


def _forward(net: Any, case: Case) -> object:
    """Run `forward`, and raise where nothing can be built on what it returns."""
    _, _, x, y = case.draw()
    return numbers("", net.forward(x.copy()), count=y.size)


def forward_keeps_its_argument(student: Any, case: Case, activations: Sequence[Activation]) -> bool:
    """Return whether `forward` leaves x as it is; who lost points for that there does not lose them again."""
    if not lost("task6-forward"):
        return True
    x = case.draw()[2]
    handed_in = put(x.copy())
    build(student, case, activations).forward(handed_in)
    return np.array_equal(get(handed_in), x)


def gradients_of(net: Any, x: Array, y: Array, case: Case) -> Gradients:
    """Return what the student's `backprop(x, y)` returns, checked for its form; a third returned value is ignored."""
    what = f"backprop(x, y) {case}"
    result = call(what, net.backprop, x, y)
    assert isinstance(result, tuple | list) and len(result) in (2, 3), (
        f"{what} should return weight_gradient, bias_gradient, but returns a {type(result).__name__}."
    )
    gradients: Gradients = ([], [])
    for name, got, checked, columns in (
        ("weight_gradient", result[0], gradients[0], case.layers[:-1]),
        ("bias_gradient", result[1], gradients[1], [1] * len(case.kinds)),
    ):
        length = len(got) if hasattr(got, "__len__") else None
        assert length == len(case.kinds), f"{name} of {what} should be a list with an array for each weight layer."
        for l, shape in enumerate(zip(case.layers[1:], columns, strict=True)):
            checked.append(np.array(numbers(f"{name}[{l}] of {what}", got[l], shape=shape)))
    return gradients


def accepted_gradients(
    student: Any, case: Case, activations: Sequence[Activation]
) -> Iterator[tuple[Callable[[], Gradients], float]]:
    """Yield the gradients that are right: the truth, then what follows from the student's forward and loss.

    Each comes as a function, and with the slack that it needs, relative to the largest entry of all.
    """
    weight, bias, x, y = case.draw()
    yield lambda: reference(case, activations).backprop(x, y), 0.0
    if lost(*ACTIVATIONS):  # a backprop that makes up for a wrong gradient of the student's own activations
        yield lambda: reference(case, right_activations(case)).backprop(x, y), 0.0
    if not lost(*BEFORE_BACKPROP):
        return

    def run() -> Any:
        net = build(student, case, activations)
        net.forward(x.copy())
        return net

    def own_loss(prediction: Array) -> float:
        return float(numbers("", run().loss(prediction, y.copy()), count=1)[0])

    def rule(loss_gradient: Callable[[Array], Array]) -> Gradients:
        net = run()
        carried = _Carried(case.layers, activations)
        carried.weight = weight
        carried._s = [numbers("", s) for s in net._s]
        carried._x = [numbers("", state) for state in net._x]
        # backprop starts from prediction - y: with this y, the start is the gradient of the student's loss.
        return carried.backprop(x, carried._x[-1] - loss_gradient(carried._x[-1]))

    yield lambda: rule(lambda prediction: prediction - y), 0.0
    yield lambda: rule(lambda prediction: central_differences(lambda p: own_loss(p[0]), [prediction])[0]), 0.0

    def loss_at(parameters: Sequence[Array]) -> float:
        net = build(student, case, activations)
        set_parameters(net, parameters[: len(weight)], parameters[len(weight) :])
        return float(numbers("", net.loss(net.forward(x.copy()), y.copy()), count=1)[0])

    def differences() -> Gradients:
        gradients = central_differences(loss_at, [*weight, *bias], step=3e-3)
        return gradients[: len(weight)], gradients[len(weight) :]

    # The loss may be computed in float32, whose rounding a difference blows up.
    yield differences, 5e-4


class _Carried(NeuralNetwork):
    """The reference's backward pass from states that a student's forward pass has left."""

    def forward(self, x: Array) -> Array:
        return self._x[-1]


def _compare_gradients(
    got: Gradients, expected: Gradients, case: Case, which: str = "of backprop(x, y)", slack: float = 0.0
) -> None:
    largest = max(np.max(np.abs(e)) for e in [*expected[0], *expected[1]])
    # From the output backwards: the layer in which a mistake first shows is the one to name.
    for l in reversed(range(len(case.kinds))):
        for name, g, e in zip(("bias_gradient", "weight_gradient"), got[::-1], expected[::-1], strict=True):
            # Differences of a loss that does not change leave rounding errors of about 1e-13.
            compare(f"{name}[{l}] {which} {case}", g[l], e[l], atol=1e-9 + slack * largest)
