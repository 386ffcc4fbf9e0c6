// @ts-check
// One number a unit as bars from zero, the largest with their values: a vector, or a unit of a sequence over its steps.
import { shortText, valueText } from "../../../web/numbers.js";
import { keyListener, make, makeSvg } from "../../../web/ui.js";
import { barUnits, farthest, gridStep, labelsApart } from "./values.js";

const BARS_MOST = 320;
const NAMED_MOST = 5;
const BAR_STEP_MOST = 48; // px from bar to bar
const BARS_TOP = 16; // px above the bars, for their values

/**
 * The places of bars from zero.
 * @param {ArrayLike<number>} values @param {number[]} units the place of each bar's value
 * @param {number} width px @param {number} height px
 */
function barLayout(values, units, width, height) {
  const finite = units.map((unit) => values[unit]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const scale = (height - BARS_TOP - (low < 0 ? 16 : 2)) / (high - low || 1); // px for each unit of value
  const zero = BARS_TOP + scale * high;
  const step = Math.min(BAR_STEP_MOST, width / units.length);
  const thick = Math.max(1, step > 12 ? step - 6 : step > 3 ? step - 1 : step);
  const bars = units.map((unit, i) => {
    const value = values[unit];
    const size = Number.isFinite(value) ? (value ? Math.max(scale * Math.abs(value), 0.75) : 0) : 6;
    const top = value < 0 ? zero : zero - size;
    return { left: i * step, right: i * step + thick, top, bottom: top + size };
  });
  return { bars, zero, step };
}

export class Bars {
  #values = /** @type {ArrayLike<number>} */ ([]);
  #units = /** @type {number[]} */ ([]);
  #words = /** @type {string[]|null} */ (null);
  #at = 0; // number of the bar with the cursor
  #chosen = -1;
  #whole = false;

  /**
   * @param {HTMLElement} host
   * @param {{height: number, label: string, onAt: (unit: number) => void, onChoose?: (unit: number) => void}} options
   *   `height` px; `onAt` is called with the unit under the pointer or the keys, `onChoose` with that of a click or
   *   Enter
   */
  constructor(host, { height, label, onAt, onChoose = () => {} }) {
    this.height = height;
    this.label = label;
    this.onAt = onAt;
    this.onChoose = onChoose;
    const on = {
      pointermove: (/** @type {PointerEvent} */ event) => this.#under(event, (i) => this.#moveTo(i)),
      click: (/** @type {PointerEvent} */ event) => this.#under(event, (i) => onChoose(this.#units[i])),
      keydown: keyListener(({ key }) => this.#actionOf(key)),
    };
    this.svg = makeSvg("svg", { class: "kfx-bars", tabindex: "0", role: "img", preserveAspectRatio: "none", on });
    this.names = make("div", { class: "kfx-bars-names" });
    this.node = make("div", { class: "kfx-bars-box" }, this.svg, this.names);
    host.append(this.node);
    this.watcher = new ResizeObserver(() => this.repaint());
    this.watcher.observe(this.node);
  }

  repaint() {
    const width = this.node.clientWidth;
    if (!width || !this.#units.length) return;
    const layout = barLayout(this.#values, this.#units, width, this.height);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.style.height = `${this.height}px`;
    const bars = layout.bars.map(({ left, right, top, bottom }, i) => {
      const unit = this.#units[i];
      const value = this.#values[unit];
      const odd = !Number.isFinite(value);
      const kinds = [value < 0 && "below", odd && "odd", i === this.#at && "at", unit === this.#chosen && "sel"];
      const size = { width: (right - left).toFixed(2), height: (bottom - top).toFixed(2) };
      const kind = ["kfx-bar-of", ...kinds.filter(Boolean)].join(" ");
      return makeSvg("rect", { class: kind, x: left.toFixed(2), y: top.toFixed(2), ...size });
    });
    const zero = makeSvg("path", { class: "kfx-bars-zero", d: `M0 ${layout.zero.toFixed(1)}H${width}` });
    this.svg.replaceChildren(...bars, zero);
    this.names.replaceChildren(...this.#valueTags(layout, width), ...this.#nameTags(layout.step));
    this.node.style.height = `${this.height + 18}px`;
  }

  /** The largest values, written at their bars. @param {ReturnType<typeof barLayout>} layout @param {number} width */
  #valueTags({ bars, step }, width) {
    const largest = farthest(this.#values, this.#units, NAMED_MOST).map((unit) => {
      const short = this.#whole ? valueText(this.#values[unit]) : shortText(this.#values[unit]);
      const text = this.#words ? `${this.#words[unit]} ${short}` : step >= 24 ? short : `${unit}: ${short}`;
      const { left: x, right, top, bottom } = bars[this.#units.indexOf(unit)];
      return { text, x, right, y: this.#values[unit] < 0 ? bottom : top - 15, letters: text.length };
    });
    return labelsApart(largest, width, bars).flatMap((place, i) => {
      if (!place) return [];
      const tag = make("span", { class: "kfx-bar-value", text: largest[i].text });
      Object.assign(tag.style, { left: `${place.left}px`, top: `${place.top}px` });
      return [tag];
    });
  }

  /** The units' names below the bars, as many as find room. @param {number} step px from bar to bar */
  #nameTags(step) {
    const words = this.#words;
    const every = Math.max(1, Math.ceil((words ? 64 : 30) / step));
    return this.#units.flatMap((unit, i) => {
      if (i % every) return [];
      const dead = this.#values[unit] === 0 && step >= 30;
      const text = words ? words[unit] : dead ? `${unit} zero` : String(unit);
      const kind = `kfx-bar-name${dead ? " kfx-dead" : ""}${unit === this.#chosen ? " sel" : ""}`;
      const tag = make("span", { class: kind, text });
      const place = { left: `${i * step}px`, top: `${this.height + 1}px`, maxWidth: `${every * step - 2}px` };
      Object.assign(tag.style, place);
      return [tag];
    });
  }

  /**
   * Call with the number of the bar under a pointer, if there is one.
   * @param {PointerEvent} event @param {(i: number) => void} act
   */
  #under(event, act) {
    const step = Math.min(BAR_STEP_MOST, this.node.clientWidth / this.#units.length);
    const i = Math.floor((event.clientX - this.svg.getBoundingClientRect().left) / step);
    if (i >= 0 && i < this.#units.length) act(i);
  }

  /** @param {number} i */
  #moveTo(i) {
    this.svg.children[this.#at]?.classList.remove("at");
    this.svg.children[i]?.classList.add("at");
    this.#at = i;
    const unit = this.#units[i];
    const words = `${this.label}: ${this.#words ? this.#words[unit] : unit} is ${valueText(this.#values[unit])}.`;
    this.svg.setAttribute("aria-label", `${words} Arrow keys move, Enter chooses.`);
    this.onAt(unit);
  }

  /** @param {string} key */
  #actionOf(key) {
    if (key === "Enter" || key === " ") return () => this.onChoose(this.#units[this.#at]);
    const to = gridStep(key, this.#at, this.#units.length, this.#units.length);
    return to === null ? null : () => this.#moveTo(to);
  }

  /**
   * @param {ArrayLike<number>} values @param {string[]|null} [words] for each unit
   * @param {boolean} [whole] integers, which are written exactly
   */
  show(values, words = null, whole = false) {
    this.#whole = whole;
    this.#values = values;
    this.#units = barUnits(values, BARS_MOST);
    this.#words = words;
    this.#at = Math.min(this.#at, Math.max(0, this.#units.length - 1));
    this.svg.setAttribute("aria-label", `${this.label}, ${values.length} values. Arrow keys move, Enter chooses.`);
    this.repaint();
  }

  /** @param {number} unit */
  choose(unit) {
    this.#chosen = unit;
    const i = this.#units.indexOf(unit);
    if (i >= 0) this.#at = i;
    this.repaint();
  }
}
