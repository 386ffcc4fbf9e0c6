"""The plan for a thousand machines is what the script computes from the measured figures, by arithmetic done here by hand."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MEASURED = json.loads((ROOT / "benchmarks" / "ray_measured.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "beyond_one_machine.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plan():
    spec = importlib.util.spec_from_file_location("ray_plan", ROOT / "benchmarks" / "ray_plan.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["ray_plan"] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


def test_the_arithmetic_of_the_plan(plan):
    measured = {"block_s": 0.01}
    model = {"ray_per_s": 200.0, "workers": 2, "bytes_per_example": 1000.0, "model_bytes": 10**8}
    site = plan.Site(machines=10, cores=4, images=1e6, price=0.036, image_bytes=1e5, network=1e9, commits=2.0)
    found = plan.plan(measured, model, site)
    assert found["rate"] == 4000  # 100 a core, 40 cores
    assert found["hours"] == pytest.approx(250 / 3600)
    assert found["cost_per_million"] == pytest.approx(0.1)  # 10,000 core seconds
    assert found["part_examples"] == 2000  # 2 commits a second; a block's own 10 ms would ask for 100
    assert found["parts"] == 500
    assert found["read_rate"] == 4e8
    assert found["write_rate"] == 4e6
    assert found["model_s"] == pytest.approx(0.4)  # 10 machines are four rounds of a tree
    assert found["tail_s"] == 20


@pytest.mark.parametrize("number", range(2))
def test_the_page_says_what_was_measured_and_computed(plan, number):
    model = MEASURED["models"][number]
    gain = model["ray_per_s"] / model["local_per_s"]
    row = (
        f"| {model['model']} | {model['local_per_s']:.0f} images/s | {model['ray_per_s']:.0f} images/s | {gain:.2f} × "
        f"| {model['start_s']:.1f} s |"
    )
    assert row in PAGE
    found = plan.plan(MEASURED, model, plan.Site(1000, 16, 1e9, 0.04, 110_000))
    computed = re.findall(r"^\| (?:images/s of|hours|cost|to be read|smallest).*$", PAGE, re.M)
    cells = " ".join(line.split("|")[2 + number] for line in computed)
    for figure in (
        f"{found['rate']:,.0f}",
        f"{found['hours']:.1f}",
        f"{found['cost_per_million']:.2f}",
        f"{found['read_rate'] / 1e9:,.0f} GB/s",
        f"{found['part_examples']:,.0f} images ({found['parts']:,.0f} parts)",
    ):
        assert figure in cells, figure
    assert "No such cluster was run" in PAGE
