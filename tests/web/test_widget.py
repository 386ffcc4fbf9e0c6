"""What every widget shares: the bundle that a cell keeps of it."""

import sys
from types import SimpleNamespace

import anywidget
import anywidget._util
import ipywidgets
import pytest

from kfx.web.widget import VIEW, KfxWidget


class Probe(KfxWidget):
    _esm = "export default { render() {} }"


def test_a_widgets_output_is_its_view_and_an_empty_text():
    widget = Probe(slot="abc")
    data, metadata = widget._repr_mimebundle_()
    assert data["text/plain"] == ""
    assert data[VIEW]["model_id"] == widget.model_id
    assert metadata == {}


@pytest.fixture
def early(monkeypatch):
    """An early anywidget on ipywidgets 7: neither makes a bundle."""
    for kind in (anywidget.AnyWidget, ipywidgets.Widget):
        if "_repr_mimebundle_" in vars(kind):
            monkeypatch.delattr(kind, "_repr_mimebundle_")


@pytest.fixture
def colab(monkeypatch):
    """Stands for Colab's own module: widgets of third parties show once `enable_custom_widget_manager` has been called."""

    def enable():
        stand_in.calls += 1
        stand_in._widgets._installed_url = "https://colab.example/manager.js"

    stand_in = SimpleNamespace(calls=0, enable_custom_widget_manager=enable, _widgets=SimpleNamespace(_installed_url=None))
    monkeypatch.setitem(sys.modules, "google.colab.output", stand_in)
    anywidget._util.enable_custom_widget_manager_once.cache_clear()
    yield stand_in
    anywidget._util.enable_custom_widget_manager_once.cache_clear()


def test_a_widget_can_be_shown_where_no_library_makes_the_bundle(early):
    widget = Probe()
    data, metadata = widget._repr_mimebundle_()
    assert data == {"text/plain": "", VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}
    assert metadata == {}


ON_COLAB = {VIEW: {"colab": {"custom_widget_manager": {"url": "https://colab.example/manager.js"}}}}


def test_colab_enables_custom_widgets_once_and_each_output_names_their_manager(colab):
    first, second = (Probe()._repr_mimebundle_()[1] for _ in range(2))
    assert first == second == ON_COLAB
    assert colab.calls == 1


def test_colab_enables_custom_widgets_also_where_no_library_makes_the_bundle(early, colab):
    assert Probe()._repr_mimebundle_()[1] == ON_COLAB
    assert colab.calls == 1


def test_the_repr_of_a_widget_is_its_name():
    assert repr(Probe()) == "Probe()"


def test_the_slot_is_known_to_the_page():
    assert Probe(slot="0a1b").get_state()["slot"] == "0a1b"
