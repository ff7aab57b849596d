"""Where namespaces cannot be had: tier B through the engine; and where no tier can be had, nothing is run.

Such a machine is made without root's help: in a user namespace of its own a process may set the number of further ones
to zero, for itself. What it prints comes back as JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sealgrade.candidate.plan import default_plan
from sealgrade.examiner.zygote import ConfinementUnavailable, start

from .tries import HIT, REFUSED, tries

REPOSITORY = str(Path(__file__).parents[2])
# A plain user, to whom the files of the one who runs this belong, and who can make no namespaces.
MACHINE = """
import json, os, sys
from sealgrade.candidate import kernel
uid, gid = os.geteuid(), os.getegid()
try:
    kernel.unshare("mount", "test", kernel.CLONE_NEWUSER)
    for name, line in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
except Exception as error:
    print(json.dumps({"skip": str(error)}))
    sys.exit()
from sealgrade.candidate.plan import default_plan
from sealgrade.examiner.candidate import Candidate, Fault
from sealgrade.examiner.outputs import CellOutputs
from sealgrade.examiner.zygote import ConfinementUnavailable, start
task = json.load(sys.stdin)
plan = default_plan().without(*task["without"])
try:
    zygote = start(plan, (), task["trusted"])
except ConfinementUnavailable as error:
    print(json.dumps({"refused": str(error)}))
    sys.exit()
told = []
for code in task["codes"]:
    outputs = CellOutputs()
    candidate = Candidate(zygote, outputs.take, 2)
    folder, fault = candidate._folder, None
    try:
        candidate.start_cell(10)
        candidate.start(0, {})
        candidate.run(code, "")
    except Fault as raised:
        fault = raised.kind
    candidate.close()
    text = "".join(o.get("text", "") or o.get("evalue", "") for o in outputs.outputs)
    told.append({"text": text, "fault": fault, "folder": folder})
tier = zygote.tier
zygote.close()
print(json.dumps({"tier": tier, "told": told, "left": [t["folder"] for t in told if os.path.exists(t["folder"])]}))
"""

# What a candidate's environment holds.
GIVEN = {"HOME", "TMPDIR", "LANG", "LC_CTYPE", "PATH", "MPLBACKEND", "NBGRADER_EXECUTION"}


def on_such_a_machine(*codes: str, without: tuple[str, ...] = (), trusted: bool = False) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", MACHINE],
        input=json.dumps({"codes": codes, "without": without, "trusted": trusted}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": REPOSITORY, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    if "skip" in told:
        pytest.skip(f"a machine without namespaces cannot be made here: {told['skip']}")
    if "landlock" not in without and "Landlock" in told.get("refused", ""):
        pytest.skip("this kernel has no Landlock")
    return told


FLOOD = """
for i in range(10_000):
    with open(f"part{i}", "wb") as file:
        file.write(bytes(8 << 20))
"""
MANY = "import os\ni = 0\nwhile True:\n    i += 1\n    os.mkdir(str(i))"
DEEP = "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')"
# Deeper than a path can say; and in a folder that cannot be listed.
DEEP_BELOW_LONG_NAMES = f"""
import os
for i in range(20):
    os.mkdir("x" * 250)
    os.chdir("x" * 250)
{FLOOD}"""
NOT_LISTED = f"""
import os
os.mkdir("hidden", 0o300)
os.chdir("hidden")
{FLOOD}"""
# As a rule, this is over before anybody looks: it is to be removed all the same.
QUICK = """
import os
os.mkdir("hidden", 0)
for i in range(1200):
    os.mkdir("d")
    os.chdir("d")
"""
# Open: files that have no name any more are seen by nobody. Limits on each file and on descriptors bound them, at 8 GB,
# until the process ends. In tier A the scratch itself is bounded.
UNNAMED = """
import os
files = []
for i in range(3):
    files.append(open("f", "wb"))
    os.remove("f")
    files[-1].write(bytes(30 << 20))
    files[-1].flush()
