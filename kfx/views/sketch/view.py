"""``kfx.sketch``: the graph around symbolic inputs, growing while it is built, before any model exists."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from kfx.model.facts import LayerGraph
from kfx.model.growing.facts import SketchState
from kfx.model.growing.follow import Follower, is_input
from kfx.model.mistakes.traceback import find_failed_call
from kfx.notebook.after_cell import AfterCell
from kfx.notebook.host import in_kernel
from kfx.notebook.namespace import calling_namespace, shell, user_namespace
from kfx.views.drawn import DrawnView
from kfx.views.mistake.view import explain_cell
from kfx.views.sketch.renderer import SketchRenderer

if TYPE_CHECKING:
    import keras

    from kfx.views.sketch.widget import SketchWidget

_NOTE = "The graph when this cell had run. Live it grows with each cell; show the sketch again for a later picture."


def sketch(*inputs: keras.KerasTensor | Sequence[keras.KerasTensor], auto: bool | None = None) -> Sketch | None:
    """Show the graph that grows from symbolic inputs as you call layers on them, before there is a model.

    In a notebook the view follows: after each cell it shows what the cell added (marked ``new``), which branches a re-run cell
    replaced, which variables hold the open ends, which layers were made and never called, and the call that Keras refused.
    Elsewhere it is looked at when you print it. Nothing is patched; tensors and layers that you drop are let go.

    Args:
        inputs: Symbolic tensors from `kfx.Input` or `keras.Input` (or any made of them); lists of them too. None at all: those
            that your notebook's variables hold. Inputs that meet these on the way are found by themselves.
        auto: True: from now on a sketch shows itself below each cell that makes new inputs; False: no more. With no inputs
            nothing else happens.

    Returns:
        A view, the same one for the same inputs as long as it follows; None where only ``auto`` is given.
        ``view.mark(model)`` outlines a model on it; ``with kfx.sketch(x) as view:`` looks when the block ends.

    Raises:
        TypeError: There is anything but symbolic tensors.
        ValueError: There is nothing to sketch.

    Example:
        >>> import keras, kfx
        >>> x = kfx.Input((784,), name="digits")
        >>> with kfx.sketch(x) as s:
        ...     y = keras.layers.Dense(64, name="hidden")(x)
        >>> print(s)
        sketch: 2 layers, 1 new
             digits  Input  784  = x
        new  hidden  Dense  64   <- digits  = y
    """
    if auto is not None:
        _start_by_itself(auto)
        if not inputs:
            return None
    given = list(inputs) or _inputs_in(user_namespace())
    if not given:
        raise ValueError(
            "There is nothing to sketch yet: no input is given. Start with x = kfx.Input(shape=...), then kfx.sketch(x)."
        )
    made = Sketch(given)
    running = shell()
    for other in AfterCell.of(running).followers if running is not None else ():
        if isinstance(other, Sketch) and other.follows_same(made):
            return other
    return made


def _start_by_itself(wanted: bool) -> None:
    if in_kernel():
        after = AfterCell.of(shell())
        after.start_with(_Starter(after, _inputs_in(user_namespace())) if wanted else None)


class _Starter:
    """Shows a sketch of inputs that are new among the user's variables and that no sketch follows; once for each."""

    def __init__(self, after: AfterCell, known: list[keras.KerasTensor]):
        self._after = after
        self._known = [weakref.ref(x) for x in known]

    def __call__(self, namespace: Mapping[str, Any]) -> None:
        self._known = [ref for ref in self._known if ref() is not None]
        followed = [x for view in self._after.followers if isinstance(view, Sketch) for x in view.all_inputs]
        known = {id(x) for x in [*followed, *(ref() for ref in self._known)]}
        fresh = [x for x in {id(x): x for x in _inputs_in(namespace)}.values() if id(x) not in known]
        if fresh:
            self._known += map(weakref.ref, fresh)
            Sketch(fresh)._ipython_display_()


def _inputs_in(namespace: Mapping[str, Any] | None) -> list[keras.KerasTensor]:
    """Return the inputs that the user's variables hold."""
    from kfx.keras_access.importing import import_keras

    keras_tensor = import_keras().KerasTensor
    held = [x for name, x in (namespace or {}).items() if isinstance(x, keras_tensor) and not name.startswith("_")]
    return [x for x in held if is_input(x)]


