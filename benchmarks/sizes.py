"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        stock: how many more submissions nbgrader grades the second time.
        ours: how many more sealgrade grades.
        rounds: how often ways are measured in turn.
        memory: the class during which memory is watched.
        students: whose notebooks, and pages, are looked at one by one.
    """

    stock: int
    ours: int
    rounds: int
    memory: int
    students: int


QUICK = Sizes(stock=1, ours=2, rounds=1, memory=12, students=1)  # to see that it runs
NORMAL = Sizes(stock=3, ours=40, rounds=2, memory=2000, students=4)
FULL = Sizes(stock=8, ours=100, rounds=3, memory=2000, students=8)
