"""A class of any size takes the memory of a small one."""

import subprocess
import threading
from pathlib import Path

from .conftest import Copy
from .looking import SEALGRADE, Orphans, until

_STUDENTS = 200
_MOST = 200  # MiB that may be added by the other nine tenths of the class


def pss(processes: set[int]) -> int:
    """The memory of processes in KiB, what they share counted once."""
    found = 0
    for pid in processes:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                found += int(line.split()[1]) if line.startswith("Pss:") else 0
        except OSError:  # it has ended
            continue
    return found


def test_memory_stays_flat(copies: Copy) -> None:
    school = copies("large")
    notebook = school.right("two")
    for number in range(_STUDENTS):
        school.hand_in(f"s{number:03}", two=notebook)
    samples: list[tuple[int, int]] = []
    pages = school.root / "feedback"
    with Orphans() as orphans:
        job = subprocess.Popen([*SEALGRADE, "grade", "ex", "--quiet"], cwd=school.root, stdout=subprocess.PIPE)

        def look() -> bool:
            samples.append((len(list(pages.glob("*/ex/two.html"))), pss(orphans.left())))
            threading.Event().wait(0.2)
            return job.poll() is not None

        until(look, "graded", 300)
        out, _ = job.communicate()
        orphans.must_end()
    assert out.startswith(f"{_STUDENTS} graded".encode())
    early = [size for done, size in samples if 0 < done <= _STUDENTS // 2]
    late = [size for done, size in samples if done > _STUDENTS // 2]
    assert early
    assert late
    assert max(late) - max(early) < _MOST * 1024, samples
    assert max(size for _, size in samples) < 600 * 1024, samples
