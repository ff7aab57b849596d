"""The site that `make docs` builds."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from traitlets.config import Config

from sealgrade.settings import configure

from .reading import DOCS

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "srcset")}


class Page(HTMLParser):
    """The links of a page, what it loads, and the places in it that a link can name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif (tag, name) in LOADED and value:
                self.loaded.add(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", f"{folder}/trees", str(DOCS)]
    done = subprocess.run([*build, f"{folder}/html"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_page_is_built_without_a_warning(site: Path) -> None:
    sources = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "_build" not in path.parts]

    assert len(sources) > 8
    for source in sources:
        assert (site / source.with_suffix(".html")).is_file()


def test_links_within_the_site_lead_somewhere(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if not parts.scheme:
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert target.is_file(), f"{path.name}: {link}"
                if parts.fragment and target in pages:
                    assert unquote(parts.fragment) in pages[target].places, f"{path.name}: {link}"


def test_the_site_can_be_read_without_a_network(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for loaded in page.loaded:
            assert not urlsplit(loaded).netloc, f"{path.name} loads {loaded}"
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", style.read_text(encoding="utf-8")), style.name


def test_the_reference_lists_each_helper_and_each_setting(site: Path) -> None:
    import sealgrade.testing
    from sealgrade.engine import ExecuteSealed
    from sealgrade.settings import SealgradeCourse

    reference = Page(site / "api/testing.html").places
    settings = re.sub(r"<[^>]+>", "", (site / "settings.html").read_text(encoding="utf-8"))

    assert {f"sealgrade.testing.{name}" for name in sealgrade.testing.__all__} <= reference
    for kind in (ExecuteSealed, SealgradeCourse):
        for name in kind.class_traits(config=True):
            assert re.search(rf"c\.(Execute|ExecuteSealed|SealgradeCourse)\.{name} = ", settings), name


def test_the_time_limit_that_the_guide_names_is_the_one_that_a_course_has() -> None:
    c = Config()
    configure(c)

    assert f"sets it to {c.Execute.timeout} seconds" in (DOCS / "settings.md").read_text()
    assert f"{c.Execute.timeout} seconds of CPU time for a cell" in (DOCS.parent / "README.md").read_text()
