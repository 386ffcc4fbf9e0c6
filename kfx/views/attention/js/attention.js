// @ts-check
// The attention view in the page: all heads and those of one layer at the left, one large, its lines beneath.
import { button, keyListener, make, segmented } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { onTraits, setTrait } from "../../../web/live.js";
import { arrayOf } from "../../inspector/js/values.js";
import { HeadGrid } from "./head_grid.js";
import { HeadMap } from "./head_map.js";
import { HeadOverview } from "./overview.js";
import { AttentionLines } from "./lines.js";
import { HeadSilence } from "./head_silence.js";
import { lookTable } from "./looks.js";

const THEMES = ["data-jp-theme-light", "class", "theme", "data-theme"];

export class AttentionView {
  layer = "";
  example = -1;
  head = 0;
  query = -1;
  mode = "maps";
  facts = /** @type {any} */ (null); // of the layer
  scores = /** @type {any} */ ([]); // of the head, row by row

  /** @param {HTMLElement} host @param {any} model the widget's model, with the traits of `AttentionWidget` */
  constructor(host, model) {
    this.model = model;
    this.about = model.get("about");
    this.layers = this.about.layers;
    this.ramp = arrayOf(model.get("ramps"), "u1").subarray(0, 768);
    this.asking = mountAskingAloud(model, host, { busy: () => this.node });
    this.status = this.asking.status;
    this.ask = this.asking.ask;
    const onQuery = (/** @type {number} */ query, /** @type {number} */ key) => this.showQuery(query, key);
    this.overview = new HeadOverview(this, { onChoose: (layer, head) => this.choose(layer, head) });
    this.grid = new HeadGrid(this, { onChoose: (head) => this.choose(this.layer, head) });
    this.silence = new HeadSilence(this);
    this.map = new HeadMap(this, { onQuery });
    this.lines = new AttentionLines(this, { onQuery });
    this.table = make("div", { class: "kfx-attention-table", hidden: true });
    this.note = make("div", { class: "kfx-label" });
    const left = make("div", { class: "kfx-attention-left" }, this.overview.node, this.grid.node, this.silence.node);
    const right = make("div", { class: "kfx-attention-right" }, this.map.node, this.table, this.note);
    this.columns = make("div", { class: "kfx-attention-columns" }, left, right);
    this.node = make("div", { class: "kfx-attention" }, this.bar(), this.columns, this.lines.node);
    this.node.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    this.themes = new MutationObserver(() => this.map.paint());
    this.sizes = new ResizeObserver(() => this.lines.draw());
    host.append(this.node);
    this.start();
  }

  /** The title with the choice of the layer, facts, and the tools. */
  bar() {
    const options = this.layers.map((/** @type {any} */ one) => make("option", { value: one.key, text: one.address }));
    const change = () => this.choose(this.chooser.value, this.head);
    this.chooser = make("select", { class: "kfx-attention-layer", "aria-label": "Layer", on: { change } }, ...options);
    const title = make("label", { class: "kfx-title" }, "attention · ", this.chooser);
    this.factLine = make("span", { class: "kfx-facts" });
    const ways = /** @type {[string, string][]} */ ([["maps", "Maps"], ["lines", "Lines"], ["table", "Table"]]);
    const modes = segmented("What is shown", ways, (mode) => this.setMode(mode));
    modes.set(this.mode);
    const back = button("‹ Layer", () => this.step(-1), { title: "The layer before ([)" });
    const forth = button("Layer ›", () => this.step(1), { title: "The next layer (])" });
    const examples = this.about.count > 1 ? this.exampleTools() : [];
    const layers = this.layers.length > 1 ? [back, forth] : [];
    const tools = make("span", { class: "kfx-tools" }, this.status, ...examples, modes.node, ...layers);
    return make("div", { class: "kfx-head" }, title, this.factLine, tools);
  }

  /** Buttons for the example before and the next. */
  exampleTools() {
    const to = (/** @type {number} */ by) => () => {
      const next = Math.max(0, Math.min(this.about.count - 1, this.example + by));
      if (next !== this.example) setTrait(this.model, "example", next);
    };
    this.exampleWords = make("span", {});
    const back = button("‹", to(-1), { "aria-label": "The example before", title: "The example before (,)" });
    const forth = button("›", to(1), { "aria-label": "The next example", title: "The next example (.)" });
    return [make("span", { class: "kfx-attention-example" }, back, this.exampleWords, forth)];
  }

  start() {
    for (const root of [document.documentElement, document.body]) {
      this.themes.observe(root, { attributes: true, attributeFilter: THEMES });
    }
    this.sizes.observe(this.node);
    const follow = () => this.follow();
    this.stop = onTraits(this.model, { selected: follow, example: follow, head: follow });
    this.follow();
  }

