"""A feedback page made without nbgrader is the page that `nbgrader generate_feedback` writes, byte for byte."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from sealgrade.errors import CourseError
from sealgrade.grades import Grades
from sealgrade.pages import feedback_page
from tests.feedback_pages import config_of, grades_of, pages_of_nbgrader, pages_of_ours

from ..small_course import ADD_RIGHT, Class, cell_of

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" * 30).decode()
ODD = f"""
class Odd:
    def _repr_html_(self):
        picture = '<img src="data:image/png;base64,{PICTURE}">'
        return '<table class="dataframe"><td onclick="x()">&lt;1&nbsp;' + picture + '</table>'

class Said:
    def _repr_markdown_(self):
        return '*so* [link](javascript:alert(1)) $a<b$ <img src="one.png" width=3> <b>never closed'

class Painted:
    def _repr_png_(self):
        import base64
        return base64.b64decode("{PICTURE}")

display(Odd(), Said(), Painted())
print("\\x1b[31mred\\x1b[0m <b>&amp;</b>\\r50 %\\r100 %")
"""
ANSWER = f"""Because <script>alert(1)</script> of $x<y$ and `<b>`:

| a | b |
|---|--:|
| 1 | ![it](attachment:it.png) ![no](attachment:no.png) |

<img src="data:image/png;base64,{PICTURE}"> <div class="modal" id="toc">

