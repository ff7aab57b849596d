"""The fingerprints of known mistakes, kept beside an assignment's bank: `sealgrade check` writes them, grading reads.

Theory of operation. A fingerprint holds for the tests that it was made with. So the file says what it was made from, by
a digest of all that can change a fingerprint, and one that is out of date is not used: no name rather than a wrong one.
"""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import sealgrade
from sealgrade.course import Course
from sealgrade.diagnosis import KnownMistake
from sealgrade.files import files_of, is_clutter
from sealgrade.transcripts import Fingerprint

NAME = "fingerprints.json"


def bank_folder(course: Course, assignment: str) -> Path:
    """Return where the bank of an assignment is."""
    return course.root / "bank" / assignment


def digest(course: Course, assignment: str) -> str:
    """Return a digest of what fingerprints depend on: the notebooks, the course's packages, the bank, the helpers."""
    told = hashlib.sha256()
    parts = (
        files_of(course.folder("source", assignment), lambda path: not is_clutter(path)),
        course.modules(),
        {path.name: path.read_bytes() for path in sorted(bank_folder(course, assignment).glob("*.toml"))},
        {path.name: path.read_bytes() for path in sorted((Path(sealgrade.__file__).parent / "testing").glob("*.py"))},
    )
    for files in parts:
        for name, content in sorted(files.items()):
            told.update(f"{name}\0{len(content)}\0".encode())
            told.update(content)
        told.update(b"\1")
    return told.hexdigest()


def write(course: Course, assignment: str, mistakes: Iterable[KnownMistake]) -> bool:
    """Write the fingerprints of an assignment; return whether the file is another one now."""
    of = digest(course, assignment)
    # A line for each mistake, so that a change of one is seen as that.
    lines = [
        f"  {json.dumps(mistake.name)}: {json.dumps(_told(mistake), separators=(',', ':'))}"
        for mistake in sorted(mistakes, key=lambda mistake: mistake.name)
    ]
    text = '{\n "of": "' + of + '",\n "mistakes": {\n' + ",\n".join(lines) + "\n }\n}\n"
    path = bank_folder(course, assignment) / NAME
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def read(course: Course, assignment: str) -> tuple[bytes, str]:
    """Return the fingerprints, as `load` takes them, and why there are none where there should be some."""
    folder = bank_folder(course, assignment)
    again = f"no mistake is named in the feedback until `sealgrade check {assignment}` has been run."
    if not any(folder.glob("*.toml")):
        return b"", ""
    try:
        content = (folder / NAME).read_bytes()
        told = json.loads(content)
        if told["of"] == digest(course, assignment):
            for about in told["mistakes"].values():  # here, not for each notebook: one bad line must not stop a class
                _known("", about, about["fails"])
            return content, ""
    except FileNotFoundError:
        return b"", f"The known mistakes in {folder} have not been tried yet: {again}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return b"", f"{folder / NAME} cannot be read ({error!r}): {again}"
    return b"", f"{folder / NAME} is older than the bank, the tests or sealgrade: {again}"


def load(content: bytes, tests: Iterable[str]) -> tuple[KnownMistake, ...]:
    """Return the known mistakes that fail one of these test cells.

    Args:
        content: from `read`.
        tests: grade_ids; what a mistake does to other cells is left out.
    """
    if not content:
        return ()
    wanted, found = set(tests), []
    for name, about in json.loads(content)["mistakes"].items():
        mistake = _known(name, about, wanted)
        if mistake.fails:
            found.append(mistake)
    return tuple(found)


def _known(name: str, about: Mapping[str, Any], tests: Container[str]) -> KnownMistake:
    fails = {test: _fingerprint(mark) for test, mark in about["fails"].items() if test in tests}
    return KnownMistake(name, tuple(about["misconceptions"]), about["summary"], about["hint"], fails)


def _told(mistake: KnownMistake) -> dict[str, Any]:
    return {
        "misconceptions": mistake.misconceptions,
        "summary": mistake.summary,
        "hint": mistake.hint,
        "fails": {test: _plain(mark) for test, mark in sorted(mistake.fails.items())},
    }


def _plain(mark: Fingerprint | None) -> Any:
    return None if mark is None else [mark.at, list(mark.values), list(mark.before), mark.loose]


def _fingerprint(told: Any) -> Fingerprint | None:
    return None if told is None else Fingerprint(told[0], tuple(told[1]), tuple(told[2]), told[3])
