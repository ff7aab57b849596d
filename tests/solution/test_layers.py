"""The parameters of a new network, and its forward pass."""

from statistics import NormalDist

import numpy as np
import pytest

from sealgrade.testing import follows_normal_law
from solution.activations import ReLU, sigmoid
from solution.network import Activation, NeuralNetwork
from tests.solution.oracles import CASES, Array, Case, Tanh


@pytest.fixture
def wide() -> NeuralNetwork:
    np.random.seed(2)
    return NeuralNetwork([300, 400, 100, 900])


def test_parameters_have_the_shapes_of_their_layers_and_biases_are_zero() -> None:
    net = NeuralNetwork([4, 7, 1, 3])

    assert [W.shape for W in net.weight] == [(7, 4), (1, 7), (3, 1)]
    assert [b.shape for b in net.bias] == [(7, 1), (1, 1), (3, 1)]
    assert not any(np.any(b) for b in net.bias)


def test_weights_are_normal_with_the_variance_of_the_sheet_layer_by_layer(wide: NeuralNetwork) -> None:
    for W, (d_in, d_out) in zip(wide.weight, [(300, 400), (400, 100), (100, 900)], strict=True):
        sigma = (2 / (d_in + d_out)) ** 0.5
        assert abs(W.mean()) < 5 * sigma / W.size**0.5
        assert abs(W.var() / sigma**2 - 1) < 5 * (2 / W.size) ** 0.5
        for quantile in (0.5, 1.0, 2.0, 3.0):
            share = 2 * NormalDist().cdf(quantile) - 1
            margin = 5 * (share * (1 - share) / W.size) ** 0.5
            assert abs(np.mean(np.abs(W) < quantile * sigma) - share) < margin
        assert follows_normal_law(W, sigma)


def test_weights_are_drawn_one_by_one_and_anew_for_every_layer_and_network() -> None:
    np.random.seed(3)
    first, second = NeuralNetwork([50, 50, 50]), NeuralNetwork([50, 50, 50])

    drawn = np.concatenate([W.ravel() for net in (first, second) for W in net.weight])
    assert np.unique(drawn).size == drawn.size
    matrices = [W.ravel() for net in (first, second) for W in net.weight]
    assert np.max(np.abs(np.corrcoef(matrices) - np.eye(4))) < 5 / 50


def test_every_layer_is_a_sigmoid_where_no_activations_are_given() -> None:
    assert [type(activation) for activation in NeuralNetwork([2, 3, 4, 1]).activation] == [sigmoid] * 3


def test_the_activations_given_are_used_and_the_list_itself_is_not_kept() -> None:
    given: list[Activation] = [ReLU(), Tanh(), sigmoid()]
    net = NeuralNetwork([2, 3, 4, 1], given)

    assert net.activation == given
    net.activation[0] = sigmoid()
    assert isinstance(given[0], ReLU)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_returns_the_prediction(case: Case) -> None:
    net, x, _ = case.network()

    np.testing.assert_allclose(net.forward(x), case.predict([*net.weight, *net.bias], x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_stores_the_states_of_the_last_call_alone(case: Case) -> None:
    net, x, _ = case.network()
    net.forward(np.ones((case.widths[0], 11)))

    prediction = net.forward(x)

    assert prediction is net._x[-1]
    assert np.array_equal(net._x[0], x)
    assert [s.shape for s in net._s] == [(d, case.samples) for d in case.widths[1:]]
    assert [state.shape for state in net._x] == [(d, case.samples) for d in case.widths]
    for l, activation in enumerate(net.activation):
        np.testing.assert_allclose(net._s[l], net.weight[l] @ net._x[l] + net.bias[l])
        np.testing.assert_allclose(net._x[l + 1], activation.evaluate(net._s[l]))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_batch_is_its_samples_side_by_side(case: Case) -> None:
    net, x, _ = case.network()

    one_by_one: list[Array] = [net.forward(x[:, [i]]) for i in range(case.samples)]

    np.testing.assert_allclose(net.forward(x), np.hstack(one_by_one), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_leaves_parameters_and_samples_alone(case: Case) -> None:
    (net, x, _), (fresh, x_before, _) = case.network(), case.network()

    net.forward(x)

    assert np.array_equal(x, x_before)
    for got, before in zip([*net.weight, *net.bias], [*fresh.weight, *fresh.bias], strict=True):
        assert np.array_equal(got, before)
