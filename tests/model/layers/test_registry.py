"""A user registers a layer class in one place; every face of a live model and of its file knows it then."""

import pytest

import kfx
from kfx.views.payload import payload


@pytest.fixture
def gate_class(keras):
    """A layer with 3 gates on 4 numbers: a kernel of 4 × 3 = 12 numbers and a counter of 1 that training does not change."""

    class Gate(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
            self.seen = self.add_weight(shape=(1,), name="seen", trainable=False)

        def call(self, x):
            return keras.ops.matmul(x, self.kernel)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    yield Gate
    kfx.unregister_layer(Gate)


def register(layer):
    return kfx.register_layer(
        layer,
        family="conv",
        settings=lambda gate: [f"{gate.units} gates"],
        shape=lambda gate, shapes: [("features", f"{gate.units} gates", gate.units)],
        cost=lambda gate, inputs, outputs: (inputs[0][-1] * gate.units, outputs[0][-1]),
        stored_sizes=lambda config, arrays: (arrays[:1], arrays[1:]),
    )


def model_of(keras, gate_class):
    x = keras.Input((4,), name="x")
    return keras.Model(x, gate_class(3, name="gate")(x), name="tiny")


FLOPS = 2 * 4 * 3 + 3  # twice the 12 multiply-accumulates, and the 3 other operations


def test_an_unregistered_layer_is_custom_and_costs_what_its_operations_do(keras, gate_class):
    row = kfx.summary(model_of(keras, gate_class)).rows[-1]
    assert (row.call.family, row.settings, row.flops) == ("custom", "units 3", 2 * 4 * 3)


def test_a_registered_layer_is_known_in_every_face_of_the_summary(keras, gate_class):
    register(gate_class)
    view = kfx.summary(model_of(keras, gate_class))
    row = view.rows[-1]
    assert (row.settings, row.output, row.parameters, row.trainable, row.flops) == ("3 gates", "3", 13, 12, FLOPS)
    text = next(line for line in str(view).splitlines() if line.startswith("gate"))
    assert text.split() == ["gate", "Gate", "3", "13", str(FLOPS), "12", "B", "x"]
    frame = view.to_pandas()
    assert (frame["settings"].iloc[-1], frame["flops"].iloc[-1]) == ("3 gates", FLOPS)
    assert f"gate,Gate,3 gates,3,float32,13,12,{FLOPS},12,x" in view.to_csv()
    for face in (view._repr_mimebundle_()["text/html"], view.to_markdown()):
        assert "3 gates" in face
        assert str(FLOPS) in face


def test_a_registered_layer_is_known_in_the_live_views(keras, gate_class):
    register(gate_class)
    facts = payload(kfx.read_graph(model_of(keras, gate_class)))
    call = facts["calls"][-1]
    assert (call["family"], call["settings"], call["flops"]) == ("conv", "3 gates", FLOPS)
    assert facts["texts"][call["why"]] == "features: 3 gates"
    assert facts["texts"][call["source"]] == "as registered"


def test_a_registered_layer_has_its_familys_colour_in_the_graph(keras, gate_class, tmp_path):
    model = model_of(keras, gate_class)
    before = kfx.plot_model(model).save(tmp_path / "before.svg").read_text()
    register(gate_class)
    after = kfx.plot_model(model).save(tmp_path / "after.svg").read_text()
    assert '<g class="kn f-conv"' not in before
    assert '<g class="kn f-conv"' in after
    assert "3 gates" in after


def test_a_saved_file_is_read_with_what_is_registered_for_its_class(keras, gate_class, tmp_path):
    path = tmp_path / "tiny.keras"
    model_of(keras, gate_class).save(path)
    unknown = kfx.summary(path).rows[-1]
    assert (unknown.parameters, unknown.trainable, unknown.flops) == (13, 13, None)  # the file does not tell what is trained
    register(gate_class)
    row = kfx.summary(path).rows[-1]
    assert (row.call.family, row.settings, row.output) == ("conv", "3 gates", "3")
    assert (row.parameters, row.trainable, row.flops) == (13, 12, FLOPS)
    assert row.call.derivation == ("features: 3 gates",)


def test_a_class_that_cannot_be_imported_is_registered_by_its_saved_name(keras, gate_class, tmp_path):
    path = tmp_path / "tiny.keras"
    model_of(keras, gate_class).save(path)
    kfx.register_layer("Gate", family="norm")
    try:
        assert kfx.summary(path).rows[-1].call.family == "norm"
    finally:
        kfx.unregister_layer("Gate")


def test_a_subclass_inherits_and_one_with_a_call_of_its_own_loses_cost_and_shape(keras, gate_class):
    register(gate_class)

    class Same(gate_class):
        pass

    class Twice(gate_class):
        def call(self, x):
            return 2 * super().call(x)

    same, twice = (kfx.summary(model_of(keras, cls)).rows[-1] for cls in (Same, Twice))
    assert (same.call.family, same.settings, same.flops) == ("conv", "3 gates", FLOPS)
    assert (twice.call.family, twice.settings, twice.flops) == ("conv", "3 gates", 2 * 4 * 3 + 3)


def test_it_decorates_a_class(keras):
    @kfx.register_layer(family="pool")
    class Thin(keras.layers.Layer):
        def call(self, x):
            return x

    try:
        x = keras.Input((4,))
        assert kfx.read_graph(keras.Model(x, Thin()(x))).calls[-1].family == "pool"
    finally:
        kfx.unregister_layer(Thin)


def test_functions_that_raise_leave_the_facts_unknown_and_the_view_whole(keras, gate_class):
    kfx.register_layer(gate_class, settings=lambda gate: 1 / 0, cost=lambda *shapes: 1 / 0, shape=lambda *shapes: 1 / 0)
    row = kfx.summary(model_of(keras, gate_class)).rows[-1]
    assert (row.settings, row.flops, row.output, row.parameters) == ("", None, "3", 13)


@pytest.mark.parametrize(
    ("layer", "settings", "error", "message"),
    [
        (3, {"family": "conv"}, TypeError, r"`layer` is 3; expected a layer class, or the name"),
        ("", {"family": "conv"}, TypeError, r"`layer` is ''; expected a layer class"),
        ("X>Y", {"family": "con"}, ValueError, r"`family` is 'con'; expected one of .*Did you mean 'conv'\?"),
        ("X>Y", {"cost": 3}, TypeError, r"`cost` is 3; expected a function \(layer, input_shapes, output_shapes\)"),
        ("X>Y", {}, ValueError, "Nothing to register; give at least one of family, settings, shape, cost, stored_sizes"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_words(layer, settings, error, message):
    with pytest.raises(error, match=message):
        kfx.register_layer(layer, **settings)


def test_an_h5_file_is_read_with_what_is_registered_for_its_class(keras, gate_class, tmp_path):
    register(gate_class)
    model_of(keras, gate_class).save(tmp_path / "tiny.h5")
    row = kfx.summary(tmp_path / "tiny.h5").rows[-1]
    assert (row.call.family, row.settings, row.flops) == ("conv", "3 gates", FLOPS)


def test_a_class_may_be_registered_with_keras_after_kfx(keras, gate_class, tmp_path):
    register(gate_class)
    later = keras.saving.register_keras_serializable("kfx_tests_later")(gate_class)
    try:
        model_of(keras, later).save(tmp_path / "tiny.keras")
        row = kfx.summary(tmp_path / "tiny.keras").rows[-1]
        assert (row.call.family, row.settings, row.flops) == ("conv", "3 gates", FLOPS)
        kfx.unregister_layer(later)
        assert kfx.summary(tmp_path / "tiny.keras").rows[-1].flops == 2 * 4 * 3
    finally:
        keras.saving.get_custom_objects().pop("kfx_tests_later>Gate")


@pytest.mark.parametrize("cost", [(-5, 1), (1, -5)])
def test_a_negative_cost_is_not_added_up(keras, gate_class, cost):
    kfx.register_layer(gate_class, cost=lambda layer, inputs, outputs: cost)
    view = kfx.summary(model_of(keras, gate_class))
    assert view.rows[-1].flops is None
    assert view.rows[-1].call.cost.source == "the formula for Gate gives a negative number"
