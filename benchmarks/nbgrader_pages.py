"""A helper process: the feedback pages of a student as `nbgrader generate_feedback` makes them, nbgrader loaded."""

# mypy: disable-error-code="no-untyped-call"

import logging
import os
import sys
from time import perf_counter

from benchmarks.serving import serve


def main() -> None:
    """Answer each student with the milliseconds that the pages take."""
    root, assignment = sys.argv[1:]
    os.chdir(root)
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    logging.disable(logging.CRITICAL)
    config = PyFileConfigLoader("nbgrader_config.py", path=root).load_config()
    config.CourseDirectory.root = root

    def answer(student: str) -> float:
        directory = CourseDirectory(config=config)
        directory.assignment_id, directory.student_id = assignment, student
        converter = GenerateFeedback(coursedir=directory, config=config)
        converter.force = True
        begin = perf_counter()
        converter.start()
        return 1000 * (perf_counter() - begin)

    serve(answer)


if __name__ == "__main__":
    main()
