"""A student's feedback page, made of the autograded notebook and the grades, without nbgrader and its gradebook.

Theory of operation. `nbgrader generate_feedback` and `feedback_page` make the same page of the same notebook: both use
nbgrader's template, `FeedbackExporter` and the same preprocessors; they differ in where the grades come from.
`feedback_page` keeps its exporter, with all templates compiled, from page to page, and what most students' pages have
in common (text of the exercise, code of the tests) is rendered once; see `harmless` for the limits.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbformat.v4 import to_notebook_json
from traitlets import default
from traitlets.config import Config

from sealgrade.feedback import Regions, for_students
from sealgrade.grades import Grades
from sealgrade.harmless import NO_ALT, kept
from sealgrade.settings import configure

# The second wall of a feedback page, behind the sanitising: no script but MathJax, which nbgrader's page loads, no
# request, no form. MathJax evaluates the page's own configuration, hence 'unsafe-eval'.
_MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {_MATHJAX} 'unsafe-eval'",
        "connect-src https://api.cdnjs.com",
        f"font-src {_MATHJAX}",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "form-action 'none'",
        "base-uri 'none'",
    ]
)

# nbconvert parses the finished page once more, half of its time, to describe the pictures that nobody has described.
_TEMPLATE = """
{%- extends 'index.html.j2' -%}
{%- block data_svg scoped %}{{ super() | described }}{% endblock -%}
{%- block data_png scoped %}{{ super() | described }}{% endblock -%}
{%- block data_jpg scoped %}{{ super() | described }}{% endblock -%}
"""
_IMG = re.compile(r"<img [^>]*>")

Result = tuple[NotebookNode, dict[str, Any]]


class _Compiled(BytecodeCache):
    """Keeps compiled templates: nbgrader makes a new environment for each student, and compiles them anew."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTMLExporter, with a policy in the page that forbids the browser what a page of ours never does.

    It is also faster: it neither copies a notebook and checks it against the schema for each preprocessor, nor parses
    the page that it has made, and it keeps the code that it has highlighted.
    """

    @default("raw_template")
    def _raw_template_default(self) -> str:
        return _TEMPLATE

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._highlighted = kept(self._highlight)

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = _COMPILED
        environment.auto_reload = False
        environment.filters["described"] = _described
        return environment

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """Return the page."""
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        resources = self._init_resources(resources)

        def code(source: str, metadata: Mapping[str, Any]) -> str:
            magic = metadata.get("magics_language")
            return self._highlighted(source, lexer, magic if isinstance(magic, str) else None)

        shown = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("highlight_code", self.filters.get("highlight_code", code))
        self.register_filter("filter_data_type", shown)
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
        return page.replace("<head>", f"<head>\n{meta}", 1), resources

    def _preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        self._validate_preprocessor(nb, "that is the last")
        return nb, resources

    def _highlight(self, source: str, lexer: str | None, magic: str | None) -> str:
        known = {"magics_language": magic} if magic else {}
        return Highlight2HTML(pygments_lexer=lexer, parent=self)(source, metadata=known)


def _described(block: str) -> str:
    """Add to a template's one picture, if it has no description, that it has none."""
    if "\nalt=" in block:
        return block
    return _IMG.sub(lambda found: f'{found[0][:-1].rstrip()} alt="{NO_ALT}">', block, count=1)


class _Pages(FeedbackExporter):
    """The exporter that `feedback_page` keeps; it is set up as `nbgrader generate_feedback` sets up its own."""

    def __init__(self, config: Config) -> None:
        found = find_spec("nbgrader")  # where it is, without loading it
        assert found and found.submodule_search_locations
        formgrader = Path(found.submodule_search_locations[0]) / "server_extensions/formgrader"
        config.Exporter.default_preprocessors = []  # nbgrader names all that it wants
        config.HTMLExporter.setdefault("template_name", "feedback")
        config.HTMLExporter.setdefault("extra_template_basedirs", [str(formgrader / "templates")])
        config.HTMLExporter.extra_template_paths = [str(formgrader / "static/node_modules/bootstrap/dist/css")]
        super().__init__(config=config)
        own = {"nbgrader.preprocessors.GetGrades": _put_grades, "sealgrade.nbgrader_plugin.ForStudents": _for_students}
        for name in config.GenerateFeedback.preprocessors:
            self.register_preprocessor(own.get(name, name))


def _put_grades(nb: NotebookNode, resources: dict[str, Any]) -> Result:
    grades: Grades = resources["sealgrade"]["grades"]
    grades.put_into(nb)
    late = grades.late_penalty or 0
    about = {"score": grades.score - late, "max_score": grades.max_score, "late_penalty": late}
    resources["nbgrader"].update(about)
    return nb, resources


def _for_students(nb: NotebookNode, resources: dict[str, Any]) -> Result:
    for_students(nb, resources["sealgrade"]["regions"])
    return nb, resources


_made: dict[str, _Pages] = {}  # for the last configuration


def _pages(config: Mapping[str, Any] | None) -> _Pages:
    if config is None:
        config = Config()
        configure(config)
    key = json.dumps(config, sort_keys=True, default=repr)
    if key not in _made:
        _made.clear()
        _made[key] = _Pages(deepcopy(Config(config)))
    return _made[key]


def feedback_page(notebook: Mapping[str, Any], grades: Grades, config: Mapping[str, Any] | None = None) -> str:
    """Return the page that `nbgrader generate_feedback` writes for a student's notebook.

    Args:
        notebook: the autograded notebook, as nbformat reads it or as JSON has it; it is not changed.
        grades: what the gradebook says of it.
        config: the course's configuration; without one, what `settings.configure` makes of an empty one.

    Raises:
        CourseError: if the gradebook does not know a cell of the notebook.
        ValueError: if a region of hidden tests or a rubric does not end.
        ValidationError: nbformat's, if what was given is not a notebook.
    """
    pages = _pages(config)
    names = {"assignment": grades.assignment, "notebook": grades.notebook, "student": grades.student}
    resources = {
        "nbgrader": names,
        "sealgrade": {"grades": grades, "regions": Regions.of(pages.config)},
        "metadata": {"name": grades.notebook, "path": ""},
    }
    page: str = pages.from_notebook_node(to_notebook_json(notebook), resources)[0]
    return page
