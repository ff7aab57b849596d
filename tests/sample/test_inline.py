from pathlib import Path

import pytest

from sealgrade.inline import InlineError, inline


def test_an_import_from_the_course_becomes_its_source_with_all_that_it_needs(course: Path) -> None:
    known: set[str] = set()

    text = inline("from answers.shapes import scaled\n\nprint(scaled(1.0))", known, course)

    assert "answers" not in text
    assert text.index("import math as m") < text.index("def area") < text.index("def twice") < text.index("def scaled")
    assert {"m", "area", "twice", "scaled", "Number", "_SCALE"} <= known
    assert "UNUSED" not in text
    assert "Fraction" not in text
    namespace: dict[str, object] = {}
    exec(text, namespace)
    assert "answers" not in namespace


def test_comments_and_docstrings_stay_and_remarks_to_the_linter_go(course: Path) -> None:
    text = inline("from answers.shapes import area", set(), course)

    assert "# A remark about the circle.\ndef area(radius: Number) -> Number:\n" in text
    assert '"""Return the area of a circle."""' in text
    assert "# the formula" in text
    assert "noqa" not in text


def test_known_names_are_not_repeated_but_names_asked_for_are(course: Path) -> None:
    known = {"area", "Number", "twice"}

    text = inline("from answers.shapes import twice", known, course)

    assert "def twice" in text
    assert "def area" not in text
    assert "Number: " not in text
    assert "import" not in text


def test_a_name_reexported_by_the_package_is_found_where_it_is_defined(course: Path) -> None:
    assert "def area" in inline("from answers import area", set(), course)


def test_an_alias_is_kept(course: Path) -> None:
    text = inline("from answers.shapes import area as disc", set(), course)

    namespace: dict[str, object] = {}
    exec(text, namespace)
    assert namespace["disc"] is namespace["area"]


def test_the_rest_of_the_cell_stays_magics_included(course: Path) -> None:
    text = inline("%matplotlib inline\nimport os\nfrom answers.shapes import area\narea(1.0)", set(), course)

    assert text.startswith("%matplotlib inline\nimport os\n\nimport math as m\n")
    assert text.endswith("\n\n\narea(1.0)")


def test_a_cell_without_imports_from_the_course_is_left_as_it_is(course: Path) -> None:
    assert inline("import os\n\n\nx = 1\n", set(), course) == "import os\n\n\nx = 1\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import answers.shapes", "Write `from answers.shapes import NAME"),
        ("from answers.shapes import *", "Write `from answers.shapes import NAME"),
        ("def f():\n    from answers.shapes import area", "Line 2: move this import"),
        ("from answers.shapes import sphere", "does not define sphere"),
        ("from answers.forms import area", "no module answers.forms"),
    ],
)
def test_an_import_that_cannot_be_replaced_is_refused_with_what_to_write(
    course: Path, source: str, message: str
) -> None:
    with pytest.raises(InlineError, match=message):
        inline(source, set(), course)


def test_one_name_for_two_things_is_refused(course: Path) -> None:
    (course / "answers/other.py").write_text("def area():\n    return 0\n\n\ndef empty():\n    return area()\n")

    with pytest.raises(InlineError, match=r"area is both answers\.shapes\.area and answers\.other\.area"):
        inline("from answers.shapes import twice\nfrom answers.other import empty", set(), course)
