"""A student's feedback page, made of the autograded notebook and the grades, without nbgrader and its gradebook.

Theory of operation. `nbgrader generate_feedback` and `feedback_page` make the same page of the same notebook: both use
`FeedbackExporter`, with sealgrade's template, and the same preprocessors; they differ in where the grades come from.
`feedback_page` keeps its exporter, with all templates compiled, from page to page, and what most students' pages have
in common (text of the exercise, code of the tests) is rendered once; see `harmless` for the limits.

A course can have a template of its own: `c.HTMLExporter.template_name`, or `c.FeedbackExporter.template_name` to leave
formgrader's as it is; with "feedback" there, it gets nbgrader's.
"""

# nbformat and its friends say that they are typed, and leave functions without types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from markupsafe import Markup
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import to_notebook_json
from traitlets import default
from traitlets.config import Config

from sealgrade.feedback import Regions, for_students, noted
from sealgrade.grades import Grades
from sealgrade.harmless import NO_ALT, kept
from sealgrade.page_text import Room, highlighted, page_html, page_latex, page_markdown, page_plain, points
from sealgrade.settings import configure

_TEMPLATES = Path(__file__).parent / "templates"
_OURS = "sealgrade_feedback"

# The second wall of a feedback page, behind the sanitising: no script, no request, no form.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
# A template of the course's own may have formulas as nbgrader's has, by MathJax. That evaluates the page's own
# configuration, hence 'unsafe-eval'.
_MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
POLICY_WITH_MATHJAX = (
    f"{POLICY}; script-src {_MATHJAX} 'unsafe-eval'; connect-src https://api.cdnjs.com; font-src {_MATHJAX}"
)

# nbconvert parses the finished page once more, half of its time, to describe the pictures that nobody has described.
_DESCRIBING = """
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
    """nbconvert's HTMLExporter, with our template, and a policy that forbids the browser what a page never does.

    It is also faster: it neither copies a notebook and checks it against the schema for each preprocessor, nor parses
    the page that it has made, and it keeps the code that it has highlighted.
    """

    @default("raw_template")
    def _raw_template_default(self) -> str:
        return "" if self._ours else _DESCRIBING

    @cached_property
    def _ours(self) -> bool:
        """Whether the template is ours, or one that builds on it."""
        return _OURS in self.get_template_names()

    def __init__(self, config: Config | None = None, **kw: Any) -> None:
        config = deepcopy(Config(config or {}))
        # nbgrader names its own template where the course names none, and formgrader's button always does.
        own, common = config.FeedbackExporter, config.HTMLExporter
        if common.get("template_name", "feedback") == "feedback":
            own.setdefault("template_name", _OURS)
        folders = own.get("extra_template_basedirs", common.get("extra_template_basedirs", []))
        own.extra_template_basedirs = [*folders, str(_TEMPLATES)]
        super().__init__(config=config, **kw)
        self._highlighted = kept(self._highlight)

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = _COMPILED
        environment.auto_reload = False
        environment.filters |= {
            "described": _described,
            "noted": lambda note: Markup(noted(note)),
            "page_html": page_html,
            "page_latex": page_latex,
            "page_markdown": page_markdown,
            "page_plain": page_plain,
            "points": points,
        }
        environment.globals |= {"NO_ALT": NO_ALT, "POLICY": POLICY}
        return environment

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """Return the page."""
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        resources = self._init_resources(resources)
        resources["sealgrade_room"] = Room()

        def code(source: str, metadata: Mapping[str, Any]) -> str:
            magic = metadata.get("magics_language")
            return self._highlighted(source, lexer, magic if isinstance(magic, str) else None)

        shown = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("highlight_code", self.filters.get("highlight_code", code))
        self.register_filter("page_code", highlighted(code))
        self.register_filter("filter_data_type", shown)
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        if not self._ours:
            meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY_WITH_MATHJAX}"/>'
            page = page.replace("<head>", f"<head>\n{meta}", 1)
        return page, resources

    def _preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        for preprocessor in self._preprocessors:
            if self._ours and isinstance(preprocessor, CSSHTMLHeaderPreprocessor):
                continue  # it puts a style together, which takes a while, that only nbgrader's template has
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
        own = {f"sealgrade.nbgrader_plugin.{name}": do for name, do in _OWN.items()}
        own["nbgrader.preprocessors.GetGrades"] = _put_grades
        for name in config.GenerateFeedback.preprocessors:
            self.register_preprocessor(own.get(name, name))


def _put_grades(nb: NotebookNode, resources: dict[str, Any]) -> Result:
    grades: Grades = resources["sealgrade"]["grades"]
    grades.put_into(nb)
    resources["nbgrader"].update(grades.summary)
    return nb, resources


def _for_students(nb: NotebookNode, resources: dict[str, Any]) -> Result:
    resources["sealgrade_page"] = for_students(nb, resources["sealgrade"]["regions"])
    return nb, resources


_OWN = {"PutGrades": _put_grades, "ForStudents": _for_students}


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
