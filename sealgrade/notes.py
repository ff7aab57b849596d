"""What grading has to say about a submission: plain sentences, some of which ask for a look by hand."""

from collections.abc import Iterable

from sealgrade.plain import plain

_MAX_NAMES = 6  # in one note


class Note(str):
    """A plain sentence for the instructor and the student.

    It is an ordinary string, so that it can be stored as one.

    Attributes:
        needs_a_look: whether a person should look at the submission: something of the student's may not have counted.

    Args:
        text: the sentence.
        needs_a_look: as above.
    """

    needs_a_look: bool

    def __new__(cls, text: str, needs_a_look: bool = False) -> "Note":  # noqa: D102 - described above
        note = super().__new__(cls, text)
        note.needs_a_look = needs_a_look
        return note


def any_needs_a_look(notes: Iterable[str]) -> bool:
    """Return whether one of the notes asks for a look by hand."""
    return any(getattr(note, "needs_a_look", False) for note in notes)


def named(names: Iterable[str]) -> str:
    """Return names in one line, not more of them than a person reads."""
    shown = [plain(name[:80]) for name in names]
    first = ", ".join(shown[:_MAX_NAMES])
    return first if len(shown) <= _MAX_NAMES else f"{first} and {len(shown) - _MAX_NAMES} more"
