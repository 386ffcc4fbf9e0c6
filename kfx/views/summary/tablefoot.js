// @ts-check
// What stands below a table.
import { make } from "../../web/ui.js";

/** The line below a table: totals, then how to read it. @param {any} facts */
export function footOf(facts) {
  const line = make("div", { class: "kfx-foot" });
  facts.foot.forEach((/** @type {any} */ fact, /** @type {number} */ i) => {
    line.append(i ? " · " : "", make(i ? "span" : "b", { class: i ? "kfx-dim" : null, text: fact.text }));
  });
  return make("div", {}, line, ...facts.reading.map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note })));
}
