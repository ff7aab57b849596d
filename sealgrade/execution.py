"""Running a student's notebook so that no cell can spoil the rest.

A cell that ends Python, or hangs and cannot be interrupted, costs a fresh kernel: the cells before it are run again to
rebuild the state, it is left out, and the notebook goes on behind it. What cells print is bounded while it arrives.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import asyncio
import copy
from queue import Empty
from subprocess import DEVNULL
from time import monotonic, sleep
from typing import Any

from nbclient.client import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import ensure_async, run_sync
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Integer

MAX_TEXT = 100_000  # characters of what a cell prints, and of an error
MAX_DATA = 5_000_000  # characters of a cell's figures and tables
MAX_OUTPUTS = 200
TIMED_OUT = "CellTimeoutError"


class StuckKernelError(Exception):
    """The kernel did not come back after an interrupt."""


class ExecuteStudent(Execute):  # type: ignore[misc]
    """nbgrader's Execute, for code that may kill, hang or flood its kernel."""

    max_restarts = Integer(8, help="How many fresh kernels one notebook may cost.").tag(config=True)
    hurried_timeout = Integer(
        20, help="Seconds for each cell once two cells of a notebook have run out of time: all call the same loop."
    ).tag(config=True)
    patience = Integer(5, help="Seconds that an interrupted kernel has to come back.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run all code cells, replacing the kernel where a cell makes an end of it."""
        NotebookClient.__init__(self, nb, km)
        self._check_assign_resources(resources)
        self.shell_timeout_interval = 1  # how soon a kernel that is asked and gone is missed
        # A lost message must not cost the notebook: the reply has come, only some output has not.
        self.raise_on_iopub_timeout = False
        self._finished = 0  # the cells before this one are done
        self._careful = False
        self._timeouts = 0
        left_out: set[int] = set()
        for _ in range(self.max_restarts + 1):
            try:
                self._run_with_one_kernel(left_out)
                break
            except StuckKernelError:
                what = f"took longer than {self._get_timeout(None)} seconds and could not be interrupted"
                self._timeouts += 1
                left_out.add(self._leave_out(TIMED_OUT, what))
            except DeadKernelError:
                # A dying kernel takes its last messages with it, and `exit()` ends it only after its cell. Who did it
                # is seen the second time, when the kernel is asked after each cell whether it is still there.
                if self._careful:
                    left_out.add(self._leave_out("KernelDied", "ended Python (the kernel died)"))
                self._careful = True
        else:
            self._give_up()
        self.set_widgets_metadata()
        return self.nb, self.resources

    def _run_with_one_kernel(self, left_out: set[int]) -> None:
        self.reset_execution_trackers()
        self.km = None
        # What a dying kernel writes to the terminal is of no use to the instructor.
        with self.setup_kernel(stdout=DEVNULL, stderr=DEVNULL):
            info = self.wait_for_reply(self.kc.kernel_info())
            self.nb.metadata["language_info"] = info["content"]["language_info"]
            for index, cell in enumerate(list(self.nb.cells)):
                self._current = index
                if index in left_out:
                    continue
                if index < self._finished:
                    self.execute_cell(copy.deepcopy(cell), index)
                    self.nb.cells[index] = cell  # with the outputs of the first time
                else:
                    self.execute_cell(cell, index)
                    self._finished = index + 1
                if self._careful and _is_code(cell):
                    sleep(0.1)
                    self.wait_for_reply(self.kc.kernel_info())

    def _leave_out(self, name: str, what: str) -> int:
        """Mark the cell that ended the kernel with an error, note it, and return its position."""
        index = self._current
        message = f"This cell {what}. It was left out and the notebook run again without it."
        _add_error(self.nb.cells[index], name, message)
        self._note(index, f"{what}; the notebook was run without it.")
        self._finished = max(self._finished, index + 1)
        return index

    def _give_up(self) -> None:
        """What has not run by now fails, with the reason."""
        for cell in self.nb.cells[self._finished :]:
            if _is_code(cell):
                _add_error(cell, "NotRun", "This cell was not run: the cells before it ended too many kernels.")

    def _note(self, index: int, what: str) -> None:
        cell = self.nb.cells[index]
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        name = f"The cell `{grade_id}`" if grade_id else f"Cell {index + 1} of the notebook"
        add_note(self.nb, f"{name} {what}")

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, execution_count: int | None = None, store_history: bool = True
    ) -> NotebookNode:
        """Run one cell, with its output bounded."""
        self._text_left, self._data_left, self._cut = MAX_TEXT, MAX_DATA, 0
        try:
            return await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        finally:
            if self._cut:
                text = f"\n[sealgrade: the output goes on; {self._cut:,} more characters were left out]\n"
                cell.outputs.append(new_output("stream", name="stdout", text=text))

    # nbclient's own is bound to the method of its own.
    execute_cell = run_sync(async_execute_cell)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Handle one message of the kernel."""
        if msg["msg_type"].startswith("comm"):
            return None  # widgets are for a screen; their state can be of any size
        if msg["msg_type"] == "update_display_data" and not self._fits(len(str(msg["content"].get("data")))):
            return None
        return super().process_message(msg, cell, cell_index)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Keep what a cell shows, as far as there is room."""
        content, kind = msg["content"], msg["msg_type"]
        if kind == "stream":
            text = str(content["text"])
            kept = text[: self._text_left]
            self._cut += len(text) - len(kept)
            self._text_left -= len(kept)
            last = outs[-1] if outs and not self.clear_before_next_output else None
            if not kept:
                return None
            if last is not None and last.output_type == "stream" and last.name == content["name"]:
                last.text += kept
                return last
            content["text"] = kept
        elif kind == "error":
            content.update(_bounded_error(content))
            if sum(out.output_type == "error" for out in outs) >= 3:
                return None
        elif len(outs) >= MAX_OUTPUTS or not self._fits(len(str(content.get("data")))):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def _fits(self, size: int) -> bool:
        if size > self._data_left:
            self._cut += size
            return False
        self._data_left -= size
        return True

    def on_cell_executed(self, **kwargs: Any) -> None:
        """Keep an error that only the reply tells of, within bounds too."""
        cell, content = kwargs["cell"], kwargs["execute_reply"]["content"]
        if content["status"] == "error":
            content.update(_bounded_error(content))
        if content.get("ename") == TIMED_OUT:
            self._note(self._current, f"took longer than {self._get_timeout(cell)} seconds and was stopped.")
            self._timeouts += 1
            for out in cell.outputs:
                if out.output_type == "error" and out.ename == "KeyboardInterrupt":
                    # The traceback says where it hung, the message why it ended.
                    out.ename, out.evalue = content["ename"], content["evalue"]
                    out.traceback = [*out.traceback[:-1], *content["traceback"]]
        super().on_cell_executed(**kwargs)

    def _get_timeout(self, cell: NotebookNode | None) -> int | None:
        """Return the seconds that a cell has."""
        timeout: int | None = super()._get_timeout(cell)
        return timeout if timeout is None or self._timeouts < 2 else min(timeout, self.hurried_timeout)

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> dict[str, Any]:
        """Interrupt; where the kernel does not answer, give it up instead of reading on as nbclient does."""
        assert self.km is not None
        await ensure_async(self.km.interrupt_kernel())
        deadline = monotonic() + self.patience
        while True:
            try:
                reply = await ensure_async(self.kc.shell_channel.get_msg(timeout=max(0.0, deadline - monotonic())))
            except Empty:
                raise StuckKernelError from None
            if reply["msg_type"] == "execute_reply":
                break
            await asyncio.sleep(0)
        message = f"This cell took longer than {timeout} seconds and was stopped."
        error = {"ename": TIMED_OUT, "evalue": message, "traceback": [f"{TIMED_OUT}: {message}"]}
        return {"content": {**error, "status": "error"}}


def add_note(nb: NotebookNode, note: str) -> None:
    """Record a plain sentence that the report and the student's feedback show."""
    notes = nb.metadata.setdefault("sealgrade", NotebookNode()).setdefault("notes", [])
    if note not in notes:
        notes.append(note)


def _is_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _add_error(cell: NotebookNode, name: str, message: str) -> None:
    cell.outputs.append(new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"]))


def _bounded_error(content: dict[str, Any]) -> dict[str, Any]:
    traceback, room = [], MAX_TEXT
    for line in content.get("traceback", []):
        traceback.append(str(line)[:room])
        room -= len(traceback[-1])
        if room <= 0:
            traceback.append("[sealgrade: the traceback goes on]")
            break
    return {
        "ename": str(content.get("ename"))[:200],
        "evalue": str(content.get("evalue"))[: MAX_TEXT // 10],
        "traceback": traceback,
    }
