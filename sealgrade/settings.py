"""What a course's `nbgrader_config.py` needs for sealgrade: `configure(c)`, and the settings of its own."""

import sys
from pathlib import Path
from typing import Any, TypeVar

from traitlets import Bool, Dict, Unicode
from traitlets.config import Config, Configurable

T = TypeVar("T", bound=Configurable)

_PLUGIN = "sealgrade.nbgrader_plugin"
# What only nbgrader's converters look at.
_CONVERTERS_OWN = {
    "exporter_class",
    "sanitize_preprocessors",
    "autograde_preprocessors",
    "pre_convert_hook",
    "post_convert_hook",
    "create_student",
}
_PAGES = "sealgrade.harmless"


class SealgradeCourse(Configurable):
    """Settings of a course that nbgrader does not have."""

    due_dates = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Assignment -> when it is due, as '2024-05-02 23:59:59 Europe/Berlin'.",
    ).tag(config=True)
    limits = Dict(
        value_trait=Dict(),
        key_trait=Unicode(),
        help="Assignment -> settings of `c.ExecuteSealed`, and `timeout`, that hold for it alone: "
        "{'exercise2': {'timeout': 60, 'memory': 2048}}.",
    ).tag(config=True)
    feedback_shows_hidden_tests = Bool(
        False,
        help="Whether students see in their feedback the hidden tests, what they print and the tracebacks through "
        "them: for after the deadline.",
    ).tag(config=True)


def read(kind: type[T], config: Config) -> T:
    """Return the settings of a class that stands for one of nbgrader's, which has more of them.

    traitlets finds a section of a configuration by the name of a class, and warns of what the class does not have.
    """
    names, traits = {k.__name__ for k in kind.__mro__}, kind.class_traits()
    known = {
        name: {key: value for key, value in section.items() if key in traits}
        for name, section in config.items()
        if name in names
    }
    return kind(config=Config(known))


def configure(c: Any) -> None:
    """Make nbgrader's own commands, and sealgrade's, grade as sealgrade does.

    Args:
        c: what `get_config()` gives in `nbgrader_config.py`. What is set after this call wins.
    """
    # nbgrader's preprocessors open the gradebook as this course, whatever the configuration says.
    c.CourseDirectory.course_id = "default_course"
    # nbgrader's default, `solution`, is where the course's reference solution is.
    c.CourseDirectory.solution_directory = "solved"

    # The student's stub is written in the cell, above the solution.
    c.ClearSolutions.code_stub = {"python": ""}
    c.ClearSolutions.text_stub = ""
    # Rubrics stand in hand-marked answers too, not only in nbgrader's task cells.
    c.ClearMarkScheme.enforce_metadata = False

    c.Execute.timeout = 90
    c.Execute.shutdown_kernel = "immediate"

    c.Autograde.exporter_class = f"{_PLUGIN}.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [
        f"{_PLUGIN}.Recover",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        f"{_PLUGIN}.ReleasedChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{_PLUGIN}.ExecuteSealed",
        "nbgrader.preprocessors.LimitOutput",
        f"{_PLUGIN}.SaveScores",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    _let_no_timestamp_block_formgrader()

    # What students wrote does nothing in a browser: in formgrader, and in the feedback.
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.filters = {"markdown2html": f"{_PAGES}.markdown", "clean_html": f"{_PAGES}.clean"}
    c.HTMLExporter.preprocessors = [f"{_PAGES}.Harmless"]
    c.GenerateFeedback.exporter_class = "sealgrade.pages.FeedbackExporter"
    c.ExportApp.plugin_class = "sealgrade.export.SafeCsvExport"

    c.GenerateFeedback.preprocessors = [
        f"{_PLUGIN}.PutGrades",
        f"{_PLUGIN}.ForStudents",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]


def not_used(config: Config) -> list[str]:
    """Return what `sealgrade grade`, which has an engine of its own, does not use of a configuration."""
    ours = Config()
    configure(ours)
    section = config.get("Autograde", {})
    odd = [
        f"c.Autograde.{name}"
        for name, value in section.items()
        if name in _CONVERTERS_OWN and value != ours.Autograde.get(name)
    ]
    return [f"{name} in nbgrader_config.py is used by `nbgrader autograde`, not by `sealgrade grade`." for name in odd]


def _let_no_timestamp_block_formgrader() -> None:
    """Let formgrader's lists read timestamps as sealgrade does: a pipe of that name would stop the whole server.

    nbgrader has no setting for it. Where formgrader runs, its module is there before this configuration is.
    """
    api = sys.modules.get("nbgrader.apps.api")
    if api is None or not hasattr(api, "NbGraderAPI"):
        return
    from sealgrade.timestamps import read_timestamp

    def get_submitted_timestamp(self: Any, assignment_id: str, student_id: str) -> Any:
        coursedir = self.coursedir
        return read_timestamp(Path(coursedir.format_path(coursedir.submitted_directory, student_id, assignment_id)))

    api.NbGraderAPI.get_submitted_timestamp = get_submitted_timestamp
