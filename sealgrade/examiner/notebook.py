"""A submission, cell by cell: the student's in the candidate, the tests in the examiner.

Theory of operation. The notebook that comes in is built on the instructor's: its test cells, roles, points and tags are
not the student's. Cells run in order. A cell that ends the student's process, or hangs and does not answer an
interrupt, costs its own points only: a fresh candidate runs the student's earlier cells again, without it, and the
notebook goes on.
"""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

import copy
import hashlib
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from sealgrade.cells import is_locked, is_solution, is_test
from sealgrade.examiner.beside import beside
from sealgrade.examiner.candidate import Candidate
from sealgrade.examiner.clean import Again, depends_on_drawing, show_without_tests
from sealgrade.examiner.fault import Fault
from sealgrade.examiner.limits import Limits
from sealgrade.examiner.names import Namespace
from sealgrade.examiner.outputs import CellOutputs
from sealgrade.examiner.present import failed, test_cells
from sealgrade.examiner.remarks import add_fault, add_note, explain, show_failure
from sealgrade.examiner.roles import first_hidden, is_in_kernel, label
from sealgrade.examiner.test_cell import run_test
from sealgrade.transcripts import Transcript


@dataclass
class NotebookRun:
    """The run of one notebook.

    Attributes:
        notebook: gets outputs, and notes in its metadata.
        released: as the students received it; says what they were asked to define.
        solutions: the cells of the instructor's notebook, where it is at hand.
        folder: where the released files are; paths in the instructor's cells start from there.
        new_candidate: forks one; its argument takes outputs.
        files: what the assignment ships beside the notebook.
        limits: for the notebook.
        clean_outputs: whether what cells put out is shown as it is without hidden tests; see `clean`.
        sealed: whether test cells run in the examiner; if not, all cells run in the candidate.
        draws: whether figures are drawn; if not, they are only where a test could tell.
        stops_at_failure: whether to run no cell after the first test cell that fails.
        left_out: test cells that are not run.
        keeps_passed: whether to keep what crossed the wall in test cells that were passed, too.
        transcripts: of the test cells that were run, by grade_id; made by `run`.
    """

    notebook: NotebookNode
    released: NotebookNode
    new_candidate: Callable[[Callable[[Any], None]], Candidate]
    files: dict[str, bytes] = field(default_factory=dict)
    solutions: list[NotebookNode] = field(default_factory=list)
    folder: Path | None = None
    limits: Limits = field(default_factory=Limits)
    sealed: bool = True
    clean_outputs: bool = True
    draws: bool = True
    stops_at_failure: bool = False
    left_out: Collection[str] = ()
    keeps_passed: bool = False
    transcripts: dict[str, Transcript] = field(default_factory=dict)

    def run(self) -> None:
        """Run all code cells."""
        tests = [cell for cell in self.notebook.cells if is_test(cell)]
        quick = self.sealed and (self.clean_outputs or not self.draws) and not any(map(is_in_kernel, tests))
        parts = [self.notebook, *self.notebook.cells]
        notes = [copy.deepcopy(part.metadata.get("sealgrade")) for part in parts]
        if quick and not depends_on_drawing(self.notebook.cells) and self._run(draws_late=False):
            return
        for part, before in zip(parts, notes, strict=True):  # a run leaves nothing else in what is kept
            part.metadata.pop("sealgrade", None)
            if before is not None:
                part.metadata["sealgrade"] = before
        self._run(draws_late=True)

    def _run(self, draws_late: bool) -> bool:
        """Run all code cells; see `clean` for what figures have to do with it.

        Args:
            draws_late: whether the figures of cells behind the first hidden test are drawn each time.

        Returns:
            Whether the verdicts are those that come of it if they are.
        """
        self._candidate: Candidate | None = None
        self._present, self._testing = CellOutputs(self.limits.output), False
        solved = [cell.source for cell in self.solutions if is_solution(cell)]
        stubs_ = [cell.source for cell in self.released.cells if "nbgrader" in cell.metadata and is_solution(cell)]
        self._namespace = Namespace([*stubs_, *solved], self.folder)
        self._history: list[int] = []  # the cells that a new candidate has to run again
        self._failed: set[str] = set()  # the test cells that were not passed
        self._stopped: set[int] = set()  # cells that have run out of time
        self._tests = frozenset(one.metadata.nbgrader.grade_id for one in self.notebook.cells if is_test(one))
        self._starts, self._timeouts, self._number = 0, 0, 0
        stubs = {c.metadata.nbgrader.grade_id: c.source for c in self.released.cells if "nbgrader" in c.metadata}
        cells = self.notebook.cells
        hidden, last_test = first_hidden(cells), max((i for i, cell in enumerate(cells) if is_test(cell)), default=0)
        first_undrawn = len(cells) if draws_late else hidden if self.draws else 0
        self._undrawn = {i for i in range(first_undrawn, len(cells)) if not is_test(cells[i])}
        self.transcripts.clear()
        put_off: set[int] = set()
        try:
            for index, cell in enumerate(cells):
                if cell.cell_type != "code":
                    continue
                cell.outputs, cell.execution_count = [], None
                if not cell.source.strip() or (is_test(cell) and cell.metadata.nbgrader.grade_id in self.left_out):
                    continue
                self._number += 1
                cell.execution_count = self._number
                if self._starts > self.limits.restarts:
                    message = "This cell was not run: the cells before it ended Python too often."
                    cell.outputs = [new_output("error", ename="NotRun", evalue=message, traceback=[message])]
                elif self.sealed and is_test(cell) and not is_in_kernel(cell):
                    self._run_test(cell, index)
                    if self._candidate and self._candidate.has_shown_a_figure and self._undrawn & {*self._history}:
                        return False
                    if self.stops_at_failure and self._failed:
                        return True
                elif not draws_late and index > last_test and (put_off or self._is_shown_later(hidden)):
                    put_off.add(index)
                else:
                    self._run_student(cell, index)
                    if "nbgrader" in cell.metadata and not is_test(cell):
                        stub = stubs.get(cell.metadata.nbgrader.grade_id, cell.source)
                        self._namespace.released_cell(stub, is_locked(cell) and not is_solution(cell))
            self._close()
            if not self.sealed or not self.clean_outputs:
                return True
            ran = [*self._history, *sorted(put_off)]
            again = Again(self._start, self._run_cell, self.limits.output)
            return show_without_tests(cells, ran, self._stopped, put_off, draws_late, again)
        finally:
            self._close()

    def _is_shown_later(self, hidden: int) -> bool:
        """Whether the notebook will be run once more anyway, for what cells behind the first hidden test put out."""
        return any(i > hidden and self.notebook.cells[i].outputs for i in self._history if i not in self._stopped)

    def _seconds(self) -> float:
        hurried = self._timeouts >= 2
        return min(self.limits.seconds, self.limits.hurried_seconds) if hurried else self.limits.seconds

    def _ready(self) -> Candidate:
        """Return a candidate that has run the student's cells up to here."""
        while self._candidate is None:
            if self._starts > self.limits.restarts:
                raise Fault("died", "ended Python too often")
            self._starts += 1
            self._present = CellOutputs(self.limits.output)  # what is shown again is not wanted
            try:
                candidate = self._start(self._hear)
            except Fault:
                continue
            if self._replay(candidate):
                self._candidate = candidate
        return self._candidate

    def _start(self, hear: Callable[[Any], None]) -> Candidate:
        candidate = self.new_candidate(hear)
        sources = "\0".join(cell.source for cell in self.notebook.cells)
        seed = int(hashlib.sha256(sources.encode("utf-8", "replace")).hexdigest()[:15], 16)
        try:
            candidate.start_cell(self.limits.seconds)
            candidate.start(seed, self.files)
        except Fault:
            candidate.close()
            raise
        return candidate

    def _run_cell(self, candidate: Candidate, cell: NotebookNode, draws: bool) -> bool:
        candidate.start_cell(self._seconds())
        return candidate.run(cell.source, label(cell), draws)

    def _replay(self, candidate: Candidate, pause: float = 0) -> bool:
        """Run the earlier cells again; take one that ends the process out of them, and return whether none did."""
        for position, index in enumerate(self._history):
            cell = self.notebook.cells[index]
            try:
                self._run_cell(candidate, cell, index not in self._undrawn)
                if pause:
                    sleep(pause)
                    candidate.give_a_sign_of_life()
            except Fault as fault:
                del self._history[position]
                candidate.close()
                self._note(index, f"{fault}; the notebook was run without it")
                outputs = CellOutputs(self.limits.output)
                add_fault(outputs, fault, goes_on=False)
                cell.outputs += outputs.outputs
                return False
        return True

    def _blame_an_earlier_cell(self) -> None:
        """Find out whether a thread of an earlier cell has ended the process; if so, it is left out from now on."""
        self._close()
        self._starts += 1
        candidate = self.new_candidate(lambda message: None)
        self._replay(candidate, pause=0.05)
        candidate.close()

    def _close(self) -> None:
        if self._candidate is not None:
            self._candidate.close()
        self._candidate = None

    def _run_student(self, cell: NotebookNode, index: int) -> None:
        outputs, fault, goes_on = CellOutputs(self.limits.output), None, False
        for attempt in range(2):
            fault = None
            try:
                candidate = self._ready()
                self._present = outputs = CellOutputs(self.limits.output)
                if not self._run_cell(candidate, cell, index not in self._undrawn):
                    show_failure(outputs)
                self._history.append(index)
                break
            except Fault as raised:
                fault = raised
            goes_on = self._goes_on()
            if goes_on:
                self._history.append(index)
                self._stopped.add(index)
            # What an earlier cell, or a test's call of it, has left behind in the process may be to blame, and may not
            # be there in a new one.
            if fault.kind not in ("died", "protocol") or not self._history or attempt:
                break
            self._blame_an_earlier_cell()
        if fault is not None:
            self._timeouts += fault.kind == "timeout"
            self._note(index, f"{fault} and was stopped" if goes_on else f"{fault}; the notebook was run without it")
            add_fault(outputs, fault, goes_on)
        explain(outputs.outputs)
        cell.outputs = outputs.outputs

    def _goes_on(self) -> bool:
        """Whether the process can be used further after a fault; if not, it is ended."""
        if self._candidate is not None and self._candidate.recover_from_timeout():
            return True
        self._close()
        return False

    def _run_test(self, cell: NotebookNode, index: int) -> None:
        name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
        outputs = CellOutputs(self.limits.output)
        for attempt in range(2):
            try:
                candidate = self._ready()
            except Fault as fault:
                outputs.error("NotRun", f"This test was not run: your code {fault}.")
                cell.outputs = outputs.outputs
                return
            self._present, self._testing = CellOutputs(self.limits.output), True
            failed.set(frozenset(self._failed))
            known = test_cells.set(self._tests)
            with beside(self.folder):
                verdict = run_test(cell.source, name, points, self._namespace, candidate, self._seconds())
            test_cells.reset(known)
            self._testing = False
            fault_ = candidate.fault
            if fault_ is None or self._goes_on():
                break
            if attempt or fault_.kind not in ("died", "protocol"):
                break
            # What an earlier cell or test has left behind in the process may be to blame: a new one decides.
            self._blame_an_earlier_cell()
        passed = verdict.error is None
        self.transcripts[name] = candidate.seen.transcript(passed, values=self.keeps_passed or not passed)
        if fault_ is not None:
            self._timeouts += fault_.kind == "timeout"
            self._note(index, f"was not passed: the student's code {fault_}")
        outputs.take(("stream", "stdout", verdict.printed))
        if verdict.carried:
            cell.metadata.setdefault("sealgrade", NotebookNode())["carried"] = verdict.carried
        if verdict.error:
            self._failed.add(name)
            outputs.error(*verdict.error, verdict.traceback)
            if verdict.for_student != verdict.error[1]:
                cell.metadata.setdefault("sealgrade", NotebookNode())["for_student"] = verdict.for_student
        elif verdict.credit is not None:
            data = {"text/plain": repr(verdict.credit)}
            outputs.outputs.append(new_output("execute_result", data=data, execution_count=None))
        cell.outputs = outputs.outputs

    def _hear(self, message: Any) -> None:
        """Take what the student's code puts out; what it prints during a test, the test can look at."""
        text = message[2] if isinstance(message, tuple) and len(message) == 3 and message[0] == "stream" else None
        if self._testing and isinstance(text, str):
            (sys.stderr if message[1] == "stderr" else sys.stdout).write(text)
        else:
            self._present.take(message)

    def _note(self, index: int, what: str) -> None:
        cell = self.notebook.cells[index]
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        name = f"The cell `{grade_id}`" if grade_id else f"Cell {index + 1} of the notebook"
        add_note(self.notebook, f"{name} {what}.")
