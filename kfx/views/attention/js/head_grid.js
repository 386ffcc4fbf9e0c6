// @ts-check
// The heads of one layer as small maps on one scale, with their figures; more than sixteen are shown on request.
import { button, keyListener, make } from "../../../web/ui.js";
import { arrayOf, gridStep } from "../../inspector/js/values.js";
import { paintScores } from "./scores.js";

export class HeadGrid {
  cells = /** @type {Map<number, any>} */ (new Map()); // by head, in the order of the grid

  /** @param {any} view @param {{onChoose: (head: number) => void}} options */
  constructor(view, { onChoose }) {
    this.view = view;
    this.onChoose = onChoose;
    this.label = make("div", { class: "kfx-label kfx-attention-label" });
    const keydown = keyListener((event) => this.actionOf(event));
    this.body = make("div", { class: "kfx-attention-heads", role: "listbox", "aria-label": "Heads", on: { keydown } });
    this.more = button("", () => this.showMore(), { hidden: true });
    this.node = make("div", { class: "kfx-attention-grid" }, this.label, this.body, this.more);
  }

  /** @param {any} facts of a layer @param {Uint8Array} levels */
  show(facts, levels) {
    this.cells.clear();
    this.body.replaceChildren();
    const { order, page, itself } = facts;
    const known = this.view.layers.find((/** @type {any} */ one) => one.key === this.view.layer);
    const count = page.heads.length;
    const some = order.length > count ? ` · the ${count} most concentrated of ${order.length}` : "";
    this.label.textContent = `${known.label} · entropy (0 to 1)${itself ? " · mean distance" : ""}${some}`;
    this.add(facts.page, levels);
  }

  /** @param {any} page @param {Uint8Array} levels */
  add({ heads, rows, columns, figures }, levels) {
    heads.forEach((/** @type {number} */ head, /** @type {number} */ i) => {
      const canvas = make("canvas", { width: columns, height: rows });
      canvas.style.aspectRatio = `${columns} / ${Math.min(Math.max(rows, columns / 3), columns * 3)}`;
      const words = make("span", {}, make("b", { text: `head ${head}` }), make("span", { text: figures[i] }));
      const label = { "aria-label": `head ${head}, ${figures[i]}` };
      const option = { role: "option", "aria-selected": "false", tabindex: "-1", ...label };
      const click = () => this.onChoose(head);
      const cell = make("div", { class: "kfx-attention-head", ...option, on: { click } }, canvas, words);
      const own = levels.subarray(i * rows * columns, (i + 1) * rows * columns);
      paintScores(canvas, (at) => own[at], this.view.facts.causal, this.view.ramp);
      this.cells.set(head, cell);
      this.body.append(cell);
    });
    const rest = this.view.facts.order.length - this.cells.size;
    this.more.hidden = rest <= 0;
    this.more.textContent = `Show ${Math.min(rest, this.view.about.most)} more`;
    this.mark(this.view.head);
  }

  async showMore() {
    const { layer, example, facts, about } = this.view;
    const heads = facts.order.slice(this.cells.size, this.cells.size + about.most);
    const answer = await this.view.ask({ what: "maps", layer, example, heads });
    if (answer.error || layer !== this.view.layer || example !== this.view.example) return;
    this.add(answer, arrayOf(answer.buffers[0], "u1"));
  }

  /** @param {number} head */
  mark(head) {
    const stop = this.cells.has(head) ? head : [...this.cells.keys()][0];
    for (const [other, cell] of this.cells) {
      cell.classList.toggle("sel", other === head);
      cell.setAttribute("aria-selected", String(other === head));
      cell.setAttribute("tabindex", other === stop ? "0" : "-1");
    }
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    const heads = [...this.cells.keys()];
    const at = heads.findIndex((head) => this.cells.get(head) === target);
    const tops = heads.map((head) => this.cells.get(head).offsetTop);
    const columns = Math.max(1, tops.filter((top) => top === tops[0]).length);
    const to = key === "Enter" || key === " " ? at : gridStep(key, at, heads.length, columns);
    if (at < 0 || to === null) return null;
    return () => {
      this.cells.get(heads[to])?.focus();
      this.onChoose(heads[to]);
    };
  }
}
