"""Grading what a class handed in: only what is new, one student at a time, nobody stopping the others."""

import hashlib
import json
import os
import shutil
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbgrader import api
from sqlalchemy.exc import SAWarning

import sealgrade
from sealgrade.copies import private, take_of
from sealgrade.course import Course
from sealgrade.engine import configured, zygote_for
from sealgrade.errors import CourseError
from sealgrade.intake import Taken, bad_id
from sealgrade.plain import plain
from sealgrade.release import source_fingerprint
from sealgrade.state import State

Progress = Callable[[str, int, int], None]


@dataclass
class Run:
    """What one run did."""

    students: list[str]
    graded: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tier: str = ""  # of the confinement, if anything was run
    taken: dict[str, Taken] = field(default_factory=dict)  # of each student whose folder could be read


def grade(
    course: Course,
    assignment: str,
    students: Sequence[str] = (),
    force: bool = False,
    progress: Progress = lambda student, done, total: None,
) -> Run:
    """Grade the submissions of an assignment that are new or changed, and write their feedback.

    Args:
        course: the course.
        assignment: for example "exercise2".
        students: grade these only; all, if empty.
        force: grade also what has not changed.
        progress: called with the student, the number done and the number to do.

    Returns:
        What was done; the grades are in the gradebook.

    Raises:
        CourseError: if the assignment is not released, or a named student handed nothing in.
        ConfinementUnavailable: this machine cannot confine students' code; nothing has been graded.
    """
    course.blueprint(assignment)  # says what is missing, if it is not released
    basis = _basis(course, assignment)
    run = _hand_ins(course, assignment)
    if students:
        unknown = sorted(set(students) - set(run.students))
        if unknown:
            raise CourseError(f"No {assignment} of {', '.join(unknown)} in {course.folder('submitted')}.")
        run.students = sorted(set(students))
    _check_release_is_current(course, assignment, run)
    state = State(course.root, assignment)
    with _one_engine():
        _grade_all(course, assignment, force, progress, run, basis, state)
    progress("", len(run.students), len(run.students))
    return run


def _grade_all(
    course: Course, assignment: str, force: bool, progress: Progress, run: Run, basis: str, state: State
) -> None:
    for done, student in enumerate(run.students):
        progress(student, done, len(run.students))
        record = state.load(f"student-{student}")
        with TemporaryDirectory(prefix="sealgrade-") as scratch:
            coursedir = course.nbgrader.coursedir(assignment, student)
            try:
                taken = take_of(coursedir, student, Path(scratch), course.files_of_students(assignment))
            except OSError as error:
                reason = f"{error.filename} cannot be read ({error.strerror}). Mend that and grade again."
                run.failures[student] = plain(reason)
                _forget_scores(course, assignment, student)
                continue
            run.taken[student] = taken
            fingerprint = hashlib.sha256(f"{basis}{taken.digest}".encode()).hexdigest()
            if force or record.get("fingerprint") != fingerprint or not _is_graded(course, assignment, student, taken):
                if not run.tier:  # before anybody's grade is touched
                    run.tier = _tier(course, assignment)
                state.save(f"student-{student}", {})  # so that a run that is cut off here starts with this one again
                failure = _grade_one(course, private(coursedir, Path(scratch)), taken)
                run.graded.append(student)
                record = {"fingerprint": None if failure else fingerprint, "failure": failure, "feedback": None}
        if record.get("failure"):
            run.failures[student] = record["failure"]
        else:
            marks = _marks(course, assignment, student)
            if record.get("feedback") != marks or not _has_feedback(course, assignment, student):
                problem = _write_feedback(course, assignment, student)
                record["feedback"] = None if problem else marks
                if problem:
                    run.warnings.append(f"{student}: no feedback was written: {plain(problem)}")
        state.save(f"student-{student}", record)


