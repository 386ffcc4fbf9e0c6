"""Every method against a loop by hand in NumPy and TensorFlow, for models of every kind; and what is refused."""

import numpy as np
import pytest

import kfx

RNG = np.random.default_rng(3)
IMAGES = RNG.random((3, 8, 8, 2)).astype("float32")


@pytest.fixture(scope="module")
def tf(keras):
    import tensorflow

    return tensorflow


def conv_net(keras, *, nested=False, activation="relu"):
    """Two convolutions, the mean over space, and a softmax; nested: the convolutions in a model of their own."""
    layers = keras.layers
    keras.utils.set_random_seed(1)
    x = keras.Input((8, 8, 2), name="image")
    body = keras.Sequential(
        [keras.Input((8, 8, 2)), layers.Conv2D(4, 3, activation=activation, name="c1"), layers.Conv2D(5, 3, name="c2")],
        name="body",
    )
    y = body(x) if nested else layers.Conv2D(5, 3, name="c2")(layers.Conv2D(4, 3, activation=activation, name="c1")(x))
    y = layers.GlobalAveragePooling2D()(layers.Activation("tanh")(y) if nested else y)
    out = layers.Dense(3, activation="softmax", name="out")(y)
    return keras.Model(x, out, name="net")


def logit(keras, model):
    """The input of the last layer's softmax, made by hand."""
    out = model.get_layer("out")
    before = keras.Model(model.input, out.input)

    def call(x):
        return keras.ops.matmul(before(x), out.kernel) + out.bias

    return call


