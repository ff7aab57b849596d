"""Grading what a class handed in: only what is new, in parallel, one writer, nobody stopping the others."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from sealgrade import fingerprints
from sealgrade.batch import Batch, Progress, Run
from sealgrade.classlist import students_of
from sealgrade.course import Course
from sealgrade.errors import CourseError
from sealgrade.files import source_fingerprint
from sealgrade.gradebook import Assignment, Gradebook
from sealgrade.settings import not_used
from sealgrade.state import State, only_run
from sealgrade.workers import Workers

__all__ = ["Progress", "Run", "grade"]


def grade(
    course: Course,
    assignment: str,
    students: Sequence[str] = (),
    force: bool = False,
    progress: Callable[[Progress], Any] = lambda progress: None,
    *,
    notebooks: Sequence[str] = (),
    jobs: int | None = None,
    executor: Executor | None = None,
) -> Run:
    """Grade the submissions of an assignment that are new or changed, and write their feedback.

    Args:
        course: the course.
        assignment: for example "exercise2".
        students: grade these only; all, if empty.
        force: grade also what has not changed.
        progress: called now and then.
        notebooks: grade these only; all, if empty.
        jobs: how many notebooks at the same time; as many as there are cores, if not given.
        executor: grades the notebooks; processes of this machine, if not given. What goes there and back is plain data.

    Returns:
        What was done; the grades are in the gradebook.

    Raises:
        CourseError: if the assignment is not released, a named student handed nothing in, a named notebook does not
            exist, or another run is under way.
        ConfinementUnavailable: this machine cannot confine students' code; nothing has been graded.
    """
    course.blueprint(assignment)  # says what is missing, if it is not released
    with only_run(course.root), Gradebook(course.directories.db_url) as gradebook:
        known = _known(course, gradebook, assignment)
        for name in notebooks:
            if name not in known.notebooks:
                raise CourseError(f"{assignment} has no notebook {name}. It has {', '.join(sorted(known.notebooks))}.")
        found, warnings = students_of(course, assignment)
        run = Run(found, warnings=warnings)
        if students:
            if unknown := sorted(set(students) - set(found)):
                raise CourseError(f"No {assignment} of {', '.join(unknown)} in {course.folder('submitted')}.")
            run.students = sorted(set(students))
        _check_release_is_current(course, assignment, run)
        run.warnings += not_used(course.config)
        known_mistakes, problem = fingerprints.read(course, assignment)
        run.warnings += [problem] if problem else []
        made = Batch(course, gradebook, known, run, force, notebooks or list(known.notebooks), known_mistakes)
        with _workers(jobs or len(os.sched_getaffinity(0)), executor) as workers:
            made.grade_all(workers, progress)
        run.graded.sort()
        run.submissions = gradebook.submissions(known, run.students)
    return run


@contextmanager
def _workers(jobs: int, executor: Executor | None) -> Iterator[Workers]:
    workers = Workers(jobs, executor)
    try:
        yield workers
    finally:
        workers.close()


def _known(course: Course, gradebook: Gradebook, assignment: str) -> Assignment:
    """What the gradebook says of the assignment, when it is due included.

    Raises:
        CourseError: if it does not know it.
    """
    due, known = course.due(assignment), gradebook.assignment(assignment)
    if known is not None and due and known.due != due:
        gradebook.set_due(known, due)
        known = gradebook.assignment(assignment)
    if known is None:
        raise CourseError(
            f"{course.gradebook_path} does not know {assignment}. Run `sealgrade release {assignment}` first."
        )
    return known


def _check_release_is_current(course: Course, assignment: str, run: Run) -> None:
    recorded = State(course.root, assignment).load("release").get("source")
    source = course.folder("source", assignment)
    if recorded and source.is_dir() and recorded != source_fingerprint(source):
        run.warnings.append(
            f"{source} has changed since the last release; graded with the released version. "
            f"Run `sealgrade release {assignment}` to use the new one."
        )
