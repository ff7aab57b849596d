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
    note_network,
    reference,
    right_activations,
)
from marking.gradients import Gradients, checked_gradients, flat, halves, names, note_backprop
from marking.right_methods import with_a_right_method
from sealgrade.testing import (
    Array,
    Claim,
    Steps,
    any_of,
    central_differences,
    check_gradient,
    compare,
    compare_all,
    is_close,
    lost,
    numbers,
    put,
    unchanged,
)
from solution.activations import sigmoid
from solution.network import Activation, NeuralNetwork


def check_forward(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check what `forward` returns, and that it leaves its argument as it was."""

    def returns(case: Case, activations: Sequence[Activation]) -> None:
        x = case.draw()[2]
        right = reference(case, activations)
        expected = right.forward(x)
        what = f"forward(x) {case}"
        steps = Steps()
        net = note_network(steps, student, case, activations)
        came, states = steps.keep(what, net, "forward", x), steps.read(net, "_x", "_s")
        done = steps.take()
        result, (kept,) = done[came]
        got = numbers(what, result, count=expected.size)
        try:
            compare(what, got.reshape(expected.shape), expected)
        except AssertionError as error:
            raise AssertionError(f"{error}{_first_wrong_state(lambda: done[states], right)}") from None
        unchanged(f"The argument x of {what}", kept, x)

    each_case(cases, own, returns, EVALUATE)


def check_states(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check `_x` and `_s` after `forward`, on a second call too; another network has states of its own."""

    def stores(case: Case, activations: Sequence[Activation]) -> None:
        steps, right = Steps(), reference(case, activations)
        net = note_network(steps, student, case, activations)
        x = case.draw()[2]
        # Who loses the points of the constructor for lists that all networks share does not lose these.
        other = None if lost("task6-init") else note_network(steps, student, case, activations)
        calls = []
        for inputs in (x, 0.5 - x[:, :1]):
            steps.method(f"forward(x) {case}", net, "forward", inputs)
            if other is not None:
                steps.method(f"forward(x) {case}, of another network,", other, "forward", inputs - 1)
            calls.append((inputs, steps.read(net, "_x", "_s")))
        done = steps.take()
        for inputs, came in calls:
            right.forward(inputs)
            inputs_and_outputs, states = done[came]
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


def _first_wrong_state(states_of_student: Callable[[], Any], right: NeuralNetwork) -> str:
    """Say which of the states is the first that is wrong, where that can be seen."""
    try:
        inputs_and_outputs, states = states_of_student()
        for name, got, state in _in_order(inputs_and_outputs, states, right):
            if not np.all(is_close(numbers("", got(), count=state.size).reshape(state.shape), state)):
                return f" The first quantity that is wrong is {name}."
    except Exception:
        return ""
    return " All of _x and _s are right."


def check_loss(student: Any, shapes: Sequence[tuple[int, int]], large: Sequence[tuple[int, int]] = ()) -> None:
    """Check `loss(y_prediction, y)` on arrays of these shapes, (outputs, samples), and on `large` differences."""
    steps, calls = Steps(), []
    for shape in [*shapes, *large]:
        rng = np.random.default_rng([7, *shape])
        prediction, y = rng.uniform(-1, 2, shape), rng.uniform(0, 1, shape)
        if shape in large:
            prediction, y = 20 * prediction, 20 - 40 * y
        net = steps.call("NeuralNetwork([2, d], [...])", student, [2, shape[0]], [sigmoid()])
        what = f"loss(y_prediction, y) for {shape[0]} output(s) and {shape[1]} sample(s)"
        calls.append((what, prediction, y, steps.keep(what, net, "loss", prediction, y)))
    done = steps.take()
    for what, prediction, y, step in calls:
        result, kept = done[step]
        compare(what, numbers(what, result, count=1), np.array([0.5 * np.sum((prediction - y) ** 2)]))
        unchanged(f"y_prediction, the argument of {what},", kept[0], prediction)
        unchanged(f"y, the argument of {what},", kept[1], y)


def check_backprop(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that `backprop` returns the gradients, one network after the other."""

    def returns(case: Case, activations: Sequence[Activation]) -> bool:
        weight, bias, x, y = case.draw()
        steps = Steps()
        came = note_backprop(steps, note_network(steps, student, case, activations), x, y, case)
        got = checked_gradients(steps.run()[came], case)

        own_net = cache(lambda: build(student, case, activations))

        def own_losses(points: Sequence[Sequence[Array]]) -> list[float]:
            steps, net = Steps(), own_net()
            losses = []
            for parameters in points:
                weight, bias = halves(parameters)
                steps.assign(net, weight=weight, bias=bias)
                losses.append(steps.method("", net, "loss", steps.method("", net, "forward", x), y))
            done = steps.run()
            return [float(numbers("", done[loss], count=1)[0]) for loss in losses]

        def right(step: float) -> None:
            check_gradient(
                names(case),
                flat(got),
                flat(reference(case, activations).backprop(x, y)),
                own_losses,
                flat((weight, bias)),
                built_on=BEFORE_BACKPROP,
                also=list(_own_rules(student, case, activations)),
                many=True,
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
        return any(np.any(g) for g in flat(got))

    with_a_right_method(
        student,
        "forward",
        "task6-forward",
        lambda: each_case_that_runs(student, own, cases, returns, _forward, BEFORE_BACKPROP),
    )


def check_backprop_repeats(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that a call of `backprop` depends on its arguments alone and leaves them and the parameters as they are."""

    def repeats(case: Case, activations: Sequence[Activation]) -> bool:
        weight, bias, x, y = case.draw()
        steps = Steps()
        came_first = note_backprop(steps, note_network(steps, student, case, activations), x, y, case)
        net = note_network(steps, student, case, activations)
        came_other = note_backprop(steps, net, 1 - x, y[:, ::-1].copy(), case)
        came_again = note_backprop(steps, net, x, y, case)
        kept_then = steps.keep(f"backprop(x, y) {case}", net, "backprop", x, y)
        parameters = steps.read(net, "weight", "bias")
        # The same array again, after a step of training: what was remembered of it no longer holds.
        same, moved = put(x), {"weight": [0.5 * W for W in weight], "bias": [b + 0.3 for b in bias]}
        trained = note_network(steps, student, case, activations)
        note_backprop(steps, trained, same, y, case)
        steps.assign(trained, **moved)
        came_moved = note_backprop(steps, trained, same, y, case)
        fresh = note_network(steps, student, case, activations)
        steps.assign(fresh, **moved)
        came_fresh = note_backprop(steps, fresh, x, y, case)
        done = steps.take()
        first = checked_gradients(done[came_first], case)
        assert any(np.any(g) for g in flat(first)), f"backprop(x, y) {case} returns nothing but zeros."
        other = checked_gradients(done[came_other], case)
        assert not all(np.allclose(a, b) for a, b in zip(flat(other), flat(first), strict=True)), (
            f"backprop(x, y) {case} returns the same for other samples."
        )
        checked_gradients(done[came_again], case)
        result, handed_in = done[kept_then]
        again = checked_gradients(result, case)
        for name, now, before in zip(("weight", "bias"), done[parameters], (weight, bias), strict=True):
            for l, parameter in enumerate(before):
                compare(f"{name}[{l}] after backprop {case}, which must not change it:", np.asarray(now[l]), parameter)
        if forward_keeps_its_argument(student, case, activations):
            unchanged(f"x, an argument of backprop {case},", handed_in[0], x)
        unchanged(f"y, an argument of backprop {case},", handed_in[1], y)
        _compare(again, first, case, "of a second call, after other samples,")
        now, right = (checked_gradients(done[came], case) for came in (came_moved, came_fresh))
        _compare(now, right, case, "of a call with the same x, after the parameters have changed,")
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
    steps = Steps()
    kept = steps.keep("", note_network(steps, student, case, activations), "forward", x)
    return np.array_equal(steps.run()[kept][1][0], x)


def _own_rules(student: Any, case: Case, activations: Sequence[Activation]) -> Iterator[Callable[[], list[Array]]]:
    """Yield the gradients by the rule, from the states of the student's forward, and with the student's loss."""
    weight, _, x, y = case.draw()

    def after_forward() -> tuple[Steps, Any]:
        steps = Steps()
        net = note_network(steps, student, case, activations)
        steps.method("", net, "forward", x)
        return steps, net

    def own_losses(predictions: Sequence[Sequence[Array]]) -> list[float]:
        steps, net = after_forward()
        came = [steps.method("", net, "loss", prediction, y) for (prediction,) in predictions]
        done = steps.run()
        return [float(numbers("", done[loss], count=1)[0]) for loss in came]

    def rule(loss_gradient: Callable[[Array], Array]) -> list[Array]:
        steps, net = after_forward()
        states = steps.read(net, "_s", "_x")
        carried = _Carried(case.layers, activations)
        carried.weight = weight
        carried._s, carried._x = ([numbers("", state) for state in some] for some in steps.run()[states])
        # backprop starts from prediction - y: with this y, the start is the gradient of the student's loss.
        return flat(carried.backprop(x, carried._x[-1] - loss_gradient(carried._x[-1])))

    yield lambda: rule(lambda prediction: prediction - y)
    yield lambda: rule(lambda prediction: central_differences(own_losses, [prediction], many=True)[0])


class _Carried(NeuralNetwork):
    """The reference's backward pass from states that a student's forward pass has left."""

    def forward(self, x: Array) -> Array:
        return self._x[-1]


def _compare(got: Gradients, expected: Gradients, case: Case, which: str = "of backprop(x, y)") -> None:
    compare_all(names(case, which), flat(got), flat(expected), atol=1e-9)
