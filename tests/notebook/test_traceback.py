"""What is shown above a cell's error, in IPython."""

import pytest

from kfx.notebook.traceback import show_above, show_no_more, shows_above

MODEL = """
import keras, numpy as np
model = keras.Sequential([keras.Input((4,), name="row"), keras.layers.Dense(1)], name="prices")
model.compile("sgd", "mse")
x, y = np.ones((6, 4)), np.ones(6)
"""


@pytest.fixture
def cells(kernel, keras):
    def run(code):
        kernel.display_pub.outputs.clear()
        run.error = kernel.run_cell(code, store_history=True).error_in_exec
        return kernel.sent()

    run.shell = kernel
    yield run
    run("%unload_ext kfx")


def test_a_failed_fit_is_explained_once_and_above_the_error(cells, monkeypatch):
    cells("%load_ext kfx" + MODEL)
    order = []
    own = cells.shell.showtraceback
    monkeypatch.setattr(
        cells.shell, "showtraceback", lambda *args, **kwargs: (order.append(len(cells.shell.sent())), own(*args, **kwargs))
    )
    shown = cells("model.fit(x[:, :3], y)")
    assert isinstance(cells.error, ValueError)
    static, _live = shown
    assert "fit stopped: the data do not fit the input" in static["text/plain"]
    assert order == [2], "both faces were there before the traceback"


def test_the_error_and_its_traceback_are_ipythons_own(cells, capsys):
    cells(MODEL)
    cells("model.fit(x[:, :3], y)")
    plain, before = cells.error, capsys.readouterr().out
    cells("%load_ext kfx")
    cells("model.fit(x[:, :3], y)")
    assert (type(cells.error), str(cells.error)) == (type(plain), str(plain))
    assert not hasattr(cells.error, "__notes__")
    after = capsys.readouterr().out
    assert after.count("Traceback") == before.count("Traceback")


def test_an_exception_that_is_exactly_an_exception_is_shown_once(cells, capsys):
    cells("%load_ext kfx" + MODEL)
    capsys.readouterr()
    assert cells("raise Exception('plain')") == []
    assert str(cells.error) == "plain"
    assert capsys.readouterr().out.count("Exception: plain") <= 1


def test_kfx_fit_explains_itself_without_the_extension(cells):
    cells("import kfx" + MODEL)
    shown = cells("kfx.fit(model, x[:, :3], y)")
    texts = [data.get("text/plain", "") for data in shown]
    assert sum("fit stopped" in text for text in texts) == 1
    cells("%load_ext kfx")
    shown = cells("kfx.fit(model, x[:, :3], y)")
    assert sum("fit stopped" in data.get("text/plain", "") for data in shown) == 1


def test_a_handler_of_the_user_stays_and_unloading_takes_ours_out(cells):
    shell = cells.shell
    cells("%load_ext kfx")
    assert shows_above(shell)
    cells("%unload_ext kfx")
    assert not shows_above(shell)
    assert shell.custom_exceptions == ()
    shell.set_custom_exc((KeyError,), lambda *args, **kwargs: None)
    try:
        show_above(shell, lambda *args: None)
        assert not shows_above(shell)
        show_no_more(shell)
        assert shell.custom_exceptions == (KeyError,)
    finally:
        shell.set_custom_exc((), None)
