// @ts-check
// One number a unit as bars from zero, the largest with their values: a vector, or one unit of a sequence over its steps.
import { make, makeSvg } from "../../../web/ui.js";
import { barUnits, farthest, gridStep, labelsApart, sayShort, sayValue } from "./values.js";

const BARS_MOST = 320;
const NAMED_MOST = 5;

/**
 * @param {HTMLElement} host
 * @param {{height?: number, label: string, onAt?: (unit: number) => void, onChoose?: (unit: number) => void}} options
 *   `height` px; `onAt` hears of the unit under the pointer or the keys, `onChoose` of a click or Enter
 */
export function mountBars(host, { height = 96, label, onAt = () => {}, onChoose = () => {} }) {
  const svg = makeSvg("svg", { class: "kfx-bars", tabindex: "0", role: "img", preserveAspectRatio: "none" });
  const names = make("div", { class: "kfx-bars-names" });
  const node = make("div", { class: "kfx-bars-box" }, svg, names);
  host.append(node);
  let values = /** @type {ArrayLike<number>} */ ([]);
  let units = /** @type {number[]} */ ([]);
  let words = /** @type {string[]|null} */ (null);
  let at = 0; // number of the bar with the cursor
  let chosen = -1;
  const listeners = /** @type {[string, (event: any) => void][]} */ ([["pointermove", move], ["click", press], ["keydown", keydown]]);
  for (const [name, listener] of listeners) svg.addEventListener(name, listener);
  const watcher = new ResizeObserver(() => paint());
  watcher.observe(node);

  function paint() {
    const width = node.clientWidth;
    if (!width || !units.length) return;
    const top = 16;
    let high = 0;
    let low = 0;
    for (const unit of units) if (Number.isFinite(values[unit])) {
      high = Math.max(high, values[unit]);
      low = Math.min(low, values[unit]);
    }
    const span = high - low || 1;
    const bottom = low < 0 ? 16 : 2;
    const zero = top + ((height - top - bottom) * high) / span;
    const step = Math.min(48, width / units.length);
    const thick = Math.max(1, step > 12 ? step - 6 : step > 3 ? step - 1 : step);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = `${height}px`;
    const grounds = /** @type {{left: number, right: number, top: number, bottom: number}[]} */ ([]); // where bars stand
    const parts = units.map((unit, i) => {
      const value = values[unit];
      const size = Number.isFinite(value) ? ((height - top - bottom) * Math.abs(value)) / span : 0;
      const kind = `kfx-bar-of${value < 0 ? " below" : ""}${Number.isFinite(value) ? "" : " odd"}${i === at ? " at" : ""}${unit === chosen ? " sel" : ""}`;
      const drawn = Number.isFinite(value) ? (size ? Math.max(size, 0.75) : 0) : 6;
      const from = value < 0 ? zero : zero - drawn;
      grounds.push({ left: i * step, right: i * step + thick, top: from, bottom: from + drawn });
      return makeSvg("rect", { class: kind, x: (i * step).toFixed(2), y: from.toFixed(2), width: thick.toFixed(2), height: drawn.toFixed(2) });
    });
    svg.replaceChildren(...parts, makeSvg("path", { class: "kfx-bars-zero", d: `M0 ${zero.toFixed(1)}H${width}` }));
    const largest = farthest(values, units, NAMED_MOST).map((unit) => {
      const text = words ? `${words[unit]} ${sayShort(values[unit])}` : step >= 24 ? sayShort(values[unit]) : `${unit}: ${sayShort(values[unit])}`;
      const size = ((height - top - bottom) * Math.abs(values[unit])) / span;
      const x = units.indexOf(unit) * step;
      return { text, x, right: x + thick, y: values[unit] < 0 ? zero + size : zero - size - 15, letters: text.length };
    });
    const said = labelsApart(largest, width, grounds).map((place, i) => {
      if (!place) return null;
      const tag = make("span", { class: "kfx-bar-value", text: largest[i].text });
      tag.style.left = `${place.left}px`;
      tag.style.top = `${place.top}px`;
      return tag;
    });
    const every = Math.max(1, Math.ceil((words ? 64 : 30) / step));
    const axis = units.map((unit, i) => {
      if (i % every) return null;
      const dead = values[unit] === 0 && step >= 30;
      const tag = make("span", { class: `kfx-bar-name${dead ? " kfx-dead" : ""}${unit === chosen ? " sel" : ""}`, text: words ? words[unit] : dead ? `${unit} zero` : String(unit) });
      tag.style.left = `${i * step}px`;
      tag.style.top = `${height + 1}px`;
      tag.style.maxWidth = `${every * step - 2}px`;
      return tag;
    });
    names.replaceChildren(...[...said, ...axis].filter((tag) => tag !== null));
    node.style.height = `${height + 18}px`;
  }

  /** @param {PointerEvent} event */
  function barUnder(event) {
    const width = node.clientWidth;
    const step = Math.min(48, width / units.length);
    const i = Math.floor((event.clientX - svg.getBoundingClientRect().left) / step);
    return i >= 0 && i < units.length ? i : -1;
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const i = barUnder(event);
    if (i >= 0) stand(i);
  }

  /** @param {any} event */
  function press(event) {
    const i = barUnder(event);
    if (i >= 0) onChoose(units[i]);
  }

  /** @param {number} i */
  function stand(i) {
    if (i !== at) {
      svg.children[at]?.classList.remove("at");
      svg.children[i]?.classList.add("at");
      at = i;
    }
    svg.setAttribute("aria-label", `${label}: ${words ? words[units[at]] : units[at]} is ${sayValue(values[units[at]])}. Arrow keys move, Enter chooses.`);
    onAt(units[at]);
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = gridStep(event.key, at, units.length, units.length);
    if (to === null && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (to === null) onChoose(units[at]);
    else stand(to);
  }

  return {
    node,
    /** @param {ArrayLike<number>} next @param {string[]|null} [named] a word for each unit */
    show(next, named = null) {
      values = next;
      units = barUnits(next, BARS_MOST).units;
      words = named;
      at = Math.min(at, Math.max(0, units.length - 1));
      svg.setAttribute("aria-label", `${label}, ${next.length} values. Arrow keys move, Enter chooses.`);
      paint();
    },
    /** @param {number} unit */
    choose(unit) {
      chosen = unit;
      const i = units.indexOf(unit);
      if (i >= 0) at = i;
      paint();
    },
    repaint: paint,
    destroy() {
      watcher.disconnect();
      for (const [name, listener] of listeners) svg.removeEventListener(name, listener);
      node.remove();
    },
  };
}
