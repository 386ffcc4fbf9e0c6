"""Values on disk: the same as in memory, in bounded memory, and whole after any crash."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import kfx
from kfx.errors import FolderError
from kfx.values.data.batches import Batches
from kfx.values.source import ValueSource
from kfx.values.store.progress import ExtractProgress, print_progress
from kfx.values.store.stream import write_features

SCRIPT = """
import sys, time
import numpy as np
from kfx.keras_access.importing import import_keras
keras = import_keras()
import kfx
from kfx.values.data.batches import Batches
from kfx.values.source import ValueSource
from kfx.values.store.stream import write_features
from pathlib import Path
keras.utils.set_random_seed(5)
i = keras.Input((8, 8, 1), name="image")
h = keras.layers.Conv2D(3, 3, name="conv")(i)
model = keras.Model(i, keras.layers.Dense(4, name="d")(keras.layers.Flatten(name="f")(h)))
data = np.random.default_rng(6).uniform(size=(400, 8, 8, 1)).astype("float32")
print("ready", flush=True)
slowly = lambda progress: time.sleep(0.004)
batches = Batches(model, data, batch_size=8)
write_features(ValueSource(model, "*"), batches, Path(sys.argv[1]), progress=slowly, part_bytes=30_000)
print("done", flush=True)
"""


def write(model, data, folder, layers="*", *, batch_size=8, part_bytes=1000, progress=False):
    batch_size = None if not isinstance(data, np.ndarray) else batch_size
    return write_features(
        ValueSource(model, layers),
        Batches(model, data, batch_size=batch_size),
        folder,
        progress=progress,
        part_bytes=part_bytes,
    )


def digest(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_on_disk_is_what_is_in_memory(model, data, tmp_path):
    stored = kfx.extract(model, data, to=tmp_path / "f", progress=False)
    values = kfx.extract(model, data, batch_size=32)
    assert list(stored) == list(values)
    for key, array in values.items():
        assert np.asarray(stored[key]).tobytes() == array.tobytes()
        assert stored[key].dtype == array.dtype
    assert kfx.load_features(tmp_path / "f")["h"].shape == (100, 5)


def test_other_tools_can_read_it(model, data, tmp_path):
    write(model, data, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    column = next(c for c in manifest["columns"] if c["address"] == "h")
    parts = sorted(tmp_path.glob("part-*"))
    whole = np.concatenate([np.load(p / column["file"]) for p in parts])
    assert whole.tobytes() == np.asarray(kfx.load_features(tmp_path)["h"]).tobytes()
    assert len(parts) > 3
    assert manifest["finished"] is True
    assert manifest["examples"] == 100


@pytest.mark.parametrize("attempt", range(3))
def test_kill_9_and_resume_equals_an_uninterrupted_run(tmp_path, attempt):
    rng = random.Random(attempt)
    (tmp_path / "run.py").write_text(SCRIPT)

    def start(folder):
        return subprocess.Popen([sys.executable, tmp_path / "run.py", folder], stdout=subprocess.PIPE, text=True)

    whole = start(tmp_path / "whole")
    killed = start(tmp_path / "killed")
    assert killed.stdout.readline().strip() == "ready"
    for _ in range(400):
        if len(list((tmp_path / "killed").glob("part-*"))) > rng.randrange(1, 6):
            break
        time.sleep(0.01)
    time.sleep(rng.random() * 0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not json.loads((tmp_path / "killed" / "manifest.json").read_text())["finished"]
    begun = len(kfx.load_features(tmp_path / "killed")["conv"])
    assert 0 < begun < 400
    again = start(tmp_path / "killed")
    assert again.communicate()[0].split() == ["ready", "done"]
    whole.wait()
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")


class Interrupt(Exception):
    pass


def stop_at(examples):
    def progress(now):
        if now.examples >= examples:
            raise Interrupt("enough")

    return progress


def test_an_interrupt_anywhere_loses_and_repeats_nothing(model, data, tmp_path):
    write(model, data, tmp_path / "whole")
    for stop in (8, 40, 72, 96):
        with pytest.raises(Interrupt, match="enough"):
            write(model, data, tmp_path / "cut", progress=stop_at(stop))
    resumed = []
    write(model, data, tmp_path / "cut", progress=resumed.append)
    assert resumed[0].resumed > 0
    assert same_values(tmp_path / "cut", tmp_path / "whole")


def same_values(one, other):
    """Parts may be cut at other examples, where an interrupted run kept what it had computed."""
    first, second = kfx.load_features(one), kfx.load_features(other)
    return list(first) == list(second) and all(np.array_equal(np.asarray(first[key]), np.asarray(second[key])) for key in first)


def test_another_batch_size_may_finish_the_work(model, data, tmp_path):
    with pytest.raises(Interrupt, match="enough"):
        write(model, data, tmp_path, progress=stop_at(40))
    done = len(kfx.load_features(tmp_path)["h"])
    assert done == 36 or done % 8 == 0
    write(model, data, tmp_path, batch_size=7)
    kernel, bias = model.get_layer("h").get_weights()
    np.testing.assert_allclose(np.asarray(kfx.load_features(tmp_path)["h"]), data @ kernel + bias, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [8, 5])
def test_a_data_set_resumes_by_examples_not_by_batches(model, data, tmp_path, size):
    import tensorflow as tf

    def batches(n):
        return tf.data.Dataset.from_tensor_slices((data, np.zeros(100))).batch(n)

    with pytest.raises(Interrupt, match="enough"):
        write(model, batches(8), tmp_path, progress=stop_at(60))
    stored = write(model, batches(size), tmp_path)
    kernel, bias = model.get_layer("h").get_weights()
    np.testing.assert_allclose(np.asarray(stored["h"]), data @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_a_finished_folder_computes_nothing(model, data, tmp_path):
    write(model, data, tmp_path)
    before = digest(tmp_path)
    told = []
    write(model, data, tmp_path, progress=told.append)
    assert told == [ExtractProgress(100, 100, 100, 0, told[0].seconds, finished=True)]
    assert digest(tmp_path) == before


def test_what_a_crash_left_half_written_is_dropped(model, data, tmp_path):
    with pytest.raises(Interrupt, match="enough"):
        write(model, data, tmp_path, progress=stop_at(60))
    (tmp_path / "part-000099.new").mkdir()
    (tmp_path / "part-000099.new" / "junk.npy").write_bytes(b"half")
    (tmp_path / "manifest.json.new").write_text("{")
    write(model, data, tmp_path)
    assert not list(tmp_path.glob("*.new"))


def changed(model, data, kind):
    if kind == "weights":
        model.get_layer("o").set_weights([w + 1 for w in model.get_layer("o").get_weights()])
    return {
        "data": (model, data[::-1], "*"),
        "fewer data": (model, data[:20], "*"),
        "layers": (model, data, "h"),
        "weights": (model, data, "*"),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("data", r"The data differ from those of 'part-000000000000'.*\(not shuffled\)"),
        ("fewer data", "The data hold 20 examples, .* holds 100 already"),
        ("layers", "holds values of other layers"),
        ("weights", r"holds values of another model \(other weights\)"),
    ],
)
def test_what_does_not_belong_together_is_not_mixed(model, data, tmp_path, kind, words):
    write(model, data, tmp_path)
    before = digest(tmp_path)
    with pytest.raises(FolderError, match=words):
        write(*changed(model, data, kind)[:2], tmp_path, changed(model, data, kind)[2])
    assert digest(tmp_path) == before


def test_another_architecture_and_another_mode_are_refused(keras, model, data, tmp_path):
    kfx.extract(model, data, "h", to=tmp_path, progress=False)
    with pytest.raises(FolderError, match=r"another setting of 'training' \(False, now True\)"):
        kfx.extract(model, data, "h", to=tmp_path, training=True, progress=False)
    i = keras.Input((6,), name="i")
    other = keras.Model(i, keras.layers.Dense(5, activation="relu", name="h")(i), name="streamed")
    other.set_weights(model.get_layer("h").get_weights())
    with pytest.raises(FolderError, match="another model"):
        kfx.extract(other, data, "h", to=tmp_path, progress=False)


def test_patched_values_are_not_mixed_with_others(model, data, tmp_path):
    kfx.extract(model, data, to=tmp_path, progress=False)
    with pytest.raises(FolderError, match="another setting of 'patched'"), kfx.patch(model, {"h": 0.0}):
        kfx.extract(model, data, to=tmp_path, progress=False)


def test_a_folder_of_somebody_else_is_left_alone(model, data, tmp_path):
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(FolderError, match=r"holds 'thesis\.txt', which kfx did not write"):
        write(model, data, tmp_path)
    with pytest.raises(FolderError, match=r"no manifest\.json"):
        kfx.load_features(tmp_path)


def test_two_writers_are_refused(model, data, tmp_path):
    def second(now):
        write(model, data, tmp_path)

    with pytest.raises(FolderError, match="Another process is writing"):
        write(model, data, tmp_path, progress=second)


def test_a_file_in_place_of_the_folder_is_refused_and_kept(model, data, tmp_path):
    file = tmp_path / "values"
    file.write_text("notes")
    with pytest.raises(FolderError, match=r"'.*values' is a file. Give a folder"):
        write(model, data, file)
    assert file.read_text() == "notes"


def test_a_failed_batch_is_named_and_the_rest_is_kept(keras, tmp_path):
    i = keras.Input((2,), dtype="int32", name="i")
    model = keras.Model(i, keras.layers.Embedding(3, 2, name="e")(i), name="words")
    tokens = np.zeros((20, 2), "int32")
    tokens[13] = 7
    with pytest.raises(kfx.ExtractionError, match=r"failed at 'e' in batch 3 \(examples 12 to 15\)"):
        write(model, tokens, tmp_path, batch_size=4, part_bytes=1)
    assert len(kfx.load_features(tmp_path)["e"]) == 12
    tokens[13] = 1
    assert write(model, tokens, tmp_path, batch_size=4, part_bytes=1)["e"].shape == (20, 2, 2)


def test_steps_of_different_length_become_parts(keras, tmp_path):
    i = keras.Input((None,), dtype="int32", name="i")
    model = keras.Model(i, keras.layers.Embedding(9, 2, name="e")(i))
    batches = [np.ones((2, 3), "int32"), np.ones((2, 5), "int32"), np.ones((1, 5), "int32")]
    stored = write(model, iter(batches), tmp_path, part_bytes=10**6)["e"]
    assert stored.shape == (5, None, 2)
    assert [part.shape for part in stored.parts] == [(2, 3, 2), (3, 5, 2)]
    with pytest.raises(ValueError, match="The parts have different shapes"):
        np.asarray(stored)


INDICES = [0, -1, 57, slice(5, 60, 3), slice(None), [3, 99, 4], np.arange(100) % 7 == 0, (slice(2, 50), 1), (..., 0)]


@pytest.mark.parametrize("index", [*INDICES, slice(60, 5, -2)], ids=str)
def test_stored_values_index_like_an_array(model, data, tmp_path, index):
    stored = write(model, data, tmp_path)["h"]
    whole = np.asarray(stored)
    np.testing.assert_array_equal(stored[index], whole[index])
    assert repr(stored).startswith("<StoredArray (100, 5) float32 in ")


def test_stored_values_say_what_is_out_of_range(model, data, tmp_path):
    stored = write(model, data, tmp_path)["h"]
    with pytest.raises(IndexError, match="Example 100 is out of range; there are 100"):
        stored[100]
    assert len(list(stored)) == 100


def test_states_and_odd_dtypes_come_back(keras, tmp_path):
    layers = keras.layers

    class Half(layers.Layer):
        def call(self, x):
            return keras.ops.cast(x, "bfloat16")

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, "bfloat16")

    i = keras.Input((3, 2))
    model = keras.Model(i, [layers.LSTM(2, return_state=True, name="lstm")(i)[0], Half(name="half")(i)])
    data = np.random.default_rng(0).normal(size=(9, 3, 2)).astype("float32")
    stored, values = write(model, data, tmp_path), kfx.extract(model, data, batch_size=8)
    assert stored["half"].dtype == values["half"].dtype
    for (label, a), (_, b) in zip(stored.arrays(), values.arrays(), strict=True):
        assert np.asarray(a).tobytes() == b.tobytes(), label


def test_hostile_addresses_are_only_data(keras, hostile_name, tmp_path):
    i = keras.Input((4,))
    name = hostile_name.replace("/", "|")
    model = keras.Model(i, keras.layers.Rescaling(2.0, name=name)(i), name="hostile")
    stored = write(model, np.ones((5, 4), "float32"), tmp_path / "f")
    assert (np.asarray(stored[name]) == 2).all()
    assert all(len(p.name) < 60 and p.name.isascii() for p in (tmp_path / "f").rglob("*"))


def resident():
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_does_not_grow_with_the_data(keras, tmp_path):
    i = keras.Input((64, 64, 3), name="i")
    model = keras.Model(i, keras.layers.Conv2D(16, 3, name="c")(i))
    x = np.random.default_rng(0).uniform(size=(16, 64, 64, 3)).astype("float32")
    seen = []

    def progress(now):
        seen.append(resident())

    write(
        model, (x for _ in range(60)), tmp_path, "c", part_bytes=8 * 2**20, progress=progress
    )  # 3.9 MB a batch, 236 MB in all
    assert max(seen[20:]) - max(seen[:20]) < 40 * 2**20


def test_progress_is_one_line_that_stays(capsys):
    print_progress(ExtractProgress(50, 100, 0, 2_000_000, 2.0))
    print_progress(ExtractProgress(100, 100, 0, 4_000_000, 4.0, finished=True))
    lines = capsys.readouterr().err.split("\r")[1:]
    assert lines[0].rstrip() == "50 of 100 examples, 2 MB written, 25 examples/s"
    assert lines[1] == "100 of 100 examples, 4 MB written, 25 examples/s".ljust(72) + "\n"
