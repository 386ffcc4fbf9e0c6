// @ts-check
// The charts of a run with their switches: by batch or by epoch, linear or logarithmic, smoothed.
import { make, segmented } from "../../../web/ui.js";
import { chartGrid } from "../js/chart_grid.js";

const SMOOTHINGS = [0, 0.6, 0.9, 0.97];

/** The charts; `update` takes the data that `chart_data` in `panels/curves.py` returns. */
export function curvesPanel() {
  const way = { log: false, smoothing: 0.9, byEpoch: false };
  const charts = chartGrid(way);
  const change = (/** @type {Partial<typeof way>} */ to) => {
    Object.assign(way, to);
    charts.redraw();
  };
  const by = segmented("Points", [["batch", "Batches"], ["epoch", "Epochs"]],
    (value) => change({ byEpoch: value === "epoch" }));
  const axis = segmented("Vertical axis", [["linear", "Linear"], ["log", "Log"]],
    (value) => change({ log: value === "log" }));
  by.set("batch");
  axis.set("linear");
  const smooth = () => change({ smoothing: Number(smoothing.value) });
  const smoothing = make("select", { class: "kfx-choice", "aria-label": "Smoothing", on: { change: smooth } },
    ...SMOOTHINGS.map((value) => make("option", { value, text: `smoothing ${value}` })));
  smoothing.value = String(way.smoothing);
  const label = make("span", { class: "kfx-label" });
  const tools = make("div", { class: "kfx-curves-tools" }, label, by.node, axis.node, smoothing);
  return {
    node: make("div", { class: "kfx-curves-part" }, tools, charts.node),
    /** @param {import("../js/chart_grid.js").ChartData} data */
    update(data) {
      label.textContent = data.charts.length ? `Curves, by ${data.unit}` : "Curves: no values yet";
      charts.update(data);
    },
    destroy: charts.destroy,
  };
}
