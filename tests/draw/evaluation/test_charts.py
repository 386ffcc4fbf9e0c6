"""Charts of calibration and of pairs: valid SVG with the points where they belong."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from kfx.draw.evaluation.charts import bars_chart, calibration_chart, nice_ticks, pairs_chart

SVG = "{http://www.w3.org/2000/svg}"


def circles(svg):
    return [(float(c.get("cx")), float(c.get("cy"))) for c in ET.fromstring(svg).iter(f"{SVG}circle")]


def test_calibrated_bins_lie_on_the_diagonal():
    sure = np.array([np.nan, 0.25, 0.75])
    found = circles(calibration_chart(sure, sure, np.array([0, 5, 10]), 0.0))
    assert len(found) == 2
    (x0, y0), (x1, y1) = found
    assert (x1 - x0) / (y0 - y1) == pytest.approx((284 - 64) / (186 - 30), abs=0.01)


def test_many_pairs_are_thinned_and_constant_ones_can_be_drawn():
    assert len(circles(pairs_chart(np.random.default_rng(0).normal(size=(5000, 2)), "p"))) == 1000
    assert len(circles(pairs_chart(np.ones((3, 2)), "p"))) == 3
    assert ET.fromstring(bars_chart(np.array([1, 2]), np.array([-1.0, 0.0, 1.0]), "r")) is not None


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 17), (1e-9, 2e-9), (5, 5.0001), (0, 123_456)])
def test_ticks_are_few_and_inside(low, high):
    found = nice_ticks(low, high)
    assert 2 <= len(found) <= 6
    assert low - 1e-9 * (high - low) <= found[0] < found[-1] <= high * (1 + 1e-9)
