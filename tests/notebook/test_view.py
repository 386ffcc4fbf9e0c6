"""The display contract, on views that are nothing but the contract."""

import json
import re

import pytest

from kfx.notebook.view import TEXT_WEIGHT, WEIGHT, View
from kfx.web.widget import KfxWidget


class ProbeWidget(KfxWidget):
    _esm = "export default { render() {} }"


class ProbeView(View):
    """A view of a text."""

    def __init__(self, text="three\nlines\nof text", html="<p>a picture</p>"):
        self.text, self.html, self.made = text, html, []

    def _text(self):
        return self.text

    def _html(self):
        self.made.append("html")
        return self.html

    def _live(self):
        self.made.append("live")
        return ProbeWidget()


class Broken(ProbeView):
    """A view whose named faces crash."""

    def __init__(self, *broken):
        super().__init__()
        self.broken = broken

    def _text(self):
        assert "text" not in self.broken, "no text today"
        return super()._text()

    def _html(self):
        assert "html" not in self.broken, "no <picture> today"
        return super()._html()

    def _live(self):
        assert "live" not in self.broken, "no widget today"
        return super()._live()


def test_in_a_kernel_the_static_face_comes_first_and_then_the_widget(kernel):
    ProbeView()._ipython_display_()
    static, live = kernel.sent()
    assert set(static) == {"text/plain", "text/html"}
    assert set(live) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert live["text/plain"] == ""


def test_what_the_host_must_know_of_the_widget_is_sent_beside_it(kernel, monkeypatch):
    about = {"application/vnd.jupyter.widget-view+json": {"colab": {"custom_widget_manager": {"url": "https://colab.example"}}}}
    bundle = ProbeWidget._repr_mimebundle_
    monkeypatch.setattr(ProbeWidget, "_repr_mimebundle_", lambda self: (bundle(self)[0], about))
    ProbeView()._ipython_display_()
    assert [output["metadata"] for output in kernel.display_pub.outputs] == [{}, about]


def test_the_static_face_and_the_widget_share_a_slot(kernel):
    view = ProbeView()
    view._ipython_display_()
    assert f'class="kfx-static kfx-s-{view.slot}"' in kernel.sent()[0]["text/html"]
    assert view.widget.slot == view.slot
    assert re.fullmatch("[0-9a-f]{12}", view.slot)


def test_the_slot_is_made_of_the_content():
    assert ProbeView().slot == ProbeView().slot
    assert ProbeView().slot != ProbeView(html="<p>another</p>").slot


def test_the_static_face_is_the_same_on_every_run(kernel):
    for _ in range(2):
        ProbeView()._ipython_display_()
    first, _, second, _ = kernel.sent()
    assert first == second


def test_a_face_is_made_once_and_not_before_it_is_needed(kernel):
    view = ProbeView()
    assert view.made == []
    view._ipython_display_()
    view._ipython_display_()
    assert view.made == ["html", "live"]


def test_in_a_terminal_only_the_text_is_written_and_no_widget_made(shell, capsys):
    view = ProbeView()
    view._ipython_display_()
    assert capsys.readouterr().out == "three\nlines\nof text\n"
    assert shell.sent() == []
    assert view.made == []


def test_a_terminal_that_knows_no_korean_still_gets_the_text(monkeypatch):
    import io
    import sys

    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    ProbeView(text="3×3 합성곱")._ipython_display_()
    out.flush()
    assert out.buffer.getvalue() == b"3?3 ???\n"


def test_the_bundle_is_static_and_honours_include_and_exclude():
    view = ProbeView()
    assert set(view._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert view.made == []
    assert set(view._repr_mimebundle_(exclude={"text/plain"})) == {"text/html"}
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert view.made == ["html"]


def test_each_rule_of_the_frame_stands_alone():
    html = ProbeView()._repr_mimebundle_()["text/html"]
    rules = [line for line in html.split("</style>")[0].splitlines() if line.endswith("{display:none}")]
    assert len(rules) == 4
    for rule in rules:
        assert "," not in rule, "an invalid selector would drop the whole list"
        assert not re.search(r":has\([^()]*:has", rule), ":has() may not be nested"


def test_a_broken_static_face_leaves_the_text_and_the_widget(kernel):
    Broken("html")._ipython_display_()
    static, live = kernel.sent()
    assert "AssertionError: no &lt;picture&gt; today" in static["text/html"]
    assert "<pre>three\nlines\nof text</pre>" in static["text/html"]
    assert static["text/plain"] == "three\nlines\nof text"
    assert live["text/plain"] == ""


def test_a_broken_widget_leaves_the_static_face_and_one_line(kernel, caplog):
    Broken("live")._ipython_display_()
    assert [set(sent) for sent in kernel.sent()] == [{"text/plain", "text/html"}]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "The live view could not start (AssertionError: no widget today); the one above stands still."
    ]


def test_a_view_that_is_broken_all_over_still_says_what_it_is(kernel):
    Broken("text", "html", "live")._ipython_display_()
    (static,) = kernel.sent()
    assert static["text/plain"] == "Broken: the text could not be written (AssertionError: no text today)."


