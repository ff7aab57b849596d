"""What is handed in for a check."""

from copy import deepcopy
from pathlib import Path

from sealgrade.assay import works
from sealgrade.assay.workspace import workspace
from sealgrade.cells import marks
from sealgrade.course import Course
from sealgrade.inline import solved_cells
from tests.assay.course import make


def test_works_differ_from_each_other_and_leave_the_release_as_it_is(tmp_path: Path) -> None:
    course = Course(make(tmp_path))
    solved = solved_cells(course.root, "demo")
    with workspace(course, "demo") as made:
        released = deepcopy(made.sheets["demo"].released)
        reference = works.reference(made.sheets, solved).notebooks["demo"]
        mutant = works.of_mutant("m", "fall-time", "x = 1", "", made.sheets, solved).notebooks["demo"]
        untouched = works.untouched(made.sheets).notebooks["demo"]

        assert made.sheets["demo"].released == untouched == released
        assert works.tested_cells_of(made.sheets["demo"].released["cells"]) == {"fall-time", "impact-speed"}
    cells = dict(zip([marks(cell).get("grade_id") for cell in mutant["cells"]], mutant["cells"], strict=True))
    changed = [one for one, cell in zip(cells, reference["cells"], strict=False) if cells[one] != cell]
    assert changed == ["fall-time"]
    assert cells["fall-time"]["source"] == "x = 1"
    assert len(reference["cells"]) == len(released["cells"]) + 1
