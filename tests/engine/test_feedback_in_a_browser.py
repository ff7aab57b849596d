"""The feedback in Chromium: on a phone, on a large screen, in the dark, on paper."""

from collections.abc import Iterator

import pytest

from sealgrade.pages import feedback_page
from tests.jupyter import Browser, chromium

from .feedback_notebook import grades, notebook

# What stands out to the right of the page and is not inside a box that scrolls or cuts.
OUTSIDE = """
(() => {
  const width = document.documentElement.clientWidth;
  const boxed = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  return [...document.body.querySelectorAll('*')]
      .filter(e => e.getBoundingClientRect().right > width + 0.5 && !boxed(e)).map(e => e.outerHTML.slice(0, 120));
})()
"""
# WCAG's contrast of each text with what it stands on; the lowest ones.
POOR = """
(() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => { const [r, g, b] = numbers(colour).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const clear = colour => numbers(colour)[3] === 0;
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
      if (!clear(c)) return c; } return 'rgb(255, 255, 255)'; };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([contrast, walker.currentNode.data.trim().slice(0, 40)]);
  }
  return {count: found.length, poor: found.filter(([contrast]) => contrast < 4.5)};
})()
"""
CODE = """def f(a: int):  # why
    '''text'''
    return 1.5 if a in [None, 'b'] else len(self.x) @ f'{a!r}'

@d
class C: ..."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    shown = notebook()
    shown.cells[1].source += "\n" + CODE
    path = tmp_path_factory.mktemp("page") / "ex.html"
    path.write_text(feedback_page(shown, grades()))
    return f"file://{path}"


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_the_page_never_scrolls_sideways(browser: Browser, address: str, width: int) -> None:
    browser.show(width)
    browser.open(address)
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser.value(OUTSIDE) == []


def test_on_a_phone_what_is_wide_scrolls_in_its_own_box(browser: Browser, address: str) -> None:
    browser.show(390)
    browser.open(address)
    for box in (".answer .highlight", ".formula", ".wide", ".output pre"):
        assert browser.value(f"(e => e.scrollWidth > e.clientWidth)(document.querySelector('{box}'))"), box


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_accessibility_asks_for(browser: Browser, address: str, dark: bool) -> None:
    browser.show(820, dark)
    browser.open(address)
    colour = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") is not dark
    contrast = browser.value(POOR)
    assert contrast["count"] > 150
    assert contrast["poor"] == []


def test_paper_is_white_and_shows_no_collapsed_test_and_no_cut_code(browser: Browser, address: str) -> None:
    browser.show(700, dark=True, medium="print")
    browser.open(address)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.value("getComputedStyle(document.querySelector('.answer pre')).whiteSpace") == "pre-wrap"
    assert browser.value(
        "[...document.querySelectorAll('.verdict details')].every(e => getComputedStyle(e).display == 'none')"
    )
    assert browser.value("document.querySelector('.verdict .status').getClientRects().length")


def test_formulas_and_figures_are_drawn_and_nothing_else_is_asked_for(browser: Browser, address: str) -> None:
    browser.show(820)
    browser.open(address)
    assert browser.value("[...document.images].every(image => image.naturalWidth > 0)")
    assert browser.value("[...document.querySelectorAll('math')].every(m => m.getBoundingClientRect().width > 5)")
    assert not [url for url in browser.requests if not url.startswith((address, "data:"))]


def test_a_link_of_the_summary_leads_to_the_part(browser: Browser, address: str) -> None:
    browser.show(390)
    browser.open(address)
    browser.value("document.querySelectorAll('nav tbody a')[1].click()")
    top = "document.getElementById('part-ex-backprop').getBoundingClientRect().top"
    assert 0 <= browser.value(top) < 200
