// @ts-check
// The hand on the map: drag draws a line around points or moves the map, Ctrl and the wheel zoom, keys do all of it.
import { keyListener } from "../../../web/ui.js";
import { nextPoint, pointsInside } from "./geometry.js";

const STEP_PX = 60;

/**
 * @param {import("./map_canvas.js").MapCanvas} map
 * @param {{mode: () => string, onSelect: (numbers: number[], more: boolean) => void,
 *   onCursor: (n: number) => void}} options `mode` is "lasso" or "move"; `more` adds to what is selected
 * @returns {() => void} stops listening
 */
export function mountMapGestures(map, { mode, onSelect, onCursor }) {
  const node = map.canvas;
  let from = /** @type {number[]|null} */ (null);
  const placeOf = (/** @type {any} */ event) => {
    const box = node.getBoundingClientRect();
    return [event.clientX - box.left - node.clientLeft, event.clientY - box.top - node.clientTop];
  };
  function down(/** @type {any} */ event) {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    from = placeOf(event);
    map.line = mode() === "lasso" ? [...from] : [];
  }
  function moved(/** @type {any} */ event) {
    const [x, y] = placeOf(event);
    if (!from) {
      const near = map.at(x, y);
      if (near !== map.cursor && near >= 0) onCursor(near);
      return;
    }
    if (mode() === "move") {
      map.move(x - from[0], y - from[1]);
      from = [x, y];
      return;
    }
    map.line.push(x, y);
    map.draw();
  }
  function up(/** @type {any} */ event) {
    if (!from) return;
    const [x, y] = placeOf(event), line = map.line;
    from = null;
    map.line = [];
    map.draw();
    if (mode() === "move") return;
    const long = line.length >= 8 && Math.max(...span(line)) > 6;
    if (!long) {
      const near = map.at(x, y);
      if (near >= 0) onSelect([near], event.shiftKey);
      return;
    }
    const placed = [];
    for (let i = 0; i < line.length; i += 2) placed.push(...map.place(line[i], line[i + 1]));
    onSelect(pointsInside(map.points, placed), event.shiftKey);
  }
  function cancel() {
    from = null;
    map.line = [];
    map.draw();
  }
  function wheel(/** @type {any} */ event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const [x, y] = placeOf(event);
    map.zoomAt(Math.exp(-event.deltaY / 300), x, y);
  }
  const keys = keyListener((event) => keyAction(map, event, onSelect, onCursor));
  const listeners = /** @type {[string, any, any?][]} */ ([
    ["pointerdown", down], ["pointermove", moved], ["pointerup", up], ["pointercancel", cancel],
    ["wheel", wheel, { passive: false }], ["keydown", keys],
  ]);
  for (const [name, listener, how] of listeners) node.addEventListener(name, listener, how);
  return () => listeners.forEach(([name, listener, how]) => node.removeEventListener(name, listener, how));
}

/** @param {number[]} line */
function span(line) {
  const xs = line.filter((_, i) => i % 2 === 0), ys = line.filter((_, i) => i % 2);
  return [xs, ys].map((all) => all.reduce((a, b) => Math.max(a, b)) - all.reduce((a, b) => Math.min(a, b)));
}

/**
 * What a key does on the map.
 * @param {import("./map_canvas.js").MapCanvas} map @param {KeyboardEvent} event
 * @param {(numbers: number[], more: boolean) => void} onSelect @param {(n: number) => void} onCursor
 */
function keyAction(map, { key, shiftKey }, onSelect, onCursor) {
  const ways = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  });
  const way = Object.hasOwn(ways, key) ? ways[key] : null;
  if (way && shiftKey) return () => map.move(-way[0] * STEP_PX, -way[1] * STEP_PX);
  if (way) {
    const { wide, tall } = map.size;
    const start = map.cursor >= 0 ? map.cursor : map.grid.nearest(...middle(map.place(wide / 2, tall / 2)), 2);
    const to = map.cursor >= 0 ? nextPoint(map.points, start, way[0], way[1]) : start;
    return to < 0 ? null : () => {
      onCursor(to);
      map.reveal();
    };
  }
  const pick = () => map.cursor >= 0 && onSelect([map.cursor], true);
  const actions = /** @type {Record<string, () => void>} */ ({
    "+": () => map.zoomAt(1.3), "=": () => map.zoomAt(1.3), "-": () => map.zoomAt(1 / 1.3), f: () => map.fit(),
    Enter: pick, " ": pick,
    v: () => onSelect(inView(map), false), Escape: () => onSelect([], false),
  });
  return Object.hasOwn(actions, key) ? actions[key] : null;
}

/** @param {number[]} place @returns {[number, number]} */
function middle(place) {
  return [place[0], place[1]];
}

/** The points that are seen now. @param {import("./map_canvas.js").MapCanvas} map */
function inView(map) {
  const { wide, tall } = map.size;
  const [left, top] = map.place(0, 0), [right, bottom] = map.place(wide, tall);
  return pointsInside(map.points, [left, top, right, top, right, bottom, left, bottom]);
}
