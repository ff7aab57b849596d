"""The course: one configuration for `sealgrade` and for nbgrader's own commands."""

from sealgrade.settings import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821
configure(c)

c.SealgradeCourse.due_dates = {"exercise2": "2024-05-02 23:59:59 Europe/Berlin"}
# Seconds of CPU time for one cell, twice that where it sleeps. Slow but right work may use 60.
c.Execute.timeout = 90
