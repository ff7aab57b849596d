"""Task 6: the networks and samples on which `NeuralNetwork` is tried, and how a check runs over them."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sealgrade.testing import Array, Result, Steps, any_of, call, lost, numbers
from solution.activations import ReLU, sigmoid
from solution.network import Activation, NeuralNetwork

# The test cells before those of `backprop` and of `train`: what they judge, backprop and train are built on.
ACTIVATIONS = ("task6-activations",)
EVALUATE = ("task6-activations-test-relu", "task6-activations-test-sigmoid")
BEFORE_BACKPROP = (*EVALUATE, "task6-forward", "task6-backprop-test-loss")
BEFORE_TRAIN = (*EVALUATE, "task6-forward", "task6-backprop")
NOT_OWN = "Accepted as right, which your own activation functions would not give."
OWN_ACTIVATIONS = "Accepted as what follows from your own activation functions."

# The student's own classes, (ReLU, sigmoid): a function, so that a class that was never defined costs nothing here.
OwnActivations = Callable[[], tuple[Any, Any]]


@dataclass(frozen=True)
class Case:
    """A network with parameters, and samples for it.

    Attributes:
        layers: widths, input first.
        kinds: an "r" (ReLU) or an "s" (sigmoid) for each weight layer.
        samples: the number N of columns.
        far: the targets lie between 0 and this; above 1, the errors are large.
        off: how far the targets lie from what the network predicts at first, if that is fixed: so little that the loss
            is next to nothing, for example.
        scale: how large the samples are.
    """

    layers: tuple[int, ...]
    kinds: str
    samples: int
    far: float = 1.0
    off: float | None = None
    scale: float = 1.0

    def __str__(self) -> str:
        names = ", ".join({"r": "ReLU", "s": "sigmoid"}[kind] for kind in self.kinds)
        return f"on the network {list(self.layers)} with [{names}] and {self.samples} sample(s)"

    @cache  # noqa: B019  (a few dozen cases live as long as the process)
    def draw(self) -> tuple[list[Array], list[Array], Array, Array]:
        """Return weights, biases, x of shape (d_0, N) and y of shape (d_L, N); no ReLU sits near its kink."""
        for attempt in range(1000):
            rng = np.random.default_rng([0, attempt])
            shapes = list(zip(self.layers[1:], self.layers[:-1], strict=True))
            weight = [rng.normal(0, 0.9, shape) for shape in shapes]
            bias = [rng.uniform(0.2, 0.8, (d_out, 1)) * rng.choice([-1, 1], (d_out, 1)) for d_out, _ in shapes]
            x = self.scale * rng.normal(0.3, 1, (self.layers[0], self.samples))
            y = self.far * rng.uniform(0, 1, (self.layers[-1], self.samples))
            net = NeuralNetwork(self.layers, [ReLU() if kind == "r" else sigmoid() for kind in self.kinds])
            net.weight, net.bias = weight, bias
            if self.off is not None:
                y = net.forward(x) + self.off * rng.choice([-1, 1], y.shape)
            gradients = [*net.backprop(x, y)[0], *net.backprop(x, y)[1]]
            at_kink = any(np.min(np.abs(s)) < 0.05 for s, k in zip(net._s, self.kinds, strict=True) if k == "r")
            # A neuron that is off, or saturated, would hide a wrong gradient.
            smallest = 2e-3 * (self.off or 1)
            if not at_kink and all(np.min(np.abs(g)) > smallest for g in gradients):
                return weight, bias, x, y
        raise ValueError(f"no parameters away from the kinks were found {self}")


class Activations(list[Activation]):
    """Activations to judge by.

    Attributes:
        handed: what the student's network gets.
    """

    def __init__(self, judging: Sequence[Activation], handed: Sequence[Any]) -> None:
        super().__init__(judging)
        self.handed = list(handed)


def activation_sets(
    case: Case, own: Callable[[], tuple[Any, Any]], carried: Sequence[str]
) -> Iterator[tuple[str, Callable[[], Activations]]]:
    """Yield how to make the list of activations: right ones, then the student's own; equal layers share one object.

    `own` returns the student's own objects, as `objects_of` makes it.

    Each comes with what the student reads where a result is accepted with it, if an earlier one did not do.
    """

    def make(judging: tuple[Any, Any], handed: tuple[Any, Any]) -> Activations:
        sets = [[dict(zip("rs", pair, strict=True))[kind] for kind in case.kinds] for pair in (judging, handed)]
        return Activations(*sets)

    right = (ReLU(), sigmoid())
    if not lost(*ACTIVATIONS):  # the student's own do as well, and each call of theirs stays on the student's side
        yield "", lambda: make(right, own())
    yield "", lambda: make(right, right)
    if lost(*carried):
        yield OWN_ACTIVATIONS, lambda: make(own(), own())


def right_activations(case: Case) -> list[Activation]:
    """Return the reference's activations for a case."""
    return [ReLU() if kind == "r" else sigmoid() for kind in case.kinds]


_Z = np.array([[-2.0, -0.5, 0.75, 3.0]])


