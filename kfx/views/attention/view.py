"""``kfx.attention``: what every attention layer of a model looks at, as arrays by address and as a view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kfx.draw.png import png
from kfx.draw.values.attention import heads_by_strength
from kfx.draw.values.colormap import all_ramps
from kfx.notebook.view import View
from kfx.text.untrusted import visible
from kfx.values.attention.reading import MASK, AttentionSource, Found
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features
from kfx.values.join import join_batches
from kfx.values.lazy import LazyValues
from kfx.values.parts import runnable
from kfx.views.attention.answers import AttentionAnswers, about_attention
from kfx.views.attention.effects import HeadEffects
from kfx.views.attention.facts import AttentionFacts
from kfx.views.attention.html import attention_html, attention_picture
from kfx.views.attention.text import attention_text
from kfx.views.attention.words import Words
from kfx.views.payload import wire_key

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kfx.views.attention.widget import AttentionWidget


def attention(
    model: keras.Model,
    data: object,
    layers: object = "*",
    *,
    tokens: object = None,
    example: int = 0,
    target: int | None = None,
    class_names: object = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Attention:
    """Take the scores of the attention in a model: what each place looks at, and how much.

    Every softmax by which a layer weights values is found while the model runs once, whatever made it: Keras's
    MultiHeadAttention, GroupQueryAttention, Attention and AdditiveAttention, fused or not, KerasHub's layers, a layer of your
    own. Nothing is recomputed, and the model's output is the one that it returns without kfx. The model is not changed.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`.
        layers: Which attention: ``"*"`` is all of it, also inside nested models and layers; an address such as
            ``"encoder_1/attention"``; a layer or model with attention inside; a pattern, class, predicate or list of these, as
            for `kfx.extract`.
        tokens: The words of a text's places: a tokenizer with ``id_to_token``, a vocabulary (a list, dict or function from
            number to word), a list of words for each example, or a dict of these by input. Patches of a picture are named by
            their row and column.
        example: The number of the example to look at first.
        target: The unit of the output by which the view measures a silenced head, at the last place of a sequence; None takes
            the largest, and for outputs that are no list of units the change of them all.
        class_names: A name for each unit of the output.
        batch_size: Examples in one pass, for arrays; None takes them all in one.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A mapping from addresses to arrays ``(batch, heads, queries, keys)``, read-only, in the order in which the model
        computes them, which a notebook shows as a view. Heads are numbered from 0. The scores of a query sum to 1; where all
        its keys are masked they are those that the layer makes, alike or 0: ``.masked`` says where, and the view leaves it
        out. Attention without heads has one; axes between the batch and the queries (groups, windows, frames) are merged into
        the heads in their order, and heads that are merged into the batch are taken to be each example's own.

    Raises:
        KfxError: The model has no attention.
        ValueError: An address names none, or the data do not fit.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails while it runs, e.g. because flash attention is asked for, which TensorFlow lacks.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((6, 8))
        >>> model = keras.Model(x, keras.layers.MultiHeadAttention(2, 4, name="look")(x, x))
        >>> kfx.attention(model, np.ones((1, 6, 8)))["look"].shape
        (1, 2, 6, 6)
    """
    model = runnable(model, "*", data)
    source = AttentionSource(model, layers, run_eagerly=run_eagerly)
    batches = Batches(model, data, batch_size=batch_size)
    inputs: list[object] = []
    outputs: list[object] = []

    def take(batch: Batch) -> Features:
        found = source(batch)
        if batches.comes_in_batches:
            inputs.extend(batch.row(number).inputs for number in range(batch.size))
        outputs.append(found.output)
        return found

    joined = join_batches(take, batches)
    masked = {key.removesuffix(MASK): joined.pop(key) for key in list(joined) if key.endswith(MASK)}
    scores = Features(joined, output=outputs[0] if len(outputs) == 1 else None)
    again = iter(inputs) if batches.comes_in_batches else data
    return Attention(
        model,
        again,
        source.found,
        scores,
        Features(masked),
        tokens=tokens,
        example=example,
        target=target,
        class_names=class_names,
    )


class Attention(View, Mapping[str, np.ndarray]):
    """The scores of a model's attention by address, and the view of them.

    Attributes:
        output: The model's own output of the same pass; None where the data came in several batches.
        masked: By address, ``(batch, queries, keys)``, True where a mask keeps all heads of a query from a key.
        calls: The facts of each attention by address.
        layer: The address that is looked at first.
        example: The example that is looked at first.
    """

    def __init__(
        self,
        model: keras.Model,
        data: object,
        found: Found,
        scores: Features,
        masked: Features,
        *,
        tokens: object = None,
        example: int = 0,
        target: int | None = None,
        class_names: object = None,
    ) -> None:
        self._scores, self.output, self.masked = scores, scores.output, masked
        self.calls = {call.key: call for call in found.calls if call.key in scores}
        self._found, self._class_names, self._target, self._tokens = found, class_names, target, tokens
        self._model = model
        self._values = LazyValues(model, data)
        count = min(self._values.count, *map(len, scores.values()))
        self.example = self._values.example(example).number
        if self.example >= count:
            raise ValueError(f"`example` is {example}; there are scores of {count:,} examples, 0 to {count - 1:,}.")
        self.layer = next(iter(scores))
        self._words = Words(self._values.inputs, self._values.count, tokens)
        self.effects = HeadEffects(model, self._values, found, scores, target, class_names)

    def __getitem__(self, address: str) -> np.ndarray:
        return self._scores[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def facts(self) -> AttentionFacts:
        """What the faces of the view show."""
        params = int(self._model.count_params())
        return AttentionFacts(str(self._model.name), params, self._scores, self.masked, self._words, self._found.between)

    @property
    def head(self) -> int:
        """The head that is looked at first: the one that looks at the fewest keys."""
        return heads_by_strength(self.facts.at(self.layer, self.example).figures)[0]

    def _title(self) -> str:
        return f"Attention {visible(self.facts.name)[:60]!r}"

    def _text(self) -> str:
        return attention_text(self.facts, self.layer, self.example, self.head)

    def _html(self) -> str:
        return attention_html(self.facts, self.layer, self.example, self.head)

    def _html_small(self) -> str:
        return attention_html(self.facts, self.layer, self.example, self.head, small=True)

    def svg(self) -> str:
        """Return the head that is looked at first as SVG on white, with its address and a word at each place."""
        return attention_picture(self.facts, self.layer, self.example, self.head)

    def figure(
        self, *, layer: str | None = None, head: int | None = None, example: int | None = None, ax: Axes | None = None
    ) -> Figure:
        """Return a head's scores as a figure of matplotlib, queries down and keys across, from 0 to 1.

        Args:
            layer: The layer's address; None for the one that is looked at first.
            head: The head's number; None for the one that looks at the fewest keys.
            example: The example's number; None for the one that is looked at first.
            ax: Axes to draw on; None for a new figure.

        Raises:
            KeyError: There is no such layer.
            ValueError: There is no such head or example.
            TypeError: ``ax`` is no axes of matplotlib.

        Example:
            >>> import keras, kfx, numpy as np
            >>> x = keras.Input((3, 4))
            >>> model = keras.Model(x, keras.layers.MultiHeadAttention(2, 4, name="look")(x, x))
            >>> kfx.attention(model, np.ones((1, 3, 4))).figure(head=1).axes[0].get_title()
            'look · head 1'
        """
        from kfx.draw.figures import figure_of
        from kfx.views.attention.figure import draw_head

        address = self.layer if layer is None else layer
        count, heads = self[address].shape[:2]
        number = self.example if example is None else example
        for name, given, many in (("example", number, count), ("head", 0 if head is None else head, heads)):
            if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < many:
                raise ValueError(f"`{name}` is {given!r}; there are {many:,}, 0 to {many - 1:,}.")
        shown = self.facts.at(address, number)
        return figure_of(draw_head(shown, heads_by_strength(shown.figures)[0] if head is None else head, ax))

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".svg": self.svg, ".png": lambda: png(self.svg())}

    def _live(self) -> AttentionWidget:
        from kfx.views.attention.widget import AttentionWidget

        about = about_attention(self.facts)
        answers = AttentionAnswers(self.facts, self.effects)
        return AttentionWidget(
            answers, about=about, ramps=all_ramps(), selected=wire_key(self.layer), example=self.example, head=self.head
        )
