"""The live view of an extraction to disk: one bar, one line."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget


class ProgressWidget(KfxWidget):
    """A bar with a line of words; it has no controls."""

    _esm = script(__file__)
    _css = style(__file__)

    state = traitlets.Dict().tag(sync=True)  # from views.extract.progress.progress_state(); Python, at most 10 times a second
