"""How a solution behaves on an author's probes: in the student's process, after the cells that tests judge."""

from typing import Any

from sealgrade.sheet import Notebook, Sheet


def behaviour(sheet: Sheet, submitted: Notebook, probes: str) -> Any:
    """Return what the probes leave in `behaviour`; a text that says why, if they leave nothing.

    Args:
        sheet: of the notebook.
        submitted: the notebook with the solution in it.
        probes: the code of `bank/ASSIGNMENT/probes.py`.
    """
    from sealgrade.assay.works import before_last_test
    from sealgrade.cells import is_test  # where it runs; who asks for it need not load that
    from sealgrade.examiner.candidate import Candidate
    from sealgrade.examiner.fault import Fault
    from sealgrade.examiner.outputs import CellOutputs
    from sealgrade.work import zygote_of

    settings = sheet.settings
    heard = [CellOutputs()]
    candidate = Candidate(zygote_of(sheet), lambda output: heard[0].take(output), settings.patience)
    cells = before_last_test(submitted["cells"])
    sources = [cell["source"] for cell in cells if cell["cell_type"] == "code" and not is_test(cell)]
    try:
        candidate.start_cell(settings.timeout or 3600)
        candidate.start(0, dict(sheet.files))
        for number, source in enumerate([*sources, probes]):
            candidate.start_cell(settings.timeout or 3600)
            heard[0] = CellOutputs()
            ended = candidate.run(source, f"cell {number}", draws=False)
        if not ended:  # what they have left so far says too little
            told = [f"{output.ename}: {output.evalue}" for output in heard[0].outputs if output.output_type == "error"]
            return f"The probes came to no end: {'; '.join(told)}"
        for value in candidate.lookup("behaviour")[0]:
            return _plain(value)
    except Fault as fault:
        return f"The probes came to no end: the code {fault}."
    finally:
        candidate.close()
    return "The probes leave nothing in `behaviour`."


def _plain(value: Any) -> Any:
    """Return data without its tie to the student's process, which does not go to another one."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value
