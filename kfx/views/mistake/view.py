"""``kfx.explain_error``: explain a failed Keras call on the graph so far, with repairs that were tried."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.model.growing.facts import SketchState
from kfx.model.growing.follow import sketch_failed_call
from kfx.model.mistakes.fit.failed import find_failed_fit
from kfx.model.mistakes.on_graph import tensors_of
from kfx.model.mistakes.traceback import find_failed_call
from kfx.notebook.namespace import calling_namespace, shell, user_namespace
from kfx.notebook.traceback import shows_above
from kfx.views.drawn import DrawnView
from kfx.views.mistake.fit_view import FitMistakeView
from kfx.views.sketch.renderer import SketchRenderer

if TYPE_CHECKING:
    from kfx.views.sketch.widget import SketchWidget


def explain_error(error: BaseException | None = None) -> MistakeView | FitMistakeView:
    """Explain why Keras refused a layer call, a model, or ``fit``, ``evaluate``, ``predict`` or ``compile``, with repairs.

    It says what was given, what is expected and which sizes differ. Repairs of layer calls were tried on shapes; those of
    ``fit`` and its like on two examples, with the loss that came out, and without changing the model. Of a generator one more
    item is read for that. The error itself and its traceback stay as they are. In a notebook this happens by itself when a
    cell fails while a sketch is shown or after ``%load_ext kfx``, and whenever `kfx.fit` fails.

    Args:
        error: The exception; without it the one being handled, or else the last one that was not.

    Returns:
        A view: the graph so far, or the flow of the data into the model and the loss, with what clashes in red, and the
        explanation at its right.

    Raises:
        TypeError: ``error`` is not an exception.
        ValueError: There is no error to explain, or it does not come from Keras.

    Example:
        >>> import keras, kfx
        >>> image = kfx.Input((28, 28), name="image")
        >>> try:
        ...     x = keras.layers.Conv2D(8, 3, name="conv")(image)
        ... except ValueError as error:
        ...     print(str(kfx.explain_error(error)).splitlines()[4])
        conv refused its input
    """
    if not isinstance(error, BaseException | None):
        raise TypeError(f"`error` is {error!r:.60}; expected an exception.")
    found = error if error is not None else _last_error()
    if found is None:
        raise ValueError(
            "There is no error to explain: none is being handled, and none was raised before. Give one: explain_error(error)."
        )
    in_fit = find_failed_fit(found)
    if in_fit is not None:
        return FitMistakeView(in_fit)
    failed = find_failed_call(found)
    if failed is None:
        raise ValueError(
            f"`error` is a {type(found).__name__} that no layer call, Model(...) or fit raised, so only its own message "
            f"explains it: {str(found)[:300]}"
        )
    namespace = user_namespace()
    return MistakeView(sketch_failed_call(failed, calling_namespace() if namespace is None else namespace))


def _last_error() -> BaseException | None:
    return sys.exc_info()[1] or getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def explain_cell(error: BaseException, namespace: Mapping[str, Any]) -> None:
    """Show the explanation below a cell's error, if a Keras call raised it and there is something to explain."""
    in_fit = find_failed_fit(error)
    if in_fit is not None:
        running = shell()
        if not in_fit.through_kfx and (running is None or not shows_above(running)):
            FitMistakeView(in_fit).show_if_explained()
        return
    failed = find_failed_call(error)
    if failed is None:
        return
    view = MistakeView(sketch_failed_call(failed, namespace))
    if view.mistake.kind != "other" or tensors_of(failed):
        view._ipython_display_()


class MistakeView(DrawnView):
    """A failed call on the graph so far.

    Attributes:
        seen: The graph and the failed call.
        mistake: The explanation, the inputs and the repairs, as plain values.
    """

    def __init__(self, seen: SketchState):
        assert seen.refused is not None
        self.seen = seen
        self.graph = seen.graph
        self.mistake = seen.refused.mistake
        self._renderer = SketchRenderer(seen, "the graph so far", grows=False)

    def _title(self) -> str:
        return f"Mistake at {self.mistake.name[:60]!r}"

    def _text(self) -> str:
        return self._renderer.text()

    def _html(self) -> str:
        return self._renderer.html()

    def _html_small(self) -> str:
        return self._renderer.html(picture=False)

    def _live(self) -> SketchWidget:
        from kfx.views.sketch.widget import SketchWidget

        return SketchWidget(self._renderer.drawing, None, **self._renderer.traits())

    def _draw(self) -> str:
        return self._renderer.svg
