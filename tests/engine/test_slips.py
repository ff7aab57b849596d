"""What an instructor mistypes: what would give hidden tests away is not released, what may be meant is told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from sealgrade.assay.workspace import workspace
from sealgrade.course import Course
from sealgrade.errors import ReleaseError
from sealgrade.release import Release, release
from sealgrade.scaffold import new_assignment
from sealgrade.slips import AS_IT_IS, Marked, Slips, _of_cell

Edit = Callable[[str, str, str], None]


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    new_assignment("demo", tmp_path)
    course = Course(tmp_path)
    yield course
    course.close()


@pytest.fixture
def edit(course: Course) -> Edit:
    path = course.folder("source", "demo") / "demo.ipynb"

    def change(name: str, old: str, new: str) -> None:
        notebook = nbformat.read(path, as_version=4)
        (cell,) = (cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == name)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)
        nbformat.write(notebook, path)

    return change


def mark(course: Course, name: str, **metadata: object) -> None:
    """Give a cell other metadata."""
    path = course.folder("source", "demo") / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"]["nbgrader"]["grade_id"] == name:
            cell["metadata"]["nbgrader"].update(metadata.pop("nbgrader", {}))  # type: ignore[call-overload]
            cell["metadata"].update(metadata)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def refused(course: Course) -> str:
    with pytest.raises(ReleaseError) as caught:
        release(course, "demo")
    assert not course.folder("release", "demo").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("cell", "old", "new", "told"),
    [
        ("fall-time-test-number", "BEGIN HIDDEN TESTS", "BEGIN HIDDEN TEST", "line 2: `### BEGIN HIDDEN TEST`"),
        ("fall-time-test-number", "HIDDEN TESTS", "HIDEN TESTS", "line 7: `### END HIDEN TESTS`"),
        ("fall-time-test-number", "### BEGIN HIDDEN TESTS", "# Begin hidden test", "is BEGIN HIDDEN TESTS meant?"),
        ("fall-time-test-number", "### BEGIN HIDDEN TESTS", "### HIDDEN TESTS", "line 2: `### HIDDEN TESTS`"),
        (
            "fall-time-test-number",
            "### BEGIN HIDDEN TESTS\n",
            "",
            "line 6: END HIDDEN TESTS without BEGIN HIDDEN TESTS",
        ),
        ("explain-text", "MARK SCHEME", "MARKSCHEME", "line 5: `=== BEGIN MARKSCHEME ===`"),
        ("explain-text", "=== BEGIN MARK SCHEME", "=== BEGIN RUBRIC", "line 5: `=== BEGIN RUBRIC ===`"),
        ("fall-time", "SOLUTION", "SOLUTON", "line 6: `### BEGIN SOLUTON`"),
    ],
)
def test_a_marker_that_is_misspelled_is_refused_with_its_place(
    course: Course, edit: Edit, cell: str, old: str, new: str, told: str
) -> None:
    edit(cell, old, new)
    message = refused(course)
    assert f"demo.ipynb, cell {cell}, line " in message
    assert told in message


@pytest.mark.parametrize(
    ("cell", "old", "told"),
    [
        ("fall-time", "### END SOLUTION", "line 6: BEGIN SOLUTION without END SOLUTION"),
        ("fall-time-test-number", "### END HIDDEN TESTS", "line 2: BEGIN HIDDEN TESTS without END HIDDEN TESTS"),
        ("explain-text", "=== END MARK SCHEME ===", "line 5: BEGIN MARK SCHEME without END MARK SCHEME"),
    ],
)
def test_a_region_without_an_end_is_refused_with_its_place(
    course: Course, edit: Edit, cell: str, old: str, told: str
) -> None:
    edit(cell, old, "")
    assert f"demo.ipynb, cell {cell}, {told}" in refused(course)


def test_a_solution_in_a_cell_that_is_no_answer_is_refused_with_its_place(course: Course) -> None:
    mark(course, "fall-time", nbgrader={"solution": False})
    assert "demo.ipynb, cell fall-time: a solution stands in a cell that is no answer" in refused(course)


def test_hidden_tests_without_markers_are_refused_for_what_they_import(course: Course, edit: Edit) -> None:
    for marker in ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"):
        edit("fall-time-test-number", marker, "")
    assert "cell fall-time-test-number, line 3: `from sealgrade.testing import" in refused(course)


def test_all_slips_are_told_at_once(course: Course, edit: Edit) -> None:
    edit("fall-time-test-number", "BEGIN HIDDEN", "BEGIN HIDEN")
    edit("explain-text", "MARK SCHEME", "MARKSCHEME")
    message = refused(course)
    assert "fall-time-test-number" in message
    assert "explain-text" in message


def test_a_module_that_students_get_may_be_imported_and_one_of_the_courses_may_not(course: Course, edit: Edit) -> None:
    (course.root / "helpers.py").write_text("x = 1\n", encoding="utf-8")
    edit("imports", "import numpy as np", "import numpy as np, helpers")
    assert "students do not have helpers" in refused(course)
    (course.folder("source", "demo") / "helpers.py").write_text("x = 2\n", encoding="utf-8")
    assert release(course, "demo").warnings == ()


def test_a_line_that_is_meant_is_released_where_its_cell_has_the_tag(course: Course, edit: Edit) -> None:
    edit("intro", "How to work here", "### BEGIN HIDDEN TEST")
    assert AS_IT_IS in refused(course)
    mark(course, "intro", tags=[AS_IT_IS])
    assert release(course, "demo").warnings == ()


@pytest.mark.parametrize("line", ["### Begin with the paper", "# Begin your solution here", "## End of the exercise"])
def test_a_heading_that_is_no_marker_is_released(course: Course, edit: Edit, line: str) -> None:
    edit("intro", "How to work here", line)
    edit("fall-time", "# TODO", line)
    assert release(course, "demo").warnings == ()


def warnings(made: Release) -> str:
    return "\n".join(made.warnings)


def found(source: str, kind: str = "code", **config: dict[str, str]) -> Slips:
    """Return the slips of a single cell."""
    cell = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    slips = Slips()
    _of_cell(cell, "cell", Marked.of(config), {"sealgrade"}, slips)
    return slips


@pytest.mark.parametrize(
    "line",
    [
        "### BEGIN of part 2",
        "### END of imports",
        "=== END ===",
        "### BEGIN",
        "#### END",
        "### END YOUR CODE",
        "=== END OF OUTPUT ===",
        "####### BEGIN PLOTTING ########",
        "### YOUR SOLUTION",
        "### SOLUTION 1",
    ],
)
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_line_that_has_no_word_of_a_marker_after_begin_or_end_is_a_warning(line: str, kind: str) -> None:
    slips = found(line, kind)
    assert slips.certain == []
    assert line in slips.doubtful[0]


@pytest.mark.parametrize("line", ["### BEGIN_SOLUTION", "### ENDSOLUTON", "### BEGIN TESTS", "### BEGIN MRAK SCHEME"])
def test_a_line_that_has_a_word_of_a_marker_after_begin_or_end_is_certainly_meant(line: str) -> None:
    assert line in found(line).certain[0]


def test_the_words_are_those_of_the_courses_own_delimiters() -> None:
    own = {"begin_solution_delimeter": "BEGIN ANSWER", "end_solution_delimeter": "END ANSWER"}
    assert "is BEGIN ANSWER meant?" in found("### BEGIN ANSWR", ClearSolutions=own).certain[0]
    assert found("### BEGIN SOLUTION", ClearSolutions=own).certain == []


@pytest.mark.parametrize(("line", "meant"), [("# >>>", "#>>>"), ("# <<<", "#<<<"), ("#<<", "#<<<")])
def test_delimiters_without_letters_are_told_from_each_other_by_their_characters(line: str, meant: str) -> None:
    own = {"begin_solution_delimeter": "#>>>", "end_solution_delimeter": "#<<<"}
    assert f"is {meant} meant?" in found(line, ClearSolutions=own).doubtful[0]
    assert found("x = 1\n####\n()", ClearSolutions=own) == Slips()


@pytest.mark.parametrize(
    "source",
    [
        "x = 1; import sealgrade",
        "try: import sealgrade\nfinally: pass",
        "%matplotlib inline\nimport sealgrade.testing as t",
        "def broken(:\nimport sealgrade",
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\nx = 1; import sealgrade",
    ],
)
def test_an_import_that_students_cannot_run_is_found_wherever_it_stands(source: str) -> None:
    assert any("students do not have sealgrade" in slip for slip in found(source).certain)


@pytest.mark.parametrize("handler", ["except ImportError:", "except (OSError, ModuleNotFoundError):", "except:"])
def test_an_import_that_may_fail_is_released(handler: str) -> None:
    assert found(f"try:\n    import sealgrade\n{handler}\n    pass") == Slips()


def test_an_answer_that_students_get_empty_is_told(course: Course, edit: Edit) -> None:
    edit("fall-time", "### BEGIN SOLUTION", "")
    edit("fall-time", "### END SOLUTION", "")
    assert "cell fall-time: students get an empty cell" in warnings(release(course, "demo"))


@pytest.mark.parametrize(
    ("name", "other", "meant"),
    [
        ("fall-time-test-number", "falltime-test-number", "fall-time"),
        ("impact-speed-test-values", "impactspeed-test-values", "impact-speed"),
        ("fall-time-test-number", "duration-test-number", "fall-time"),
    ],
)
def test_a_test_cell_whose_part_has_no_answer_is_told_and_what_is_meant(
    course: Course, name: str, other: str, meant: str
) -> None:
    mark(course, name, nbgrader={"grade_id": other})
    assert f"is {meant} meant?" in warnings(release(course, "demo"))


def test_a_check_tells_what_a_release_tells(course: Course, edit: Edit) -> None:
    mark(course, "fall-time-test-number", nbgrader={"grade_id": "falltime-test-number"})
    with workspace(course, "demo") as made:
        assert "is fall-time meant?" in made.warnings[0]
    edit("explain-text", "MARK SCHEME", "MARKSCHEME")
    with pytest.raises(ReleaseError, match="MARKSCHEME"), workspace(course, "demo"):
        pass