def test_asking_for_a_broken_text_says_so():
    with pytest.raises(AssertionError, match="no text today"):
        str(Broken("text"))


def test_a_static_face_that_is_too_heavy_is_replaced_by_the_text():
    bundle = ProbeView(html="<p>" + "x" * WEIGHT)._repr_mimebundle_()
    assert "Too large to keep in a notebook (0.2 MB)" in bundle["text/html"]
    assert "<pre>three\nlines\nof text</pre>" in bundle["text/html"]
    assert len(bundle["text/html"]) < 3300


def test_a_smaller_static_face_is_taken_where_there_is_one():
    view = ProbeView(html="x" * (WEIGHT + 1))
    view._html_small = lambda: "<p>folded</p>"
    assert view._repr_mimebundle_()["text/html"].endswith("<p>folded</p></div>")


def test_a_text_that_is_too_heavy_ends_by_saying_how_much_is_left():
    lines = [f"line {i:05d}" for i in range(40_000)]
    view = ProbeView(text="\n".join(lines), html="x" * (WEIGHT + 1))
    plain = view._repr_mimebundle_()["text/plain"].splitlines()
    assert 0.9 * TEXT_WEIGHT < len("\n".join(plain)) <= TEXT_WEIGHT
    kept = len(plain) - 1
    assert plain[:-1] == lines[:kept]
    assert plain[-1] == f"… {40_000 - kept:,} more lines: print(view) writes them all."
    assert str(view).endswith("line 39999")
    assert len(json.dumps(view._repr_mimebundle_())) < WEIGHT


def test_a_terminal_gets_the_whole_text_however_heavy(capsys):
    text = "\n".join(f"line {i:05d}" for i in range(40_000))
    ProbeView(text=text)._ipython_display_()
    assert capsys.readouterr().out == text + "\n"


def test_control_characters_and_half_characters_do_not_get_out(hostile_name, tmp_path):
    view = ProbeView(text=hostile_name, html=f"<p>{hostile_name}")
    bundle = view._repr_mimebundle_()
    for face in (str(view), *bundle.values(), view.save(tmp_path / "x.txt").read_text(encoding="utf-8")):
        face.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", face)


def test_the_repr_is_short_and_holds_no_address(hostile_name):
    class Graph:
        name = hostile_name

    view = ProbeView()
    assert repr(view) == "<Probe>"
    view.graph = Graph
    assert repr(view).startswith("<Probe '") or repr(view).startswith('<Probe "')
    assert len(repr(view)) < 200
    assert repr(view).isprintable()
    assert repr(ProbeWidget()) == "ProbeWidget()"


# ---------------------------------------------------------------------------------------------------- files


def test_saving_writes_the_face_that_the_suffix_names(tmp_path):
    path = ProbeView().save(str(tmp_path / "probe.TXT"))
    assert path == tmp_path / "probe.TXT"
    assert path.read_text(encoding="utf-8") == "three\nlines\nof text"


def test_a_saved_page_is_complete_and_can_run_nothing(tmp_path):
    view = ProbeView(html='<img class="kfx-pic" alt="x" src="data:,">')
    text = view.save(tmp_path / "probe.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<title>Probe</title>" in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme:dark" in text
    assert view.html in text
    assert "<script" not in text


def test_a_page_is_not_cut_however_heavy(tmp_path):
    view = ProbeView(html="x" * (WEIGHT + 1))
    assert view.html in view.save(tmp_path / "probe.html").read_text(encoding="utf-8")


def test_bytes_are_written_as_they_are(tmp_path):
    view = ProbeView()
    view._writers = lambda: {".png": lambda: b"\x89PNG\r\n\x1a\n\xff"}
    assert view.save(tmp_path / "probe.png").read_bytes() == b"\x89PNG\r\n\x1a\n\xff"


@pytest.mark.parametrize("name", ["probe.doc", "probe", ".txt"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, name):
    with pytest.raises(ValueError, match=rf"Cannot save '{name}': its suffix must be one of \.html, \.txt\."):
        ProbeView().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nowhere'\. Create it first"):
        ProbeView().save(tmp_path / "nowhere" / "probe.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "probe.txt").mkdir()
    with pytest.raises(IsADirectoryError, match="a folder of that name is there"):
        ProbeView().save(tmp_path / "probe.txt")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path):
    old = tmp_path / "probe.html"
    old.write_text("the old one")
    with pytest.raises(AssertionError, match="no <picture> today"):
        Broken("html").save(old)
    assert old.read_text() == "the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["probe.html"]


def test_a_save_that_is_interrupted_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    import os

    old = tmp_path / "probe.txt"
    old.write_text("the old one")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        ProbeView().save(old)
    assert old.read_text() == "the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["probe.txt"]


def test_a_folder_that_cannot_be_written_to_is_named_and_not_our_own_file(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    said = f"Cannot save 'x.txt': No space left on device in the folder {str(tmp_path)!r}."
    with pytest.raises(OSError, match=re.escape(said)) as caught:
        ProbeView().save(tmp_path / "x.txt")
    assert ".part" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
