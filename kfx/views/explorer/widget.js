// @ts-check
// The explorer: a model's graph at the left, its table at the right, one head with one find box over both; with data,
// the inspector below the table.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { foundText } from "../../web/numbers.js";
import { findBox, keyListener, make, viewHead } from "../../web/ui.js";
import { search, treeOf } from "../../web/tree.js";
import { mountPlot } from "../graph/js/graph.js";
import { SummaryTable } from "../summary/table.js";
import { Inspector } from "../inspector/js/inspector.js";
import { splitter } from "./splitter.js";
import { MEASURES } from "../graph/js/ramp.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-explore");
  const explorer = new Explorer(model, el);
  const slash = keyListener((event) => explorer.slash(event));
  el.addEventListener("keydown", slash, true);
  const stop = onTraits(model, {
    selected: (key) => explorer.show(key),
    drawing: explorer.plot.redraw,
    colour: (by) => {
      explorer.measure(by);
      explorer.plot.recolour(by);
    },
  });
  return () => {
    stop();
    el.removeEventListener("keydown", slash, true);
    explorer.destroy();
    unlive();
  };
}

class Explorer {
  #hits = /** @type {string[]} */ ([]);
  #measuring = false;

  /** @param {any} model @param {HTMLElement} host */
  constructor(model, host) {
    this.model = model;
    const facts = model.get("facts");
    this.tree = treeOf(facts.calls);
    this.finder = findBox({
      onFind: (text) => this.find(text),
      onStep: (by) => this.step(by),
      onLeave: () => this.finder.input.blur(),
    });
    this.withData = Boolean(model.get("about")?.layers);
    const left = make("div", { class: "kfx-explore-graph" });
    const table = make("div", { class: "kfx-explore-table" });
    const values = make("div", { class: "kfx-explore-values", hidden: !this.withData });
    const right = make("div", { class: "kfx-explore-right" }, table, values);
    const columns = make("div", { class: "kfx-explore-columns" });
    columns.append(left, splitter(columns, left), right);
    columns.classList.toggle("kfx-with-data", this.withData);
    this.nodes = [viewHead(facts.name, facts.head, this.finder.node), columns];
    host.append(...this.nodes);
    const selected = model.get("selected");
    const onSelect = (/** @type {string} */ key) => this.choose(key);
    this.plot = mountPlot(left, model, {
      colour: model.get("colour"),
      head: false,
      panel: false,
      onSelect,
      measures: this.withData,
      onColour: (by) => {
        this.measure(by);
        setTrait(model, "colour", by);
      },
    });
    const parts = { head: false, foot: !this.withData, details: !this.withData };
    this.table = new SummaryTable(table, facts, { selected, small: true, ...parts, onSelect });
    const options = { list: false, most: 20, onSelect: (/** @type {string} */ key) => this.show(key) };
    this.inspector = this.withData ? new Inspector(values, model, options) : null;
    this.measure(model.get("colour"));
    const wide = model.get("drawing")?.width;
    if (wide) columns.style.setProperty("--kfx-graph", `${Math.round(Math.max(330, wide + 44))}px`);
    requestAnimationFrame(() => this.table.reveal(model.get("selected"))); // once it is in the page
  }

  /** Request once what the drawing is to be coloured by. @param {string} by */
  measure(by) {
    if (!this.inspector || this.#measuring || !(by in MEASURES)) return;
    this.#measuring = true;
    this.inspector.ask({ what: "measures" }).then((answer) => {
      if (answer.error) {
        this.#measuring = false;
        this.plot.refuseMeasures(answer.error);
      } else this.plot.addMeasured(answer.found);
    });
  }

  /** Select in both halves; neither answers a selection that comes from outside. @param {string} key */
  show(key) {
    this.plot.select(key);
    this.table.select(key);
  }

  /** Select by the user's hand. @param {string} key */
  choose(key) {
    this.show(key);
    if (this.withData && key !== this.model.get("selected")) this.model.set("channel", -1);
    setTrait(this.model, "selected", key);
  }

  /** @param {string} text */
  find(text) {
    const found = search(this.tree, text);
    this.#hits = found?.hits ?? [];
    this.plot.find(text);
    this.table.find(text);
    this.finder.say(found ? foundText(this.#hits.length, this.tree.calls.length) : "");
  }

  /** Select the next hit, or the one before. @param {number} by */
  step(by) {
    const count = this.#hits.length;
    if (!count) return;
    const at = this.#hits.indexOf(this.model.get("selected"));
    this.choose(this.#hits[at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count]);
  }

  /** "/" leads to the one find box from anywhere inside. @param {KeyboardEvent} event */
  slash({ key, target }) {
    const typing = /** @type {Element} */ (target).matches("input,textarea,select");
    return key === "/" && !typing && (() => this.finder.input.focus());
  }

  destroy() {
    this.inspector?.destroy();
    this.plot.destroy();
    this.table.destroy();
    this.nodes.forEach((node) => node.remove());
  }
}

export default { render };
