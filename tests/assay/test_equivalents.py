"""Mutants that behave as the solution does: by probes that look where they differ, and by no others."""

import json
from pathlib import Path

import pytest

from sealgrade.assay.check import check
from sealgrade.assay.findings import Findings
from sealgrade.assay.mutants import mutants
from sealgrade.assay.terminal import as_json
from sealgrade.course import Course
from sealgrade.scaffold import new_assignment

TIMES = '{"times": [fall_time(h) for h in (0.1, 1, 2.5, 40.0)]}'
BOTH = '{"times": [fall_time(h) for h in (0.1, 1, 2.5, 40.0)], "speeds": [impact_speed(h) for h in (0.1, 1, 2.5)]}'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course whose tests of the speed look at its shape alone, and one line of whose solution does nothing."""
    new_assignment("demo", tmp_path)
    path = tmp_path / "source" / "demo" / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"]["nbgrader"]["grade_id"]
        source = "".join(cell["source"])
        if name == "impact-speed-test-values":
            cell["source"] = source[: source.index("### BEGIN")]
        elif name == "fall-time":
            cell["source"] = source.replace("    return np", "    height = height + 0\n    return np")
    path.write_text(json.dumps(notebook), encoding="utf-8")
    for entry in (tmp_path / "bank" / "demo").glob("*.toml"):
        entry.unlink()
    return tmp_path


def examine(root: Path, behaviour: str) -> Findings:
    (root / "bank" / "demo" / "probes.py").write_text(f"behaviour = {behaviour}\n", encoding="utf-8")
    course = Course(root)
    try:
        return check(course, "demo", None)
    finally:
        course.close()


def cells_of(names: list[str]) -> set[str]:
    return {name.partition("~")[0] for name in names}


def test_a_mutant_of_what_no_probe_looks_at_counts_as_a_mistake(root: Path) -> None:
    found = examine(root, TIMES)

    assert cells_of([one.name for one in found.equivalent]) == {"fall-time"}
    missed = [one for one in found.shortfalls if one.name.startswith("impact-speed~")]
    assert missed
    assert {one.reason for one in missed} == {"no test notices"}
    assert "no probe tells a mutant of the function impact_speed of the cell impact-speed" in found.warnings[0]
    assert found.mutants.rate < 100


def test_a_function_without_test_and_probe_is_not_vouched_for_by_another_of_its_cell(root: Path) -> None:
    path = root / "source" / "demo" / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = (one for one in notebook["cells"] if one["metadata"]["nbgrader"]["grade_id"] == "fall-time")
    cell["source"] = cell["source"] + "\n\n\ndef energy(mass, height):\n    return mass * 9.81 * height\n"
    path.write_text(json.dumps(notebook), encoding="utf-8")

    found = examine(root, BOTH)

    assert any("the function energy of the cell fall-time" in warning for warning in found.warnings)
    assert not any("9.81" in one["change"] for one in as_json(found)["equivalent"])
    assert any("height + 0" in one["change"] for one in as_json(found)["equivalent"])
    assert found.mutants.rate < 100


def test_a_mutant_that_probes_look_at_is_told_apart_or_named_as_equivalent_with_its_change(root: Path) -> None:
    found = examine(root, BOTH)

    assert found.warnings == []
    assert any("height + 0" in one["change"] for one in as_json(found)["equivalent"])
    missed = {one.reason for one in found.shortfalls if one.name.startswith("impact-speed~")}
    assert missed == {"behaves differently, and no test notices"}


def test_a_mutant_says_in_which_function_it_is() -> None:
    source = "x = 1 + 2\n\n\nclass A:\n    def f(self, y):\n        return y + 1\n"
    assert {one.within for one in mutants({"cell": source})} == {"", "A.f"}
