"""A real Ray cluster of two nodes on this machine writes the folder that one process writes, also when a worker is killed."""

import io
import os
import re
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

import kfx
from kfx.cli.extract_images import Images
from kfx.datasets import PHOTO_NAMES, photo, squeezenet
from kfx.errors import BlockError, FolderError
from kfx.values.data.batches import Batches
from kfx.values.ray.cluster import import_ray, installed
from kfx.values.ray.run import extract_with_ray
from kfx.values.source import ValueSource
from kfx.values.store.stream import write_features

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="Ray is not installed: pip install '.[ray]' to run the tests of a cluster"),
]

LAYERS = ["fire9_concat", "global_average"]
PATIENCE = {
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_agent_register_timeout_ms": "120000",
    "RAY_enable_metrics_collection": "0",
}


@pytest.fixture(scope="module")
def cluster():
    """Two nodes, each with a raylet, an object store and workers of its own, as two machines would have."""
    import_ray()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PATIENCE.items():
            patch.setenv(name, value)
        patch.delenv("RAY_ADDRESS", raising=False)
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "include_dashboard": False}
        started = Cluster(initialize_head=True, head_node_args=node)
        try:
            started.add_node(**node)
            yield started
        finally:
            started.shutdown()


@pytest.fixture(scope="module")
def model():
    return squeezenet()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of 48 pictures: six photographs in eight states of rotation and reflection."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    for number in range(48):
        pixels = photo(PHOTO_NAMES[number % 6])
        turned = np.rot90(pixels, number // 6 % 4)
        Image.fromarray(turned[:, :: -1 if number >= 24 else 1]).save(folder / f"{number:02d}.png")
    return folder


def images(folder):
    return Images(folder, size=(227, 227), channels=3, preprocess="caffe")


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def local(model, data, folder, layers=LAYERS, part_bytes=10**6):
    return write_features(
        ValueSource(model, layers), Batches(model, data, batch_size=4), folder, progress=False, part_bytes=part_bytes
    )


def on_ray(cluster, model, data, folder, layers=LAYERS, *, progress=False, part_bytes=10**6, **settings):
    engine = kfx.Ray(address=cluster.address, **settings)
    return extract_with_ray(model, data, layers, folder, engine, batch_size=4, part_bytes=part_bytes, progress=progress)


def same(ours, theirs):
    """The same files; values equal bit for bit, or but for how a library splits a sum over other numbers of threads."""
    ours, theirs = content(ours), content(theirs)
    assert ours.keys() == theirs.keys()
    for name, file in ours.items():
        if name.endswith(".npy"):
            a, b = np.load(io.BytesIO(file)), np.load(io.BytesIO(theirs[name]))
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=name)
        else:
            assert file == theirs[name], name


