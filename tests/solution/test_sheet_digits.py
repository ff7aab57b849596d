"""Task 5 against the exercise sheet, digit for digit, and against the full-precision values of the assignment."""

from collections.abc import Callable

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from solution import by_hand
from tests.solution.oracles import B1, B2, W1, W2, X0, Array, Y, figure_1

Results = dict[str, Array]

# As the sheet prints them: the number of decimals is part of the value.
PRINTED = {
    "x2 - y": "0.45 -0.26",
    "sigma'(s2)": "0.25 0.19",
    "x1": "0.48 0.08 0.90",
    "dE_dW2": "0.05 0.01 0.10 -0.02 -0.00 -0.05",
    "dE_db2": "0.11 -0.05",
    "W2.T": "0.4 0.1 0.2 0.3 0.2 0.5",
    "sigma'(s1)": "0.25 0.08 0.09",
    "x0.T": "1.00 2.00",
    "dE_dW1": "0.010 0.019 0.001 0.001 0.000 -0.001",
    "dE_db1": "0.010 0.001 0.000",
}

FULL = {
    "s1": "-.1 -2.4 2.2",
    "x1": ".47502081 .08317270 .90024951",
    "s2": "-.21330723 1.02257865",
    "x2": ".44687447 .73547458",
    "E": ".13483525",
    "dE_db2": ".11045739 -.05146387",
    "dE_dW2": ".05246956 .00918704 .09943922 -.02444641 -.00428039 -.04633033",
    "dE_db1": ".00973479 .00050727 -.00032691",
    "dE_dW1": ".00973479 .01946957 .00050727 .00101454 -.00032691 -.00065383",
}


def on_paper() -> Results:
    """The results of `by_hand`."""
    s1, x1, s2, x2 = by_hand.forward(X0, W1, B1, W2, B2)
    dE_dW2, dE_db2, dE_dW1, dE_db1 = by_hand.gradients(X0, Y, W2, x1, x2)
    return {
        "s1": s1, "x1": x1, "s2": s2, "x2": x2, "E": np.sum((x2 - Y) ** 2) / 2,
        "dE_dW2": dE_dW2, "dE_db2": dE_db2, "dE_dW1": dE_dW1, "dE_db1": dE_db1,
        "x2 - y": x2 - Y, "sigma'(s1)": x1 * (1 - x1), "sigma'(s2)": x2 * (1 - x2), "x0.T": X0.T, "W2.T": W2.T,
    }  # fmt: skip


def by_the_network() -> Results:
    """The results of `NeuralNetwork`."""
    net = figure_1()
    (dE_dW1, dE_dW2), (dE_db1, dE_db2) = net.backprop(X0, Y)
    (x0, x1, x2), (s1, s2) = net._x, net._s
    slope1, slope2 = (net.activation[l].gradient(net._s[l]) for l in range(2))
    return {
        "s1": s1, "x1": x1, "s2": s2, "x2": x2, "E": np.array(net.loss(x2, Y)),
        "dE_dW2": dE_dW2, "dE_db2": dE_db2, "dE_dW1": dE_dW1, "dE_db1": dE_db1,
        "x2 - y": x2 - Y, "sigma'(s1)": slope1, "sigma'(s2)": slope2, "x0.T": x0.T, "W2.T": net.weight[1].T,
    }  # fmt: skip


@pytest.fixture(params=[on_paper, by_the_network])
def results(request: pytest.FixtureRequest) -> Results:
    compute: Callable[[], Results] = request.param
    return compute()


@pytest.mark.parametrize("name", PRINTED)
def test_every_digit_that_the_sheet_prints_is_reproduced(results: Results, name: str) -> None:
    printed = PRINTED[name].split()
    rounded = [f"{v:.{len(p.split('.')[1])}f}" for p, v in zip(printed, results[name].ravel(), strict=True)]

    # As floats, because the sheet prints a small negative number as 0.000 in one place and as -0.00 in another.
    assert [float(r) for r in rounded] == [float(p) for p in printed]


@pytest.mark.parametrize("name", FULL)
def test_the_values_of_the_assignment_are_reproduced_to_their_last_digit(results: Results, name: str) -> None:
    stated = [float(v) for v in FULL[name].split()]

    np.testing.assert_allclose(results[name].ravel(), stated, rtol=0, atol=0.5001e-8)


def test_results_have_the_shapes_of_the_parameters(results: Results) -> None:
    for name, parameter in {"dE_dW1": W1, "dE_db1": B1, "dE_dW2": W2, "dE_db2": B2}.items():
        assert results[name].shape == parameter.shape


@pytest.mark.parametrize("seed", range(5))
def test_the_formulas_on_paper_hold_for_other_widths_and_numbers(seed: int) -> None:
    random = np.random.default_rng(seed)
    d0, d1, d2 = random.integers(1, 7, size=3)
    x0, y, A, a, B, b = (random.normal(size=s) for s in ((d0, 1), (d2, 1), (d1, d0), (d1, 1), (d2, d1), (d2, 1)))

    def loss(parameters: list[Array]) -> Array:
        B, b, A, a = parameters
        x1 = 1 / (1 + anp.exp(-(anp.dot(A, x0) + a)))
        x2 = 1 / (1 + anp.exp(-(anp.dot(B, x1) + b)))
        value: Array = anp.sum((x2 - y) ** 2) / 2
        return value

    _, x1, _, x2 = by_hand.forward(x0, A, a, B, b)

    expected = autograd.grad(loss)([B, b, A, a])
    for got, gradient in zip(by_hand.gradients(x0, y, B, x1, x2), expected, strict=True):
        np.testing.assert_allclose(got, gradient, rtol=1e-12, atol=1e-15)
