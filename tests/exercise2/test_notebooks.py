"""The instructor's notebooks keep the contract of Exercise 2."""

import re
from collections import defaultdict

import numpy as np
import pytest
from nbclient import NotebookClient

from marking import toy_data
from sealgrade.inline import solved_cells
from tests.exercise2.sealed import NOTEBOOKS, ROOT, failures, part_of, read

POINTS = {
    "task5-forward": 8,
    "task5-gradients": 12,
    "task5-derivation": 5,
    "task6-activations": 8,
    "task6-init": 6,
    "task6-forward": 8,
    "task6-backprop": 16,
    "task6-train": 6,
    "task6-toy-data": 4,
    "task6-plot": 2,
    "task7-system": 5,
    "task7-fit": 8,
    "task7-approx": 6,
    "task7-experiment": 6,
    "task7-nonequidistant": 5,
}
BY_HAND = {"task5-derivation", "task6-plot"}


def graded() -> dict[str, list[float]]:
    points = defaultdict(list)
    for name in NOTEBOOKS:
        for cell in read(name).cells:
            if cell.metadata.nbgrader.grade:
                points[part_of(cell.metadata.nbgrader.grade_id)].append(cell.metadata.nbgrader.points)
    return points


def test_every_part_has_the_points_of_the_contract() -> None:
    assert {part: sum(points) for part, points in graded().items()} == POINTS


def test_a_part_of_more_than_four_points_has_two_test_cells_or_is_marked_by_hand() -> None:
    assert [p for p, cells in graded().items() if sum(cells) > 4 and len(cells) < 2 and p not in BY_HAND] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_instructors_own_version_passes_every_test_in_plain_jupyter(name: str) -> None:
    notebook = read(name)

    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()  # or raises


def test_the_solved_version_passes_every_test() -> None:
    assert failures(solved_cells(ROOT, "exercise2")) == {}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_instructors_notebook_holds_no_outputs(name: str) -> None:
    for cell in read(name).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_reference_stands_in_the_package_and_not_in_the_solution_regions_again(name: str) -> None:
    for cell in read(name).cells:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, flags=re.DOTALL):
            assert not re.search(r"^\s*(def|class) ", region, flags=re.MULTILINE)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_hidden_test_calls_and_reads_and_binds_no_name_of_the_students(name: str) -> None:
    for cell in read(name).cells:
        for region in re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, flags=re.DOTALL):
            assert not re.search(r"^\s*\w+ = |^\s*(for|def|class|del|global) ", region, flags=re.MULTILINE)


def test_the_marking_knows_the_toy_data_that_the_notebook_gives() -> None:
    (given,) = [c for c in read("task6").cells if c.metadata.nbgrader.grade_id == "task6-toy-given"]
    names: dict[str, object] = {"np": np}
    exec(given.source.split("plt.")[0], names)

    X, y = toy_data.toy_data()

    np.testing.assert_array_equal(names["X"], X)
    np.testing.assert_array_equal(names["y"], y)
