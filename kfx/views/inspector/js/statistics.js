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
    /** @param {{layer: string, part: number, axis: number|null, example: number}} state */
    async show({ layer, part, axis, example }) {
      shown = layer;
      node.replaceChildren(label(`Measuring ${countText(count)} examples …`));
      const answer = await ask({ what: "statistics", layer, part, axis, example });
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
        make("dl", { class: "kfx-figures" }, ...rows),
        ...byChannel(answer));
    },
  };
}

/** A row of figures for each channel, the strongest first. @param {any} answer @returns {Node[]} */
function byChannel({ channels, head, dead }) {
  if (!channels?.length) return [];
  const heads = head.map((/** @type {string} */ text) => make("th", { scope: "col", text }));
  const rows = channels.map((/** @type {string[]} */ [name, ...cells]) => {
    const first = make("th", { scope: "row" }, make("bdi", { text: name }));
    return make("tr", {}, first, ...cells.map((text) => make("td", { class: "kfx-n", text })));
  });
  const label = `Statistics by ${head[0]}, the strongest first`;
  const table = make("table", { class: "kfx-by-channel", "aria-label": label },
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  const box = make("div", { class: "kfx-by-channel-box", tabindex: "0", role: "region", "aria-label": label }, table);
  const text = `By ${head[0]}, the strongest first · ${dead}`;
  return [make("div", { class: "kfx-label kfx-inspect-label", text }), box];
}
