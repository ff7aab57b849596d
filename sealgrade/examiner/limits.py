"""How much a notebook may use."""

from dataclasses import dataclass

from sealgrade.examiner.outputs import MAX_TEXT


@dataclass(frozen=True)
class Limits:
    """What a notebook may use.

    Attributes:
        seconds: for each cell, of CPU time; twice as many if it sleeps.
        hurried_seconds: for each cell once two have run out of time: as a rule all call the same loop.
        patience: seconds that an interrupted cell has to stop.
        restarts: how many fresh candidates one notebook may cost.
        output: characters that a cell may print.
    """

    seconds: float = 90
    hurried_seconds: float = 20
    patience: float = 5
    restarts: int = 30
    output: int = MAX_TEXT
