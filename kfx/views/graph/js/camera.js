// @ts-check
// The camera of a drawing: pan, zoom and fit as pure arithmetic. A camera maps a point of the drawing to
// (x + k · px, y + k · py) on the stage; all lengths are px.

/** @import {Place} from "./drawing.js" */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, k: number}} Camera */
/** @typedef {{w: number, h: number}} Size */

export const LEAST_SCALE = 0.04;
export const MOST_SCALE = 3;
const READABLE_SCALE = 0.72; // names are still read easily
const WIDE_SCALE = 0.7; // a wide drawing is shown this small if then all its width is: a page scrolls down, not across
const NEAR_SCALE = 0.86; // from which on the smallest text, of 10.5 px, is 9 px high
const NAME_SCALE = 0.7; // from which on a name alone, then of 13 px, is
const STAGE_MARGIN = 10;

/**
 * The whole drawing, as large as the stage allows but not larger than life.
 * @param {Size} drawing @param {Size} stage @returns {Camera}
 */
export function fitCamera(drawing, stage) {
  const room = { w: Math.max(stage.w - 2 * STAGE_MARGIN, 1), h: Math.max(stage.h - 2 * STAGE_MARGIN, 1) };
  const k = boundedScale(Math.min(1, room.w / drawing.w, room.h / drawing.h));
  return { k, x: (stage.w - k * drawing.w) / 2, y: Math.max(STAGE_MARGIN, (stage.h - k * drawing.h) / 2) };
}

/**
 * Return where a view starts: all of it where that is readable, else its beginning at a scale that is.
 * @param {Size} drawing @param {Size} stage @param {Point} first centre of the box to begin with @returns {Camera}
 */
export function firstCamera(drawing, stage, first) {
  const whole = fitCamera(drawing, stage);
  if (whole.k >= READABLE_SCALE) return whole;
  const k = widthScale(drawing, stage.w);
  const begin = (/** @type {number} */ size, /** @type {number} */ room, /** @type {number} */ at) =>
    k * size + 2 * STAGE_MARGIN <= room
      ? (room - k * size) / 2
      : Math.min(STAGE_MARGIN, Math.max(room - STAGE_MARGIN - k * size, room / 2 - k * at));
  return { k, x: begin(drawing.w, stage.w, first.x), y: begin(drawing.h, stage.h, first.y) };
}

/** Return the height of the stage for a drawing. @param {Size} drawing @param {number} width @param {number} most */
export function stageHeight(drawing, width, most) {
  const k = widthScale(drawing, width);
  return Math.round(Math.min(most, Math.max(120, k * drawing.h + 2 * STAGE_MARGIN)));
}

/**
 * Zoom so that what is under the point stays there.
 * @param {Camera} camera @param {Point} at on the stage @param {number} factor @returns {Camera}
 */
export function zoomAt(camera, at, factor) {
  const k = boundedScale(camera.k * factor);
  const f = k / camera.k;
  return { k, x: at.x - f * (at.x - camera.x), y: at.y - f * (at.y - camera.y) };
}

/** Keep some of the drawing in sight. @param {Camera} camera @param {Size} drawing @param {Size} stage */
export function keptInSight(camera, drawing, stage) {
  const hold = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) => {
    const seen = Math.min(80, size * camera.k, room);
    return Math.min(room - seen, Math.max(seen - size * camera.k, at));
  };
  return { k: camera.k, x: hold(camera.x, drawing.w, stage.w), y: hold(camera.y, drawing.h, stage.h) };
}

/**
 * Move as little as needed to bring a rectangle of the drawing into sight.
 * @param {Camera} camera @param {Place} box @param {Size} stage @returns {Camera}
 */
export function bringIntoSight(camera, box, stage) {
  const shift = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) => {
    if (size + 2 * STAGE_MARGIN > room) return STAGE_MARGIN - at;
    return Math.max(0, STAGE_MARGIN - at) + Math.min(0, room - STAGE_MARGIN - at - size);
  };
  const { k, x, y } = camera;
  return { k, x: x + shift(x + k * box.x, k * box.w, stage.w), y: y + shift(y + k * box.y, k * box.h, stage.h) };
}

/**
 * Return the camera after a drawing has grown: all of it where that is readable and the user has not moved it, else
 * so that what was at a place is there still and new boxes are in sight.
 * @param {Point} shift by how much the drawing's own coordinates moved back @param {Camera} was @param {Place[]} fresh
 * @param {Size} drawing @param {Size} stage @param {boolean} moved @returns {Camera}
 */
export function grownCamera(shift, was, fresh, drawing, stage, moved) {
  const whole = fitCamera(drawing, stage);
  const fits = !moved && whole.k >= READABLE_SCALE;
  const k = fits ? whole.k : moved ? was.k : widthScale(drawing, stage.w);
  const stays = { k, x: was.x + was.k * shift.x, y: was.y + was.k * shift.y };
  if (fits) {
    const all = bringIntoSight(stays, { x: 0, y: 0, w: drawing.w, h: drawing.h }, stage);
    return { ...all, y: Math.min(whole.y, STAGE_MARGIN) };
  }
  const wider = fresh.map((box) => ({ x: box.x - 8, y: box.y - 8, w: box.w + 16, h: box.h + 28 }));
  return wider.reduce((camera, box) => bringIntoSight(camera, box, stage), stays);
}

/**
 * Move by a turn of the wheel, as far as there is more of the drawing to see.
 * @param {Camera} camera @param {Point} by px @param {Size} drawing @param {Size} stage @returns {Camera}
 */
export function scrolledCamera({ k, x, y }, by, drawing, stage) {
  const moved = (/** @type {number} */ at, /** @type {number} */ px, /** @type {number} */ least) =>
    px > 0 ? Math.max(Math.min(at, least), at - px) : Math.min(Math.max(at, STAGE_MARGIN), at - px);
  const [right, bottom] = [stage.w - k * drawing.w - STAGE_MARGIN, stage.h - k * drawing.h - STAGE_MARGIN];
  return { k, x: moved(x, by.x, right), y: moved(y, by.y, bottom) };
}

/**
 * Return how much a box shows at a scale, so that no text is below 9 px.
 * @param {number} k @returns {"near"|"middle"|"far"}
 */
export function detailAt(k) {
  return k >= NEAR_SCALE ? "near" : k >= NAME_SCALE ? "middle" : "far";
}

/**
 * Return the sides of the stage on which a drawing goes on: some of "up", "left", "right", "down".
 * @param {Camera} camera @param {Size} drawing @param {Size} stage @returns {string[]}
 */
export function goesOn(camera, drawing, stage) {
  const { k, x, y } = camera;
  const [right, down] = [x + k * drawing.w - stage.w, y + k * drawing.h - stage.h];
  const beyond = [["up", -y], ["left", -x], ["right", right], ["down", down]];
  return beyond.filter(([, px]) => Number(px) > 2).map(([side]) => String(side));
}

/**
 * Return the scale at which a drawing's width is shown; one that does not fit is cut at a scale that is readable.
 * @param {Size} drawing @param {number} width
 */
function widthScale(drawing, width) {
  const k = (width - 2 * STAGE_MARGIN) / drawing.w;
  return k >= WIDE_SCALE ? Math.min(1, k) : NEAR_SCALE;
}

/** @param {number} k */
function boundedScale(k) {
  return Math.min(MOST_SCALE, Math.max(LEAST_SCALE, k));
}
