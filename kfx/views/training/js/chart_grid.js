// @ts-check
// Several charts side by side, as many in a row as there is room for.
import { make } from "../../../web/ui.js";
import { cutCurves } from "./curves.js";
import { curveChart } from "./curve_chart.js";

/**
 * The data that `chart_data` in `panels/curves.py` returns.
 * @typedef {import("./curve_chart.js").ChartWords & {sizes: number[]}} Chart
 * @typedef {import("./curve_chart.js").Axis & {charts: Chart[], lines: DataView}} ChartData
 */

/** @param {import("./curve_chart.js").Way} way how the lines are shown; after a change of it call `redraw` */
export function chartGrid(way) {
  const node = make("div", { class: "kfx-curves" });
  /** @type {ReturnType<typeof curveChart>[]} */
  const charts = [];
  /** @type {ChartData|null} */
  let data = null;
  /** @type {import("./curves.js").CurveLines[]} */
  let lines = [];

  function redraw() {
    if (!data) return;
    const { charts: words } = data;
    charts.length = Math.min(charts.length, words.length);
    while (charts.length < words.length) charts.push(curveChart((x) => charts.forEach((one) => one.point(x))));
    if (node.children.length !== charts.length) node.replaceChildren(...charts.map((one) => one.node));
    const room = node.clientWidth || 900;
    const columns = chartColumns(room, words.length);
    node.style.gridTemplateColumns = `repeat(${columns},minmax(0,1fr))`;
    const width = Math.floor((room - 12 * (columns - 1)) / columns);
    for (const [i, one] of charts.entries()) one.draw(words[i], lines[i], data, way, width);
  }

  let seen = 0;
  const observer = new ResizeObserver(() => {
    if (node.clientWidth !== seen && node.clientWidth) {
      seen = node.clientWidth;
      redraw();
    }
  });
  observer.observe(node);
  return {
    node,
    redraw,
    /** @param {ChartData} next */
    update(next) {
      data = next;
      lines = cutCurves(next.charts, next.lines);
      redraw();
    },
    destroy: () => observer.disconnect(),
  };
}

/** The number of charts in a row. @param {number} room px @param {number} count */
function chartColumns(room, count) {
  const most = room >= 720 ? 3 : room >= 480 ? 2 : 1;
  return Math.min(most, count === 4 ? 2 : Math.max(count, 1));
}
