// @ts-check
// A panel of a user's own class: lines of text, a table, charts. All of it is text of strangers and stays text.
import { make } from "../../../web/ui.js";
import { chartGrid } from "../js/chart_grid.js";

/** @typedef {{name: string, media: string, size: number}} PanelImage */

/** The panel. */
export function ownPanel() {
  const title = make("div", { class: "kfx-own-title" });
  const lines = make("div", { class: "kfx-own-text" });
  const heads = make("tr"), body = make("tbody");
  const table = make("table", { class: "kfx-layers" }, make("thead", {}, heads), body);
  const charts = chartGrid({ log: false, smoothing: 0, byEpoch: true });
  const images = imageRow();
  return {
    node: make("section", { class: "kfx-own" }, title, lines, table, images.node, charts.node),
    /**
     * @param {import("../js/chart_grid.js").ChartData & {title: string, text: string[], heads: string[],
     *   rows: string[][], images: PanelImage[], files: DataView}} data from `panels/own.py`
     */
    update(data) {
      title.textContent = data.title;
      lines.replaceChildren(...data.text.map((text) => make("div", { text })));
      table.hidden = !data.rows.length;
      heads.replaceChildren(...data.heads.map((text) => make("th", { text, scope: "col" })));
      body.replaceChildren(...data.rows.map((row) => make("tr", {}, ...row.map((text) => make("td", { text })))));
      images.update(data);
      charts.node.hidden = !data.charts.length;
      charts.update(data);
    },
    destroy() {
      charts.destroy();
      images.destroy();
    },
  };
}

/** Pictures and drawings beside each other, each with its name. */
function imageRow() {
  const node = make("div", { class: "kfx-own-images" });
  let urls = /** @type {string[]} */ ([]);
  const free = () => urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  return {
    node,
    /** @param {{images: PanelImage[], files: DataView}} data */
    update({ images, files }) {
      free();
      node.hidden = !images.length;
      let at = 0;
      const made = images.map(({ name, media, size }) => {
        const bytes = new Uint8Array(files.buffer, files.byteOffset + at, size).slice();
        at += size;
        const src = URL.createObjectURL(new Blob([bytes], { type: media }));
        urls.push(src);
        const drawn = media === "image/svg+xml";
        const picture = make("img", { src, alt: name, class: drawn ? "kfx-own-drawing" : "kfx-own-picture" });
        return { drawn, figure: make("figure", {}, picture, drawn ? null : make("figcaption", { text: name })) };
      });
      const figures = (/** @type {boolean} */ drawn) => {
        return made.filter((one) => one.drawn === drawn).map((one) => one.figure);
      };
      node.replaceChildren(...figures(true), make("div", { class: "kfx-own-pictures" }, ...figures(false)));
    },
    destroy: free,
  };
}
