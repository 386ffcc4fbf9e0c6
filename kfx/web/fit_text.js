// @ts-check
// Fit the words of a drawing into its boxes, with the fonts that the reader has. Widths can be measured only once the
// drawing is in the page; before that, and while it is hidden, they are 0.
import { makeSvg } from "./ui.js";

const EDGE = 8; // px from a box's edge to the words at its right
const APART = 8; // px between two texts of one line
const BADGE_PAD = 6; // px from a badge's edge to its words
const TAIL = 0.6; // of the letters that are kept are at the end: names often differ there
const LEAST = 6; // letters that a name keeps; where they do not fit they are squeezed

/** The whole text of what was cut. @type {WeakMap<any, string>} */
const whole = new WeakMap();

/** @param {any} text of an SVG @returns {number} px */
function widthOf(text) {
  return text?.getComputedTextLength?.() ?? 0;
}

/** Put back what was cut before, to measure anew. @param {any} text */
function restore(text) {
  if (text && whole.has(text)) write(text, /** @type {string} */ (whole.get(text)));
}

/** @param {any} text @param {string} words */
function write(text, words) {
  if (!whole.has(text)) whole.set(text, text.textContent);
  if (text.textContent !== words) text.textContent = words;
  text.removeAttribute("textLength");
  text.removeAttribute("lengthAdjust");
}

/**
 * The text of a name of which `kept` letters remain, those at its end and at its beginning; where it was cut before,
 * the cut stays where it is.
 * @param {string} full @param {number} kept
 */
export function cutMiddle(full, kept) {
  const letters = [...full];
  const was = letters.indexOf("…");
  const [before, after] = was < 0 ? [letters, letters] : [letters.slice(0, was), letters.slice(was + 1)];
  const tail = Math.min(Math.floor(kept * TAIL), after.length);
  const head = Math.min(kept - tail, before.length);
  return `${before.slice(0, head).join("")}…${tail ? after.slice(-tail).join("") : ""}`;
}

/**
 * Cut a name in its middle so that it fits; squeeze what is left where even a few letters do not.
 * @param {any} text @param {number} room px
 */
