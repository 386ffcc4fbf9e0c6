"""What the live inspector asks and what it gets: plain facts, and arrays as bytes; only what is shown is sent."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from kfx.draw.values.colormap import all_ramps
from kfx.draw.values.input_picture import small_file
from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.numbers import figures, number_text
from kfx.draw.values.scale import quantised, smaller
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.values.statistics import statistics
from kfx.values.tap.choose import raw_refusal
from kfx.views.inspector.facts import channels_line, four_figures, noun, shown_shape
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.view import Inspector
from kfx.views.payload import wire_key

MAP_SIDE = 112  # px of a map in the grid at most: two dots for each of its 56 px
STRIP = 480  # steps of a strip in the grid at most
PAGE = 64  # maps in one answer at most
EXACT = 1 << 20  # values of the large map that are sent as they are
RECENT = 8  # laid-out layers that are kept
BINS = 40  # of a histogram over all data

_log = logging.getLogger("kfx")
Reply = tuple[dict[str, Any], list[bytes]]


class Answers:
    """Answers what the browser asks: ``answers({"what": "layer", ...})`` -> facts and buffers. It never raises.

    Args:
        inspector: Whose values are asked for.
    """

    def __init__(self, inspector: Inspector) -> None:
        self.inspector = inspector
        self._by_wire = {wire_key(call.key): call.key for call in inspector.values.calls}
        self._recent: OrderedDict[Any, LayerValues] = OrderedDict()
        self._asked = {
            "layer": self._layer,
            "maps": self._maps,
            "channel": self._channel,
            "example": self._example,
            "silence": self._silence,
            "statistics": self._statistics,
            "measures": self._measures,
        }

    def __call__(self, ask: dict[str, Any]) -> Reply:
        try:
            return self._asked[ask["what"]](ask)
        except Exception as error:
            _log.debug("The inspector could not answer %r:", ask, exc_info=True)
            said_ = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(said_)[:600]}, []

    def traits(self) -> dict[str, Any]:
        """First values of the widget's traits."""
        view = self.inspector
        return {
            "about": {
                "name": visible(str(view.values.model.name)),
                "count": view.values.count,
                "notes": list(view.notes),
                "layers": [_layer_facts(call) for call in view.values.calls],
            },
            "ramps": all_ramps(),
            "selected": wire_key(view.layer),
            "example": view.example,
            "channel": -1 if view.channel is None else view.channel,
            "scale": view.scale,
        }

    # ------------------------------------------------------------------------------------------------ answers

    def _layer(self, ask: dict[str, Any]) -> Reply:
        values = self._values(ask)
        plan, rank, scale = values.plan, values.rank, values.scale
        call = self.inspector.call(values.key)
        facts: dict[str, Any] = {
            "label": visible(values.label),
            "shape": shown_shape(values.shape),
            "type": values.type,
            "kind": plan.kind,
            "noun": noun(values),
            "note": values.note,
            "line": channels_line(values),
            "channels": plan.channels,
            "rows": plan.rows,
            "columns": plan.columns,
            "axis": plan.channel,
            "ways": list(plan.ways),
            "steps": [[axis, length] for axis, length in plan.steps],
            "parts": self._part_labels(ask),
            "low": scale.low,
            "high": scale.high,
            "signed": scale.signed,
            "clipped": scale.clipped,
            "silenceable": call is not None and call.kind != "input" and plan.channel >= 0,
            "tokens": _visible(self.inspector.tokens(values, ask["example"])),
            "names": _visible(self.inspector.unit_names(values)),
        }
        if plan.kind == "nothing":
            return facts, []
        buffers = [rank.order.astype("<i4").tobytes()]
        wanted = ask.get("channels")
        picked = [c for c in wanted if 0 <= c < plan.channels] if wanted else rank.order[: _page(ask, plan.kind)].tolist()
        if plan.kind == "vector":
            picked = []
        facts["page"], page = _page_of(values, picked)
        channel = ask.get("channel")
        channel = channel if isinstance(channel, int) and 0 <= channel < plan.channels else int(rank.order[0])
        facts["one"], one = _one_of(values, channel)
        return facts, [*buffers, *page, *one]

    def _maps(self, ask: dict[str, Any]) -> Reply:
        values = self._values(ask)
        picked = [c for c in ask["channels"] if 0 <= c < values.plan.channels][:PAGE]
        return _page_of(values, picked)

    def _channel(self, ask: dict[str, Any]) -> Reply:
        values = self._values(ask)
        if not 0 <= ask["channel"] < values.plan.channels:
            raise ValueError(f"There is no channel {ask['channel']}; there are {values.plan.channels}.")
        return _one_of(values, ask["channel"])

    def _example(self, ask: dict[str, Any]) -> Reply:
        buffers, inputs = [], []
        for one in self.inspector.inputs(ask["example"]):
            facts: dict[str, Any] = {"name": visible(one.name), "kind": one.kind, "text": one.text}
            if one.rgb is not None:
                media, content = small_file(one.rgb, 320)
                facts |= {"media": media, "height": one.rgb.shape[0], "width": one.rgb.shape[1], "buffer": len(buffers)}
                buffers.append(content)
            inputs.append(facts)
        outputs = self.inspector.values.outputs(ask["example"])
        found = [_prediction_facts(one) for one in self.inspector.predictions(outputs)]
        return {"inputs": inputs, "predictions": found}, buffers

    def _silence(self, ask: dict[str, Any]) -> Reply:
        values = self._values(ask)
        outputs = self.inspector.values.silenced(
            values.key, ask.get("part", 0), values.plan.channel + 1, ask["channel"], ask["example"]
        )
        before = {one.name: one for one in self.inspector.predictions(self.inspector.values.outputs(ask["example"]))}
        found = []
        for now in self.inspector.predictions(outputs):
            was = before.get(now.name)
            far = max(now.far, was.far if was else 0.0)  # one scale for both: the mark of before stands on the bar of now
            marks = {row.unit: row.share for row in was.scaled(far).rows} if was else {}
            found.append({**_prediction_facts(now.scaled(far)), "before": marks})
        return {"predictions": found}, []

    def _statistics(self, ask: dict[str, Any]) -> Reply:
        values = self.inspector.values
        key = self._by_wire.get(ask["layer"], ask["layer"])
        found = statistics(values.model, values.all_examples(), key, bins=BINS)
        label, s = list(found.items())[min(ask.get("part", 0), len(found) - 1)]
        pairs = [
            ("mean", number_text(s.mean)),
            ("std", number_text(s.std)),
            ("smallest", number_text(s.min)),
            ("largest", number_text(s.max)),
        ]
        pairs += [("zeros", f"{s.zeros * 100:.1f} %"), ("norm", number_text(s.norm)), ("values", f"{s.count:,}")]
        pairs += [(name, f"{n:,}") for name, n in (("NaN", s.nan), ("infinite", s.inf)) if n]
        facts = {"label": visible(label), "figures": pairs, "bins": [], "examples": values.count}
        if s.histogram is not None:
            facts |= {
                "bins": s.histogram.counts.tolist(),
                "ends": [number_text(float(s.histogram.edges[0])), number_text(float(s.histogram.edges[-1]))],
            }
        return facts, []

    def _measures(self, ask: dict[str, Any]) -> Reply:
        """What a drawing is coloured by: of every call the root mean square and the share of zeros over all data."""
        values = self.inspector.values
        by_key: dict[str, list[Any]] = {}
        for call in values.calls:
            by_key.setdefault(call.key, [])
        for label, s in statistics(values.model, values.all_examples(), list(by_key)).items():
            key = label if label in by_key else label[: label.rindex("[")]
            by_key.setdefault(key, []).append(s)
        found = {}
        for key, parts in by_key.items():
            count = sum(s.count for s in parts)
            if not count:
                continue
            call = self.inspector.call(key)
            counted = call is not None and call.kind == "input" and not any("float" in x.dtype for x in call.outputs)
            size = float("nan") if counted else (sum(s.norm**2 for s in parts) / count) ** 0.5  # numbers of words have no size
            zeros = sum(s.zeros * s.count for s in parts if s.count) / count
            facts = {"size": size if isfinite(size) else None, "sizeText": number_text(size)}
            found[wire_key(key)] = {**facts, "zeros": zeros, "zerosText": f"{zeros * 100:.1f} %"}
        return {"found": found}, []

    # ------------------------------------------------------------------------------------------------ parts

    def _values(self, ask: dict[str, Any]) -> LayerValues:
        key = self._by_wire.get(ask["layer"])
        if key is None:
            said_ = raw_refusal(self.inspector.values.model, str(ask["layer"]))
            raise ValueError(said_ or f"The values of {visible(str(ask['layer']))[:80]!r} cannot be taken out.")
        axis = ask.get("axis")
        places = tuple(ask.get("places") or ())
        part = ask.get("part", 0)
        self.inspector.values.parts(key, ask["example"])  # which notices when the model has changed
        which = (self.inspector.values.version, key, ask["example"], part, axis, places)
        if which not in self._recent:
            self._recent[which] = self.inspector.at(key, ask["example"], part=part, channel=axis, places=places)
        self._recent.move_to_end(which)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        return self._recent[which]

    def _part_labels(self, ask: dict[str, Any]) -> list[str]:
        found = self.inspector.values.parts(self._by_wire[ask["layer"]], ask["example"])
        return [visible(label) for label, _ in found] if len(found) > 1 else []


