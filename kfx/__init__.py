"""kfx: see a Keras model while you build it, train it and take it apart.

This table is the public face: each name is looked up when it is first used, so that ``import kfx`` loads neither Keras nor a
widget library.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "summary": "kfx.views.summary",
    "plot_model": "kfx.views.plot",
    "explore": "kfx.views.explore",
    "inspect": "kfx.views.inspect",
    "Input": "kfx.views.define",
    "Model": "kfx.views.define",
    "sketch": "kfx.views.sketch",
    "explain_error": "kfx.views.mistake",
    "diff": "kfx.views.diff",
    "snapshot": "kfx.graph.snapshot",
    "save": "kfx.views.save",
    "extract": "kfx.views.extract",
    "load_features": "kfx.features.stored",
    "feature_extractor": "kfx.features.extractor",
    "FeatureExtractor": "kfx.features.extractor_model",
    "Ray": "kfx.features.engine",
    "statistics": "kfx.features.statistics",
    "gradients": "kfx.features.gradients",
    "saliency": "kfx.features.gradients",
    "patch": "kfx.features.patch",
    "silence": "kfx.features.patch",
    "ExtractionError": "kfx.features.failure",
    "fit": "kfx.views.fit",
    "runs": "kfx.views.runs",
    "load_run": "kfx.views.runs",
    "read_graph": "kfx.graph.read",
    "LayerGraph": "kfx.graph.facts",
    "LayerCall": "kfx.graph.facts",
    "KfxError": "kfx.errors",
    "UnbuiltModelError": "kfx.errors",
    "NoEngineError": "kfx.errors",
}
_ROOMS = ("callbacks", "datasets", "exercises")

__all__ = sorted([*_HOME, *_ROOMS])  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"kfx.{name}")
    if name not in _HOME:
        raise AttributeError(f"kfx has no {name!r}. It offers: {', '.join(__all__)}.")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: object) -> None:
    """``%load_ext kfx``: from now on a Keras model as a cell's last expression shows itself."""
    import_module("kfx.notebook.extension").load(ipython)


def unload_ipython_extension(ipython: object) -> None:
    """``%unload_ext kfx``: take back all that loading did."""
    import_module("kfx.notebook.extension").unload(ipython)
