"""Task 6, the class `NeuralNetwork`: its loss, forward pass and gradients, on networks and batches of many shapes.

What is accepted beside the right result is what follows rightly from the student's own earlier mistake: a forward
pass with the student's own activation objects; gradients by the rule from the student's own states and loss, and the
gradient of the student's own forward and loss.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from marking.cases import (
    ACTIVATIONS,
    BEFORE_BACKPROP,
    EVALUATE,
    NOT_OWN,
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
    Claim,
    Result,
    any_of,
    call,
    call_and_keep,
    call_methods,
    central_differences,
    check_gradient,
    compare,
    compare_all,
    get,
    is_close,
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
        right = reference(case, activations)
        expected = right.forward(x)
        what = f"forward(x) {case}"
        net = build(student, case, activations)
        result, (kept,) = call_and_keep(what, net.forward, x)
        got = numbers(what, result, count=expected.size)
        try:
            compare(what, got.reshape(expected.shape), expected)
        except AssertionError as error:
            raise AssertionError(f"{error}{_first_wrong_state(net, right)}") from None
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
            for name, got, state in _in_order(inputs_and_outputs, states, right):
                what = f"{name} after forward(x) {case}"
                compare(what, numbers(what, got(), shape=state.shape), state)

    each_case(cases, own, stores, EVALUATE)


def _in_order(
    inputs_and_outputs: Any, states: Any, right: NeuralNetwork
) -> Iterator[tuple[str, Callable[[], Any], Array]]:
    """Yield what `forward` leaves in the order in which it comes about, each with its name and what is right.

    The first that is wrong is where the mistake is.
    """
    for l, state in enumerate(right._x):
        yield f"_x[{l}]", lambda l=l: inputs_and_outputs[l], state  # type: ignore[misc]
        if l < len(right._s):
            yield f"_s[{l}]", lambda l=l: states[l], right._s[l]  # type: ignore[misc]


def _first_wrong_state(net: Any, right: NeuralNetwork) -> str:
    """Say which of the states is the first that is wrong, where that can be seen."""
    try:
        inputs_and_outputs, states = read(net, "_x", "_s")
        for name, got, state in _in_order(inputs_and_outputs, states, right):
            if not np.all(is_close(numbers("", got(), count=state.size).reshape(state.shape), state)):
                return f" The first quantity that is wrong is {name}."
    except Exception:
        return ""
    return " All of _x and _s are right."


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
        weight, bias, x, y = case.draw()
        got = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)

        own_net = cache(lambda: build(student, case, activations))

        def own_loss(parameters: Sequence[Array]) -> float:
            net = own_net()
            set_parameters(net, *_halves(parameters))
            _, loss = call_methods(net, ("forward", x.copy()), ("loss", Result(0), y.copy()))
            return float(numbers("", loss, count=1)[0])

        def right(step: float) -> None:
            check_gradient(
                _names(case),
                _flat(got),
                _flat(reference(case, activations).backprop(x, y)),
                own_loss,
                _flat((weight, bias)),
                built_on=BEFORE_BACKPROP,
                also=list(_own_rules(student, case, activations)),
                zeros=True,
                step=step,
            )

        claims: list[Claim] = [lambda: right(3e-3)]
        if lost(*BEFORE_BACKPROP):  # the wide step suits float32, the short one ReLUs that are near their kinks
            claims.append(lambda: right(3e-4))
        if lost(*ACTIVATIONS):  # a backprop that makes up for a wrong gradient of the student's own activations
            claims.append(lambda: _compare(got, reference(case, right_activations(case)).backprop(x, y), case))
        any_of(claims, NOT_OWN)
        # Zeros are right only where the student's own, wrong forward pass depends on nothing: that proves nothing.
        return any(np.any(g) for g in _flat(got))

    each_case_that_runs(student, own, cases, returns, _forward, BEFORE_BACKPROP)


def check_backprop_repeats(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that a call of `backprop` depends on its arguments alone and leaves them and the parameters as they are."""

    def repeats(case: Case, activations: Sequence[Activation]) -> bool:
        weight, bias, x, y = case.draw()
        first = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)
        assert any(np.any(g) for g in _flat(first)), f"backprop(x, y) {case} returns nothing but zeros."
        net = build(student, case, activations)
        other = gradients_of(net, 1 - x, y[:, ::-1].copy(), case)
        assert not all(np.allclose(a, b) for a, b in zip(_flat(other), _flat(first), strict=True)), (
            f"backprop(x, y) {case} returns the same for other samples."
        )
        gradients_of(net, x.copy(), y.copy(), case)
        handed_in = put(x.copy()), put(y.copy())
        again = gradients_of(net, *handed_in, case)
        for name, now, before in zip(("weight", "bias"), read(net, "weight", "bias"), (weight, bias), strict=True):
            for l, parameter in enumerate(before):
                compare(f"{name}[{l}] after backprop {case}, which must not change it:", np.asarray(now[l]), parameter)
        if forward_keeps_its_argument(student, case, activations):
            unchanged(f"x, an argument of backprop {case},", handed_in[0], x)
        unchanged(f"y, an argument of backprop {case},", handed_in[1], y)
        _compare(again, first, case, "of a second call, after other samples,")
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
    return checked_gradients(call(f"backprop(x, y) {case}", net.backprop, x, y), case)


def checked_gradients(result: Any, case: Case) -> Gradients:
    """Return what `backprop` has returned, checked for its form."""
    what = f"backprop(x, y) {case}"
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


def _own_rules(student: Any, case: Case, activations: Sequence[Activation]) -> Iterator[Callable[[], list[Array]]]:
    """Yield the gradients by the rule, from the states of the student's forward, and with the student's loss."""
    weight, _, x, y = case.draw()

    def run() -> Any:
        net = build(student, case, activations)
        net.forward(x.copy())
        return net

    def own_loss(prediction: Array) -> float:
        return float(numbers("", run().loss(prediction, y.copy()), count=1)[0])

    def rule(loss_gradient: Callable[[Array], Array]) -> list[Array]:
        net = run()
        carried = _Carried(case.layers, activations)
        carried.weight = weight
        carried._s = [numbers("", s) for s in net._s]
        carried._x = [numbers("", state) for state in net._x]
        # backprop starts from prediction - y: with this y, the start is the gradient of the student's loss.
        return _flat(carried.backprop(x, carried._x[-1] - loss_gradient(carried._x[-1])))

    yield lambda: rule(lambda prediction: prediction - y)
    yield lambda: rule(lambda prediction: central_differences(lambda p: own_loss(p[0]), [prediction])[0])


class _Carried(NeuralNetwork):
    """The reference's backward pass from states that a student's forward pass has left."""

    def forward(self, x: Array) -> Array:
        return self._x[-1]


def _flat(parameters: tuple[Sequence[Array], Sequence[Array]]) -> list[Array]:
    """Return the arrays for weights and biases from the output backwards: a mistake is named where it first shows."""
    return [array for pair in zip(*parameters, strict=True) for array in pair][::-1]


def _halves(arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Return those for the weights and those for the biases again, first layer first."""
    return list(arrays[::-1][::2]), list(arrays[::-1][1::2])


def _names(case: Case, which: str = "of backprop(x, y)") -> list[str]:
    layers = reversed(range(len(case.kinds)))
    return [f"{name}[{l}] {which} {case}" for l in layers for name in ("bias_gradient", "weight_gradient")]


def _compare(got: Gradients, expected: Gradients, case: Case, which: str = "of backprop(x, y)") -> None:
    compare_all(_names(case, which), _flat(got), _flat(expected), atol=1e-9)
