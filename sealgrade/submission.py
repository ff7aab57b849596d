"""Reading what a student handed in, whatever it is.

A file that an editor, a tool or a slip has damaged is read as far as it goes: cells of any notebook format from 1 to
4.5, without trusting a single field. What comes out has valid cells with a type, a source, metadata and, at most,
attachments; outputs are left out, they are made anew, unless somebody grades without running anything.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealgrade.broken_json import read_json
from sealgrade.errors import UnreadableNotebook
from sealgrade.notes import Note

# As JSON has them; nbformat's own nodes are dictionaries too, and take longer to load than a submission to grade.
Cell = dict[str, Any]
Notebook = dict[str, Any]

MAX_BYTES = 50_000_000
MAX_CELLS = 2_000
_PICTURE = re.compile(r"image/(?:png|jpeg|gif|svg\+xml)")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}


@dataclass(frozen=True)
class Submitted:
    """A notebook that was handed in.

    Attributes:
        notebook: has cells that are valid but for their ids; cells that had an id carry it in `metadata.handed_in_id`.
        notes: what had to be mended.
    """

    notebook: Notebook
    notes: tuple[Note, ...] = ()


def read_submission(path: Path, *, outputs: bool = False) -> Submitted:
    """Read a notebook's file leniently.

    Args:
        path: the file that was handed in.
        outputs: whether to keep what cells have put out where the student ran them.

    Raises:
        UnreadableNotebook: if there are no cells to be had.
    """
    if path.is_symlink():  # to the solution, or to somebody else's work
        raise UnreadableNotebook("it is a link to another file")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableNotebook(f"it has {size / 1e6:.0f} MB, and {MAX_BYTES / 1e6:.0f} MB is the most")
        return read_notebook(path.read_bytes(), outputs=outputs)
    except OSError as error:
        raise UnreadableNotebook(error.strerror or "it cannot be opened") from error


def read_notebook(data: bytes, *, outputs: bool = False) -> Submitted:
    """Read a notebook leniently.

    Args:
        data: the file that was handed in.
        outputs: whether to keep what cells have put out where the student ran them.

    Raises:
        UnreadableNotebook: if there are no cells to be had.
    """
    mended = read_json(data)
    content = mended.content
    raw_cells = content.get("cells")
    if raw_cells is None and isinstance(content.get("worksheets"), list):  # nbformat 2 and 3
        sheets = [sheet for sheet in content["worksheets"] if isinstance(sheet, dict)]
        raw_cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(raw_cells, list):
        raise UnreadableNotebook("it is JSON, but has no cells")
    if len(raw_cells) > MAX_CELLS:
        raise UnreadableNotebook(f"it has {len(raw_cells):,} cells, and {MAX_CELLS:,} are the most")
    return Submitted({"cells": [_cell(raw, outputs) for raw in raw_cells if isinstance(raw, dict)]}, mended.notes)


def read_release(data: bytes) -> Notebook:
    """Read a released notebook, whose form is not in doubt, without nbformat, which takes long to load.

    Args:
        data: the file, of nbformat 4.

    Returns:
        The notebook as nbformat gives it, each source in one string, but of plain dictionaries and without outputs.
    """
    notebook: Notebook = json.loads(data)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def _cell(raw: dict[str, Any], outputs: bool) -> Cell:
    kind = raw.get("cell_type")
    source = _text(raw.get("source", raw.get("input", raw.get("code", ""))))
    level = raw.get("level")
    if kind == "heading" and isinstance(level, int) and 1 <= level <= 6:  # nbformat 3
        source = f"{'#' * level} {source}"
    ran = "input" in raw or "outputs" in raw
    cell_type = _KINDS.get(kind) if isinstance(kind, str) else None
    cell: Cell = {"cell_type": cell_type or ("code" if ran else "raw"), "source": source, "metadata": {}}
    metadata = raw.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
        grade_id = metadata["nbgrader"].get("grade_id")
        if isinstance(grade_id, str):
            cell["metadata"]["nbgrader"] = {"grade_id": grade_id}
    if isinstance(raw.get("id"), str):
        cell["metadata"]["handed_in_id"] = raw["id"]
    if cell["cell_type"] == "code":
        cell["outputs"], cell["execution_count"] = [], None
        if outputs:
            from sealgrade.unrun import handed_in  # needs nbformat

            cell["outputs"], cell["execution_count"] = handed_in(raw)
    elif cell["cell_type"] == "markdown" and (pictures := _pictures(raw.get("attachments"))):
        cell["attachments"] = pictures
    return cell


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return ""
    # JSON can hold half a surrogate pair, which no file in UTF-8 can.
    return value.encode("utf-8", "replace").decode("utf-8")


def _pictures(value: Any) -> dict[str, dict[str, str]]:
    """The attachments that are what Jupyter attaches: pictures in base64."""
    if not isinstance(value, dict):
        return {}
    pictures = {
        _text(name): {
            kind: data
            for kind, data in bundle.items()
            if _PICTURE.fullmatch(kind) and isinstance(data, str) and _BASE64.fullmatch(data)
        }
        for name, bundle in value.items()
        if isinstance(bundle, dict)
    }
    return {name: bundle for name, bundle in pictures.items() if bundle}
