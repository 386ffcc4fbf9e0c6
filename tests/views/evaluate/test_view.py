"""The faces of the evaluation view, its mapping to Keras's numbers, and its refusals, without a browser."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.notebook.view import WEIGHT
from kfx.views.evaluate.answers import EvaluationAnswers, about_evaluation

NAMES = ["고양이", "<b>dog</b>", "bird"]


def softmax_of_input(units=3, name="tiny"):
    """A model whose prediction is known: the largest of its inputs."""
    model = keras.Sequential([keras.Input((units,)), layers.Activation("softmax")], name=name)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def view():
    x = np.eye(3)[[0, 0, 0, 1, 1, 2, 2, 2]] * np.arange(1, 9)[:, None]
    return kfx.evaluate(softmax_of_input(), x, np.array([0, 0, 1, 1, 2, 2, 0, 0]), class_names=NAMES)


def test_the_text_holds_matrix_and_worst(view, golden):
    golden("evaluation.txt", str(view))
    assert view.confusion.tolist() == [[2, 0, 2], [1, 1, 0], [0, 1, 1]]
    assert view.confusion.sum() == 8
    assert "고양이 read as bird" in str(view)
    assert repr(view) == "<Evaluation 'tiny'>"


def test_metrics_are_those_of_keras(view):
    x = np.eye(3)[[0, 0, 0, 1, 1, 2, 2, 2]] * np.arange(1, 9)[:, None]
    y = np.array([0, 0, 1, 1, 2, 2, 0, 0])
    assert view.metrics == softmax_of_input().evaluate(x, y, verbose=0, return_dict=True)


def test_lists_and_cells_hold_the_examples(view):
    assert [one.number for one in view.worst] == [7, 6, 4, 2]
    assert [one.number for one in view.sure] == [7, 6, 4, 2]
    assert [one.number for one in view.examples(0, 2)] == [7, 6]
    assert view.examples(1, 2) == []
    with pytest.raises(ValueError, match="There is no class 5; there are 3, 0 to 2"):
        view.examples(0, 5)
    with pytest.raises(ValueError, match="There is no confusion matrix of 'other'; the outputs are 'the only one'"):
        view.examples(0, 1, output="other")


def test_nothing_in_the_static_face_is_markup_of_a_stranger(view):
    html = view._html()
    assert "<b>dog</b>" not in html
    assert "&lt;b&gt;dog&lt;/b&gt;" in html
    assert "<script" not in html
    assert len(html) < WEIGHT
    about = about_evaluation(view.facts)
    assert about["outputs"][0]["matrix"]["classes"] == NAMES


def test_the_faces_are_the_same_on_every_run(view):
    x = np.eye(3)[[0, 0, 0, 1, 1, 2, 2, 2]] * np.arange(1, 9)[:, None]
    again = kfx.evaluate(softmax_of_input(), x, np.array([0, 0, 1, 1, 2, 2, 0, 0]), class_names=NAMES)
    assert again._html() == view._html()
    assert again.slot == view.slot


def test_files_are_pictures(view, tmp_path):
    assert Image.open(view.save(tmp_path / "a.png")).size[0] > 200
    assert "<svg" in view.save(tmp_path / "a.svg").read_text()
    assert 'alt="confusion"' in view.save(tmp_path / "a.html").read_text()


def test_the_answers_are_examples_and_charts(view):
    answers = EvaluationAnswers(view._report)
    facts, buffers = answers({"what": "list", "output": 0, "list": [0, 2]})
    assert [one["number"] for one in facts["examples"]] == [7, 6]
    assert facts["examples"][0]["title"] == [["고양이", False], [" read as ", False], ["bird", True]]
    assert buffers == []
    assert answers({"what": "chart", "output": 0, "chart": "calibration"})[1][0].startswith(b"<svg")
    assert "error" in answers({"what": "list", "output": 3, "list": "worst"})[0]


def test_pictures_are_shown_as_they_are_and_sent_small():
    x = np.zeros((4, 300, 200, 1), "float32")
    x[1:] = 1
    model = keras.Sequential([keras.Input((300, 200, 1)), layers.GlobalAveragePooling2D()], name="mean")
    model.compile(loss="binary_crossentropy")
    view = kfx.evaluate(model, x, np.array([1, 1, 0, 0]))
    facts, buffers = EvaluationAnswers(view._report)({"what": "list", "output": 0, "list": "worst"})
    assert [one["number"] for one in facts["examples"]] == [0, 2, 3]
    assert len(buffers) == 3
    assert view._html().count("<img") == 2 + 3


def test_words_of_sequences_name_the_wrong_steps():
    words = np.array([[1, 2, 0], [2, 2, 1]], "int32")
    i = keras.Input((3,), dtype="int32", name="ids")
    x = layers.Embedding(3, 3, mask_zero=True, embeddings_initializer=keras.initializers.Constant(np.eye(3) * 5))(i)
    model = keras.Model(i, layers.Activation("softmax")(x), name="tagger")
    model.compile(loss="sparse_categorical_crossentropy")
    view = kfx.evaluate(
        model, words, np.array([[1, 1, 0], [2, 2, 2]]), tokens=["", "나무", "tree"], class_names=["-", "A", "B"]
    )
    assert view.confusion.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 2]]
    assert view.facts.outputs[0].worst[0].words == "1 of 2 steps wrong"
    assert view.facts.outputs[0].worst[0].text == "tree: A read as B"


def test_masks_show_truth_and_prediction_beside_the_picture():
    x = np.zeros((2, 8, 8, 1), "float32")
    x[0, :4] = 1
    y = np.zeros((2, 8, 8, 1), "int32")
    y[0, :2] = 1
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Identity()], name="mask")
    model.compile(loss="binary_crossentropy")
    view = kfx.evaluate(model, x, y)
    worst = view.facts.outputs[0].worst[0]
    assert [name for name, _ in worst.pictures][1:] == ["true", "predicted"]
    assert worst.detail == f"overlap {(2 / 4 + 4 / 6) / 2:.2f}"
    assert "mean overlap" in view.facts.outputs[0].line


def test_more_than_twenty_classes_show_the_most_confused():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 30, 2000)
    predicted = np.where(rng.uniform(size=2000) < 0.2, (y + 1) % 30, y)
    view = kfx.evaluate(softmax_of_input(30), np.eye(30)[predicted] * 4, y)
    output = view.facts.outputs[0]
    assert output.heading == "Confusion, 20 most confused of 30"
    wrong = view.confusion - np.diag(np.diag(view.confusion))
    order = np.argsort(-(wrong.sum(0) + wrong.sum(1)), kind="stable")[:20]
    assert sorted(output.numbers) == sorted(order.tolist())
    assert "Most frequent mistakes" in str(view)


def test_numbers_show_predicted_against_true():
    model = keras.Sequential([keras.Input((1,)), layers.Identity()], name="same")
    model.compile(loss="mse")
    y = np.linspace(0, 3, 50)[:, None]
    view = kfx.evaluate(model, y + 0.5, y)
    assert "mean absolute error 0.5 · RMSE 0.5" in str(view)
    assert view.outputs[""].points.shape == (50, 2)
    assert view._html().count('class="kfx-pic"') == 2
    with pytest.raises(ValueError, match="No output has a confusion matrix; the outputs are 'the only one'"):
        _ = view.confusion


def test_several_outputs_ask_for_a_name():
    i = keras.Input((3,))
    model = keras.Model(i, {"a": layers.Softmax(name="a")(i), "b": layers.Softmax(name="b")(i)}, name="two")
    model.compile(loss="sparse_categorical_crossentropy")
    y = np.array([0, 1, 2])
    view = kfx.evaluate(model, np.eye(3), {"a": y, "b": y[::-1].copy()})
    assert view.outputs["b"].confusion.matrix().tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert [one.number for one in view.examples(0, 2, output="b")] == [2]
    with pytest.raises(ValueError, match=r"Several outputs have a confusion matrix; take one of `\.outputs`: 'a', 'b'"):
        _ = view.confusion


def test_one_class_and_no_mistake_are_said():
    view = kfx.evaluate(softmax_of_input(), np.eye(3)[[0, 0]], np.array([0, 0]))
    assert view.facts.outputs[0].notes == ("Only one class occurs: 0.", "Nothing is wrong.")
    assert view.worst == []
    assert "100 % right" in str(view)


def test_outputs_that_are_not_finite_are_said():
    x = np.eye(3)[[0, 1, 2]]
    x[1, 1] = np.nan
    view = kfx.evaluate(softmax_of_input(), x, np.array([0, 1, 1]))
    assert "1 example of 3 left out: not finite." in str(view)
    assert view.confusion.sum() == 2
    whole = kfx.evaluate(softmax_of_input(), x * np.nan, np.array([0, 1, 1]))
    assert "nothing to count" in str(whole)
    assert "3 examples of 3 left out: not finite." in whole._html()


def test_names_of_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match="`class_names` holds 2 names; the model's output has 3 units"):
        kfx.evaluate(softmax_of_input(), np.eye(3), np.array([0, 1, 2]), class_names=["a", "b"])
