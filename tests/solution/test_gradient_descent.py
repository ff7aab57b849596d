"""Training: the steps that it takes and the losses that it reports."""

import inspect

import numpy as np
import pytest

from solution.network import NeuralNetwork
from tests.solution.oracles import CASES, Array, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_training_takes_the_steps_that_automatic_differentiation_gives(case: Case) -> None:
    net, x, y = case.network()
    parameters, expected_losses = [*net.weight, *net.bias], []
    for _ in range(5):
        expected_losses.append(case.loss(parameters, x, y))
        gradient = case.gradient(parameters, x, y)
        parameters = [p - 0.003 * g for p, g in zip(parameters, gradient, strict=True)]

    losses = net.train(x, y, 0.003, 5)

    np.testing.assert_allclose(losses, expected_losses, rtol=1e-9)
    for got, expected in zip([*net.weight, *net.bias], parameters, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_loss_is_the_one_before_its_step(case: Case) -> None:
    net, x, y = case.network()
    before = case.loss([*net.weight, *net.bias], x, y)

    losses = net.train(x, y, 1e-3, 3)

    after = case.loss([*net.weight, *net.bias], x, y)
    assert losses[0] == pytest.approx(before, rel=1e-12)
    assert net.train(x, y, 1e-3, 1) == pytest.approx([after], rel=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_small_step_size_brings_the_loss_down_in_every_step(case: Case) -> None:
    net, x, y = case.network()

    losses = net.train(x, y, 1e-5, 20)

    assert np.all(np.diff(losses) < 0)


def test_training_in_two_parts_is_training_once() -> None:
    (one, x, y), (two, _, _) = CASES[3].network(), CASES[3].network()

    assert one.train(x, y, 0.01, 6) == two.train(x, y, 0.01, 2) + two.train(x, y, 0.01, 4)
    for got, expected in zip([*one.weight, *one.bias], [*two.weight, *two.bias], strict=True):
        assert np.array_equal(got, expected)


def test_the_defaults_are_those_of_the_sheet() -> None:
    parameters = inspect.signature(NeuralNetwork.train).parameters
    assert (parameters["eta"].default, parameters["iterations"].default) == (0.01, 100)

    net, x, y = CASES[3].network()
    assert len(net.train(x, y)) == 100


def test_no_iterations_change_nothing() -> None:
    (net, x, y), (fresh, _, _) = CASES[3].network(), CASES[3].network()

    assert net.train(x, y, 0.01, 0) == []
    assert all(np.array_equal(W, V) for W, V in zip(net.weight, fresh.weight, strict=True))


def test_samples_targets_and_the_arrays_set_as_parameters_come_back_unchanged() -> None:
    (net, x, y), (fresh, x_before, y_before) = CASES[3].network(), CASES[3].network()
    given: list[Array] = [*net.weight, *net.bias]

    net.train(x, y, 0.01, 3)

    assert np.array_equal(x, x_before)
    assert np.array_equal(y, y_before)
    for got, before in zip(given, [*fresh.weight, *fresh.bias], strict=True):
        assert np.array_equal(got, before)


def test_two_rings_that_no_line_separates_are_learnt() -> None:
    np.random.seed(4)
    angle, radius = np.random.uniform(0, 2 * np.pi, 100), np.repeat([0.5, 2.0], 50)
    x, y = radius * np.array([np.cos(angle), np.sin(angle)]), (radius > 1)[None].astype(float)
    net = NeuralNetwork([2, 10, 1])

    losses = net.train(x, y, 0.2, 500)

    assert losses[-1] < 0.1 * losses[0]
    assert np.all((net.forward(x) > 0.5) == (y > 0.5))
