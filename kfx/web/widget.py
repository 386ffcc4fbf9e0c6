"""What every kfx widget has in common: a slot that ties it to its static face, and a saved output that stays silent."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

VIEW = "application/vnd.jupyter.widget-view+json"


class KfxWidget(anywidget.AnyWidget):
    """The base of all live faces; a child adds traits, ``_esm = script(__file__)`` and ``_css = style(__file__)``.

    Its script calls ``alive(model, el)`` from ``./live.js`` first and the function that this returns in its cleanup.
    """

    slot = traitlets.Unicode("").tag(sync=True)  # set by Python once: the view's content hash, "" for a widget shown alone

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget with an empty text: where it cannot live, the static face beside it speaks."""
        inherited = getattr(super(), "_repr_mimebundle_", None)
        bundle = inherited(**kwargs) if inherited else self._early_bundle()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": ""}, metadata

    def _early_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The bundle that early versions of anywidget do not make on ipywidgets 7, and what they tell Colab beside it."""
        from anywidget._util import get_repr_metadata

        return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}, get_repr_metadata()
