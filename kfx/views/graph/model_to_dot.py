"""``kfx.model_to_dot``: a model as a pydot graph, as ``keras.utils.model_to_dot`` gives it."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from kfx.views.graph.exports import pydot_graph
from kfx.views.graph.view import plot_model

if TYPE_CHECKING:
    import keras
    import pydot


def model_to_dot(
    model: keras.Model | str | os.PathLike[str],
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool | Collection[str] = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "spline",
    *,
    fold: bool = False,
    inputs: object = None,
) -> pydot.Dot:
    """Return a model as a graph of pydot, to be edited by hand before it is drawn.

    Takes the arguments of ``keras.utils.model_to_dot`` in the same order. What differs: lines are curves, and graphs that Keras
    cannot draw, such as those of subclassed models, come too.

    Args:
        model: A Keras model, or the path of a .keras or .h5 file, which is shown without the code that made it.
        show_shapes: The shape next to each line, without its batch axis.
        show_dtype: The dtype of each layer's output in its node.
        show_layer_names: The layers' names; without them the types come first.
        rankdir: Where the data flows: ``"TB"`` down, ``"BT"`` up, ``"LR"`` right, ``"RL"`` left.
        expand_nested: Nested models that are unfolded: all (True), none (False), or those with these names.
        dpi: Dots per inch of pictures that pydot writes.
        subgraph: Not offered: a nested model is a cluster of the graph it is in.
        show_layer_activations: The activation among each layer's settings.
        show_trainable: ``trainable`` or ``frozen`` in each node that has weights.
        splines: How lines run: ``"spline"``, ``"polyline"``, ``"line"``, ``"ortho"`` or ``"curved"``.
        fold: Fold a large model to its blocks, as `kfx.plot_model` does.
        inputs: What the model is called with, as for `kfx.summary`.

    Returns:
        A ``pydot.Dot``. ``graph.to_string()`` is its DOT; ``graph.write_png("x.png")`` needs the system's Graphviz.

    Raises:
        ImportError: pydot is not installed.
        TypeError: ``model`` is neither a Keras model nor the path of one.
        ValueError: An option has a value that is not known, or ``subgraph`` is asked for.
        KfxError: The model cannot be read.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> graph = kfx.model_to_dot(keras.Model(x, keras.layers.Dense(2, name="out")(x)))
        >>> [edge.get_source() + " to " + edge.get_destination() for edge in graph.get_edges()]
        ['n0 to n1']
        >>> graph.get_node("n1")[0].set_fillcolor("lightblue")
    """
    if subgraph:
        raise ValueError("`subgraph` is True; kfx gives whole graphs. Nested models are clusters: expand_nested=True.")
    view = plot_model(
        model,
        None,
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        dpi,
        show_layer_activations,
        show_trainable,
        splines,
        fold=fold,
        inputs=inputs,
    )
    graph = pydot_graph(view.dot())
    graph.set("dpi", dpi)
    return graph
