"""What sealgrade itself says in a notebook: why a cell was stopped, and notes for the table and the feedback."""

# nbformat says that it is typed, and leaves functions without types.
# mypy: disable-error-code="no-untyped-call"

from nbformat import NotebookNode

from sealgrade.examiner.fault import Fault
from sealgrade.examiner.outputs import CellOutputs

FAULTS = {"died": "KernelDied", "timeout": "CellTimeoutError", "protocol": "ProtocolError", "flood": "ProtocolError"}
_NO_NETWORK = {"URLError", "gaierror", "ConnectionError", "ConnectionRefusedError", "HTTPError", "ConnectTimeout"}
_NO_PROCESS = {"PermissionError", "BlockingIOError", "OSError"}


def add_fault(outputs: CellOutputs, fault: Fault, goes_on: bool) -> None:
    """Add to a cell's outputs why it did not run to its end, and whether the process goes on."""
    kind = FAULTS[fault.kind]
    message = f"This cell {fault}"
    message += " and was stopped." if goes_on else ". It was left out and the notebook run again without it."
    interrupted = [o for o in outputs.outputs if o.output_type == "error" and o.ename == "KeyboardInterrupt"]
    if interrupted:  # its traceback says where the cell hung
        interrupted[-1].ename, interrupted[-1].evalue = kind, message
        interrupted[-1].traceback = [*interrupted[-1].traceback[:-1], f"{kind}: {message}"]
    else:
        outputs.error(kind, message)


def show_failure(outputs: CellOutputs) -> None:
    """Make sure that a cell that did not run to its end shows an error: a student's code can keep its own from showing.

    Where it is a test that runs among the student's names, that error is its verdict.
    """
    if not any(output.output_type == "error" for output in outputs.outputs):
        outputs.error("HiddenError", "This cell did not run to its end, and code in this notebook hid the error.")


def is_ours(output: NotebookNode) -> bool:
    """Return whether an output says why a cell did not run to its end."""
    return output.output_type == "error" and output.ename in (*FAULTS.values(), "NotRun")


def explain(outputs: list[NotebookNode]) -> None:
    """Say why a download or another program fails."""
    for output in outputs:
        if output.output_type == "error":
            if output.ename in _NO_NETWORK or "Network is unreachable" in output.evalue:
                hint = "There is no network while a notebook is graded."
            elif output.ename in _NO_PROCESS and "Operation not permitted" in output.evalue:
                hint = "While a notebook is graded no other program can be started, and some calls are not allowed."
            else:
                continue
            output.traceback = [*output.traceback, f"[sealgrade: {hint}]"]


def add_note(nb: NotebookNode, note: str) -> None:
    """Record a plain sentence that the report and the student's feedback show."""
    notes = nb.metadata.setdefault("sealgrade", NotebookNode()).setdefault("notes", [])
    if note not in notes:
        notes.append(note)
