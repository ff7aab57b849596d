"""What our own processes have loaded when they are forked, so that each of them need not do it again."""

from sealgrade.imports import for_good

with for_good():
    import sealgrade.work
    import sealgrade.workers  # noqa: F401 - to have them loaded is what this is for