  /** Bring the page in line with the traits. */
  async follow() {
    const layer = this.model.get("selected");
    const known = this.layers.find((/** @type {any} */ one) => one.key === layer) ?? this.layers[0];
    const example = Math.max(0, Math.min(this.about.count - 1, this.model.get("example")));
    const head = Math.max(0, Math.min(known.heads - 1, this.model.get("head")));
    const otherExample = example !== this.example;
    const other = known.key !== this.layer || otherExample;
    const otherHead = head !== this.head;
    this.layer = known.key;
    this.example = example;
    this.head = head;
    this.chooser.value = known.key;
    if (this.exampleWords) this.exampleWords.textContent = `example ${example + 1} of ${this.about.count}`;
    if (otherExample) this.overview.look();
    if (other) await this.look();
    if (other || otherHead) await this.lookAtHead(other);
  }

  /** What a question is about now. */
  get place() {
    return { layer: this.layer, example: this.example };
  }

  async look() {
    const { layer, example } = this;
    const answer = await this.ask({ what: "layer", ...this.place });
    if (layer !== this.layer || example !== this.example) return;
    if (answer.error) {
      this.note.textContent = answer.error;
      return;
    }
    this.facts = answer;
    this.factLine.textContent = `${this.about.head} · ${answer.size}`;
    this.note.textContent = answer.leftOut;
    this.grid.show(answer, arrayOf(answer.buffers[0], "u1"));
  }

  /** @param {boolean} afresh whether the layer or example is another one, so that no query is chosen yet */
  async lookAtHead(afresh) {
    const { layer, example, head } = this;
    this.overview.mark();
    this.grid.mark(head);
    this.silence.name();
    const answer = await this.ask({ what: "head", ...this.place, head });
    if (layer !== this.layer || example !== this.example || head !== this.head) return;
    if (answer.error) {
      this.note.textContent = answer.error;
      return;
    }
    this.scores = arrayOf(answer.buffers[0], "f4");
    this.rows = answer.rows;
    this.columnsOfMap = answer.columns;
    this.side = answer.side;
    if (afresh || this.query >= this.rows) this.query = answer.first;
    this.map.show();
    this.showQuery(this.query, -1);
    if (this.mode === "table") this.fillTable();
    this.silence.predict();
  }

  /** @param {string} layer @param {number} head */
  choose(layer, head) {
    if (layer === this.layer && head === this.head) return;
    this.model.set("head", head);
    setTrait(this.model, "selected", layer);
  }

  /** @param {number} by */
  step(by) {
    const at = this.layers.findIndex((/** @type {any} */ one) => one.key === this.layer) + by;
    if (at >= 0 && at < this.layers.length) this.choose(this.layers[at].key, this.head);
  }

  /** Show what one query looks at. @param {number} query @param {number} key the key under the pointer, or -1 */
  showQuery(query, key) {
    if (query < 0 || query >= this.rows) return;
    this.query = query;
    this.map.mark(query, key);
    this.lines.show(query);
  }

  /** The scores of one query. @param {number} query @returns {Float32Array} */
  row(query) {
    return this.scores.subarray(query * this.columnsOfMap, (query + 1) * this.columnsOfMap);
  }

  /** The word and number of a place, `bad (11)`. @param {"queries"|"keys"} side @param {number} at */
  word(side, at) {
    const place = at * this.side;
    const word = this.facts[side][place];
    const number = this.facts[side === "queries" ? "queryNumbers" : "keyNumbers"][place];
    return { word, number, text: word === String(number) ? word : `${word} (${number})` };
  }

  /** @param {string} mode */
  setMode(mode) {
    this.mode = mode;
    this.map.node.hidden = mode === "table";
    this.table.hidden = mode !== "table";
    this.columns.hidden = mode === "lines";
    this.node.classList.toggle("kfx-attention-lines-only", mode === "lines");
    if (mode === "table") this.fillTable();
    this.lines.draw();
  }

  fillTable() {
    this.table.replaceChildren(lookTable(this));
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    if (/** @type {Element} */ (target).matches("select,input:not([type=checkbox])")) return null;
    const example = (/** @type {number} */ by) => () => {
      const next = this.example + by;
      if (next >= 0 && next < this.about.count) setTrait(this.model, "example", next);
    };
    const actions = /** @type {Record<string, () => void>} */ ({
      "[": () => this.step(-1), "]": () => this.step(1), ",": example(-1), ".": example(1),
    });
    return Object.hasOwn(actions, key) ? actions[key] : null;
  }

  destroy() {
    this.stop?.();
    this.themes.disconnect();
    this.sizes.disconnect();
    this.asking.destroy();
    this.node.remove();
  }
}
