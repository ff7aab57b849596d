"""What our own processes have loaded beside `loaded`, where they make pages: and one page has been made.

The first page takes a quarter of a second more than the next ones, for templates, grammars and the like. What is
compiled for it is the same for all pages, unless the course has a template of its own.
"""

from contextlib import suppress
from typing import Any

from sealgrade.imports import for_good

_CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": "# A *title*\n\n- $x_1^2$ and `code`"},
    {
        "cell_type": "code",
        "source": "def f(x):\n    return x",
        "execution_count": 1,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
    },
]
_PAGE = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    "cells": [{"id": f"cell-{number}", "metadata": {}, **cell} for number, cell in enumerate(_CELLS)],
}

with for_good():
    from sealgrade.grades import Grades
    from sealgrade.pages import feedback_page

    with suppress(Exception):  # the page that needs it will say so
        feedback_page(_PAGE, Grades("", "", "", 0, 0))
