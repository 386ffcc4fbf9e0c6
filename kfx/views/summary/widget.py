"""The summary that folds, sorts, finds and selects."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget


class SummaryWidget(KfxWidget):
    """A table of a model's calls; what it shows comes ready from `kfx.views.payload`."""

    _esm = script(__file__)
    _css = style(__file__)

    facts = traitlets.Dict().tag(sync=True)  # the whole graph with its words, from payload(); Python writes it, once
    only = traitlets.List(traitlets.Unicode()).tag(sync=True)  # addresses of the top-level rows to show; [] for all; Python
    unfolded = traitlets.Bool(False).tag(sync=True)  # nested models open at first; Python
    trainable = traitlets.Bool(False).tag(sync=True)  # with a column "Trains"; Python
    selected = traitlets.Unicode("").tag(sync=True)  # address of the selected call, "" for none; both write
