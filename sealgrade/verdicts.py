"""What a feedback page says of each cell that earns points, and of each part: plain values for the template.

Nothing here is HTML, and nothing is escaped: the template does that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sealgrade.blueprint import part_of
from sealgrade.cells import is_grade, is_solution, is_task, is_test, marks
from sealgrade.plain import plain
from sealgrade.scoring import NO_RESPONSE

Kind = Literal["passed", "partly", "failed", "waits"]

_MAX_MESSAGE = 1_500  # characters; the whole of it is in the autograded notebook
WORDS: dict[Kind, str] = {
    "passed": "passed",
    "partly": "partly passed",
    "failed": "not passed",
    "waits": "waits to be marked by hand",
}


@dataclass(frozen=True)
class Verdict:
    """What there is to say of one cell that earns points.

    Attributes:
        name: its grade_id.
        part: the part that it belongs to.
        title: its name within the part.
        kind: how it went.
        score: its points.
        most: the most points that it can earn.
        bonus: whether they come on top.
        by_hand: whether a person marks it.
        answered: whether there was something to mark.
        message: what was wrong.
        mistake: the known mistake that the result fits.
        hint: what the student can check then.
        carried: what the result was accepted as following from, a sentence each.
        released: the traceback, where hidden tests are shown.
    """

    name: str
    part: str
    title: str
    kind: Kind
    score: float
    most: float
    bonus: bool = False
    by_hand: bool = False
    answered: bool = True
    message: str = ""
    mistake: str = ""
    hint: str = ""
    carried: tuple[str, ...] = ()
    released: str = ""

    @property
    def words(self) -> str:
        """How it went, in words: colours and signs alone do not say it to everybody."""
        if self.by_hand and self.kind != "waits":
            return "marked by hand" if self.answered else "not answered"
        return WORDS[self.kind]


@dataclass(frozen=True)
class Remark:
    """A line of the summary: what was wrong, and what to check."""

    message: str
    mistake: str = ""
    hint: str = ""


@dataclass
class Part:
    """What a student reads as one exercise, or an answer that earns nothing by itself and did not run."""

    name: str
    broken: str = ""
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The points of the part."""
        return sum(verdict.score for verdict in self.verdicts)

    @property
    def most(self) -> float:
        """The most points that it can earn."""
        return sum(verdict.most for verdict in self.verdicts)

    @property
    def bonus(self) -> bool:
        """Whether the points come on top."""
        return any(verdict.bonus for verdict in self.verdicts)

    @property
    def waiting(self) -> float:
        """The points that a person has yet to give."""
        return sum(verdict.most for verdict in self.verdicts if verdict.kind == "waits")

    @property
    def kind(self) -> Kind:
        """How it went; where something waits to be marked, what else is not passed counts more."""
        kinds = {verdict.kind for verdict in self.verdicts} or {"failed"}
        if "waits" in kinds and kinds <= {"waits", "passed"}:
            return "waits"
        kinds.discard("waits")
        return kinds.pop() if len(kinds) == 1 else "partly"

    @property
    def words(self) -> str:
        """How it went, in words."""
        judged = [verdict for verdict in self.verdicts if verdict.kind != "waits"]
        if judged and len(judged) < len(self.verdicts):
            wait = "point waits" if self.waiting == 1 else "points wait"
            return f"{Part(self.name, verdicts=judged).words}; {self.waiting:g} {wait} to be marked by hand"
        words = {verdict.words for verdict in self.verdicts}
        return words.pop() if len(words) == 1 else WORDS[self.kind] if self.verdicts else "did not run"

    @property
    def remarks(self) -> list[Remark]:
        """What was wrong: the first message, and each known mistake; if the student's own cell failed, that alone."""
        wrong = [verdict for verdict in self.verdicts if verdict.message]
        if self.broken and (wrong or not self.verdicts):
            return [Remark(self.broken)]
        told = [wrong[0], *(one for one in wrong[1:] if one.mistake)] if wrong else []
        seen: dict[tuple[str, str], Remark] = {}
        for verdict in told:
            seen.setdefault((verdict.mistake, verdict.hint), Remark(verdict.message, verdict.mistake, verdict.hint))
        return list(seen.values())

    @property
    def more(self) -> int:
        """How many tests failed besides the first."""
        return 0 if self.broken else max(0, sum(bool(verdict.message) for verdict in self.verdicts) - 1)

    @property
    def carried(self) -> list[str]:
        """What results were accepted as following from."""
        return list(dict.fromkeys(line for verdict in self.verdicts for line in verdict.carried))


