"""Whatever makes the calls, the verdicts are the same: threads, processes, other machines."""

import pickle
import shutil
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from sealgrade.course import Course
from sealgrade.gradebook import Gradebook
from sealgrade.grading import grade
from sealgrade.intake import read_hand_in
from sealgrade.sheet import sheets
from sealgrade.work import grade_notebook

from . import varied
from .conftest import Copy
from .looking import everything

_WORK = ("all right", "greatest instead", "a guess", "numpy's guess", "ends Python", "draws", "untouched")
# Dask's processes have a seed of their own for hashes, which orders sets in messages; and threads of their own, which
# draw random numbers between those of a test.
_LEFT_TO_CHANCE_BY_DASK = {"s1", "s2", "s3"}


def graded(copies: Copy, executor: Executor | None) -> dict[str, Any]:
    school = copies("executor")
    varied.hand_in(school, {work: f"s{number}" for number, work in enumerate(_WORK)})
    run = grade(school.course, varied.NAME, executor=executor, jobs=2)
    assert not run.failures
    return everything(school.root, varied.NAME)


def rows_of(found: dict[str, Any], student: str) -> list[Any]:
    return [row for row in found["gradebook"]["grade"] if any(f"'{student}/" in cell for cell in row)]


@pytest.fixture(scope="module")
def expected(copies: Copy) -> dict[str, Any]:
    return graded(copies, None)


def test_processes_of_the_callers_find_the_same(
    copies: Copy, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        assert graded(copies, executor) == expected


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_dask_cluster_finds_the_same(copies: Copy, expected: dict[str, Any]) -> None:
    distributed = pytest.importorskip("distributed", reason="`distributed` is not installed (extra `dev`)")
    with distributed.Client(processes=True, threads_per_worker=1, n_workers=1, dashboard_address=None) as client:
        found = graded(copies, client.get_executor())
    sure = {f"s{number}" for number in range(len(_WORK))} - _LEFT_TO_CHANCE_BY_DASK
    for student in sure:
        name = f"{student}/{varied.NAME}/mix.ipynb"
        assert found["autograded"][name] == expected["autograded"][name]
        assert rows_of(found, student) == rows_of(expected, student)


def test_threads_find_the_same_points(copies: Copy, here: Executor, expected: dict[str, Any]) -> None:
    assert graded(copies, here)["gradebook"] == expected["gradebook"]


_ELSEWHERE = """
import pickle, sys
task, *arguments = pickle.loads(sys.stdin.buffer.read())
sys.stdout.buffer.write(pickle.dumps(task(*arguments)))
"""


def test_a_machine_without_the_courses_folder_finds_the_same(copies: Copy, here: Executor) -> None:
    school = copies("elsewhere")
    # A package of the course's is there too.
    (school.root / "helpers").mkdir()
    (school.root / "helpers/__init__.py").write_text("least = min\n")
    source = school.root / "source" / varied.NAME
    path = source / "mix.ipynb"
    test = "import helpers\\nassert pick([3, 1]) == helpers.least([3, 1])"
    hidden = f"### BEGIN HIDDEN TESTS\\n{test}\\n### END HIDDEN TESTS"
    path.write_text(path.read_text().replace("points = 0.0", f"{hidden}\\npoints = 0.0"))
    course = Course(school.root)
    from sealgrade.release import release

    release(course, varied.NAME)
    varied.hand_in(school, {"all right": "ada"})
    with Gradebook(course.directories.db_url) as gradebook:
        known = gradebook.assignment(varied.NAME)
    assert known is not None
    sheet = sheets(course, known)["mix"]
    folder = course.folder("submitted", varied.NAME, "ada")
    work = read_hand_in(folder, course.folder("submitted"), {"mix": sheet.released}, [])
    arguments = sheet, work.notebooks["mix"].notebook, (), work.files
    near = here.submit(grade_notebook, *arguments).result()
    assert near.scores["mix-pick-partial"] == 2.5, near.messages
    course.close()
    away = school.root.with_name("away")
    shutil.move(school.root, away)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _ELSEWHERE],
            input=pickle.dumps((grade_notebook, *arguments)),
            stdout=subprocess.PIPE,
            cwd="/",
            check=True,
        )
    finally:
        shutil.move(away, school.root)
    far = pickle.loads(done.stdout)
    assert (far.scores, far.messages, far.failure) == (near.scores, near.messages, "")
    assert far.content == near.content
    assert not list(Path("/tmp").glob("sealgrade-course-*")), "what was laid out is gone"
