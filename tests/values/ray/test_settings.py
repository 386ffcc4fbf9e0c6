"""Engines: the local one never meets Ray; wrong settings, addresses and data are refused in seconds."""

import logging
import socket
import subprocess
import sys
import threading
import time

import pytest

import kfx
from kfx.errors import BlockError, EngineError, Failure
from kfx.values.ray import cluster as ray_cluster
from kfx.values.ray import measure as engine_choice
from kfx.values.ray.cluster import connected, fit_workers, installed
from kfx.values.ray.run import _gist
from kfx.values.ray.settings import Ray, engine_of

needs_ray = pytest.mark.skipif(not installed(), reason="Ray is not installed: pip install '.[ray]' to run this test")


def test_the_local_form_never_imports_ray(tmp_path):
    code = (
        "import sys, numpy as np, kfx\n"
        "from kfx.keras_access.importing import import_keras\n"
        "keras = import_keras()\n"
        "kfx.Ray(workers=2)\n"
        "i = keras.Input((2,)); model = keras.Model(i, keras.layers.Dense(1)(i))\n"
        f"kfx.extract(model, np.ones((3, 2), 'float32'), to={str(tmp_path / 'f')!r}, engine='local')\n"
        "print([m for m in sys.modules if m == 'ray' or m.startswith('ray.') or m.startswith('kfx.values.ray.r')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_settings_say_what_is_wrong_with_them():
    assert engine_of("ray") == Ray()
    with pytest.raises(ValueError, match=r"`engine` is 'spark'; expected 'local', 'ray', 'auto' or kfx\.Ray"):
        engine_of("spark")
    with pytest.raises(ValueError, match="`workers` is 0; expected a whole number from 1 on"):
        Ray(workers=0)
    with pytest.raises(ValueError, match="`on_error` is 'ignore'; expected 'raise' or 'continue'"):
        Ray(on_error="ignore")
    with pytest.raises(ValueError, match="`mixed_precision` is 'float8'; expected True, False or 'mixed_float16'"):
        Ray(mixed_precision="float8")
    assert Ray(mixed_precision=True).precision == "mixed_float16"


def test_an_engine_wants_a_folder(model, data):
    with pytest.raises(ValueError, match="`engine='auto'` writes to a folder; give one with to='folder'"):
        kfx.extract(model, data, engine="auto")


@needs_ray
def test_an_address_where_nothing_answers_is_refused_at_once(model, data, tmp_path):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(EngineError, match=f"Nothing answers at '{address}' .*Is the cluster up"):
            kfx.extract(model, data, to=tmp_path / "f", engine=Ray(address=address))
        assert time.monotonic() - began < 20  # Ray's own import included
    assert not list((tmp_path / "f").glob("part-*"))


@needs_ray
@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None], ids=["web", "hangs up", "silent"])
def test_a_server_that_is_not_a_cluster_is_refused(greeting, monkeypatch):
    monkeypatch.setattr(ray_cluster, "ANSWERS_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def answer():
            kept.append(server.accept()[0])
            if greeting is not None:
                kept[0].sendall(greeting)
                kept[0].close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with (
            pytest.raises(EngineError, match=f"The server at '{address}' is not a Ray cluster"),
            connected(Ray(address=address)),
        ):
            pass
        thread.join()
        kept[0].close()


@needs_ray
@pytest.mark.parametrize("address", ["nonsense", "host:port", "host:99999", ""])
def test_an_address_without_a_port_is_refused(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "also nonsense")
    with pytest.raises(EngineError, match=r"`address` is '.*'; expected 'host:port'"), connected(Ray(address=address)):
        pass


def test_without_ray_the_extra_is_named(model, data, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_cluster, "installed", lambda: False)
    with pytest.raises(EngineError, match=r"needs Ray Data, which is not installed.*pip install '\.\[ray\]'"):
        kfx.extract(model, data, to=tmp_path, engine="ray")


class Nodes:
    """Stands for ``ray`` with these nodes."""

    def __init__(self, *resources):
        self._nodes = [{"Alive": True, "Resources": one} for one in resources]

    def nodes(self):
        return self._nodes


@pytest.mark.parametrize(
    ("nodes", "engine", "reads", "expected"),
    [
        ([{"CPU": 2}], Ray(), False, (2, 1.0, 0)),
        ([{"CPU": 8}, {"CPU": 8}], Ray(threads=4), False, (4, 4.0, 0)),
        ([{"CPU": 8}, {"CPU": 8}], Ray(), True, (16, 0.875, 0)),  # leaves one processor of each node for reading
        ([{"CPU": 1}, {"CPU": 1}], Ray(), True, (2, 0.0, 0)),
        ([{"CPU": 8, "GPU": 4}], Ray(), False, (4, 1.0, 1.0)),
        ([{"CPU": 8, "GPU": 1}], Ray(gpus=0.5), False, (2, 1.0, 0.5)),
        ([{"CPU": 2}], Ray(workers=1), False, (1, 1.0, 0)),
        ([{"CPU": 2}], Ray(workers=5), False, (5, 0.0, 0)),  # more than there is room for: they share
    ],
)
def test_workers_fit_the_cluster(nodes, engine, reads, expected):
    assert fit_workers(Nodes(*nodes), engine, reads=reads) == expected


def test_an_error_says_what_the_cluster_lacks():
    with pytest.raises(EngineError, match=r"`gpus` is 1; the cluster has none"):
        fit_workers(Nodes({"CPU": 2}), Ray(gpus=1), reads=False)
    with pytest.raises(EngineError, match=r"`threads` is 8; no node of the cluster has so many processors, the largest has 2"):
        fit_workers(Nodes({"CPU": 2}), Ray(threads=8), reads=False)


def test_a_failure_says_block_row_and_reason():
    failure = Failure(96, 128, 101, "ValueError: broken")
    assert str(failure) == "block of examples 96 to 127, first bad row: example 101: ValueError: broken"
    assert BlockError("x", (failure,)).failures == (failure,)


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(engine_choice.os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setattr(ray_cluster, "installed", lambda: True)


def test_little_work_is_not_worth_an_engine(model, data, tmp_path, capsys, two_cores):
    kfx.extract(model, data, to=tmp_path / "f", engine="auto")
    printed = capsys.readouterr().err
    assert printed.startswith("One process (")
    assert "too little to start several" in printed
    assert kfx.load_features(tmp_path / "f")["o"].shape == (100, 3)


@pytest.mark.parametrize(
    ("together", "several", "words"),
    [
        (123.0, True, "2 processes: on the first batch 2 processes of one thread did 123 examples/s, one process 94."),
        (96.0, False, "One process: on the first batch 2 processes of one thread did 96 examples/s, one process 94."),
    ],
)
def test_the_faster_way_is_chosen_and_said(model, data, monkeypatch, two_cores, together, several, words):
    monkeypatch.setattr(engine_choice, "WORTH_S", 0.0)
    monkeypatch.setattr(engine_choice, "rate", lambda source, batch: 94.0)
    monkeypatch.setattr(engine_choice, "rate_of_several", lambda *args, **kwargs: together)
    engine, why = engine_choice.choose(model, data, "*")
    assert why == words
    assert (engine is not None) == several


def test_one_core_needs_no_measurement(model, data, monkeypatch):
    monkeypatch.setattr(engine_choice.os, "sched_getaffinity", lambda pid: {0}, raising=False)
    assert engine_choice.choose(model, data, "*") == (None, "One process: this machine has one processor core.")


@needs_ray
def test_a_data_set_runs_in_order_and_quietly_and_keeps_its_settings():
    ray = ray_cluster.import_ray()

    class Dataset:
        context = ray.data.DataContext.get_current().copy()

    Dataset.__module__ = "ray.data.dataset"
    Dataset.context.execution_options.preserve_order = False
    Dataset.context.enable_progress_bars = True
    levels = [logging.getLogger(name).level for name in ("ray", "ray.data")]
    with ray_cluster.quiet_data(ray, Dataset()):
        assert Dataset.context.execution_options.preserve_order
        assert not Dataset.context.enable_progress_bars
        assert not ray.data.DataContext.get_current().execution_options.preserve_order  # of other data sets
    assert not Dataset.context.execution_options.preserve_order
    assert Dataset.context.enable_progress_bars
    assert levels == [logging.getLogger(name).level for name in ("ray", "ray.data")]


@needs_ray
def test_what_ray_says_around_an_error_is_left_out():
    advice = (
        "Failed to read stream iteratively after 1/10 attempts (total backoff 0.0s).\nTo change retry attempts, configure ..."
    )
    assert _gist(OSError(f"image file is truncated\n{advice}")) == "OSError: image file is truncated."
    assert _gist(ValueError("traceback\n  the last line\n")) == "ValueError: the last line."