def _hand_ins(course: Course, assignment: str) -> Run:
    """The students whose work is there, and what in `submitted/` is not a student's folder."""
    run = Run([])
    submitted = course.folder("submitted")
    for path in sorted(submitted.iterdir()) if submitted.is_dir() else []:
        folder = course.folder("submitted", assignment, path.name)
        problem = None
        if path.name.startswith("."):
            continue
        if path.is_symlink():
            problem = "is a link and was not graded: put the folder itself there."
        elif not path.is_dir():
            problem = "is not a student's folder and was not graded."
        elif reason := bad_id(path.name):
            problem = f"was not graded: {reason}."
        elif not os.access(path, os.R_OK | os.X_OK):
            problem = "cannot be read: you have no permission."
        elif folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            problem = f"was not graded: {assignment} in it is not a folder."
        elif folder.is_dir():
            run.students.append(path.name)
        elif any(path.glob("*.ipynb")):
            problem = f"holds notebooks; they belong into {plain(str(folder))}."
        if problem:
            run.warnings.append(f"{plain(str(path))} {problem}")
    run.warnings += _look_alikes(run.students)
    return run


def _look_alikes(students: Sequence[str]) -> Iterator[str]:
    """Students whose ids a person would take for the same, one of whom may be posing as the other."""
    alike: dict[str, list[str]] = {}
    for student in students:
        alike.setdefault(unicodedata.normalize("NFKC", student).casefold(), []).append(student)
    for names in alike.values():
        if len(names) > 1:
            yield f"These students' ids differ by no more than case or accents: {', '.join(names)}."


def _basis(course: Course, assignment: str) -> str:
    """A hash of all that a grade depends on but the submission.

    Raises:
        CourseError: if the gradebook does not know the assignment.
    """
    from nbgrader.api import MissingEntry

    digest = hashlib.sha256()
    with course.nbgrader.gradebook() as gradebook:
        try:
            found = gradebook.find_assignment(assignment)
        except MissingEntry:
            raise CourseError(
                f"{course.gradebook_path} does not know {assignment}. Run `sealgrade release {assignment}` first."
            ) from None
        due = course.due(assignment)
        if due and found.duedate != due:
            gradebook.update_or_create_assignment(assignment, duedate=due)
        for notebook in sorted(found.notebooks, key=lambda n: n.name):
            cells = sorted((cell.name, cell.source, cell.checksum) for cell in notebook.source_cells)
            digest.update(json.dumps([notebook.name, notebook.kernelspec, cells]).encode())
    config = {name: value for name, value in course.config.items() if name != "SealgradeCourse"}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    digest.update(source_fingerprint(course.folder("release", assignment)).encode())
    for path in _code(course):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _code(course: Course) -> list[Path]:
    """sealgrade's own code and the course's packages: tests import from them."""
    steps = ("source", "release", "submitted", "autograded", "feedback", "solution")
    taken = {course.folder(step) for step in steps} | {course.root / "tests"}
    folders = [p for p in sorted(course.root.iterdir()) if p.is_dir() and p not in taken and not p.name.startswith(".")]
    own = Path(sealgrade.__file__).parent
    return sorted({p for folder in {own, *folders} for p in folder.rglob("*.py")})


def _check_release_is_current(course: Course, assignment: str, run: Run) -> None:
    recorded = State(course.root, assignment).load("release").get("source")
    source = course.folder("source", assignment)
    if recorded and source.is_dir() and recorded != source_fingerprint(source):
        run.warnings.append(
            f"{source} has changed since the last release; graded with the released version. "
            f"Run `sealgrade release {assignment}` to use the new one."
        )


def _is_graded(course: Course, assignment: str, student: str, taken: Taken) -> bool:
    """Whether what an earlier run wrote is still there."""
    from nbgrader.api import MissingEntry

    with course.nbgrader.gradebook() as gradebook:
        try:
            gradebook.find_submission(assignment, student)
        except MissingEntry:
            return False
    autograded = course.folder("autograded", assignment, student)
    return all((autograded / f"{name}.ipynb").exists() for name in taken.notebooks)


