"""The examples in the docstrings of what a model is looked at with, and of the data, run and say what they say."""

import doctest
import importlib

import pytest

LOOK = ("views.summary.view", "views.graph.view", "views.explorer.view", "views.save", "model.read.model")
TRAIN = ("callbacks", "views.training.fit", "views.training.runs")
VALUES = (
    "views.extract.view",
    *(
        f"values.{part}"
        for part in (
            "features",
            "extractor",
            "extractor_model",
            "statistics",
            "gradients",
            "patch",
            "store.reading",
            "ray.settings",
        )
    ),
)
DATA = ("handwriting", "photographs", "colour_patches", "support", "pretrained")


@pytest.mark.parametrize("name", [*LOOK, *TRAIN, *VALUES, *(f"datasets.{part}" for part in DATA)])
def test_the_examples_run_as_they_are_written(keras, name):
    ran = doctest.testmod(importlib.import_module(f"kfx.{name}"))
    assert ran.attempted > 0
    assert ran.failed == 0
