// @ts-check
// Presses and keys in a drawing.
import { keyListener } from "../../../web/ui.js";
import { stepFrom } from "./walk_keys.js";

/**
 * The listeners for presses and keys.
 * @param {import("./redrawing.js").GraphState} state
 * @param {{stage: import("./stage.js").Stage, unfolding: any, selection: import("./selection.js").Selection,
 *   finder: {input: HTMLInputElement}|null}} plot
 */
export function plotActs(state, { stage, unfolding, selection, finder }) {
  /** Unfold a folded container, choose any other box. @param {number} i */
  function open(i) {
    const key = state.drawing.boxes[i];
    if (unfolding.isFolded(key)) selection.unfold(key);
    else selection.choose(i);
  }

  /** Fold the container around the box with the tab stop. */
  function close() {
    const around = state.folding.around[selection.stopKey] ?? null;
    if (around !== null) unfolding.setOpen(around, false);
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    Enter: () => open(selection.stop),
    " ": () => selection.choose(selection.stop),
    Backspace: close,
    "/": () => finder?.input.focus(),
    f: () => stage.fit(),
    "+": () => stage.zoom(1.25),
    "-": () => stage.zoom(0.8),
    Home: () => selection.focus(0),
    End: () => selection.focus(state.boxes.length - 1),
    Escape: () => selection.leave(),
  };
  for (const arrow of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) {
    keys[arrow] = () => selection.focus(
      stepFrom(arrow, selection.stop, state.drawing.ends, state.places, state.drawing.flow),
    );
  }

  return {
    /** A click or a tap on a part of the drawing. @param {Element} target */
    press(target) {
      const frame = target.closest(".kfx-fold")?.closest("[data-f]");
      if (frame) return unfolding.setOpen(state.drawing.frames[Number(frame.getAttribute("data-f"))], false);
      const box = target.closest("[data-n]");
      if (!box) return selection.pointAt(-1);
      const i = Number(box.getAttribute("data-n"));
      selection.focus(i, false);
      return open(i);
    },
    keydown: keyListener((event) => Object.hasOwn(keys, event.key) && keys[event.key]),
  };
}