"""


def test_tier_b_stops_what_it_promises_to_stop(tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("answers")
    tmp_path.chmod(0o777)
    refused = {
        "read a secret": f"open({str(secret)!r}).read()",
        "list its folder": f"os.listdir({str(tmp_path)!r})",
        "write a secret": f"open({str(secret)!r}, 'w')",
        "write beside it": f"open({str(tmp_path / 'pwned')!r}, 'w')",
        "truncate it": f"os.truncate({str(secret)!r}, 0)",
        "remove it": f"os.remove({str(secret)!r})",
        "move it": f"os.rename({str(secret)!r}, 'mine')",
        "link to it": f"os.symlink({str(secret)!r}, 'link')",
        "be its second name": f"os.link({str(secret)!r}, 'link')",
        "read the examiner": "open(f'/proc/{os.getppid()}/environ').read()",
        "its own environment, before": "open('/proc/self/environ').read()",
        "write into /tmp": "open('/tmp/pwned-by-tier-b', 'w')",
        "fork": "os.fork() or os._exit(0)",
        "a program": "import subprocess; subprocess.run(['/bin/true'])",
        "TCP": "socket.create_connection(('127.0.0.1', 22), timeout=1)",
        "UDP": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "MPTCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
        "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "docker": "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "kill the zygote": "os.kill(os.getppid(), 9)",
        "kill all": "signal.signal(15, signal.SIG_IGN); os.kill(-1, 15)",
        "trace the zygote": "hit = call(101, 16, os.getppid(), 0, 0)",
        "its limits": "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
        "memory": "bytearray(6 << 30)",
        "the environment": f"hit = set(os.environ) - {GIVEN}",
        "a later cell's folder": "hit = os.listdir('.')",
    }
    # What Landlock has no rule for: whether a file exists, and how large it is. In tier A no such path exists.
    open_in_b = {"see that it exists": f"hit = os.stat({str(secret)!r}).st_size == 7"}
    mode = f"os.chmod({str(secret)!r}, 0o777); hit = os.stat({str(secret)!r}).st_mode & 0o777 == 0o777"
    told = on_such_a_machine(tries({**refused, "change its mode": mode}), tries(open_in_b))
    assert told["tier"] == "B"
    first, second = (one["text"] for one in told["told"])
    assert HIT not in first
    assert first.count(REFUSED) == len(refused) + 1
    assert second.count(HIT) == len(open_in_b)
    assert secret.read_text() == "answers"
    assert [path.name for path in tmp_path.iterdir()] == [secret.name]


def test_the_scratch_folder_of_tier_b_is_watched_and_removed() -> None:
    floods = (FLOOD, MANY, DEEP, DEEP_BELOW_LONG_NAMES, NOT_LISTED)
    harmless = "open('small', 'w').write('x')\nprint(open('small').read())"
    told = on_such_a_machine(*floods, QUICK, UNNAMED, harmless)
    faults = [one["fault"] for one in told["told"]]
    assert faults[: len(floods)] == ["flood"] * len(floods)
    assert faults[-2:] == [None, None]
    assert told["told"][-1]["text"] == "x\n"
    assert told["left"] == []


def test_where_no_tier_can_be_had_nothing_is_run_and_it_is_said_why() -> None:
    told = on_such_a_machine("print('run')", without=("landlock",))
    for part in ("nothing was run", "Tier A: ", "the limit on namespaces is zero", "Tier B: ", "--trust-submissions"):
        assert part in told["refused"]


def test_trusted_work_is_run_and_the_tier_is_told() -> None:
    told = on_such_a_machine("print('run')", without=("landlock",), trusted=True)
    assert told["tier"] == "D"
    assert told["told"][0]["text"] == "run\n"


def test_a_layer_that_does_not_hold_is_not_passed_over() -> None:
    with pytest.raises(ConfinementUnavailable, match="nothing was run"):
        start(default_plan().without("seccomp"))
