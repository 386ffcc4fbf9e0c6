"""`kfx.unreadable`: say beforehand which addresses of a graph no values can be taken from, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from kfx.keras_access.forward import checked
from kfx.keras_access.no_call import has_no_call
from kfx.keras_access.not_a_model import model_in
from kfx.model.facts import LayerCall
from kfx.model.read.model import read_graph
from kfx.values.parts import held_parts, runner_of
from kfx.values.tap.calls import Traced, specs_of, traced_calls
from kfx.values.tap.opening import DRAWN

if TYPE_CHECKING:
    import keras

_LONGEST = 200  # characters of an error's message
_OTHER = "the pass that takes values makes other operations there than the graph shows"


def unreadable(model: keras.Model, *, inputs: object = None) -> dict[str, str]:
    """Return the addresses of a model's graph from which no values can be taken, each with the reason.

    All other addresses that `kfx.read_graph` lists can be given to `kfx.extract`.

    Args:
        model: A built Keras model. Of one without ``call`` (a GAN, a VAE), each part is looked at by itself.
        inputs: What the model is called with, where Keras does not remember it, as for `kfx.read_graph`.

    Returns:
        The reasons by address, in the graph's order; empty where every address has values.

    Raises:
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx
        >>> kfx.unreadable(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]))
        {}
    """
    model = model_in(model)
    if has_no_call(model):
        return _of_parts(model)
    graph = read_graph(model) if inputs is None else read_graph(model, inputs=inputs)
    return _reasons(graph.calls, *_traced(checked(model), inputs))


def _of_parts(model: keras.Model) -> dict[str, str]:
    held = held_parts(model)
    found: dict[str, str] = {}
    for address, part in held.parts.items():
        calls = [call for call in held.graph.calls if call.key == address or call.key.startswith(f"{address}/")]
        if not getattr(part, "built", True):
            found.update((call.key, f"{address} was never built, so it has no weights yet") for call in calls)
            continue
        found.update(_reasons(calls, *_traced(runner_of(model, address), None)))
    return found | {
        call.key: "it has no call, so that its parts are run, not it"
        for call in held.graph.calls
        if any(part.startswith(f"{call.key}/") for part in held.parts)
    }


def _traced(model: keras.Model, inputs: object) -> tuple[Traced | None, str]:
    """Return the calls of one pass; None and the reason if there is none."""
    try:
        specs = specs_of(model, inputs)
        try:
            return traced_calls(model, specs, opening=DRAWN), ""
        except Exception:  # its code asks for values
            return traced_calls(model, specs, opening=DRAWN, run_eagerly=True), ""
    except Exception as error:  # a model may raise anything
        return None, f"the model could not be run on shapes: {type(error).__name__}: {str(error)[:_LONGEST]}"


def _reasons(calls: Iterable[LayerCall], traced: Traced | None, failed: str) -> dict[str, str]:
    if traced is None:
        return {call.key: failed for call in calls}
    readable = {call.key for some in (traced.calls, traced.operations, traced.inner) for call in some}
    missing = {call.key: call for call in calls if call.key not in readable}
    return {key: _reason(call, missing) for key, call in missing.items()}


def _reason(call: LayerCall, missing: Collection[str]) -> str:
    if call.calls == 0 or call.note.startswith(("not called", "called inside")):
        return call.note or "nothing calls it"
    for n in range(1, len(call.path)):
        around = "/".join(call.path[:n])
        if around in missing:
            return f"nothing inside {around} has values"
    return call.note or _OTHER


def refusal(model: keras.Model, address: str) -> str | None:
    """Return why an address that the graph shows has no values; None for any other."""
    try:
        found = unreadable(model)
    except Exception:  # the error about the address says more
        return None
    if address not in found:
        return None
    where = f"{address!r} of model {str(model.name)!r}"
    return f"{where} has no values: {found[address]}. kfx.unreadable(model) lists all such addresses."
