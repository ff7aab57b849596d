"""What a check has found, as a page to keep or to publish: one file, no scripts, nothing from elsewhere."""

from html import escape

from jinja2 import Environment, PackageLoader

from sealgrade import __version__
from sealgrade.assay.findings import Findings
from sealgrade.assay.requirements import MEASURES, Requirement
from sealgrade.table import number


def page(found: Findings, requirements: list[Requirement]) -> str:
    """Return the report as HTML.

    Args:
        found: by a check.
        requirements: what was required of it.
    """
    environment = Environment(
        loader=PackageLoader("sealgrade", "templates/check"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    bounds = {requirement.name: requirement for requirement in requirements}
    measures = [
        {
            "name": name,
            "help": measure.help,
            "value": f"{measure.value(found):.4g}{unit}" if measure.tried(found) else "none tried",
            "bound": f"{'at least' if measure.at_least else 'at most'} {bounds[name].bound:g}{unit}"
            if name in bounds
            else "",
            "short": bool(name in bounds and bounds[name].falls_short(found)),
        }
        for name, measure in MEASURES.items()
        for unit in ["\N{NO-BREAK SPACE}%" if measure.unit else ""]
    ]
    return environment.get_template("report.html.j2").render(
        found=found, measures=measures, version=escape(__version__)
    )
