"""A helper process: what a worker of `sealgrade grade` does for a notebook and for a page, once it is warm."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from benchmarks.profiling import shares
from benchmarks.serving import serve


def main() -> None:
    """Answer orders with milliseconds.

    `grade STUDENT NOTEBOOK FILE` writes the autograded notebook to the file; `profile` with the same words after it
    says instead where that time goes; `pages STUDENT` makes the feedback pages, from what the gradebook says.
    """
    from sealgrade import work
    from sealgrade.course import Course
    from sealgrade.feedback_files import Feedback
    from sealgrade.gradebook import Gradebook
    from sealgrade.intake import read_hand_in
    from sealgrade.sheet import sheets

    root, assignment = Path(sys.argv[1]), sys.argv[2]
    course = Course(root)
    gradebook = Gradebook(course.directories.db_url)
    known = gradebook.assignment(assignment)
    assert known is not None
    all_sheets = sheets(course, known)
    work.warm_up(next(iter(all_sheets.values())))

    def grade(student: str, name: str, file: str) -> float:
        folder = course.folder("submitted", assignment, student)
        released = {name: sheet.released for name, sheet in all_sheets.items()}
        hand_in = read_hand_in(folder, course.folder("submitted"), released, course.files_of_students(assignment))
        one = hand_in.notebooks[name]
        begin = perf_counter()
        graded = work.grade_notebook(all_sheets[name], one.notebook, one.notes, hand_in.files)
        taken = 1000 * (perf_counter() - begin)
        if graded.failure:
            raise RuntimeError(graded.failure)
        Path(file).write_bytes(graded.content)
        return taken

    class AtOnce:
        """Stands for the workers: makes at once what is to be made."""

        def submit(self, key: Any, call: Callable[..., Any], *arguments: Any) -> None:
            problem = feedback.take_back(key[1], call(*arguments))
            if problem:
                raise RuntimeError(problem)

    feedback, at_once = Feedback(course, gradebook, known), cast(Any, AtOnce())

    def pages(student: str) -> float:
        begin = perf_counter()
        feedback.submit(at_once, student, {}, feedback.read([student])[student])
        return 1000 * (perf_counter() - begin)

    def answer(line: str) -> float | str:
        kind, *rest = line.split()
        if kind == "profile":
            return shares(lambda: grade(*rest))
        return grade(*rest) if kind == "grade" else pages(*rest)

    serve(answer)
    os._exit(0)


if __name__ == "__main__":
    main()