def workers(cluster):
    """Processes of this cluster that compute, by the node that started them."""
    session = cluster.head_node.get_session_dir_path()
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = (path / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if "MapWorker" in (path / "cmdline").read_text() and session in (Path("/proc") / parent / "cmdline").read_text():
                found.setdefault(parent, []).append(int(path.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


@pytest.fixture(scope="module")
def story(cluster, model, pictures, tmp_path_factory):
    """One run over a folder with a broken image, in which a worker is killed; then the image is mended and the run repeated."""
    place = tmp_path_factory.mktemp("story")
    local(model, images(pictures), place / "alone")
    broken, whole = pictures / "29.png", (pictures / "29.png").read_bytes()
    data, killed, reported, again = images(pictures), [], [], []

    def progress(now):
        reported.append(now)
        if len(reported) == 2:
            at_work = [pid for pids in workers(cluster).values() for pid in pids]
            assert len(at_work) == 2
            os.kill(at_work[0], signal.SIGKILL)
            killed.append(at_work[0])

    broken.write_bytes(whole[:2000])
    with pytest.raises(BlockError, match="29") as failed:
        on_ray(cluster, model, data, place / "ray", progress=progress, on_error="continue")
    parts = sorted(path.name for path in (place / "ray").glob("part-*"))
    broken.write_bytes(whole)
    stored = on_ray(cluster, model, data, place / "ray", progress=again.append)
    return {
        "place": place,
        "killed": killed,
        "reported": reported,
        "error": failed.value,
        "parts": parts,
        "again": again,
        "stored": stored,
    }


def test_a_worker_killed_in_the_middle_costs_nothing(story):
    assert story["killed"]
    assert len(story["parts"]) == 11  # 48 pictures, 4 in a part, and one part lacks
    assert story["reported"][-1].examples == 44
    assert [now.examples for now in story["reported"]] == sorted(now.examples for now in story["reported"])


def test_an_unreadable_image_is_named_with_its_block_and_the_rest_goes_on(story):
    message = str(story["error"])
    assert message.startswith("block of examples 28 to 31, first bad row: example 29: ValueError: Cannot read the image ")
    assert "29.png" in message
    assert "The 44 examples written to " in message
    assert [(one.start, one.stop, one.row) for one in story["error"].failures] == [(28, 32, 29)]
    assert "part-000000000028" not in story["parts"]


def test_the_next_run_computes_only_what_lacks_and_the_result_is_the_local_one(story):
    last = story["again"][-1]
    assert (last.resumed, last.examples, last.total, last.finished) == (44, 48, 48, True)
    assert last.nbytes == 4 * (13 * 13 * 512 + 1000) * 4  # four pictures, float32
    assert story["stored"]["fire9_concat"].shape == (48, 13, 13, 512)
    same(story["place"] / "ray", story["place"] / "alone")


@pytest.fixture(scope="module")
def connection(cluster):
    """The module ``ray`` under a connection of the user's own, which stays open."""
    import ray

    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    try:
        yield ray
        assert ray.is_initialized()
    finally:
        ray.shutdown()


@pytest.fixture(scope="module")
def small(keras):
    i = keras.Input((6,), name="i")
    return keras.Model(i, keras.layers.Dense(3, name="o")(i), name="small")


def parquet_files(ray, folder, pieces):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for number, part in enumerate(pieces):
        columns = {"i": pa.array(part.tolist(), pa.list_(pa.float32())), "label": pa.array([number] * len(part))}
        pq.write_table(pa.table(columns), folder / f"{number}.parquet")
    return ray.data.read_parquet(str(folder))


def test_what_ray_data_reads_arrives_in_order(cluster, connection, small, tmp_path):
    rows = np.random.default_rng(3).uniform(size=(23, 6)).astype("float32")
    local(small, rows, tmp_path / "alone", ["o"], part_bytes=1)
    (tmp_path / "files").mkdir()
    # files that do not agree with the blocks; Ray mixes their rows unless it is told, in the data set's own settings, not to
    data = parquet_files(connection, tmp_path / "files", (rows[:1], rows[1:12], rows[12:]))
    on_ray(cluster, small, data, tmp_path / "ray", ["o"], part_bytes=1)
    same(tmp_path / "ray", tmp_path / "alone")


def test_numpy_files_arrive_as_the_models_only_input(cluster, connection, small, tmp_path):
    rows = np.random.default_rng(4).uniform(size=(10, 6)).astype("float32")
    local(small, rows, tmp_path / "alone", ["o"], part_bytes=1)
    (tmp_path / "files").mkdir()
    for number, part in enumerate((rows[:3], rows[3:4], rows[4:])):
        np.save(tmp_path / "files" / f"{number}.npy", part)
    on_ray(cluster, small, connection.data.read_numpy(str(tmp_path / "files")), tmp_path / "ray", ["o"], part_bytes=1)
    same(tmp_path / "ray", tmp_path / "alone")


def mounted(folder, options):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False)
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of its own, with room for some parts but not for all; call it to give it more room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, "size=96k"):
        pytest.skip("no small file system can be mounted here: that takes root")

    def more():
        assert mounted(folder, "remount,size=4m")

    try:
        yield folder, more
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_stops_the_run_and_with_room_again_it_goes_on(cluster, connection, keras, small_disk, tmp_path):
    i = keras.Input((6,), name="i")
    wide = keras.Model(i, keras.layers.Dense(512, name="o")(i), name="wide")  # 8 kB a part of four rows
    rows = np.random.default_rng(5).uniform(size=(48, 6)).astype("float32")
    folder, more = small_disk
    local(wide, rows, tmp_path / "alone", ["o"], part_bytes=1)
    with pytest.raises(
        FolderError, match=r"^Cannot write to .*: No space left on device.*examples written to .* stay; fix the cause"
    ) as full:
        on_ray(cluster, wide, rows, folder / "out", ["o"], part_bytes=1)
    whole = content(tmp_path / "alone")
    kept = {name: file for name, file in content(folder / "out").items() if name.startswith("part-") and ".new" not in name}
    parts = {name.split("/")[0] for name in kept}
    assert 1 <= len(parts) < 12
    assert set(kept) <= set(whole), "what counts as written is whole"
    written = int(re.search(r"The (\d+) examples written", str(full.value)).group(1))
    assert 0 < written <= 4 * len(parts), "a worker may have written one that it could not report any more"
    more()
    reported = []
    on_ray(cluster, wide, rows, folder / "out", ["o"], part_bytes=1, progress=reported.append)
    assert reported[-1].resumed >= 4 * len(parts)
    assert (reported[-1].examples, reported[-1].finished) == (48, True)
    same(folder / "out", tmp_path / "alone")
