# The public face for editors and type checkers: the names of `_HOME` and `_ROOMS` in __init__.py (a test compares them).

from kfx import callbacks as callbacks
from kfx import datasets as datasets
from kfx import exercises as exercises
from kfx.errors import BlockError as BlockError
from kfx.errors import ClosedViewError as ClosedViewError
from kfx.errors import DownloadError as DownloadError
from kfx.errors import EngineError as EngineError
from kfx.errors import ExtractionError as ExtractionError
from kfx.errors import FolderError as FolderError
from kfx.errors import GraphvizError as GraphvizError
from kfx.errors import KfxError as KfxError
from kfx.errors import ModelFileError as ModelFileError
from kfx.errors import NoEngineError as NoEngineError
from kfx.errors import NoRunError as NoRunError
from kfx.errors import NotebookError as NotebookError
from kfx.errors import PatchError as PatchError
from kfx.errors import ProofError as ProofError
from kfx.errors import TraceError as TraceError
from kfx.errors import UnbuiltModelError as UnbuiltModelError
from kfx.errors import UnknownCostError as UnknownCostError
from kfx.model.compare.snapshot import snapshot as snapshot
from kfx.model.facts import LayerCall as LayerCall
from kfx.model.facts import LayerGraph as LayerGraph
from kfx.model.layers.registry import register_layer as register_layer
from kfx.model.layers.registry import unregister_layer as unregister_layer
from kfx.model.read.model import read_graph as read_graph
from kfx.values.extractor import feature_extractor as feature_extractor
from kfx.values.extractor_model import FeatureExtractor as FeatureExtractor
from kfx.values.generating.extract import extract_generate as extract_generate
from kfx.values.gradients import gradients as gradients
from kfx.values.patch import patch as patch
from kfx.values.patching.changes import silence as silence
from kfx.values.patching.changes import steer as steer
from kfx.values.ray.settings import Ray as Ray
from kfx.values.saliency import saliency as saliency
from kfx.values.statistics import statistics as statistics
from kfx.values.store.reading import load_features as load_features
from kfx.values.unreadable import unreadable as unreadable
from kfx.views.attention.view import attention as attention
from kfx.views.attribution.view import attribute as attribute
from kfx.views.diff.view import diff as diff
from kfx.views.evaluate.view import evaluate as evaluate
from kfx.views.explorer.view import explore as explore
from kfx.views.extract.view import extract as extract
from kfx.views.graph.model_to_dot import model_to_dot as model_to_dot
from kfx.views.graph.view import plot_model as plot_model
from kfx.views.inspector.view import inspect as inspect
from kfx.views.lens.view import lens as lens
from kfx.views.mistake.view import explain_error as explain_error
from kfx.views.save import save as save
from kfx.views.sketch.define import Input as Input
from kfx.views.sketch.define import Model as Model
from kfx.views.sketch.view import sketch as sketch
from kfx.views.summary.columns import register_column as register_column
from kfx.views.summary.columns import unregister_column as unregister_column
from kfx.views.summary.view import summary as summary
from kfx.views.sweep.view import sweep as sweep
from kfx.views.training.fit import fit as fit
from kfx.views.training.runs import load_run as load_run
from kfx.views.training.runs import runs as runs

__version__: str
__all__: list[str]

def load_ipython_extension(ipython: object) -> None: ...
def unload_ipython_extension(ipython: object) -> None: ...
