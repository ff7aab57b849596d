"""F: files and submission folders."""

import json
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .course import ADD_WRONG, MUL, WRONG_ADD, Attack

NOTHING = {"one-add": 0, "one-mul": 0, "one-why": 0, "two-sub": 1}
BOTH = ("one", "two")
SHADOW = "import pathlib\npathlib.Path('{}').write_text('imported')\nraise SystemExit\n"
SHADOWS = ("numpy.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "nbgrader_config.py", "ipykernel.py")
ODD_NAMES = (
    "a\nb.csv",
    "-rf",
    "--help.csv",
    "a\x1b]0;title\x07.csv",
    "x" * 251 + ".csv",
    "a;touch pwned.csv",
    "\u202egpj.exe",
)


def _instead(make: Callable[[Path], None], name: str = "one.ipynb") -> Callable[[Path], None]:
    """Put something else in the place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return change


def _root(folder: Path) -> Path:
    return folder.parents[2]


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(_root(path.parent) / target)


def _hard_link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.hardlink_to(_root(path.parent) / target)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:  # for root only; a link to it is what others can make
        path.symlink_to("/dev/zero")


def _folder_named_as_a_notebook(path: Path) -> None:
    path.mkdir()
    (path / "one.ipynb").write_text("{}")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(8_000_000_000)  # without taking the space


def _zips(folder: Path) -> None:
    with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../../secret.txt", "overwritten")
        archive.writestr("/tmp/absolute.txt", "overwritten")
        archive.writestr("bomb", b"0" * 10_000_000)


def _zip_only(folder: Path) -> None:
    _zips(folder)
    (folder / "one.ipynb").unlink()


def _links_beside(folder: Path) -> None:
    root = _root(folder)
    (folder / "data.csv").symlink_to(root / "secret.txt")
    (folder / "notes.txt").hardlink_to(root / "secret.txt")
    (folder / "all").symlink_to(root / "source")
    (folder / "loop").symlink_to(folder)
    (folder / "gone.csv").symlink_to("nowhere")


def _odd_files_beside(folder: Path) -> None:
    os.mkfifo(folder / "data.csv")
    _socket(folder / "data.txt")
    _device(folder / "zero.csv")


def _many_files(folder: Path) -> None:
    for number in range(3000):
        (folder / f"file{number}.csv").touch()


def _deep_folders(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def _odd_names(folder: Path) -> None:
    for name in ODD_NAMES:
        (folder / name).write_text("a,b")
    (folder / "One.ipynb").write_text("{}")
    (folder / "\u00fc.csv").write_text("composed")
    (folder / "u\u0308.csv").write_text("decomposed")
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe.csv")).write_text("no text")


def _shadows(folder: Path) -> None:
    for name in SHADOWS:
        (folder / name).write_text(SHADOW.format(_root(folder) / "pwned-by-a-shadow"))
    (folder / "numpy").mkdir()
    (folder / "numpy/__init__.py").write_text(SHADOW.format(_root(folder) / "pwned-by-a-shadow"))
    (folder / "matplotlibrc").write_text("backend: module://numpy")
    (folder / "page.html").write_text("<script>pwned()</script>")
    (folder / "page.svg").write_text("<svg onload='pwned()'/>")


IMPORTS = "import json\nimport numpy\nassert hasattr(numpy, 'array')\n" + ADD_WRONG


def _timestamp(content: bytes) -> Callable[[Path], None]:
    return lambda folder: Path(folder / "timestamp.txt").write_bytes(content) and None


def _bytes(data: bytes) -> Callable[[Any], bytes]:
    return lambda notebook: data


def _as(encoding: str) -> Callable[[Any], bytes]:
    return lambda notebook: json.dumps(notebook, ensure_ascii=False).encode(encoding)


def _text(change: Callable[[str], str]) -> Callable[[Any], bytes]:
    return lambda notebook: change(json.dumps(notebook)).encode()


def _with_metadata(value: str) -> Callable[[Any], bytes]:
    return _text(lambda text: text.replace('{"metadata": ', '{"x": ' + value + ', "metadata": ', 1))


def _huge_metadata(notebook: Any) -> None:
    notebook.metadata["x"] = "y" * 60_000_000


def _huge_attachments(notebook: Any) -> None:
    one = notebook.cells[-1]
    one["attachments"] = {"a.png": {"image/png": "A" * 60_000_000}}


def _many_cells(notebook: Any) -> bytes:
    raw = json.loads(json.dumps(notebook))
    raw["cells"] += [{"cell_type": "code", "source": "1"}] * 100_000
    return json.dumps(raw).encode()


def _slow_to_read(notebook: Any) -> None:
    """Texts on which a careless pattern takes the square of their length."""
    for one in notebook.cells:
        one.metadata = {}
    notebook.cells[0].source = "a,\n" * 300_000


def _other_student(name: str, student: str, note: str = "a student's id") -> Attack:
    return Attack("F9", name, student=student, note=note, graded=False, by_nbgrader=True)


ATTACKS = [
    Attack("F1", "zip-slip", folder=_zips, note="archives are not opened"),
    Attack("F4", "zip-instead-of-a-notebook", folder=_zip_only, expected={"one-add": 0, "one-mul": 0}, note="archives"),
    *(
        Attack(row, name, notebooks=BOTH, folder=_instead(make), expected=NOTHING, note=note, by_nbgrader=True)
        for row, name, make, note in [
            ("F2", "link-to-the-source", _link_to("source/ex/one.ipynb"), "it is a link"),
            ("F2", "link-to-another-student", _link_to("submitted/ada/ex/one.ipynb"), "it is a link"),
            ("F2", "link-to-a-device", lambda path: path.symlink_to("/dev/zero"), "it is a link"),
            ("F2", "link-to-nowhere", lambda path: path.symlink_to("nowhere"), "it is a link"),
            ("F3", "hard-link-to-the-source", _hard_link_to("source/ex/one.ipynb"), "hard link"),
            ("F6", "pipe", os.mkfifo, "it is a pipe"),
            ("F6", "socket", _socket, "it is a socket"),
            ("F6", "device", _device, "it is a (device|link)"),
            ("F6", "folder", _folder_named_as_a_notebook, "it is a folder"),
            ("F12", "file-of-8-gb", _huge, "too large"),
        ]
    ),
    Attack("F2", "links-beside", folder=_links_beside, note="data.csv.*: not taken, it is a link", by_nbgrader=True),
    Attack("F6", "pipes-beside", folder=_odd_files_beside, note="data.csv: not taken, it is a pipe", by_nbgrader=True),
    Attack("F4", "3000-files", folder=_many_files, note="more than 1000 files", expected={"one-add": 0}),
    Attack("F4", "folders-200-deep", folder=_deep_folders, note="too deep"),
    Attack(
        "F5",
        "prints-100-mb",
        {"one-add": "for _ in range(1000):\n    print('x' * 100_000)\n" + ADD_WRONG},
    ),
    Attack("F7", "odd-names", folder=_odd_names, note=r"its name is odd", by_nbgrader=True),
    Attack("F8", "shadow-modules", {"one-add": IMPORTS}, folder=_shadows, note="not taken, only", by_nbgrader=True),
    _other_student("up-and-away", "x%2f..%2fada"),
    _other_student("pattern", "a*"),
    _other_student("sql", "x' OR 1=1; DROP TABLE student;--"),
    _other_student("another-with-a-blank", "ada "),
    _other_student("option", "-rf"),
    _other_student("line", "eve\nada"),
    _other_student("escape", "eve\x1b[2J"),
    _other_student("markup", "<img src=x onerror=pwned()>"),
    _other_student("formula", "=1+cmd|' "),
    _other_student("direction", "eve\u202eada"),
    Attack("F9", "look-alike", student="ADA", note="differ by no more than case"),
    Attack(
        "F6",
        "timestamp-that-is-a-pipe",
        folder=_instead(os.mkfifo, "timestamp.txt"),
        note="timestamp.txt",
        by_nbgrader=True,
    ),
    Attack(
        "F2", "timestamp-that-is-a-link", folder=_instead(_link_to("secret.txt"), "timestamp.txt"), note="timestamp.txt"
    ),
    Attack("F11", "timestamp-of-garbage", folder=_timestamp(b"\xff\xfe\x00now"), note="not a date", by_nbgrader=True),
    Attack("F11", "timestamp-beyond-time", folder=_timestamp(b"9999-12-31 23:59:59 -9999999"), note="not a date"),
    *(
        Attack("F11", name, notebooks=BOTH, change=change, expected=NOTHING, note=note, by_nbgrader=name == "cut-off")
        for name, change, note in [
            ("cut-off", _text(lambda text: text[: len(text) // 2]), "4 complete cells"),
            ("empty", _bytes(b""), "it is empty"),
            ("a-list", _bytes(b"[]"), "not a notebook"),
            ("100000-deep", _bytes(b"[" * 100_000), "not JSON that can be read"),
            ("100000-deep-objects", _bytes(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "not JSON that can be read"),
            ("zeros", _bytes(b"\0" * 1000), "not JSON"),
        ]
    ),
    Attack("F11", "utf-16", change=_as("utf-16")),
    Attack("F11", "utf-8-with-a-mark", change=_as("utf-8-sig")),
    Attack("F11", "nan", change=_with_metadata("[NaN, Infinity, -Infinity, 1e999]")),
    Attack("F11", "number-of-100000-digits", change=_with_metadata("1" * 100_000), expected={"one-add": 0}),
    Attack("F11", "keys-twice", change=_with_metadata('1, "cells": [], "nbformat": 4')),
    Attack("F12", "metadata-of-60-mb", change=_huge_metadata, expected={"one-add": 0}, note="too large"),
    Attack("F12", "attachment-of-60-mb", change=_huge_attachments, expected={"one-add": 0}, note="too large"),
    Attack("F12", "100000-cells", change=_many_cells, expected={"one-add": 0}, note="100,008 cells"),
    Attack("F12", "slow-to-read", change=_slow_to_read, note="recognised by their content"),
]
assert WRONG_ADD["one-mul"] == MUL
