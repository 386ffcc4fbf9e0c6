"""One worker in this process, without a cluster: the model, the pieces that it reads, the errors that it reports."""

import errno
import pickle
import resource
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import kfx
from kfx.errors import EngineError
from kfx.values.data.batches import Batches
from kfx.values.ray import worker as ray_worker
from kfx.values.ray.cluster import installed
from kfx.values.ray.data import sharable
from kfx.values.ray.model import pack_model, with_precision
from kfx.values.ray.run import _ClusterRun
from kfx.values.ray.worker import Job, Worker, batch_that_fits
from kfx.values.source import ValueSource
from kfx.values.store.stream import write_features
from kfx.values.store.writing import hold_folder, manifest_settings

pytestmark = pytest.mark.skipif(
    not installed(), reason="Ray is not installed: pip install '.[ray]' to run the tests of a worker"
)


@pytest.fixture
def data(data):
    return data[:40]


def job(model, data, folder, *, keys=("h", "o"), own=None, **settings):
    """A job as the driver makes it, in a folder that is begun."""
    source = ValueSource(model, list(keys))
    first = next(iter(Batches(model, data, batch_size=None if hasattr(data, "element_spec") else 1)))
    with hold_folder(folder) as opened:
        opened.begin(manifest_settings(source, first), source(first))
    how = {"batch_size": 4, "settings": {**source.how, "check": False}, "threads": None, **settings}
    return Job(model=pack_model(model, own), data=sharable(data), keys=tuple(keys), folder=str(folder), **how)


def worked(a_job, *places):
    """Return the outcomes of a worker for some places, one row a place."""
    columns = Worker(a_job)({"start": np.array([a for a, _ in places]), "stop": np.array([b for _, b in places])})
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def finished(folder, examples):
    with hold_folder(folder) as opened:
        opened.finish(examples)


def test_parts_of_a_worker_are_those_of_one_process_byte_for_byte(model, data, tmp_path):
    write_features(ValueSource(model, ["h", "o"]), Batches(model, data, batch_size=4), tmp_path / "alone", part_bytes=512)
    places = [(start, start + 16) for start in (32, 0, 16)]
    places[0] = (32, 40)
    rows = worked(job(model, data, tmp_path / "ours"), *places)
    assert [row["kind"] for row in rows] == ["done"] * 3
    assert [row["nbytes"] for row in rows] == [8 * 32, 16 * 32, 16 * 32]
    finished(tmp_path / "ours", 40)
    assert content(tmp_path / "ours") == content(tmp_path / "alone")


def test_a_part_that_is_there_is_checked_and_not_computed(model, data, tmp_path):
    a_job = job(model, data, tmp_path)
    worked(a_job, (0, 8))
    assert [(row["kind"], row["nbytes"]) for row in worked(a_job, (0, 8))] == [("done", 0)]
    other = job(model, data[::-1].copy(), tmp_path)
    assert [row["kind"] for row in worked(other, (0, 8))] == ["folder"]
    assert "The data differ from those of 'part-000000000000'" in worked(other, (0, 8))[0]["reason"]


def test_a_mapped_file_is_read_by_each_worker_itself(model, data, tmp_path):
    np.save(tmp_path / "data.npy", data)
    a_job = job(model, np.load(tmp_path / "data.npy", mmap_mode="r"), tmp_path / "f")
    assert len(pickle.dumps(a_job.data)) < 500
    assert worked(a_job, (0, 8))[0]["kind"] == "done"
    assert np.load(next((tmp_path / "f").glob("part-*/0000-h.npy"))).shape == (8, 5)


def test_a_data_set_is_shared_out_by_its_graph(model, data, tmp_path):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((data * 2, np.zeros(40))).map(lambda x, y: (x / 2, y)).batch(7)
    a_job = job(model, dataset, tmp_path / "f")
    assert (a_job.data.size, a_job.data.elements) == (7, 6)
    rows = worked(a_job, (14, 28), (35, 42), (0, 14), (28, 35))
    assert [(row["start"], row["stop"], row["kind"]) for row in rows] == [
        (14, 28, "done"), (35, 40, "done"), (0, 14, "done"), (28, 35, "done"),
    ]  # fmt: skip
    finished(tmp_path / "f", 40)
    expected = kfx.extract(model, data, ["o"])["o"]
    np.testing.assert_allclose(np.asarray(kfx.load_features(tmp_path / "f")["o"]), expected, rtol=1e-5, atol=1e-6)


def test_gaps_before_a_short_last_part_are_computed_too(model, data, tmp_path):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices(data).batch(7)
    worked(job(model, dataset, tmp_path), (14, 21), (35, 42))
    ray = SimpleNamespace(data=SimpleNamespace(from_items=lambda items, override_num_blocks: items))
    with hold_folder(tmp_path) as opened:
        source = ValueSource(model, ["h", "o"])
        run = _ClusterRun(ray, source, dataset, opened, kfx.Ray(), batch_size=None, check=False, part_bytes=1)
        places = [(piece["start"], piece["stop"]) for piece in run._pieces(None)]
    assert places == [(0, 7), (7, 14), (14, 21), (21, 28), (28, 35), (35, 40)]


