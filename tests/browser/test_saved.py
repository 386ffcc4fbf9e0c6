"""What a reader of a saved notebook sees: every real view, with its kernel, with another, with none, and exported."""

import json
import subprocess
import sys

import pytest
from lab import FACES, write_notebook
from tried_models import MODELS

CELLS = ("kfx.summary(nested)", "kfx.plot_model(nested)", "kfx.explore(nested)", "nested", "hostile")
VIEWS = range(1, len(CELLS) + 1)


def shown(lab):
    """The faces of all cells, once the front end has come to rest."""
    lab.page.locator(".kfx-static, .kfx-live").first.wait_for(state="attached")
    lab.page.wait_for_timeout(1500)
    return [lab.faces(i) for i in VIEWS]


LIVE, STATIC = [["live"]] * len(CELLS), [["static"]] * len(CELLS)


@pytest.fixture(scope="module")
def saved(lab):
    """The notebook with every view in it, run and saved."""
    write_notebook(lab.root / "saved.ipynb", MODELS, *CELLS)
    lab.open("saved.ipynb")
    lab.run_all()
    lab.output(VIEWS[-1]).locator(".kfx-live").wait_for()
    assert [lab.faces(i) for i in VIEWS] == LIVE
    assert lab.said == []
    return lab.save()


def test_each_view_is_two_outputs_and_nothing_else_was_written(saved):
    first, *views = saved["cells"]
    assert first["outputs"] == [], "TensorFlow was quiet"
    for cell in views:
        static, live = cell["outputs"]
        assert set(static["data"]) == {"text/plain", "text/html"}
        assert set(live["data"]) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
        assert len(json.dumps(cell["outputs"])) < 200_000


def test_a_model_shows_itself_as_the_explorer_does(saved):
    explored, itself = (saved["cells"][i]["outputs"][0]["data"] for i in (3, 4))
    assert itself == explored


def test_reloaded_with_the_same_kernel_all_are_live(lab, saved):
    lab.open("saved.ipynb", kernel="same")
    lab.output(VIEWS[-1]).locator(".kfx-live").wait_for()
    assert shown(lab) == LIVE
    assert lab.said == []


@pytest.mark.parametrize("kernel", ["fresh", None])
def test_without_their_kernel_all_are_static(lab, saved, kernel):
    lab.open("saved.ipynb", kernel=kernel)
    assert shown(lab) == STATIC
    assert lab.said == []
    assert lab.page.evaluate("window.kfxHarm") is None
    assert lab.dialogs == []


def test_an_untrusted_copy_is_static_and_says_as_much(lab, saved):
    book = json.loads(json.dumps(saved))
    book["cells"][0]["source"] = ["# somebody else's\n"]
    (lab.root / "untrusted.ipynb").write_text(json.dumps(book), encoding="utf-8")
    lab.open("untrusted.ipynb", kernel=None)
    assert shown(lab) == STATIC
    summary, plot = lab.output(1), lab.output(2)
    assert "898" in summary.inner_text()
    assert "GlobalAveragePooling2D" in summary.inner_text()
    picture = plot.locator("img.kfx-pic")
    assert picture.evaluate("e => e.complete && e.naturalWidth > 0"), "the drawing survives the sanitizer"
    assert "nested" in picture.get_attribute("alt")
    summary.locator("summary").first.click()
    assert summary.get_by_text("second", exact=True).first.is_visible()
    assert lab.page.evaluate("window.kfxHarm") is None


def test_notebook_7_shows_all_live_and_then_all_static(lab):
    write_notebook(lab.root / "seven-views.ipynb", MODELS, *CELLS)
    lab.open("seven-views.ipynb", app="notebook")
    lab.run_all()
    lab.output(VIEWS[-1]).locator(".kfx-live").wait_for()
    assert shown(lab) == LIVE
    assert lab.said == []
    lab.save()
    lab.open("seven-views.ipynb", app="notebook")
    assert shown(lab) == STATIC


