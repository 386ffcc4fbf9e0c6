"""``kfx.save``: views and models, by suffix."""

import csv
import io

import pytest

import kfx


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", ".json", ".html"])
def test_a_model_is_saved_as_its_explorer_would_be(small_model, tmp_path, suffix):
    one, other = tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"
    assert kfx.save(small_model, one) == one
    kfx.explore(small_model).save(other)
    assert one.read_bytes() == other.read_bytes()


def test_the_text_of_a_model_is_its_summary(small_model, tmp_path):
    assert kfx.save(small_model, tmp_path / "m.txt").read_text(encoding="utf-8") == str(kfx.summary(small_model))


def test_the_parameters_of_a_saved_table_add_up(small_model, tmp_path):
    rows = csv.DictReader(io.StringIO(kfx.save(small_model, tmp_path / "m.csv").read_text(encoding="utf-8")))
    assert sum(int(row["parameters"]) for row in rows) == small_model.count_params() == 90


def test_the_drawing_of_a_model_is_its_graph(small_model, tmp_path):
    svg = kfx.save(small_model, tmp_path / "m.svg").read_text(encoding="utf-8")
    assert svg.lstrip().startswith(("<svg", "<?xml"))
    assert svg == kfx.plot_model(small_model).svg()
    assert kfx.save(small_model, str(tmp_path / "m.png")).read_bytes().startswith(b"\x89PNG")


def test_a_view_is_saved_as_it_is(small_model, tmp_path):
    view = kfx.summary(small_model, line_length=60)
    assert kfx.save(view, tmp_path / "m.txt").read_text(encoding="utf-8") == str(view)


def test_an_unknown_suffix_is_refused_with_all_that_are_known(small_model, tmp_path):
    with pytest.raises(ValueError, match=r"Cannot save 'm\.doc': its suffix must be one of \.csv, \.dot, \.html, .*\.txt\."):
        kfx.save(small_model, tmp_path / "m.doc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("thing", [None, 3, "model", [1, 2]])
def test_what_is_neither_a_view_nor_a_model_is_refused(thing, tmp_path, keras):
    with pytest.raises(TypeError, match="a Keras model"):
        kfx.save(thing, tmp_path / "m.txt")
    assert list(tmp_path.iterdir()) == []
