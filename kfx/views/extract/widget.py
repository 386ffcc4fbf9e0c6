"""The live view of a data set's values on their way to disk: one bar, one line."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget


class StreamingWidget(KfxWidget):
    """A bar with a line of words; it takes no clicks."""

    _esm = script(__file__)
    _css = style(__file__)

    state = traitlets.Dict().tag(sync=True)  # from views.extract.progress.streaming_state(); Python, at most 10 times a second
