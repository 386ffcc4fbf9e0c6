// @ts-check
// The chosen channel: its map large with the value under the pointer, its histogram and its figures.
import { make, makeSvg } from "../../../web/ui.js";
import { cellUnder, colourLevel, fillPixels, gridStep, sayValue } from "./values.js";
import { mountBars } from "./bars.js";

/**
 * @param {HTMLElement} host
 * @param {{onPlace?: (place: {row: number, column: number, rows: number, columns: number}|null) => void}} [options]
 *   hears which cell is under the pointer
 */
export function mountZoom(host, { onPlace = () => {} } = {}) {
  const title = make("div", { class: "kfx-label kfx-inspect-label" });
  const canvas = make("canvas", { class: "kfx-zoomed", tabindex: "0", role: "img" });
  const cursor = make("i", { class: "kfx-cursor", hidden: true });
  const frame = make("div", { class: "kfx-zoom-frame" }, canvas, cursor);
  const over = make("div", { class: "kfx-zoom-bars", hidden: true });
  const readout = make("div", { class: "kfx-code kfx-readout", role: "status" });
  const bins = make("div", { class: "kfx-histogram" });
  const list = make("dl", { class: "kfx-figures" });
  const node = make("div", { class: "kfx-one" }, title, frame, over, readout, bins, list);
  host.append(node);
  const strip = mountBars(over, { label: "Values over the steps", height: 120, onAt: (step) => say(0, step) });
  let facts = /** @type {any} */ (null);
  let values = /** @type {any} */ ([]);
  let tokens = /** @type {string[]|null} */ (null);
  let colours = /** @type {any} */ (null);
  let place = { row: 0, column: 0 };
  const listeners = /** @type {[string, (event: any) => void][]} */ ([["pointermove", move], ["pointerdown", move], ["pointerleave", leave], ["keydown", keydown], ["focus", () => stand(place)], ["blur", leave]]);
  for (const [name, listener] of listeners) canvas.addEventListener(name, listener);

  function paint() {
    if (!facts || facts.kind !== "maps" || !colours) return;
    const { low, high, ramp } = colours(facts.low, facts.high);
    canvas.width = facts.columns;
    canvas.height = facts.rows;
    const image = new ImageData(facts.columns, facts.rows);
    fillPixels(image.data, values.length, (i) => colourLevel(values[i], low, high), ramp);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!facts) return;
    const box = canvas.getBoundingClientRect();
    stand(cellUnder(event.clientX - box.left, event.clientY - box.top, box, facts.rows, facts.columns));
  }

  function leave() {
    cursor.hidden = true;
    onPlace(null);
  }

  /** @param {{row: number, column: number}} next */
  function stand(next) {
    if (!facts) return;
    place = next;
    cursor.hidden = false;
    cursor.style.left = `${(100 * next.column) / facts.columns}%`;
    cursor.style.top = `${(100 * next.row) / facts.rows}%`;
    cursor.style.width = `${100 / facts.columns}%`;
    cursor.style.height = `${100 / facts.rows}%`;
    say(next.row, next.column);
    onPlace({ ...next, rows: facts.rows, columns: facts.columns });
  }

  /** Say a value with its place in the layer's own numbers. @param {number} row @param {number} column */
  function say(row, column) {
    const value = values[row * facts.columns + column];
    const [r, c] = [row * facts.side, column * facts.side];
    const where = facts.kind === "maps" ? `[${r}, ${c}]` : `[${c}]`;
    const what = facts.side > 1 ? ` mean of ${facts.side}×${facts.side}` : "";
    const token = tokens?.[column] && facts.kind === "strips" ? ` ${tokens[column]}` : "";
    readout.textContent = `${where}${token} = ${sayValue(value)}${what}`;
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (!facts || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = place.row * facts.columns + place.column;
    const row = (/** @type {string} */ key) => gridStep(key, place.row, facts.rows, 1);
    const column = (/** @type {string} */ key) => gridStep(key, place.column, facts.columns, facts.columns);
    const steps = /** @type {Record<string, () => number|null>} */ ({
      ArrowUp: () => (row("ArrowUp") ?? 0) * facts.columns + place.column,
      ArrowDown: () => (row("ArrowDown") ?? 0) * facts.columns + place.column,
      ArrowLeft: () => place.row * facts.columns + (column("ArrowLeft") ?? 0),
      ArrowRight: () => place.row * facts.columns + (column("ArrowRight") ?? 0),
      Home: () => 0,
      End: () => values.length - 1,
    });
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const to = steps[event.key]() ?? at;
    stand({ row: Math.floor(to / facts.columns), column: to % facts.columns });
  }

  return {
    node,
    /**
     * @param {any} one facts of a channel @param {any} array its values
     * @param {{kind: string, noun: string, title: string, tokens: string[]|null, names: string[]|null}} about
     */
    show(one, array, about) {
      const same = facts && facts.rows === one.rows && facts.columns === one.columns;
      facts = { ...one, kind: about.kind };
      values = array;
      tokens = about.tokens;
      title.textContent = about.title;
      frame.hidden = about.kind !== "maps";
      over.hidden = about.kind !== "strips";
      if (about.kind === "strips") strip.show(array, about.tokens && about.tokens.length === array.length ? about.tokens : null);
      frame.style.aspectRatio = `${one.columns} / ${one.rows}`;
      canvas.setAttribute("aria-label", `${about.title}, ${one.rows} × ${one.columns} values. Arrow keys read them.`);
      paint();
      if (!same) place = { row: 0, column: 0 };
      if (about.kind === "maps" && !cursor.hidden) stand(place);
      else if (about.kind === "vector") readout.textContent = `[${one.channel}]${about.names ? ` ${about.names[one.channel]}` : ""} = ${sayValue(array[one.channel])}`;
      else {
        cursor.hidden = true;
        readout.textContent = "";
      }
      bins.replaceChildren(...histogramOf(one.bins, one.ends));
      list.replaceChildren(...one.figures.flatMap((/** @type {[string, string]} */ [term, text]) => [make("dt", { text: term, class: term === "NaN" || term === "infinite" ? "kfx-odd" : null }), make("dd", { text })]));
    },
    /** @param {string} text */
    setTitle(text) {
      title.textContent = text;
    },
    /** @param {(least: number, greatest: number) => {low: number, high: number, ramp: Uint8Array}} how */
    colour(how) {
      colours = how;
      paint();
    },
    /** @param {number} unit */
    readUnit(unit) {
      if (facts) say(0, unit);
    },
    destroy() {
      strip.destroy();
      for (const [name, listener] of listeners) canvas.removeEventListener(name, listener);
      node.remove();
    },
  };
}

/** Counts as bars on a log scale, with the ends beneath. @param {number[]} counts @param {string[]} ends */
export function histogramOf(counts, ends) {
  if (!counts?.length) return [];
  const most = Math.log1p(Math.max(...counts));
  const bars = counts.map((count, i) => {
    const size = count ? Math.max(1.5, (34 * Math.log1p(count)) / most) : 0;
    return makeSvg("rect", { x: (i * 224) / counts.length, y: 34 - size, width: Math.max(1, 224 / counts.length - 1), height: size });
  });
  const svg = makeSvg("svg", { viewBox: "0 0 224 34", preserveAspectRatio: "none", role: "img", "aria-label": `Histogram of ${counts.reduce((a, b) => a + b, 0)} values from ${ends[0]} to ${ends[1]}` }, ...bars);
  return [svg, make("div", { class: "kfx-label kfx-ends" }, make("span", { text: ends[0] }), make("span", { text: "values, log count" }), make("span", { text: ends[1] }))];
}
