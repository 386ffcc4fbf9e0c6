"""Parts that several processes write in any order make the folder that one process writes alone."""

import json
import pickle
import shutil
import subprocess
import sys
from io import BytesIO

import ml_dtypes
import numpy as np
import pytest

import kfx
from kfx.errors import ExtractionError, FolderError
from kfx.values.data.batches import Batches
from kfx.values.features import Features
from kfx.values.source import ValueSource
from kfx.values.store.folder import read_parts, save_joined, storable
from kfx.values.store.stream import write_features
from kfx.values.store.writing import check_rows, hold_folder, manifest_settings, rows_in_a_part, write_rows

WORKER = """
import sys
from pathlib import Path
import numpy as np
from kfx.keras_access.importing import import_keras
keras = import_keras()
from kfx.values.data.batches import Batches
from kfx.values.source import ValueSource
from kfx.values.store.writing import write_rows
folder = Path(sys.argv[1])
model = keras.saving.load_model(folder / "model.keras", compile=False)
batches = Batches(model, np.load(folder / "data.npy", mmap_mode="r"), batch_size=8)
for start, stop in zip(*[map(int, sys.argv[2:])] * 2):
    part, nbytes = write_rows(ValueSource(model, "*"), batches.between(start, stop), folder / "out", start)
"""


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def begin(folder, model, data, part_bytes=1000):
    """What an engine does first: settings, columns, and the cut into parts."""
    source, batches = ValueSource(model, "*"), Batches(model, data, batch_size=8)
    first = next(iter(batches))
    with hold_folder(folder) as opened:
        settings = manifest_settings(source, first)
        opened.agree(settings)
        values = source(first)
        opened.begin(settings, values)
        return source, batches, rows_in_a_part(values.nbytes, first.size, part_bytes)


def test_parts_by_other_processes_in_any_order_are_those_of_one_process(model, data, tmp_path):
    write_features(ValueSource(model, "*"), Batches(model, data, batch_size=8), tmp_path / "alone", part_bytes=1000)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "data.npy", data)
    source, batches, rows = begin(tmp_path / "out", model, data)
    with hold_folder(tmp_path / "out") as opened:
        ranges = opened.missing(100, rows)
        assert ranges == [(start, min(start + rows, 100)) for start in range(0, 100, rows)]
        assert len(ranges) > 4
        theirs = [str(n) for pair in ranges[::-2] for n in pair]
        subprocess.run([sys.executable, "-c", WORKER, str(tmp_path), *theirs], check=True)
        for start, stop in ranges[-2::-2]:
            part, nbytes = write_rows(source, batches.between(start, stop), tmp_path / "out", start)
            assert (part.start, part.stop) == (start, stop)
            assert nbytes == (6 + 5 + 3) * 4 * (stop - start)
        opened.finish(100)
    assert content(tmp_path / "out") == content(tmp_path / "alone")


def test_one_process_fills_the_gaps_that_several_left(model, data, tmp_path):
    source, batches, rows = begin(tmp_path, model, data)
    for start in (rows, 3 * rows):
        write_rows(source, batches.between(start, start + rows), tmp_path, start)
    assert len(kfx.load_features(tmp_path)["h"]) == 0
    told = []
    write_features(source, batches, tmp_path, part_bytes=1000, progress=told.append)
    assert told[-1].resumed == 2 * rows
    assert told[-1].examples == 100
    assert [(p.start, p.stop) for p in read_parts(tmp_path)] == [(s, min(s + rows, 100)) for s in range(0, 100, rows)]
    kernel, bias = model.get_layer("h").get_weights()
    np.testing.assert_allclose(np.asarray(kfx.load_features(tmp_path)["h"]), data @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_gaps_are_filled_from_a_stream_too(model, data, tmp_path):
    source, batches, rows = begin(tmp_path, model, data)
    write_rows(source, batches.between(rows, 2 * rows), tmp_path, rows)
    stream = (data[at : at + 7] for at in range(0, 100, 7))
    stored = write_features(source, Batches(model, stream), tmp_path, part_bytes=1000)
    kernel, bias = model.get_layer("h").get_weights()
    np.testing.assert_allclose(np.asarray(stored["h"]), data @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_what_is_missing_is_told_in_pieces(model, data, tmp_path):
    source, batches, _ = begin(tmp_path, model, data)
    write_rows(source, batches.between(16, 40), tmp_path, 16)
    with hold_folder(tmp_path) as opened:
        assert opened.missing(100) == [(0, 16), (40, 100)]
        assert opened.missing(100, 10) == [(0, 10), (10, 16), (40, 50), (50, 60), (60, 70), (70, 80), (80, 90), (90, 100)]
        with pytest.raises(FolderError, match=r"The data hold 39 examples, .* holds 40 already"):
            opened.missing(39)


def test_a_part_written_twice_is_one_part(model, data, tmp_path):
    source, batches, _ = begin(tmp_path, model, data)
    first = write_rows(source, batches.between(0, 16), tmp_path, 0)
    before = content(tmp_path)
    assert write_rows(source, batches.between(0, 16), tmp_path, 0) == first
    assert content(tmp_path) == before
    with pytest.raises(FolderError, match=r"examples 0 to 15 of other data or cut; now come examples 0 to 7"):
        write_rows(source, batches.between(0, 8), tmp_path, 0)


def test_other_data_than_a_parts_are_refused(model, data, tmp_path):
    source, batches, _ = begin(tmp_path, model, data)
    part, _ = write_rows(source, batches.between(8, 24), tmp_path, 8)
    check_rows(part, batches.between(8, 24), tmp_path)
    with pytest.raises(FolderError, match=r"The data differ from those of 'part-000000000008' .* \(examples 8 to 23\)"):
        check_rows(part, Batches(model, data[::-1], batch_size=8).between(8, 24), tmp_path)


def test_a_folder_in_another_format_is_refused(model, data, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 1}))
    (tmp_path / "part-000000").mkdir()
    with pytest.raises(FolderError, match="holds values in another format"), hold_folder(tmp_path):
        pass


def test_a_lost_part_of_a_finished_folder_is_told(model, data, tmp_path):
    write_features(ValueSource(model, "h"), Batches(model, data, batch_size=8), tmp_path, part_bytes=500)
    parts = read_parts(tmp_path)
    shutil.rmtree(tmp_path / parts[1].name)
    with pytest.raises(FolderError, match=f"lacks examples from {parts[1].start} on: a part is missing"):
        kfx.load_features(tmp_path)
    stored = kfx.extract(model, data, "h", to=tmp_path)
    assert stored["h"].shape == (100, 5)


def test_the_error_of_a_failing_batch_comes_whole_out_of_another_process():
    error = ExtractionError("it failed", address="h", batch=3, values=Features({"i": np.ones(2)}))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.address, again.batch, list(again.values)) == ("it failed", "h", 3, ["i"])


@pytest.mark.parametrize("dtype", ["float32", "float16", "bool", "int64", "complex64", "S3", "bfloat16"])
@pytest.mark.parametrize("inner", [(), (3,), (2, 0)], ids=str)
def test_a_file_of_several_arrays_is_numpys_own(tmp_path, dtype, inner):
    numbers = np.random.default_rng(0).integers(0, 9, (7, *inner))
    whole = numbers.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    ours, numpys = BytesIO(), BytesIO()
    save_joined(ours, [whole[:2], whole[2:6][::1], whole[6:]])
    np.save(numpys, storable(whole), allow_pickle=False)
    assert ours.getvalue() == numpys.getvalue()
