"""Photo patches have CIFAR-10's form, and no pixel is in both halves."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from kfx.datasets import CIFAR10_NAMES, cifar10, colour_patches, patches
from kfx.datasets.colour_patches import TEST_STRIPS, strip_edges
from kfx.errors import DownloadError


def test_form_is_that_of_cifar10():
    (x_train, y_train), (x_test, y_test) = patches(50, 10)
    assert [x_train.shape, y_train.shape, x_test.shape, y_test.shape] == [(50, 32, 32, 3), (50, 1), (10, 32, 32, 3), (10, 1)]
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}


def test_every_photograph_gives_the_same_number_of_patches():
    (_, y_train), (_, y_test) = patches(602, 120)
    assert sorted(np.bincount(y_train[:, 0], minlength=6)) == [100, 100, 100, 100, 101, 101]
    assert np.bincount(y_test[:, 0]).tolist() == [20] * 6


def test_strips_cover_a_photograph_once():
    assert strip_edges(320) == [(0, 64), (64, 128), (128, 192), (192, 256), (256, 320)]


def test_train_and_test_patches_share_no_pixel(monkeypatch):
    """Photographs whose pixels hold their own column number: each patch then tells where it was cut."""
    columns = np.broadcast_to(np.arange(320) % 256, (213, 320))
    wrapped = np.broadcast_to(np.arange(320) // 256, (213, 320))
    marked = np.stack([columns, wrapped, np.zeros_like(columns)], -1).astype("uint8")
    monkeypatch.setattr(colour_patches, "photos", lambda: dict.fromkeys("abcdef", marked))
    (x_train, _), (x_test, _) = patches(3000, 3000)
    cut_from = [set(np.unique(x[..., 0].astype(int) + 256 * x[..., 1].astype(int))) for x in (x_train, x_test)]
    assert cut_from[0].isdisjoint(cut_from[1])
    assert cut_from[1] == {column for strip in TEST_STRIPS for column in range(*strip_edges(320)[strip])}
    assert cut_from[0] | cut_from[1] == set(range(320))


def test_label_names_the_photograph_that_holds_the_patch():
    from kfx.datasets import PHOTO_NAMES, photo

    (x, y), _ = patches(12, 0)
    for patch, label in zip(x, y[:, 0], strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(photo(PHOTO_NAMES[label]), (32, 32), axis=(0, 1))
        first_pixel = (windows[..., 0, 0] == patch[0, 0]).all(-1)
        assert any((windows[at] == patch.transpose(2, 0, 1)).all() for at in zip(*np.nonzero(first_pixel), strict=True))


def test_another_process_gets_the_same_patches():
    code = (
        "import hashlib; from kfx.datasets import patches; (a, b), (c, d) = patches(200, 50, seed=3); "
        "print(hashlib.sha256(a.tobytes() + b.tobytes() + c.tobytes() + d.tobytes()).hexdigest())"
    )
    (a, b), (c, d) = patches(200, 50, seed=3)
    here = hashlib.sha256(a.tobytes() + b.tobytes() + c.tobytes() + d.tobytes()).hexdigest()
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert here == there


def test_another_seed_gives_other_patches():
    assert not np.array_equal(patches(20, 0, seed=0)[0][0], patches(20, 0, seed=1)[0][0])


def test_global_random_state_is_left_alone():
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    patches(10, 10)
    assert np.random.random() == expected


def test_no_patches_at_all_is_possible():
    (x_train, y_train), _ = patches(0, 1)
    assert (x_train.shape, y_train.shape) == ((0, 32, 32, 3), (0, 1))


@pytest.mark.parametrize("n", [-1, 2.0, "9"])
def test_impossible_number_is_refused(n):
    with pytest.raises(ValueError, match=r"`n_train` is .*; it must be a whole number, 0 or more"):
        patches(n)


@pytest.fixture
def no_network(monkeypatch):
    def fails(*args, **options):
        raise DownloadError("no route to host")

    monkeypatch.setattr(colour_patches, "from_keras", fails)


def test_cifar10_without_network_is_an_error_that_says_how_to_get_a_stand_in(no_network, recwarn):
    with pytest.raises(DownloadError, match=r"CIFAR-10 could not be loaded \(no route to host\).*cifar10\(fallback=True\)"):
        cifar10()
    assert not recwarn


def test_cifar10_falls_back_to_patches_when_asked_to(no_network):
    with pytest.warns(
        UserWarning, match=r"CIFAR-10 could not be loaded \(no route to host\); these are 5,000 \+ 1,000 photo"
    ) as caught:
        (x_train, _), (x_test, y_test) = cifar10(fallback=True)
    assert len(caught) == 1
    assert (x_train.shape, x_test.shape, y_test.shape) == ((5000, 32, 32, 3), (1000, 32, 32, 3), (1000, 1))


def test_cifar10_is_what_keras_returns(monkeypatch):
    monkeypatch.setattr(colour_patches, "from_keras", lambda name, **options: (name, options["timeout_s"]))
    assert cifar10(timeout_s=4) == ("cifar10", 4)


def test_cifar10_has_ten_names_in_the_order_of_its_labels():
    assert len(CIFAR10_NAMES) == 10
    assert (CIFAR10_NAMES[0], CIFAR10_NAMES[6], CIFAR10_NAMES[9]) == ("airplane", "frog", "truck")
