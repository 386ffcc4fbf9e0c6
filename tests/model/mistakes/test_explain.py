"""Explanations of failed calls: the sentence, the clashing axes, the arithmetic, and repairs that really work."""

import numpy as np
import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.explain import explain_mistake
from kfx.model.mistakes.traceback import find_failed_call

keras = import_keras()
L = keras.layers


def mistake(work, **variables):
    with pytest.raises((ValueError, TypeError), match=r".") as caught:
        work()
    failed = find_failed_call(caught.value)
    assert failed is not None
    return explain_mistake(failed, {id(v): k for k, v in variables.items()})


def img(*shape, name="img"):
    return keras.Input(shape, name=name)


def test_a_missing_channel_axis():
    x = img(28, 28)
    found = mistake(lambda: L.Conv2D(3, 3, name="c")(x), image=x)
    assert (found.kind, found.name) == ("rank", "c")
    assert found.sentence == ("Conv2D needs 3 axes behind the batch axis (height, width, channels); img has 2: 28×28.")
    assert found.repairs[0].code == "layers.Conv2D(3, 3)(layers.Reshape((28, 28, 1))(image))"
    assert found.repairs[0].gives == "c then gives 26×26×3"


@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (lambda: L.Conv2D(3, 3), (28, 28), ("height", "width")),
        (lambda: L.MaxPooling2D(data_format="channels_first"), (28, 28), ("height", "width")),
        (lambda: L.Conv2D(3, 3), (784,), ("features",)),
        (lambda: L.Conv3D(3, 3), (4, 28, 28), ("depth", "height", "width")),
        (lambda: L.Conv1D(3, 3), (100,), ("steps",)),
        (lambda: L.Conv2D(3, 3), (4, 28, 28, 1), ("depth", "height", "width", "channels")),
    ],
)
def test_axes_are_named_by_what_the_layer_wants(layer, shape, axes):
    assert mistake(lambda: layer()(img(*shape))).given[0].axes == axes


def test_a_vector_for_a_recurrent_layer():
    x = img(5)
    found = mistake(lambda: L.LSTM(3)(x), x=x)
    assert found.kind == "rank"
    assert "layers.Reshape((5, 1))(x)" in found.repairs[0].code
    assert "layers.RepeatVector(1)(x)" in found.repairs[1].code


def test_a_map_for_a_recurrent_layer_is_cut_into_steps():
    found = mistake(lambda: L.LSTM(3)(img(9, 9, 64)))
    assert found.repairs[0].title == "Join the first axes: 9 · 9 = 81"


def test_a_built_layer_and_another_last_axis():
    dense = L.Dense(4, name="dense")
    dense(img(7, name="seven"))
    found = mistake(lambda: dense(img(8, name="eight")))
    assert found.kind == "axis"
    assert found.sentence == "dense was built for 7 features; eight brings 8."
    assert found.given[0].clash == (0,)


def test_channels_first_data_for_a_channels_last_layer():
    conv = L.Conv2D(4, 3, name="conv")
    conv(img(28, 28, 1))
    found = mistake(lambda: conv(img(1, 28, 28)))
    assert found.repairs[0].title == "Move the channels from first to last"
    assert found.repairs[0].changed == "layers.Permute((2, 3, 1))(x)"


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        (lambda: L.Conv2D(3, 5), 'layers.Conv2D(3, 5, padding="same")(x)'),
        pytest.param(
            lambda: L.MaxPooling2D(5),
            'layers.MaxPooling2D(pool_size=5, padding="same")(x)',
            marks=pytest.mark.since_keras("3.13"),
        ),
    ],
)
def test_a_window_larger_than_the_map(layer, code):
    found = mistake(lambda: layer()(img(3, 4, 1)))
    assert found.kind == "size"
    assert "height is 3 and width is 4" in found.sentence
    assert found.given[0].clash == (0, 1)
    assert found.arithmetic[0][1] == "3 − 5 + 1 = -1"
    assert found.repairs[0].code == code


def residual():
    x = L.Conv2D(64, 3, activation="relu", name="conv2d_1")(img(11, 11, 3))
    start = L.Activation("relu", name="start")(x)
    y = L.Conv2D(64, 3, activation="relu", name="conv2d_2")(start)
    return L.Conv2D(64, 3, activation="relu", name="conv2d_3")(y), start


