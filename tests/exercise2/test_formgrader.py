"""Formgrader, the instructors' view inside JupyterLab, works on this course: a real server, started in a copy of it.

Formgrader reads `nbgrader_config.py` from the folder where `jupyter lab` was started, so it is started in the course.
"""

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sealgrade.bank import load_bank
from sealgrade.course import Course
from sealgrade.grading import grade
from sealgrade.inline import solved_cells
from sealgrade.release import release
from sealgrade.report import StudentResult, read_results
from sealgrade.sample_work import fill_in, read_release
from tests.exercise2.sealed import ROOT
from tests.feedback_pages import pages_of_nbgrader, pages_of_ours
from tests.jupyter import TOKEN, ask, jupyter_lab

pytestmark = pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed")

STUDENT = "ada"
HANDED_IN = ("task5", "task6")


@dataclass(frozen=True)
class Server:
    """JupyterLab in the course's folder."""

    root: Path
    url: str

    def request(self, path: str, method: str = "GET", body: Any = None) -> str:
        """Return what the server answers."""
        return ask(self.url, path, method, body)

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Return the JSON that formgrader's API answers."""
        return json.loads(self.request(f"formgrader/api/{path}", method, body))

    def submitted_notebook(self, name: str) -> dict[str, Any]:
        """Return what formgrader's table of submissions lists of the student's notebook."""
        (found,) = self.api(f"submitted_notebooks/exercise2/{name}")
        assert found["student"] == STUDENT
        return dict(found)

    def grades(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the grades of the student's notebook, by the cell's name."""
        found = self.api(f"grades?submission_id={self.submitted_notebook(name)['id']}")
        return {grade["name"]: grade for grade in found}


def graded(root: Path, force: bool = False) -> StudentResult:
    """Grade as `sealgrade grade` does and return the student's result."""
    with closing(Course(root)) as course:
        (result,) = read_results(course, "exercise2", grade(course, "exercise2", force=force))
    return result


def hand_in(root: Path) -> None:
    """Hand in two of the three notebooks, with right work but for one mistake in backprop."""
    bank = {entry.name: entry for entry in load_bank(ROOT / "bank/exercise2")}
    cells = bank["backprop-slope-at-activation"].apply(solved_cells(root, "exercise2"))
    work = fill_in(read_release(root / "release/exercise2"), cells)
    folder = root / "submitted" / STUDENT / "exercise2"
    folder.mkdir(parents=True)
    for name, data in work.files():
        if Path(name).stem in HANDED_IN:
            (folder / name).write_bytes(data)
    (folder / "timestamp.txt").write_text("2024-05-01 10:00:00 UTC")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the course with one submission, graded."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("source", "release", "solution", "marking"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    with closing(Course(root)) as course:
        release(course, "exercise2")
    hand_in(root)
    graded(root)
    return root


@pytest.fixture(scope="module")
def server(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with jupyter_lab(course, tmp_path_factory.mktemp("jupyter")) as url:
        yield Server(course, url)


def test_formgrader_runs_with_the_courses_own_configuration(server: Server) -> None:
    page = server.request("formgrader/manage_assignments")

    assert "sealgrade.nbgrader_plugin.Recover" in page


def test_the_assignment_is_listed_with_its_notebooks_and_points(server: Server) -> None:
    (assignment,) = server.api("assignments")
    notebooks = server.api("notebooks/exercise2")

    assert assignment["name"] == "exercise2"
    assert assignment["duedate"] == "2024-05-02T21:59:59"
    assert assignment["max_score"] == 100 + 5
    assert assignment["num_submissions"] == 1
    assert {n["name"]: n["max_score"] for n in notebooks} == {"task5": 25, "task6": 50, "task7": 25 + 5}


@pytest.mark.parametrize(
    "page",
    [
        "manage_submissions/exercise2",
        "gradebook",
        "gradebook/exercise2",
        "gradebook/exercise2/task5",
        "manage_students",
        f"manage_students/{STUDENT}/exercise2",
    ],
)
def test_each_page_of_formgrader_opens(server: Server, page: str) -> None:
    assert "nbgrader" in server.request(f"formgrader/{page}")


def test_a_submission_has_the_score_that_sealgrade_gave(server: Server) -> None:
    ours = graded(server.root)
    (listed,) = server.api("submissions/exercise2")

    assert listed["student"] == STUDENT
    assert listed["autograded"]
    assert listed["needs_manual_grade"]
    assert listed["score"] == ours.total + ours.bonus
    assert ours.total == 20 + 38, "the mistake costs 10 points of 48, the rest waits for a person"


def test_the_autograde_button_gives_the_same_score_again(server: Server) -> None:
    before = {name: server.grades(name) for name in HANDED_IN}

    answer = server.api(f"submission/exercise2/{STUDENT}/autograde", "POST", {})

    assert answer["success"], answer
    after = {name: server.grades(name) for name in HANDED_IN}
    assert after["task6"]["task6-backprop-test-single"]["auto_score"] == 0, "the mistake"
    for name in HANDED_IN:
        scores = {cell: found["auto_score"] for cell, found in after[name].items()}
        assert scores == {cell: found["auto_score"] for cell, found in before[name].items()}


@pytest.mark.parametrize(
    ("notebook", "rubric"),
    [("task5", "the error goes back through the transposed matrix"), ("task6", "the data of both classes on top")],
)
def test_whoever_marks_by_hand_sees_the_rubric_beside_the_answer_and_students_do_not(
    server: Server, notebook: str, rubric: str
) -> None:
    page = server.request(f"formgrader/submissions/{server.submitted_notebook(notebook)['id']}/")

    assert rubric in page
    assert rubric not in (server.root / "submitted" / STUDENT / "exercise2" / f"{notebook}.ipynb").read_text()
    assert rubric not in (server.root / "feedback" / STUDENT / "exercise2" / f"{notebook}.html").read_text()


def test_a_mark_given_by_hand_counts_in_sealgrades_result_and_outlives_a_regrade(server: Server) -> None:
    before = graded(server.root)
    score = server.grades("task5")["task5-derivation"]
    comments = server.api(f"comments?submission_id={server.submitted_notebook('task5')['id']}")
    (comment,) = [found for found in comments if found["name"] == "task5-derivation"]
    assert score["needs_manual_grade"]
    assert score["max_score"] == 5

    answer = server.api(f"grade/{score['id']}", "PUT", {"manual_score": 3.5})
    server.api(f"comment/{comment['id']}", "PUT", {"manual_comment": "Where is the transpose?"})

    assert answer["manual_score"] == 3.5
    after = graded(server.root)
    assert not after.graded_now, "only the feedback is written again"
    assert after.total == before.total + 3.5
    assert after.pending() == before.pending() - 5
    feedback = server.root / "feedback" / STUDENT / "exercise2/task5.html"
    assert "Where is the transpose?" in feedback.read_text()
    again = graded(server.root, force=True)
    assert again.graded_now
    assert again.total == after.total
    assert server.api(f"submission/exercise2/{STUDENT}")["score"] == again.total + again.bonus


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_shows_the_assignment_and_the_submission(server: Server, tmp_path: Path) -> None:
    # The tables are filled by JavaScript, from the API.
    assert ">exercise2</a>" in _as_a_browser_shows_it(server, "/formgrader/manage_assignments", tmp_path / "one")
    assert f">{STUDENT}</td>" in _as_a_browser_shows_it(
        server, "/formgrader/manage_submissions/exercise2", tmp_path / "two"
    )


def _as_a_browser_shows_it(server: Server, path: str, profile: Path) -> str:
    # Through the login page: its cookie holds for the whole server, one that a page of formgrader sets does not.
    url = f"{server.url}/login?{urllib.parse.urlencode({'token': TOKEN, 'next': path})}"
    options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --virtual-time-budget=15000"
    done = subprocess.run(
        ["chromium", *options.split(), f"--user-data-dir={profile}", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_feedback_without_nbgrader_is_what_nbgraders_command_writes(course: Path) -> None:
    ours = pages_of_ours(course, "exercise2")

    assert len(ours) == len(HANDED_IN)
    assert ours == pages_of_nbgrader(course, "exercise2")
