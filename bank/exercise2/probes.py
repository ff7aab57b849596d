# What the solution does on many more inputs than the tests use, all of them within the contract of the assignment.
#
# `sealgrade check` runs this file after the cells of a notebook, as one more cell, with the reference in it and with
# each mutant that no test has caught. If both leave the same in `behaviour`, the mutant is right work, only written
# otherwise. So what the contract leaves free is not told apart here: shapes that may be any, ReLU'(0), the seed of
# random draws, what training leads to on the toy data. A name that the notebook does not define counts as an error.

import itertools
import math

import numpy as np

behaviour = {}


def probe(what, run):
    """Record what `run` returns, or the kind of the exception: its text may quote numbers that do not matter."""
    try:
        with np.errstate(all="ignore"):
            behaviour[what] = run()
    except Exception as error:
        behaviour[what] = type(error).__name__


def flat(value):
    """Return all numbers in their order: a scalar, a list and an array of any shape are the same answer."""
    return np.array(np.ravel(np.asarray(value)), dtype=float)


def kept(run, *arguments):
    """Return what a call gives, and whether it and a second call leave the arguments as they are and agree."""
    copies = [np.array(argument, copy=True) for argument in arguments]
    first, second = flat(run(*arguments)), flat(run(*arguments))
    same = all(np.array_equal(copy, argument) for copy, argument in zip(copies, arguments, strict=True))
    return [first, same, np.array_equal(first, second)]


# Task 5: numbers.
for name in ("s1", "x1", "s2", "x2", "dE_db2", "dE_db1"):
    probe(name, lambda name=name: flat(globals()[name]))
for name in ("dE_dW2", "dE_dW1"):
    probe(name, lambda name=name: np.asarray(globals()[name], dtype=float))


# Task 6: activations, on scalars and arrays of any shape, integers included.
def inputs():
    rng = np.random.default_rng(5)
    yield from (-3, -1, 1, 2, 40, 0.25, -0.75, 1e-8, -1e-8, 17.5, -36.0, 37.0)
    yield from (300.0, -300.0, 1000.0, -1000.0, 1e6, -1e6)
    yield from (np.array(0.5), np.array(-2), np.array([3, -1, 2]), np.array([[1, -2], [-7, 4]]), np.float64(-0.3))
    yield from (rng.normal(0, size, shape) for size in (0.1, 1, 30) for shape in ((5,), (1, 4), (3, 1), (2, 3, 2)))
    yield np.linspace(-800, 800, 81)[np.arange(81) != 40]
    yield rng.normal(0, 1, (4, 6))[::2, ::-1].T  # a view with strides


for number, z in enumerate(inputs()):
    for name, method in itertools.product(("ReLU", "sigmoid"), ("evaluate", "gradient")):
        probe(
            f"{name}().{method} of input {number}",
            lambda name=name, method=method, z=z: kept(getattr(globals()[name](), method), z),
        )
probe("ReLU().evaluate(0)", lambda: flat(ReLU().evaluate(np.zeros(2))))
probe("ReLU().gradient(0) is a subgradient", lambda: {*flat(ReLU().gradient(np.zeros(2))).tolist()} <= {0.0, 0.5, 1.0})
probe("sigmoid at 0", lambda: [flat(sigmoid().evaluate(0)), flat(sigmoid().gradient(0))])


# Task 6: networks. The activations are this file's own, so that only the network is looked at.
class Tanh:
    def evaluate(self, z):
        return np.tanh(z)

    def gradient(self, z):
        return 1 - np.tanh(z) ** 2


class Softplus:
    def evaluate(self, z):
        return np.logaddexp(0, z)

    def gradient(self, z):
        return 0.5 * (1 + np.tanh(z / 2))


NETWORKS = [([2, 3, 2], 1), ([2, 3, 2], 5), ([3, 3, 3], 3), ([1, 1], 1), ([1, 1, 1], 4), ([4, 2], 2), ([2, 5], 3)]
NETWORKS += [([2, 4, 3, 1], 6), ([3, 2, 4, 2, 3], 2), ([2] * 6, 2), ([6, 1, 5], 7), ([1, 7, 1], 3), ([3, 3], 3)]


def network(layers, seed, far=1.0):
    """Return how to make a network with parameters set as the sheet does, and samples."""
    rng = np.random.default_rng(seed)
    pairs = list(zip(layers[:-1], layers[1:], strict=True))
    weight = [rng.normal(0, 0.9, (d_out, d_in)) for d_in, d_out in pairs]
    bias = [rng.normal(0, 0.6, (d_out, 1)) for _, d_out in pairs]
    activations = [(Tanh(), Softplus())[(seed + l) % 2] for l in range(len(pairs))]

    def make():
        net = NeuralNetwork(list(layers), list(activations))
        for l in range(len(pairs)):
            net.weight[l] = weight[l].copy()
            net.bias[l] = bias[l].copy()
        return net

    return make, rng


def arrays(values):
    return [np.array(values[l], dtype=float) for l in range(len(values))]