def response(what: str, activation: Any) -> Array:
    """Return what an activation makes of four values; that it takes only numbers is marked elsewhere."""
    try:
        return numbers(what, activation.evaluate(_Z.copy()), count=_Z.size)
    except Exception:
        return np.array([numbers(what, activation.evaluate(float(one)), count=1)[0] for one in _Z[0]])


def responses(whats: Sequence[str], activations: Sequence[Any]) -> list[Array]:
    """Return the response of several activations; in one step over the wall, where they take arrays."""
    steps = Steps()
    noted = [steps.method("", one, "evaluate", _Z) for one in activations]
    done = steps.take()
    try:
        return [numbers(what, done[one], count=_Z.size) for what, one in zip(whats, noted, strict=True)]
    except Exception:
        return [response(what, one) for what, one in zip(whats, activations, strict=True)]


def build(student: Any, case: Case, activations: Sequence[Activation]) -> Any:
    """Return the student's network with the parameters of the case."""
    steps = Steps()
    net = note_network(steps, student, case, activations)
    done = steps.run()
    return done[net] if isinstance(net, Result) else net


def note_network(steps: Steps, student: Any, case: Case, activations: Sequence[Activation]) -> Any:
    """Note how the student's network with the parameters of the case is made; return it, or what stands for it."""
    weight, bias, _, _ = case.draw()
    handed = activations.handed if isinstance(activations, Activations) else list(activations)
    what = f"NeuralNetwork({list(case.layers)}, [...])"
    # That the constructor takes the activations is for `task6-init` to mark, and must not cost points here.
    if lost("task6-init-test-activations"):
        net = call(what, student, list(case.layers), handed)
        with contextlib.suppress(Exception):
            net.activation = handed
    else:
        net = steps.call(what, student, list(case.layers), handed)
    steps.assign(net, weight=weight, bias=bias)
    return net


def reference(case: Case, activations: Sequence[Activation]) -> NeuralNetwork:
    """Return the reference network with the parameters of the case."""
    net = NeuralNetwork(case.layers, activations)
    weight, bias, _, _ = case.draw()
    net.weight, net.bias = [W.copy() for W in weight], [b.copy() for b in bias]
    return net


def each_case(
    cases: Sequence[Case],
    own: OwnActivations,
    check: Callable[[Case, Sequence[Activation]], None],
    carried: Sequence[str],
) -> None:
    """Run the check on each case, with right activations or else with the student's own, if these test cells failed."""
    objects, passed = objects_of(own), list[Case]()
    for case in cases:
        _judge(case, objects, check, carried, passed)


def _judge(
    case: Case,
    objects: Callable[[], tuple[Any, Any]],
    check: Callable[[Case, Sequence[Activation]], Any],
    carried: Sequence[str],
    passed: list[Case],
) -> None:
    """Run the check on a case with each set of activations in turn; add the case to `passed`, where one passes."""
    try:
        any_of(
            (why, lambda make=make: check(case, make()))  # type: ignore[misc]
            for why, make in activation_sets(case, objects, carried)
        )
    except AssertionError as error:
        if case.samples > 1 and passed and all(one.samples == 1 for one in passed):
            raise AssertionError(f"{error} With one sample it is right.") from error
        raise
    passed.append(case)


def objects_of(own: OwnActivations) -> Callable[[], tuple[Any, Any]]:
    """Return what makes an object of each of the student's activations when it is first asked for them."""

    @cache
    def objects() -> tuple[Any, Any]:
        steps = Steps()
        made = [steps.call("", kind) for kind in own()]
        done = steps.run()
        return done[made[0]], done[made[1]]

    return objects


class Unjudged(AssertionError):  # noqa: N818 - it is what the student reads
    """No network proves anything."""


def each_case_that_runs(
    student: Any,
    own: OwnActivations,
    cases: Sequence[Case],
    check: Callable[[Case, Sequence[Activation]], bool],
    earlier: Callable[[Any, Case], object],
    built_on: Sequence[str],
) -> None:
    """Run the check on each case, but for those on which what it builds on crashes: those prove nothing.

    Args:
        check: raises where the result is wrong, and returns whether a right one proves anything.
        earlier: calls the part that is built on, on a network of the student's.
        built_on: the test cells of that part: where they were passed, it has no crash to excuse anything with.

    Raises:
        AssertionError: a check failed, or no case proved anything.
    """
    objects, passed, proofs = objects_of(own), list[Case](), list[bool]()
    for case in cases:
        try:
            _judge(case, objects, lambda *given: proofs.append(check(*given)), ACTIVATIONS, passed)
        except Exception:
            excused = lost(*built_on)
            if not excused or any(
                _runs(earlier, student, case, make) for _, make in activation_sets(case, objects, ACTIVATIONS)
            ):
                raise
    if not any(proofs):
        raise Unjudged("This cannot be judged: what it builds on crashes, or does nothing, on every network tried.")


def _runs(earlier: Callable[[Any, Case], object], student: Any, case: Case, make: Callable[[], Activations]) -> bool:
    try:
        earlier(build(student, case, make()), case)
    except Exception:
        return False
    return True
