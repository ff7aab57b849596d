"""What is done for one notebook of one student, in whatever process: plain data in, plain data out, nothing written.

Theory of operation. A verdict depends on the sheet and on what was handed in, and on nothing else: the student's
process is forked anew for each notebook, random numbers are seeded from what was handed in (the student's) and from the
release (the tests'), and outputs carry no times. So it does not matter where, when or beside what this is called.
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: E402 - what must not be loaded is said first

import atexit
import hashlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sealgrade.imports import leave_out_formats

leave_out_formats()

import nbformat
import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import writes_json

from sealgrade.cells import is_grade, is_solution, is_task, marks
from sealgrade.engine import zygote_for
from sealgrade.examiner.remarks import add_note
from sealgrade.examiner.zygote import ConfinementUnavailable, Zygote
from sealgrade.fingerprints import load
from sealgrade.graded import Graded
from sealgrade.notes import Note
from sealgrade.recovery import recover
from sealgrade.running import Material, run_notebook
from sealgrade.scoring import auto_comment, determine_grade
from sealgrade.sheet import Notebook, Sheet
from sealgrade.told import messages_of
from sealgrade.transcripts import Keep

_one_at_a_time = threading.Lock()
_ADDRESS = re.compile(r" at 0x[0-9a-f]{8,16}(?=>)")


def grade_notebook(
    sheet: Sheet,
    submitted: Notebook | None,
    notes: tuple[Note, ...] = (),
    files: Mapping[str, bytes] | None = None,
    transcripts: Keep = Keep.NONE,
) -> Graded:
    """Grade a notebook.

    Args:
        sheet: what there is to know of it.
        submitted: its cells as they were handed in, leniently read; None for a file that cannot be graded, which counts
            as not answered.
        notes: what there is to say of it already.
        files: data that was handed in with it.
        transcripts: of which test cells to return what crossed the wall.

    Raises:
        ConfinementUnavailable: this machine cannot confine a student's code; nothing has been run.
    """
    with _one_at_a_time:  # some of what a test changes belongs to the whole process
        try:
            return _grade(sheet, submitted, notes, files or {}, transcripts)
        except ConfinementUnavailable:
            warm_up(sheet)  # the process that forks candidates may have ended; if no new one can be had, nobody's can
        except BaseException as error:  # whatever it is, the others go on
            return ungraded(sheet, submitted, notes, f"{type(error).__name__}: {error}", traceback.format_exc())
        try:
            return _grade(sheet, submitted, notes, files or {}, transcripts)
        except BaseException as error:
            reason = f"{type(error).__name__}: {error}"
            if isinstance(error, ConfinementUnavailable):  # that is this notebook's doing
                reason = "The process that runs students' code has ended twice."
            return ungraded(sheet, submitted, notes, reason, traceback.format_exc())


def ungraded(sheet: Sheet, submitted: Notebook | None, notes: tuple[Note, ...], reason: str, trace: str = "") -> Graded:
    """Return what there is of a notebook that could not be graded: its cells, for a person to look at."""
    try:
        notebook, recovered = _rebuilt(sheet, submitted, notes)
    except Exception:
        return Graded(failure=reason, trace=trace or traceback.format_exc())
    add_note(notebook, f"This notebook could not be graded: {reason}")
    return Graded(content=_written(notebook), notes=_told(notebook, recovered), failure=reason, trace=trace)


def warm_up(sheet: Sheet) -> None:
    """Start what grading needs, so that the first notebook does not wait for it.

    Raises:
        ConfinementUnavailable: this machine cannot confine a student's code.
    """
    zygote_of(sheet)


def zygote_of(sheet: Sheet) -> Zygote:
    """Return what forks students' processes here.

    Raises:
        ConfinementUnavailable: this machine cannot confine a student's code.
    """
    # Each process has its own, with a user of its own where root grades: hence its number.
    return zygote_for(sheet.settings.plan(os.getpid()), sheet.packages, sheet.settings.trust_submissions)


def _grade(
    sheet: Sheet,
    submitted: Notebook | None,
    notes: tuple[Note, ...],
    files: Mapping[str, bytes],
    keep: Keep,
) -> Graded:
    zygote = zygote_of(sheet)
    material = _material(sheet)
    own = {name: content for name, content in files.items() if name in sheet.kept or name not in material.files}
    notebook, notes = _rebuilt(sheet, submitted, notes)
    os.environ["NBGRADER_EXECUTION"] = "autograde"  # as nbgrader does; tests may ask for it
    _seed(sheet)
    material = replace(material, files={**material.files, **own})
    transcripts = run_notebook(notebook, material, sheet.settings, zygote, keep is Keep.ALL)
    for cell in notebook.cells:
        _hide_addresses(cell)
        _limit_output(cell, sheet.max_lines, sheet.max_traceback)
    graded = [cell for cell in notebook.cells if is_grade(cell)]
    answers = [cell for cell in notebook.cells if is_solution(cell) or is_task(cell)]
    return Graded(
        content=_written(notebook) if sheet.settings.draws else b"",  # without its figures it is for nobody's eyes
        scores={marks(cell)["grade_id"]: determine_grade(cell)[0] for cell in graded},
        comments={marks(cell)["grade_id"]: auto_comment(cell) for cell in answers},
        messages=messages_of(notebook),
        notes=_told(notebook, notes),
        tier=notebook.metadata.sealgrade["tier"],
        transcripts=keep.of(transcripts),
    )


def _rebuilt(
    sheet: Sheet, submitted: Notebook | None, notes: tuple[Note, ...]
) -> tuple[NotebookNode, tuple[Note, ...]]:
    """The notebook as it is to be run, and all there is to say of it."""
    recovery = recover(submitted if submitted is not None else sheet.released, sheet.released)
    notebook = nbformat.from_dict(recovery.notebook)
    _as_the_gradebook_has_it(notebook, sheet)
    notes = (*notes, *recovery.notes)
    for note in notes:
        add_note(notebook, str(note))
    return notebook, notes


def _told(notebook: NotebookNode, notes: tuple[Note, ...]) -> tuple[tuple[str, bool], ...]:
    look = {str(note) for note in notes if note.needs_a_look}
    return tuple((note, note in look) for note in notebook.metadata.get("sealgrade", {}).get("notes", []))


def _written(notebook: NotebookNode) -> bytes:
    return f"{writes_json(notebook)}\n".encode()


_materials: dict[str, Material] = {}


def _material(sheet: Sheet) -> Material:
    """Read what the course has on a notebook, once for all students; its packages can be imported from then on."""
    found = _materials.get(sheet.digest)
    if found is None:
        root, folder = sheet.root, sheet.folder
        if not folder.is_dir():
            root = _laid_out(sheet)
            folder = root / "release"
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
        cells = nbformat.from_dict(sheet.instructors).cells if sheet.instructors else []
        found = Material(
            nbformat.from_dict(sheet.released),
            cells,
            dict(sheet.files),
            folder,
            load(sheet.fingerprints, sheet.source.cells),
        )
        _materials[sheet.digest] = found
    return found


def _laid_out(sheet: Sheet) -> Path:
    """Lay out the course's packages and the released files, on a machine that does not have the course's folder."""
    root = Path(tempfile.mkdtemp(prefix="sealgrade-course-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    (root / "release").mkdir()
    files = dict(sheet.modules) | {f"release/{name}": content for name, content in sheet.files.items()}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def _as_the_gradebook_has_it(notebook: NotebookNode, sheet: Sheet) -> None:
    """Put hidden tests, points and the kernel in, as nbgrader's OverwriteCells and OverwriteKernelspec do."""
    released = {marks(cell)["grade_id"]: cell for cell in sheet.released["cells"] if marks(cell)}
    for cell in notebook.cells:
        if not marks(cell):
            continue
        about = cell.metadata.nbgrader
        known = sheet.source.cells[about["grade_id"]]
        about["locked"] = known.locked
        if is_grade(cell) and known.points is not None:
            about["points"] = known.points
        if known.locked:
            cell.source, about["checksum"] = known.source, known.checksum
        else:
            # nbgrader takes its own before rubrics are cut out: an untouched answer with one would look answered.
            about["checksum"] = marks(released[about["grade_id"]]).get("checksum", known.checksum)
    if sheet.source.kernelspec:
        kernelspec = json.loads(sheet.source.kernelspec)
        if kernelspec:
            notebook.metadata["kernelspec"] = nbformat.from_dict(kernelspec)


