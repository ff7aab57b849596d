"""One notebook through the engine, whoever asks for it."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from sealgrade.cells import marks
from sealgrade.diagnosis import KnownMistake, diagnose
from sealgrade.engine import EngineSettings
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.limits import Limits
from sealgrade.examiner.notebook import NotebookRun
from sealgrade.examiner.zygote import Zygote
from sealgrade.transcripts import Transcript


@dataclass(frozen=True)
class Material:
    """What the course has on a notebook.

    Attributes:
        released: as the students received it.
        solutions: the cells of the instructor's notebook, where it is at hand.
        files: what the assignment ships beside the notebook.
        folder: where the released files are; paths in the instructor's cells start from there.
        known: the assignment's known mistakes.
    """

    released: NotebookNode
    solutions: list[NotebookNode] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    folder: Path | None = None
    known: tuple[KnownMistake, ...] = ()


def run_notebook(
    nb: NotebookNode, material: Material, settings: EngineSettings, zygote: Zygote, keeps_passed: bool = False
) -> dict[str, Transcript]:
    """Run all code cells of a notebook that is built on the instructor's; see `examiner.notebook`.

    Args:
        nb: gets outputs, and in its metadata notes and the tier of the confinement; test cells that have failed as
            they do with a known mistake get its name.
        material: of the course.
        settings: of the engine.
        zygote: forks the student's processes.
        keeps_passed: whether to return what crossed the wall in test cells that were passed, too.

    Returns:
        What crossed the wall in each test cell, by grade_id.
    """
    nb.metadata.setdefault("sealgrade", NotebookNode())["tier"] = zygote.tier
    run = NotebookRun(
        nb,
        material.released,
        lambda hear: Candidate(zygote, hear, settings.patience),
        material.files,
        material.solutions,
        material.folder,
        Limits(
            settings.timeout or 1e6, settings.hurried_timeout, settings.patience, settings.max_restarts, settings.output
        ),
        settings.sealed,
        settings.clean_outputs,
        settings.draws,
        settings.stops_at_failure,
        settings.left_out,
        keeps_passed,
    )
    run.run()
    found = diagnose(run.transcripts, material.known)
    for cell in nb.cells:
        mistake = found.get(marks(cell).get("grade_id", ""))
        if mistake is not None:
            told = cell.metadata.setdefault("sealgrade", NotebookNode())
            told["diagnosis"] = {"summary": mistake.summary, "hint": mistake.hint}
    return run.transcripts
