"""What every kfx widget has in common: a slot that ties it to its static face, and a saved output that stays silent."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

VIEW = "application/vnd.jupyter.widget-view+json"


class KfxWidget(anywidget.AnyWidget):
    """The base of all live faces; a child adds traits, ``_esm = script("stem")`` and ``_css = style("stem")``.

    Its script calls ``alive(model, el)`` from ``./live.js`` first and the function that this returns in its cleanup.
    """

    slot = traitlets.Unicode("").tag(sync=True)  # set by Python once: the view's content hash, "" for a widget shown alone

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget with an empty text: where it cannot live, the static face beside it speaks."""
        inherited = getattr(super(), "_repr_mimebundle_", None)  # early versions of anywidget have none on ipywidgets 7
        bundle = (
            inherited(**kwargs) if inherited else {VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}
        )
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": ""}, metadata
