"""How the site of the documentation is built: `make docs`."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import sealgrade

project = "sealgrade"
version = release = sealgrade.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "sealgrade"
html_show_copyright = False
html_copy_source = False

default_role = "code"  # names in docstrings stand in single backticks
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 88


class Settings(SphinxDirective):
    """Lists what can be set of a class, from its traits: `c.ExecuteSealed.memory = 4096`, and the trait's help."""

    required_arguments = 1
    option_spec: ClassVar[Any] = {"except": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        module, _, name = self.arguments[0].rpartition(".")
        traits = getattr(import_module(module), name).class_traits(config=True)
        left_out = self.options.get("except", "").split()
        items = [self._item(name, traits[one]) for one in sorted(traits) if one not in left_out]
        return [nodes.definition_list("", *items)]

    def _item(self, name: str, trait: Any) -> nodes.Node:
        term = nodes.term("", "", nodes.literal("", f"c.{name}.{trait.name} = {trait.default()!r}"))
        return nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", "", *_inline(trait.help))))


def _inline(text: str) -> Iterator[nodes.Node]:
    for position, piece in enumerate(re.split("`", text)):
        yield nodes.literal("", piece) if position % 2 else nodes.Text(piece)


def _short(app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, result: str | None) -> Any:
    """Call an array an array: `Array` is an alias of a long name."""
    return tuple(text and _NDARRAY.sub("Array", text) for text in (signature, result))


_NDARRAY = re.compile(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(Any|bool)\]\]")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive, and let signatures be short."""
    app.add_directive("settings", Settings)
    app.connect("autodoc-process-signature", _short)
    return {"parallel_read_safe": True}
