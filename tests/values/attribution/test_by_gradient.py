"""Integrated gradients add up at the default steps, on models that were trained."""

import numpy as np

import kfx
from kfx.values.attribution.by_gradient import Completeness, quadrature


def test_they_add_up_on_squeezenet_and_a_photograph(keras):
    from kfx.datasets import photo, preprocess, squeezenet

    found = kfx.attribute(squeezenet(), preprocess(photo("cat", size=227)), method="integrated")
    assert found.units.tolist() == [[285]]
    assert found.completeness.error.max() < 0.01
    assert abs(found["integrated"].sum(dtype="float64") - found.completeness.total[0]) < 1e-3


def test_they_add_up_on_the_tickets_of_the_tutorial(keras):
    layers, data = keras.layers, kfx.datasets.tickets(400)
    keras.utils.set_random_seed(6)
    title, body = keras.Input((None,), dtype="int32", name="title"), keras.Input((None,), dtype="int32", name="body")
    tags = keras.Input((12,), name="tags")
    read = [
        layers.LSTM(units, name=f"{name}_lstm")(layers.Embedding(10_000, 64, name=f"{name}_words")(x))
        for name, x, units in (("title", title, 128), ("body", body, 32))
    ]
    both = layers.concatenate([*read, tags])
    outputs = [layers.Dense(1, activation="sigmoid", name="priority")(both)]
    outputs.append(layers.Dense(4, activation="softmax", name="department")(both))
    model = keras.Model([title, body, tags], outputs, name="ticket_model")
    model.compile("rmsprop", loss={"priority": "binary_crossentropy", "department": "categorical_crossentropy"})
    x = {"title": data.title, "body": data.body, "tags": data.tags}
    x |= {name: np.array([np.roll(row, (row == 0).sum()) for row in x[name]]) for name in ("title", "body")}
    model.fit(x, data.y, epochs=1, verbose=0)
    some = {name: array[:3] for name, array in x.items()}
    for output in ("department", "priority"):
        found = kfx.attribute(model, some, target={output: None})
        assert found.places == {"title": ("title_words",), "body": ("body_words",), "tags": ()}
        assert found.completeness.error.max() < 0.01
        assert found["integrated"]["title"].shape == some["title"].shape
    assert "Why" not in str(found)
    assert "why priority?" in str(found)


def test_the_quadrature_is_exact_for_polynomials():
    points, weights = quadrature(4)
    for power in range(8):
        assert abs((weights * points**power).sum() - 1 / (power + 1)) < 1e-12


def test_the_error_is_the_missing_share():
    fit = Completeness(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0]), np.array([1.9, 0.0, 2.0]), np.array([5, 5, 5]))
    np.testing.assert_allclose(fit.error, [0.05, 0, 0], atol=1e-9)