def run_forward(make, x):
    net = make()
    before = x.copy()
    result = flat(net.forward(x))
    states = [arrays(net._s), arrays(net._x)]
    other = flat(net.forward(-2 * x[:, :1]))
    return [result, states, other, arrays(net._s), arrays(net._x), np.array_equal(x, before), arrays(net.weight)]


def run_loss(make, prediction, y):
    copies = prediction.copy(), y.copy()
    loss = flat(make().loss(prediction, y))
    return [loss, np.array_equal(prediction, copies[0]), np.array_equal(y, copies[1])]


def run_backprop(make, x, y):
    net = make()
    copies = x.copy(), y.copy()
    first = [arrays(gradients) for gradients in net.backprop(x, y)[:2]]
    net.forward(3 * x + 1)
    second = [arrays(gradients) for gradients in net.backprop(x, y)[:2]]
    other = [arrays(gradients) for gradients in net.backprop(x[:, -1:] - 1, y[:, -1:])[:2]]
    untouched = np.array_equal(x, copies[0]) and np.array_equal(y, copies[1])
    return [first, second, other, untouched, arrays(net.weight), arrays(net.bias)]


def run_train(make, x, y, *settings):
    net = make()
    copies = x.copy(), y.copy()
    losses = [flat(net.train(x, y, *settings)) for _ in range(2)]
    untouched = np.array_equal(x, copies[0]) and np.array_equal(y, copies[1])
    return [losses, arrays(net.weight), arrays(net.bias), flat(net.forward(x)), untouched]


for seed, (layers, samples) in enumerate(NETWORKS):
    make, rng = network(layers, seed)
    x, y = rng.normal(0.2, 1, (layers[0], samples)), rng.uniform(-1, 1, (layers[-1], samples))
    prediction = rng.normal(0, 2, y.shape)
    case = f"on {layers}, {samples} sample(s)"
    probe(f"forward {case}", lambda make=make, x=x: run_forward(make, x))
    probe(f"loss {case}", lambda make=make, p=prediction, y=y: run_loss(make, p, y))
    probe(f"backprop {case}", lambda make=make, x=x, y=y: run_backprop(make, x, y))
    probe(f"backprop far off {case}", lambda make=make, x=x, y=y: run_backprop(make, x, 30 * y))
    for settings in ((0.05, 3), (0.3, 1), (0.02, 7), (0.1, 0), *(((0.01,), ()) if seed in (0, 3) else ())):
        probe(
            f"train {settings} {case}",
            lambda make=make, x=x, y=y, settings=settings: run_train(make, x, y, *settings),
        )


# Task 6: the constructor. Of random draws, their law counts and nothing else.
def normal_distance(values):
    """Return the largest difference between the values' distribution and the standard normal one."""
    values = np.sort(np.ravel(values))
    expected = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in values])
    return np.max(np.abs(expected - (np.arange(values.size) + 0.5) / values.size))


def law(layers, times):
    """Return whether the weights of each layer are as draws from N(0, 2 / (d_in + d_out)) would be."""
    np.random.seed(11)
    nets = [NeuralNetwork(list(layers)) for _ in range(times)]
    answers, standard = [], []
    for l, (d_in, d_out) in enumerate(zip(layers[:-1], layers[1:], strict=True)):
        drawn = np.array([np.array(net.weight[l], dtype=float) for net in nets])
        standard.append(np.ravel(drawn / np.sqrt(2 / (d_in + d_out))))
        answers.append([drawn.shape, bool(normal_distance(standard[-1]) < 2 / np.sqrt(drawn.size))])
    drawn = np.round(np.concatenate(standard), 12)  # the same draws again, in another layer too, differ by rounding
    return [answers, np.unique(drawn).size == drawn.size]


for layers, times in (([1, 1], 5000), ([1, 2], 1500), ([3, 1, 2], 1000), ([60, 40, 90], 3), ([300, 20], 3)):
    probe(f"law of the weights {layers}", lambda layers=layers, times=times: law(layers, times))


def constructed(layers, activations):
    given = None if activations is None else list(activations)
    net = NeuralNetwork(list(layers), given)
    z = np.array([[-1.5, 0.5, 2.0]])
    return [
        [np.shape(W) for W in net.weight],
        arrays(net.bias),
        [flat(activation.evaluate(z)) for activation in net.activation],
        len(net.weight),
        len(net.activation),
    ]


for layers in ([2, 3, 1], [1, 1], [4, 3, 3, 2], [5, 2, 6, 1, 3]):
    probe(f"NeuralNetwork({layers})", lambda layers=layers: constructed(layers, None))
    chosen = [(Tanh(), Softplus())[l % 2] for l in range(len(layers) - 1)]
    probe(f"NeuralNetwork({layers}, [...])", lambda layers=layers, chosen=chosen: constructed(layers, chosen))
    probe(
        f"NeuralNetwork({layers}, [...] reversed)",
        lambda layers=layers, chosen=chosen: constructed(layers, chosen[::-1]),
    )


