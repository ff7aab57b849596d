"""Figures behind a hidden test are drawn once only, and everything comes out as if they were drawn each time."""

import copy
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sealgrade.candidate.plan import default_plan
from sealgrade.engine import zygote_for
from sealgrade.examiner import notebook as module
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.notebook import Limits, NotebookRun

HIDDEN = "### BEGIN HIDDEN TESTS\nassert double(2) == 4\n### END HIDDEN TESTS"
PLT = "import matplotlib.pyplot as plt\nimport numpy as np\nseen = []\n"


def graded(*sources: str, seconds: float = 20) -> tuple[Any, list[str]]:
    """Run cells, of which those that speak of `assert` are tests; return the notebook and the cells that ran."""
    cells = [new_code_cell("def double(x):\n    return 2 * x", metadata=_marks("answer", False)), *map(_cell, sources)]
    cells.insert(1, _cell(HIDDEN))
    notebook = new_notebook(cells=cells)
    ran: list[str] = []

    class Noted(Candidate):
        def run(self, source: str, label: str, draws: bool = True) -> bool:
            ran.append(f"{'drawn' if draws else 'undrawn'}: {source}")
            return super().run(source, label, draws)

    limits = Limits(seconds=seconds)
    NotebookRun(
        notebook, copy.deepcopy(notebook), lambda hear: Noted(zygote_for(default_plan(), ()), hear, 5), limits=limits
    ).run()
    return notebook, ran


def _cell(source: str) -> Any:
    return new_code_cell(source, metadata=_marks(f"test-{len(source)}", True) if "assert" in source else {})


def _marks(name: str, grade: bool) -> dict[str, Any]:
    marks = {"grade_id": name, "grade": grade, "solution": not grade, "locked": grade, "points": 1, "schema_version": 3}
    return {"nbgrader": {**marks, "cell_type": "code"}}


def plain(notebook: Any) -> Any:
    """What a notebook says, without the numbers that no two cells share."""
    return [(cell.source, cell.outputs, cell.execution_count, cell.metadata) for cell in notebook.cells], dict(
        notebook.metadata
    )


def test_a_figure_behind_a_hidden_test_is_drawn_once_and_shown() -> None:
    notebook, ran = graded(f"{PLT}plt.plot([1, 2])\nplt.show()", "assert double(3) == 6")
    assert [line.startswith("drawn") for line in ran if "plt.show" in line] == [False, True]
    (figure,) = notebook.cells[2].outputs
    assert "image/png" in figure.data


def test_a_cell_behind_the_last_test_is_run_once_if_there_is_something_to_show_anyway() -> None:
    _, ran = graded("print(1)", "assert double(3) == 6", "print(2)")
    assert [line for line in ran if "print(2)" in line] == ["drawn: print(2)"]


def test_cells_behind_the_last_one_that_shows_something_are_run_once() -> None:
    _, ran = graded("print(1)", "x = 3", "assert double(x) == 6")
    assert [line for line in ran if "x = 3" in line] == ["undrawn: x = 3"]


ODD = {
    "a title that cannot be drawn": [f"{PLT}plt.title('$\\\\nosuch$')\nplt.show()", "assert double(3) == 6", "1 / 0"],
    "a picture too large for the memory": [
        f"{PLT}plt.figure(figsize=(600, 600))\nplt.plot([1])\nplt.show()",
        "assert double(3) == 6",
    ],
    "an artist that fills the answer": [
        f"{PLT}class Spy(plt.Line2D):\n    def draw(self, renderer):\n        seen.append(1)\n"
        "plt.gca().add_line(Spy([0, 1], [0, 1]))\nplt.show()",
        "assert len(seen) > 0",
    ],
    "labels of ticks that note that they are asked for": [
        f"{PLT}plt.plot([1, 2])\nplt.gca().xaxis.set_major_formatter(lambda x, _: seen.append(x) or 'x')\nplt.show()",
        "assert len(seen) > 0",
    ],
    "a test that looks where the axes are": [
        f"{PLT}figure, axes = plt.subplots(layout='constrained')\nplt.ylabel('y' * 9)\nplt.show()",
        "place = getattr(axes, 'get_posi' + 'tion')().x0\nassert place == 0, place",
    ],
    **{
        f"{what}, read in plain numbers{', of a figure that is left open' * (not show)}": [
            f"{PLT}figure, ax = plt.subplots()\nc = ax.scatter([1, 2], [1, 3], c=[0.1, 0.9])\n{do}\n{show}",
            f"value = {read}\nassert {expected}, value",
        ]
        for what, do, read, expected in [
            ("limits of equal axes", "ax.axis('equal')", "ax.get_xlim()", "len(value) == 2 and value[0] < 0"),
            ("colours of points", "", "c.get_facecolors()", "len(value) == 2"),
            ("a place on the page", "", "tuple(ax.transData.transform((0, 0)))", "value[0] < 0"),
            ("an arrow's scale", "q = ax.quiver([1.0], [1.0], [1.0], [1.0])", "q.scale", "value is not None"),
            (
                "limits that are told",
                "ax.callbacks.connect('xlim_changed', seen.append)\nax.plot([9])",
                "len(seen)",
                "value > 0",
            ),
        ]
        for show in ("plt.show()", "")
    },
    "a drawing that takes too long": [
        f"{PLT}plt.plot(np.random.rand(1_000_000), 'o')\nplt.show()",
        "assert double(3) == 6",
        "print(double(3))",
    ],
    "a cell that ends python behind the last test": ["print(1)", "assert double(3) == 6", "import os\nos._exit(1)"],
}