def test_the_designs_own_example_a_skip_of_another_size():
    x, skip = residual()
    found = mistake(lambda: L.add([x, skip]), x=x, block_1_output=skip)
    assert found.sentence == "Add needs inputs of equal shape; these differ in height and width."
    assert [g.shape for g in found.given] == [(5, 5, 64), (9, 9, 64)]
    assert [g.clash for g in found.given] == [(0, 1), (0, 1)]
    assert found.arithmetic == (
        ("conv2d_2", "9 − 3 + 1 = 7", 'padding="valid"'),
        ("conv2d_3", "7 − 3 + 1 = 5", 'padding="valid"'),
    )
    keep, crop = found.repairs
    assert keep.title == "Keep the size in both convolutions"
    assert keep.gives == "both inputs become 9×9×64"
    assert crop.code == "layers.Add()([x, layers.Cropping2D(2)(block_1_output)])"
    assert crop.gives == "both inputs become 5×5×64"
    scope = {"layers": L, "x": x, "block_1_output": skip}
    assert eval(crop.code, scope).shape == (None, 5, 5, 64), "the repair works when it is typed in"


def test_the_same_mistake_with_an_operator():
    x, skip = residual()
    assert mistake(lambda: x + skip).sentence == "Add needs inputs of equal shape; these differ in height and width."


def test_other_channels_are_projected():
    a, b = img(9, 9, 64), L.Conv2D(32, 1)(img(9, 9, 3, name="b"))
    found = mistake(lambda: L.Add()([a, b]), a=a, b=b)
    assert found.repairs[0].code == "layers.Add()([a, layers.Conv2D(64, 1)(b)])"


def test_concatenate_names_the_axis_it_joins_and_the_one_that_differs():
    found = mistake(lambda: L.Concatenate()([img(3, 4), img(4, 4)]))
    assert found.sentence == "Concatenate joins along features; all other axes must agree, and these differ in steps."


def test_a_pooling_is_missing_before_a_merge():
    a, b = img(4, 4, 16), img(16, name="v")
    found = mistake(lambda: L.Concatenate()([a, b]), a=a, b=b)
    assert found.repairs[0].code == "layers.Concatenate()([layers.GlobalAveragePooling2D()(a), b])"
    assert found.repairs[1].gives == "gives 272"


def test_a_reshape_that_does_not_fit():
    found = mistake(lambda: L.Reshape((4, 4, 2))(img(16)))
    assert found.sentence == "16 numbers do not fill 4×4×2 = 32."
    assert [r.code for r in found.repairs] == ["layers.Reshape((4, 4, 1))(x)", "layers.Reshape((4, 4, 2))(layers.Dense(32)(x))"]


def test_a_merge_of_one_input():
    assert mistake(lambda: L.Add()(img(3))).sentence == "Add needs a list of at least two inputs; it was given 1."


def test_two_inputs_for_a_layer_that_takes_one():
    a, b = img(3), img(4, name="b")
    found = mistake(lambda: L.Dense(2)([a, b]), a=a, b=b)
    assert found.kind == "inputs"
    assert found.repairs[0].code == "layers.Dense(2)(layers.Concatenate()([a, b]))"


def test_a_model_given_the_wrong_shape_and_the_wrong_number_of_inputs():
    x = img(28, 28, 1)
    model = keras.Model(x, L.Flatten()(x), name="flat")
    assert mistake(lambda: model(img(32, 32, 3))).sentence == "Model flat was made for img: 28×28×1; img brings 32×32×3."
    assert mistake(lambda: model([x, x])).sentence == "Model flat takes 1 input (img); it was given 2."


def test_a_nested_model_s_inputs_are_called_as_its_views_call_them():
    a, b = keras.Input((4,)), keras.Input((4,))
    pair, names = keras.Model([a, b], L.Add()([a, b]), name="pair"), [x._keras_history.operation.name for x in (a, b)]
    assert names[0].startswith("input_layer")  # Keras calls the tensors themselves keras_tensor
    assert mistake(lambda: pair(img(4))).sentence == f"Model pair takes 2 inputs ({names[0]}, {names[1]}); it was given 1."
    assert mistake(lambda: pair([img(4), img(5)])).sentence.startswith(
        f"Model pair was made for {names[0]}: 4; {names[1]}: 4; "
    )


@pytest.mark.since_keras("3.13")
def test_outputs_that_the_inputs_do_not_reach():
    a, b = img(3, name="a"), img(3, name="b")
    out = L.Add(name="sum")([L.Dense(2, name="da")(a), L.Dense(2, name="db")(b)])
    found = mistake(lambda: keras.Model(a, out), a=a, out=out)
    assert found.sentence == "Output sum depends on b, which the inputs (a) do not lead to."
    assert found.arithmetic[0][1] == "sum ← db ← b"
    assert found.repairs[0].code == "keras.Model([a, b], out)"


