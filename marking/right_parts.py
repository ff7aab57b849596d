"""Right earlier parts in the place of a student's that do not run, so that what builds on them can be judged.

Each function here is called at the head of a test cell, and what it puts in place stays there until the cell ends. It
does nothing where the part that is to be judged runs; where it does not, each earlier part that does not run either,
and has lost its points, is replaced, one after the other.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from marking import task5
from marking.cases import Case, build, note_network, right_activations
from marking.gradients import checked_gradients
from marking.right_methods import activation_methods, network_methods
from marking.toy_data import TOY_CASE
from marking.training import result_of_moving
from sealgrade.testing import (
    Result,
    Steps,
    has_run,
    look_up,
    lost,
    numbers,
    read,
    run_again,
    runs,
    stand_in,
    until_cell_ends,
)
from solution import activations, relu_approximation

# Where a part of `NeuralNetwork` is marked.
MARKED_BY = {
    "__init__": ("task6-init",),
    "forward": ("task6-forward",),
    "loss": ("task6-backprop-test-loss",),
    "backprop": ("task6-backprop-test-single", "task6-backprop-test-batch", "task6-backprop-test-repeat"),
    "train": ("task6-train",),
}
# The values of Task 5, each with the test cell that marks it.
FORWARD_VALUES = {
    "s1": ("task5-forward-test-hidden-state", task5.S1),
    "x1": ("task5-forward-test-hidden-output", task5.X1),
    "s2": ("task5-forward-test-output-state", task5.S2),
    "x2": ("task5-forward-test-output", task5.X2),
}
GRADIENTS, TOY, EXPERIMENT = "task5-gradients", "task6-toy-data", "task7-experiment"
SIZES = (4, 8, 16, 32, 64)

Probe = Callable[[Any, Case], object]


def before_gradients() -> None:
    """Put right values in place of those that are missing for judging the gradients of Task 5, and run that cell again.

    Values that are there, whatever they are, can be built on.
    """
    if has_run(GRADIENTS):
        return
    replaced = 0
    for name, (test, right) in FORWARD_VALUES.items():
        if lost(test) and not runs(lambda name=name: numbers("", look_up(name))):
            until_cell_ends(stand_in(None, {name: right}, "Marked with a right `{}`, since yours is missing."))
            replaced += 1
    if replaced:
        until_cell_ends(run_again(GRADIENTS))


def before_method(name: str, samples: int) -> None:
    """Put right parts in place for judging a method of `NeuralNetwork`.

    The method is tried even where no earlier part is lost: by what it does then, too, a known mistake is recognised.

    Args:
        name: of the method.
        samples: how many the visible check of the test cell takes.
    """
    case, earlier = Case((2, 3, 2), "ss", samples), tuple(MARKED_BY)[: tuple(MARKED_BY).index(name)]
    if not runs(_PROBES[name], look_up("NeuralNetwork"), case):
        _replace_methods(earlier, case)


def before_constructor() -> None:
    """Put right activation functions in place for judging the constructor, which takes sigmoids by default."""

    def sigmoid_is_there() -> None:
        look_up("NeuralNetwork")([2, 3, 1]).activation[0].evaluate(0.5)

    if lost("task6-activations") and not runs(sigmoid_is_there):
        _replace_activations()


def before_toy_data() -> None:
    """Put right parts in place for judging the toy data, and run that cell again."""

    def has_results() -> None:
        numbers("losses", look_up("losses"))
        numbers("", look_up("net").forward(np.zeros((2, 3))))

    def trains() -> bool:  # with one that changes nothing, what the cell has left shows nothing
        return not lost(*MARKED_BY["train"]) or runs(result_of_moving, look_up("NeuralNetwork"), TOY_CASE)

    if has_run(TOY) and runs(has_results) and trains():
        return
    replaced = _replace_activations()
    if not _missing("NeuralNetwork"):
        replaced += _replace_methods(tuple(MARKED_BY), TOY_CASE, _makes_networks)
    elif lost("task6-init"):
        until_cell_ends(stand_in(None, {"NeuralNetwork": network_methods()}))
        replaced += 1
    if replaced:
        until_cell_ends(run_again(TOY))


def before_fit() -> None:
    """Put a right `relu_system` in place for judging `fit`."""
    if not runs(_fit, 0.0, 1.0, 3):
        _replace_function("relu_system", "task7-system", _system, 0.0, 1.0, 3)


def before_experiment() -> None:
    """Put right functions in place for judging the experiment, and run that cell again."""

    def has_results() -> None:
        errors = look_up("errors")
        numbers("errors", [errors[n] for n in SIZES if n in list(errors.keys())])

    if has_run(EXPERIMENT) and runs(has_results):
        return
    replaced = _replace_function("relu_system", "task7-system", _system, 0, 6, 8)
    replaced += _replace_function("fit", "task7-fit", _fit, 0, 6, 8)
    replaced += _replace_function("approx", "task7-approx", _approx)
    if replaced:
        until_cell_ends(run_again(EXPERIMENT))


def _replace_methods(names: Sequence[str], case: Case, makes: Probe | None = None) -> int:
    """Replace those of these methods that are lost and do not run; return how many."""
    student, replaced = look_up("NeuralNetwork"), 0
    probes = _PROBES | ({"__init__": makes} if makes else {})
    for name in names:
        if lost(*MARKED_BY[name]) and not runs(probes[name], student, case):
            until_cell_ends(stand_in(student, {name: network_methods()[name]}))
            replaced += 1
    return replaced


def _parameters(student: Any, case: Case) -> None:
    """Make a network that takes the parameters of the case, and has as many layers, also as the second one made."""
    for _ in range(2):
        net = build(student, case, right_activations(case))
        for held in read(net, "weight", "bias"):
            assert len(held) == len(case.kinds), "a list that all networks share, for example"


def _makes_networks(student: Any, case: Case) -> None:
    """Make a network as the toy data may need it, with nothing handed in."""
    net = student(list(case.layers))
    for l, (d_in, d_out) in enumerate(zip(case.layers[:-1], case.layers[1:], strict=True)):
        numbers("", net.weight[l], shape=(d_out, d_in))
        numbers("", net.bias[l], shape=(d_out, 1))
        net.activation[l].evaluate(0.5)
    _parameters(student, case)


def _noted(student: Any, case: Case, name: str, *arguments: Any) -> tuple[Steps, Any, Result]:
    """Note a call of a method of a network; return the steps, and what stands for the network and for the result."""
    steps = Steps()
    net = note_network(steps, student, case, right_activations(case))
    return steps, net, steps.method("", net, name, *arguments)


def _forward(student: Any, case: Case) -> None:
    _, _, x, y = case.draw()
    steps, net, result = _noted(student, case, "forward", x)
    states = steps.read(net, "_s", "_x")
    done = steps.run()
    numbers("", done[result], count=y.size)
    for some, widths in zip(done[states], (case.layers[1:], case.layers), strict=True):
        for state, width in zip(some, widths, strict=True):
            numbers("", state, shape=(width, case.samples))


def _loss(student: Any, case: Case) -> None:
    y = case.draw()[3]
    steps, _, result = _noted(student, case, "loss", y + 0.37, y)  # no plain number, so that it tells mistakes apart
    numbers("", steps.run()[result], count=1)


def _backprop(student: Any, case: Case) -> None:
    _, _, x, y = case.draw()
    steps, _, result = _noted(student, case, "backprop", x, y)
    checked_gradients(steps.run()[result], case)


def _train(student: Any, case: Case) -> None:
    numbers("", result_of_moving(student, case))


_PROBES: dict[str, Probe] = {
    "__init__": _parameters,
    "forward": _forward,
    "loss": _loss,
    "backprop": _backprop,
    "train": _train,
}


def _replace_activations() -> int:
    """Replace what is lost of the activation functions and does not run; return how much."""
    replaced = 0
    for name in ("ReLU", "sigmoid"):
        methods = activation_methods(getattr(activations, name)())
        if _missing(name):
            if lost("task6-activations"):
                until_cell_ends(stand_in(None, {name: methods}))
                replaced += 1
            continue
        for method, function in methods.items():
            test = f"task6-activations-test-{name.lower()}{'-gradient' if method == 'gradient' else ''}"
            if lost(test) and not runs(_activation, name, method):
                until_cell_ends(stand_in(look_up(name), {method: function}))
                replaced += 1
    return replaced


def _activation(name: str, method: str) -> None:
    numbers("", getattr(look_up(name)(), method)(np.array([[-2.0, -0.5, 0.75, 3.0]])), count=4)


def _missing(name: str) -> list[str]:
    return [] if runs(look_up, name) else [name]


def _replace_function(name: str, marked_by: str, probe: Callable[..., object], *arguments: Any) -> int:
    """Replace a function of Task 7 if it is lost and does not run; return how many."""
    if not lost(marked_by) or runs(probe, *arguments):
        return 0
    until_cell_ends(stand_in(None, {name: getattr(relu_approximation, name)}))
    return 1


def _curve(t: Any) -> Any:
    """Return values of a function that takes numbers and arrays, and no lists, as those that a fit is marked on."""
    return t**2 - 3 * t + 0.5


def _system(a: float, b: float, n: int) -> None:
    """Take the student's system, which has to have a solution."""
    A, f_ = look_up("relu_system")(_curve, a, b, n)[:2]
    np.linalg.solve(numbers("", A), numbers("", f_).ravel())


def _fit(a: float, b: float, n: int) -> None:
    lambda_, b_ = look_up("fit")(_curve, a, b, n)
    numbers("", b_, count=numbers("", lambda_).size)


def _approx() -> None:
    x = np.linspace(0, 6, 1000)
    numbers("", look_up("approx")(x, *relu_approximation.fit(np.sin, 0, 6, 8)), count=x.size)
