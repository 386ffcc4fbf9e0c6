"""The base of every kfx widget: a slot that ties it to its static face, and a saved output with an empty text."""

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

    def close(self) -> None:
        """Close the widget and its layout, which ipywidgets would keep."""
        layout = getattr(self, "layout", None)
        super().close()
        if layout is not None:
            layout.close()

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the widget with an empty text: where it cannot run, the static face is read instead."""
        inherited = getattr(super(), "_repr_mimebundle_", None)
        bundle = inherited(**kwargs) if inherited else self._early_bundle()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": ""}, metadata

    def _early_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the bundle that early versions of anywidget lack on ipywidgets 7, with the metadata that Colab needs."""
        from anywidget._util import get_repr_metadata

        return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}, get_repr_metadata()
