"""The display contract's mechanism, on a view of the tests' own; `test_saved` drives the real ones."""

from importlib.resources import files

import pytest
from lab import write_notebook

# A view with nothing but the contract: its widget counts clicks in the kernel.
PROBE = '''
import traitlets
from kfx.notebook.view import View
from kfx.web.widget import KfxWidget

LIVE = open("live.js").read().replace("export ", "")

class Probe(KfxWidget):
    clicks = traitlets.Int(0).tag(sync=True)
    _esm = LIVE + """
export default { render({ model, el }) {
  const dead = alive(model, el);
  const button = document.createElement("button");
  const write = () => { button.textContent = "clicked " + model.get("clicks"); };
  button.onclick = () => { model.set("clicks", model.get("clicks") + 1); model.save_changes(); };
  model.on("change:clicks", write); write(); el.append(button);
  return () => { model.off("change:clicks", write); dead(); };
} };"""

PIXEL = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3C/svg%3E"

class ProbeView(View):
    def _text(self): return "the probe's text"
    def _html(self): return f'<p>the probe stands still</p><img class="kfx-pic" alt="a pixel" src="{PIXEL}">'
    def _live(self): return Probe()
'''


@pytest.fixture(scope="module")
def contract(lab):
    """The notebook, opened, run and saved."""
    (lab.root / "live.js").write_text((files("kfx") / "web" / "live.js").read_text(encoding="utf-8"), encoding="utf-8")
    write_notebook(lab.root / "contract.ipynb", PROBE, "view = ProbeView()\nview", "view")
    lab.open("contract.ipynb")
    lab.run_all()
    lab.output(2).locator(".kfx-live").wait_for()
    lab.save()
    return "contract.ipynb"


def test_a_live_view_hides_its_static_face(lab, contract):
    assert lab.faces(1) == ["live"]
    assert lab.faces(2) == ["live"]
    assert lab.said == []


def test_a_click_reaches_the_kernel_and_both_places_of_one_view(lab, contract):
    lab.output(1).get_by_role("button").click()
    lab.output(2).get_by_role("button", name="clicked 1").wait_for()
    assert lab.execute("print(view.widget.clicks)") == "1\n"


def test_a_reloaded_page_with_its_kernel_is_live(lab, contract):
    lab.open(contract, kernel="same")
    lab.output(1).get_by_role("button", name="clicked 1").wait_for()
    assert lab.faces(1) == ["live"]


def test_a_picture_is_turned_over_in_a_dark_notebook(lab, contract):
    picture = lab.output(1).locator("img.kfx-pic")
    assert picture.evaluate("e => getComputedStyle(e).filter") == "none"
    with lab.dark():
        assert picture.evaluate("e => getComputedStyle(e).filter") == "invert(0.93) hue-rotate(180deg)"


# Another front end's page (VS Code, Colab, the classic Notebook): no jp- classes; two cells show the same model, the second one
# has no widget.
ELSEWHERE = """
<div class="cell"><div><div class="kfx-static kfx-s-abc123" id="first">static</div></div><div id="live"></div></div>
<div class="cell"><div><div class="kfx-static kfx-s-abc123" id="second">static</div></div></div>
<div class="cell"><div><div class="kfx-static kfx-s-def456" id="other">static</div></div></div>
"""


RUNS = """
<div class="cell"><div><p class="kfx-begun" id="far">Training</p></div><div></div></div>
<div class="cell"><div><p class="kfx-begun" id="begun">Training</p></div><div id="live"></div></div>
"""
VISIBLE = "() => [...document.querySelectorAll('.kfx-static,.kfx-begun')].filter(e => e.checkVisibility()).map(e => e.id)"
MODEL = """slot => {
  const heard = new Set();
  return { get: () => slot, on: (_, f) => heard.add(f), off: (_, f) => heard.delete(f), heard,
    set(to) { slot = to; heard.forEach(f => f()); } };
}"""


