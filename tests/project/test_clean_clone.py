"""The two commands of the README, on a clone in an empty folder."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NESTED = "SEALGRADE_IN_A_CLONE"

needs = [
    pytest.mark.skipif(NESTED in os.environ, reason="this is the clone's own run"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is not a git checkout"),
    *(pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed") for tool in ("git", "make")),
]
pytestmark = needs


def run(folder: Path, *command: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command, cwd=folder, env=environment | {NESTED: "1"}, text=True, capture_output=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "sealgrade"
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    return folder


def test_make_grade_does_the_main_job_and_a_second_time_nothing(clone: Path) -> None:
    first = run(clone, "make", "grade", "SIZE=4")
    second = run(clone, "make", "grade", "SIZE=4")

    assert "4 graded, 0 unchanged" in first
    assert "0 graded, 4 unchanged" in second
    for made in ("gradebook.db", "autograded/sample-01-reference/exercise2", "feedback/sample-01-reference/exercise2"):
        assert (clone / made).exists()
    result = json.loads(run(clone, ".venv/bin/sealgrade", "grade", "exercise2", "--json"))
    (reference,) = [s for s in result["students"] if s["student"] == "sample-01-reference"]
    assert reference["total"] == 93, "all but the 7 points marked by hand"
    assert run(clone, "git", "status", "--porcelain") == "", "a run leaves nothing to commit"


def test_make_test_runs_the_tests(clone: Path) -> None:
    assert " passed" in run(clone, "make", "test", "PYTEST_ARGS=tests/solution --quiet")
