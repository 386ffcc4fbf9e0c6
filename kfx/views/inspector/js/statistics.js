// @ts-check
// All values of a layer over all examples: a histogram and figures.
import { countText } from "../../../web/numbers.js";
import { make } from "../../../web/ui.js";
import { histogramOf } from "./one_channel.js";

/** @param {(question: any) => Promise<any>} ask @param {number} count of the examples */
export function mountStatistics(ask, count) {
  const node = make("div", { class: "kfx-inspect-statistics", hidden: true });
  let shown = ""; // the layer
  const label = (/** @type {string} */ text) => make("p", { class: "kfx-label", text });
  return {
    node,
    /** @param {string} layer @param {number} part */
    async show(layer, part) {
      shown = layer;
      node.replaceChildren(label(`Measuring ${countText(count)} examples …`));
      const answer = await ask({ what: "statistics", layer, part });
      if (shown !== layer) return;
      if (answer.error) {
        node.replaceChildren(label(answer.error));
        return;
      }
      const examples = `${countText(answer.examples)} example${answer.examples === 1 ? "" : "s"}`;
      const text = `All values of ${answer.label} over ${examples}`;
      const rows = answer.figures.flatMap((/** @type {[string, string]} */ [term, value]) =>
        [make("dt", { text: term }), make("dd", { text: value })]);
      node.replaceChildren(
        make("div", { class: "kfx-label kfx-inspect-label", text }),
        make("div", { class: "kfx-histogram" }, ...histogramOf(answer.bins, answer.ends)),
        make("dl", { class: "kfx-figures" }, ...rows));
    },
  };
}