def gradient(tf, score, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(score(x))
    return tape.gradient(total, x).numpy()


def test_gradient_times_input_is_that_of_the_logit(keras, tf):
    model = conv_net(keras)
    found = kfx.attribute(model, IMAGES, target=2, method="gradient_x_input")
    z = logit(keras, model)
    by_hand = IMAGES * gradient(tf, lambda x: z(x)[:, 2], IMAGES)
    np.testing.assert_allclose(found["gradient_x_input"], by_hand, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.score, z(IMAGES).numpy()[:, 2], rtol=1e-5)


def test_without_logits_it_is_that_of_the_probability(keras, tf):
    model = conv_net(keras)
    found = kfx.attribute(model, IMAGES, target=2, method="gradient_x_input", logits=False)
    by_hand = IMAGES * gradient(tf, lambda x: model(x)[:, 2], IMAGES)
    np.testing.assert_allclose(found["gradient_x_input"], by_hand, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("batch_size", [None, 2, 64])
def test_integrated_gradients_are_a_loop_over_the_path(keras, tf, batch_size):
    model, steps = conv_net(keras), 12
    base = np.full((8, 8, 2), 0.3, "float32")
    found = kfx.attribute(model, IMAGES, target=(1, 0), method="integrated", steps=steps, baseline=base, batch_size=batch_size)
    z = logit(keras, model)

    def score(x):
        return z(x)[:, 1] - z(x)[:, 0]

    points, weights = np.polynomial.legendre.leggauss(steps)
    total = np.zeros_like(IMAGES)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        total += weight * gradient(tf, score, (base + point * (IMAGES - base)).astype("float32"))
    np.testing.assert_allclose(found["integrated"], total * (IMAGES - base), rtol=1e-3, atol=1e-6)
    fit = found.completeness
    np.testing.assert_allclose(fit.score, score(IMAGES), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fit.baseline, np.repeat(score(base[None]), 3), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fit.total, found["integrated"].reshape(3, -1).sum(1), rtol=1e-4, atol=1e-6)
    missed = np.abs(fit.total - (fit.score - fit.baseline)) / np.abs(fit.score - fit.baseline)
    np.testing.assert_allclose(fit.error, missed, rtol=1e-6)
    assert fit.steps.tolist() == [steps] * 3


def test_smoothgrad_is_the_mean_size_of_gradients_with_that_noise(keras, tf):
    model = conv_net(keras, activation="tanh")  # without the kinks of relu, over which rounding may lead
    found = kfx.attribute(model, IMAGES, target=0, method="smoothgrad", samples=6, noise=0.2, seed=5)
    z, total = logit(keras, model), np.zeros_like(IMAGES)
    spread = 0.2 * (IMAGES.reshape(3, -1).max(1) - IMAGES.reshape(3, -1).min(1))
    for n in range(6):
        noise = tf.random.stateless_normal((8, 8, 2), [5, 1000 * n]).numpy()
        total += gradient(tf, lambda x: z(x)[:, 0], IMAGES + spread[:, None, None, None] * noise)
    np.testing.assert_allclose(found["smoothgrad"], np.abs(total / 6), rtol=1e-2, atol=5e-5)


@pytest.mark.parametrize("nested", [False, True])
def test_grad_cam_and_layer_cam_are_their_formulas_also_inside_a_nested_model(keras, tf, nested):
    model = conv_net(keras, nested=nested)
    key = "body/c2" if nested else "c2"
    found = kfx.attribute(model, IMAGES, target=1, method=("gradcam", "layercam"))
    where = model.get_layer("activation") if nested else model.get_layer("c2")
    assert found.layers == {"image": "activation" if nested else "c2"}
    if nested:
        found = kfx.attribute(model, IMAGES, target=1, method=("gradcam", "layercam"), layer=key)
        where = None
    body = model.get_layer("body") if nested else keras.Model(model.input, where.output)
    out, values = model.get_layer("out"), tf.constant(body(IMAGES))
    with tf.GradientTape() as tape:
        tape.watch(values)
        pooled = tf.reduce_mean(tf.tanh(values) if nested else values, (1, 2))
        score = tf.reduce_sum((pooled @ out.kernel.value + out.bias.value)[:, 1])
    slope, values = tape.gradient(score, values).numpy(), values.numpy()
    cam = np.maximum((slope.mean((1, 2), keepdims=True) * values).sum(-1), 0)
    np.testing.assert_allclose(found.coarse["gradcam"], cam, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        found.coarse["layercam"], np.maximum((np.maximum(slope, 0) * values).sum(-1), 0), rtol=1e-3, atol=1e-6
    )
    large = tf.image.resize(cam[..., None], (8, 8)).numpy()[..., 0]
    np.testing.assert_allclose(found["gradcam"], large, rtol=1e-3, atol=1e-6)


def shared(keras):
    layers = keras.layers
    keras.utils.set_random_seed(2)
    eye = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(3, 3, name="c")], name="eye")
    a, b = keras.Input((8, 8, 2), name="a"), keras.Input((8, 8, 2), name="b")
    both = layers.Concatenate()([layers.GlobalAveragePooling2D()(eye(a)), layers.GlobalAveragePooling2D()(eye(b))])
    return keras.Model([a, b], layers.Dense(2, name="out")(both))


def test_grad_cam_of_a_siamese_model_is_that_of_each_call(keras):
    model, other = shared(keras), RNG.random((3, 8, 8, 2)).astype("float32")
    found = kfx.attribute(model, {"a": IMAGES, "b": other}, target=1, method=("gradcam", "integrated"))
    assert found.layers == {"a": "eye@1/c", "b": "eye@2/c"}
    kernel, conv = model.get_layer("out").kernel.numpy(), model.get_layer("eye").get_layer("c")
    for name, x, rows in (("a", IMAGES, kernel[:3, 1]), ("b", other, kernel[3:, 1])):
        values = conv(x).numpy()  # the gradient of a mean over 36 places
        np.testing.assert_allclose(
            found.coarse["gradcam"][name], np.maximum((values * rows / 36).sum(-1), 0), rtol=1e-3, atol=1e-6
        )
    assert found.completeness.error.max() < 1e-3
    only = kfx.attribute(model, [IMAGES, other], target=1, method="gradcam", layer={"b": "eye@2/c"})
    np.testing.assert_array_equal(only["gradcam"]["b"], found["gradcam"]["b"])


