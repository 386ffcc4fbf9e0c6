"""Logs of others as runs: CSVLogger's files, Histories, and files of strangers."""

import numpy as np
import pytest

import kfx
from kfx.training.journal import others


@pytest.fixture(scope="module")
def trained(keras, tmp_path_factory):
    """``(file, history)`` of one fit, as Keras's own CSVLogger and History hold it."""
    file = tmp_path_factory.mktemp("logs") / "first.csv"
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="net")
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    logger = keras.callbacks.CSVLogger(str(file))
    return file, model.fit(x, x.sum(axis=1), epochs=4, validation_split=0.25, verbose=0, callbacks=[logger])


def test_a_csv_logger_s_file_holds_the_history(trained):
    file, history = trained
    run = kfx.load_run(file)
    table = run.to_pandas()
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    for name, values in history.history.items():
        assert np.allclose(table[name], values), name
    assert "first" in str(run)
    assert "<svg" in run.svg()


def test_a_history_is_a_run_of_its_model(trained):
    _, history = trained
    run = kfx.load_run(history)
    assert run.journal.name == "net"
    assert run.to_pandas()["val_loss"].tolist() == history.history["val_loss"]
    assert run.journal.best()[1] == min(history.history["val_loss"])


def test_a_log_that_some_epochs_lack_is_not_filled(tmp_path):
    (tmp_path / "gaps.csv").write_text("epoch,loss,val_loss\n0,2.0,\n1,1.5,3.0\n2,NA,NA\n")
    table = kfx.load_run(tmp_path / "gaps.csv").to_pandas()
    assert np.isnan(table["val_loss"]).tolist() == [True, False, True]
    assert table["loss"].tolist()[:2] == [2.0, 1.5]


def test_another_delimiter_is_read(tmp_path):
    (tmp_path / "semi.csv").write_text("epoch;loss\n0;2.0\n1;1.0\n")
    assert kfx.load_run(tmp_path / "semi.csv").to_pandas()["loss"].tolist() == [2.0, 1.0]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "epoch\n1\n", "epoch," + ",".join(f"l{i}" for i in range(80)) + "\n"])
def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path, text):
    (tmp_path / "odd.csv").write_text(text)
    with pytest.raises(kfx.KfxError, match="not a file of keras"):
        kfx.load_run(tmp_path / "odd.csv")


def test_a_large_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(others, "MOST_BYTES", 10)
    (tmp_path / "large.csv").write_text("epoch,loss\n0,1.0\n")
    with pytest.raises(kfx.KfxError, match="more than 0 MB"):
        kfx.load_run(tmp_path / "large.csv")


def test_hostile_names_and_numbers_are_shown_as_text(tmp_path, hostile_name):
    name = (
        hostile_name.encode("utf-8", "replace").decode().replace(",", "").replace('"', "").replace("\n", "").replace("\x00", "")
    )
    (tmp_path / "odd.csv").write_text(f"epoch,{name}\n0,1e999\n1,-5\nx,y\n", encoding="utf-8")
    run = kfx.load_run(tmp_path / "odd.csv")
    for markup in (run._repr_mimebundle_()["text/html"], run.svg()):
        markup.encode()
        assert "<script" not in markup
        assert "<img src=x" not in markup


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="expected the name of a file, or a History"):
        kfx.load_run(3)
    with pytest.raises(FileNotFoundError):
        kfx.load_run("nowhere.csv")
