// @ts-check
// Folding and unfolding a drawing: which boxes hold others, and asking Python for the drawing with others unfolded.
import { boxShowing, holdersAround } from "./whereabouts.js";

const PATIENCE_MS = 1000; // without an answer from Python before that is said

/**
 * @param {{host: HTMLElement, stage: any, say: (words: string) => void, onUnfold: (open: string[]) => void,
 *   shown: () => {folding: any, drawing: any, places: any[], framePlaces: any[]}}} given `shown` is what is on the stage now
 */
export function mountUnfolding({ host, stage, say, onUnfold, shown }) {
  let timer = 0;
  let held = /** @type {null | {key: string, k: number, x: number, y: number}} */ (null); // what stays in its place through a new drawing

  /** Where a box or the frame of a call stands. @param {string} key */
  function placeOfKey(key) {
    const { drawing, places, framePlaces } = shown();
    return places[drawing.boxes.indexOf(key)] ?? framePlaces[drawing.frames.indexOf(key)];
  }

  /** @param {string} key */
  function holdersOf(key) {
    return holdersAround(shown().folding.around, key);
  }

  /** @param {string[]} open */
  function ask(open) {
    clearTimeout(timer);
    host.setAttribute("aria-busy", "true");
    timer = setTimeout(() => say("Waiting for the kernel …"), PATIENCE_MS);
    onUnfold(open);
  }

  return {
    ask,
    holdersOf,
    /** The box that shows a call, -1 where none does. @param {string} key */
    visibleBox(key) {
      const { folding, drawing, places, framePlaces } = shown();
      return boxShowing(key, { around: folding.around, boxes: drawing.boxes ?? [], frames: drawing.frames ?? [], places, framePlaces });
    },
    /** Is this call's box a folded container? @param {string} key */
    isFolded(key) {
      const { folding, drawing } = shown();
      return folding.containers.includes(key) && !drawing.open.includes(key);
    },
    /** What is folded around a call, from outside. @param {string} key */
    foldedAround(key) {
      return holdersOf(key).filter((holder) => this.isFolded(holder));
    },
    /** Fold or unfold; it stays where it stands. @param {string} key @param {boolean} open */
    turn(key, open) {
      const now = new Set(shown().drawing.open);
      if (open) now.add(key);
      else for (const other of [...now]) if (other === key || holdersOf(other).includes(key)) now.delete(other);
      const { k, x, y } = stage.camera();
      const place = placeOfKey(key);
      held = place ? { key, k, x: x + k * (place.x + place.w / 2), y: y + k * place.y } : null;
      ask([...now]);
    },
    /** The answer has come, or there is none to wait for. */
    answered() {
      clearTimeout(timer);
      host.removeAttribute("aria-busy");
      say("");
    },
    held: () => held?.key,
    /** Move the camera so that what was folded or unfolded stands where it stood. */
    settle() {
      const place = held && placeOfKey(held.key);
      if (held && place) stage.look({ k: held.k, x: held.x - held.k * (place.x + place.w / 2), y: held.y - held.k * place.y });
      held = null;
    },
    destroy: () => clearTimeout(timer),
  };
}