def test_occlusion_is_a_plain_loop_of_predict(keras):
    model = conv_net(keras)
    found = kfx.attribute(
        model, IMAGES, target=2, method="occlusion", patch=(3, 4), stride=2, baseline=0.5, logits=False, batch_size=5
    )
    whole = model.predict(IMAGES, verbose=0)[:, 2]
    tops, lefts = [0, 2, 4, 5], [0, 2, 4]
    lost, sums, counts = np.zeros((3, 4, 3)), np.zeros((3, 8, 8)), np.zeros((8, 8))
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            covered = IMAGES.copy()
            covered[:, top : top + 3, left : left + 4] = 0.5
            lost[:, i, j] = whole - model.predict(covered, verbose=0)[:, 2]
            sums[:, top : top + 3, left : left + 4] += lost[:, i, j, None, None]
            counts[top : top + 3, left : left + 4] += 1
    np.testing.assert_allclose(found.coarse["occlusion"], lost, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found["occlusion"], sums / counts, rtol=1e-3, atol=1e-6)


def words(keras, *, shared_table=False):
    layers = keras.layers
    keras.utils.set_random_seed(4)
    x = keras.Input((None,), dtype="int32", name="words")
    y = layers.Embedding(20, 6, mask_zero=True, name="table")(x)
    y = layers.GlobalAveragePooling1D()(layers.Dense(5, activation="tanh")(y))
    return keras.Model(x, layers.Dense(1, activation="sigmoid", name="out")(y), name="words")


def test_words_are_attributed_at_the_embedding_that_is_found_by_itself(keras, tf):
    model, ids = words(keras), np.array([[3, 4, 5, 0], [7, 7, 9, 11]])
    found = kfx.attribute(model, ids, method=("integrated", "gradient_x_input", "occlusion"), steps=8)
    assert found.places == {"words": ("table",)}
    assert found["integrated"].shape == (2, 4)
    table, mask = model.get_layer("table").embeddings.numpy(), (ids != 0).astype("float32")[..., None]
    dense, out = model.get_layer("dense"), model.get_layer("out")

    def score(values):
        hidden = tf.tanh(values @ dense.kernel.value + dense.bias.value)
        mean = tf.reduce_sum(hidden * mask, 1) / mask.sum(1)
        return (mean @ out.kernel.value + out.bias.value)[:, 0]

    end, start = table[ids], np.broadcast_to(table[0], (2, 4, 6))
    total = np.zeros_like(end)
    points, weights = np.polynomial.legendre.leggauss(8)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        total += weight * gradient(tf, score, (start + point * (end - start)).astype("float32"))
    np.testing.assert_allclose(found["integrated"], (total * (end - start)).sum(-1), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found["gradient_x_input"], (end * gradient(tf, score, end)).sum(-1), rtol=1e-3, atol=1e-6)
    one = ids.copy()
    one[:, 1] = 0
    before, after = (np.log(p / (1 - p)) for p in (model.predict(i, verbose=0)[:, 0].astype("float64") for i in (ids, one)))
    np.testing.assert_allclose(found["occlusion"][:, 1], before - after, rtol=1e-2, atol=1e-5)


def test_a_table_and_a_linear_model_have_the_exact_shares(keras):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2, name="d")(x))
    weights, data = model.get_layer("d").kernel.numpy(), np.array([[1.0, -2.0, 0.5], [3.0, 0.0, 1.0]], "float32")
    found = kfx.attribute(model, data, target=1, baseline="mean", method=("integrated", "occlusion", "gradient_x_input"))
    exact = weights[:, 1] * (data - data.mean(0))
    for method in found:
        np.testing.assert_allclose(found[method], exact, rtol=1e-4, atol=1e-6)


def test_pixels_of_bytes_with_preprocessing_inside(keras):
    layers = keras.layers
    x = keras.Input((8, 8, 2), dtype="uint8", name="image")
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="c")(layers.Rescaling(1 / 255, name="scale")(x)))
    model = keras.Model(x, layers.Dense(2, activation="softmax", name="out")(y))
    data = (IMAGES * 255).astype("uint8")
    found = kfx.attribute(model, data, target=0, method=("integrated", "gradcam"))
    assert found.places == {"image": ("scale",)}
    assert found.layers == {"image": "c"}
    assert found["integrated"].shape == data.shape
    assert found.completeness.error.max() < 1e-3


