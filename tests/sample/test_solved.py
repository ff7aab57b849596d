import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sealgrade.inline import InlineError, solved_cells, solved_notebook, write_solved


def run_without(package: str, path: Path) -> None:
    """Run a notebook in a kernel in which a package cannot be imported."""
    notebook = nbformat.read(path, as_version=4)
    block = nbformat.v4.new_code_cell(f"import sys\nsys.modules[{package!r}] = None")
    notebook.cells.insert(0, block)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()


def text_of(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells)


def test_a_solved_notebook_shows_the_solution_in_place_of_the_stub(course: Path) -> None:
    text = text_of(solved_notebook(course / "source/demo/one.ipynb", course))

    assert text.count("def area") == text.count("def twice") == 1
    assert "return m.pi * radius**2" in text
    assert "NotImplementedError" not in text
    assert "your code ends here" not in text
    assert "SOLUTION" not in text


def test_a_solved_notebook_repeats_nothing_that_an_earlier_cell_defines(course: Path) -> None:
    text = text_of(solved_notebook(course / "source/demo/one.ipynb", course))

    assert text.count("import math as m") == text.count("Number: TypeAlias = float") == 1


def test_hidden_tests_and_mark_schemes_are_left_out_and_visible_tests_stay(course: Path) -> None:
    notebook = solved_notebook(course / "source/demo/one.ipynb", course)

    assert "secret" not in text_of(notebook)
    assert "HIDDEN" not in text_of(notebook)
    assert "Pi: 2." not in text_of(notebook)
    assert notebook.cells[-1].source == "Why?\n\nPi."
    assert "assert area(1.0) > 3" in text_of(notebook)
    assert "one-area-test-hidden" not in [cell.id for cell in notebook.cells]


def test_a_solved_notebook_holds_no_nbgrader_metadata(course: Path) -> None:
    assert not [c for c in solved_notebook(course / "source/demo/one.ipynb", course).cells if "nbgrader" in c.metadata]


def test_a_region_inside_a_function_completes_the_function(course: Path) -> None:
    assert solved_cells(course, "demo")["two-size"] == "def size():\n    return scaled(1.0)"


def test_what_is_given_beside_the_solution_stays(course: Path) -> None:
    path = course / "source/demo/two.ipynb"
    path.write_text(path.read_text().replace("# Use area.\\n", "# Use area.\\n\\nlimit = 3\\n\\n"))

    text = solved_cells(course, "demo")["two-scaled"]

    assert text.startswith("# Use area.\n\nlimit = 3\n")
    assert "scaled = None" not in text
    assert "TODO" not in text


def test_a_solved_cell_needs_no_helper_of_another_solution_cell(course: Path) -> None:
    cells = solved_cells(course, "demo")

    assert set(cells) == {"one-area", "one-twice", "one-why", "two-scaled", "two-size"}
    assert "Number: TypeAlias = float" in cells["one-twice"]
    assert "def area" not in cells["one-twice"]  # what another solution cell is asked to define


def test_the_solved_notebooks_run_without_the_course_s_package_and_show_their_outputs(course: Path) -> None:
    path = course / "source/demo/two.ipynb"
    path.write_text(path.read_text().replace("assert size() == scaled(1.0)", "round(size(), 3)"))

    written = write_solved(course, "demo")

    assert written == [course / "solved/demo/one.ipynb", course / "solved/demo/two.ipynb"]
    assert "15.708" in nbformat.read(written[1], as_version=4).cells[-1].outputs[0].data["text/plain"]
    for path in written:
        run_without("answers", path)


def test_the_same_course_gives_the_same_bytes(course: Path) -> None:
    first = [path.read_bytes() for path in write_solved(course, "demo", execute=False)]

    assert [path.read_bytes() for path in write_solved(course, "demo", execute=False)] == first


def test_files_beside_the_notebooks_come_along(course: Path) -> None:
    (course / "source/demo/data").mkdir()
    (course / "source/demo/data/points.csv").write_text("1,2\n")

    write_solved(course, "demo", execute=False)

    assert (course / "solved/demo/data/points.csv").read_text() == "1,2\n"


def test_a_cell_that_fails_is_an_error_that_names_the_notebook_and_what_happened(course: Path) -> None:
    (course / "answers/shapes.py").write_text((course / "answers/shapes.py").read_text().replace("m.pi", "m.pie"))

    with pytest.raises(InlineError, match=r"(?s)one\.ipynb: the solved notebook fails.*pie"):
        write_solved(course, "demo")
    assert not (course / "solved/demo/one.ipynb").exists()


def test_a_region_that_is_not_closed_is_an_error_that_names_the_cell(course: Path) -> None:
    path = course / "source/demo/one.ipynb"
    path.write_text(path.read_text().replace("### END HIDDEN TESTS", ""))

    with pytest.raises(InlineError, match=r"one\.ipynb, cell one-area-test-value: .* Add the missing line"):
        solved_notebook(path, course)


def test_an_assignment_without_notebooks_is_an_error(course: Path) -> None:
    with pytest.raises(InlineError, match="Check the assignment's name"):
        write_solved(course, "nothing")


def test_reading_the_solution_imports_nothing_of_it(course: Path) -> None:
    solved_cells(course, "demo")

    assert "answers" not in sys.modules