function fitName(text, room) {
  if (widthOf(text) <= room) return;
  const full = text.textContent;
  let [least, most] = [0, [...full].length - 1];
  while (least < most) {
    const kept = Math.ceil((least + most) / 2);
    write(text, cutMiddle(full, kept));
    if (widthOf(text) <= room) least = kept;
    else most = kept - 1;
  }
  write(text, cutMiddle(full, Math.max(least, LEAST)));
  if (least >= LEAST || widthOf(text) <= room) return;
  text.setAttribute("textLength", Math.max(room, 8).toFixed(1));
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

/** Leave out settings from the end until they fit; the last is cut. @param {any} text @param {number} room px */
function fitSettings(text, room) {
  const words = text.textContent.split(" · ");
  while (words.length > 1 && widthOf(text) > room) {
    words.pop();
    write(text, words.join(" · "));
  }
  fitName(text, room);
}

/** @param {any} text @param {string} name @param {string} value */
function setIfOther(text, name, value) {
  if (text && text.getAttribute(name) !== value) text.setAttribute(name, value);
}

/** @param {Element|undefined} group @param {string[]} kinds @returns {any[]} */
function textsOf(group, kinds) {
  return kinds.map((kind) => group?.querySelector(`text.${kind}`));
}

/** The words of one box or frame with what they measure. */
class FittedWords {
  /**
   * @param {Element} group @param {string[]} kinds classes of the name, settings, number, badge
   * @param {number} width of the box
   */
  constructor(group, kinds, width) {
    this.texts = textsOf(group, kinds);
    this.name = this.texts[0];
    this.settings = this.texts[1];
    this.number = this.texts[2];
    this.badge = this.texts[3];
    this.wide = /** @type {Map<any, number>} */ (new Map());
    this.group = group;
    this.width = width;
    this.texts.forEach(restore);
  }

  /** Before anything is written, so that the page is laid out once for all boxes. */
  measure() {
    this.wide = new Map(this.texts.filter(Boolean).map((text) => [text, widthOf(text)]));
  }

  /** @param {any} text */
  #wide(text) {
    return this.wide.get(text) ?? 0;
  }

  /**
   * Give the badge the room of its words at the right; `+7 layers` says `+7` where the name needs the room.
   * @returns {number} px from the box's left edge that are left for the name
   */
  #placeBadge() {
    const left = (/** @type {number} */ wide) => this.width - EDGE + 1 - wide - 2 * BADGE_PAD;
    let wide = this.#wide(this.badge);
    if (left(wide) - APART < startOf(this.name) + this.#wide(this.name) && this.badge.textContent.includes(" ")) {
      write(this.badge, this.badge.textContent.split(" ")[0]);
      wide = widthOf(this.badge);
    }
    const [x, room] = [left(wide), wide + 2 * BADGE_PAD];
    const ground = this.group.querySelector("rect.bg");
    setIfOther(this.badge, "x", (x + room / 2).toFixed(1));
    setIfOther(ground, "x", x.toFixed(1));
    setIfOther(ground, "width", room.toFixed(1));
    return x - APART + 2;
  }

  /** @param {number} edge px at the right end of a line @param {number} shift of the words' own coordinates */
  fit(edge, shift = 0) {
    if (!this.#wide(this.name)) return; // nothing of it is shown
    const line = (/** @type {any} */ text) => text?.getAttribute("y");
    const ends = new Map([[line(this.settings), edge], [line(this.name), this.badge ? this.#placeBadge() : edge]]);
    if (this.#wide(this.number)) {
      const free = edge - this.#wide(this.number) - APART;
      ends.set(line(this.number), Math.min(ends.get(line(this.number)) ?? edge, free));
    }
    const room = (/** @type {any} */ text) => Number(ends.get(line(text))) - startOf(text) + shift;
    if (this.#wide(this.name) > room(this.name)) fitName(this.name, room(this.name));
    if (this.#wide(this.settings) > room(this.settings)) fitSettings(this.settings, room(this.settings));
  }

  /** The whole words as the tooltip, if some are cut. */
  tell() {
    this.group.querySelector("title.kfx-whole")?.remove();
    const texts = this.texts.filter(Boolean);
    const isCut = (/** @type {any} */ text) => text.textContent.includes("…") || text.textContent !== fullOf(text);
    if (!texts.some(isCut)) return;
    const name = this.group.getAttribute("data-title") ?? fullOf(this.name);
    const words = [name, ...texts.slice(1).map(fullOf)].join(" · ");
    this.group.prepend(makeSvg("title", { class: "kfx-whole", text: words }));
  }
}

/** @param {any} text */
function fullOf(text) {
  return whole.get(text) ?? text.textContent;
}

/** @param {any} text */
function startOf(text) {
  return Number(text?.getAttribute("x") ?? 0);
}

/**
 * Fit the words of all boxes and frames, as often as fonts, size or zoom change.
 * @param {{boxes: Element[], places: {w: number}[], titles?: Element[],
 *   framePlaces?: {x: number, w: number}[]}} drawing
 */
export function fitDrawing({ boxes, places, titles = [], framePlaces = [] }) {
  const inBoxes = boxes.map((box, i) => new FittedWords(box, ["nm", "sb", "rt", "kb"], places[i].w));
  const inFrames = titles.map((title, i) => new FittedWords(title, ["kgt", "none", "kgs"], framePlaces[i].w));
  const all = [...inBoxes, ...inFrames];
  all.forEach((words) => words.measure());
  inBoxes.forEach((words) => words.fit(words.width - EDGE));
  inFrames.forEach((words, i) => words.fit(words.width - EDGE - 4, framePlaces[i].x));
  all.forEach((words) => words.tell());
}

/** Call a function whenever fonts have been loaded. @param {() => void} changed @returns {() => void} stops it */
export function onFonts(changed) {
  const fonts = /** @type {any} */ (document).fonts;
  if (!fonts?.addEventListener) return () => {};
  fonts.addEventListener("loadingdone", changed);
  fonts.ready?.then(changed);
  return () => fonts.removeEventListener("loadingdone", changed);
}
