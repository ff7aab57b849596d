"""A plugin of pytest that lets nbgrader's own tests of `nbgrader autograde` run through sealgrade's preprocessors.

    pytest -p tests.acceptance.through_sealgrade --pyargs nbgrader.tests.apps.test_nbgrader_autograde

The configuration that it makes nbgrader load is that of a course that uses sealgrade; what a test writes into its own
nbgrader_config.py goes before it. How often each preprocessor has run is among the properties of each test (see
`--junitxml`).
"""

import os
from collections import Counter
from collections.abc import Generator
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

CONFIG = """
from sealgrade.settings import configure

c = get_config()
configure(c)
# The notebooks of nbgrader's tests are made for its own ways of writing: stubs that nbgrader puts in, tests that reach
# into the student's namespace.
del c.ClearSolutions
c.ExecuteSealed.sealed = False
"""

_runs: Counter[str] = Counter()


def pytest_configure(config: pytest.Config) -> None:
    folder = TemporaryDirectory(prefix="through-sealgrade-")
    config.add_cleanup(folder.cleanup)
    Path(folder.name, "nbgrader_config.py").write_text(CONFIG)
    os.environ["JUPYTER_CONFIG_DIR"] = folder.name
    _count()


def _count() -> None:
    """Let ours, and the one of nbgrader's that must not run, count their runs."""
    from nbgrader.preprocessors import Execute

    from sealgrade import nbgrader_plugin as ours

    for kind in (Execute, ours.ExecuteSealed, ours.Recover, ours.ReleasedChecksums, ours.SaveScores):
        kind.preprocess = _counted(kind.preprocess, kind.__name__)


def _counted(preprocess: Any, name: str) -> Any:
    @wraps(preprocess)
    def counted(self: Any, nb: Any, resources: Any, *args: Any, **kw: Any) -> Any:
        # `nbgrader validate`, which some of the tests call too, is the student's own business.
        if os.environ.get("NBGRADER_EXECUTION") != "validate":
            _runs[name] += 1
        done, resources = preprocess(self, nb, resources, *args, **kw)
        if name == "ExecuteSealed":
            _runs[f"tier {done.metadata.sealgrade.tier}"] += 1
        return done, resources

    return counted


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    _runs.clear()
    try:
        return (yield)
    finally:
        item.user_properties.extend(_runs.items())