@pytest.fixture(scope="module")
def executed(lab):
    """The same notebook as ``jupyter nbconvert --execute`` leaves it."""
    write_notebook(lab.root / "executed.ipynb", MODELS, *CELLS, "page = kfx.explore(hostile).save('page.html')")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", "executed.ipynb"]
    subprocess.run(command, cwd=lab.root, env=lab.environment, check=True, capture_output=True)
    return lab.root / "executed.ipynb"


@pytest.fixture(scope="module")
def hostile_page(lab, executed):
    """What ``view.save("page.html")`` wrote in that run."""
    return lab.root / "page.html"


@pytest.mark.parametrize("state", ["stored", "not stored"])
def test_an_exported_page_is_static_and_harmless(lab, executed, state):
    book = json.loads(executed.read_text(encoding="utf-8"))
    assert "widgets" in book["metadata"], "nbconvert stores the widgets' state"
    if state == "not stored":
        del book["metadata"]["widgets"]
    (lab.root / "export.ipynb").write_text(json.dumps(book), encoding="utf-8")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "export.ipynb"]
    subprocess.run(command, cwd=lab.root, env=lab.environment, check=True, capture_output=True)
    page = lab.browser.new_page()
    page.route("https://**", lambda route: route.abort())  # as on a machine with no network
    page.goto((lab.root / "export.html").as_uri())
    page.wait_for_timeout(1500)
    assert page.locator(".jp-OutputArea-child").evaluate_all(FACES) == ["static"] * len(CELLS)
    assert page.evaluate("window.kfxHarm") is None
    page.close()


def test_strict_nbval_accepts_the_executed_notebook(lab, executed):
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--nbval", executed.name]
    done = subprocess.run(command, cwd=lab.root, env=lab.environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{len(CELLS) + 2} passed" in done.stdout


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")])
def test_a_page_of_its_own_follows_the_readers_theme_and_runs_nothing(lab, hostile_page, scheme, ground):
    page = lab.browser.new_page(color_scheme=scheme)
    page.goto(hostile_page.as_uri())
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == ground
    assert page.locator("img.kfx-pic").evaluate("e => e.naturalWidth > 0")
    assert page.get_by_text("<script>window.kfxHarm=1</script>").first.is_visible()
    assert page.evaluate("window.kfxHarm") is None
    page.close()


def test_notebook_7_folds_finds_sorts_selects_recolours_and_goes_dark(lab):
    write_notebook(lab.root / "seven-hands.ipynb", MODELS, "view = kfx.explore(nested)\nview")
    lab.open("seven-hands.ipynb", app="notebook")
    lab.run_all()
    view = lab.output(1).locator(".kfx-live")
    view.wait_for()
    graph, table = (view.locator(f".kfx-explore-{part}") for part in ("graph", "table"))
    graph.locator(".kn[aria-expanded=false]").click()
    graph.locator("[data-f]").wait_for()
    graph.locator(".kn", has_text="second").click()
    assert table.locator("tr[aria-selected=true]").get_attribute("data-key") == "encoder/second", "unfolded and selected"
    assert lab.execute("print(view.widget.selected)") == "encoder/second\n"
    graph.get_by_role("button", name="encoder, unfolded").click()
    graph.locator("[data-f]").wait_for(state="detached")
    view.get_by_label("Find a layer").fill("dense")
    assert graph.locator(".kn.hit .nm").all_text_contents() == ["scores"]
    view.get_by_label("Find a layer").fill("")
    table.get_by_role("columnheader", name="Parameters").get_by_role("button").click()
    assert table.locator("tr[data-key]").first.get_attribute("data-key") == "encoder"
    view.get_by_role("button", name="Parameters", exact=True).first.click()
    assert "s6" in graph.locator(".kn", has_text="encoder").get_attribute("class").split()  # 808 of 898
    assert lab.execute("print(view.widget.colour)") == "params\n"
    ink = "view => getComputedStyle(view).color"
    assert view.evaluate(ink) == "rgb(26, 31, 38)"
    with lab.dark():
        assert view.evaluate(ink) == "rgb(232, 236, 241)"
    assert lab.said == []