@pytest.mark.parametrize("name", ODD)
def test_verdicts_and_what_is_shown_are_those_of_figures_that_are_drawn_each_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 0.5 if "too long" in name else 20
    quick, _ = graded(*ODD[name], seconds=seconds)
    monkeypatch.setattr(module, "depends_on_drawing", lambda cells: True)
    slow, ran = graded(*ODD[name], seconds=seconds)
    assert not any(line.startswith("undrawn") for line in ran)
    assert plain(quick) == plain(slow)


COUNTS = "labels that count how often they are asked for"
FIGURES = {
    "logarithmic axes that share one": "a = plt.subplots(2, 2, sharex=True)[1]; a[0, 0].loglog(x); a[1, 1].semilogy(x)",
    "a layout that is computed": "_, a = plt.subplots(2, layout='constrained'); a[0].plot(x, 1e6 * x); a[1].plot(x)",
    "twins": "plt.plot(x); plt.twinx().plot(1e-7 * x); plt.tight_layout(); plt.title('$x^2$')",
    "dates": "plt.plot(np.datetime64('2020-01-01') + np.arange(5), x[:5]); plt.gcf().autofmt_xdate()",
    "words": "plt.bar(['a', 'bb', 'ccc'], [1, 2, 3]); plt.xticks(rotation=40)",
    "three dimensions": "plt.subplot(projection='3d').plot(x, x, x)",
    "angles": "plt.subplot(projection='polar').plot(x, x)",
    "equal units": "plt.plot(x, 2 * x); plt.gca().set_aspect('equal'); plt.minorticks_on(); plt.grid(which='both')",
    COUNTS: ("plt.plot(x); plt.gca().xaxis.set_major_formatter(lambda v, _: count.append(v) or f'{len(count):.0e}')"),
}


PRINT = "from IPython.core.pylabtools import print_figure; print(print_figure(figure, base64=True)); plt.close()"


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_is_the_one_that_matplotlib_draws(name: str) -> None:
    assert picture(name, "plt.show()") == printed(name, PRINT)


@pytest.mark.parametrize("name", [name for name in FIGURES if name != COUNTS])
def test_a_picture_at_the_end_of_a_cell_is_the_one_of_jupyter_which_draws_it_once_more(name: str) -> None:
    assert picture(name, "None") == printed(name, f"figure.canvas.draw(); {PRINT}")


def picture(name: str, end: str) -> str:
    """What is shown of a figure."""
    return str(output(name, end).data["image/png"])


def printed(name: str, end: str) -> str:
    """What a cell prints that makes a figure."""
    return str(output(name, end).text.strip())


def output(name: str, end: str) -> Any:
    """The one output of a cell that makes a figure."""
    source = f"{PLT}x = np.linspace(0.1, 5, 50); {FIGURES[name]}; figure = plt.gcf(); count = []; {end}"
    notebook = new_notebook(cells=[new_code_cell(source)])
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote_for(default_plan(), ()), hear, 5)).run()
    (found,) = notebook.cells[0].outputs
    return found


def test_formulas_can_be_drawn_though_the_process_was_copied_from_one_that_has_drawn_some() -> None:
    draw = "import matplotlib.pyplot as plt\nplt.loglog([1, 1000])\nplt.title('$x$, $x_1$')\nplt.show()"
    notebook = new_notebook(cells=[new_code_cell(draw)])
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote_for(default_plan(), ()), hear, 5)).run()
    (shown,) = notebook.cells[0].outputs
    assert "image/png" in shown.data


@pytest.mark.parametrize("kind", ["pdf", "svg", "ps"])
def test_a_figure_can_be_saved_in_a_format_that_embeds_its_fonts(kind: str) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.rcParams.update({'pdf.fonttype': 42, 'ps.fonttype': 42})\n"
    draw += f"plt.title('$x_1^2$ and text')\nplt.savefig('figure.{kind}')\nplt.close()\nprint('saved')"
    notebook = new_notebook(cells=[new_code_cell(draw)])
    NotebookRun(notebook, notebook, lambda hear: Candidate(zygote_for(default_plan(), ()), hear, 5)).run()
    (shown,) = notebook.cells[0].outputs
    assert shown.text == "saved\n"