def test_data_of_this_process_only_are_refused(model, data):
    import tensorflow as tf

    with pytest.raises(EngineError, match="'generator' lives in this process only"):
        sharable(x for x in [data])
    python = tf.data.Dataset.from_generator(lambda: iter(data), output_signature=tf.TensorSpec((6,))).batch(4)
    with pytest.raises(EngineError, match="unknown number of batches"):
        sharable(python)
    counted = python.apply(tf.data.experimental.assert_cardinality(10))
    with pytest.raises(EngineError, match=r"cannot be sent to workers: .*PyFunc is stateful"):
        sharable(counted)


def test_the_first_bad_row_of_a_block_is_found(keras, tmp_path):
    i = keras.Input((2,), dtype="int32", name="i")
    model = keras.Model(i, keras.layers.Embedding(3, 2, name="e")(i), name="words")
    tokens = np.zeros((20, 2), "int32")
    tokens[[13, 14]] = 7
    rows = worked(job(model, tokens, tmp_path, keys=["e"]), (0, 8), (8, 16), (16, 20))
    assert [(row["kind"], row["row"]) for row in rows] == [("done", -1), ("bad", 13), ("done", -1)]
    assert rows[1]["reason"].startswith("ExtractionError: model 'words' failed at 'e'")


def test_a_full_disk_is_told_and_what_is_written_stays(model, data, tmp_path):
    a_job = job(model, data, tmp_path)
    assert worked(a_job, (0, 8))[0]["kind"] == "done"
    before = content(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    worker = Worker(a_job)
    worker({"start": np.array([0]), "stop": np.array([8])})
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        columns = worker({"start": np.array([8]), "stop": np.array([16])})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert columns["kind"] == ["folder"]
    assert "File too large" in columns["reason"][0] or errno.errorcode[errno.EFBIG] in columns["reason"][0]
    assert {name: file for name, file in content(tmp_path).items() if ".new" not in name} == before
    assert worked(a_job, (8, 16))[0]["kind"] == "done"  # with room again, over what was left half written


def test_a_folder_that_a_node_does_not_see_is_told(model, data, tmp_path):
    a_job = job(model, data, tmp_path / "f")
    shutil.rmtree(tmp_path / "f")
    [row] = worked(a_job, (0, 8))
    assert row["kind"] == "broken"
    assert "does not see the folder" in row["reason"]
    assert "network file system" in row["reason"]


def test_own_layers_travel_and_unknown_functions_are_told(keras, tmp_path, data):
    class Doubled(keras.layers.Layer):
        def call(self, x):
            return x * 2

    def own_activation(x):
        return x + 1

    i = keras.Input((6,), name="i")
    model = keras.Model(i, keras.layers.Dense(2, activation=own_activation, name="o")(Doubled(name="d")(i)))
    with pytest.raises(EngineError, match=r"A worker cannot build the model: .*own_activation.*kfx\.Ray\(custom_objects="):
        pack_model(model)
    packed = pack_model(model, {"own_activation": own_activation})
    np.testing.assert_array_equal(packed.load()(data), model(data))


def test_a_model_that_cannot_be_saved_is_told(keras):
    class Odd(keras.layers.Layer):
        def __init__(self, thing, **settings):
            super().__init__(**settings)
            self.thing = thing

        def call(self, x):
            return x

    i = keras.Input((6,))
    model = keras.Model(i, Odd(object())(i), name="odd")
    with pytest.raises(EngineError, match=r"The model 'odd' cannot be saved.*get_config|A worker cannot build the model"):
        pack_model(model)


def test_mixed_precision_is_a_copy_and_leaves_the_model_alone(model, data):
    copy = with_precision(model, "mixed_bfloat16")
    assert {layer.compute_dtype for layer in copy.layers[1:]} == {"bfloat16"}
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert [w.dtype for w in copy.weights] == ["float32"] * 4
    values = kfx.extract(copy, data, "o")["o"]
    assert values.dtype.name == "bfloat16"
    np.testing.assert_allclose(values.astype("float32"), kfx.extract(model, data, "o")["o"], rtol=0.05, atol=0.05)


def test_a_batch_is_as_large_as_the_memory_of_a_gpu_holds():
    assert batch_that_fits(10_000, 100) == 64  # 80 % of 10,000 bytes hold 80 examples
    assert batch_that_fits(100, 1000) == 1
    assert batch_that_fits(1e12, 1) == 1024


def test_out_of_memory_halves_the_batch(model, data, tmp_path, monkeypatch):
    import tensorflow as tf

    sizes = []
    real = ray_worker.write_rows

    def short_of_memory(source, batches, folder, start):
        sized = list(batches)
        sizes.append(sized[0].size)
        if sized[0].size > 2:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return real(source, iter(sized), folder, start)

    monkeypatch.setattr(ray_worker, "write_rows", short_of_memory)
    rows = worked(job(model, data, tmp_path, batch_size=8), (0, 16), (16, 32))
    assert [row["kind"] for row in rows] == ["done", "done"]
    assert sizes == [8, 4, 2, 2]


MIRRORED = """
import sys
import numpy as np
from kfx.keras_access.importing import import_keras
keras = import_keras()
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    i = keras.Input((6,), name="i")
    model = keras.Model(i, keras.layers.Dense(3, name="o")(i), name="mirrored")
assert "Mirrored" in type(model.weights[0].value).__name__
from kfx.values.ray.model import pack_model
x = np.ones((4, 6), "float32")
again = pack_model(model).load()
assert "Mirrored" not in type(again.weights[0].value).__name__
print(float(np.abs(np.asarray(again(x)) - np.asarray(model(x))).max()))
"""


def test_a_mirrored_model_becomes_an_ordinary_one():
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.split()[-1]) < 1e-6
