"""What `pip install sealgrade` gives."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_and_nothing_of_the_course(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"sealgrade"}


@pytest.mark.parametrize("path", ["new/assignment.ipynb", "check/report.html.j2", "sealgrade_feedback/index.html.j2"])
def test_the_wheel_holds_the_templates(wheel: Path, path: str) -> None:
    assert f"sealgrade/templates/{path}" in zipfile.ZipFile(wheel).namelist()


def test_the_command_line_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-P", "-m", "sealgrade", "--help"]

    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    for name in ("new", "check", "release", "grade", "class", "solve", "clean"):
        assert name in done.stdout
