"""What sealgrade raises for a user to read: what happened, where, and what to do next.

SealgradeError
├── CourseError        the folder is not a course, or its settings do not make sense
├── ReleaseError       an assignment cannot be released
└── UnreadableNotebook a file that was handed in is not a notebook
"""


class SealgradeError(Exception):
    """The root: the command line prints its message, without a traceback."""


class CourseError(SealgradeError):
    """The folder is not a course, or its settings do not make sense."""


class ReleaseError(SealgradeError):
    """An assignment cannot be released."""


class UnreadableNotebook(SealgradeError):  # noqa: N818 - a state of the file that grading copes with
    """A file that was handed in is not a notebook; the message says why, without naming the file."""
