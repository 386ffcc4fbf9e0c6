"""Whole tutorials as web pages and on paper: made by nbconvert, opened with no network, then printed by the browser."""

from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from test_tutorials import ONCE

TUTORIALS = Path(__file__).parents[2] / "tutorials"
HEIGHTS = "faces => faces.map(face => Math.round(face.getBoundingClientRect().height)).filter(height => height > 1)"
# What would need a scroll bar, or ends beyond the edge of the paper.
CUT = """faces => faces.flatMap(face => [face, ...face.querySelectorAll('*')]).filter(one =>
  (getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 2)
    || one.getBoundingClientRect().right > innerWidth + 2).map(one => one.outerHTML.slice(0, 120))"""
PAPER = {"width": 720, "height": 960}  # Letter between margins of half an inch


@pytest.mark.parametrize("name", ONCE)
def test_a_tutorial_is_a_page_and_fits_on_paper(lab, tmp_path, name):
    book = nbformat.read(TUTORIALS / name, as_version=4)
    shown = [
        o.data for cell in book.cells for o in cell.get("outputs", ()) if "kfx-static" in o.get("data", {}).get("text/html", "")
    ]
    finished = [data for data in shown if not data["text/plain"].startswith("Training ")]
    (tmp_path / "page.html").write_text(HTMLExporter().from_notebook_node(book)[0], encoding="utf-8")
    page, said = lab.browser.new_page(), []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("https://**", lambda route: route.abort())  # as on a machine with no network
    page.goto((tmp_path / "page.html").as_uri())
    faces = page.locator(".kfx-static")
    assert len(faces.evaluate_all(HEIGHTS)) == len(finished)
    assert page.get_by_text("Loading widget").count() + page.get_by_text("Error displaying widget").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll sideways"
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    assert len(faces.evaluate_all(HEIGHTS)) == len(finished)
    assert faces.evaluate_all(CUT) == []
    assert page.pdf(format="Letter").count(b"/Type /Page\n") >= 5
    assert said == []
    page.close()
