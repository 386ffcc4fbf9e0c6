// @ts-check
// The parts of a drawing in the page: their places, and what makes them buttons.
import { makeSvg } from "../../../web/ui.js";

/** @typedef {{x: number, y: number, w: number, h: number}} Place */

/**
 * The groups of one kind by their numbers: `n` boxes, `f` frames, `t` their titles, `e` lines.
 * @param {Element} world @param {string} letter
 */
function numberedParts(world, letter) {
  const found = /** @type {any[]} */ ([]);
  const name = `data-${letter}`;
  for (const group of world.querySelectorAll(`[${name}]`)) found[Number(group.getAttribute(name))] = group;
  return found;
}

/** The place of a box or a frame in the drawing. @param {any} group @returns {Place} */
function placeOf(group) {
  const rect = [...group.querySelectorAll("rect.b, rect.kg")].at(-1); // the front sheet of a folded box
  const [, x, y] = /translate\(([-\d.]+),([-\d.]+)\)/.exec(group.getAttribute("transform") ?? "") ?? [0, 0, 0];
  const number = (/** @type {string} */ name) => Number(rect.getAttribute(name) ?? 0);
  return { x: Number(x) + number("x"), y: Number(y) + number("y"), w: number("width"), h: number("height") };
}

/** @param {Place|undefined} place */
export function middleOf(place) {
  return place ? { x: place.x + place.w / 2, y: place.y + place.h / 2 } : { x: 0, y: 0 };
}

/**
 * Make a box a button, labelled with its words.
 * @param {any} box @param {{call: any, title: string, folded: boolean}} what `title`: its whole name, where it is cut
 */
function furnishBox(box, { call, title, folded }) {
  box.querySelector("title")?.remove();
  box.setAttribute("role", "button");
  box.setAttribute("tabindex", "-1");
  const seen = [...box.querySelectorAll("text")].map((text) => (text.after(" "), text.textContent)); // its words, apart
  const cut = seen.some((text) => text.includes("…"));
  const label = [
    seen.join(" "),
    cut ? title : "",
    box.classList.contains("old") ? "replaced" : "",
    call ? `output ${call.shape}` : "",
    call?.params ? `${call.paramsText} parameters` : "",
  ];
  box.setAttribute("aria-label", label.filter(Boolean).join(", "));
  box.setAttribute("data-title", title);
  if (folded) box.setAttribute("aria-expanded", "false");
}

/** Make a frame's title a button that folds. @param {any} frame @param {Place} place @param {string} title */
function furnishFrame(frame, place, title) {
  frame.querySelector("title")?.remove();
  const button = { role: "button", "aria-expanded": "true", "aria-label": `${title}, unfolded`, tabindex: "-1" };
  const size = { x: place.x + 2, y: place.y + 2, width: Math.max(place.w - 4, 0), height: 26, rx: 4 };
  frame.querySelector(".kg").after(makeSvg("rect", { class: "kfx-fold", ...size, ...button }));
}

/**
 * Make all of a drawing usable: its boxes and frames become buttons.
 * @param {Element} world @param {any} drawing from `kfx.views.graph.data`
 * @param {{known: Map<string, any>, folded: (i: number) => boolean}} about
 */
export function furnishDrawing(world, drawing, { known, folded }) {
  const [boxes, frames, lines, titles] = ["n", "f", "e", "t"].map((letter) => numberedParts(world, letter));
  const [places, framePlaces] = [boxes.map(placeOf), frames.map(placeOf)];
  boxes.forEach((box, i) =>
    furnishBox(box, { call: known.get(drawing.boxes[i]), title: drawing.titles[i], folded: folded(i) }));
  frames.forEach((frame, i) =>
    furnishFrame(frame, framePlaces[i], titles[i]?.querySelector(".kgt")?.textContent ?? ""));
  return { boxes, frames, lines, titles, places, framePlaces };
}

/**
 * Dotted lines from a box to others, from edge to edge, so that none runs through words.
 * @param {Place} from @param {Place[]} to
 */
export function tieLines(from, to) {
  return to.map((other) => {
    const [begin, end] = [edgeTowards(from, middleOf(other)), edgeTowards(other, middleOf(from))];
    return makeSvg("path", { class: "kfx-tie", d: `M${begin.x} ${begin.y}L${end.x} ${end.y}` });
  });
}

/**
 * Return the point where the way from a box's middle to a point leaves the box.
 * @param {Place} place @param {{x: number, y: number}} point
 */
export function edgeTowards(place, point) {
  const { x, y } = middleOf(place);
  const [dx, dy] = [point.x - x, point.y - y];
  const share = Math.min(1, dx ? place.w / 2 / Math.abs(dx) : 1, dy ? place.h / 2 / Math.abs(dy) : 1);
  return { x: x + share * dx, y: y + share * dy };
}

/**
 * The other calls of the same shared layer, by their places among the boxes.
 * @param {string[]} keys @param {number} i
 */
export function sharedWith(keys, i) {
  const stem = (/** @type {string} */ key) => (/@\d+$/.test(key) ? key.replace(/@\d+$/, "") : null);
  const own = i >= 0 ? stem(keys[i]) : null;
  return own === null ? [] : keys.map((key, n) => (n !== i && stem(key) === own ? n : -1)).filter((n) => n >= 0);
}

/**
 * Mark the chosen box or frame, the one with the tab stop, and what was found.
 * @param {{boxes: any[], frames: any[]}} parts
 * @param {{chosen: number, framed: number, stop: number, found: Set<number>}} what -1 for none
 */
export function markBoxes({ boxes, frames }, { chosen, framed, stop, found }) {
  frames.forEach((frame, i) => frame.classList.toggle("sel", i === framed));
  boxes.forEach((box, i) => {
    box.classList.toggle("sel", i === chosen);
    box.setAttribute("aria-pressed", String(i === chosen));
    box.setAttribute("tabindex", i === stop ? "0" : "-1");
    box.classList.toggle("hit", found.has(i));
  });
}

/**
 * Mark a box and the paths through it; -1 and null for none.
 * @param {{boxes: any[], lines: any[]}} parts @param {number} i @param {{boxes: Set<any>, lines: Set<any>}|null} paths
 */
export function markPaths({ boxes, lines }, i, paths) {
  boxes.forEach((box, n) => {
    box.classList.toggle("on", Boolean(paths?.boxes.has(n)));
    box.classList.toggle("at", n === i);
  });
  lines.forEach((line, n) => line.classList.toggle("on", Boolean(paths?.lines.has(n))));
}
