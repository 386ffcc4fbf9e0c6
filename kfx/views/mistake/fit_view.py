"""The view of a mistake around ``fit``: the flow of the data with what clashes in red, and the explanation."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Any

from kfx.draw.markup import svg_image
from kfx.model.mistakes.facts import Flow
from kfx.model.mistakes.fit.explain import explain_fit
from kfx.model.mistakes.fit.failed import FailedFit, find_failed_fit
from kfx.notebook.host import in_kernel
from kfx.views.drawn import DrawnView
from kfx.views.mistake.data import mistake_text, mistake_words
from kfx.views.mistake.flow import flow_svg, flow_words
from kfx.views.mistake.html import mistake_html

if TYPE_CHECKING:
    from kfx.views.mistake.fit_widget import FitMistakeWidget

_log = logging.getLogger("kfx")


def explain_above(error: BaseException, namespace: Mapping[str, Any]) -> None:
    """Show the explanation of a failed ``fit`` or its like, before IPython shows the error; `kfx.fit` shows its own."""
    failed = find_failed_fit(error)
    if failed is not None and not failed.through_kfx:
        FitMistakeView(failed).show_if_explained()


def explain_failed_fit(error: Exception, caller: FrameType) -> None:
    """Show why `kfx.fit` failed, above the traceback: a view in a notebook, lines on stderr elsewhere. It never raises."""
    try:
        failed = find_failed_fit(error, caller)
        if failed is not None:
            FitMistakeView(failed).show_if_explained()
    except Exception:
        _log.debug("The explanation of a failed fit:", exc_info=True)


class FitMistakeView(DrawnView):
    """A failed ``fit``, ``evaluate``, ``predict`` or ``compile``. It holds plain values only, neither the model nor the data.

    Attributes:
        mistake: The explanation, the inputs, the flow and the repairs, as plain values.
    """

    def __init__(self, failed: FailedFit) -> None:
        self.mistake = explain_fit(failed)
        self._words = mistake_words(self.mistake)
        self._flow = self.mistake.flow or Flow(self.mistake.type)

    def show_if_explained(self) -> None:
        """Show the view, or in a script its text without Keras's own error, if a rule has found the mistake."""
        if self.mistake.kind == "other":
            return
        if in_kernel():
            self._ipython_display_()
        else:
            print(self._short_text(), file=sys.stderr)

    def _short_text(self) -> str:
        return mistake_text(mistake_words(self.mistake, error=False)) + "\n"

    def _title(self) -> str:
        return f"Mistake at {self.mistake.name[:60]!r}"

    def _text(self) -> str:
        return mistake_text(self._words)

    def _html(self) -> str:
        flow = "" if self.mistake.flow is None else svg_image(self._draw(), flow_words(self._flow))
        return (
            '<div style="display:flex;flex-wrap:wrap;align-items:flex-start;gap:8px 24px">'
            f'<div style="max-width:100%">{flow}</div>'
            f'<div style="flex:1 1 340px;min-width:0;max-width:100%">{mistake_html(self._words)}</div></div>'
        )

    def _live(self) -> FitMistakeWidget:
        from kfx.views.mistake.fit_widget import FitMistakeWidget

        svg = "" if self.mistake.flow is None else flow_svg(self._flow, styled=False)
        return FitMistakeWidget(svg=svg, mistake=asdict(self._words))

    def _draw(self) -> str:
        return flow_svg(self._flow)
