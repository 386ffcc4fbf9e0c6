"""What every widget shares: the bundle that a cell keeps of it."""

import ipywidgets

from kfx.widgets.base import VIEW, KfxWidget


class Probe(KfxWidget):
    _esm = "export default { render() {} }"


def test_a_widgets_output_is_its_view_and_an_empty_text():
    widget = Probe(slot="abc")
    data, metadata = widget._repr_mimebundle_()
    assert data["text/plain"] == ""
    assert data[VIEW]["model_id"] == widget.model_id
    assert metadata == {}


def test_it_can_be_shown_where_no_library_makes_the_bundle(monkeypatch):
    import anywidget

    for kind in (anywidget.AnyWidget, ipywidgets.Widget):
        if "_repr_mimebundle_" in vars(kind):
            monkeypatch.delattr(kind, "_repr_mimebundle_")
    widget = Probe()
    data, _ = widget._repr_mimebundle_()
    assert data == {"text/plain": "", VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


def test_its_repr_is_its_name():
    assert repr(Probe()) == "Probe()"


def test_the_slot_is_known_to_the_page():
    assert Probe(slot="0a1b").get_state()["slot"] == "0a1b"
