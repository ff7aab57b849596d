"""Task 6, the constructor of `NeuralNetwork`: the law of the weights, the biases, the activations."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from marking.cases import OWN_ACTIVATIONS, OwnActivations, response, responses
from sealgrade.testing import Array, Steps, any_of, compare, follows_normal_law, lost, numbers, observed, repeat
from solution import activations

# Of 60,000 values the standard deviation is known to 0.3 %, and one that is off by 1.7 % is rejected; of 27,500, 2.5 %,
# of 15,000, 3.4 %, and of 10,000, 4.1 %. Widths and their sums are far enough apart that other laws are off by more:
# sqrt(2 / d_in) on 600 -> 100 or 300 -> 50 by 8 %, and the sigma of one layer of 40 -> 250 -> 110 in the other by 11 %.
WIDE = ([600, 100], [40, 250, 110, 40, 40, 40])  # two layers of the same shape: a draw could come again
WITH_RELU = [300, 50]
_TELLING = 27_500  # values: of two samples of so many, one pair in 300 differs by more than `observed` asks for
NARROW = ([2, 3, 2], [4, 1], [3, 5, 2, 1])
# Eight samples are tested, so a right initialisation fails with a probability of less than one in a million.
FALSE_ALARM = 1.2e-7
SMALLEST = 1000  # networks of a single weight


def check_weights(student: Any, own: OwnActivations) -> None:
    """Check shapes and law of the weights: independent draws from N(0, 2 / (d_in + d_out)), for any activations."""
    standard: list[Any] = []
    with_relu = _with_own_relu(student, own)
    for layers, weight in [*_each(student, "weight", *NARROW, *WIDE), *with_relu]:
        assert len(weight) == len(layers) - 1, (
            f"weight of NeuralNetwork({layers}) should hold {len(layers) - 1} arrays, but holds {len(weight)}."
        )
        for l, (d_in, d_out) in enumerate(zip(layers[:-1], layers[1:], strict=True)):
            what = f"weight[{l}] of NeuralNetwork({layers})"
            W = numbers(what, weight[l], shape=(d_out, d_in))
            if layers in NARROW:
                continue
            sigma = np.sqrt(2 / (d_in + d_out))
            drawn, W = W.ravel(), np.sort(W, axis=None)
            different = np.count_nonzero(np.diff(W)) / W.size
            if W.size >= _TELLING:
                low, high = np.quantile(np.abs(W), (0.5, 0.95)) / sigma
                observed(W.std() / sigma, 1 + W.mean() / sigma, low, high, different)
            assert follows_normal_law(W, sigma, FALSE_ALARM), (
                f"{what} does not look like draws from the normal distribution asked for: "
                f"mean {W.mean():.4g}, standard deviation {W.std():.4g}, largest {np.abs(W).max():.4g}."
            )
            assert different > 0.99, f"{what} repeats values: the draws are not independent."
            standard.append(drawn[:1000] / sigma)
    for i, one in enumerate(standard):
        assert not any(np.allclose(one, other) for other in standard[:i]), (
            "The weights of one layer come again in another layer or network: something makes the draws repeat, as a "
            "seed that is set each time would."
        )
    _check_smallest(student)


def _with_own_relu(student: Any, own: OwnActivations) -> list[tuple[list[int], Any]]:
    """Return the weights of a wide network with a ReLU of the student's, if its constructor takes that."""
    steps = Steps()
    try:
        net = steps.call("", student, list(WITH_RELU), [steps.call("", own()[0])])
        found = steps.read(net, "weight")
        return [(WITH_RELU, steps.run()[found][0])]
    except Exception:  # that is marked with the activations
        return []


def _check_smallest(student: Any) -> None:
    """Check the law on many networks of a single weight, where a term that large layers hide makes a difference."""
    drawn = repeat(student, [[1, 1]], SMALLEST, "weight", 0)
    what = "weight[0] of NeuralNetwork([1, 1])"
    try:
        weights = numbers(what, drawn, count=SMALLEST)  # all at once takes a tenth of the time
    except AssertionError:
        weights = np.array([numbers(what, weight, count=1)[0] for weight in drawn])
    assert follows_normal_law(weights, 1.0, FALSE_ALARM), (
        f"The weights of {SMALLEST} networks NeuralNetwork([1, 1]) do not look like draws from the normal distribution "
        f"asked for: mean {weights.mean():.4g}, standard deviation {weights.std():.4g}."
    )


def _each(student: Any, attribute: str, *networks: list[int]) -> Iterator[tuple[list[int], Any]]:
    """Yield, for each of these widths, what an attribute of the student's network holds."""
    steps = Steps()
    made = [steps.call(f"NeuralNetwork({layers})", student, list(layers)) for layers in networks]
    noted = [steps.read(net, attribute) for net in made]
    done = steps.take()
    for layers, result in zip(networks, noted, strict=True):
        yield layers, done[result][0]


def check_biases(student: Any) -> None:
    """Check that each bias is a column of zeros."""
    for layers, bias in _each(student, "bias", *NARROW):
        assert len(bias) == len(layers) - 1, (
            f"bias of NeuralNetwork({layers}) should hold {len(layers) - 1} arrays, but holds {len(bias)}."
        )
        for l, d_out in enumerate(layers[1:]):
            what = f"bias[{l}] of NeuralNetwork({layers})"
            compare(what, numbers(what, bias[l], shape=(d_out, 1)), np.zeros((d_out, 1)))


def check_activations(student: Any, own: OwnActivations) -> None:
    """Check that the given activations are used in their order, and `sigmoid()` everywhere where none are given."""
    right_sigmoid, right_relu = activations.sigmoid(), activations.ReLU()
    used = _used_activations(
        student,
        *(([2, 3, 1], None), ([4, 3, 3, 2], None)),
        *(([2, 3, 4, 1], [right_relu, right_sigmoid, right_sigmoid]), ([2, 3, 4], [right_sigmoid, right_relu])),
    )
    defaults = [next(used), next(used)]

    def are(sigmoid: Any) -> None:
        for _, names, got in defaults:
            _compare(names, got, [sigmoid] * len(got))

    claims = [lambda: are(right_sigmoid)]
    if lost("task6-activations"):
        claims.append(lambda: are(own()[1]()))
    any_of(claims, OWN_ACTIVATIONS)
    for given, names, got in used:
        _compare(names, got, given)


def _used_activations(
    student: Any, *networks: tuple[list[int], list[Any] | None]
) -> Iterator[tuple[list[Any], list[str], list[Array]]]:
    """Yield, for each network, the activations that it was given, how its own are called, and what they answer."""
    steps = Steps()
    made = [steps.call(f"NeuralNetwork({layers}, ...)", student, layers, given) for layers, given in networks]
    noted = [steps.read(net, "activation") for net in made]
    done = steps.take()
    for (layers, given), result in zip(networks, noted, strict=True):
        (used,) = done[result]
        what, count = f"activation of NeuralNetwork({layers}, {'[...]' if given else 'None'})", len(layers) - 1
        assert len(used) == count, f"{what} should hold {count} objects, but holds {len(used)}."
        names = [f"{what}[{l}].evaluate(z)" for l in range(count)]
        got = responses(names, [used[l] for l in range(count)])
        # Objects that were handed in answer on this side of the wall, where the wrong ones alone would be seen.
        observed(*np.concatenate(got))
        yield given or [], names, got


def _compare(names: list[str], got: list[Array], expected: list[Any]) -> None:
    for name, one, activation in zip(names, got, expected, strict=True):
        compare(name, one, response("", activation))
