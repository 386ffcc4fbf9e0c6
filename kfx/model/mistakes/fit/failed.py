"""Find in an exception's traceback the ``fit``, ``evaluate``, ``predict`` or ``compile`` that raised it, with its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from traceback import walk_tb
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.traceback import code_of_step, users_step

if TYPE_CHECKING:
    import keras

METHODS = ("fit", "evaluate", "predict", "compile", "train_on_batch", "test_on_batch", "predict_on_batch")


@dataclass(frozen=True)
class FailedFit:
    """A call of ``model.fit`` or its like that raised.

    Attributes:
        method: One of `METHODS`.
        model: The model.
        error: The exception.
        arguments: The arguments by their names, without those that were left out.
        unknown: Names of arguments that the method does not have.
        code: The call in the user's code, if its source is available; else ``""``.
        through_kfx: The user called ``kfx.fit(model, ...)``.
        scope: The user's variables where the call was made.
    """

    method: str
    model: keras.Model
    error: BaseException
    arguments: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    code: str = ""
    through_kfx: bool = False
    scope: Mapping[str, Any] = field(default_factory=dict)


class _Step(NamedTuple):
    """A place in the user's code that the traceback does not hold yet, with the attributes that a traceback has."""

    tb_frame: FrameType
    tb_lasti: int
    tb_lineno: int


def find_failed_fit(error: BaseException, caller: FrameType | None = None) -> FailedFit | None:
    """Return the outermost call of ``fit`` or its like that raised the error; None when there is none.

    Args:
        error: The exception.
        caller: The frame of the user's code, where the error is still on its way there.
    """
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for place, frame in enumerate(frames):
        found = _method_call(frame)
        if found is None:
            continue
        method, model, arguments, unknown = found
        step: Any = users_step(error)
        if step is None and caller is not None:
            step = _Step(caller, caller.f_lasti, caller.f_lineno)
        names = {} if step is None else {**step.tb_frame.f_globals, **step.tb_frame.f_locals}
        scope = {name: value for name, value in names.items() if not name.startswith("_")}
        through = any(map(_is_kfx_fit, frames[:place]))
        return FailedFit(method, model, error, arguments, unknown, code_of_step(step), through, scope)
    return None


def _is_kfx_fit(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "kfx.views.training.fit" and frame.f_code.co_name == "fit"


def _method_call(frame: FrameType) -> tuple[str, keras.Model, dict[str, Any], tuple[str, ...]] | None:
    """Return the method, the model and its arguments of a frame of Keras's error handler around a model's method."""
    seen = frame.f_locals
    if frame.f_code.co_name != "error_handler" or not str(frame.f_globals.get("__name__")).startswith("keras."):
        return None
    function, args = seen.get("fn"), seen.get("args") or ()
    method = getattr(function, "__name__", "")
    if method not in METHODS or not args or not isinstance(args[0], import_keras().Model):
        return None
    return (method, args[0], *_bound(function, args, dict(seen.get("kwargs") or {})))


def _bound(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the arguments by name, and the names that the function does not take."""
    parameters = inspect.signature(function).parameters
    named = [name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given = {**dict(zip(named[1:], args[1:], strict=False)), **kwargs}
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
    unknown = () if takes_any else tuple(name for name in kwargs if name not in parameters)
    return {name: value for name, value in given.items() if name not in unknown}, unknown
