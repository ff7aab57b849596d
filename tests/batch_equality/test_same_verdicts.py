"""The fast way changes nothing: `sealgrade grade` and `nbgrader autograde` with our preprocessors agree in all."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.small_course import ADD_RIGHT, MUL_RIGHT, Class, cell_of, write_course

_GRADES = """
    select s.student_id, n.name, b.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
    from grade g join base_cell b on b.id = g.cell_id join submitted_notebook m on m.id = g.notebook_id
    join submitted_assignment s on s.id = m.assignment_id join notebook n on n.id = m.notebook_id order by 1, 2, 3
"""
_COMMENTS = """
    select s.student_id, n.name, b.name, c.auto_comment, c.manual_comment
    from comment c join base_cell b on b.id = c.cell_id join submitted_notebook m on m.id = c.notebook_id
    join submitted_assignment s on s.id = m.assignment_id join notebook n on n.id = m.notebook_id order by 1, 2, 3
"""
_NOTEBOOKS = """
    select s.student_id, s.timestamp, n.name, m.late_submission_penalty
    from submitted_notebook m join submitted_assignment s on s.id = m.assignment_id
    join notebook n on n.id = m.notebook_id order by 1, 3
"""


def _answered(school: Class, **answers: str) -> Any:
    notebook = school.right()
    for name, source in answers.items():
        cell_of(notebook, name.replace("_", "-")).source = source
    return notebook


def _hand_in(school: Class) -> None:
    right, two = school.right(), school.right("two")
    school.hand_in("right", one=right, two=two)
    school.hand_in("late", one=right, two=two, timestamp="2024-05-04 10:00:00 UTC")
    school.hand_in("untouched", one=school.released(), two=school.released("two"))
    school.hand_in("one-only", one=right)
    school.hand_in("not-a-notebook", one="{", two=two)
    school.hand_in("wrong", one=_answered(school, one_add="def add(a, b):\n    return a - b"), two=two)
    says = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n" + MUL_RIGHT
    school.hand_in("talks", one=_answered(school, one_mul=says), two=two)
    school.hand_in("raises", one=_answered(school, one_add=ADD_RIGHT + "\n1 / 0", one_mul="def mul(:"), two=two)
    school.hand_in("random", one=_answered(school, one_add=ADD_RIGHT + "\nimport random\nrandom.random()"), two=two)
    hangs = "def add(a, b):\n    while True:\n        pass"
    school.hand_in("hangs", one=_answered(school, one_add=hangs), two=two)
    school.hand_in("dies", one=_answered(school, one_mul="import os\nos._exit(1)"), two=two)
    moved = school.right()
    moved.cells.insert(0, moved.cells.pop())
    school.hand_in("moved", one=moved, two=two)
    twice = school.right()
    twice.cells.append(twice.cells[-1].copy())
    school.hand_in("twice", one=twice, two=two)


def _run(root: Path, *command: str) -> None:
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    whole = [str(tools / command[0]), *command[1:]]
    done = subprocess.run(whole, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same class, graded in both ways."""
    first = tmp_path_factory.mktemp("slow") / "course"
    first.mkdir()
    write_course(first)
    with (first / "nbgrader_config.py").open("a") as config:
        config.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    _run(first, "sealgrade", "release", "ex")
    school = Class(first)
    _hand_in(school)
    school.course.close()
    second = tmp_path_factory.mktemp("fast") / "course"
    shutil.copytree(first, second)
    _run(first, "nbgrader", "autograde", "ex")
    _run(second, "sealgrade", "grade", "ex", "--jobs", "2")
    return {"slow": first, "fast": second}


def _rows(root: Path, query: str) -> list[Any]:
    gradebook = sqlite3.connect(root / "gradebook.db")
    try:
        return gradebook.execute(query).fetchall()
    finally:
        gradebook.close()


@pytest.mark.parametrize("query", [_GRADES, _COMMENTS, _NOTEBOOKS], ids=["grades", "comments", "penalties"])
def test_the_gradebooks_say_the_same(both: dict[str, Path], query: str) -> None:
    slow, fast = _rows(both["slow"], query), _rows(both["fast"], query)
    assert len(fast) >= 2 * 13
    assert fast == slow


def _cells(path: Path) -> list[Any]:
    return [
        (cell["cell_type"], cell["source"], cell["metadata"].get("nbgrader"), cell.get("outputs"))
        for cell in json.loads(path.read_text())["cells"]
    ]


def test_the_autograded_notebooks_hold_the_same_cells_and_outputs(both: dict[str, Path]) -> None:
    names = {
        way: sorted(p.relative_to(root) for p in root.glob("autograded/*/ex/*.ipynb")) for way, root in both.items()
    }
    assert names["fast"] == names["slow"]
    assert len(names["fast"]) == 25
    for name in names["fast"]:
        assert _cells(both["fast"] / name) == _cells(both["slow"] / name), name
