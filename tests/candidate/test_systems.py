"""Systems that do not give every layer: the error says which and why, and the tier that is left holds."""

import json
import shutil
import subprocess

import pytest

from sealgrade.candidate.plan import SLOT_UIDS, Plan

from .conftest import SYSTEM_PYTHON, Grader, for_all_to_read, plan_of
from .test_layers import PROBE

# What docker gives to root by default.
DOCKER = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw"
IN_DOCKER = ("setpriv", f"--bounding-set={DOCKER}", "--inh-caps=-all")
WITHOUT_NAMESPACES = (
    "unshare", "--user", "--map-current-user", "--keep-caps",
    "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh",
)  # fmt: skip


def start(grader: Grader, plan: Plan, *prefix: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(prefix[0]) is None:
        pytest.skip(f"needs {prefix[0]} of util-linux")
    return subprocess.run(
        [*prefix, *grader.command()],
        input=json.dumps(grader.task((), plan, zygote=PROBE)),
        capture_output=True, text=True, timeout=60, check=False, cwd="/", **grader.who(),
    )  # fmt: skip


@pytest.fixture
def plain(grader: Grader) -> Grader:
    if grader.is_root:
        pytest.skip("a plain user's case")
    return grader


def test_a_limit_of_no_namespaces_is_named_and_tier_b_is_left(plain: Grader) -> None:
    refused = start(plain, plain.plan, *WITHOUT_NAMESPACES)
    if "ConfinementError" not in refused.stderr:
        pytest.skip(f"the limit cannot be set here: {refused.stderr}")
    assert refused.returncode == 1
    assert "ENOSPC" in refused.stderr
    assert "user.max_user_namespaces" in refused.stderr
    weaker = start(plain, plain.plan.for_tier("B"), *WITHOUT_NAMESPACES)
    (outcome,) = json.loads(weaker.stdout)
    assert outcome["said"][0] == "B", outcome


def test_root_in_a_container_is_refused_namespaces_and_has_tier_b(root: Grader) -> None:
    if not for_all_to_read(root.python):
        root = Grader("root", SYSTEM_PYTHON, plan=plan_of(SYSTEM_PYTHON))
    refused = start(root, root.plan, *IN_DOCKER)
    assert refused.returncode == 1
    assert "EPERM" in refused.stderr
    assert "outside of the container" in refused.stderr
    weaker = start(root, root.plan.for_tier("B"), *IN_DOCKER)
    (outcome,) = json.loads(weaker.stdout)
    assert outcome["said"][0] == "B", outcome
    assert outcome["said"][1]["uid"][0] == "proved"


def test_a_python_that_the_slot_cannot_read_is_refused_rather_than_failing_later(root: Grader) -> None:
    if for_all_to_read(root.python):
        pytest.skip("this Python is readable to everybody")
    refused = start(root, root.plan.for_tier("B"), "env")
    assert refused.returncode == 1
    assert f"uid {SLOT_UIDS[0]}" in refused.stderr
    assert "Install Python" in refused.stderr


def test_threads_that_were_left_running_are_named_as_the_cause(grader: Grader) -> None:
    busy = "import threading, time; threading.Thread(target=time.sleep, args=[5], daemon=True).start()"
    done = subprocess.run(
        grader.command(),
        input=json.dumps(grader.task((), grader.plan, imports=busy)),
        capture_output=True, text=True, timeout=60, check=False, cwd="/", **grader.who(),
    )  # fmt: skip
    assert "more than one thread" in done.stderr
