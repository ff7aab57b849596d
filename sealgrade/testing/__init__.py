"""What a test cell needs to judge a result fairly and to say what was wrong.

Every function raises `AssertionError` with a message for the student: which result, of which call, what came. The
expected values never stand in a message. The order of the checks is the order in which a student can use them: is it
there, is it a number, has it the right shape, is it finite, is it right.
"""

from sealgrade.testing.calling import assign, call, call_and_keep, get, put, read, repeat
from sealgrade.testing.carrying import any_of, central_differences, lost
from sealgrade.testing.comparing import FLOOR, RTOL, Array, compare, is_close, numbers, show, unchanged
from sealgrade.testing.statistics import follows_normal_law

__all__ = [
    "FLOOR",
    "RTOL",
    "Array",
    "any_of",
    "assign",
    "call",
    "call_and_keep",
    "central_differences",
    "compare",
    "follows_normal_law",
    "get",
    "is_close",
    "lost",
    "numbers",
    "put",
    "read",
    "repeat",
    "show",
    "unchanged",
]
