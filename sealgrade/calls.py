"""What workers are asked to do; the process that asks does not load what that takes (see `work`)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sealgrade.graded import Graded
from sealgrade.notes import Note
from sealgrade.sheet import Notebook, Sheet
from sealgrade.transcripts import Keep

if TYPE_CHECKING:
    from sealgrade.grades import Grades


def grade_notebook(
    sheet: Sheet,
    submitted: Notebook | None,
    notes: tuple[Note, ...] = (),
    files: Mapping[str, bytes] | None = None,
    transcripts: Keep = Keep.NONE,
) -> Graded:
    """Grade a notebook, as `work.grade_notebook` says."""
    from sealgrade import work

    return work.grade_notebook(sheet, submitted, notes, files, transcripts)


def ungraded(sheet: Sheet, submitted: Notebook | None, notes: tuple[Note, ...], reason: str) -> Graded:
    """Return what there is of a notebook that could not be graded, as `work.ungraded` says."""
    from sealgrade import work

    return work.ungraded(sheet, submitted, notes, reason)


def write_pages(
    contents: Mapping[str, bytes], grades: "Mapping[str, Grades]", config: Mapping[str, Any]
) -> dict[str, bytes | str]:
    """Make a student's feedback pages, as `work.write_pages` says."""
    from sealgrade import work

    return work.write_pages(contents, grades, config)
