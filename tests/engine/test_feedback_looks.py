"""What a student reads in the feedback: points and reasons on top, then the notebook with a verdict under each test."""

import copy
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from traitlets.config import Config

from sealgrade.cells import is_grade
from sealgrade.formulas import mathml
from sealgrade.grades import Grades
from sealgrade.pages import feedback_page
from sealgrade.settings import configure

from ..small_course import cell_of
from .feedback_notebook import grades, notebook, picture

HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]


def _soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def _text(found: Any) -> str:
    return str(found.get_text(" ", strip=True))


@pytest.fixture(scope="module")
def page() -> str:
    return feedback_page(notebook(), grades())


@pytest.fixture(scope="module")
def soup(page: str) -> BeautifulSoup:
    return _soup(page)


def _row(soup: BeautifulSoup, part: str) -> str:
    (row,) = [row for row in soup.select("nav tbody tr") if row.select_one("th a").text == part]  # type: ignore[union-attr]
    return _text(row)


def _box(soup: BeautifulSoup, test: str) -> str:
    return _text(soup.select_one(f"#test-{test}"))


def test_the_head_says_how_many_points_there_are_and_how_many_wait(soup: BeautifulSoup) -> None:
    head = _text(soup.header)
    assert "7.75 of 21 points, and 0 of 2 bonus" in head
    assert "Late submission penalty: \N{MINUS SIGN}1 points" in head
    assert "5 points wait to be marked by hand" in head


def test_the_summary_names_each_part_with_its_points_its_first_failure_and_the_hint(soup: BeautifulSoup) -> None:
    assert _row(soup, "ex-forward") == (
        "ex-forward 0 / 4 ✗ not passed f is <wrong> for other numbers "
        "This fits a known mistake: the <b>bias</b> is missing. "
        "What you can check: Set all weights to 0 & look again. 1 more test of this part not passed."
    )
    assert _row(soup, "ex-bonus") == (
        "ex-bonus 0 / 2 bonus ✗ not passed your cell did not run: SyntaxError: invalid syntax"
    )


def test_each_row_of_the_summary_leads_to_its_part(soup: BeautifulSoup) -> None:
    links = [link["href"] for link in soup.select("nav a")]
    assert len(links) == 6
    for link in links:
        (target,) = soup.select(str(link))
        assert target.find_parent(id="notebook")


def test_carried_marks_are_shown_as_such_in_the_summary_and_under_the_test(soup: BeautifulSoup) -> None:
    told = "Carried forward: accepted as what follows from your own <forward> and loss"
    assert told in _row(soup, "ex-backprop")
    assert _box(soup, "ex-backprop-test-batch").startswith(f"✓ passed ex-backprop: batch 4 / 4 {told}")


def test_under_each_test_stand_its_points_its_message_and_the_hint(soup: BeautifulSoup) -> None:
    tests = [cell.metadata.nbgrader.grade_id for cell in notebook().cells if "-test" in str(cell.metadata)]
    assert [box["id"] for box in soup.select("#notebook [id^=test-ex]")][: len(tests)] == [f"test-{t}" for t in tests]
    failed = _box(soup, "ex-forward-test-values")
    assert failed.startswith("✗ not passed ex-forward: values 0 / 3 f is <wrong> for other numbers This fits a known")
    assert "◐ partly passed ex-backprop: speed 1.5 / 2" in _box(soup, "ex-backprop-test-speed")


def test_answers_marked_by_hand_show_points_and_comment_or_that_they_wait(soup: BeautifulSoup) -> None:
    assert _box(soup, "ex-why") == "… waits to be marked by hand ex-why 0 / 5"
    assert _box(soup, "ex-how").startswith("◐ marked by hand ex-how 3.25 / 5 Comment: Well said , but")
    assert soup.select_one("#test-ex-how math")
    assert _box(soup, "ex-not") == "✗ not answered ex-not 0 / 1"


