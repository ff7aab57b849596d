"""Task 6, the class `NeuralNetwork`: its loss, forward pass and gradients, on networks and batches of many shapes.

What is accepted beside the right result is what follows rightly from the student's own earlier mistake: a forward
pass with the student's own activation objects; gradients by the rule from the student's own states and loss, and the
gradient of the student's own forward and loss.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sealgrade.testing import Array, any_of, call, central_differences, compare, numbers, unchanged
from solution.activations import ReLU, sigmoid
from solution.network import Activation, NeuralNetwork

# The student's own classes, (ReLU, sigmoid): a function, so that a class that was never defined costs nothing here.
OwnActivations = Callable[[], tuple[Any, Any]]
Gradients = tuple[list[Array], list[Array]]


@dataclass(frozen=True)
class Case:
    """A network with parameters, and samples for it.

    Attributes:
        layers: widths, input first.
        kinds: an "r" (ReLU) or an "s" (sigmoid) for each weight layer.
        samples: the number N of columns.
    """

    layers: tuple[int, ...]
    kinds: str
    samples: int
    seed: int = 0

    def __str__(self) -> str:
        names = ", ".join({"r": "ReLU", "s": "sigmoid"}[kind] for kind in self.kinds)
        return f"on the network {list(self.layers)} with [{names}] and {self.samples} sample(s)"

    @cache  # noqa: B019  (a few dozen cases live as long as the process)
    def draw(self) -> tuple[list[Array], list[Array], Array, Array]:
        """Return weights, biases, x of shape (d_0, N) and y of shape (d_L, N); no ReLU sits near its kink."""
        for attempt in range(1000):
            rng = np.random.default_rng([self.seed, attempt])
            shapes = list(zip(self.layers[1:], self.layers[:-1], strict=True))
            weight = [rng.normal(0, 0.9, shape) for shape in shapes]
            bias = [rng.uniform(0.2, 0.8, (d_out, 1)) * rng.choice([-1, 1], (d_out, 1)) for d_out, _ in shapes]
            x = rng.normal(0.3, 1, (self.layers[0], self.samples))
            y = rng.uniform(0, 1, (self.layers[-1], self.samples))
            net = NeuralNetwork(self.layers, [ReLU() if kind == "r" else sigmoid() for kind in self.kinds])
            net.weight, net.bias = weight, bias
            gradients = [*net.backprop(x, y)[0], *net.backprop(x, y)[1]]
            at_kink = any(np.min(np.abs(s)) < 0.05 for s, k in zip(net._s, self.kinds, strict=True) if k == "r")
            # A neuron that is off, or saturated, would hide a wrong gradient.
            if not at_kink and all(np.min(np.abs(g)) > 2e-3 for g in gradients):
                return weight, bias, x, y
        raise ValueError(f"no parameters away from the kinks were found {self}")


def activation_sets(case: Case, own: OwnActivations) -> Iterator[Callable[[], list[Activation]]]:
    """Yield how to make the list of activations: right ones, then the student's own; equal layers share one object."""

    def make(classes: tuple[Any, Any]) -> list[Activation]:
        shared = {"r": classes[0](), "s": classes[1]()}
        return [shared[kind] for kind in case.kinds]

    yield lambda: make((ReLU, sigmoid))
    yield lambda: make(own())


def build(student: Any, case: Case, activations: Sequence[Activation]) -> Any:
    """Return the student's network with the parameters of the case."""
    weight, bias, _, _ = case.draw()
    net = call(f"NeuralNetwork({list(case.layers)}, [...])", student, list(case.layers), list(activations))
    set_parameters(net, weight, bias)
    return net


def set_parameters(net: Any, weight: Sequence[Array], bias: Sequence[Array]) -> None:
    """Overwrite the parameters as the exercise sheet does, `net.weight[l] = W`."""
    for l, (W, b) in enumerate(zip(weight, bias, strict=True)):
        call(f"net.weight[{l}] = W", net.weight.__setitem__, l, W.copy())
        call(f"net.bias[{l}] = b", net.bias.__setitem__, l, b.copy())


def reference(case: Case, activations: Sequence[Activation]) -> NeuralNetwork:
    """Return the reference network with the parameters of the case."""
    net = NeuralNetwork(case.layers, activations)
    weight, bias, _, _ = case.draw()
    net.weight, net.bias = [W.copy() for W in weight], [b.copy() for b in bias]
    return net


