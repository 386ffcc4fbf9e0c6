"""The static face of a run and of several: the same on every run, safe, and complete."""

import base64
import re
import xml.etree.ElementTree as ElementTree

from kfx.training.journal.facts import STATISTICS, Layer, Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.data import run_state
from kfx.views.training.html import begun_html, run_html, runs_html
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.registry import panels_of, run_text


def test_the_static_face_is_the_same_on_every_run(golden, run):
    html = run_html(run())
    golden("run.html", re.sub(r"base64,[\w+/=]+", "base64,…", html))
    assert html == run_html(run())
    assert run_text(run()) in re.sub(r"<[^>]+>", "", html).replace("&#x27;", "'")


def test_the_static_face_survives_a_sanitizer(journal):
    html = run_html(journal)
    assert not re.search(r"<(svg|script|style|iframe|object)\b", html)
    assert not re.search(r"\b(id|data-\w+|onload|onerror)=", html)
    assert html.count('class="kfx-pic"') == 2
    for data in re.findall(r"base64,([\w+/=]+)", html):
        ElementTree.fromstring(base64.b64decode(data))


def test_a_hostile_name_stays_text_in_every_face(hostile_name, run):
    journal = run(epochs=1, steps=10, name=hostile_name)
    journal.watch([Layer(hostile_name, "Dense", True)], 5)
    journal.statistics.add(5, [0.1] * len(STATISTICS))
    journal.epochs.widen([f"val_{hostile_name}", hostile_name])
    journal.finding = f"'{hostile_name}' is the first layer"
    html = run_html(journal) + runs_html([journal]) + begun_html(hostile_name, 3)
    assert not re.search(r"<(script|img src|img onerror)", html)
    for data in re.findall(r"base64,([\w+/=]+)", html):
        ElementTree.fromstring(base64.b64decode(data))
    assert len(run_text(journal).splitlines()) == 2
    shown = panels_of(journal, ["controls", "progress", "curves", "layers"])
    for part in (run_state(journal, shown), *(panel.data(journal, Now()) for panel in shown)):
        assert "\u202e" not in str(part)


def test_several_runs_lie_over_each_other_with_a_row_each(run):
    html = runs_html([run(), run(epochs=3, name="other")])
    assert html.count("<img") == 2
    assert html.count("<tr>") == 3
    svg = base64.b64decode(re.search(r"base64,([\w+/=]+)", html)[1]).decode()
    assert svg.count("stroke-width:1.5") == 2


def test_runs_laid_over_each_other_say_whether_it_is_validation(run):
    trained = Journal(name="only trained", plan=Plan(epochs=2, steps=1, optimizer="Adam"), state="done")
    trained.epochs.widen(["loss", "seconds"])
    for n, loss in enumerate([2.0, 1.0], 1):
        trained.steps = trained.epoch = n
        trained.epochs.add(n, [n, loss, n])
    shown = [run(), run()], [trained, trained], [trained, run()]
    titles = [re.findall(r'alt="([^"]*)"', runs_html(list(runs)))[0] for runs in shown]
    assert titles == ["loss, validation", "loss", "loss, validation where there is one"]


def test_what_announces_a_run_shows_nothing_where_styles_are_stripped(hostile_name):
    said = ElementTree.fromstring(begun_html('a "b" & <c>', 3))
    assert said.get("title") == 'Training a "b" & <c>: 3 epochs planned.'
    assert "".join(said.itertext()) == ""
    assert "".join(ElementTree.fromstring(begun_html(hostile_name, 0)).itertext()) == ""


def test_a_finished_run_shows_no_time(run):
    slow, fast = run(), run()
    slow.seconds, slow.cost = 12345.6, 0.5
    assert run_text(slow) == run_text(fast)
    assert run_html(slow) == run_html(fast)