```python
def f(x): return "<&>"
```
"""


def _hand_in(school: Class) -> None:
    school.hand_in("ada", one=school.right(), two=school.right("two"))
    school.hand_in("late", one=school.right(), two=school.right("two"), timestamp="2024-05-04 10:00:00 UTC")
    school.hand_in("untouched", one=school.released(), two=school.released("two"))
    school.hand_in("broken", one="{", two=school.right("two"))
    odd, answer = school.right(), school.right("two")
    cell_of(odd, "one-add").source = ADD_RIGHT + "\n" + ODD
    cell_of(odd, "one-mul").source = "def mul(a, b):\n    raise ValueError('<b>`so`</b> ' * 30)"
    odd.cells.insert(1, nbformat.v4.new_code_cell("%%bash\necho 1 > x"))
    odd.cells.insert(2, nbformat.v4.new_raw_cell("<script>alert(1)</script>"))
    cell_of(answer, "two-why").source = ANSWER
    cell_of(answer, "two-why").attachments = {"it.png": {"image/png": PICTURE}}
    school.hand_in("odd", one=odd, two=answer)


def _add_what_sealgrade_does_not_run(root: Path) -> None:
    """A notebook that was graded by other means can have outputs that sealgrade lets nobody make."""
    path = root / "autograded/odd/ex/one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    drawn = {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'}
    sized = {"image/jpeg": {"width": 30, "height": "1 onload=alert(1)"}}
    cell_of(notebook, "one-add").outputs += [
        nbformat.v4.new_output("display_data", drawn),
        nbformat.v4.new_output("execute_result", {"image/jpeg": PICTURE + "\n"}, metadata=sized),
        nbformat.v4.new_output("display_data", {"application/javascript": "alert(1)", "text/latex": "$a<b$"}),
    ]
    nbformat.write(notebook, path)


def _mark_by_hand(root: Path) -> None:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for student, score in (("ada", 4.25), ("odd", 0.5)):
            grade = gradebook.find_grade("two-why", "two", "ex", student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, 0.125, False
            comment = gradebook.find_comment("two-why", "two", "ex", student)
            comment.manual_comment = "Well *said*, <script>but</script> ![see](x.png) $a<b$"
        gradebook.find_comment("one-add", "one", "ex", "ada").manual_comment = "Nice."
        gradebook.find_submission_notebook("one", "ex", "late").late_submission_penalty = 2.5
        gradebook.db.commit()


@pytest.fixture(scope="module")
def graded(_released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pages") / "course"
    shutil.copytree(_released_course, root)
    school = Class(root)
    _hand_in(school)
    school.course.close()
    command = [sys.executable, "-m", "sealgrade", "grade", "ex"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    _add_what_sealgrade_does_not_run(root)
    _mark_by_hand(root)
    return root


@pytest.fixture(scope="module")
def theirs(graded: Path) -> dict[str, str]:
    return pages_of_nbgrader(graded, "ex")


@pytest.fixture(scope="module")
def ours(graded: Path) -> dict[str, str]:
    return pages_of_ours(graded, "ex")


def _notebook(root: Path, path: str) -> Any:
    return json.loads((root / "autograded" / f"{path}.ipynb").read_bytes())


def test_both_ways_make_the_same_pages(theirs: dict[str, str], ours: dict[str, str]) -> None:
    assert len(ours) == 10
    assert ours == theirs


def test_the_pages_show_what_was_handed_in_graded_and_said(ours: dict[str, str]) -> None:
    for path, expected in {
        "late/ex/one": "Late submission penalty: &minus;2.5 points",
        "untouched/ex/one": "not written yet",
        "broken/ex/one": "About this submission",
        "ada/ex/two": "<strong>Comment:</strong></p><p>Well <em>said</em>",
        "odd/ex/two": f'<img src="data:image/png;base64,{PICTURE}" alt="it"',
        "odd/ex/one": "data:image/svg+xml;base64,",
    }.items():
        assert expected in ours[path], path


def test_a_course_that_sets_its_own_template_gets_it_as_nbconverts_own_exporter_makes_it_but_for_the_policy(
    graded: Path, tmp_path: Path
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.FeedbackExporter.template_name = "feedback"  # nbgrader\'s\n')

    ours = pages_of_ours(root, "ex")

    assert ours == pages_of_nbgrader(root, "ex")
    plain = "--GenerateFeedback.exporter_class=nbconvert.exporters.HTMLExporter"
    for path, page in pages_of_nbgrader(root, "ex", plain).items():
        soup = BeautifulSoup(ours[path], "html.parser")
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy is not None
        policy.next_sibling.extract()  # type: ignore[union-attr]  # the end of its line
        policy.extract()
        assert str(soup) == page, path
        assert "MathJax" in page


def test_hidden_tests_and_the_tracebacks_through_them_are_shown_in_both_ways_when_the_course_says_so(
    graded: Path, ours: dict[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("c.SealgradeCourse.feedback_shows_hidden_tests = True\n")

    released = pages_of_ours(root, "ex")

    assert released == pages_of_nbgrader(root, "ex")
    assert "secret_sum" in released["ada/ex/one"]
    assert "secret_sum" not in ours["ada/ex/one"]
    assert "Traceback" in released["odd/ex/one"]
    assert "1 point a word" not in released["ada/ex/two"], "rubrics stay with the instructor"


def test_a_notebook_is_not_changed_by_making_its_page(graded: Path) -> None:
    grades, notebook = grades_of(graded, "ex")["odd/ex/one"], _notebook(graded, "odd/ex/one")
    before = json.dumps(notebook)
    page = feedback_page(notebook, grades, config_of(graded))
    assert json.dumps(notebook) == before
    assert feedback_page(nbformat.from_dict(notebook), grades, config_of(graded)) == page


def test_what_one_student_wrote_is_not_on_the_next_ones_page(graded: Path, ours: dict[str, str]) -> None:
    grades = grades_of(graded, "ex")
    again = {path: feedback_page(_notebook(graded, path), grades[path], config_of(graded)) for path in reversed(grades)}
    assert again == ours


def test_a_cell_that_claims_to_be_sealgrades_own_is_cleaned_like_any_other(graded: Path) -> None:
    notebook = _notebook(graded, "ada/ex/two")
    forged = {"cell_type": "markdown", "id": "f", "metadata": {"sealgrade": "0" * 64}, "source": "<script>1</script>!"}
    notebook["cells"].append(forged)
    page = feedback_page(notebook, grades_of(graded, "ex")["ada/ex/two"])
    assert "<script>1" not in page


def test_hidden_tests_and_rubrics_with_the_courses_own_delimiters_are_left_out_in_both_ways(
    graded: Path, tmp_path: Path
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.ClearHiddenTests.begin_test_delimeter = "HIDE FROM HERE"\n')
        config.write('c.ClearHiddenTests.end_test_delimeter = "HIDE TO HERE"\n')
        config.write('c.ClearMarkScheme.begin_mark_scheme_delimeter = "RUBRIC BEGINS"\n')
        config.write('c.ClearMarkScheme.end_mark_scheme_delimeter = "RUBRIC ENDS"\n')
    for path in (root / "autograded").rglob("*.ipynb"):
        text = (
            path.read_text().replace("BEGIN HIDDEN TESTS", "HIDE FROM HERE").replace("END HIDDEN TESTS", "HIDE TO HERE")
        )
        path.write_text(text.replace("BEGIN MARK SCHEME", "RUBRIC BEGINS").replace("END MARK SCHEME", "RUBRIC ENDS"))

    ours = pages_of_ours(root, "ex")

    assert ours == pages_of_nbgrader(root, "ex")
    assert not [path for path, page in ours.items() if "secret_sum" in page or "1 point a word" in page]


def test_a_region_that_does_not_end_makes_no_page(graded: Path) -> None:
    notebook = _notebook(graded, "ada/ex/one")
    cell = next(cell for cell in notebook["cells"] if "BEGIN HIDDEN TESTS" in "".join(cell["source"]))
    cell["source"] = "".join(cell["source"]).replace("END HIDDEN TESTS", "")
    with pytest.raises(ValueError, match="no 'END HIDDEN TESTS'"):
        feedback_page(notebook, grades_of(graded, "ex")["ada/ex/one"])


def test_a_cell_that_the_gradebook_does_not_know_makes_no_page(graded: Path) -> None:
    unknown = Grades("ex", "one", "ada", score=0, max_score=9)
    with pytest.raises(CourseError, match="one-add"):
        feedback_page(_notebook(graded, "ada/ex/one"), unknown)
