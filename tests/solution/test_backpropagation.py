"""The loss and its gradient, against automatic differentiation and finite differences."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sealgrade.testing import central_differences
from solution.network import NeuralNetwork
from tests.solution.oracles import CASES, Array, Case


def backprop(net: NeuralNetwork, x: Array, y: Array) -> list[Array]:
    """The gradients in one list, those of the weights first."""
    weight_gradient, bias_gradient = net.backprop(x, y)
    return [*weight_gradient, *bias_gradient]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_loss_is_half_the_sum_of_squares_over_outputs_and_samples(case: Case) -> None:
    net, x, y = case.network()
    prediction = net.forward(x)

    total = sum((p - t) ** 2 for p, t in zip(prediction.ravel(), y.ravel(), strict=True)) / 2

    assert net.loss(prediction, y) == pytest.approx(total, rel=1e-12)
    assert net.loss(y, y) == 0


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_agree_with_automatic_differentiation(case: Case) -> None:
    net, x, y = case.network()

    gradients = backprop(net, x, y)

    for got, expected in zip(gradients, case.gradient([*net.weight, *net.bias], x, y), strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-13)


def away_from_kinks(case: Case, net: NeuralNetwork, x: Array) -> NDArray[np.bool_]:
    """Which samples meet no ReLU near zero, where a finite difference would see both of its slopes."""
    net.forward(x)
    kinked = [s for s, kind in zip(net._s, case.activations, strict=True) if kind == "relu"]
    usable: NDArray[np.bool_] = np.all(np.abs(np.vstack([*kinked, np.ones_like(x)])) > 0.03, axis=0)
    return usable


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_agree_with_finite_differences(case: Case) -> None:
    net, x, y = case.network()
    usable = away_from_kinks(case, net, x)
    assert usable.any()
    x, y = x[:, usable], y[:, usable]
    fresh, depth = case.network()[0], len(case.activations)

    def loss(parameters: Sequence[Array]) -> float:
        fresh.weight[:], fresh.bias[:] = parameters[:depth], parameters[depth:]
        return fresh.loss(fresh.forward(x), y)

    expected = central_differences(loss, [*net.weight, *net.bias])
    for got, gradient in zip(backprop(net, x, y), expected, strict=True):
        np.testing.assert_allclose(got, gradient, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gradient_of_a_batch_is_the_sum_over_its_samples(case: Case) -> None:
    net, x, y = case.network()

    per_sample = [backprop(net, x[:, [i]], y[:, [i]]) for i in range(case.samples)]

    for got, parts in zip(backprop(net, x, y), zip(*per_sample, strict=True), strict=True):
        np.testing.assert_allclose(got, sum(parts), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_backprop_leaves_parameters_samples_and_targets_alone_and_can_be_repeated(case: Case) -> None:
    (net, x, y), (fresh, x_before, y_before) = case.network(), case.network()

    first, second = backprop(net, x, y), backprop(net, x, y)

    assert np.array_equal(x, x_before)
    assert np.array_equal(y, y_before)
    for got, before in zip([*net.weight, *net.bias], [*fresh.weight, *fresh.bias], strict=True):
        assert np.array_equal(got, before)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other)


def test_backprop_runs_its_own_forward_pass() -> None:
    net, x, y = CASES[4].network()
    expected = backprop(net, x, y)
    net.forward(np.zeros_like(x))

    for got, gradient in zip(backprop(net, x, y), expected, strict=True):
        assert np.array_equal(got, gradient)


def test_a_perfect_prediction_has_the_gradient_zero() -> None:
    net, x, _ = CASES[4].network()

    assert not any(np.any(gradient) for gradient in backprop(net, x, net.forward(x)))
