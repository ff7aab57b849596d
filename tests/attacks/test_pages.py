"""What students wrote does nothing in a browser: not in formgrader, where it is marked, nor in their feedback."""

import json
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.feedback_pages import pages_of_nbgrader, pages_of_ours
from tests.jupyter import Browser, ask, chromium, jupyter_lab, login

from .conftest import Graded, attacks
from .course import Attack
from .rows_j import FAR, OVERLAY, SCRIPTS

MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
SHOWN = [one for one in attacks() if one.row in ("J1", "J2", "J3")]
# Inside the notebook nothing floats above the page, is a form, leads away, or stands in for something of the page's.
ODD = """
(() => {
  const all = [...document.querySelectorAll('#notebook-container *, #notebook *')];
  const own = e => e.closest('.scoring-buttons, .panel-heading')
      || e.matches('.panel-footer textarea, .nbgrader_cell > a[name]');
  const floats = e => ['fixed', 'absolute', 'sticky'].includes(getComputedStyle(e).position);
  const odd = all.filter(e => !own(e) && (
      e.matches('script, style, link, meta, base, iframe, object, embed, form, input, button, select, textarea, svg, ' +
                'video, dialog, a[href], [id^=one-], [name=one-why], [data-link], [data-toggle], .modal, .help')
      || floats(e)
      || [...e.attributes].some(a => a.name.startsWith('on'))));
  return odd.map(e => e.outerHTML.slice(0, 200));
})()
"""
NAMED_TWICE = "['one-why', 'one-why-comment'].filter(i => document.querySelectorAll('#' + i).length > 1)"
# The head of the last answer is where the page put it, and what the mouse would meet there is the page's own.
COVERED = """
(() => {
  const head = [...document.querySelectorAll('.nbgrader_cell .panel-heading, .verdict .status')].pop();
  head.scrollIntoView({block: 'center'});
  const box = head.getBoundingClientRect();
  return !head.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="module")
def formgrader(hostile: Graded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("jupyterlab")
    with jupyter_lab(hostile.root, tmp_path_factory.mktemp("jupyter")) as address:
        yield address


def _assert_nothing_happened(browser: Browser, expected: tuple[str, ...]) -> None:
    assert browser.value("window.pwned") is None
    assert browser.value("document.documentElement.id") == ""
    assert browser.dialogs == []
    assert not [url for url in browser.requests if not url.startswith(expected)]
    assert browser.value(ODD) == []
    assert browser.value(NAMED_TWICE) == []
    assert browser.value(COVERED) is False


@pytest.mark.parametrize("text", [SCRIPTS, OVERLAY], ids=["scripts", "overlay"])
def test_without_sealgrade_the_payloads_work(browser: Browser, tmp_path: Path, text: str) -> None:
    # A missing attachment ends nbconvert, and a page that goes elsewhere tells nothing any more.
    text = text.replace("attachment:no.png", "x").replace("refresh", "x")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    (tmp_path / "page.html").write_text(page)
    browser.open(f"file://{tmp_path}/page.html", patience=10)
    assert browser.value(ODD)
    if "<script>" in text:
        assert browser.value("window.pwned") == 1
        assert any(url.startswith(FAR) for url in browser.requests)


@pytest.mark.parametrize("attack", SHOWN, ids=str)
def test_the_feedback_does_nothing_in_the_students_browser(hostile: Graded, browser: Browser, attack: Attack) -> None:
    page = hostile.root / "feedback" / attack.who / "ex/one.html"
    browser.open(f"file://{page}")
    assert browser.value("document.querySelectorAll('#notebook .verdict').length") == 4
    assert browser.value("document.querySelectorAll('#notebook .answer').length") == 3
    _assert_nothing_happened(browser, (f"file://{page}", "data:"))
    assert browser.value("document.scripts.length") == 0


def test_the_feedback_is_the_same_without_nbgrader(hostile: Graded) -> None:
    ours = pages_of_ours(hostile.root, "ex")
    assert len(ours) > len(SHOWN)
    assert ours == pages_of_nbgrader(hostile.root, "ex")


@pytest.mark.parametrize("attack", SHOWN, ids=str)
def test_formgrader_does_nothing_in_the_instructors_browser(
    hostile: Graded, formgrader: str, browser: Browser, attack: Attack
) -> None:
    listed = json.loads(ask(formgrader, "formgrader/api/submitted_notebooks/ex/one"))
    (found,) = (one for one in listed if one["student"] == attack.who)
    browser.open(login(formgrader, f"/formgrader/submissions/{found['id']}/"))
    assert browser.value("document.querySelectorAll('#notebook-container .nbgrader_cell').length") == 6
    ours = tuple(f"{formgrader}/{path}" for path in ("formgrader/", "login", "favicon.ico"))
    _assert_nothing_happened(browser, (*ours, MATHJAX, "data:"))
    assert not [url for url in browser.requests if "path=" in url]
    assert browser.value("document.getElementById('one-why').type") == "number"


@pytest.mark.parametrize("path", ["manage_submissions/ex", "gradebook/ex/one", "manage_students"])
def test_the_lists_of_formgrader_do_nothing_either(
    hostile: Graded, formgrader: str, browser: Browser, path: str
) -> None:
    browser.open(login(formgrader, f"/formgrader/{path}"))
    rows, deadline = "document.querySelectorAll('tbody tr').length", time.monotonic() + 60
    while browser.value(rows) <= len(SHOWN) and time.monotonic() < deadline:  # the list of a large class comes late
        time.sleep(0.2)
    assert browser.value(rows) > len(SHOWN)
    assert browser.value("window.pwned") is None
    assert all(urllib.parse.urlsplit(url).hostname in ("127.0.0.1", None) for url in browser.requests)


def test_honest_work_is_shown_as_it_was_written(peaceful: Graded, browser: Browser) -> None:
    page = peaceful.root / "feedback/ada/ex/one.html"
    browser.open(f"file://{page}")
    shown: Any = browser.value("document.querySelector('#notebook').innerText")
    assert browser.value("document.querySelector('#notebook math').textContent") == "a<b"
    assert "return a + b" in shown
    assert "Because it is." in shown
    assert browser.value("getComputedStyle(document.querySelector('td[style]')).textAlign") == "right"
    assert browser.value("document.querySelectorAll('.highlight span').length") > 20
    assert browser.value("document.querySelector('meta[http-equiv]').content").startswith("default-src 'none'")