def two_networks():
    """Whether two networks are independent of each other."""
    one, other = NeuralNetwork([2, 3, 1]), NeuralNetwork([2, 3, 1])
    before = [*arrays(other.weight), *arrays(other.bias)]
    differ = not np.allclose(one.weight[0], other.weight[0])
    one.train(np.ones((2, 3)), np.zeros((1, 3)), 0.5, 3)
    after = [*arrays(other.weight), *arrays(other.bias)]
    return [differ, all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))]


probe("two networks", two_networks)


# Task 6, the toy data: any network and any training that get there are right.
def toy():
    rng = np.random.default_rng(2)
    t = np.linspace(0, np.pi, 50)
    upper = np.array([np.cos(t), np.sin(t)])
    lower = np.array([1 - np.cos(t), 0.1 - np.sin(t)])
    points = np.hstack([upper, lower]) + rng.normal(0, 0.12, (2, 100))
    predicted = flat(net.forward(points))
    right = np.mean((predicted > 0.5) == np.repeat([False, True], 50))
    between = np.all((predicted > 0) & (predicted < 1))
    return [type(net) is NeuralNetwork, predicted.size, bool(right >= 0.9), bool(between)]


def toy_losses():
    values = flat(losses)
    return [bool(np.all(np.isfinite(values))), values.size > 1, bool(values[-1] < values[0])]


probe("net", toy)
probe("losses", toy_losses)


# Task 7. Intervals away from 0, with integers, of two points; functions that do not vanish at a.
FUNCTIONS = {
    "exp": np.exp,
    "polynomial": lambda t: t**3 - 2 * t**2 + 0.5 * t - 1.25,
    "wave": lambda t: np.cos(3 * t) + 0.2 * t,
    "kink": lambda t: np.abs(t - 1.1) + 2.0,
    "integers": lambda t: np.floor(3 * t) + 4,
}
INTERVALS = [(0.0, 1.0, 2), (1.0, 3.0, 3), (-2.0, 1.5, 8), (1, 4, 4), (0, 6, 25), (-3.5, -1.25, 13), (0.5, 0.75, 2)]


def pair(run, *arguments):
    first, second = run(*arguments)[:2]
    again = run(*arguments)
    return [first, second, np.array_equal(flat(first), flat(again[0])), np.array_equal(flat(second), flat(again[1]))]


def system(f, interval):
    A, f_, *same = pair(relu_system, f, *interval)
    return [np.array(A, dtype=float), flat(f_), same]


def fitted(f, interval):
    lambda_, b_, *same = pair(fit, f, *interval)
    return [flat(lambda_), flat(b_), same]


for (name, f), interval in itertools.product(FUNCTIONS.items(), INTERVALS):
    probe(f"relu_system({name}, {interval})", lambda f=f, interval=interval: system(f, interval))
    probe(f"fit({name}, {interval})", lambda f=f, interval=interval: fitted(f, interval))

rng = np.random.default_rng(8)
for neurons in (1, 2, 3, 8, 40):
    for order in ("increasing", "any order"):
        lambda_, b_ = rng.normal(0, 2, neurons), rng.normal(0.5, 1.5, neurons)
        b_ = np.sort(b_) if order == "increasing" else b_
        grids = [np.linspace(-5, 6, 45), rng.normal(0, 2, 30), b_.copy(), np.array([0.3]), np.array([2, -4, 7, 0])]
        for number, x in enumerate([*grids, 0.7, -9.0, 12.5, 3, 0, -1, float(b_[0]), np.float64(1.25)]):
            probe(
                f"approx, {neurons} biases in {order}, input {number}",
                lambda x=x, lambda_=lambda_, b_=b_: kept(lambda *a: approx(*a), x, lambda_, b_),
            )


def right_errors():
    """Whether each error is the right one within the 0.1 % of the contract; more entries are welcome."""
    x = np.linspace(0, 6, 1000)
    answers = []
    for n in (4, 8, 16, 32, 64):
        points = np.linspace(0, 6, n)
        expected = np.max(np.abs(np.interp(x, points, np.sin(points)) - np.sin(x)))
        answers.append([n in errors, bool(np.abs(flat(errors[n])[0] / expected - 1) <= 1e-3)])
    return answers


probe("errors", right_errors)

GRIDS = [np.array([-2.0, 0.5]), np.array([1.0, 1.5, 1.75, 3.0, 3.2]), np.geomspace(0.1, 4, 12) - 1]
GRIDS += [np.linspace(0, 1, 5)]
GRIDS += [np.cumsum(rng.uniform(0.05, 1.5, size)) - 3 for size in (2, 3, 4, 9, 30)]
for number, x in enumerate(GRIDS):
    for kind, f_ in {"normal": rng.normal(1, 2, x.size), "wave": 2 + np.cos(np.arange(x.size))}.items():
        probe(
            f"fit_points on grid {number}, values {kind}",
            lambda x=x, f_=f_: kept(lambda *a: np.concatenate([flat(part) for part in fit_points(*a)]), x, f_),
        )
