"""The live view of a data set's values on their way to disk: one bar, one line."""

from __future__ import annotations

import traitlets

from kfx.widgets.base import KfxWidget
from kfx.widgets.source import script, style


class StreamingWidget(KfxWidget):
    """A bar with a line of words; it takes no clicks."""

    _esm = script("streaming")
    _css = style("streaming")

    state = traitlets.Dict().tag(sync=True)  # from kfx.draw.streaming.streaming_state(); Python, at most 10 times a second