class Sketch(DrawnView):
    """A graph that grows; text, drawing and HTML show its state at the time they are made."""

    def __init__(self, inputs: Sequence[object]):
        self._follower = Follower(inputs)
        seen = self._follower.look(user_namespace())
        assert seen is not None  # the first look always finds the inputs: they are held by the caller
        self._seen: SketchState = seen
        self._renderer = SketchRenderer(self._seen)
        self._over = False

    # ------------------------------------------------------------------------------------------------ use

    @property
    def graph(self) -> LayerGraph:
        """The facts about the graph as it is now."""
        self._look()
        return self._seen.graph

    @property
    def seen(self) -> SketchState:
        """The graph as it is now: its new and replaced calls, the variables, the layers never called and the failed call."""
        self._look()
        return self._seen

    def mark(self, *models: keras.Model) -> Sketch:
        """Outline models on the graph that they share; the outline stays as long as you keep the model.

        Raises:
            TypeError: One has no graph of its own, e.g. a subclassed model.

        Example:
            >>> import keras, kfx
            >>> x = kfx.Input((4,), name="x")
            >>> y = keras.layers.Dense(2, name="out")(x)
            >>> print(str(kfx.sketch(x).mark(keras.Model(x, y, name="tiny"))).splitlines()[-1])
            model tiny: x, out
        """
        for model in models:
            self._follower.mark(model)
        if self._over and user_namespace() is None and not self._seen.refused:  # after a block: in the code that calls this
            self._take(calling_namespace(), None, keep=False)
        self._look()
        self._show()
        return self

    def follows_same(self, other: Sketch) -> bool:
        """Return True if two sketches begin at the same tensors."""
        return set(map(id, self._follower.inputs)) == set(map(id, other._follower.inputs))

    @property
    def all_inputs(self) -> list[keras.KerasTensor]:
        """The inputs of the sketch and other inputs of the same graph that are still alive."""
        return self._follower.all_inputs

    def __enter__(self) -> Sketch:
        self._follower.look(calling_namespace())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._take(calling_namespace(), error, keep=False)
        self._over = True

    # ------------------------------------------------------------------------------------------------ following

    def after_cell(self, namespace: Mapping[str, Any], error: BaseException | None) -> bool:
        """Show what a cell did to the graph; return False when the inputs are gone."""
        if not self._follower.inputs:
            self.stand_still("its inputs are gone")
            return False
        if self._take(namespace, error, keep=True):
            self._show()
        return True

    def close_live(self) -> None:
        """Close the live view; it follows no more."""
        running = shell()
        if running is not None:
            AfterCell.of(running).leave(self)
        super().close_live()

    def stand_still(self, why: str) -> None:
        """Write on the live view that it grows no more."""
        widget = self.__dict__.get("widget")
        if widget is not None:
            facts = [*widget.head["facts"], f"grows no more: {why}"]
            widget.renew({"head": {**widget.head, "facts": facts}}, self._renderer.drawing)

    def _take(self, namespace: Mapping[str, Any] | None, error: BaseException | None, *, keep: bool) -> bool:
        seen = self._follower.look(namespace, find_failed_call(error) if error is not None else None, keep=keep)
        if seen is None:
            return False
        self._seen, self._renderer = seen, SketchRenderer(seen, hide=self._hides)
        return True

    def _look(self) -> None:
        """Read the graph again; outside a notebook the variables are unknown, so the result of a ``with`` block stays."""
        namespace = user_namespace()
        if (self._over and namespace is None) or (self._seen.refused and not self._follows()):
            return
        self._take(namespace, None, keep=False)

    def _follows(self) -> bool:
        running = shell()
        return running is not None and any(other is self for other in AfterCell.of(running).followers)

    @property
    def _hides(self) -> bool:
        return bool(getattr(self.__dict__.get("widget"), "hide", False))

    def _show(self) -> None:
        """Update the live view."""
        widget = self.__dict__.get("widget")
        if widget is not None:
            widget.renew(self._renderer.traits(), self._renderer.drawing)

    def _rehide(self, hide: bool) -> None:
        self._renderer = SketchRenderer(self._seen, hide=hide)
        self._show()

    # ------------------------------------------------------------------------------------------------ faces

    def _text(self) -> str:
        self._look()
        return SketchRenderer(self._seen).text()

    def _html(self) -> str:
        self._look()
        return SketchRenderer(self._seen).html(_NOTE if in_kernel() else "")

    def _html_small(self) -> str:
        return SketchRenderer(self._seen).html(_NOTE, picture=False)

    def _draw(self) -> str:
        self._look()
        return SketchRenderer(self._seen).svg

    def _live(self) -> SketchWidget:
        from kfx.views.sketch.widget import SketchWidget

        return SketchWidget(self._renderer.drawing, self._rehide, **self._renderer.traits())

    def _ipython_display_(self, **kwargs: object) -> None:
        self._look()
        for cached in ("_safe_text", "_body"):
            self.__dict__.pop(cached, None)
        if in_kernel():
            AfterCell.of(shell()).follow(self, explain_cell)
        super()._ipython_display_(**kwargs)
        self._show()

    def _title(self) -> str:
        inputs = [call.label for call in self._seen.graph.calls if call.kind == "input"]
        return f"Sketch of {', '.join(inputs[:3])!r}"[:80]
