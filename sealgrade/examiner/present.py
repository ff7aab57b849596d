"""Which candidate the test cell that is running now talks to, for the helpers that tests call."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealgrade.examiner.candidate import Candidate

present: "ContextVar[Candidate | None]" = ContextVar("present", default=None)
