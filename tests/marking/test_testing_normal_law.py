"""Whether initial weights follow the law asked for: what the check finds out, and how often it is wrong."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from sealgrade.testing import Array, follows_normal_law

D_IN, D_OUT = 400, 300
SIGMA = math.sqrt(2 / (D_IN + D_OUT))

Draw = Callable[[np.random.Generator, int], Array]


def normal(sigma: float, mean: float = 0.0) -> Draw:
    return lambda random, n: random.normal(mean, sigma, n)


def truncated(random: np.random.Generator, n: int) -> Array:
    """Normal values cut at two standard deviations, as some libraries draw them."""
    drawn = random.normal(0, SIGMA, 2 * n)
    return drawn[np.abs(drawn) < 2 * SIGMA][:n]


NEIGHBOURS: dict[str, Draw] = {
    "LeCun": normal(math.sqrt(1 / D_IN)),
    "LeCun with d_out": normal(math.sqrt(1 / D_OUT)),
    "He": normal(math.sqrt(2 / D_IN)),
    "He with d_out": normal(math.sqrt(2 / D_OUT)),
    "variance for standard deviation": normal(SIGMA**2),
    "root forgotten twice": normal(math.sqrt(SIGMA)),
    "one for two": normal(math.sqrt(1 / (D_IN + D_OUT))),
    "six for two": normal(math.sqrt(6 / (D_IN + D_OUT))),
    "standard normal": normal(1.0),
    "five per cent too wide": normal(1.05 * SIGMA),
    "five per cent too narrow": normal(0.95 * SIGMA),
    "off centre": normal(SIGMA, 0.05 * SIGMA),
    "uniform of the same variance": lambda random, n: random.uniform(-1, 1, n) * math.sqrt(3) * SIGMA,
    "uniform up to sigma": lambda random, n: random.uniform(-SIGMA, SIGMA, n),
    "positive half": lambda random, n: np.abs(random.normal(0, SIGMA, n)),
    "signs of the same variance": lambda random, n: random.choice([-SIGMA, SIGMA], n),
    "Laplace of the same variance": lambda random, n: random.laplace(0, SIGMA / math.sqrt(2), n),
    "logistic of the same variance": lambda random, n: random.logistic(0, SIGMA * math.sqrt(3) / math.pi, n),
    "truncated at two sigma": truncated,
    "zeros": lambda random, n: np.zeros(n),
    "NaN": lambda random, n: np.full(n, np.nan),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbouring_law_is_always_found_out_on_one_layer_of_400_to_300(name: str) -> None:
    for seed in range(10):
        sample = NEIGHBOURS[name](np.random.default_rng(seed), D_IN * D_OUT)
        assert not follows_normal_law(sample, SIGMA)


def test_hundreds_of_right_samples_of_all_sizes_pass() -> None:
    random = np.random.default_rng(0)

    for n in (1, 2, 10, 100, 1000, 20_000):
        for _ in range(60):
            sigma = random.uniform(0.01, 3)
            assert follows_normal_law(random.normal(0, sigma, n), sigma)


def test_a_right_sample_is_rejected_as_often_as_stated_and_hardly_less() -> None:
    random = np.random.default_rng(1)
    stated, samples = 0.1, 600

    alarms = sum(not follows_normal_law(random.normal(0, SIGMA, 2000), SIGMA, stated) for _ in range(samples))

    margin = 4 * math.sqrt(samples * stated * (1 - stated))
    assert samples * stated / 2 < alarms < samples * stated + margin


def test_a_smaller_false_alarm_rate_lets_more_pass() -> None:
    sample = np.random.default_rng(2).normal(0, 1.03 * SIGMA, D_IN * D_OUT)

    passed = [follows_normal_law(sample, SIGMA, rate) for rate in (0.5, 1e-2, 1e-4, 1e-7, 1e-100)]

    assert passed == sorted(passed)
    assert (passed[0], passed[-1]) == (False, True)


def test_the_shape_of_the_sample_does_not_matter_and_it_comes_back_in_its_order() -> None:
    sample = np.random.default_rng(3).normal(0, SIGMA, (D_OUT, D_IN))
    before = sample.copy()

    assert follows_normal_law(sample, SIGMA) == follows_normal_law(sample.ravel(), SIGMA)
    assert np.array_equal(sample, before)
