"""Candidates in processes of their own: a test hands in code, and learns what each candidate said and how it ended."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sealgrade.candidate.plan import SLOT_UIDS, Plan

REPOSITORY = str(Path(__file__).parents[2])
SYSTEM_PYTHON = "/usr/bin/python3"
IS_ROOT = os.geteuid() == 0

# What a zygote does, and then one candidate for each piece of code. Namespaces are never entered by pytest itself.
ZYGOTE = """
import json, os, signal, sys, tempfile, time
task = json.load(sys.stdin)
sys.path[:0] = task["path"]
from sealgrade.candidate import confinement, kernel, probe, process
from sealgrade.candidate.plan import Layer, Plan
exec(task["imports"])
rooms = confinement.prepare(Plan.from_json(task["plan"]))
exec(task["zygote"])
outcomes = []
for code in task["codes"]:
    folder = None if "mount" in rooms.plan.layers else tempfile.mkdtemp()
    source, sink = os.pipe()
    os.environ["CANARY"] = "sings"
    inherited = os.open("/dev/null", os.O_RDONLY)
    started = time.perf_counter()
    pid = confinement.fork(rooms)
    if pid == 0:
        def say(value):
            os.write(sink, json.dumps(value).encode() + b"\\n")
        try:
            confinement.make_scratch(rooms, folder)
            confinement.confine(rooms, keep=[sink])
            exec(code, {"say": say, "ZYGOTE": task["me"], "inherited": inherited, "kernel": kernel, "process": process})
            os._exit(0)
        except OSError as error:
            say(f"{error.strerror}")
        except BaseException as error:
            say(f"{type(error).__name__}: {error}")
        os._exit(3)
    os.close(sink)
    os.close(inherited)
    with open(source) as said:
        lines = [json.loads(line) for line in said]
    _, status = os.waitpid(pid, 0)
    outcomes.append({"said": lines, "code": os.waitstatus_to_exitcode(status)})
    if folder:
        import shutil
        shutil.rmtree(folder, ignore_errors=True)
print(json.dumps(outcomes))
"""


@dataclass
class Outcome:
    """What a candidate said, and its exit code."""

    said: list[Any]
    code: int


@dataclass
class Grader:
    """A user and a Python that candidates are started with."""

    name: str
    python: str
    uid: int | None = None  # None: as pytest itself
    plan: Plan = field(default_factory=Plan)

    @property
    def is_root(self) -> bool:
        return IS_ROOT and self.uid is None

    def command(self) -> list[str]:
        return [self.python, "-s", "-S", "-P", "-B", "-c", ZYGOTE]

    def run(
        self, *codes: str, without: tuple[str, ...] = (), imports: str = "", zygote: str = "", plan: Plan | None = None
    ) -> list[Outcome]:
        """Run each code in a candidate of its own; `say` in it tells the test something."""
        plan = (plan or self.plan).without(*without)
        done = subprocess.run(
            self.command(),
            input=json.dumps(self.task(codes, plan, imports, zygote)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env={"OPENBLAS_NUM_THREADS": "1"},
            **self.who(),
        )
        assert done.returncode == 0, done.stderr
        return [Outcome(**outcome) for outcome in json.loads(done.stdout)]

    def task(self, codes: tuple[str, ...], plan: Plan, imports: str = "", zygote: str = "") -> dict[str, Any]:
        path = [REPOSITORY, *(folder for folder in plan.read_only if folder.endswith("-packages"))]
        task = {"codes": codes, "plan": plan.to_json(), "imports": imports, "zygote": zygote}
        return {**task, "path": path, "me": os.getpid()}

    def who(self) -> dict[str, Any]:
        return {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}


@cache
def plan_of(python: str) -> Plan:
    """Ask a Python for its default plan."""
    code = f"import sys; sys.path.insert(0, {REPOSITORY!r}); from sealgrade.candidate import plan as p; "
    code += "print(p.default_plan().to_json())"
    done = subprocess.run([python, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Plan.from_json(done.stdout)


def _this_user(python: str = sys.executable) -> Grader:
    return Grader("root" if IS_ROOT else "plain user", python, plan=plan_of(python))


def for_all_to_read(python: str) -> bool:
    """Say whether another user could run this Python, which root's own may not be."""
    real = Path(python).resolve()
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in [*real.parents, Path(python).parent])


def _plain_user() -> Grader:
    if not IS_ROOT:
        return _this_user()
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip("a plain user's run, started by root, needs /usr/bin/python3: root's own may be hidden from others")
    version = subprocess.run([SYSTEM_PYTHON, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    if tuple(map(int, version.split(".")[:2])) < (3, 11):
        pytest.skip(f"/usr/bin/python3 is {version}: too old")
    return Grader("plain user", SYSTEM_PYTHON, SLOT_UIDS[-1], replace(plan_of(SYSTEM_PYTHON), uid=None))


@pytest.fixture(scope="session", params=["this user", "a plain user"])
def grader(request: pytest.FixtureRequest) -> Grader:
    """Who grades: the user of this run, and, where that is root, a plain one too."""
    if request.param == "a plain user" and not IS_ROOT:
        pytest.skip("this run is one of a plain user already")
    python = sys.executable if not IS_ROOT or for_all_to_read(sys.executable) else SYSTEM_PYTHON
    return _working(_this_user(python) if request.param == "this user" else _plain_user())


@pytest.fixture(scope="session")
def here() -> Grader:
    """Whoever runs the tests, with the packages of this environment."""
    return _working(_this_user())


@pytest.fixture(scope="session")
def root() -> Grader:
    if not IS_ROOT:
        pytest.skip("needs root: only root can take another uid")
    return _working(_this_user())


def _working(grader: Grader) -> Grader:
    done = subprocess.run(
        grader.command(),
        input=json.dumps(grader.task((), grader.plan)),
        capture_output=True, text=True, check=False, cwd="/", **grader.who(),
    )  # fmt: skip
    if "ConfinementError" in done.stderr:
        pytest.skip(f"this system does not give every layer to {grader.name}: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return grader
