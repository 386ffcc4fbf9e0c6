// @ts-check
// Two checks of a map, on request: random weights, and removing the strongest parts.
import { button, make, makeSvg } from "../../../web/ui.js";
import { curvePath } from "./shapes.js";

export class MapChecks {
  /** @param {any} view */
  constructor(view) {
    this.view = view;
    this.buttons = make("span", { class: "kfx-attribution-buttons" });
    this.body = make("div", { role: "status" });
    this.node = make("div", { class: "kfx-attribution-checks" }, this.buttons, this.body);
  }

  /** @param {any[]} parts */
  offer(parts) {
    const seen = new Map(parts.flatMap((part) => part.maps.map((/** @type {any} */ one) => [one.method, one.title])));
    const label = make("span", { class: "kfx-label", text: "Check a map:" });
    const all = [...seen].map(([method, title]) => button(title, () => this.check(method, title)));
    this.buttons.replaceChildren(label, ...all);
  }

  clear() {
    this.body.replaceChildren();
  }

  /** @param {string} method @param {string} title */
  async check(method, title) {
    const { example } = this.view;
    const asked = this.view.asked;
    this.body.replaceChildren(make("div", { class: "kfx-label", text: `checking ${title} …` }));
    const answer = await this.view.ask({ what: "check", example, method, units: this.view.facts.units });
    if (asked !== this.view.asked) return;
    if (answer.error) {
      this.body.replaceChildren(make("div", { class: "kfx-label", text: answer.error }));
      return;
    }
    this.body.replaceChildren(this.stages(title, answer), this.curves(title, answer));
  }

  /** @param {string} title @param {any} answer */
  stages(title, { stages, sanity }) {
    const rows = stages.map((/** @type {string[]} */ [layer, value]) => {
      const name = make("th", { scope: "row" }, make("bdi", { text: layer }));
      return make("tr", {}, name, make("td", { class: "kfx-n", text: value }));
    });
    const head = make("div", { class: "kfx-attribution-h", text: `${title} · weights randomised down to` });
    const table = make("table", { class: "kfx-attribution-table" }, make("tbody", {}, ...rows));
    return make("div", {}, head, rows.length ? table : null, make("p", { class: "kfx-label", text: sanity }));
  }

  /** @param {string} title @param {any} answer */
  curves(title, { curve, random, deletion }) {
    const all = [...curve, ...random];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const lines = [[random, "kfx-attribution-random"], [curve, "kfx-attribution-own"]].map(([values, name]) =>
      makeSvg("path", { class: name, d: curvePath(values, low, high) }));
    const box = { viewBox: "0 0 160 64", width: 160, height: 64, role: "img", "aria-label": deletion };
    const svg = makeSvg("svg", box, ...lines);
    const head = make("div", { class: "kfx-attribution-h", text: `${title} · the strongest parts removed` });
    const key = make("div", { class: "kfx-label" }, "blue by the map, grey in a random order");
    return make("div", {}, head, svg, key, make("p", { class: "kfx-label", text: deletion }));
  }
}
