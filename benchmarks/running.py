"""Commands and helper processes, timed."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from benchmarks.table import seconds

REPOSITORY = Path(__file__).resolve().parents[1]
_TOOLS = Path(sys.executable).parent


def environment(root: Path | None = None) -> dict[str, str]:
    """The environment of a command; the packages of the course `root` can be imported, in its kernels too."""
    path = os.pathsep.join([str(_TOOLS), os.environ.get("PATH", "")])
    packages = [str(root)] if root else []
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as users have it
    return {**kept, "PATH": path, "PYTHONPATH": os.pathsep.join([*packages, str(REPOSITORY)])}


def command(root: Path, *words: str, tools: Path = _TOOLS, env: dict[str, str] | None = None) -> float:
    """Run a command in a folder; return the seconds that it took.

    Raises:
        RuntimeError: with the end of what it said, if it failed.
    """
    done: list[subprocess.CompletedProcess[str]] = []

    def run() -> None:
        name, *arguments = words
        whole = [str(tools / name), *arguments]
        done.append(
            subprocess.run(whole, cwd=root, env=env or environment(root), capture_output=True, text=True, check=False)
        )

    taken = seconds(run)
    if done[0].returncode:
        raise RuntimeError(f"{' '.join(words)}: {(done[0].stderr or done[0].stdout).strip()[-600:]}")
    return taken


class Other:
    """Another process, that measures what it is asked for.

    It runs a module of this package, which calls `serve`: to each line it answers with one line.

    Args:
        module: its name in this package.
        *arguments: of its command line.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def ask(self, line: str) -> str:
        """Return its answer.

        Raises:
            RuntimeError: it has ended.
        """
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("A helper process of the benchmark ended; what it said stands above.")
        return answer.strip()

    def milliseconds(self, line: str) -> float:
        """Return its answer, a number."""
        return float(self.ask(line))

    def __enter__(self) -> "Other":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
