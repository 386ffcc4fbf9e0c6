"""kfx: see a Keras model while you build it, train it and take it apart.

This table is the public face: each name is looked up when it is first used, so that ``import kfx`` loads neither Keras nor a
widget library. Editors and type checkers read the same names from ``__init__.pyi``.
"""

from importlib import import_module

__version__ = "0.1.0"

_ERRORS = ("KfxError", "UnbuiltModelError", "ModelFileError", "ExtractionError", "ProofError", "FolderError",
           "EngineError", "BlockError", "NoRunError", "NoEngineError", "NotebookError", "DownloadError",
           "GraphvizError", "UnknownCostError", "TraceError", "PatchError", "ClosedViewError")  # fmt: skip
_HOME = {
    "summary": "kfx.views.summary.view",
    "register_layer": "kfx.model.layers.registry",
    "unregister_layer": "kfx.model.layers.registry",
    "register_column": "kfx.views.summary.columns",
    "unregister_column": "kfx.views.summary.columns",
    "plot_model": "kfx.views.graph.view",
    "model_to_dot": "kfx.views.graph.model_to_dot",
    "explore": "kfx.views.explorer.view",
    "inspect": "kfx.views.inspector.view",
    "attention": "kfx.views.attention.view",
    "embed": "kfx.views.embed.view",
    "evaluate": "kfx.views.evaluate.view",
    "sweep": "kfx.views.sweep.view",
    "lens": "kfx.views.lens.view",
    "examples": "kfx.views.examples.view",
    "Input": "kfx.views.sketch.define",
    "Model": "kfx.views.sketch.define",
    "sketch": "kfx.views.sketch.view",
    "explain_error": "kfx.views.mistake.view",
    "diff": "kfx.views.diff.view",
    "snapshot": "kfx.model.compare.snapshot",
    "save": "kfx.views.save",
    "extract": "kfx.views.extract.view",
    "extract_generate": "kfx.values.generating.extract",
    "load_features": "kfx.values.store.reading",
    "feature_extractor": "kfx.values.extractor",
    "FeatureExtractor": "kfx.values.extractor_model",
    "Ray": "kfx.values.ray.settings",
    "statistics": "kfx.values.statistics",
    "gradients": "kfx.values.gradients",
    "saliency": "kfx.values.saliency",
    "attribute": "kfx.views.attribution.view",
    "patch": "kfx.values.patch",
    "silence": "kfx.values.patching.changes",
    "steer": "kfx.values.patching.changes",
    "unreadable": "kfx.values.unreadable",
    "fit": "kfx.views.training.fit",
    "runs": "kfx.views.training.runs",
    "load_run": "kfx.views.training.runs",
    "read_graph": "kfx.model.read.model",
    "language": "kfx.text.language",
    "LayerGraph": "kfx.model.facts",
    "LayerCall": "kfx.model.facts",
    **dict.fromkeys(_ERRORS, "kfx.errors"),
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
    import_module("kfx.notebook.extension").load(
        ipython,
        explore=_when_called("kfx.views.explorer.view", "explore"),
        summary=_when_called("kfx.views.summary.view", "summary"),
        explain=_when_called("kfx.views.mistake.view", "explain_cell"),
        above=_when_called("kfx.views.mistake.fit_view", "explain_above"),
    )


def unload_ipython_extension(ipython: object) -> None:
    """``%unload_ext kfx``: take back all that loading did."""
    import_module("kfx.notebook.extension").unload(ipython)


def _when_called(module: str, name: str) -> object:
    """Return a function that imports another one when it is first called, and calls it."""
    return lambda *args: getattr(import_module(module), name)(*args)
