"""Places of feature vectors: PCA against NumPy's singular values, the others against their contract."""

import sys

import numpy as np
import pytest

from kfx.values.embedding import plane
from kfx.values.embedding.plane import pca, place

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("rows", "width"), [(400, 6), (7, 300), (30, 2000), (5000, 3)])
def test_pca_is_that_of_the_singular_values(rows, width):
    x = (rng.normal(size=(rows, width)) * np.linspace(1, 5, width) + 100).astype("float32")
    found, shares = pca(x, 2)
    centred = x.astype("float64") - x.astype("float64").mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    for n in range(2):
        axis = axes[n] * (1 if axes[n][np.abs(axes[n]).argmax()] > 0 else -1)
        assert np.allclose(found[:, n], centred @ axis, atol=1e-6 * values[0])
    assert np.allclose(shares, values[:2] ** 2 / (values**2).sum())


def test_the_sign_does_not_depend_on_the_order_of_the_examples():
    x = rng.normal(size=(50, 5))
    order = rng.permutation(50)
    assert np.allclose(pca(x, 2)[0][order], pca(x[order], 2)[0])


@pytest.mark.parametrize("x", [np.ones((1, 4)), np.ones((5, 4)), np.arange(6.0)[:, None]])
def test_fewer_dimensions_than_two_give_zeros(x):
    found, shares = pca(x, 2)
    assert found.shape == (len(x), 2)
    assert np.allclose(found[:, 1], 0)
    assert shares[0] == pytest.approx(1.0 if np.ptp(x) else 0.0)


def test_features_that_are_not_finite_have_no_place():
    x = rng.normal(size=(20, 3))
    x[4, 1] = np.nan
    found = place(x)
    assert np.isnan(found.points[4]).all()
    assert found.left_out == 1
    good = np.arange(20) != 4
    assert np.allclose(found.points[good], pca(x[good], 2)[0])
    with pytest.raises(ValueError, match="None of 2 examples has finite features"):
        place(np.full((2, 3), np.nan))


def test_tsne_is_the_same_on_every_run_and_keeps_groups_apart():
    pytest.importorskip("sklearn")
    x = np.concatenate([rng.normal(size=(40, 60)), rng.normal(size=(40, 60)) + 9])
    found = place(x, "tsne")
    assert np.array_equal(found.points, place(x, "tsne").points)
    assert found.words == "t-SNE, perplexity 26.3, seed 0"
    near = np.linalg.norm(found.points[:, None] - found.points[None], axis=-1) + np.eye(80) * 1e9
    assert ((near.argmin(1) < 40) == (np.arange(80) < 40)).mean() > 0.95
    with pytest.raises(ValueError, match="which needs at least 3 examples; there are 2"):
        place(x[:2], "tsne")


@pytest.mark.parametrize(
    ("method", "module", "package"), [("tsne", "sklearn.manifold", "scikit-learn"), ("umap", "umap", "umap-learn")]
)
def test_a_library_that_is_not_there_is_named(monkeypatch, method, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"needs {package}. Run `pip install {package}`"):
        place(rng.normal(size=(9, 3)), method)


def test_a_function_of_the_users_own_is_taken_and_checked():
    x = rng.normal(size=(9, 3))
    found = place(x, lambda features: features[:, :2])
    assert np.array_equal(found.points, x[:, :2])
    assert found.explained == ()
    with pytest.raises(ValueError, match=r"returned an array of shape \(9, 3\)"):
        place(x, lambda features: features)
    with pytest.raises(ValueError, match="`method` is 'pda'; expected one of 'pca', 'tsne', 'umap'"):
        place(x, "pda")


def test_more_than_pca_can_take_is_refused_with_advice(monkeypatch):
    monkeypatch.setattr(plane, "MOST_SIDE", 10)
    with pytest.raises(ValueError, match="There are 20 numbers for each of 30 examples; PCA takes at most 10 of one of them"):
        place(rng.normal(size=(30, 20)))