def _seed(sheet: Sheet) -> None:
    """Seed the tests' own random numbers; not from what was handed in, which could be tried out until it suits.

    Nor from anything that may differ where the same tests run: another limit must change no verdict.
    """
    tests = sorted((name, cell.source) for name, cell in sheet.source.cells.items())
    told = json.dumps([sheet.assignment, sheet.name, tests])
    seed = int(hashlib.sha256(told.encode()).hexdigest()[:15], 16)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # Where `default_rng()` and its like, without a seed, get one from.
    vars(np.random.bit_generator)["randbits"] = random.Random(seed).getrandbits


def _hide_addresses(cell: NotebookNode) -> None:
    """Take out where objects lie in memory, which is another place each time, as `plot` shows it of what it returns."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            output.evalue = _ADDRESS.sub("", output.evalue)
            output.traceback = [_ADDRESS.sub("", line) for line in output.traceback]
        elif output.output_type == "stream":
            output.text = _ADDRESS.sub("", output.text)
        elif "text/plain" in output.data:
            output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])


def _limit_output(cell: NotebookNode, max_lines: int, max_traceback: int) -> None:
    """Shorten outputs as nbgrader's LimitOutput does."""
    left = max_lines
    kept = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and max_lines != -1:
            if left <= 0:
                continue
            lines = output.text.split("\n")
            if len(lines) > left:
                lines = [*lines[: left - 1], "... Output truncated ..."]
            left -= len(lines)
            output.text = "\n".join(lines)
        elif output.output_type == "error" and -1 < max_traceback < len(output.traceback):
            half = max_traceback // 2
            last = output.traceback[len(output.traceback) - (max_traceback - half - 1) :]
            output.traceback = [*output.traceback[:half], "... Traceback truncated ...", *last]
        kept.append(output)
    if "outputs" in cell:
        cell.outputs = kept


def write_pages(
    contents: Mapping[str, bytes], grades: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, bytes | str]:
    """Make a student's feedback pages.

    Args:
        contents: the autograded notebooks, by name.
        grades: what the gradebook says of them.
        config: the course's configuration.

    Returns:
        The pages; for each that could not be made a text that says why.
    """
    from sealgrade.pages import feedback_page  # not every process makes pages

    pages: dict[str, bytes | str] = {}
    for name, content in contents.items():
        try:
            pages[name] = feedback_page(json.loads(content), grades[name], config).encode()
        except Exception as error:  # a page that cannot be written is no reason to stop
            pages[name] = f"{type(error).__name__}: {error}"
    return pages