def check_forward(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check what `forward` returns, and that it leaves its argument as it was."""

    def returns(case: Case, activations: Sequence[Activation]) -> None:
        x = case.draw()[2]
        expected = reference(case, activations).forward(x)
        handed_in = x.copy()
        what = f"forward(x) {case}"
        got = numbers(what, call(what, build(student, case, activations).forward, handed_in), count=expected.size)
        compare(what, got.reshape(expected.shape), expected)
        unchanged(f"The argument x of {what}", handed_in, x)

    _each_case(cases, own, returns)


def check_states(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check `_x` and `_s` after `forward`, on a second call too."""

    def stores(case: Case, activations: Sequence[Activation]) -> None:
        net, right = build(student, case, activations), reference(case, activations)
        x = case.draw()[2]
        for inputs in (x, 0.5 - x[:, :1]):
            right.forward(inputs)
            call(f"forward(x) {case}", net.forward, inputs.copy())
            assert len(net._x) == len(right._x), (
                f"_x should hold {len(right._x)} arrays after forward(x) {case}: the input and each layer's output."
            )
            for name, got, expected in (("_s", net._s, right._s), ("_x", net._x, right._x)):
                for l, state in enumerate(expected):
                    what = f"{name}[{l}] after forward(x) {case}"
                    compare(what, numbers(what, got[l], shape=state.shape), state)

    _each_case(cases, own, stores)


def check_loss(student: Any, shapes: Sequence[tuple[int, int]]) -> None:
    """Check `loss(y_prediction, y)` on arrays of these shapes, (outputs, samples)."""
    for shape in shapes:
        rng = np.random.default_rng([7, *shape])
        prediction, y = rng.uniform(-1, 2, shape), rng.uniform(0, 1, shape)
        net = call("NeuralNetwork([2, d])", student, [2, shape[0]])
        what = f"loss(y_prediction, y) for {shape[0]} output(s) and {shape[1]} sample(s)"
        handed_in = prediction.copy(), y.copy()
        got = numbers(what, call(what, net.loss, *handed_in), count=1)
        compare(what, got, np.array([0.5 * np.sum((prediction - y) ** 2)]))
        unchanged(f"y_prediction, the argument of {what},", handed_in[0], prediction)
        unchanged(f"y, the argument of {what},", handed_in[1], y)


def check_backprop(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that `backprop` returns the gradients, one network after the other."""
    judged = []

    def returns(case: Case, activations: Sequence[Activation]) -> None:
        _, _, x, y = case.draw()
        got = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)
        any_of(
            lambda make=make: _compare_gradients(got, make(), case)  # type: ignore[misc]
            for make in accepted_gradients(student, case, activations)
        )
        # Zeros are right only where the student's own, wrong forward pass depends on nothing: that proves nothing.
        if any(np.any(g) for g in [*got[0], *got[1]]):
            judged.append(case)

    _each_case(cases, own, returns)
    assert judged, "backprop returns nothing but zeros."


def check_backprop_repeats(student: Any, own: OwnActivations, cases: Sequence[Case]) -> None:
    """Check that a call of `backprop` depends on its arguments alone and leaves them and the parameters as they are."""

    def repeats(case: Case, activations: Sequence[Activation]) -> None:
        weight, bias, x, y = case.draw()
        first = gradients_of(build(student, case, activations), x.copy(), y.copy(), case)
        assert any(np.any(g) for g in [*first[0], *first[1]]), f"backprop(x, y) {case} returns nothing but zeros."
        net = build(student, case, activations)
        gradients_of(net, 1 - x[:, :1], y[:, :1], case)
        gradients_of(net, x.copy(), y.copy(), case)
        handed_in = x.copy(), y.copy()
        again = gradients_of(net, *handed_in, case)
        for name, now, before in (("weight", net.weight, weight), ("bias", net.bias, bias)):
            for l, parameter in enumerate(before):
                compare(f"{name}[{l}] after backprop {case}, which must not change it:", np.asarray(now[l]), parameter)
        if forward_keeps_its_argument(student, case, activations):
            unchanged(f"x, an argument of backprop {case},", handed_in[0], x)
        unchanged(f"y, an argument of backprop {case},", handed_in[1], y)
        _compare_gradients(again, first, case, "of a second call, after other samples,")

    _each_case(cases, own, repeats)


def forward_keeps_its_argument(student: Any, case: Case, activations: Sequence[Activation]) -> bool:
    """Return whether `forward` leaves x as it is; who lost points for that there does not lose them again."""
    x = case.draw()[2]
    handed_in = x.copy()
    build(student, case, activations).forward(handed_in)
    return np.array_equal(handed_in, x)


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
) -> Iterator[Callable[[], Gradients]]:
    """Yield the gradients that are right, lazily: the truth, then what follows from the student's forward and loss."""
    weight, bias, x, y = case.draw()
    yield lambda: reference(case, activations).backprop(x, y)

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

    yield lambda: rule(lambda prediction: prediction - y)
    yield lambda: rule(lambda prediction: central_differences(lambda p: own_loss(p[0]), [prediction])[0])

    def loss_at(parameters: Sequence[Array]) -> float:
        net = build(student, case, activations)
        set_parameters(net, parameters[: len(weight)], parameters[len(weight) :])
        return float(numbers("", net.loss(net.forward(x.copy()), y.copy()), count=1)[0])

    def differences() -> Gradients:
        gradients = central_differences(loss_at, [*weight, *bias])
        return gradients[: len(weight)], gradients[len(weight) :]

    yield differences


class _Carried(NeuralNetwork):
    """The reference's backward pass from states that a student's forward pass has left."""

    def forward(self, x: Array) -> Array:
        return self._x[-1]


def _compare_gradients(got: Gradients, expected: Gradients, case: Case, which: str = "of backprop(x, y)") -> None:
    # From the output backwards: the layer in which a mistake first shows is the one to name.
    for l in reversed(range(len(case.kinds))):
        for name, g, e in zip(("bias_gradient", "weight_gradient"), got[::-1], expected[::-1], strict=True):
            # Differences of a loss that does not change leave rounding errors of about 1e-13.
            compare(f"{name}[{l}] {which} {case}", g[l], e[l], atol=1e-9)


def _each_case(cases: Sequence[Case], own: OwnActivations, check: Callable[[Case, Sequence[Activation]], None]) -> None:
    """Run the check on each case, with right activations handed in or else with the student's own."""
    for case in cases:
        any_of(
            lambda case=case, make=make: check(case, make())  # type: ignore[misc]
            for make in activation_sets(case, own)
        )
