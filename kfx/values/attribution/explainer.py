"""Attribute batch after batch: find the target and the places once, then run the methods."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.attribution.baseline import baselines
from kfx.values.attribution.by_gradient import Completeness, gradient_x_input, integrated, no_path, smoothgrad
from kfx.values.attribution.cam import cam_maps, last_with_space
from kfx.values.attribution.explained import Arrays, Explained, require_finite, require_finite_score
from kfx.values.attribution.goal import Goal, OutputFact, choose_goal
from kfx.values.attribution.occlusion import occlusion
from kfx.values.attribution.passes import Passes
from kfx.values.attribution.places import Place, find_places
from kfx.values.attribution.reading import Reading, read_model, signature_of
from kfx.values.attribution.settings import CAMS, Settings, by_input
from kfx.values.attribution.work import Advance, Work
from kfx.values.axes import axis_names
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batch, Batches
from kfx.values.data.floats import as_floats
from kfx.values.data.names import input_names, named_outputs
from kfx.values.features import address_text, to_numpy
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.calls import addressable_calls
from kfx.values.tap.choose import choose_addresses
from kfx.values.tap.program import cached

if TYPE_CHECKING:
    import keras


@dataclass
class Known:
    """What is found out at the first batch.

    Attributes:
        reading: What is known of the model.
        goal: What is attributed.
        names: Of the inputs, flat.
        facts: Of the outputs.
        places: Of the inputs.
        methods: Those to run.
        cams: For Grad-CAM: the address and its axis of channels, by input.
        left_out: Sentences on what is not attributed.
    """

    reading: Reading
    goal: Goal
    names: list[str]
    facts: tuple[OutputFact, ...]
    places: tuple[Place, ...]
    methods: tuple[str, ...]
    cams: dict[str, tuple[str, int]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class Explainer:
    """Attributes batches: ``explainer(batch)`` returns `Explained`.

    Args:
        model: A built Keras model that can be called.
        batches: The data.
        target: As for `choose_goal`.
        class_names: As for `choose_goal`.
        logits: Whether a logit counts in place of what a softmax or sigmoid makes.
        settings: The methods and how they run.
        advance: Told how far the work is.
    """

    def __init__(
        self,
        model: keras.Model,
        batches: Batches,
        *,
        target: object = None,
        class_names: object = None,
        logits: bool = True,
        settings: Settings,
        advance: Advance = lambda method, done, total: None,
    ) -> None:
        self.model, self.settings, self._batches = model, settings, batches
        self._target, self._class_names, self._logits, self._advance = target, class_names, logits, advance
        self.attempt = Attempt(model, "*", training=False)
        self.known: Known | None = None
        self._own: Passes | None = None
        self._is_apart = False

    def __call__(self, batch: Batch, target: np.ndarray | None = None) -> Explained:
        """Attribute a batch; ``target`` holds other units for its examples than those of the goal."""
        if batch.lengths:
            raise ValueError("The inputs have different numbers of examples and are one whole, so that there are no examples.")
        batch = usable(batch, self.model, training=False)
        return self.attempt(batch, partial(self._explained, batch, target))

    def work(self, batch: Batch, target: np.ndarray | None = None) -> tuple[Work, Any, Any]:
        """Return what a batch needs to be attributed, and the model's output with and without logits."""
        inputs = as_floats(self.model, batch.inputs)
        flat = import_keras().tree.flatten(inputs)
        require_finite(batch, flat, input_names(self.model, batch.inputs, self._batches.expected))
        if self.known is None:
            self.known = self._find_out(inputs, flat)
        known = self.known
        passes = self._passes(known, inputs)
        output, logits = passes.plain(inputs)
        units = self._units(known, to_numpy(output)) if target is None else np.asarray(target, "int32")
        whole = None if self._batches.comes_in_batches else dict(
            zip(known.names, import_keras().tree.flatten(self._batches.data), strict=False)
        )  # fmt: skip
        base = baselines(flat, known.names, self.settings.baseline, whole)
        work = Work(
            passes, self.settings, known.reading, known.names, inputs,
            import_keras().tree.pack_sequence_as(inputs, base), units, known.places, self._batches.fixed,
            self._depends(known, len(flat)), self._advance,
        )  # fmt: skip
        return work, output, logits

    def _explained(self, batch: Batch, target: np.ndarray | None) -> Explained:
        import tensorflow as tf

        work, output, logits = self.work(batch, target)
        known = self.known
        assert known is not None
        arrays = [np.asarray(x) for x in named_outputs(self.model, to_numpy(logits)).values()]
        score = known.goal.score(arrays, work.units)
        if score is None:
            score = np.asarray(work.passes.scores(work.inputs, tf.constant(work.units)), "float64")
        work.score = score
        require_finite_score(batch, score)
        maps: dict[str, Arrays] = {}
        coarse: dict[str, Arrays] = {}
        fit: Completeness | None = None
        tries = 0
        for method in known.methods:
            maps[method], own, fitted, tried = self.run(work, method)
            if own:
                coarse[method] = own
            fit, tries = fitted or fit, tried or tries
        cut = batch.cut
        return Explained(
            {method: {name: cut(x) for name, x in by.items()} for method, by in maps.items()},
            {method: {name: cut(x) for name, x in by.items()} for method, by in coarse.items()},
            cut(score),
            cut(work.units),
            {name: cut(x) for name, x in named_outputs(self.model, to_numpy(output)).items()},
            {name: cut(x) for name, x in named_outputs(self.model, to_numpy(logits)).items()},
            None if fit is None else Completeness(*map(cut, (fit.score, fit.baseline, fit.total, fit.steps))),
            tries,
        )

    def run(self, work: Work, method: str) -> tuple[Arrays, Arrays, Completeness | None, int]:
        """Return the maps of one method by input, those before they are enlarged, whether they add up, and the tries."""
        assert self.known is not None
        if method in CAMS:
            return *cam_maps(work, method, self.known.cams), None, 0
        if method == "occlusion":
            large, coarse, tries = occlusion(work)
            return large, coarse, None, tries
        if not work.open_places:
            raise ValueError(no_path(work))
        if method == "integrated":
            maps, fit = integrated(work)
            return maps, {}, fit, 0
        return (smoothgrad if method == "smoothgrad" else gradient_x_input)(work), {}, None, 0

    def apart(self, **settings: Any) -> Explainer:
        """Return the same with other settings, and with compiled passes of its own, whose weights may be replaced."""
        other = copy.copy(self)
        other.settings = replace(self.settings, **settings)
        other._own, other._is_apart = None, True
        return other

    def _find_out(self, inputs: Any, flat: Sequence[Any]) -> Known:
        model, eager = self.model, self.attempt.run_eagerly
        reading = cached(model, signature_of(read_model, flat, eager), lambda: read_model(model, inputs, run_eagerly=eager))
        names = input_names(model, inputs, self._batches.expected)
        facts = tuple(
            OutputFact(name, tuple(0 if n is None else n for n in shape[1:]), is_logit)
            for (name, shape), is_logit in zip(reading.shapes, reading.logits, strict=True)
        )
        goal = choose_goal(self._target, facts, self._class_names, logits=self._logits)
        known = Known(reading, goal, names, facts, find_places(flat, names, reading), ())
        self._choose_methods(known, inputs)
        return known

    def _choose_methods(self, known: Known, inputs: Any) -> None:
        """Set the methods, and where Grad-CAM looks; the usual ones are those that the model allows."""
        wanted, by_itself = self.settings.methods, not self.settings.methods
        spatial = any(len(place.shape) >= 3 for place in known.places)
        if by_itself:
            wanted = ("gradcam", "integrated", "occlusion") if spatial else ("integrated",)
        if any(method in CAMS for method in wanted):
            known.cams = self._cam_addresses(known, inputs)
            if not known.cams and not by_itself:
                raise ValueError(
                    f"No layer of {str(self.model.name)!r} keeps space, with values (batch, height, width, channel) or (batch, "
                    "step, channel), so that Grad-CAM and Layer-CAM have nothing to show; use method='integrated' or "
                    "'occlusion', or say which layer."
                )
        if by_itself:
            wanted = tuple(method for method in wanted if method not in CAMS or known.cams)
            if not any(place.keys for place in known.places):
                wanted = ("occlusion",)
        known.methods = wanted
        gradients = any(method not in CAMS and method != "occlusion" for method in wanted)
        known.left_out = [f"left out: {place.why_not}" for place in known.places if place.why_not and gradients]

    def _cam_addresses(self, known: Known, inputs: Any) -> dict[str, tuple[str, int]]:
        given = by_input(self.settings.layer, known.names, "layer")
        depends = self._depends(known, len(known.names))
        facts = {call.key: call for call in known.reading.calls}
        found: dict[str, tuple[str, int]] = {}
        for place in known.places:
            if given[place.name] is not None:
                key = self._one_address(given[place.name], inputs)
                call = facts.get(key)
                if isinstance(self.settings.layer, Mapping) or call is None or place.number in call.inputs:
                    found[place.name] = (key, self._channels(key, call, inputs))
            elif place.number in depends:
                call = last_with_space(known.reading, place)
                if call is not None:
                    found[place.name] = (call.key, self._channels(call.key, call, inputs))
        if self.settings.layer is not None and not isinstance(self.settings.layer, Mapping):
            spatial = {name: one for name, one in found.items() if len(known.places[known.names.index(name)].shape) > 1}
            found = spatial or found
        return found

    def _one_address(self, layer: object, inputs: Any) -> str:
        found = choose_addresses(self.model, layer, inputs, run_eagerly=self.attempt.run_eagerly)
        if len(found) != 1:
            some = ", ".join(repr(address_text(key)) for key in found[:6])
            raise ValueError(f"`layer` is {layer!r:.60}, which means {len(found)} calls: {some}. Give one address.")
        return found[0]

    def _channels(self, key: str, call: Any, inputs: Any) -> int:
        """Return the axis of the channels of the values at an address."""
        calls = addressable_calls(self.model, inputs, run_eagerly=self.attempt.run_eagerly)
        rank = len(call.shape) if call is not None else next((len(c.outputs[0].shape or ()) for c in calls if c.key == key), 0)
        if call is not None and rank < 3:
            shape = ", ".join(["batch", *map(str, call.shape[1:])])
            raise ValueError(
                f"The values at {address_text(key)!r} have the form ({shape}) without space; Grad-CAM and Layer-CAM need an "
                "earlier layer, method='integrated' and 'occlusion' none."
            )
        names = axis_names(self.model, [key], calls)[key].of(rank) if rank else ()
        return next((names.index(word) for word in ("channel", "unit") if word in names), rank - 1 if rank else -1)

    def _passes(self, known: Known, inputs: Any) -> Passes:
        eager, goal = self.attempt.run_eagerly, known.goal
        positions = {call.key: call.position for place in known.places for call in place.calls}
        addresses: tuple[str, ...] = ()
        if goal.kind == "address":
            addresses = self._goal_addresses(goal.address, inputs)

        def make() -> Passes:
            return Passes(self.model, goal, positions, eager=eager, addresses=addresses)

        if goal.kind == "function" or self._is_apart:  # a function may hold the model, so that it cannot be kept with it
            self._own = self._own or make()
            return self._own
        return cached(self.model, (Passes, goal, tuple(positions.items()), eager, addresses), make)

    def _goal_addresses(self, address: str, inputs: Any) -> tuple[str, ...]:
        try:
            return choose_addresses(self.model, address, inputs, run_eagerly=self.attempt.run_eagerly)
        except ValueError as error:
            if self._class_names is None:
                raise
            raise ValueError(f"`target` is {address[:60]!r}, which is no class name. {error}") from None

    def _units(self, known: Known, output: Any) -> np.ndarray:
        if known.goal.kind in ("address", "function"):
            rows = next(len(x) for x in import_keras().tree.flatten(output) if np.ndim(x))
            return np.zeros((rows, 1), "int32")
        return known.goal.chosen(list(named_outputs(self.model, output).values())[known.goal.output])

    def _depends(self, known: Known, count: int) -> frozenset[int]:
        """Return the numbers of the inputs that the target may depend on."""
        if known.goal.kind in ("address", "function") or not known.reading.outputs:
            return frozenset(range(count))
        return known.reading.outputs[known.goal.output]