def _page(ask: dict[str, Any], kind: str) -> int:
    wanted = int(ask.get("count", 30))
    return max(0, min(PAGE, wanted, int(ask.get("strips", wanted)) if kind == "strips" else wanted))


def _visible(texts: Sequence[str] | None) -> list[str] | None:
    return None if texts is None else [visible(text)[:80] for text in texts]


def _page_of(values: LayerValues, picked: Sequence[int]) -> Reply:
    """Maps of the grid: bytes between each map's own ends, which come with them."""
    side = 1
    stack = values.stack[list(picked)] if len(picked) else np.zeros((0, 1, 1), "float32")
    if len(picked):
        stack, side = smaller(stack, STRIP if values.plan.kind == "strips" else MAP_SIDE)
    levels, ends = quantised(stack)
    facts = {"channels": list(map(int, picked)), "rows": stack.shape[1], "columns": stack.shape[2], "side": side}
    return facts, [levels.tobytes(), ends.astype("<f4").tobytes()]


def _one_of(values: LayerValues, channel: int) -> Reply:
    """One channel exactly, with its figures; a vector as a whole."""
    whole = values.stack[channel] if values.plan.kind != "vector" else values.stack.reshape(1, -1)
    found = figures(whole)
    sent, side = (whole, 1) if whole.size <= EXACT else (smaller(whole[None], 1024)[0][0], 0)
    if not side:
        side = -(-max(whole.shape) // 1024)
    wide = sent.dtype.itemsize > 4
    facts = {
        "channel": int(channel),
        "rows": sent.shape[0],
        "columns": sent.shape[1],
        "side": side,
        "wide": wide,
        "figures": four_figures(found),
        "bins": list(found.bins),
        "ends": [number_text(found.smallest), number_text(found.largest)],
        "low": found.smallest if found.count else 0.0,
        "high": found.largest if found.count else 0.0,
    }
    return facts, [np.ascontiguousarray(sent, "<f8" if wide else "<f4").tobytes()]


def _prediction_facts(one: Prediction) -> dict[str, Any]:
    rows = [{"name": row.name, "unit": row.unit, "text": row.text, "share": row.share} for row in one.rows]
    return {"name": visible(one.name), "rows": rows, "units": one.units, "note": one.note}


def _layer_facts(call: Any) -> dict[str, Any]:
    return {
        "key": wire_key(call.key),
        "label": visible(call.key),
        "type": numbers.kind_of(call),
        "family": call.family,
        "shape": numbers.shapes(call.outputs),
        "depth": call.depth,
    }