@pytest.mark.parametrize("eager", [False, True])
def test_a_subclassed_model_compiled_or_eager(keras, tf, eager):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv, self.out = keras.layers.Conv2D(3, 3), keras.layers.Dense(2, activation="softmax")

        def call(self, x):
            x = keras.ops.cast(x, "float32") / 255
            if eager and float(tf.reduce_max(x)) > 9:
                x = x * 2
            return self.out(tf.reduce_mean(self.conv(x), (1, 2)))

    model, data = Own(), (IMAGES * 255).astype("uint8")
    model(data)
    found = kfx.attribute(model, data, target=1, method=("gradient_x_input", "gradcam", "integrated", "occlusion"))
    conv, out, x = model.conv.kernel.numpy(), model.out.kernel.numpy(), IMAGES
    x = data.astype("float32")
    padded = np.zeros(x.shape)
    for i in range(3):
        for j in range(3):  # each pixel's weight, summed over the 36 places of the convolution that it is in
            padded[:, i : i + 6, j : j + 6] += (conv[i, j] @ out[:, 1])[None, None, None] / 36 / 255
    np.testing.assert_allclose(found["gradient_x_input"], padded * x, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found["integrated"].sum((1, 2, 3)), found.completeness.total, rtol=1e-4)
    assert found.completeness.error.max() < 1e-3


def test_several_outputs_and_an_input_that_an_output_does_not_use(keras):
    layers = keras.layers
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], [layers.Dense(1, activation="sigmoid", name="p")(a), layers.Dense(4, name="q")(b)])
    data = {"a": np.ones((2, 2)), "b": np.ones((2, 3))}
    found = kfx.attribute(model, data, target={"p": 0})
    np.testing.assert_allclose(found["integrated"]["a"], np.tile(model.get_layer("p").kernel.numpy()[:, 0], (2, 1)), rtol=1e-4)
    assert not found["integrated"]["b"].any()


def test_an_address_and_a_function_are_targets(keras, tf):
    model = conv_net(keras)
    found = kfx.attribute(model, IMAGES, target="c1", method="gradient_x_input")
    c1 = keras.Model(model.input, model.get_layer("c1").output)
    np.testing.assert_allclose(found["gradient_x_input"], IMAGES * gradient(tf, c1, IMAGES), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found.score, c1(IMAGES).numpy().sum((1, 2, 3)), rtol=1e-4)
    found = kfx.attribute(model, IMAGES, target=lambda y: y[:, 0] ** 2, method="gradient_x_input")
    by_hand = IMAGES * gradient(tf, lambda x: model(x)[:, 0] ** 2, IMAGES)
    np.testing.assert_allclose(found["gradient_x_input"], by_hand, rtol=1e-3, atol=1e-7)


def test_a_fixed_batch_is_filled_and_cut(keras):
    x = keras.Input(batch_shape=(4, 3))
    model = keras.Model(x, keras.layers.Dense(2, name="d")(x))
    data = RNG.random((5, 3)).astype("float32")
    found = kfx.attribute(model, data, target=0, method=("integrated", "occlusion"))
    exact = data * model.get_layer("d").kernel.numpy()[:, 0]
    np.testing.assert_allclose(found["integrated"], exact, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["occlusion"], exact, rtol=1e-3, atol=1e-5)


def test_a_data_set_is_attributed_batch_by_batch(keras, tf):
    model = conv_net(keras)
    whole = kfx.attribute(model, IMAGES, target=0, method="integrated", steps=6)
    found = kfx.attribute(model, tf.data.Dataset.from_tensor_slices(IMAGES).batch(2), target=0, method="integrated", steps=6)
    np.testing.assert_allclose(found["integrated"], whole["integrated"], rtol=1e-3, atol=1e-6)
    assert found.completeness.steps.tolist() == [6, 6, 6]