def test_hidden_tests_and_tracebacks_through_them_are_not_shown_unless_a_setting_releases_them(page: str) -> None:
    assert "4711" not in page
    config = Config()
    configure(config)
    config.SealgradeCourse.feedback_shows_hidden_tests = True
    released = _soup(feedback_page(notebook(), grades(), config))
    box = _box(released, "ex-forward-test-values")
    assert "f(4711) is 1" in box
    assert "Traceback (most recent call last)" in box
    assert "secret" in box


def test_the_notes_on_the_submission_stand_before_the_points(soup: BeautifulSoup) -> None:
    notes, points = soup.select("main > *")[:2]
    assert _text(notes) == "About this submission The cell ex-bonus <was> damaged."
    assert points.name == "nav"


def test_the_page_speaks_to_the_student_and_not_to_the_author_of_the_tests() -> None:
    nb = notebook()
    nb.metadata["sealgrade"]["notes"] = ["The cell `x` was not passed: the student's code took longer than 90 seconds."]
    seen = cell_of(nb, "ex-forward-test-shape")
    seen.outputs[0].ename, seen.outputs[0].evalue = "HandleError", "<a generator of the student's> cannot be converted"
    seen.metadata["sealgrade"] = {"for_student": "What your code gave is a generator."}

    page = feedback_page(nb, grades())
    assert "your code took longer than 90 seconds" in page
    assert "What your code gave is a generator." in _box(_soup(page), "ex-forward-test-shape")
    assert "HandleError" not in page and "the student" not in page.replace("&#39;", "'")


def test_the_page_runs_no_script_and_asks_for_nothing(page: str, soup: BeautifulSoup) -> None:
    assert not soup.select("script, link, iframe, object, embed, form, base")
    assert not re.findall(r"https?://|@import|url\(", page)
    policy = str(soup.select_one("meta[http-equiv]")["content"])  # type: ignore[index]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert not [tag for tag in soup.find_all() for name in tag.attrs if name.startswith("on")]


def test_headings_go_down_one_level_at_a_time_from_a_single_first(soup: BeautifulSoup) -> None:
    levels = [int(found.name[1]) for found in soup.find_all(HEADINGS)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), levels


def test_the_page_has_what_a_screen_reader_goes_by(soup: BeautifulSoup) -> None:
    assert soup.html["lang"] == "en"  # type: ignore[index]
    assert "ex" in soup.title.text  # type: ignore[union-attr]
    assert len(soup.select("main")) == len(soup.select("nav")) == 1
    assert all(cell.get("scope") in ("col", "row") for cell in soup.select("nav th"))
    assert all(image.get("alt") for image in soup.select("img"))
    names = [tag["id"] for tag in soup.select("[id]")]
    assert len(names) == len(set(names))
    for reference in soup.select("[aria-labelledby]"):
        assert soup.find(id=reference["aria-labelledby"])
    assert soup.select_one("a.skip")["href"] == "#notebook"  # type: ignore[index]


def test_the_students_figures_are_in_the_page(soup: BeautifulSoup) -> None:
    (image,) = soup.select("figure img")
    assert str(image["src"]).startswith("data:image/png;base64,")


def test_formulas_are_mathml_in_text_answers_and_outputs(soup: BeautifulSoup) -> None:
    assert len(soup.select("math")) == 5
    assert not soup.select("code.latex")


def test_a_page_stays_below_300_kb_however_much_the_student_wrote_and_printed() -> None:
    large = notebook()
    for _ in range(40):
        large.cells.append(new_code_cell("x = 1\n" * 4_000, outputs=[new_output("stream", text="<&>\n" * 20_000)]))
        large.cells.append(new_markdown_cell("$x^2$ *text* " * 1_000))
    large.cells.append(new_code_cell("", outputs=[new_output("display_data", {"image/png": picture(2_000, 1_000)})]))
    page = feedback_page(large, grades())
    assert len(re.sub(r'data:image/[^"]*', "", page).encode()) < 300_000
    assert "because the page would become too large" in page
    assert len(_soup(page).select("figure")) == 2, "figures do not count"


