// @ts-check
// A panel of a user's own class: lines of text, a table, charts. All of it is text of strangers and stays text.
import { make } from "../../../web/ui.js";
import { chartGrid } from "../js/chart_grid.js";

/** The panel. */
export function ownPanel() {
  const title = make("div", { class: "kfx-own-title" });
  const lines = make("div", { class: "kfx-own-text" });
  const heads = make("tr"), body = make("tbody");
  const table = make("table", { class: "kfx-layers" }, make("thead", {}, heads), body);
  const charts = chartGrid({ log: false, smoothing: 0, byEpoch: true });
  return {
    node: make("section", { class: "kfx-own" }, title, lines, table, charts.node),
    /**
     * @param {import("../js/chart_grid.js").ChartData & {title: string, text: string[], heads: string[],
     *   rows: string[][]}} data from `panels/own.py`
     */
    update(data) {
      title.textContent = data.title;
      lines.replaceChildren(...data.text.map((text) => make("div", { text })));
      table.hidden = !data.rows.length;
      heads.replaceChildren(...data.heads.map((text) => make("th", { text, scope: "col" })));
      body.replaceChildren(...data.rows.map((row) => make("tr", {}, ...row.map((text) => make("td", { text })))));
      charts.node.hidden = !data.charts.length;
      charts.update(data);
    },
    destroy: charts.destroy,
  };
}
