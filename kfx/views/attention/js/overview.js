// @ts-check
// All heads of all layers: one cell each, coloured by entropy, mean distance, or what silencing it does.
import { keyListener, make } from "../../../web/ui.js";
import { changeText } from "./scores.js";

const MOST_IN_ROW = 32; // heads of a layer in the strip

export class HeadOverview {
  measure = "entropy";
  figures = /** @type {any[]} */ ([]); // by layer: entropy and distance
  effects = /** @type {Map<string, number[]>} */ (new Map()); // by layer, of this example
  kind = "";
  cells = /** @type {any[][]} */ ([]);
  run = 0; // counts the requests, so that an older one ends

  /** @param {any} view @param {{onChoose: (layer: string, head: number) => void}} options */
  constructor(view, { onChoose }) {
    this.view = view;
    this.onChoose = onChoose;
    const change = () => this.setMeasure(this.menu.value);
    const effect = ["effect", "Effect of silencing a head"];
    const options = [["entropy", "Entropy, 0 to 1"], ["distance", "Mean distance"], effect];
    const made = options.map(([value, text]) => make("option", { value, text }));
    const label = { "aria-label": "Measure of the heads" };
    this.menu = make("select", { class: "kfx-attention-menu", ...label, on: { change } }, ...made);
    this.words = make("span", { class: "kfx-label", role: "status" });
    this.body = make("div", { class: "kfx-attention-strip" });
    const top = make("div", { class: "kfx-between kfx-label" }, this.menu, this.words);
    this.node = make("div", { class: "kfx-attention-overview" }, top, this.body);
    this.body.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    this.build();
  }

  build() {
    const { layers } = this.view.about;
    const most = Math.min(MOST_IN_ROW, Math.max(...layers.map((/** @type {any} */ one) => one.heads)));
    const head = make("tr", {}, make("th", { class: "kfx-label", text: "head" }));
    for (let n = 0; n < most; n++) head.append(make("td", { class: "kfx-label", text: n ? n : "0" }));
    const rows = layers.map((/** @type {any} */ one) => {
      const name = make("th", { scope: "row", title: one.address }, make("bdi", { text: one.label }));
      const row = make("tr", {}, name);
      const cells = Array.from({ length: Math.min(most, one.heads) }, (_, head) => {
        const label = `${one.label}, head ${head}`;
        const click = () => this.onChoose(one.key, head);
        const cell = make("button", { type: "button", tabindex: "-1", "aria-label": label, on: { click } });
        row.append(make("td", {}, cell));
        return cell;
      });
      this.cells.push(cells);
      const rest = one.heads - cells.length;
      if (rest > 0) row.append(make("td", { class: "kfx-label", text: `+${rest}` }));
      return row;
    });
    this.body.append(make("table", {}, make("tbody", {}, ...rows), make("tfoot", {}, head)));
  }

  /** Get the figures of another example. */
  async look() {
    const { example } = this.view;
    this.effects.clear();
    const answer = await this.view.ask({ what: "overview", example });
    if (example !== this.view.example) return;
    if (answer.error) {
      this.words.textContent = answer.error;
      return;
    }
    this.figures = answer.layers;
    this.fill();
    if (this.measure === "effect") this.askEffects();
  }

  /** @param {string} measure */
  setMeasure(measure) {
    this.measure = measure;
    this.words.textContent = "";
    this.fill();
    if (measure === "effect") this.askEffects();
    else this.run++;
  }

  /** Ask for the effects of one layer after another, and fill them in as they come. */
  async askEffects() {
    const { example, about } = this.view;
    const now = ++this.run;
    let done = 0;
    for (const { key } of about.layers) {
      if (!this.effects.has(key)) {
        this.words.textContent = `computing, ${done} of ${about.layers.length} layers`;
        const answer = await this.view.ask({ what: "effects", layer: key, example });
        if (now !== this.run || example !== this.view.example) return;
        if (answer.error) {
          this.words.textContent = answer.error;
          return;
        }
        this.kind = answer.kind;
        this.effects.set(key, answer.values);
        this.fill();
      }
      done++;
    }
    const units = /** @type {Record<string, string>} */ ({
      logit: "change of the logit", value: "change of the output", change: "share of the output that changes",
    });
    this.words.textContent = units[this.kind] ?? "";
  }

  /** The numbers of one layer's heads now, or null. @param {number} at */
  values(at) {
    if (this.measure === "effect") return this.effects.get(this.view.about.layers[at].key) ?? null;
    return this.figures[at]?.[this.measure] ?? null;
  }

  fill() {
    const all = this.cells.map((_, at) => this.values(at));
    const far = Math.max(1e-9, ...all.flatMap((values) => values ?? []).map(Math.abs));
    const signed = this.measure === "effect" && this.kind !== "change";
    this.cells.forEach((cells, at) => cells.forEach((cell, head) => {
      const value = all[at]?.[head];
      const known = value !== undefined && value !== null;
      cell.textContent = !known ? "" : signed ? changeText(value) : plainText(this.measure, value);
      const share = known ? Math.abs(value) / (this.measure === "entropy" ? 1 : far) : 0;
      cell.style.setProperty("--kfx-share", `${Math.round(70 * share)}%`);
      cell.classList.toggle("below", signed && known && value < 0);
      cell.classList.toggle("strong", share > 0.62);
    }));
  }

  /** Mark the chosen head. */
  mark() {
    const at = this.view.layers.findIndex((/** @type {any} */ one) => one.key === this.view.layer);
    this.cells.forEach((cells, row) => cells.forEach((cell, head) => {
      const chosen = row === at && head === this.view.head;
      cell.classList.toggle("sel", chosen);
      cell.setAttribute("aria-pressed", String(chosen));
      cell.setAttribute("tabindex", chosen ? "0" : "-1");
    }));
    if (!this.cells[at]?.[this.view.head]) this.cells[at]?.[0]?.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    const row = this.cells.findIndex((cells) => cells.includes(target));
    const head = row < 0 ? -1 : this.cells[row].indexOf(target);
    const steps = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    });
    const step = Object.hasOwn(steps, key) ? steps[key] : null;
    const to = step && this.cells[row + step[0]]?.[head + step[1]];
    return to && (() => {
      to.focus();
      to.click();
    });
  }
}

/** @param {string} measure @param {number} value */
function plainText(measure, value) {
  return measure === "distance" ? value.toFixed(1) : value.toFixed(2);
}
