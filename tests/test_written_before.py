"""Files that commit d80c91a wrote, before the house was rebuilt, load and hold what they held.

The extractor was saved with Keras 3.11, the oldest version that kfx allows: Keras itself loads no files of newer versions.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kfx

WRITTEN = Path(__file__).parent / "data" / "d80c91a"


def test_a_saved_feature_extractor_loads(keras):
    expected = kfx.FeatureExtractor  # naming it registers it with Keras
    extractor = keras.models.load_model(WRITTEN / "extractor.keras", compile=False)
    assert type(extractor) is expected
    known = np.load(WRITTEN / "extractor_values.npz")
    np.testing.assert_allclose(extractor(known["data"]), known["only"], rtol=1e-5, atol=1e-6)


def test_a_feature_folder_loads():
    features, known = kfx.load_features(WRITTEN / "features"), np.load(WRITTEN / "features_values.npz")
    assert list(features) == ["conv", "scores"]
    for address in features:
        np.testing.assert_array_equal(features[address], known[address])


@pytest.mark.parametrize(("table", "file"), [((), "run.csv"), (("layers",), "run_layers.csv")], ids=["logs", "layers"])
def test_a_journal_loads(table, file):
    frame = kfx.load_run(WRITTEN / "run.npz").frame(*table)
    pd.testing.assert_frame_equal(frame, pd.read_csv(WRITTEN / file), check_dtype=False)
