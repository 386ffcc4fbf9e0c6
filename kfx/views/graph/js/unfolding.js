// @ts-check
// Fold and unfold a drawing: which box shows a call, and the request to Python for another drawing.
import { middleOf } from "./drawing.js";

/** @import {GraphState} from "./redrawing.js" */
const PATIENCE_MS = 1000; // without an answer from Python before the view says that it waits

/**
 * Keys of the containers around a call or container, the innermost first.
 * @param {Record<string, string|null>} around @param {string} key @returns {string[]}
 */
export function holdersAround(around, key) {
  const found = [];
  for (let up = around[key] ?? null; up !== null; up = around[up] ?? null) found.push(up);
  return found;
}

/**
 * The box that shows a call: its own, the folded container around it, or of those inside it the one nearest to the
 * frame's title; -1 where none does.
 * @param {string} key @param {Pick<GraphState, "folding" | "drawing" | "places" | "framePlaces">} state
 */
export function boxShowing(key, { folding: { around }, drawing, places, framePlaces }) {
  const { boxes = [], frames = [] } = drawing;
  for (const holder of [key, ...holdersAround(around, key)]) {
    const i = boxes.indexOf(holder);
    if (i >= 0) return i;
  }
  const frame = framePlaces[frames.indexOf(key)];
  if (!frame) return -1;
  const inside = places.map((_, i) => i).filter((i) => holdersAround(around, boxes[i]).includes(key));
  const distance = (/** @type {number} */ i) =>
    Math.hypot(middleOf(places[i]).x - middleOf(frame).x, places[i].y - frame.y);
  return inside.reduce((best, i) => (best < 0 || distance(i) < distance(best) ? i : best), -1);
}

/**
 * @param {{host: HTMLElement, stage: Pick<import("./stage.js").Stage, "camera" | "look">,
 *   state: GraphState, say: (words: string) => void, onUnfold: (open: string[]) => void}} plot
 */
export function mountUnfolding({ host, stage, state, say, onUnfold }) {
  let timer = 0;
  /**
   * The part that keeps its place on the stage through a new drawing.
   * @type {null | {key: string, k: number, x: number, y: number}}
   */
  let held = null;

  /** The place of a box or of a call's frame. @param {string} key */
  function placeOfKey(key) {
    const { drawing, places, framePlaces } = state;
    return places[drawing.boxes.indexOf(key)] ?? framePlaces[drawing.frames.indexOf(key)];
  }

  /** @param {string} key */
  const holdersOf = (key) => holdersAround(state.folding.around, key);

  /** Return whether a call's box is a folded container. @param {string} key */
  const isFolded = (key) => state.folding.containers.includes(key) && !state.drawing.open.includes(key);

  /** Request a drawing with these containers unfolded. @param {string[]} open */
  function request(open) {
    clearTimeout(timer);
    host.setAttribute("aria-busy", "true");
    timer = setTimeout(() => say("Waiting for the kernel …"), PATIENCE_MS);
    onUnfold(open);
  }

  return {
    request,
    holdersOf,
    isFolded,
    /** The box that shows a call, -1 where none does. @param {string} key */
    visibleBox: (key) => boxShowing(key, state),
    /** The folded containers around a call. @param {string} key */
    foldedAround: (key) => holdersOf(key).filter(isFolded),
    /** Fold or unfold a container; it keeps its place on the stage. @param {string} key @param {boolean} open */
    setOpen(key, open) {
      const now = new Set(state.drawing.open);
      if (open) now.add(key);
      else for (const other of [...now]) if (other === key || holdersOf(other).includes(key)) now.delete(other);
      const { k, x, y } = stage.camera;
      const place = placeOfKey(key);
      held = place ? { key, k, x: x + k * middleOf(place).x, y: y + k * place.y } : null;
      request([...now]);
    },
    /** The answer has come, or there is none to wait for. */
    finish() {
      clearTimeout(timer);
      host.removeAttribute("aria-busy");
      say("");
    },
    heldKey: () => held?.key,
    /** Move the camera so that what was folded or unfolded is where it was. */
    settle() {
      const place = held && placeOfKey(held.key);
      const { k, x, y } = held ?? { k: 1, x: 0, y: 0 };
      if (place) stage.look({ k, x: x - k * middleOf(place).x, y: y - k * place.y });
      held = null;
    },
    destroy: () => clearTimeout(timer),
  };
}
