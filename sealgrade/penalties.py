"""What being late costs: nbgrader's plugin for it, which is loaded only where a course has named one."""

from importlib import import_module
from typing import Any

from sealgrade.course import Course
from sealgrade.gradebook import Penalty

_NONE = "LateSubmissionPlugin"  # nbgrader's own, whose default costs nothing


def penalty_settings(course: Course) -> str:
    """Return what is set on it."""
    return str([course.config.get(name, {}) for name in ("AssignLatePenalties", _NONE)])


def penalty_of(course: Course) -> Penalty | None:
    """Return what computes a penalty from a student, a score and the seconds late; None if being late costs nothing."""
    section = course.config.get("AssignLatePenalties", {})
    own = course.config.get(_NONE, {})
    if not section.get("plugin_class") and own.get("penalty_method", "none") == "none":
        return None
    kind: Any = section.get("plugin_class", f"nbgrader.plugins.{_NONE}")
    if isinstance(kind, str):
        module, _, name = kind.rpartition(".")
        kind = getattr(import_module(module), name)
    plugin = kind(parent=course.nbgrader.app)
    compute: Penalty = plugin.late_submission_penalty
    return compute
