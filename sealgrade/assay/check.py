"""`sealgrade check`: the tests' own examination, with the banks, mutants, the instructor's version and the release."""

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from time import monotonic
from typing import Any

from sealgrade import fingerprints
from sealgrade.assay import findings, works
from sealgrade.assay.equivalents import equivalents
from sealgrade.assay.leaks import leaks
from sealgrade.assay.mutants import mutants as make_mutants
from sealgrade.assay.mutants import require_mutmut
from sealgrade.assay.naming import known_mistakes, measure
from sealgrade.assay.trial import Trial
from sealgrade.assay.workspace import workspace
from sealgrade.bank import load_bank
from sealgrade.blueprint import Blueprint
from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.sheet import Sheet
from sealgrade.slips import Marked, without_slips
from sealgrade.transcripts import Keep
from sealgrade.workers import Workers

Progress = Callable[[str, int, int], Any]


def check(
    course: Course,
    assignment: str,
    mutants: int | None = 0,
    progress: Progress = lambda what, done, total: None,
    *,
    jobs: int | None = None,
    executor: Executor | None = None,
) -> findings.Findings:
    """Find out how good the tests of an assignment are, and keep the fingerprints of its known mistakes.

    Args:
        course: the course.
        assignment: for example "exercise2".
        mutants: how many mutants of the solution to try; all that can be made, if None.
        progress: told what is being done, how many pieces of work are finished, and how many are known of; mutants are
            made meanwhile.
        jobs: how many notebooks at the same time; as many as there are cores, if not given.
        executor: grades; processes of this machine, if not given.

    Raises:
        ReleaseError: the assignment cannot be released.
        BankError: an entry of the bank is not valid, or does not fit the solution.
        CourseError: there is no such assignment, or two of its notebooks have cells of the same name.
        InlineError: a solution cell cannot be written out.
        ConfinementUnavailable: this machine cannot confine students' code.
        SealgradeError: mutants are asked for, and mutmut is not installed.
    """
    from sealgrade.inline import solved_cells

    start = monotonic()
    if mutants != 0:
        require_mutmut()
    progress("releasing a copy", 0, 0)
    blueprint = course.blueprint(assignment, "source")
    without_slips(course, assignment)  # before nbgrader is loaded, which takes seconds
    solved = solved_cells(course.root, assignment)
    folder = fingerprints.bank_folder(course, assignment)
    entries = load_bank(folder, solved) if folder.is_dir() else []
    workers = Workers(jobs or len(os.sched_getaffinity(0)), executor)
    try:
        judged = _judged_cells(course, assignment)
        to_change = {cell: source for cell, source in solved.items() if cell in judged}
        # To make them takes seconds, in which otherwise one core would have nothing to do.
        making = workers.begin(make_mutants, to_change, mutants) if mutants != 0 else list
        with workspace(course, assignment) as made:
            sheets = made.sheets
            _require_own_names(blueprint, sheets)
            own = [works.of_entry(entry, sheets, solved) for entry in entries]
            total = 3 + len(own)
            trial = Trial(sheets, workers, lambda done: progress("grading", done, total))
            first = works.reference(sheets, solved)
            references = trial.grade([first, works.reference(sheets, solved, "once more")], Keep.ALL)
            trial.learn(references)
            made_of = making()
            tried = [works.of_mutant(m.name, m.cell, m.source, f"{m.cell}, {m.what}", sheets, solved) for m in made_of]
            total += len(tried)
            others = trial.grade([works.untouched(sheets), *own])
            if tried:
                trial.time(first)
            mutated = trial.grade(tried, Keep.NONE, hurried=True)
            warnings: list[str] = []
            places = {mutant.name: (mutant.cell, mutant.within) for mutant in made_of}
            alike = equivalents(trial, first, mutated, places, folder / "probes.py", progress, warnings)
            leaking = leaks(
                course.folder("source", assignment), made.release, solved, course.modules(), Marked.of(course.config)
            )
    finally:
        workers.close()
    outcomes = [references[0], *others, *mutated]
    for outcome in outcomes:
        outcome.scores = {**references[0].scores, **outcome.scores}
    found = findings.evaluate(blueprint, outcomes, alike)
    found.warnings += [*made.warnings, *warnings]
    found.leaks = leaking
    mistakes = [outcome for outcome in others if outcome.work.kind is works.Kind.MISTAKE]
    known = known_mistakes(mistakes, *references)
    found.naming = measure(mistakes, known)
    if entries:  # even if none is a mistake: else grading would wait for fingerprints that never come
        try:
            fingerprints.write(course, assignment, known)
        except OSError as error:  # minutes of work are not lost for it
            found.warnings.append(f"No mistake will be named in the feedback: {error}.")
    found.seconds = monotonic() - start
    return found


def _require_own_names(blueprint: Blueprint, sheets: Mapping[str, Sheet]) -> None:
    """The bank and what is found know a cell by its name alone; nbgrader allows the same one in each notebook."""
    answers = {(cell, notebook) for notebook, sheet in sheets.items() for cell in works.cells_of(sheet)}
    tests = {(cell.grade_id, cell.notebook) for cell in blueprint.cells if not cell.by_hand}
    first: dict[str, str] = {}
    for cell, notebook in sorted(answers | tests):
        other = first.setdefault(cell, notebook)
        if other != notebook:
            raise CourseError(
                f"The cell {cell} is in {other}.ipynb and in {notebook}.ipynb. The bank and the report know cells by "
                "their names: give one of the two another name."
            )


def _judged_cells(course: Course, assignment: str) -> set[str]:
    """Return the solution cells that a test cell comes after in their notebook: no test judges others."""
    paths = course.folder("source", assignment).glob("*.ipynb")
    return {cell for path in paths for cell in works.tested_cells_of(json.loads(path.read_bytes())["cells"])}
