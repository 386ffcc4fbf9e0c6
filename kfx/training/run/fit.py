"""Train with ``fit``, and again for each epoch that was added by hand: one session, one journal, one History."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.training.run.session import OPEN, Session, session_around

if TYPE_CHECKING:
    import keras


def train(model: keras.Model, arguments: dict[str, Any], callbacks: list[keras.callbacks.Callback]) -> keras.callbacks.History:
    """Train as ``model.fit(**arguments, callbacks=callbacks)`` does.

    Args:
        model: A compiled model.
        arguments: For ``model.fit``, without ``callbacks``.
        callbacks: At least one of `kfx.callbacks`, which calls the session.

    Returns:
        The History, with all epochs.
    """
    endless = hasattr(arguments.get("x"), "__next__") and not arguments.get("steps_per_epoch")  # a generator without epochs
    session = OPEN[model] = Session(model, extendable=not endless, around=session_around(model))
    session.managed = True
    session.facts = facts_of(arguments)
    history = None
    try:
        history = _fitted(model, session, arguments, callbacks)
        while session.run.extra and not session.run.stopping:
            more, session.run.extra = session.run.extra, 0
            done = history.epoch[-1] + 1 if history.epoch else session.journal.plan.first_epoch
            arguments = {**arguments, "initial_epoch": done, "epochs": done + more}
            history = model.history = _joined(history, _fitted(model, session, arguments, callbacks))
        session.close(session.ending)
        return history
    except BaseException as error:
        session.failed(error)
        if history is not None and model.history is not history:  # the rounds before the one that failed
            model.history = _joined(history, model.history)
        raise
    finally:
        if OPEN.get(model) is session:
            del OPEN[model]


def _fitted(
    model: keras.Model, session: Session, arguments: dict[str, Any], callbacks: list[keras.callbacks.Callback]
) -> keras.callbacks.History:
    """Return the History of this fit: where a callback has trained the model in between, Keras returns that one's."""
    session.params = None  # those of this fit come with its callbacks
    returned = model.fit(**arguments, callbacks=callbacks)
    if session.history is not None:
        model.history = session.history
        return session.history
    return returned


def _joined(first: keras.callbacks.History, then: keras.callbacks.History) -> keras.callbacks.History:
    """Add the epochs of the second History to the first and return it."""
    for name, values in then.history.items():
        first.history.setdefault(name, []).extend(values)
    first.epoch.extend(then.epoch)
    return first


def facts_of(arguments: dict[str, Any]) -> tuple[str, ...]:
    """Return short words about the data: ``("batch 32", "1,024 examples", "256 for validation")``."""
    count, held = _length(arguments.get("x")), arguments.get("validation_data")
    if count is None:
        return ()
    trained = int(count * (1 - (arguments.get("validation_split") or 0.0))) if held is None else count
    kept = _length(held[0]) if isinstance(held, tuple) else count - trained
    words = (f"batch {arguments.get('batch_size') or 32}", f"{trained:,} examples")
    return (*words, f"{kept:,} for validation") if kept else words


def _length(x: Any) -> int | None:
    """Return the number of examples in an array, or in the first of several; None for anything else."""
    while isinstance(x, dict | list | tuple) and len(x):
        x = next(iter(x.values())) if isinstance(x, dict) else x[0]
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape is not None and len(shape) and shape[0] is not None else None