def test_numbers_where_a_symbolic_tensor_is_meant():
    a = img(3, name="a")
    assert mistake(lambda: keras.Model(np.zeros((4, 3)), a)).kind == "array"
    found = mistake(lambda: keras.Model(a, L.Dense(3)(np.zeros((2, 3)))))
    assert "`outputs` holds" in found.sentence
    assert found.repairs[0].code == "inputs = keras.Input(shape=(3,))"


def test_numpy_and_tensorflow_functions_have_a_keras_twin():
    import tensorflow as tf

    a = img(3, name="a")
    assert mistake(lambda: np.mean(a), a=a).repairs[0].code == "keras.ops.mean(a)"
    assert mistake(lambda: tf.reduce_mean(a), a=a).repairs[0].code == "keras.ops.mean(a)"
    assert mistake(lambda: tf.nn.relu(a), a=a).repairs[0].code == "keras.ops.relu(a)"


def test_an_error_that_keras_had_no_part_in_is_left_alone():
    with pytest.raises(ZeroDivisionError, match="division") as caught:
        1 / 0  # noqa: B018
    assert find_failed_call(caught.value) is None


def test_keras_own_message_is_kept_without_colour_codes():
    found = mistake(lambda: L.Reshape((4, 4, 2))(img(16)))
    assert found.error.startswith("ValueError: ")
    assert "must be unchanged" in found.error
    assert "\x1b" not in found.error


def test_explaining_uses_up_no_automatic_names_and_adds_no_nodes():
    x, skip = residual()
    before = len(skip._keras_history.operation._outbound_nodes)
    L.Dense(1)
    first = int(L.Dense(1).name.rpartition("_")[2])
    mistake(lambda: L.add([x, skip]))
    mistake(lambda: L.Reshape((4, 4, 2))(img(16)))
    assert int(L.Dense(1).name.rpartition("_")[2]) == first + 1
    assert len(skip._keras_history.operation._outbound_nodes) == before


@pytest.mark.parametrize("name", ["<script>", 'a"b', "한국어", "x" * 300])
def test_hostile_names_are_only_text(name):
    found = mistake(lambda: L.Conv2D(1, 9, name=name)(img(3, 3, 1, name=f"{name}_in")))
    assert found.name == name


def test_a_layer_that_cannot_be_copied_is_explained_without_repairs():
    class Mine(L.Conv2D):
        def __init__(self, secret):
            super().__init__(3, 3, name="mine")

        def get_config(self):
            raise NotImplementedError("not today")

    found = mistake(lambda: Mine(1)(img(28, 28)))
    assert found.sentence.startswith("Mine needs 3 axes behind the batch axis")
    assert found.repairs == ()


def test_nothing_in_place_of_a_tensor():
    found = mistake(lambda: L.Dense(3, name="after")(None))
    assert found.sentence == "after was given None instead of a tensor; a function that forgets its `return` gives None."


def test_the_layers_own_error_is_told_where_no_rule_knows_better():
    class Own(L.Layer):
        def call(self, x):
            raise ValueError("four is too many")

    found = mistake(lambda: Own(name="own")(img(3)))
    assert found.kind == "other"
    assert found.sentence == "own refused its inputs. Keras says: four is too many"


@pytest.mark.since_keras("3.13")
def test_the_settings_of_the_refusing_layer_are_told():
    assert mistake(lambda: L.Conv2D(3, 5, strides=2, name="c")(img(3, 3, 1))).settings == ("5×5", "stride 2")


def test_names_come_from_where_the_call_was_made():
    def block(start):
        return L.LSTM(3)(start)

    found = mistake(lambda: block(img(7)))
    assert found.given[0].variable == "start"
    assert found.repairs[0].code.endswith("(start))")


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda x: 1 if x else 2, "A symbolic tensor is neither true nor false"),
        (lambda x: [part for part in x], "A symbolic tensor cannot be looped over"),  # noqa: C416
        (lambda x: float(x), "`float` needs numbers"),
    ],
)
def test_python_itself_asks_for_numbers(work, sentence):
    x = img(3)
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=r".") as caught:
        work(x)
    assert explain_mistake(find_failed_call(caught.value)).sentence.startswith(sentence)


def test_a_layer_and_a_class_in_place_of_a_tensor():
    assert mistake(lambda: L.Dense(3, name="a")(L.Dense(4, name="b"))).sentence == (
        "a was given the layer b itself, not what it returns: call b on a tensor first."
    )
    assert "the class Dense, not a tensor" in mistake(lambda: L.Dense(3, name="a")(L.Dense)).sentence


def test_a_class_that_takes_no_arguments_at_all():
    a = img(3)
    found = mistake(lambda: L.Add([a, a]))
    assert (found.kind, found.name) == ("class", "Add")
