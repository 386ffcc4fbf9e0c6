"""``kfx extract``: every kind of data, the same values as in Python, resuming, and one line for each error."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

import kfx
from kfx.cli import main as cli
from kfx.cli.extract_images import Images
from kfx.values.store import progress as told
from kfx.values.store.stream import write_features


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(keras, folder):
    keras.utils.set_random_seed(5)
    i = keras.Input((6,), name="pixels")
    h = keras.layers.Dense(5, activation="relu", name="hidden")(i)
    made = keras.Model(i, keras.layers.Dense(3, name="scores")(h), name="plain")
    made.save(folder / "plain.keras")
    return made


@pytest.fixture(scope="module")
def two(keras, folder):
    a, b = keras.Input((1,), name="age"), keras.Input((1,), name="weight")
    made = keras.Model([a, b], keras.layers.Add(name="sum")([a, b]), name="two")
    made.save(folder / "two.keras")
    return made


@pytest.fixture(scope="module")
def seeing(keras, folder):
    i = keras.Input((4, 6, 3), name="photo")
    made = keras.Model(i, keras.layers.AveragePooling2D(2, name="pool")(i), name="seeing")
    made.save(folder / "seeing.keras")
    return made


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(50, 6)).astype("float32")


def run(capsys, *words):
    code = cli.main(["extract", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys, *words):
    code, _, err = run(capsys, *words)
    assert code == 2
    assert err.startswith("kfx: ")
    assert err.count("\n") == 1
    return err


# ------------------------------------------------------------------------------------------------ values


def test_on_disk_is_what_python_extracts(model, x, folder, tmp_path, capsys):
    np.save(tmp_path / "x.npy", x)
    code, out, err = run(capsys, folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out", "--check")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "(50, 6) float32 from x.npy, as it is.",
        f"Wrote 3 addresses of 50 examples (0.0 MB) to {tmp_path / 'out'}.",
        "Checked: the model's own output, computed again, is the same bit for bit.",
    ]
    stored = kfx.load_features(tmp_path / "out")
    for key, array in kfx.extract(model, x, batch_size=32).items():
        np.testing.assert_array_equal(np.asarray(stored[key]), array)


def test_shell_is_quiet_when_piped_and_takes_patterns(model, x, folder, tmp_path):
    np.save(tmp_path / "x.npy", x)
    command = [sys.executable, "-m", "kfx", "extract", folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out"]
    result = subprocess.run([*command, "-l", "hid*", "scores"], capture_output=True, text=True, timeout=180, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Wrote 2 addresses of 50 examples" in result.stdout
    assert list(kfx.load_features(tmp_path / "out")) == ["hidden", "scores"]


def test_interrupted_it_goes_on_where_it_stopped(model, x, folder, tmp_path, capsys, monkeypatch):
    np.save(tmp_path / "x.npy", x)
    monkeypatch.setitem(write_features.__kwdefaults__, "part_bytes", 400)
    words = [folder / "plain.keras", tmp_path / "x.npy", "--batch-size", "8", "-o", tmp_path / "out"]

    def interrupt(now):
        if now.examples == 24:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(told, "progress_function", lambda progress: interrupt)
        code, _, err = run(capsys, *words)
    assert code == 130
    assert err == "Stopped. The same command goes on from here.\nkfx: interrupted\n"
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "of 50 examples, 24 of them from before" in out
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.endswith(f"\nNothing to do: 3 addresses of 50 examples are in {tmp_path / 'out'} already.\n")
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["pixels"]), x)


def test_another_model_is_not_mixed_in(model, two, x, folder, tmp_path, capsys):
    np.save(tmp_path / "x.npy", x)
    run(capsys, folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out")
    err = refused(capsys, folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out", "-l", "hidden")
    assert "holds values of other layers. Choose another folder" in err


# ------------------------------------------------------------------------------------------------ statistics


def test_statistics_are_printed(model, x, folder, tmp_path, capsys):
    np.save(tmp_path / "x.npy", x)
    code, out, _ = run(capsys, folder / "plain.keras", tmp_path / "x.npy", "--statistics")
    assert code == 0
    assert out.splitlines()[1:] == str(kfx.statistics(model, x)).splitlines()


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_statistics_are_written(model, x, folder, tmp_path, capsys, suffix):
    x[0, 0] = np.nan
    np.save(tmp_path / "x.npy", x)
    out = tmp_path / f"s.{suffix}"
    assert run(capsys, folder / "plain.keras", tmp_path / "x.npy", "--statistics", "-o", out)[0] == 0
    text = out.read_text()
    rows = json.loads(text) if suffix == "json" else list(csv.DictReader(text.splitlines()))
    assert [row["address"] for row in rows] == ["pixels", "hidden", "scores"]
    assert float(rows[0]["mean"]) == pytest.approx(np.nanmean(x), rel=1e-5)
    assert int(rows[0]["nan"]) == 1
    assert int(rows[0]["count"]) == 299


# ------------------------------------------------------------------------------------------------ kinds of data


def test_npz_gives_each_input_its_array(two, folder, tmp_path, capsys):
    np.savez(tmp_path / "d.npz", weight=np.full((4, 1), 2.0), age=np.arange(4.0)[:, None], other=np.zeros(1))
    code, out, _ = run(capsys, folder / "two.keras", tmp_path / "d.npz", "-o", tmp_path / "out", "-l", "sum")
    assert code == 0
    assert out.startswith("age (4, 1) float64, weight (4, 1) float64 from d.npz, as they are.")
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["sum"])[:, 0], [2, 3, 4, 5])


def test_npz_of_several_arrays_asks_which(model, x, folder, tmp_path, capsys):
    np.savez(tmp_path / "d.npz", x_train=x, y_train=np.zeros(50))
    words = [folder / "plain.keras", tmp_path / "d.npz", "-o", tmp_path / "out"]
    err = refused(capsys, *words)
    assert "holds the arrays 'x_train', 'y_train'; the model takes 'pixels'. Choose with --columns." in err
    assert run(capsys, *words, "--columns", "x_train")[0] == 0
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["pixels"]), x)


def test_csv_columns_go_to_the_inputs_of_their_names(two, folder, tmp_path, capsys):
    (tmp_path / "d.csv").write_text("name,age,weight\nKim,30,60.5\nLee,31,70\n", encoding="utf-8")
    assert run(capsys, folder / "two.keras", tmp_path / "d.csv", "-o", tmp_path / "out")[0] == 0
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["sum"])[:, 0], [90.5, 101])


def test_csv_columns_go_side_by_side_into_one_input(model, x, folder, tmp_path, capsys):
    names = ["label", *"abcdef"]
    lines = [",".join(names), *(",".join(["1", *(repr(float(v)) for v in row)]) for row in x)]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    words = [folder / "plain.keras", tmp_path / "d.csv", "-o", tmp_path / "out"]
    assert "has 7 columns ('label', 'a', 'b'" in refused(capsys, *words)
    assert run(capsys, *words, "--columns", "a,b,c,d,e,f")[0] == 0
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["pixels"]), x)


def test_parquet_holds_columns_and_lists(model, two, x, folder, tmp_path, capsys):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.table({"age": [1.0, 2.0], "weight": [3.0, 4.0]}), tmp_path / "d.parquet")
    parquet.write_table(arrow.table({"pixels": x.tolist()}), tmp_path / "x.parquet")
    assert run(capsys, folder / "two.keras", tmp_path / "d.parquet", "-o", tmp_path / "a")[0] == 0
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "a")["sum"])[:, 0], [4, 6])
    assert run(capsys, folder / "plain.keras", tmp_path / "x.parquet", "-o", tmp_path / "b")[0] == 0
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "b")["pixels"]), x)


def test_parquet_without_pyarrow_says_what_to_install(two, folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    err = refused(capsys, folder / "two.keras", tmp_path / "d.parquet", "-o", tmp_path / "out")
    assert "needs pyarrow, which is not installed here. Install it with: pip install pyarrow" in err


@pytest.fixture
def photos(tmp_path):
    from PIL import Image

    (tmp_path / "photos" / "b").mkdir(parents=True)
    pixels = np.random.default_rng(1).integers(0, 256, (3, 4, 6, 3), dtype="uint8")
    for name, image in zip(("a.png", "b/c.png", "z.png"), pixels, strict=True):
        Image.fromarray(image).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    return tmp_path / "photos", pixels


def test_images_go_in_as_they_are(seeing, photos, folder, tmp_path, capsys):
    where, pixels = photos
    code, out, _ = run(capsys, folder / "seeing.keras", where, "-o", tmp_path / "out", "--batch-size", "2")
    assert code == 0
    assert out.startswith("3 images resized to 4 x 6 x 3. No preprocessing: values 0 to 255, as in the files;")
    np.testing.assert_array_equal(np.asarray(kfx.load_features(tmp_path / "out")["photo"]), pixels.astype("float32"))


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
def test_preprocessing_is_keras_own(keras, photos, mode):
    where, pixels = photos
    want = keras.applications.imagenet_utils.preprocess_input(pixels.astype("float32"), mode=mode)
    np.testing.assert_array_equal(Images(where, size=(4, 6), channels=3, preprocess=mode)[:], want)


def test_grey_models_get_grey_images_of_the_size_asked_for(photos):
    where, pixels = photos
    grey = Images(where, size=(2, 3), channels=1, preprocess="unit")
    assert (grey.shape, grey[0:2].shape) == ((3, 2, 3, 1), (2, 2, 3, 1))
    assert grey[:].mean() == pytest.approx((pixels @ [0.299, 0.587, 0.114]).mean() / 255, abs=0.03)


def test_a_broken_image_is_named(seeing, photos, folder, tmp_path, capsys):
    (photos[0] / "b" / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    assert "broken.jpg" in refused(capsys, folder / "seeing.keras", photos[0], "-o", tmp_path / "out")


# ------------------------------------------------------------------------------------------------ errors


WRONG = [
    ([], "No folder to write to. Give one with -o FOLDER, or use --statistics."),
    (["-o", "out", "--columns", "a"], "--columns does nothing for a .npy file"),
    (["-o", "out", "--preprocess", "tf"], "--preprocess does nothing for a .npy file"),
    (["-o", "out", "-l", "hiden"], "Did you mean 'hidden'?"),
    (["--statistics", "-o", "s.zip"], "ends in none of .csv, .json, .txt"),
    (["--statistics", "--check"], "--check goes with values"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda x: " ".join(x)[:20] if isinstance(x, list) else "")
def test_words_that_do_not_fit_are_one_line(model, x, folder, tmp_path, capsys, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", x)
    assert said in refused(capsys, folder / "plain.keras", "x.npy", *words)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.npy", None, "There is no file or folder"),
        ("x.npy", b"nonsense", "Cannot read"),
        ("x.txt", b"1 2 3", "kfx cannot read"),
        ("x.jpg", b"", "is one image. Give the folder it is in"),
        ("x.csv", b"a,b\n1\n", "has 2 columns; row 1 below the names has 1"),
        ("x.csv", b"a,b\n", "holds no rows"),
    ],
)
def test_data_that_cannot_be_read_are_one_line(model, folder, tmp_path, capsys, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in refused(capsys, folder / "plain.keras", tmp_path / name, "-o", tmp_path / "out")


def test_data_of_another_shape_are_one_line(model, folder, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.zeros((3, 7)))
    err = refused(capsys, folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out")
    assert "`inputs` has shape (3, 7); the model 'plain' expects (batch, 6)." in err


def test_a_model_with_code_of_its_own_is_not_run(keras, x, folder, tmp_path, capsys):
    i = keras.Input((6,))
    keras.Model(i, keras.layers.Lambda(lambda t: t * 2, output_shape=(6,))(i)).save(folder / "lambda.keras")
    np.save(tmp_path / "x.npy", x)
    err = refused(capsys, folder / "lambda.keras", tmp_path / "x.npy", "-o", tmp_path / "out")
    assert "it holds a Lambda layer, whose code is not run. Load it in Python" in err


def test_an_engine_is_chosen_by_its_name(capsys, folder, model, x, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "kfx.values.ray.run.extract_with_ray",
        lambda model, data, layers, to, where, **settings: asked.append((layers, where)) or no_ray(),
    )
    np.save(tmp_path / "x.npy", x)
    words = (folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out", "--engine", "ray", "--workers", "3")
    code, _, err = run(capsys, *words, "--address", "head:6379", "--on-error", "continue")
    assert (code, err) == (2, "kfx: no cluster here\n")
    assert asked == [(["*"], kfx.Ray(address="head:6379", workers=3, on_error="continue"))]


def no_ray():
    raise kfx.KfxError("no cluster here")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--address", "head:6379"), "--address goes with --engine ray. Add that, or leave it out."),
        (("--engine", "auto", "--workers", "2"), "--workers goes with --engine ray. Add that, or leave it out."),
        (("--on-error", "continue"), "--on-error goes with --engine ray. Add that, or leave it out."),
    ],
)
def test_settings_of_an_engine_want_the_engine(capsys, folder, model, x, tmp_path, words, expected):
    np.save(tmp_path / "x.npy", x)
    assert run(capsys, folder / "plain.keras", tmp_path / "x.npy", "-o", tmp_path / "out", *words)[::2] == (
        2,
        f"kfx: {expected}\n",
    )
