"""The base of every kfx widget: a slot that ties it to its static face, and a saved output with an empty text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

VIEW = "application/vnd.jupyter.widget-view+json"
Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], list[bytes]]]


class KfxWidget(anywidget.AnyWidget):
    """The base of all live faces; a child adds traits, ``_esm = script(__file__)`` and ``_css = style(__file__)``.

    Its script calls ``alive(model, el)`` from ``./live.js`` first and the function that this returns in its cleanup.
    """

    slot = traitlets.Unicode("").tag(sync=True)  # set by Python once: the view's content hash, "" for a widget shown alone

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def answers_with(self, answer: Answer) -> None:
        """Answer the questions of the browser, which asks by ``mountAsking`` of ``./ask.js``.

        It sends ``{"ask": number, ...}`` and gets ``{"answer": number, ...}`` with buffers, so that only what is shown is sent
        and nothing of it is kept in the notebook.

        Args:
            answer: Takes a question and returns facts and buffers; it must not raise.
        """

        def reply(widget: KfxWidget, content: object, buffers: object) -> None:
            if isinstance(content, dict) and "ask" in content:
                facts, sent = answer(content)
                widget.send({"answer": content["ask"], **facts}, sent)

        self.on_msg(reply)
        self._reply = reply

    def close(self) -> None:
        """Close the widget and its layout, which ipywidgets would keep, and let go of what answers: it holds model and data."""
        layout = getattr(self, "layout", None)
        reply = self.__dict__.pop("_reply", None)
        if reply is not None:
            self.on_msg(reply, remove=True)
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