def test_a_long_message_is_cut() -> None:
    long = notebook()
    cell_of(long, "ex-forward-test-shape").outputs[0].evalue = "long " * 100_000
    assert len(feedback_page(long, grades())) < 300_000


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r'\class{x" onload="alert(1)}{y}',
        r"\style{position:fixed;inset:0}{y}",
        r'\color{red" onclick="alert(1)}{y}',
        r"\unicode{x3c}script\unicode{x3e}",
        r"\mathrm{</math><img src=x onerror=alert(1)>}",
        r"x</math><script>alert(1)</script>",
        r"\hspace{9999em} x",
        r"\newcommand{\a}{\b\b}\newcommand{\b}{\c\c}\a",
        "{" * 5_000,
        r"\frac" * 400,
        r"\begin{matrix}" * 50,
        r"\nothing{<b>}",
        "\\",
        "\x00\x1b[1m",
    ],
)
def test_a_formula_does_nothing_whatever_it_says(formula: str) -> None:
    for drawn in (mathml(formula, True), _one(f"Before ${formula}$ and\n\n$$ {formula} $$\n\nafter")):
        soup = _soup(drawn)
        tags = {tag.name for tag in soup.find_all()}
        assert not tags & {"script", "img", "a", "style", "b", "annotation-xml", "semantics"}
        for tag in soup.find_all():
            assert not {name for name in tag.attrs if name.startswith("on")} | {"href", "style"} & set(tag.attrs)
            assert all("9999" not in str(value) for value in tag.attrs.values())


def test_a_formula_in_an_attribute_stays_text() -> None:
    drawn = _one('![a $x<1$ b"](one.png) <span title="$y$ <b>">s</span>')
    (image,) = _soup(drawn).select("img")
    assert image["alt"] == 'a x<1 b"'
    assert "<math" not in drawn


def test_a_formula_that_cannot_be_read_is_shown_as_it_was_written() -> None:
    assert r'<code class="latex">\unheard{of}</code>' in _one(r"See $\unheard{of}$.")


@pytest.mark.parametrize(
    "formula", [r"\sum_{i=1}^n x_i", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\|x\|_2 \le \varepsilon"]
)
def test_usual_formulas_are_read(formula: str) -> None:
    assert mathml(formula).startswith("<math")


def test_a_course_can_change_the_style_alone(tmp_path: Path, page: str) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/conf.json").write_text('{"base_template": "sealgrade_feedback"}')
    (tmp_path / "ours/page.css").write_text("body { color: rebeccapurple; }")
    config = Config()
    configure(config)
    config.HTMLExporter.template_name = "ours"
    config.HTMLExporter.extra_template_basedirs = [str(tmp_path)]

    styled = feedback_page(notebook(), grades(), config)

    assert "rebeccapurple" in styled
    assert _soup(styled).main == _soup(page).main


def test_the_pages_of_a_flagship_notebook_have_no_formula_left_unread() -> None:
    for path in sorted((Path(__file__).parents[2] / "release").rglob("*.ipynb")):
        released = nbformat.read(path, as_version=4)
        released.cells = [cell for cell in released.cells if cell.cell_type == "markdown" and not is_grade(cell)]
        soup = _soup(feedback_page(released, Grades("exercise2", path.stem, "ada", 0, 0)))
        assert soup.select("math")
        assert not soup.select("code.latex")


def test_what_is_on_one_page_does_not_depend_on_the_pages_before(page: str) -> None:
    other = copy.deepcopy(notebook())
    other.cells = [*reversed(other.cells)]
    feedback_page(other, grades())
    assert feedback_page(notebook(), grades()) == page


def _one(text: str) -> str:
    """What a page makes of one Markdown cell."""
    page = feedback_page(nbformat.v4.new_notebook(cells=[new_markdown_cell(text)]), grades())
    (found,) = _soup(page).select("#notebook .cell")
    return str(found)
