// @ts-check
// The switch that silences the chosen head, and the prediction before and after.
import { make } from "../../../web/ui.js";
import { changeText } from "./scores.js";

export class HeadSilence {
  /** @param {any} view */
  constructor(view) {
    this.view = view;
    this.input = make("input", { type: "checkbox", on: { change: () => this.predict() } });
    this.words = make("span", {});
    this.label = make("label", { class: "kfx-silence" }, this.input, this.words);
    this.body = make("div", { role: "status" });
    this.node = make("div", { class: "kfx-attention-silence" }, this.label, this.body);
  }

  /** Name the head that is silenced. */
  name() {
    const known = this.view.layers.find((/** @type {any} */ one) => one.key === this.view.layer);
    const layer = make("bdi", { text: known.label });
    this.words.replaceChildren("silence ", layer, `, head ${this.view.head} and predict again`);
  }

  async predict() {
    if (!this.input.checked) {
      this.body.replaceChildren();
      return;
    }
    const { layer, example, head } = this.view;
    const answer = await this.view.ask({ what: "silence", layer, example, head });
    const moved = layer !== this.view.layer || example !== this.view.example || head !== this.view.head;
    if (moved || !this.input.checked) return;
    if (answer.error) {
      this.body.replaceChildren(make("div", { class: "kfx-label", text: answer.error }));
      return;
    }
    this.body.replaceChildren(answer.kind === "change" ? sentence(answer.change) : beforeAfter(answer));
  }
}

/** @param {number} change */
function sentence(change) {
  return make("div", { text: `the output changes by ${(100 * change).toFixed(2)} % of its norm` });
}

/** @param {any} answer */
function beforeAfter({ kind, name, before, after }) {
  const logit = kind === "logit";
  const far = Math.max(1e-9, Math.abs(before[1]), Math.abs(after[1]));
  const col = { scope: "col" };
  const [first, last] = logit ? ["probability", "logit"] : ["value", "change"];
  const unit = make("th", col, make("bdi", { text: name }));
  const heads = [unit, make("th", { ...col, text: first }), make("td", {}), make("th", { ...col, text: last })];
  const rows = [["as it is", before], ["silenced", after]].map(([word, [value, score]], i) => {
    const bar = make("span", { class: `kfx-attention-bar${i ? " after" : ""}` });
    bar.style.setProperty("--kfx-share", `${(100 * Math.abs(score)) / far}%`);
    const shown = logit ? `${(100 * value).toFixed(2)} %` : String(Number(value.toPrecision(4))).replace("-", "−");
    const moved = logit ? signed(score) : i ? changeText(score - before[1]) : "";
    const number = { class: "kfx-n" };
    return make("tr", {}, make("th", { scope: "row", text: word }), make("td", { ...number, text: shown }),
      make("td", {}, bar), make("td", { ...number, text: moved }));
  });
  const head = make("thead", {}, make("tr", {}, ...heads));
  return make("table", { class: "kfx-attention-before" }, head, make("tbody", {}, ...rows));
}

/** @param {number} value */
function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}
