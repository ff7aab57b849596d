"""A course of one small assignment, as `sealgrade new` begins it, and ways to spoil it."""

import json
from pathlib import Path

from sealgrade.scaffold import new_assignment

ALTERNATIVE = """\
kind = "alternative"
summary = "the times are a list"

[[change]]
cell = "fall-time"
source = '''
def fall_time(height):
    if np.ndim(height) == 0:
        return float(np.sqrt(2 * height / G))
    return [float(t) for t in np.sqrt(2 * np.array(height) / G)]


def impact(height):
    return G * np.array(fall_time(height))
'''

[[change]]
cell = "impact-speed"
source = '''
def impact_speed(height):
    return impact(height)
'''
"""
SLIPS_THROUGH = """\
kind = "mistake"
summary = "g is rounded to 10"
hint = "Which value of g does the sheet give?"
loses = ["fall-time"]

[[change]]
cell = "fall-time"
old = "2 * height / G"
new = "2 * height / 10"
"""


def make(folder: Path) -> Path:
    """Begin a course."""
    folder.mkdir(parents=True, exist_ok=True)
    new_assignment("demo", folder)
    return folder


def spoil(root: Path) -> Path:
    """Give the course's tests one of each fault that a check is to find."""
    path = root / "source" / "demo" / "demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    # Lenient where it should not be, strict where it should not be, and one that everything passes.
    cells["fall-time-test-number"]["source"] = "assert abs(fall_time(20.0) - 2.0193) < 0.1"
    cells["impact-speed-test-values"]["source"] = "assert np.all(impact_speed(np.array([1.0, 7.0])) > 4.2)"
    cells["fall-time-test-array"]["source"] = "assert fall_time(np.array([1.0, 2.0])).shape == (2,)"
    cells["intro"]["source"] = "# A falling stone\n\nHint:\n\n    return np.sqrt(2 * height / G)\n"
    extra = json.loads(json.dumps(cells["fall-time-test-array"]))
    extra["id"] = "extra"
    extra["metadata"]["nbgrader"]["grade_id"] = "fall-time-test-there"
    extra["source"] = "assert callable(fall_time)"
    notebook["cells"].insert(notebook["cells"].index(cells["fall-time-test-array"]), extra)
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")
    for name, text in (("times-are-a-list", ALTERNATIVE), ("g-is-ten", SLIPS_THROUGH)):
        (root / "bank" / "demo" / f"{name}.toml").write_text(text, encoding="utf-8")
    return root
