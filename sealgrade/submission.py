"""Reading what a student handed in, whatever it is.

A file that an editor, a tool or a slip has damaged is read as far as it goes: cells of any notebook format from 2 to
4.5, without trusting a single field. What comes out has valid cells with a type, a source, metadata and, at most,
attachments; outputs are left out, they are made anew.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import json
import re
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from sealgrade.errors import UnreadableNotebook

MAX_BYTES = 50_000_000
MAX_CELLS = 2_000
_PICTURE = re.compile(r"image/(?:png|jpeg|gif|svg\+xml)")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def read_submission(path: Path) -> NotebookNode:
    """Read a notebook leniently.

    Args:
        path: the file that was handed in.

    Returns:
        A notebook whose cells are valid; cells that had an id carry it in `metadata.handed_in_id`.

    Raises:
        UnreadableNotebook: if there are no cells to be had.
    """
    if path.is_symlink():  # to the solution, or to somebody else's work
        raise UnreadableNotebook("it is a link to another file")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableNotebook(f"it has {size / 1e6:.0f} MB, and {MAX_BYTES / 1e6:.0f} MB is the most")
        content = _parse(path.read_bytes())
    except OSError as error:
        raise UnreadableNotebook(error.strerror or "it cannot be opened") from error
    raw_cells = content.get("cells")
    if raw_cells is None and isinstance(content.get("worksheets"), list):  # nbformat 2 and 3
        sheets = [sheet for sheet in content["worksheets"] if isinstance(sheet, dict)]
        raw_cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(raw_cells, list):
        raise UnreadableNotebook("it is JSON, but has no cells")
    if len(raw_cells) > MAX_CELLS:
        raise UnreadableNotebook(f"it has {len(raw_cells):,} cells, and {MAX_CELLS:,} are the most")
    return new_notebook(cells=[_cell(raw) for raw in raw_cells if isinstance(raw, dict)])


def _parse(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise UnreadableNotebook("it is empty")
    try:
        try:
            content = json.loads(data)
        except UnicodeDecodeError:
            # Saved by an editor as Windows text; a binary file fails below.
            content = json.loads(data.decode("cp1252", errors="replace"))
    except json.JSONDecodeError as error:
        raise UnreadableNotebook(f"it is not JSON from line {error.lineno} on") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableNotebook("it is not JSON that can be read") from error
    if not isinstance(content, dict):
        raise UnreadableNotebook("it is JSON, but not a notebook")
    return content


def _cell(raw: dict[str, Any]) -> NotebookNode:
    kind = raw.get("cell_type")
    source = _text(raw.get("source", raw.get("input", "")))
    if kind in ("heading", "html"):  # nbformat 2 and 3
        kind = "markdown"
    cell = _NEW_CELL.get(kind if isinstance(kind, str) else "", new_raw_cell)(source=source)
    metadata = raw.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
        grade_id = metadata["nbgrader"].get("grade_id")
        if isinstance(grade_id, str):
            cell.metadata["nbgrader"] = {"grade_id": grade_id}
    if isinstance(raw.get("id"), str):
        cell.metadata["handed_in_id"] = raw["id"]
    if cell.cell_type == "markdown" and (pictures := _pictures(raw.get("attachments"))):
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
