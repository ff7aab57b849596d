"""Error carried forward: what follows rightly from a student's own earlier, wrong result earns its points."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from sealgrade.examiner.present import failed
from sealgrade.testing.comparing import Array


def lost(*test_cells: str) -> bool:
    """Return whether one of these earlier test cells has failed: only then can an error be carried forward from it.

    Without this, a right part could turn wrong when it is called by the test of a later, wrong one, to match it.

    Args:
        test_cells: their ids, or a part, such as "task6-forward", for all of its test cells.

    Returns:
        True in plain Jupyter, where nobody keeps count.
    """
    cells = failed.get()
    return cells is None or any(
        cell == name or cell.startswith(f"{name}-test") for cell in cells for name in test_cells
    )


def any_of(claims: Iterable[Callable[[], None]]) -> None:
    """Pass where one claim holds; otherwise raise the first one's error, which is the one that the student expects.

    This is how an error is carried forward: the first claim is the right result, the others are what follows from the
    student's own earlier results. A later claim that cannot even be made (the student's earlier part crashes) does
    not hold.
    """
    first: Exception | None = None
    for claim in claims:
        try:
            claim()
            return
        except Exception as error:
            first = first or error
    assert first is not None, "any_of needs a claim"
    raise first


def central_differences(
    function: Callable[[Sequence[Array]], float], at: Sequence[Array], step: float = 1e-3
) -> list[Array]:
    """Return the gradient of a scalar function of several arrays, by central differences, one array for each.

    Of order 4 in the step (weights 8/12 and -1/12; Abramowitz and Stegun 25.3.6), so that a step of 1e-3 leaves a
    relative error of about 1e-11 and keeps rounding far below that. Rounding in a float32 function of size 1 leaves
    about 1e-7 / step.
    """
    point = [np.array(a, dtype=np.float64) for a in at]
    gradient = [np.zeros_like(a) for a in point]
    for a, g in zip(point, gradient, strict=True):
        for index in np.ndindex(a.shape):
            value = a[index]
            total = 0.0
            for offset, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
                a[index] = value + offset * step
                total += weight * function([p.copy() for p in point])
            a[index] = value
            g[index] = total / (12 * step)
    return gradient
