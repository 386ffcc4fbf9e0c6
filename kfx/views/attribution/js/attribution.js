// @ts-check
// The attribution view in the page: the classes, the parts of the example with their maps, and whether they add up.
import { button, isDark, keyListener, make } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { onTraits, setTrait } from "../../../web/live.js";
import { arrayOf } from "../../inspector/js/values.js";
import { ClassChoice } from "./class_choice.js";
import { MapChecks } from "./map_checks.js";
import { partNode } from "./parts.js";

const THEME_ATTRIBUTES = ["data-jp-theme-light", "class", "theme", "data-theme"];

export class AttributionView {
  opacity = 80; // percent, of maps over a photograph
  facts = /** @type {any} */ (null);
  asked = ""; // what was asked last, so that a late answer is left out

  /** @param {HTMLElement} host @param {any} model the widget's model, with the traits of `AttributionWidget` */
  constructor(host, model) {
    this.host = host;
    this.model = model;
    this.about = model.get("about");
    this.ramps = arrayOf(model.get("ramps"), "u1");
    this.asking = mountAskingAloud(model, host, { busy: () => this.node, words: "computing …" });
    this.status = this.asking.status;
    this.ask = this.asking.ask;
    this.choice = new ClassChoice({ onChoose: (unit) => setTrait(this.model, "units", [unit]) });
    this.checks = new MapChecks(this);
    this.title = make("span", { class: "kfx-title" });
    this.factLine = make("span", { class: "kfx-facts" });
    this.left = make("div", { class: "kfx-attribution-left" });
    this.maps = make("div", { class: "kfx-attribution-maps" });
    this.sums = make("div", { class: "kfx-attribution-sums" });
    this.notes = make("div", { class: "kfx-label" });
    const right = make("div", { class: "kfx-attribution-right" }, this.maps, this.sums, this.checks.node, this.notes);
    this.columns = make("div", { class: "kfx-attribution-columns" }, this.left, right);
    const tools = make("span", { class: "kfx-tools" }, this.status, ...this.exampleTools());
    const head = make("div", { class: "kfx-head" }, this.title, this.factLine, tools);
    this.node = make("div", { class: "kfx-attribution" }, head, this.columns);
    this.node.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    this.themes = new MutationObserver(() => this.draw());
    for (const root of [document.documentElement, document.body]) {
      this.themes.observe(root, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
    }
    host.append(this.node);
    const follow = () => this.follow();
    this.stop = onTraits(model, { example: follow, units: follow });
    this.follow();
  }

  /** Buttons for the example before and the next. */
  exampleTools() {
    if (this.about.count < 2) return [];
    this.exampleWords = make("span", {});
    const before = { "aria-label": "The example before", title: "The example before (,)" };
    const after = { "aria-label": "The next example", title: "The next example (.)" };
    const [back, forth] = [button("‹", () => this.step(-1), before), button("›", () => this.step(1), after)];
    return [make("span", { class: "kfx-attribution-example" }, back, this.exampleWords, forth)];
  }

  /** @param {number} by */
  step(by) {
    const next = this.model.get("example") + by;
    if (next < 0 || next >= this.about.count) return;
    this.model.set("units", []);
    setTrait(this.model, "example", next);
  }

  /** Bring the page in line with the traits. @param {number} [steps] of integrated gradients */
  async follow(steps = 0) {
    const example = Math.max(0, Math.min(this.about.count - 1, this.model.get("example")));
    const units = this.model.get("units");
    const asked = `${example} ${units} ${steps}`;
    if (asked === this.asked) return;
    this.asked = asked;
    if (this.exampleWords) this.exampleWords.textContent = `example ${example + 1} of ${this.about.count}`;
    const answer = await this.ask({ what: "example", example, units, steps });
    if (asked !== this.asked) return;
    if (answer.error) {
      this.notes.textContent = answer.error;
      return;
    }
    this.example = example;
    this.facts = answer;
    this.checks.clear();
    this.draw();
  }

  draw() {
    if (!this.facts) return;
    const { parts, choices, units, head, kind } = this.facts;
    this.dark = isDark(this.host);
    const hasPicture = parts.some((/** @type {any} */ part) => part.picture);
    this.columns.classList.toggle("kfx-attribution-wide", !hasPicture);
    this.title.replaceChildren("Why ", make("bdi", { text: this.facts.target }), "?");
    this.factLine.textContent = `${head} · ${this.about.name}`;
    const buffers = [...this.facts.buffers];
    const nodes = parts.map((/** @type {any} */ part) => partNode(this, part, buffers, parts.length > 1, kind));
    this.choice.show(choices, units);
    this.left.replaceChildren(...nodes.flatMap((/** @type {any} */ one) => one.input), this.choice.node);
    this.left.hidden = !hasPicture && choices.length < 2;
    this.maps.replaceChildren(...nodes.map((/** @type {any} */ one) => one.maps));
    this.drawSum();
    this.notes.replaceChildren(...this.facts.notes.map((/** @type {string} */ text) => make("div", { text })));
    this.checks.offer(parts);
  }

  /** Whether integrated gradients add up, and more steps where they do not. */
  drawSum() {
    const total = this.facts.sum;
    this.sums.hidden = !total;
    if (!total) return;
    const cells = total.rows.map((/** @type {string[]} */ [word, number]) =>
      make("tr", {}, make("th", { scope: "row", text: word }), make("td", { class: "kfx-n", text: number })));
    const sign = total.close ? "✓ " : "";
    const words = make("td", { class: `kfx-n ${total.close ? "kfx-attribution-ok" : "kfx-attribution-off"}` });
    words.textContent = `${sign}${total.words.replace(" explained", "")}`; // the row says it
    const foot = make("tr", { class: "kfx-attribution-sum" }, make("th", { scope: "row", text: "explained" }), words);
    const table = make("table", { class: "kfx-attribution-table" }, make("tbody", {}, ...cells, foot));
    const why = make("p", {
      class: "kfx-label",
      text: "Integrated gradients share the difference between the example and the baseline out over its parts, so "
        + "the map must add up to it. Too few steps would show here. Other maps have no such sum: read them as places.",
    });
    const more = total.more && !total.close
      ? button(`${total.more} steps`, () => this.follow(total.more)) : null;
    const left = make("div", {}, make("div", { class: "kfx-attribution-h", text: "Does the map add up?" }), table);
    this.sums.replaceChildren(left, make("div", {}, why, more));
  }

  /** Set how strongly maps cover a photograph. @param {number} percent */
  setOpacity(percent) {
    this.opacity = percent;
    this.node.style.setProperty("--kfx-opacity", String(percent / 100));
    for (const one of this.node.querySelectorAll(".kfx-attribution-slider input")) one.value = String(percent);
    for (const one of this.node.querySelectorAll(".kfx-attribution-percent")) one.textContent = `${percent} %`;
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    if (/** @type {Element} */ (target).matches("input")) return null;
    if (key === ",") return () => this.step(-1);
    return key === "." ? () => this.step(1) : null;
  }

  destroy() {
    this.stop?.();
    this.themes.disconnect();
    this.asking.destroy();
    this.node.remove();
  }
}
