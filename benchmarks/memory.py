"""What all processes of one `sealgrade grade` take of memory while a large class is graded."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.classes import JOBS
from benchmarks.courses import Class, Courses
from benchmarks.running import environment
from benchmarks.sizes import FULL, Sizes
from benchmarks.table import Row, at_most

_MOST = 600  # MiB
_EVERY = 0.5  # seconds


def rows(courses: Courses, sizes: Sizes) -> list[Row]:
    """The largest sum of the processes' proportional shares, and whether it grows."""
    course: Class = courses.light
    course.hand_in(sizes.memory)
    command = [
        str(Path(sys.executable).parent / "sealgrade"),
        "grade",
        course.assignment,
        "--force",
        "--quiet",
        "--jobs",
        str(JOBS),
    ]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=course.root, env=environment(course.root), stdout=subprocess.DEVNULL)
    samples, largest = [], {}
    while process.poll() is None:
        shares = _shares(process.pid)
        samples.append(sum(shares.values()))
        if samples[-1] == max(samples):
            largest = shares
        time.sleep(_EVERY)
    if process.returncode:
        raise RuntimeError(f"sealgrade grade ended with {process.returncode}")
    taken = time.perf_counter() - begin
    third = max(1, len(samples) // 3)
    early, late = max(samples[third : 2 * third] or samples), max(samples[2 * third :] or samples)
    less = "" if sizes.memory == FULL.memory else f" (`--full` takes {FULL.memory})"
    processes = ", ".join(f"{share:.0f}" for share in sorted(largest.values(), reverse=True))
    return [
        at_most(
            f"memory while {sizes.memory} submissions are graded{less}",
            max(samples),
            _MOST,
            "MiB",
            f"second third of the time {early:.0f} MiB at most, last third {late:.0f} MiB; {taken:.0f} s in all, "
            f"{JOBS} jobs; processes at the highest point: {processes}",
            "at the highest point, by process, in MiB: "
            f"{processes}. Needed: workers forked after all imports, or fewer modules in each",
        )
    ]


def _shares(root: int) -> dict[int, float]:
    """MiB of a process and of all below it: what several share counts for each in part."""
    found, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
            waiting += [int(child) for task in tasks for child in task.read_text().split()]
        except OSError:
            continue  # it has just ended
        share = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
        found[pid] = int(share.split()[1]) / 1024
    return found
