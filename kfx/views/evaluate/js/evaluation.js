// @ts-check
// An evaluation in the page: the matrix and charts at the left, examples at the right, each class beneath.
import { make, segmented, viewHead } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { setTrait } from "../../../web/live.js";
import { ConfusionTable } from "./confusion.js";
import { CardStrip, PictureUrls } from "../../cards/cards.js";

export class EvaluationPage {
  output = 0;
  list = /** @type {string|number[]} */ ("worst");

  /** @param {HTMLElement} host @param {any} model the widget's model, with the traits of `EvaluationWidget` */
  constructor(host, model) {
    this.model = model;
    this.about = model.get("about");
    this.urls = new PictureUrls();
    this.asking = mountAskingAloud(model, host, { busy: () => this.node });
    this.status = this.asking.status;
    this.body = make("div", {});
    const notes = this.about.notes.map((/** @type {string} */ text) => make("div", { class: "kfx-label", text }));
    const tools = [this.status, ...this.outputTools()];
    const head = viewHead(this.about.name, [{ text: `evaluate · ${this.about.head}` }], ...tools);
    this.node = make("div", { class: "kfx-evaluate" }, head, ...notes, this.body);
    host.append(this.node);
    if (this.about.outputs.length) this.show(0);
  }

  /** The choice of the output, where there are several. */
  outputTools() {
    const { outputs } = this.about;
    if (outputs.length < 2) return [];
    const options = outputs.map((/** @type {any} */ one, /** @type {number} */ i) => {
      return make("option", { value: i, text: one.name });
    });
    const change = () => this.show(Number(chooser.value));
    const label = { class: "kfx-evaluate-choice", "aria-label": "Output" };
    const chooser = make("select", { ...label, on: { change } }, ...options);
    return [chooser];
  }

  /** @param {number} at the number of an output */
  show(at) {
    this.output = at;
    const one = this.about.outputs[at];
    this.urls.free();
    const left = make("div", { class: "kfx-evaluate-left" });
    if (one.matrix.counts) {
      this.table = new ConfusionTable(one, { onCell: (cell) => this.choose(cell) });
      left.append(this.table.node);
    } else this.table = null;
    const charts = make("div", { class: "kfx-evaluate-charts" }, ...one.charts.map(
      (/** @type {string} */ chart) => this.chart(chart)));
    if (!this.table) left.append(charts);
    this.strip = new CardStrip();
    const ways = /** @type {[string, string][]} */ ([["worst", "Worst"]]);
    if (one.sure) ways.push(["sure", "Most confident mistakes"]);
    this.lists = segmented("Examples", ways, (list) => this.choose(list));
    const line = make("div", { class: "kfx-evaluate-line", text: one.line });
    const notes = one.notes.map((/** @type {string} */ text) => make("div", { class: "kfx-label", text }));
    const right = make("div", { class: "kfx-evaluate-right" }, one.worst ? this.lists.node : null, this.strip.node);
    const columns = make("div", { class: "kfx-evaluate-columns" }, left, right, this.table ? charts : null);
    this.body.replaceChildren(line, ...notes, columns, classTable(one));
    if (one.worst) this.choose("worst");
    else this.strip.say(one.matrix.counts ? "Choose a cell to see its examples." : "No example is wrong.");
  }

  /** A drawing from Python, turned over in a dark notebook. @param {string} chart */
  chart(chart) {
    const picture = make("img", { class: "kfx-evaluate-chart", alt: chart });
    this.asking.ask({ what: "chart", output: this.output, chart }).then((answer) => {
      if (answer && !answer.error) picture.src = this.urls.of(answer.buffers[0], "image/svg+xml");
    });
    return picture;
  }

  /**
   * Show the examples of a list or of a cell.
   * @param {string|number[]} list a list's name, or a cell's place in the matrix
   */
  async choose(list) {
    const one = this.about.outputs[this.output], cell = Array.isArray(list) ? list : null;
    this.list = list;
    this.table?.mark(cell);
    this.lists?.set(cell ? "" : String(list));
    const name = cell ? cell.map((at) => one.matrix.numbers[at]) : list;
    setTrait(this.model, "chosen", cell ? [this.output, ...name] : []);
    const answer = await this.asking.ask({ what: "list", output: this.output, list: name });
    if (!answer || this.list !== list || one !== this.about.outputs[this.output]) return;
    if (answer.error) this.strip?.say(answer.error);
    else this.strip?.show(this.words(one, cell, answer.examples.length), answer, this.urls);
  }

  /** What a list holds. @param {any} one @param {number[]|null} cell @param {number} shown */
  words(one, cell, shown) {
    if (!cell) return this.list === "worst" ? one.worstWords : "wrong, the most confident first";
    const [true_, predicted] = cell.map((at) => one.matrix.classes[at]);
    const count = one.matrix.counts[cell[0]][cell[1]];
    const what = cell[0] === cell[1] ? `${true_}, right` : `${true_} read as ${predicted}`;
    const plain = `${what}: ${count.toLocaleString("en")} ${one.what}${count === 1 ? "" : "s"}`;
    const some = one.what === "example" && shown < count;
    return some ? `${plain}, ${shown} shown, largest loss first` : plain;
  }

  destroy() {
    this.urls.free();
    this.asking.destroy();
    this.node.remove();
  }
}

/** Figures of every class, folded. @param {any} one an output */
function classTable(one) {
  if (!one.rows.length) return "";
  const heads = one.kind === "values" ? ["", "error"] : [
    one.kind === "labels" ? "label" : "class", "count", "recall", "precision", ...(one.overlap ? ["overlap"] : []),
    one.kind === "labels" ? "wrong" : "most often read as",
  ];
  const rows = one.rows.map((/** @type {string[]} */ row) => {
    const cells = one.kind === "values" ? [row[0], row[row.length - 1]] : row;
    return make("tr", {}, ...cells.map((text, i) => {
      return make("td", { class: i && i < heads.length - 1 ? "kfx-n" : null }, make("bdi", { text }));
    }));
  });
  const head = make("tr", {}, ...heads.map((text, i) => {
    return make("th", { scope: "col", text, class: i && i < heads.length - 1 ? "kfx-n" : null });
  }));
  const words = one.kind === "values" ? "Each number" : one.kind === "labels" ? "Each label" : "Each class";
  const left = one.left ? make("caption", { text: `and ${one.left} more` }) : null;
  const table = make("table", { class: "kfx-table" }, left, make("thead", {}, head), make("tbody", {}, ...rows));
  return make("details", { class: "kfx-evaluate-classes" }, make("summary", { text: words }), table);
}
