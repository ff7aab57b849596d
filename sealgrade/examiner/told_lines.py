"""Lines of a student's cells, for messages."""


class ToldLines:
    """The cells that have run in a process.

    Where an error arose is told by the student's process as two numbers; its own words would be a way to pass something
    on.
    """

    def __init__(self) -> None:
        self._cells: list[tuple[str, str]] = []  # label and source
        self._done: set[int] = set()

    def add(self, label: str, source: str) -> str:
        """Take note of a cell that is run; return its number."""
        self._cells.append((label, source))
        return str(len(self._cells) - 1)

    def ended(self, number: str, well: bool) -> bool:
        """Take note of whether a cell has run to its end; return it."""
        if well:
            self._done.add(int(number))
        return well

    def first(self, label: str) -> tuple[str, bool]:
        """Return the source of a cell, and whether it ran to its end the first time; later times are a test's.

        Args:
            label: of the cell.

        Raises:
            KeyError: no such cell was run.
        """
        for number, (known, source) in enumerate(self._cells):
            if known == label:
                return source, number in self._done
        raise KeyError(label)

    def sources(self) -> list[str]:
        """Return the sources of all cells that were run."""
        return [source for _, source in self._cells]

    def line(self, where: str) -> str:
        """Say what a place, as "cell:line", means; an empty text if it is none."""
        cell, _, line = where.partition(":")
        if not (cell.isdecimal() and line.isdecimal() and len(where) < 20 and int(cell) < len(self._cells)):
            return ""
        label, source = self._cells[int(cell)]
        lines = source.splitlines()
        text = lines[int(line) - 1].strip()[:200] if 0 < int(line) <= len(lines) else ""
        return f"in line {line} of your cell{label}: {text}"
