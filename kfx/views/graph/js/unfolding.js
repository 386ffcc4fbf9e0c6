// @ts-check
// Fold and unfold a drawing: which box shows a call, and the request to Python for another drawing.
import { isKernelGone, KERNEL_GONE } from "../../../web/live.js";
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
export function boxShowing(key, { folding: { around, copies = {} }, drawing, places, framePlaces }) {
  const { boxes = [], frames = [] } = drawing;
  for (const holder of [key, ...holdersAround(around, key)]) {
    const i = boxes.indexOf(holder);
    if (i >= 0) return i;
  }
  const line = around[key] ?? ""; // whose frame stands for the copy that it shows
  const isShown = copies[line]?.indexOf(key) === copyShown(line, drawing.open ?? []);
  const frame = framePlaces[frames.indexOf(isShown ? line : key)];
  if (!frame) return -1;
  const inside = places.map((_, i) => i).filter((i) => holdersAround(around, boxes[i]).includes(key));
  const distance = (/** @type {number} */ i) =>
    Math.hypot(middleOf(places[i]).x - middleOf(frame).x, places[i].y - frame.y);
  return inside.reduce((best, i) => (best < 0 || distance(i) < distance(best) ? i : best), -1);
}

/**
 * The copy that is shown of a line of equal parts: its number from 0, "all", or null where the line is folded.
 * @param {string} line @param {string[]} open @returns {number|"all"|null}
 */
export function copyShown(line, open) {
  if (!open.includes(line)) return null;
  const entry = open.find((one) => one.startsWith(`${line}#`))?.slice(line.length + 1);
  return entry === "all" ? "all" : Number(entry ?? 1) - 1;
}

/**
 * What is to be unfolded so that a call shows: containers, and `line#3` for the third copy of a line of equal parts.
 * @param {string} key @param {Pick<GraphState, "folding" | "drawing">} state
 */
export function hiddenBy(key, { folding: { around, containers, copies = {} }, drawing: { open, boxes } }) {
  const chain = [key, ...holdersAround(around, key)];
  const found = /** @type {string[]} */ ([]);
  chain.slice(1).forEach((holder, i) => {
    const [inner, outer] = [chain[i], chain[i + 2]];
    const isCopy = copies[outer]?.includes(holder) && copyShown(outer, open) !== "all" && !boxes.includes(holder);
    if (copies[holder]) {
      const [shown, wanted] = [copyShown(holder, open), copies[holder].indexOf(inner)];
      if (shown !== "all" && shown !== wanted) found.push(holder, `${holder}#${wanted + 1}`);
    } else if (containers.includes(holder) && !open.includes(holder) && !isCopy) found.push(holder);
  });
  return found;
}

/** What is unfolded, with `more`; of each line one copy stays. @param {string[]} open @param {string[]} more */
export function opening(open, more) {
  const lines = more.filter((entry) => /#(\d+|all)$/.test(entry)).map((entry) => entry.replace(/#(\d+|all)$/, "#"));
  return [...open.filter((entry) => !lines.some((line) => entry.startsWith(line))), ...more];
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
    timer = setTimeout(() => {
      say(isKernelGone(host) ? KERNEL_GONE : "Waiting for the kernel …");
      if (isKernelGone(host)) host.removeAttribute("aria-busy");
    }, PATIENCE_MS);
    onUnfold(open);
  }

  return {
    request,
    holdersOf,
    isFolded,
    /** The box that shows a call, -1 where none does. @param {string} key */
    visibleBox: (key) => boxShowing(key, state),
    /** What is to be unfolded around a call. @param {string} key */
    foldedAround: (key) => hiddenBy(key, state),
    /** Unfold more. @param {string[]} more */
    unfoldAll: (more) => request(opening(state.drawing.open, more)),
    /** The first unfolded line of equal parts: its key, how many there are, and which is shown. */
    openLine() {
      const copies = state.folding.copies ?? {};
      const line = Object.keys(copies).find((key) => copyShown(key, state.drawing.open ?? []) !== null);
      return line === undefined
        ? null
        : { line, count: copies[line].length, shown: copyShown(line, state.drawing.open) };
    },
    /** Fold or unfold a container; it keeps its place on the stage. @param {string} key @param {boolean} open */
    setOpen(key, open) {
      const now = new Set(state.drawing.open);
      if (open) now.add(key);
      else {
        const inside = (/** @type {string} */ other) => other === key || other.startsWith(`${key}#`)
          || holdersOf(other.replace(/#(\d+|all)$/, "")).includes(key);
        for (const other of [...now]) if (inside(other)) now.delete(other);
      }
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