def _grade_one(course: Course, coursedir: Any, taken: Taken) -> str | None:
    """Grade one student's work, private copies; return why that failed, None if it did not."""
    from nbgrader.converters import Autograde

    assignment, student = coursedir.assignment_id, coursedir.student_id
    with course.nbgrader.collecting_errors() as errors, _quiet_sqlalchemy():
        try:
            if not taken.notebooks:
                folder = coursedir.format_path(coursedir.submitted_directory, student, assignment)
                _record_nothing(course, assignment, student, coursedir.get_existing_timestamp(folder))
                return None
            converter = Autograde(coursedir=coursedir, parent=course.nbgrader.app)
            converter.force = True
            converter.start()
        except Exception as error:  # whatever it is, the others go on
            course.log.exception("%s could not be graded", student)
            _forget_scores(course, assignment, student)
            return errors.cause if type(error).__name__ == "NbGraderException" else f"{type(error).__name__}: {error}"
    return None


@contextmanager
def _quiet_sqlalchemy() -> Iterator[None]:
    """Keep to itself what SQLAlchemy has to remark on how nbgrader uses it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=SAWarning)
        yield


@contextmanager
def _one_engine() -> Iterator[None]:
    """Let nbgrader open the same gradebook again without compiling all its queries anew: a quarter of its time."""
    create = api.create_engine
    api.create_engine = cache(create)
    try:
        yield
    finally:
        api.create_engine = create


def _record_nothing(course: Course, assignment: str, student: str, timestamp: Any) -> None:
    """None of the notebooks was handed in: nothing to run, all scores are 0."""
    with course.nbgrader.gradebook() as gradebook:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment, student, timestamp=timestamp)
        for notebook in submission.notebooks:
            for score in notebook.grades:
                score.auto_score, score.needs_manual_grade = 0, False
        gradebook.db.commit()
    for step in ("autograded", "feedback"):
        shutil.rmtree(course.folder(step, assignment, student), ignore_errors=True)


def _forget_scores(course: Course, assignment: str, student: str) -> None:
    """A score of an earlier submission must not stand for one that could not be graded."""
    with _quiet_sqlalchemy(), course.nbgrader.gradebook() as gradebook:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment, student)
        for notebook in submission.notebooks:
            for score in notebook.grades:
                score.auto_score, score.needs_manual_grade = None, True
        gradebook.db.commit()


def _marks(course: Course, assignment: str, student: str) -> str:
    """A hash of what a person gave: feedback older than that is made anew."""
    with course.nbgrader.gradebook() as gradebook:
        submission = gradebook.find_submission(assignment, student)
        given: list[Any] = []
        for notebook in submission.notebooks:
            given += [(notebook.name, g.name, g.manual_score, g.extra_credit) for g in notebook.grades]
            given += [(notebook.name, c.name, c.manual_comment, c.auto_comment) for c in notebook.comments]
    return hashlib.sha256(json.dumps(sorted(given, key=str)).encode()).hexdigest()


def _has_feedback(course: Course, assignment: str, student: str) -> bool:
    autograded, feedback = (course.folder(step, assignment, student) for step in ("autograded", "feedback"))
    return all((feedback / f"{path.stem}.html").exists() for path in autograded.glob("*.ipynb"))


def _write_feedback(course: Course, assignment: str, student: str) -> str | None:
    """Write one student's feedback; return why that failed, None if it did not."""
    from nbgrader.converters import GenerateFeedback

    if not any(course.folder("autograded", assignment, student).glob("*.ipynb")):
        return None
    with course.nbgrader.collecting_errors() as errors:
        try:
            coursedir = course.nbgrader.coursedir(assignment, student)
            converter = GenerateFeedback(coursedir=coursedir, parent=course.nbgrader.app)
            converter.force = True
            converter.start()
        except Exception as error:  # a page that cannot be written is no reason to stop
            course.log.exception("no feedback for %s", student)
            return errors.cause if errors.messages else f"{type(error).__name__}: {error}"
    return None


def _tier(course: Course, assignment: str) -> str:
    settings = configured(course.config, assignment, course.settings.limits)
    return zygote_for(settings.plan(), course.packages(), settings.trust_submissions).tier
