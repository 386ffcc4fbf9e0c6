"""Answer the questions of the live inspector: plain facts, and arrays as bytes; only what is shown is sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite, nan
from typing import Any

from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import number_text
from kfx.keras_access.no_call import part_labels
from kfx.text.untrusted import visible
from kfx.values.channel_statistics import channel_statistics
from kfx.values.statistics import ValueStatistics, statistics
from kfx.views.inspector.encode import Reply, channel_page, one_channel_exactly, values_facts
from kfx.views.inspector.facts import not_finite, noun
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.shown.encode import input_facts, picture_facts, prediction_facts
from kfx.views.inspector.shown.html import is_wide
from kfx.views.inspector.source import InspectorSource
from kfx.views.payload import wire_key

PAGE = 64  # maps in one answer at most
RECENT = 8  # laid-out layers that are kept
BINS = 40  # of a histogram over all data
ROWS = 256  # channels whose statistics are sent

_log = logging.getLogger("kfx")
Question = dict[str, Any]


class Answers:
    """Answers the browser's questions: ``answers({"what": "layer", ...})`` returns facts and buffers. It never raises.

    Args:
        source: Looks up the values, inputs and predictions.
    """

    def __init__(self, source: InspectorSource) -> None:
        self._source, self._values = source, source.values
        self._by_wire = {wire_key(call.key): call.key for call in source.calls}
        self._recent = lru_cache(RECENT)(
            lambda _version, key, example, part, axis, places: source.at(key, example, part=part, channel=axis, places=places)
        )
        self._answers = {
            "layer": self._layer,
            "maps": self._maps,
            "channel": self._channel,
            "example": self._example,
            "picture": self._picture,
            "silence": self._silence,
            "statistics": self._statistics,
            "measures": self._measures,
        }

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._answers[ask["what"]](ask)
        except Exception as error:
            _log.debug("The inspector could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _layer(self, ask: Question) -> Reply:
        values = self._layer_values(ask)
        plan, order = values.plan, values.rank.order
        call, parts = self._source.call(values.key), self._values.parts(values.key, ask["example"])
        facts = {
            **values_facts(values),
            "parts": [visible(label) for label, _ in parts] if len(parts) > 1 else [],
            "silenceable": call is not None and call.kind != "input" and plan.axis >= 0 and self._silences(values, ask),
            "tokens": _visible(self._source.tokens(values, ask["example"])),
            "queries": _visible(self._queries(values, ask["example"])),
            "names": _visible(self._source.unit_names(values, ask["example"])),
        }
        here = self._source.here(values.key, ask["example"]) if not ask.get("part") else None
        if plan.kind == "nothing":
            return facts, []
        count = int(ask.get("count", 30))
        count = max(0, min(PAGE, count, int(ask.get("strips", count)) if plan.kind == "strips" else count))
        picked = _existing(ask["channels"], plan.channels) if ask.get("channels") else order[:count].tolist()
        facts["page"], page = channel_page(values, [] if plan.kind == "vector" else picked)
        channel = ask.get("channel")
        chosen = channel if isinstance(channel, int) and 0 <= channel < plan.channels else int(order[0])
        facts["one"], one = one_channel_exactly(values, chosen)
        buffers = [order.astype("<i4").tobytes(), *page, *one]
        if here is not None and here.pictures is not None:
            facts["here"] = {
                "name": visible(here.name),
                "layer": ask["layer"],
                "text": here.text,
                **picture_facts(here.pictures, 0, buffers),
            }
        return facts, buffers

    def _silences(self, values: LayerValues, ask: Question) -> bool:
        """Return whether a channel can be silenced: not of scores that are handed out beside those a layer computes with."""
        if values.role != "attention" or (ask.get("part", 0) == 0 and not values.key.endswith("/scores")):
            return True
        return self._source.silenced_at(values, ask["example"]) is not None

    def _queries(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        return self._source.words_along(values.plan.rows, example) if values.role == "attention" else None

    def _maps(self, ask: Question) -> Reply:
        values = self._layer_values(ask)
        return channel_page(values, _existing(ask["channels"], values.plan.channels)[:PAGE])

    def _channel(self, ask: Question) -> Reply:
        values = self._layer_values(ask)
        if not 0 <= ask["channel"] < values.plan.channels:
            raise ValueError(f"There is no channel {ask['channel']}; there are {values.plan.channels}.")
        return one_channel_exactly(values, ask["channel"])

    def _example(self, ask: Question) -> Reply:
        buffers: list[bytes] = []
        given, made = self._source.inputs(ask["example"]), self._source.predictions(ask["example"])
        wide = is_wide(given, made)
        inputs = [input_facts(one, buffers) for one in given]
        predicted = [prediction_facts(one, buffers) for one in made]
        return {"inputs": inputs, "predictions": predicted, "wide": wide}, buffers

    def _picture(self, ask: Question) -> Reply:
        """Return another slice or frame of an input, an output or a difference."""
        number = ask["number"]
        if ask["of"] == "here":
            here = self._source.here(self._layer_values(ask).key, ask["example"])
            found = None if here is None else here.pictures
        elif ask["of"] == "input":
            found = self._source.inputs(ask["example"])[number].pictures
        else:
            silenced = ask.get("silenced")
            made = self._without(silenced) if silenced else self._source.predictions(ask["example"])
            one = made[number]
            found = one.difference if ask["of"] == "difference" else one.pictures
        if found is None:
            raise ValueError(f"There is no picture {number} among the {ask['of']}s.")
        buffers: list[bytes] = []
        return picture_facts(found, ask["at"], buffers), buffers

    def _silence(self, ask: Question) -> Reply:
        buffers: list[bytes] = []
        found = []
        for before, now in zip(self._source.predictions(ask["example"]), self._without(ask), strict=True):
            far = max(now.far, before.far)  # one scale for both, so that the marks of before are at their places on the bars
            marks = {row.unit: row.share for row in before.scaled(far).rows}
            found.append({**prediction_facts(now.scaled(far), buffers), "before": marks})
        return {"predictions": found}, buffers

    def _without(self, ask: Question) -> tuple[Prediction, ...]:
        """Return the predictions while one channel is silenced."""
        values = self._layer_values(ask)
        key, part, axis = self._source.silenced_at(values, ask["example"]) or (values.key, ask.get("part", 0), values.plan.axis)
        outputs = self._values.silenced(key, part, axis + 1, ask["channel"], ask["example"])
        return self._source.described(outputs, ask["example"])

    def _statistics(self, ask: Question) -> Reply:
        """Return the figures and the histogram of one layer over all examples."""
        key = self._by_wire.get(ask["layer"], ask["layer"])
        found = statistics(self._values.model, self._values.all_examples(), key, training=self._values.training, bins=BINS)
        label, s = list(found.items())[min(ask.get("part", 0), len(found) - 1)]
        numbers = {"mean": s.mean, "std": s.std, "smallest": s.min, "largest": s.max}
        pairs = [(name, number_text(number)) for name, number in numbers.items()]
        pairs += [("zeros", f"{s.zeros * 100:.1f} %"), ("norm", number_text(s.norm)), ("values", f"{s.count:,}")]
        pairs += not_finite(s.nan, s.inf)
        facts = {"label": visible(label), "figures": pairs, "bins": [], "examples": self._values.count}
        if s.histogram is not None:
            edges = s.histogram.edges
            facts |= {"bins": s.histogram.counts.tolist(), "ends": [number_text(float(edges[i])) for i in (0, -1)]}
        return facts | self._by_channel(str(key), ask), []

    def _by_channel(self, key: str, ask: Question) -> dict[str, Any]:
        """Return a row of figures for each channel, the strongest first."""
        values = self._source.at(key, ask.get("example", 0), part=ask.get("part", 0), channel=ask.get("axis"))
        plan = values.plan
        if plan.axis < 0 or plan.channels < 2:
            return {"channels": []}
        by_channel = channel_statistics(
            self._values.model,
            self._values.all_examples(),
            key,
            plan.axis + 1,
            part=ask.get("part", 0),
            training=self._values.training,
        )
        names = self._source.unit_names(values, ask.get("example", 0))
        rows = []
        for c in by_channel.order[:ROWS].tolist():
            numbers = (by_channel.mean[c], by_channel.std[c], by_channel.min[c], by_channel.max[c])
            name = visible(names[c])[:40] if names else str(c)
            rows.append([name, *(number_text(float(x)) for x in numbers), f"{by_channel.zeros[c] * 100:.1f} %"])
        word = noun(values)
        dead = f"{by_channel.dead:,} of {plan.channels:,} {word}s zero in every example"
        return {"channels": rows, "head": [word, "mean", "std", "smallest", "largest", "zeros"], "dead": dead}

    def _measures(self, ask: Question) -> Reply:
        """Return, for every call, the numbers that a drawing is coloured by; calls without numbers are left out."""
        by_key: dict[str, list[ValueStatistics]] = {call.key: [] for call in self._values.calls}
        values = self._values
        for label, s in statistics(values.model, values.all_examples(), list(by_key), training=values.training).items():
            by_key.setdefault(label if label in by_key else label[: label.rindex("[")], []).append(s)
        return {"found": {wire_key(key): self._measured(key, parts) for key, parts in by_key.items() if _size(parts)}}, []

    def _measured(self, key: str, parts: Sequence[ValueStatistics]) -> dict[str, Any]:
        """Return the root mean square and the share of zeros over all tensors of a call."""
        call, count = self._source.call(key), _size(parts)
        counted = call is not None and call.kind == "input" and not any("float" in x.dtype for x in call.outputs)
        size = nan if counted else (sum(s.norm**2 for s in parts) / count) ** 0.5  # numbers of words have no size
        zeros = sum(s.zeros * s.count for s in parts if s.count) / count
        texts = {"sizeText": number_text(size), "zerosText": f"{zeros * 100:.1f} %"}
        return {"size": size if isfinite(size) else None, "zeros": zeros, **texts}

    def _layer_values(self, ask: Question) -> LayerValues:
        key = self._by_wire.get(ask["layer"], str(ask["layer"]))  # else an operation inside a layer, or a part of one
        places = tuple(ask.get("places") or ())
        try:
            self._values.parts(key, ask["example"])  # which notices when the model has changed
        except ValueError:
            if not part_labels(self._values.model):
                raise
            why = "it is not in a part of the model that takes these data"
            raise ValueError(f"The values of {visible(key)[:80]!r} cannot be taken out: {why}.") from None
        return self._recent(self._values.version, key, ask["example"], ask.get("part", 0), ask.get("axis"), places)


def _size(parts: Sequence[ValueStatistics]) -> int:
    return sum(s.count for s in parts)


def _existing(picked: Sequence[int], channels: int) -> list[int]:
    return [c for c in picked if 0 <= c < channels]


def _visible(texts: Sequence[str] | None) -> list[str] | None:
    return None if texts is None else [visible(text)[:80] for text in texts]
