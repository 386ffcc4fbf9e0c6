// @ts-check
// What a press and the keys do in a drawing.
import { stepFrom } from "./walk_keys.js";

/**
 * @typedef {object} PlotActs
 * @property {() => void} open what Enter does: unfold, or choose
 * @property {() => void} choose @property {() => void} close fold what is around @property {() => void} find
 * @property {() => void} fit @property {(factor: number) => void} zoom
 * @property {() => void} first @property {() => void} last @property {(arrow: string) => void} walk along a line
 * @property {() => void} leave give up what is chosen, then the focus
 * @property {(target: Element) => void} press what a click or a tap on a part of the drawing does
 */

/**
 * @param {import("./redrawing.js").GraphState} state
 * @param {{stage: import("./stage.js").Stage, unfolding: any, selection: import("./selection.js").Selection,
 *   finder: {input: HTMLInputElement}|null}} plot
 * @returns {PlotActs}
 */
export function plotActs(state, { stage, unfolding, selection, finder }) {
  /** Unfold a folded container, choose any other box. @param {number} i */
  function open(i) {
    const key = state.drawing.boxes[i];
    if (unfolding.isFolded(key)) selection.unfold(key);
    else selection.choose(i);
  }

  return {
    open: () => open(selection.stop),
    choose: () => selection.choose(selection.stop),
    close: () => {
      const around = state.folding.around[selection.stopKey] ?? null;
      if (around !== null) unfolding.setOpen(around, false);
    },
    find: () => finder?.input.focus(),
    fit: () => stage.fit(),
    zoom: (factor) => stage.zoom(factor),
    first: () => selection.focus(0),
    last: () => selection.focus(state.boxes.length - 1),
    walk: (arrow) => selection.focus(
      stepFrom(arrow, selection.stop, state.drawing.ends, state.places, state.drawing.flow),
    ),
    leave: () => selection.leave(),
    press: (target) => {
      const frame = target.closest(".kfx-fold")?.closest("[data-f]");
      if (frame) return unfolding.setOpen(state.drawing.frames[Number(frame.getAttribute("data-f"))], false);
      const box = target.closest("[data-n]");
      if (!box) return selection.pointAt(-1);
      const i = Number(box.getAttribute("data-n"));
      selection.focus(i, false);
      return open(i);
    },
  };
}

/**
 * The act of a key; undefined for a key that does nothing here.
 * @param {string} key @param {PlotActs} acts @returns {(() => void)|undefined}
 */
function actOf(key, acts) {
  if (key.startsWith("Arrow")) return () => acts.walk(key);
  const known = /** @type {Record<string, () => void>} */ ({
    Enter: acts.open,
    " ": acts.choose,
    Backspace: acts.close,
    "/": acts.find,
    f: acts.fit,
    "+": () => acts.zoom(1.25),
    "-": () => acts.zoom(0.8),
    Home: acts.first,
    End: acts.last,
    Escape: acts.leave,
  });
  return Object.hasOwn(known, key) ? known[key] : undefined;
}

/**
 * Do what a key does, and keep the notebook's own shortcuts out; chords are left to the page.
 * @param {KeyboardEvent} event @param {PlotActs} acts
 */
export function answerKey(event, acts) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = actOf(event.key, acts);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}
