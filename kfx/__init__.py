"""kfx: see a Keras model while you build it, train it and take it apart.

This table is the public face: each name is looked up when it is first used, so that ``import kfx`` loads neither Keras nor a
widget library.
"""

from importlib import import_module

TYPE_CHECKING = False  # checkers read it as typing.TYPE_CHECKING, whose import takes longer than all of this

if TYPE_CHECKING:  # for editors and type checkers: the same names as `_HOME`
    from kfx import callbacks as callbacks
    from kfx import datasets as datasets
    from kfx import exercises as exercises
    from kfx.errors import KfxError as KfxError
    from kfx.errors import NoEngineError as NoEngineError
    from kfx.errors import UnbuiltModelError as UnbuiltModelError
    from kfx.model.compare.snapshot import snapshot as snapshot
    from kfx.model.facts import LayerCall as LayerCall
    from kfx.model.facts import LayerGraph as LayerGraph
    from kfx.model.read.model import read_graph as read_graph
    from kfx.values.extractor import feature_extractor as feature_extractor
    from kfx.values.extractor_model import FeatureExtractor as FeatureExtractor
    from kfx.values.gradients import gradients as gradients
    from kfx.values.gradients import saliency as saliency
    from kfx.values.patch import patch as patch
    from kfx.values.patch import silence as silence
    from kfx.values.ray.settings import Ray as Ray
    from kfx.values.statistics import statistics as statistics
    from kfx.values.store.reading import load_features as load_features
    from kfx.values.tap.failure import ExtractionError as ExtractionError
    from kfx.views.diff.view import diff as diff
    from kfx.views.explorer.view import explore as explore
    from kfx.views.extract.view import extract as extract
    from kfx.views.graph.view import plot_model as plot_model
    from kfx.views.inspector.view import inspect as inspect
    from kfx.views.mistake.view import explain_error as explain_error
    from kfx.views.save import save as save
    from kfx.views.sketch.define import Input as Input
    from kfx.views.sketch.define import Model as Model
    from kfx.views.sketch.view import sketch as sketch
    from kfx.views.summary.view import summary as summary
    from kfx.views.training.fit import fit as fit
    from kfx.views.training.runs import load_run as load_run
    from kfx.views.training.runs import runs as runs

__version__ = "0.1.0"

_HOME = {
    "summary": "kfx.views.summary.view",
    "plot_model": "kfx.views.graph.view",
    "explore": "kfx.views.explorer.view",
    "inspect": "kfx.views.inspector.view",
    "Input": "kfx.views.sketch.define",
    "Model": "kfx.views.sketch.define",
    "sketch": "kfx.views.sketch.view",
    "explain_error": "kfx.views.mistake.view",
    "diff": "kfx.views.diff.view",
    "snapshot": "kfx.model.compare.snapshot",
    "save": "kfx.views.save",
    "extract": "kfx.views.extract.view",
    "load_features": "kfx.values.store.reading",
    "feature_extractor": "kfx.values.extractor",
    "FeatureExtractor": "kfx.values.extractor_model",
    "Ray": "kfx.values.ray.settings",
    "statistics": "kfx.values.statistics",
    "gradients": "kfx.values.gradients",
    "saliency": "kfx.values.gradients",
    "patch": "kfx.values.patch",
    "silence": "kfx.values.patch",
    "ExtractionError": "kfx.values.tap.failure",
    "fit": "kfx.views.training.fit",
    "runs": "kfx.views.training.runs",
    "load_run": "kfx.views.training.runs",
    "read_graph": "kfx.model.read.model",
    "LayerGraph": "kfx.model.facts",
    "LayerCall": "kfx.model.facts",
    "KfxError": "kfx.errors",
    "UnbuiltModelError": "kfx.errors",
    "NoEngineError": "kfx.errors",
}
_ROOMS = ("callbacks", "datasets", "exercises")

__all__ = sorted([*_HOME, *_ROOMS])  # noqa: PLE0605


if not TYPE_CHECKING:  # a type checker would take every name for one of kfx's

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
