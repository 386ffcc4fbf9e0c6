// @ts-check
// The inspector in the page: input and prediction at the left, the grid in the middle, the chosen channel at the right.
import { button, keyListener, make, segmented } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { onTraits, setTrait } from "../../../web/live.js";
import { Comparison } from "./comparison.js";
import { mountShown } from "./input_and_prediction.js";
import { mountLayerList } from "./layer_list.js";
import { Pane } from "./pane.js";
import { Silence } from "./silence.js";
import { mountStatistics } from "./statistics.js";
import { exampleStepper } from "./stepper.js";
import { arrayOf } from "./values.js";

const THEME_ATTRIBUTES = ["data-jp-theme-light", "class", "theme", "data-theme"];

export class Inspector {
  layer = "";
  example = -1;
  mode = "maps";

  /**
   * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
   * @param {any} model the widget's model, with the traits of `kfx.views.inspector.widget.Inspecting`
   * @param {{list?: boolean, most?: number, onSelect?: (key: string) => void}} [options] `list` false: layers are
   *   chosen elsewhere; `most` maps at first; `onSelect` is called with a layer that is chosen here
   */
  constructor(host, model, { list = true, most = 30, onSelect } = {}) {
    this.model = model;
    this.list = list;
    this.onSelect = onSelect;
    this.about = model.get("about");
    this.layers = this.about.layers;
    this.keys = this.layers.map((/** @type {any} */ layer) => layer.key);
    this.asking = mountAskingAloud(model, host, { busy: () => this.node });
    this.status = this.asking.status;
    this.ask = this.asking.ask;
    this.chooser = mountLayerList(this.layers, {
      onChoose: (key) => { this.toggleList(false); this.chooseLayer(key); },
      onClose: () => this.toggleList(false),
    });
    this.examples = exampleStepper(this.about.count, (to) => this.chooseExample(to));
    const shown = make("div", { class: "kfx-inspect-shown" }, this.examples.node);
    this.output = mountShown(shown, this.ask);
    this.silence = new Silence(this);
    this.statistics = mountStatistics(this.ask, this.about.count);
    this.columns = make("div", { class: "kfx-inspect-columns" }, shown);
    const notes = this.about.notes.map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note }));
    this.node = make("div", { class: "kfx-inspect" }, this.head(), this.chooser.node, this.columns, ...notes);
    const options = { ask: this.ask, ramps: arrayOf(model.get("ramps"), "u1"), most };
    this.pane = new Pane(this.node, {
      ...options,
      onChannel: (channel) => this.writeChannel(channel),
      onPlace: this.output.place,
      onFacts: (facts) => this.showFacts(facts),
      onScale: (by) => { this.write("scale", by); this.comparison.pane?.setScale(by); },
    });
    this.comparison = new Comparison(this, options);
    this.columns.append(...this.comparison.heads, this.pane.gridNode, this.pane.oneNode, this.statistics.node);
    shown.append(this.silence.node, this.comparison.shownNode);
    this.node.addEventListener("keydown", keyListener((event) => this.actionOf(event)));
    this.themes = new MutationObserver(() => { this.pane.paintAll(); this.comparison.pane?.paintAll(); });
    host.append(this.node);
    this.start();
  }

  /** Name and facts of the layer, and the tools. */
  head() {
    const opens = { type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", title: "Choose a layer (/)" };
    this.title = this.list
      ? make("button", { class: "kfx-title kfx-inspect-title", ...opens, on: { click: () => this.toggleList() } })
      : make("span", { class: "kfx-title" });
    this.facts = make("span", { class: "kfx-facts" });
    const ways = /** @type {[string, string][]} */ (
      [["maps", "Values"], ["statistics", "Statistics"], ["compare", "Compare"]]);
    const modes = segmented("What is shown", ways, (mode) => this.setMode(mode));
    modes.set(this.mode);
    const back = button("‹ Layer", () => this.stepLayer(-1), { title: "The layer before ([)" });
    const forth = button("Layer ›", () => this.stepLayer(1), { title: "The next layer (])" });
    const tools = make("span", { class: "kfx-tools" }, this.status, modes.node, back, forth);
    return make("div", { class: "kfx-head" }, this.title, this.facts, tools);
  }

  /** Follow the theme and the traits from now on. */
  start() {
    this.pane.setScale(this.model.get("scale"));
    for (const root of [document.documentElement, document.body]) {
      this.themes.observe(root, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
    }
    const follow = () => this.follow();
    const scale = (/** @type {string} */ by) => this.pane.setScale(by);
    this.stop = onTraits(this.model, { selected: follow, example: follow, channel: follow, scale });
    this.follow();
    if (!this.layer) this.pane.look({ layer: this.keys[0] ?? "", example: 0 });
  }

  /** @param {string} name @param {any} value */
  write(name, value) {
    if (this.model.get(name) !== value) setTrait(this.model, name, value);
  }

  /** Bring the page in line with the traits. */
  follow() {
    const [layer, example, channel] = ["selected", "example", "channel"].map((name) => this.model.get(name));
    const otherLayer = layer !== this.layer && this.keys.includes(layer);
    const otherExample = example !== this.example && example >= 0 && example < this.about.count;
    if (otherExample) this.showExample(example);
    if (otherLayer) this.layer = layer;
    if (otherLayer || otherExample) {
      const kept = otherLayer && channel < 0 ? {} : { channel };
      this.pane.look({ layer: this.layer, example: this.example, ...kept }).then((answer) => this.afterLook(answer));
      if (this.mode === "statistics") this.statistics.show({ ...this.pane.state, layer: this.layer });
    } else if (channel >= 0 && channel !== this.pane.state.channel) {
      this.pane.choose(channel).then(() => this.silence.show());
    }
  }

  /** @param {number} example */
  showExample(example) {
    this.example = example;
    this.examples.set(example);
    this.ask({ what: "example", example }).then((answer) => {
      if (example !== this.example) return;
      if (!answer.error) {
        this.silence.predicted = answer;
        this.node.classList.toggle("kfx-wide", answer.wide);
      }
      this.output.show(answer, example);
      if (!answer.error && this.silence.on) this.silence.predict();
    });
  }

  /** @param {any} answer */
  afterLook(answer) {
    if (!answer) return;
    if (answer.error) return this.showFacts({}); // its name, as it is chosen, and no values
    if (this.mode === "compare") this.comparison.compare();
    if (this.silence.on) this.silence.predict();
  }

  /** @param {string} key */
  chooseLayer(key) {
    if (!this.keys.includes(key)) return;
    this.model.set("channel", -1);
    setTrait(this.model, "selected", key);
    this.onSelect?.(key);
  }

  /** @param {number} by */
  stepLayer(by) {
    const to = this.keys.indexOf(this.layer) + by;
    if (to >= 0 && to < this.keys.length) this.chooseLayer(this.keys[to]);
  }

  /** @param {number} to */
  chooseExample(to) {
    this.write("example", Math.max(0, Math.min(this.about.count - 1, to)));
  }

  /** @param {number} channel */
  writeChannel(channel) {
    this.write("channel", channel);
    this.silence.show();
    if (this.silence.on) this.silence.predict();
    if (this.mode === "compare") this.comparison.chooseSame(channel);
  }

  /** @param {any} found */
  showFacts(found) {
    const known = this.layers.find((/** @type {any} */ one) => one.key === this.layer);
    const name = make("bdi", { text: found.label ?? known?.label ?? this.layer });
    this.title.replaceChildren(name, this.list ? " ▾" : "");
    this.facts.textContent = [found.shape, found.type].filter(Boolean).join(" · ");
    this.node.classList.toggle("kfx-looks", found.role === "attention");
    this.output.here(found);
    this.silence.show();
  }

  /** @param {string} mode */
  setMode(mode) {
    this.mode = mode;
    this.node.classList.toggle("kfx-comparing", mode === "compare");
    this.pane.gridNode.hidden = mode === "statistics";
    this.pane.oneNode.classList.toggle("kfx-away", mode === "statistics");
    this.statistics.node.hidden = mode !== "statistics";
    this.comparison.hide(mode !== "compare");
    if (mode === "statistics") this.statistics.show({ ...this.pane.state, layer: this.layer });
    if (mode === "compare") this.comparison.compare();
    else this.pane.share(null);
  }

  /** @param {boolean} [open] */
  toggleList(open = this.chooser.node.hidden) {
    if (!this.list) return;
    if (open) this.chooser.open(this.layer);
    else this.chooser.close();
    this.title.setAttribute("aria-expanded", String(open));
    if (!open) this.title.focus();
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    const typing = "input:not([type=checkbox]):not([type=range]),select,textarea";
    if (/** @type {Element} */ (target).matches(typing)) return null;
    const actions = /** @type {Record<string, () => void>} */ ({
      "[": () => this.stepLayer(-1),
      "]": () => this.stepLayer(1),
      ",": () => this.chooseExample(this.example - 1),
      ".": () => this.chooseExample(this.example + 1),
    });
    if (this.list) actions["/"] = () => this.toggleList(true);
    return Object.hasOwn(actions, key) ? actions[key] : null;
  }

  destroy() {
    this.stop?.();
    this.themes.disconnect();
    this.asking.destroy();
    this.output.destroy();
    this.pane.destroy();
    this.comparison.destroy();
    this.node.remove();
  }
}
