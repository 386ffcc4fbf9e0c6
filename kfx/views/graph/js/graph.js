// @ts-check
// A model's drawing in the page: fold, find, select, follow paths, recolour. Python draws and lays out; this shows.
import { setTrait } from "../../../web/live.js";
import { findBox } from "../../../web/ui.js";
import { search } from "../../../web/tree.js";
import { mountCopies } from "../copies.js";
import { mountColours } from "./colouring.js";
import { mountHits } from "./hits.js";
import { plotActs } from "./keys.js";
import { plotParts } from "./parts.js";
import { watchBoxes } from "./pointer.js";
import { graphState, mountRedrawing } from "./redrawing.js";
import { Selection } from "./selection.js";
import { Stage } from "./stage.js";
import { mountUnfolding } from "./unfolding.js";

/**
 * Put a model's drawing into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {import("../../../web/live.js").WidgetModel} model of a `PlotWidget`; `redraw` shows each new drawing of it
 * @param {{colour?: string, onSelect?: (key: string) => void, onColour?: (by: string) => void, head?: boolean,
 *   panel?: boolean, bare?: boolean, left?: boolean, measures?: boolean}} [options] `head` (name, facts and find box)
 *   and `panel` (the facts of the layer under the pointer) are on unless set to false; `bare` leaves out the legend,
 *   and leaves the head and the tools to the caller, who finds them in `finder` and `zoomButtons`; `left`: a small
 *   drawing is placed at the left; `measures`: it can be coloured by what `addMeasured` brings
 */
export function mountPlot(host, model, options = {}) {
  const { onSelect = () => {}, left = false } = options;
  const state = graphState(model);
  const stage = new Stage(left, (target) => acts.press(target));
  const { svg } = stage;
  const hits = mountHits({
    found: (text) => (search(state.tree, text)?.hits ?? []).filter((key) => !state.drawing.frames?.includes(key)),
    say: (words) => finder?.say(words),
    onHits: (text) => {
      svg.classList.toggle("kfx-finding", Boolean(text));
      selection.mark();
    },
    onStep: (key) => selection.goTo(key),
  });
  const finder = options.head === false
    ? null
    : findBox({ onFind: hits.find, onStep: hits.step, onLeave: () => selection.focus() });
  const unfolding = mountUnfolding({
    host, stage, state,
    onUnfold: (open) => setTrait(model, "unfolded", open),
    say: (words) => { parts.status.textContent = words; },
  });
  const colours = mountColours(state, options);
  const copies = mountCopies(unfolding);
  const parts = plotParts(state.facts, options, { stage, colours, copies: copies.node, finder: finder?.node ?? null });
  host.append(...parts.all);
  const selection = new Selection(state, { stage, unfolding, hits, panel: parts.panel, onSelect });
  const acts = plotActs(state, { stage, unfolding, selection, finder });
  const { redraw, renew } = mountRedrawing(state, { stage, unfolding, selection, colours, copies, parts });
  svg.addEventListener("keydown", acts.keydown);
  const stopWatching = watchBoxes(svg, {
    onBox: (i) => selection.pointAt(i),
    onLeave: () => selection.pointAt(-1),
    onFocus: (i, seen) => selection.focused(i, seen),
  });
  redraw(state.drawing, true);
  selection.select(model.get("selected"));
  return {
    redraw,
    renew,
    select: (/** @type {string} */ key) => selection.select(key),
    recolour: colours.recolour,
    addMeasured: colours.addMeasured,
    refuseMeasures: colours.refuseMeasures,
    find: hits.find,
    finder: finder?.node ?? null,
    zoomButtons: parts.zoom,
    destroy: () => {
      unfolding.destroy();
      stopWatching();
      stage.destroy();
      parts.all.forEach((part) => part.remove());
    },
  };
}