def test_the_model_is_left_as_it_was(keras):
    model = conv_net(keras)
    before = [w.copy() for w in model.get_weights()]
    attributes = dict(vars(model))
    kfx.attribute(model, IMAGES, method=("gradcam", "integrated", "smoothgrad", "occlusion"))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert vars(model).keys() == attributes.keys()
    assert model.train_function is attributes.get("train_function")


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"target": 3}, "`target` is 3; the output has 3 units"),
        ({"target": "nothing"}, "nothing"),
        ({"target": lambda y: 1.0}, "single number; expected one for each example"),
        ({"method": "gradcams"}, "`method` is 'gradcams'; expected one of gradcam, layercam"),
        ({"method": ("occlusion", "occlusion")}, "names 'occlusion' twice"),
        ({"method": 3}, "`method` is 3; expected one of"),
        ({"steps": 0}, "`steps` is 0; expected a whole number of at least 1"),
        ({"samples": 2.5}, "`samples` is 2.5; expected a whole number"),
        ({"noise": -1}, "`noise` is -1; expected a share"),
        ({"method": "occlusion", "patch": 9}, "`patch` is 9; the input 'image' has 8 places"),
        ({"method": "occlusion", "patch": 2, "stride": 3}, "`stride` is 3 and larger than `patch`, 2"),
        ({"method": "occlusion", "patch": (2, 2, 2)}, "one for each of the 2 axes of 'image'"),
        ({"method": "gradcam", "layer": "out"}, r"'out' have the form \(batch, 3\) without space"),
        ({"method": "gradcam", "layer": "nothing"}, "nothing"),
        ({"method": "gradcam", "layer": {"x": "c2"}}, "`layer` names an input 'x'"),
        ({"baseline": np.ones(5)}, r"`baseline` of the input 'image' is ndarray of shape \(5,\)"),
        ({"baseline": "dark"}, "`baseline` is 'dark'; expected 'mean'"),
        ({"baseline": float("nan")}, "holds values that are not finite"),
        ({"example": 3}, "`example` is 3; there are 3 examples, 0 to 2"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(keras, kwargs, match):
    with pytest.raises(ValueError, match=match):
        kfx.attribute(conv_net(keras), IMAGES, **kwargs)


def test_data_that_are_not_finite_or_empty_are_refused(keras):
    model, bad = conv_net(keras), IMAGES.copy()
    bad[1, 2, 3, 0] = np.nan
    with pytest.raises(ValueError, match=r"Example 1 of the input 'image' holds values that are not finite"):
        kfx.attribute(model, bad)
    with pytest.raises(ValueError, match="hold no examples"):
        kfx.attribute(model, IMAGES[:0])


def test_a_model_without_space_is_refused_for_grad_cam_and_shown_without_it(keras):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2)(x), name="flat")
    with pytest.raises(ValueError, match=r"No layer of 'flat' keeps space.*use method='integrated'"):
        kfx.attribute(model, np.ones((1, 3)), method="gradcam")
    assert list(kfx.attribute(model, np.ones((1, 3)))) == ["integrated"]


def test_a_path_without_gradient_is_said_and_occlusion_offered(keras):
    x = keras.Input((3,), name="x")
    y = keras.layers.Lambda(lambda x: keras.ops.cast(keras.ops.cast(x * 10, "int32"), "float32"), output_shape=(3,))(x)
    model = keras.Model(x, keras.layers.Dense(2, name="d")(y))
    data = np.array([[0.1, 0.2, 0.3]])
    with pytest.raises(ValueError, match=r"no gradient to attribute by.*'x'.*Use method='occlusion'"):
        kfx.attribute(model, data, method="integrated")
    found = kfx.attribute(model, data, target=0, method="occlusion")["occlusion"]
    np.testing.assert_allclose(found[0], np.array([1, 2, 3]) * model.get_layer("d").kernel.numpy()[:, 0], rtol=1e-4)


def test_sharper_steps_are_taken_until_the_map_adds_up(keras):
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.Lambda(lambda x: keras.ops.relu(x - 0.97) * 100, output_shape=(2,))(x))
    data = np.array([[1.0, 0.0], [0.99, 0.2]], "float32")
    few = kfx.attribute(model, data, target=0, steps=10)
    many = kfx.attribute(model, data, target=0)
    assert few.completeness.error.max() > 0.01
    assert many.completeness.error.max() < few.completeness.error.max()
    assert many.completeness.steps.max() > 50
