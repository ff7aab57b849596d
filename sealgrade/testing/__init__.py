"""What a test cell needs to judge a result fairly and to say what was wrong.

Every function raises `AssertionError` with a message for the student: which result, of which call, what came. The
expected values never stand in a message. The order of the checks is the order in which a student can use them: is it
there, is it a number, has it the right shape, is it finite, is it right.
"""

from sealgrade.testing.calling import call, call_and_keep, get, observed, put, repeat
from sealgrade.testing.carrying import Claim, any_of, compare_all, follows, lost, note_carried
from sealgrade.testing.comparing import FLOOR, RTOL, Array, compare, is_close, numbers, show, unchanged
from sealgrade.testing.gradients import central_differences, check_gradient, check_steps, gradient_descent
from sealgrade.testing.standing_in import (
    ValueMethod,
    has_run,
    look_up,
    run_again,
    runs,
    stand_in,
    until_cell_ends,
    update,
)
from sealgrade.testing.statistics import follows_normal_law
from sealgrade.testing.steps import Done, Result, Steps, assign, call_methods, read

__all__ = [
    "FLOOR",
    "RTOL",
    "Array",
    "Claim",
    "Done",
    "Result",
    "Steps",
    "ValueMethod",
    "any_of",
    "assign",
    "call",
    "call_and_keep",
    "call_methods",
    "central_differences",
    "check_gradient",
    "check_steps",
    "compare",
    "compare_all",
    "follows",
    "follows_normal_law",
    "get",
    "gradient_descent",
    "has_run",
    "is_close",
    "look_up",
    "lost",
    "note_carried",
    "numbers",
    "observed",
    "put",
    "read",
    "repeat",
    "run_again",
    "runs",
    "show",
    "stand_in",
    "unchanged",
    "until_cell_ends",
    "update",
]
