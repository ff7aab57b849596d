"""Why a cell failed, in one line."""

from collections.abc import Mapping
from typing import Any

from sealgrade.cells import Cell, marks
from sealgrade.plain import plain

_SHORT = 160  # characters


def messages_of(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return why cells of an autograded notebook failed, by grade_id."""
    told = ((marks(cell).get("grade_id"), message_of(cell)) for cell in notebook["cells"])
    return {grade_id: message for grade_id, message in told if grade_id and message}


def message_of(cell: Cell) -> str | None:
    """Return why a cell failed, the known mistake first; None if it did not."""
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            evalue = output["evalue"].strip()
            if output["ename"] == "NotImplementedError":
                return f"not written yet: {plain(evalue.splitlines()[0])}" if evalue else "not written yet"
            text = f"{output['ename']}: {evalue.splitlines()[0]}" if evalue else output["ename"]
            mistake = cell["metadata"].get("sealgrade", {}).get("diagnosis", {}).get("summary")
            text = plain(f"{mistake} ({text})" if mistake else text)
            return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
    return None
