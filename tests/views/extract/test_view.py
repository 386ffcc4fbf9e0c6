"""`kfx.extract(..., to=folder)` in a kernel: a bar while it runs, one line that stays; nothing of it outside a kernel."""

import numpy as np
import pytest

import kfx
from kfx.views.extract import view


@pytest.fixture
def model(keras):
    keras.utils.set_random_seed(1)
    i = keras.Input((4,), name="i")
    return keras.Model(i, keras.layers.Dense(2, name="o")(i), name="little")


@pytest.fixture
def shown(monkeypatch):
    """What a kernel would display."""
    found = []
    monkeypatch.setattr(view, "in_kernel", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: found.append(args[0]))
    return found


def texts(shown):
    return [bundle["text/plain"] for bundle in shown]


def test_a_bar_and_then_a_line_that_stays(model, shown, tmp_path):
    stored = kfx.extract(model, np.ones((80, 4), "float32"), to=tmp_path / "f", batch_size=8)
    assert stored["o"].shape == (80, 2)
    assert texts(shown) == ["", "little: 80 examples written (1.9 kB)"]
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "kfx-static" in shown[1]["text/html"]


def test_what_stays_is_the_same_on_every_run(model, shown, tmp_path):
    for name in ("a", "b"):
        kfx.extract(model, np.ones((80, 4), "float32"), to=tmp_path / name, batch_size=8)
    assert shown[1] == shown[3]


def test_an_error_leaves_how_far_it_came(model, shown, tmp_path):
    def batches():
        yield np.ones((8, 4), "float32")
        raise RuntimeError("the disk of the data is gone")

    with pytest.raises(RuntimeError, match="the disk of the data is gone"):
        kfx.extract(model, batches(), to=tmp_path / "f")
    assert texts(shown) == ["", "little: stopped after 8 examples; the same call goes on from what is written"]


def test_a_finished_folder_shows_the_line_alone(model, shown, tmp_path):
    x = np.ones((8, 4), "float32")
    kfx.extract(model, x, to=tmp_path / "f", progress=False)
    assert shown == []
    kfx.extract(model, x, to=tmp_path / "f")
    assert texts(shown) == ["little: 8 examples, all written before"]


def test_the_users_own_hook_takes_the_bars_place(model, shown, tmp_path):
    told = []
    kfx.extract(model, np.ones((8, 4), "float32"), to=tmp_path / "f", progress=told.append)
    assert shown == []
    assert [now.finished for now in told] == [False, True]


def test_outside_of_a_kernel_nothing_is_shown(model, tmp_path, capsys):
    kfx.extract(model, np.ones((8, 4), "float32"), to=tmp_path / "f")
    assert capsys.readouterr() == ("", "")


def test_a_widget_that_cannot_start_stops_nothing(model, shown, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("kfx.views.extract.widget.ProgressWidget", lambda **values: 1 / 0)
    stored = kfx.extract(model, np.ones((8, 4), "float32"), to=tmp_path / "f")
    assert stored["o"].shape == (8, 2)
    assert "The progress bar could not be shown" in caplog.text
    assert texts(shown) == ["little: 8 examples written (192 B)"]
