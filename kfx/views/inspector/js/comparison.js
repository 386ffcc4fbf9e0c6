// @ts-check
// The second pane: another example, or another layer, beside the first one. It is made when it is first wanted.
import { make } from "../../../web/ui.js";
import { mountShown } from "./input_and_prediction.js";
import { Pane } from "./pane.js";
import { exampleStepper } from "./stepper.js";
import { jointScale } from "./values.js";

export class Comparison {
  layer = "";
  example = -1;
  #firstLayer = ""; // of the first pane, when the two were last brought in line
  pane = /** @type {Pane|null} */ (null);
  #output = /** @type {ReturnType<typeof mountShown>|null} */ (null);

  /**
   * @param {import("./inspector.js").Inspector} inspector
   * @param {{ask: (question: any) => Promise<any>, ramps: Uint8Array, most: number}} options of the pane
   */
  constructor(inspector, options) {
    this.inspector = inspector;
    this.options = options;
    this.firstHead = make("div", { class: "kfx-pane-head", hidden: true });
    this.secondHead = make("div", { class: "kfx-pane-head kfx-second-head", hidden: true });
    this.heads = [this.firstHead, this.secondHead];
    this.shownNode = make("div", { class: "kfx-second-shown", hidden: true });
    const names = inspector.layers.map((/** @type {any} */ one) => make("option", { value: one.key, text: one.label }));
    const change = () => this.look(this.pick.value, this.example);
    this.pick = make("select", { "aria-label": "Layer to compare with", on: { change } }, ...names);
    this.number = exampleStepper(inspector.about.count, (to) => this.look(this.layer, to));
  }

  /** Show the two panes; the second follows the first as long as both show the same layer. */
  compare() {
    const { layer, layers, keys, example, about } = this.inspector;
    if (!this.pane) {
      this.make();
      this.look(layer, about.count > 1 ? (example + 1) % about.count : 0);
    } else this.look(this.layer === this.#firstLayer ? layer : this.layer, this.example);
    this.#firstLayer = layer;
    this.firstHead.replaceChildren(
      make("bdi", { class: "kfx-pane-name", text: layers[keys.indexOf(layer)]?.label ?? layer }),
      make("span", { class: "kfx-label", text: ` example ${example + 1}` }));
  }

  make() {
    const { node, pane: first, columns, model } = this.inspector;
    this.secondHead.append(make("span", { class: "kfx-label", text: "with" }), this.pick, this.number.node);
    this.#output = mountShown(this.shownNode, this.options.ask);
    this.pane = new Pane(node, {
      ...this.options,
      onChannel: (channel) => {
        if (this.layer !== this.inspector.layer) return;
        first.choose(channel).then(() => this.inspector.writeChannel(channel));
      },
    });
    this.pane.setScale(model.get("scale"));
    for (const part of [this.pane.gridNode, this.pane.oneNode]) {
      part.classList.add("kfx-pane-b");
      columns.append(part);
    }
  }

  /** @param {string} layer @param {number} example */
  async look(layer, example) {
    const { ask, pane: first } = this.inspector;
    const pane = /** @type {Pane} */ (this.pane);
    [this.layer, this.example] = [layer, example];
    this.pick.value = layer;
    this.number.set(example);
    ask({ what: "example", example }).then((answer) => {
      if (example === this.example) this.#output?.show(answer, example);
    });
    const same = layer === this.inspector.layer;
    const like = same ? first.grid.channels() : [];
    const { channel, axis } = same ? first.state : { channel: -1, axis: null };
    const answer = await pane.look({ layer, example, channel, axis, ...(like.length ? { like } : {}) });
    if (!answer || answer.error || this.inspector.mode !== "compare") return;
    const both = same && answer.kind !== "nothing" && !first.facts.error;
    const shared = both ? jointScale([first.facts, answer]) : null;
    first.share(shared);
    pane.share(shared);
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    const parts = [...this.heads, this.shownNode, this.pane?.gridNode, this.pane?.oneNode];
    for (const part of parts) if (part) part.hidden = hidden;
  }

  /** Choose the first pane's channel where both show one layer. @param {number} channel */
  chooseSame(channel) {
    if (this.layer === this.inspector.layer) this.pane?.choose(channel);
  }

  destroy() {
    this.#output?.destroy();
    this.pane?.destroy();
  }
}