@pytest.fixture
def elsewhere(lab, contract):
    """A page of another front end with `live.js` in it; ``model(slot)`` makes a widget's model."""
    page = lab.browser.new_page()
    page.set_content(ELSEWHERE)
    page.add_script_tag(content=(lab.root / "live.js").read_text(encoding="utf-8").replace("export ", ""))
    page.evaluate(f"() => {{ window.model = {MODEL}; }}")
    yield page
    page.close()


def test_where_no_style_sheet_helps_the_script_hides_the_nearest_static_face(elsewhere):
    elsewhere.evaluate("() => { window.undo = alive(model('abc123'), document.getElementById('live')); }")
    assert elsewhere.evaluate(VISIBLE) == ["second", "other"]
    elsewhere.evaluate("undo()")
    assert elsewhere.evaluate(VISIBLE) == ["first", "second", "other"]


def test_where_no_style_sheet_helps_a_run_hides_its_announcement_and_what_is_written_when_it_is_over(elsewhere):
    elsewhere.set_content(RUNS)
    elsewhere.evaluate(
        "() => { window.run = model(''); window.undo = alive(run, document.getElementById('live')); run.set('fed321'); }"
    )
    elsewhere.wait_for_timeout(150)
    elsewhere.evaluate(
        """() => document.querySelectorAll('.cell')[1].insertAdjacentHTML('beforeend',
          '<div><div class="kfx-static kfx-s-fed321" id="over">.</div></div>')"""
    )
    assert elsewhere.evaluate(VISIBLE) == ["far"]
    elsewhere.evaluate("undo()")
    assert elsewhere.evaluate("() => run.heard.size") == 0
    assert elsewhere.evaluate(VISIBLE) == ["far", "begun", "over"]


def test_a_slot_that_is_no_hash_hides_nothing(elsewhere):
    for slot in ("", None, "abc123, .kfx-static", "*"):
        elsewhere.evaluate("slot => { alive(model(slot), document.getElementById('live')); }", slot)
    assert elsewhere.evaluate("() => [...document.querySelectorAll('.kfx-static')].filter(e => e.hidden).length") == 0


# A dark page of each host, as ipywidgets' own style sheet leaves it: what it says of the ground is light.
DARK_HOSTS = {
    "colab": "<html theme=dark>",
    "vscode": "<style>:root{--vscode-editor-background:rgb(9,9,9)}</style><body class=vscode-dark>",
    "another": "<html data-theme=dark>",
}


@pytest.mark.parametrize(("host", "ground"), [("colab", "30, 30, 30"), ("vscode", "9, 9, 9"), ("another", "21, 24, 28")])
def test_in_a_dark_host_that_is_no_jupyterlab_a_live_view_is_light_on_dark(lab, host, ground):
    page = lab.browser.new_page()
    sheet = (files("kfx") / "web" / "kfx.css").read_text(encoding="utf-8")
    page.set_content(f"{DARK_HOSTS[host]}<style>:root{{--jp-layout-color0:white}}{sheet}</style><div class='kfx'>words</div>")
    script = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    assert page.locator(".kfx").evaluate(script) == [f"rgb({ground})", "rgb(232, 236, 241)"]
    page.close()


@pytest.mark.parametrize("host", DARK_HOSTS)
def test_a_script_sees_the_dark_host_that_the_style_sheet_sees(lab, host):
    ui = (files("kfx") / "web" / "ui.js").read_text(encoding="utf-8").replace("export ", "")
    page = lab.browser.new_page()
    page.set_content(DARK_HOSTS[host] + "<p>words</p>")
    page.add_script_tag(content=ui)
    assert page.evaluate("isDark(document.querySelector('p'))") is True
    page.set_content("<p>words</p>")
    page.add_script_tag(content=ui)
    assert page.evaluate("isDark(document.querySelector('p'))") is False
    page.close()
