// @ts-check
// The list of classes: one is chosen, and the maps are those of that class.
import { keyListener, make } from "../../../web/ui.js";

export class ClassChoice {
  /** @param {{onChoose: (unit: number) => void}} options */
  constructor({ onChoose }) {
    this.onChoose = onChoose;
    this.label = make("div", { class: "kfx-label kfx-attribution-choose", text: "Why this class? Choose one" });
    const keydown = keyListener((event) => this.actionOf(event));
    const listbox = { role: "listbox", "aria-label": "Classes", on: { keydown } };
    this.list = make("div", { class: "kfx-attribution-list", ...listbox });
    this.node = make("div", { class: "kfx-attribution-choice" }, this.label, this.list);
  }

  /** @param {{unit: number, name: string, text: string, share: number}[]} choices @param {number[]} units */
  show(choices, units) {
    const held = this.list.contains(document.activeElement);
    this.node.hidden = choices.length < 2;
    const first = choices.find(({ unit }) => units.includes(unit)) ?? choices[0];
    this.list.replaceChildren(...choices.map(({ unit, name, text, share }) => {
      const chosen = units.length === 1 && units[0] === unit;
      const bar = make("span", { class: "kfx-attribution-bar" });
      bar.style.setProperty("--kfx-share", `${Math.min(100, 100 * share)}%`);
      const words = [make("bdi", { text: name }), make("span", { class: "kfx-n", text }), bar];
      const option = { role: "option", "aria-selected": String(chosen), tabindex: unit === first.unit ? "0" : "-1" };
      const click = () => this.onChoose(unit);
      const look = `kfx-attribution-class${chosen ? " sel" : ""}`;
      const row = make("div", { class: look, ...option, on: { click } }, ...words);
      row.dataset.unit = String(unit);
      return row;
    }));
    if (held) this.list.querySelector("[tabindex='0']")?.focus();
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key, target }) {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (target));
    if (at < 0) return null;
    if (key === "Enter" || key === " ") return () => this.onChoose(Number(rows[at].dataset.unit));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
    if (to === undefined || !rows[to]) return null;
    return () => {
      rows.forEach((row, n) => row.setAttribute("tabindex", n === to ? "0" : "-1"));
      rows[to].focus();
    };
  }
}
