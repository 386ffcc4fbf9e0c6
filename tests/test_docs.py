"""The pages: they build offline without a warning, every link leads somewhere, and nothing is fetched from another host."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import kfx

ROOT = Path(__file__).parent.parent
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class Links(HTMLParser):
    """What a page links to, what it fetches, and the places in it that can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.fetched, self.places = [], [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.places |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in FETCHED and found.get(FETCHED[tag]):
            self.fetched.append(found[FETCHED[tag]])


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "docs/build.py", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return {
        path.relative_to(folder).as_posix(): Links(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
        if "_static" not in path.parts
    } | {"": folder}


def test_every_link_leads_to_a_page_and_a_place_in_it(pages):
    folder, bad = pages[""], []
    for name, page in pages.items():
        for link in page.links + page.fetched if name else ():
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (folder / name).parent / unquote(parts.path) if parts.path else folder / name
            key = target.resolve().relative_to(folder.resolve()).as_posix()
            place = unquote(parts.fragment)
            if not target.exists() or (place and key in pages and place not in pages[key].places):
                bad.append(f"{name}: {link}")
    assert bad == []


def test_nothing_is_fetched_from_another_host(pages):
    assert [link for name, page in pages.items() if name for link in page.fetched if re.match("(https?:)?//", link)] == []


def test_every_public_name_has_a_page(pages):
    errors = pages["api/errors.html"].places
    missing = [name for name in kfx.__all__ if f"api/{name}.html" not in pages and f"kfx.{name}" not in errors]
    assert missing == []


def test_both_languages_of_every_tutorial_are_pages(pages):
    notebooks = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in ROOT.glob("tutorials/??/*.ipynb")]
    assert len(notebooks) >= 24
    assert set(notebooks) <= set(pages)


def test_the_gallery_shows_a_view_under_each_of_its_headings(pages):
    text = (pages[""] / "gallery.html").read_text(encoding="utf-8")
    sections = text.split("<section id=")[2:]
    assert len(sections) >= 8
    assert [section[:40] for section in sections if "kfx-static" not in section] == []