@dataclass
class Page:
    """What a feedback page says besides the notebook.

    Attributes:
        notes: what happened to the submission.
        parts: in the order of the notebook.
        verdicts: of the cells that earn points, by grade_id.
        anchors: the first cell of each part, by the place of the cell in the notebook.
        shows_hidden: whether hidden tests are on it.
    """

    notes: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    anchors: dict[int, list[str]] = field(default_factory=dict)
    shows_hidden: bool = False

    def points(self, bonus: bool = False) -> tuple[float, float]:
        """Return the points, and the most that there can be: those that come on top, or the others."""
        chosen = [verdict for verdict in self.verdicts.values() if verdict.bonus == bonus]
        return sum(verdict.score for verdict in chosen), sum(verdict.most for verdict in chosen)

    @property
    def waiting(self) -> float:
        """The points that a person has yet to give."""
        return sum(verdict.most for verdict in self.verdicts.values() if verdict.kind == "waits")


def page_of(nb: Any, shows_hidden: bool = False) -> Page:
    """Return what a page says of an autograded notebook.

    Args:
        nb: the notebook; its graded cells know their score, and its outputs are those that may be shown.
        shows_hidden: whether hidden tests are shown, with the tracebacks through them.
    """
    page = Page(tuple(nb.metadata.get("sealgrade", {}).get("notes", [])), shows_hidden=shows_hidden)
    parts: dict[str, Part] = {}
    broken = []
    for index, cell in enumerate(nb.cells):
        name = marks(cell).get("grade_id", "")
        if is_grade(cell) or is_task(cell):
            verdict = _verdict(cell, shows_hidden)
            page.verdicts[name] = verdict
            if verdict.part not in parts:
                parts[verdict.part] = Part(verdict.part)
            parts[verdict.part].verdicts.append(verdict)
            page.anchors.setdefault(index, []).append(verdict.part)
        elif is_solution(cell):
            page.anchors.setdefault(index, []).append(name)
            if message := first_message(cell.get("outputs", [])):
                broken.append((name, f"your cell did not run: {message}"))
    for name, message in broken:  # a class that several parts mark has no part of its own
        parts.setdefault(name, Part(name)).broken = message
    page.parts = list(parts.values())
    _keep_the_first(page.anchors, parts)
    return page


def first_message(outputs: Iterable[Any]) -> str:
    """Return the first line of the first error among a cell's outputs."""
    return _message(outputs).split("\n")[0]


def _keep_the_first(anchors: dict[int, list[str]], parts: dict[str, Part]) -> None:
    seen: set[str] = set()
    for index in sorted(anchors):
        anchors[index] = [name for name in anchors[index] if name in parts and name not in seen]
        seen.update(anchors[index])


def _message(outputs: Iterable[Any]) -> str:
    for output in outputs:
        if output.output_type == "error":
            value = str(output.evalue).strip()
            if output.ename == "NotImplementedError":
                return f"not written yet: {value}" if value else "not written yet"
            if output.ename == "AssertionError":
                return value or "A check of this test failed."
            return f"{output.ename}: {value}" if value else str(output.ename)
    return ""


def _verdict(cell: Any, shows_hidden: bool) -> Verdict:
    about, said = marks(cell), cell.metadata.get("sealgrade", {})
    said = said if isinstance(said, dict) else {}
    name, test = about["grade_id"], is_test(cell)
    score, most = float(about.get("score") or 0), float(about["points"])
    part = part_of(name)
    wrong = _lines(_message(cell.get("outputs", []))) if test else ""
    diagnosis = said.get("diagnosis") if test and wrong else None
    diagnosis = diagnosis if isinstance(diagnosis, dict) else {}
    carried = said.get("carried") if test else None
    return Verdict(
        name,
        part,
        name[len(part) :].removeprefix("-test").replace("-", " ").strip(),
        "waits" if not test and about.get("waits") else _kind(score, most, bool(wrong)),
        score,
        most,
        bonus="bonus" in cell.metadata.get("tags", []),
        by_hand=not test,
        answered=bool(score) or about.get("comment") != NO_RESPONSE,
        message=wrong,
        mistake=_lines(str(diagnosis.get("summary", ""))),
        hint=_lines(str(diagnosis.get("hint", ""))),
        carried=tuple(_lines(str(line)) for line in carried) if isinstance(carried, list | tuple) else (),
        released=_traceback(cell.get("outputs", [])) if test and shows_hidden else "",
    )


def _kind(score: float, most: float, wrong: bool) -> Kind:
    if score >= most:
        return "failed" if wrong and not most else "passed"
    return "partly" if score > 0 else "failed"


def _traceback(outputs: Iterable[Any]) -> str:
    return "\n".join("\n".join(output.traceback) for output in outputs if output.output_type == "error")


def _lines(text: str) -> str:
    """A text of which every character shows; lines remain lines."""
    if len(text) > _MAX_MESSAGE:
        text = f"{text[:_MAX_MESSAGE]} ..."
    return "\n".join(plain(line.expandtabs(4)) for line in text.split("\n"))
