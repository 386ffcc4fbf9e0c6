"""``kfx.explain_error``: explain a failed Keras call on the graph so far, with repairs that were tried."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.model.growing.facts import SketchState
from kfx.model.growing.follow import sketch_failed_call
from kfx.model.mistakes.on_graph import tensors_of
from kfx.model.mistakes.traceback import find_failed_call
from kfx.notebook.namespace import calling_namespace, user_namespace
from kfx.views.drawn import DrawnView
from kfx.views.sketch.renderer import SketchRenderer

if TYPE_CHECKING:
    from kfx.views.sketch.widget import SketchWidget


def explain_error(error: BaseException | None = None) -> MistakeView:
    """Explain why Keras refused a layer call or a model: what it was given, what it expects, which sizes differ, and repairs.

    The error itself and its traceback stay as they are. In a notebook this happens by itself when a cell fails while a sketch
    is shown or after ``%load_ext kfx``.

    Args:
        error: The exception; without it the one being handled, or else the last one that was not.

    Returns:
        A view: the graph so far with the refusing call in red, and the explanation at its right.

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
    failed = find_failed_call(found)
    if failed is None:
        raise ValueError(
            f"`error` is a {type(found).__name__} that neither a layer call nor Model(...) raised, so only its own message "
            f"explains it: {str(found)[:300]}"
        )
    namespace = user_namespace()
    return MistakeView(sketch_failed_call(failed, calling_namespace() if namespace is None else namespace))


def _last_error() -> BaseException | None:
    return sys.exc_info()[1] or getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def explain_cell(error: BaseException, namespace: Mapping[str, Any]) -> None:
    """Show the explanation below a cell's error, if a Keras call raised it and there is something to explain."""
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
