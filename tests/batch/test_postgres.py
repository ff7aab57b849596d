"""The gradebook in PostgreSQL: the same class gets the same rows as in SQLite."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from sealgrade.grading import grade
from sealgrade.release import release
from sealgrade.report import read_results

from ..small_course import Class, cell_of, write_course
from .looking import rows

_TOOLS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
_USER = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
_SECRET = "for-nobody-to-see"

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of our own, in a temporary folder, without a port; it refuses to run as root."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra `postgres`)")
    if not _TOOLS:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    if os.geteuid() == 0 and not any(entry.pw_name == _USER for entry in pwd.getpwall()):
        pytest.skip("there is no user `postgres` to run PostgreSQL as")
    # Not below pytest's own folder, which is closed to other users; and the path of a socket has to be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)

    def tool(*command: str) -> None:
        name, *rest = command
        options = {"user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": ()} if os.geteuid() == 0 else {}
        subprocess.run(
            [_TOOLS[0] / name, *rest],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            **options,
        )

    data = str(folder / "data")
    try:
        tool("initdb", "-D", data, "-A", "trust", "-U", "grader", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        tool("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://grader:{_SECRET}@/postgres?host={folder}"
        finally:
            tool("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hand_in(school: Class, moment: str, answer: str) -> None:
    one, two = school.right(), school.right("two")
    cell_of(one, "one-mul").source = answer
    school.hand_in("ada", one=school.right(), two=two, timestamp=moment)
    school.hand_in("bob", one=one, timestamp=moment)
    school.hand_in("eve", one="{", two=school.released("two"), timestamp=moment)
    school.hand_in("nil", timestamp=moment)


def graded_twice(school: Class, here: Executor) -> tuple[list[Any], Any]:
    """Grade, give a mark, hand in anew, grade; return the results and the rows."""
    course = school.course
    hand_in(school, "2024-05-01 10:00:00 UTC", "def mul(a, b):\n    return a * b")
    grade(course, "ex", executor=here)
    with course.nbgrader.gradebook() as gradebook:
        given = gradebook.find_grade("two-why", "two", "ex", "ada")
        given.manual_score, given.needs_manual_grade = 4, False
        gradebook.db.commit()
    hand_in(school, "2024-05-03 10:00:00 UTC", "import os\nos._exit(1)")
    run = grade(course, "ex", executor=here)
    assert grade(course, "ex", executor=here).graded == []
    results = [result.as_json() for result in read_results(course, "ex", run)]
    found = rows(course.directories.db_url)
    course.close()
    return results, found


@pytest.fixture(scope="module")
def both(address: str, tmp_path_factory: Any, _released_course: Path, here: Executor) -> Any:
    """The course of which the second has its gradebook in PostgreSQL; and what came of each."""
    root = tmp_path_factory.mktemp("sqlite")
    shutil.copytree(_released_course, root, dirs_exist_ok=True)
    sqlite = graded_twice(Class(root), here)
    root = tmp_path_factory.mktemp("postgres")
    write_course(root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.CourseDirectory.db_url = {address!r}\n")
    school = Class(root)
    release(school.course, "ex")
    return root, sqlite, graded_twice(school, here)


def test_the_same_rows_are_in_both(both: Any) -> None:
    _, (_, sqlite), (_, postgres) = both
    assert sqlite.keys() <= postgres.keys()
    for table in sqlite:
        assert sqlite[table] == postgres[table], table


def test_the_same_results_are_told(both: Any) -> None:
    _, (sqlite, _), (postgres, _) = both
    assert sqlite == postgres


def test_the_password_is_told_nobody(both: Any) -> None:
    command = [sys.executable, "-m", "sealgrade", "grade", "ex", "--json"]
    done = subprocess.run(command, cwd=both[0], capture_output=True, text=True, check=True)
    assert _SECRET not in done.stdout + done.stderr
    assert "postgresql" in done.stdout


def test_a_server_that_is_not_there_is_an_error_in_one_line(both: Any) -> None:
    root = both[0]
    config = root / "nbgrader_config.py"
    before = config.read_text()
    url = f"postgresql+psycopg://grader:{_SECRET}@/postgres?host={root}"
    config.write_text(f"{before}c.CourseDirectory.db_url = {url!r}\n")
    command = [sys.executable, "-m", "sealgrade", "grade", "ex"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    config.write_text(before)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be read" in done.stderr
    assert _SECRET not in done.stderr
    assert "Traceback" not in done.stderr
